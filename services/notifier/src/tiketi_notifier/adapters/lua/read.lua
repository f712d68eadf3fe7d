-- Where an event's channel stands, and what led there after what the caller knows.
--
-- KEYS  1 state   2 history (see publish.lua)
-- ARGV  1 epoch to use if there is none   2, 3 epoch and version the caller knows ("" if none)
--       4 seconds to keep the state at least
--
-- Returns {epoch, version, messages}: the last messages up to version, oldest first; only those
-- after the known version when the epoch is the same.
local state = redis.call('HMGET', KEYS[1], 'epoch', 'version')
local epoch, version = state[1], tonumber(state[2] or 0)
if not epoch then
  epoch, version = ARGV[1], 0
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'version', 0)
  redis.call('EXPIRE', KEYS[1], ARGV[4])
end
redis.call('EXPIRE', KEYS[1], ARGV[4], 'GT')
local wanted = version
if epoch == ARGV[2] then
  wanted = version - tonumber(ARGV[3])
end
if wanted <= 0 then
  return {epoch, version, {}}
end
return {epoch, version, redis.call('LRANGE', KEYS[2], -wanted, -1)}
