-- Carries out twins: loads the records they work on, lets them decide, saves what they decided.
--   KEYS  the keys of all steps, each once
--   ARGV  per step: which twin, how many keys, those (as positions in KEYS), how many arguments, those (name, type, value)
--   gives per step: 0 (decided), 1 (refused) or 2 (failed); then per field of the reply 1 and its value, or 0 and "";
--         or, when it failed, what stood in the way. All of it text, in one flat list.
local REMOVE = {}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local function fail(message)
  error({ message = message }, 0)
end

local TWINS = {} -- filled in: decide(state, now, args), layouts, reply

local function read(type, raw)
  if type ~= 'i' and type ~= 'r' then return raw end
  local number = tonumber(raw)
  if not number or (type == 'i' and number % 1 ~= 0) then fail('what is stored is not a number') end
  return number
end

local function shown(type, value)
  if type == 'i' then return string.format('%d', value) end
  if type == 'r' then return string.format('%.17g', value) end
  return value
end

local function load(key, layout)
  local fields, found = {}, false
  if layout.kind == 'plain' then
    local raw = redis.call('GET', key)
    if raw then fields[layout[1][1]], found = read(layout[1][2], raw), true end
  elseif layout.kind == 'hash' then
    local names = {}
    for i, field in ipairs(layout) do names[i] = field[1] end
    for i, raw in ipairs(redis.call('HMGET', key, unpack(names))) do
      if raw then fields[names[i]], found = read(layout[i][2], raw), true end
    end
  else
    local members = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    for i = 1, #members, 2 do fields[members[i]], found = tonumber(members[i + 1]), true end
  end
  if not found then return nil end
  local left = redis.call('PTTL', key)
  return { fields = fields, expires = left >= 0 and now + left * 1000 or nil }
end

local function put(key, layout, fields, keepsTtl)
  if layout.kind == 'plain' then
    local value = shown(layout[1][2], fields[layout[1][1]])
    if keepsTtl then redis.call('SET', key, value, 'KEEPTTL') else redis.call('SET', key, value) end
  elseif layout.kind == 'hash' then
    local put, gone = {}, {}
    for _, field in ipairs(layout) do
      local value = fields[field[1]]
      if value == nil then
        gone[#gone + 1] = field[1]
      else
        put[#put + 1] = field[1]
        put[#put + 1] = shown(field[2], value)
      end
    end
    if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
    if #put > 0 then redis.call('HSET', key, unpack(put)) end
  else
    redis.call('ZREMRANGEBYRANK', key, 0, -1)
    for member, score in pairs(fields) do redis.call('ZADD', key, shown('r', score), member) end
  end
end

local function save(key, entry)
  local record, before = entry.record, entry.loaded and entry.loaded.expires
  if not record then
    redis.call('DEL', key)
    return
  end
  put(key, entry.layout, record.fields, before and before == record.expires)
  if record.expires == before then return end
  if record.expires then
    redis.call('PEXPIREAT', key, string.format('%d', math.ceil(record.expires / 1000)))
  else
    redis.call('PERSIST', key)
  end
end

local entries, replies, at = {}, {}, 1

local function following()
  at = at + 1
  return ARGV[at - 1]
end

local function entryOf(position, layout)
  if not entries[position] then
    local loaded = load(KEYS[position], layout)
    entries[position] = { layout = layout, loaded = loaded, record = loaded }
  end
  return entries[position]
end

local function decided(twin, positions, args)
  local state = {}
  for i, position in ipairs(positions) do
    state[i] = entryOf(position, twin.layouts[i] or twin.layouts[#twin.layouts]).record
  end
  local changes, reply, refused = twin.decide(state, now, args)
  if not refused then
    for i, position in ipairs(positions) do
      local change = changes[i]
      if change then
        local expired = change.expires and change.expires <= now
        entries[position].record = change ~= REMOVE and not expired and change or nil
        entries[position].changed = true
      end
    end
  end
  return reply, refused
end

local stopped = false
while ARGV[at] do
  local twin, positions, args = TWINS[tonumber(following())], {}, {}
  for i = 1, tonumber(following()) do positions[i] = tonumber(following()) end
  for _ = 1, tonumber(following()) do
    local name, type = following(), following()
    args[name] = read(type, following())
  end
  local whole, reply, refused = pcall(decided, twin, positions, args)
  if not whole then
    stopped = true
    replies[#replies + 1] = '2'
    replies[#replies + 1] = type(reply) == 'table' and (reply.message or reply.err) or tostring(reply)
  else
    stopped = stopped or refused
    replies[#replies + 1] = refused and '1' or '0'
    for _, field in ipairs(twin.reply) do
      local value = reply[field[1]]
      replies[#replies + 1] = value == nil and '0' or '1'
      replies[#replies + 1] = value == nil and '' or shown(field[2], value)
    end
  end
end
if not stopped then
  for position, entry in pairs(entries) do
    if entry.changed then save(KEYS[position], entry) end
  end
end
return replies
