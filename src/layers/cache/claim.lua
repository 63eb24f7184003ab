-- The twin of `claim`.
--   state  1: token, done, ends
--   args   token, lease, seen
--   reply  of the one who has it: how long still, 0 when that one is done; and its token
local held = state[1] and state[1].fields
if held and held.ends > now then
  local open = held.token == args.token
  if held.done == 1 then open = held.token == args.seen end
  if not open then
    return {}, { wait = held.done == 1 and 0 or held.ends - now, token = held.token }, true
  end
end
local ends = now + args.lease
return { { fields = { token = args.token, done = 0, ends = ends }, expires = ends } }, {}
