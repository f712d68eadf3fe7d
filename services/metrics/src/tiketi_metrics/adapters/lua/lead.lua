-- Take or renew the lease on deciding, and read what was decided last.
-- KEYS: lease, record. ARGV: instance, lease in milliseconds.
-- Answers {1 when this instance holds the lease, else 0; the record, or false}.
local holder = redis.call('GET', KEYS[1])
local mine = holder == ARGV[1]
if mine or not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  mine = true
end
return {mine and 1 or 0, redis.call('GET', KEYS[2])}
