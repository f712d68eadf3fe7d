-- What the till reports: activity renews an admission, a purchase uses it up.
-- call.reports: [user, admission_id, paid] each. An admission that the store has lost is known
-- again by its activity. Reply: settled.
if not state then
  if terms.known_last == 0 then return cmsgpack.pack({ settled = true }) end
  begin()
end

local function is_nowhere(user)
  return not redis.call('ZSCORE', WAITING, user) and not redis.call('ZSCORE', PRIORITY, user)
    and redis.call('HEXISTS', PASSED, user) == 0 and redis.call('SISMEMBER', GONE, user) == 0
end

local function renew(user, admission)
  redis.call('ZADD', ACTIVE, 'XX', 'GT', now + terms.admission_ms, user)
  if not admission[5] then
    admission[5] = true
    write_admission(user, admission)
  end
end

local function report(user, id, paid)
  local admission = read_admission(user)
  if admission then
    if admission[1] ~= id then return end
    if not paid then return renew(user, admission) end
    free(user)
    redis.call('SADD', GONE, user)
  elseif state.reserved > 0 and is_nowhere(user) then
    count_back()
    if paid then
      redis.call('SADD', GONE, user)
    else
      redis.call('ZADD', ACTIVE, now + terms.admission_ms, user)
      write_admission(user, { id, now, 'general', 0, true })
    end
  end
end

for _, each in ipairs(call.reports) do report(each[1], each[2], each[3]) end
save()
return cmsgpack.pack({ settled = true })
