-- People give up their place or their admission. call.users: their ids.
-- Reply: ended, a list of Ended: the admissions that ended.
if not state then return cmsgpack.pack({ ended = {} }) end

local ended = {}
for _, user in ipairs(call.users) do
  local was_here = redis.call('ZREM', WAITING, user) + redis.call('ZREM', PRIORITY, user)
    + redis.call('HDEL', PASSED, user)
  state.left_total = state.left_total + was_here
  local admission = read_admission(user)
  if admission then
    local expires = tonumber(redis.call('ZSCORE', ACTIVE, user)) or 0
    local last_ms = math.max(expires, admission[ADMITTED_MS] + terms.admission_ms)
    ended[#ended + 1] = ended_admission(user, admission, last_ms)
    free(user)
    was_here = was_here + 1
  end
  redis.call('ZREM', PRESENT, user)
  if was_here > 0 then redis.call('SADD', GONE, user) end
end
save()
return cmsgpack.pack({ ended = ended })
