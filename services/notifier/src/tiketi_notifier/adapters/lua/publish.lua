-- Gives a change the next version of its event's channel, keeps it, and tells every notifier.
--
-- KEYS  1 state (hash: epoch, version, and per stream the last version of its source)
--       2 history (list of messages, newest last, one per version)
-- ARGV  1 stream   2 first and 3 last version of the source in this change
--       4 head and 6 tail of the message, between which `"epoch":...,"version":...` is written
--       5 epoch to use if there is none   7, 8 epoch and version the caller knows ("" if none)
--       9 history entries to keep   10 seconds to keep them   11 seconds to keep the state
--       12 channel   13 PUBLISH or SPUBLISH
--
-- Returns {-1, epoch, version} when published, else the last version of the source that was
-- published before: then nothing was done, since parts of the change were told. Safe to repeat.
--
-- A store that lost its last writes knows an older version than the caller does. What it would
-- publish next has a version that was used before, so it begins a new epoch.
local state = redis.call('HMGET', KEYS[1], 'epoch', 'version', ARGV[1])
local epoch, version, told = state[1], tonumber(state[2] or 0), tonumber(state[3] or 0)
if epoch and epoch == ARGV[7] and version < tonumber(ARGV[8]) then
  epoch = false
  told = 0
end
if tonumber(ARGV[2]) <= told then
  return {told, '', 0}
end
if not epoch then
  epoch, version = ARGV[5], 0
  redis.call('DEL', KEYS[1], KEYS[2])
end
version = version + 1
local place = '"epoch":"' .. epoch .. '","version":' .. string.format('%d', version)
local message = ARGV[4] .. place .. ARGV[6]
redis.call('HSET', KEYS[1], 'epoch', epoch, 'version', version, ARGV[1], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[11])
redis.call('RPUSH', KEYS[2], message)
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[9]), -1)
redis.call('EXPIRE', KEYS[2], ARGV[10])
redis.call(ARGV[13], ARGV[12], message)
return {-1, epoch, version}
