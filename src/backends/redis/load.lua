-- Reads records with the time at which they were read.
--   KEYS  the records
--   gives the server's time in microseconds; then per key 1 and what is there, or 0 and ""
local time = redis.call('TIME')
local found = { string.format('%d', time[1] * 1000000 + time[2]) }
for _, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  found[#found + 1] = value and '1' or '0'
  found[#found + 1] = value or ''
end
return found
