-- The twin of `replace`.
--   state  1: the value
--   args   expected, next: nothing stands for no value
--   reply  found: what was there instead
local record = state[1]
local found = record and record.fields.value
if found ~= args.expected then return {}, { found = found }, true end
if args.next == nil then return { REMOVE }, {} end
return { { fields = { value = args.next }, expires = record and record.expires } }, {}
