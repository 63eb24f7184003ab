-- The twin of `settle`.
--   state  1: token, done, ends
--   args   token, done, lives
local held = state[1] and state[1].fields
if not held or held.ends <= now or held.token ~= args.token or held.done > args.done then return {}, {}, true end
local ends = now + args.lives
return { { fields = { token = args.token, done = args.done, ends = ends }, expires = ends } }, {}
