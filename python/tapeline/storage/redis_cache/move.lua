-- Takes rows' counters, offsets, marks and entries together, or nothing.
-- KEYS: offsets, rows, streams, writes. ARGV: counted lists, in the order in which they are read.
-- Returns nothing when it was done, else the partition that is elsewhere and where it is.
local at = 0
local function following()
  at = at + 1
  return ARGV[at]
end

local offsets = {}
for _ = 1, tonumber(following()) do
  local field, expected, next_offset = following(), following(), following()
  local found = redis.call('HGET', KEYS[1], field) or ''
  if found ~= expected then
    return { field, found }
  end
  if next_offset ~= '' then
    offsets[#offsets + 1] = field
    offsets[#offsets + 1] = next_offset
  end
end
for place = 1, #offsets, 2 do
  redis.call('HSET', KEYS[1], offsets[place], offsets[place + 1])
end

for _ = 1, tonumber(following()) do
  redis.call('HINCRBY', KEYS[2], following(), following())
end

local prefix, kept, kept_s = following(), tonumber(following()), following()
for _ = 1, tonumber(following()) do
  local stream, packed = following(), following()
  local key = prefix .. stream
  for place = 1, #packed, 12 do
    redis.call('RPUSH', key, string.sub(packed, place, place + 11))
  end
  redis.call('LTRIM', key, -kept, -1)
  redis.call('EXPIRE', key, kept_s)
  redis.call('SADD', KEYS[3], stream)
end

local write = redis.call('INCR', KEYS[4])
for _ = 1, tonumber(following()) do
  local index, entries, ttl_ms, most = following(), following(), following(), tonumber(following())
  for _ = 1, tonumber(following()) do
    local instrument, value = following(), following()
    redis.call('SET', entries .. instrument, value, 'PX', ttl_ms)
    redis.call('ZADD', index, write, instrument)
  end
  local excess = redis.call('ZCARD', index) - most
  if excess > 0 then
    local popped = redis.call('ZPOPMIN', index, excess)
    for place = 1, #popped, 2 do
      redis.call('DEL', entries .. popped[place])
    end
  end
end
return {}
