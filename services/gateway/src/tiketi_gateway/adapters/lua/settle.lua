-- Take what a gateway has given out since it last settled from shared token buckets.
-- KEYS the buckets; ARGV per_second, burst, taken of each. Answers their levels, as text; a level
-- may be negative.
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1e6
local levels = {}
for index, key in ipairs(KEYS) do
  local rate, burst = tonumber(ARGV[3 * index - 2]), tonumber(ARGV[3 * index - 1])
  local taken = tonumber(ARGV[3 * index])
  local kept = redis.call('HMGET', key, 'level', 'at')
  local level = burst
  if kept[1] then
    level = math.min(burst, tonumber(kept[1]) + (now - tonumber(kept[2])) * rate)
  end
  -- A debt is bounded, so that a burst through many gateways is not punished for minutes.
  level = math.max(level - taken, -burst)
  redis.call('HSET', key, 'level', tostring(level), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, math.ceil(2000 * burst / rate) + 1000)
  levels[index] = tostring(level)
end
return levels
