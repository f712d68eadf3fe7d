-- Booking reports what happened to admissions: activity renews one, a purchase uses it up.
-- call.reports: a list of Report. An admission that Redis has lost is restored by its activity.
-- Reply: settled.
if not state then
  if terms.known_last == 0 then return cmsgpack.pack({ settled = true }) end
  begin()
end

local function is_unknown(user)
  return not redis.call('ZSCORE', WAITING, user) and not redis.call('ZSCORE', PRIORITY, user)
    and redis.call('HEXISTS', PASSED, user) == 0 and redis.call('SISMEMBER', GONE, user) == 0
end

local function renew(user, admission)
  redis.call('ZADD', ACTIVE, 'XX', 'GT', renewed_until(admission), user)
  if not admission[SHOWN] then
    admission[SHOWN] = true
    write_admission(user, admission)
  end
end

local function settle(report)
  local user = report.user_id
  local admission = read_admission(user)
  if admission then
    if admission[ID] ~= report.admission_id then return end
    if not report.paid then return renew(user, admission) end
    free(user)
    redis.call('SADD', GONE, user)
  elseif state.reserved > 0 and is_unknown(user) then
    count_back()
    if report.paid then
      redis.call('SADD', GONE, user)
    else
      redis.call('ZADD', ACTIVE, now + terms.admission_ms, user)
      write_admission(user, admission_of(report.admission_id, now, 'general', 0, true))
    end
  end
end

for _, report in ipairs(call.reports) do settle(report) end
save()
return cmsgpack.pack({ settled = true })
