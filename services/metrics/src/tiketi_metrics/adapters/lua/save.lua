-- Keep a decision, if the lease is still its author's.
-- KEYS: lease, record. ARGV: instance, record.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[2])
return 1
