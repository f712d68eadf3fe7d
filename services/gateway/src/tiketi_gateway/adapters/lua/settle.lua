-- Take what a gateway has given out since it last settled from a shared token bucket.
-- KEYS[1] the bucket; ARGV per_second, burst, taken. Answers the level, as text; it may be negative.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local rate, burst, taken = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = burst
if kept[1] then
  level = math.min(burst, tonumber(kept[1]) + (now - tonumber(kept[2])) * rate)
end
-- A debt is bounded, so that a burst through many gateways is not punished for minutes.
level = math.max(level - taken, -burst)
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(2000 * burst / rate) + 1000)
return tostring(level)
