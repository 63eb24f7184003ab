-- The twin of `epoch`.
--   state  1: epoch
--   args   bump: there, or not
--   reply  epoch
local epoch = state[1] and state[1].fields.epoch or 0
if not args.bump then return {}, { epoch = epoch } end
epoch = math.max(epoch + 1, now)
return { { fields = { epoch = epoch } } }, { epoch = epoch }
