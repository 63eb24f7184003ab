-- Changes records if all of them are as expected, and tells whether it did.
--   KEYS  the records
--   ARGV  per key: 1 and what must be there, or 0 and ""; keep, remove or put; what to put; until when in milliseconds, or ""
for i, key in ipairs(KEYS) do
  local found, at = redis.call('GET', key), 5 * i - 4
  local expected = ARGV[at] == '1' and ARGV[at + 1]
  if found ~= expected then return 0 end
end
for i, key in ipairs(KEYS) do
  local at = 5 * i - 4
  local action, value, expires = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if action == 'remove' then redis.call('DEL', key) end
  if action == 'put' then
    redis.call('SET', key, value)
    if expires ~= '' then redis.call('PEXPIREAT', key, expires) end
  end
end
return 1
