-- People come by. call.visits: a list of Visit, each user once; fields that have their default are
-- absent. call.present_ms: how long these people count as present.
-- Reply: Standings, with one Standing for each visit.
local NOBODY = { kind = Kind.NOT_IN_LINE }

local users = {}
for i, visit in ipairs(call.visits) do users[i] = visit.user_id end

if not state then
  local creates = false
  for _, visit in ipairs(call.visits) do
    creates = creates or visit.want >= Want.PRESENT_A_TICKET
  end
  if not creates then
    local standings = {}
    for i = 1, #users do standings[i] = NOBODY end
    return cmsgpack.pack({ standings = standings, opened = 0, participants = 0 })
  end
  begin()
end
open()
refill()

local function if_any(count, key, command)
  if redis.call(count, key) == 0 then return {} end
  return redis.call(command, key, unpack(users))
end
local active = if_any('ZCARD', ACTIVE, 'ZMSCORE')
local waiting = if_any('ZCARD', WAITING, 'ZMSCORE')
local priority = if_any('ZCARD', PRIORITY, 'ZMSCORE')
local passed = if_any('HLEN', PASSED, 'HMGET')
local gone = if_any('SCARD', GONE, 'SMISMEMBER')

local in_general = redis.call('ZCARD', WAITING)
local in_priority = redis.call('ZCARD', PRIORITY)
local appended, present, forgotten = {}, {}, {}

local function flush()
  if #appended > 0 then
    redis.call('ZADD', WAITING, unpack(appended))
    appended = {}
  end
end

local function inside(admission, expires_ms)
  return {
    kind = Kind.ADMITTED, lane = admission[LANE], score = admission[SCORE],
    admission_id = admission[ID], admitted_ms = admission[ADMITTED_MS], expires_ms = expires_ms,
  }
end

local function in_line(kind, lane, score, ahead)
  return { kind = kind, lane = lane, score = score, ahead = ahead }
end

local function mark_present(user, score)
  if state.horizon < 0 or score <= state.horizon then
    present[#present + 1] = now + call.present_ms
    present[#present + 1] = user
  end
end

local function next_number()
  state.counter = math.max(state.counter, terms.known_last) + 1
  return state.counter
end

local function append(user, score, kind)
  appended[#appended + 1] = score
  appended[#appended + 1] = user
  in_general = in_general + 1
  mark_present(user, score)
  return in_line(kind, 'general', score, in_priority + in_general - 1)
end

local function insert(user, lane, score, kind)
  mark_present(user, score)
  if lane == 'priority' then
    redis.call('ZADD', PRIORITY, 'NX', score, user)
    in_priority = in_priority + 1
    return in_line(kind, lane, score, redis.call('ZRANK', PRIORITY, user))
  end
  redis.call('ZADD', WAITING, 'NX', score, user)
  in_general = in_general + 1
  return in_line(kind, lane, score, in_priority + redis.call('ZRANK', WAITING, user))
end

-- Any visit picks up an admission, once. After that only `stays` renews it: what an open page does by
-- itself must not keep a turn.
local function stay_inside(user, stays, expires_ms)
  local admission = read_admission(user)
  if stays or not admission[SHOWN] then
    expires_ms = math.max(expires_ms, renewed_until(admission))
    redis.call('ZADD', ACTIVE, 'XX', expires_ms, user)
  end
  if not admission[SHOWN] then
    admission[SHOWN] = true
    write_admission(user, admission)
  end
  return inside(admission, expires_ms)
end

local function stay_in_line(user, want, lane, score)
  mark_present(user, score)
  if want == Want.BE_SEEN then return NOBODY end
  if lane == 'priority' then
    return in_line(Kind.WAITING, lane, score, redis.call('ZRANK', PRIORITY, user))
  end
  flush()
  return in_line(Kind.WAITING, lane, score, in_priority + redis.call('ZRANK', WAITING, user))
end

local function come_back(user, packed)
  local place = unpack_passed(packed)
  redis.call('HDEL', PASSED, user)
  if now - place.passed_ms <= terms.grace_ms then
    return insert(user, place.lane, place.score, Kind.RETURNED)
  end
  return append(user, next_number(), Kind.WAITING)
end

local function restore_admission(user, visit)
  local admission = admission_of(visit.admission_id, visit.admitted_ms, 'general', 0, true)
  redis.call('ZADD', ACTIVE, visit.expires_ms, user)
  write_admission(user, admission)
  count_back()
  return inside(admission, visit.expires_ms)
end

-- A person with a genuine ticket who is nowhere, not even among the gone, was lost with the line.
local function restore_place(user, lane, score)
  state.restored_total = state.restored_total + 1
  state.recover_until = math.max(state.recover_until, state.life + terms.recovery_ms)
  if lane == 'priority' then
    state.priority_counter = math.max(state.priority_counter, score)
  elseif lane == 'general' then
    state.counter = math.max(state.counter, score)
    if score < state.gap_to then state.gap_from = math.max(state.gap_from, score + 1) end
  end
  return insert(user, lane, score, Kind.WAITING)
end

local function may_enter_at_once()
  return terms.mode == 'on_sale' and in_general == 0 and in_priority == 0
    and (terms.unpaced or state.tokens >= 1) and free_slots() > 0
end

local function enter_at_once(user, lane)
  local score
  if lane == 'priority' then
    state.priority_counter = state.priority_counter + 1
    score = state.priority_counter
  else
    score = next_number()
    state.served = math.max(state.served, score)
  end
  state.tokens = math.max(0, state.tokens - 1)
  local admission, expires_ms = new_admission(user, lane, score, true)
  redis.call('ZADD', ACTIVE, expires_ms, user)
  write_admission(user, admission)
  return inside(admission, expires_ms)
end

local function join(user, may_use_priority, drawn_score)
  if may_enter_at_once() then
    return enter_at_once(user, may_use_priority and 'priority' or 'general')
  end
  if may_use_priority then
    state.priority_counter = state.priority_counter + 1
    return insert(user, 'priority', state.priority_counter, Kind.WAITING)
  end
  if state.opened == 0 then return insert(user, 'lobby', drawn_score, Kind.WAITING) end
  return append(user, next_number(), Kind.WAITING)
end

-- A code that a person enters later moves them to the priority lane. Nothing moves them back.
local function move_to_priority(user)
  flush()
  redis.call('ZREM', WAITING, user)
  in_general = in_general - 1
  return join(user, true, 0)
end

local function newcomer(user, visit, was_here)
  if not was_here then
    if visit.admission_id then return restore_admission(user, visit) end
    if visit.ticket_lane then
      return restore_place(user, visit.ticket_lane, visit.ticket_score or 0)
    end
  end
  if visit.want ~= Want.JOIN then return NOBODY end
  if was_here then forgotten[#forgotten + 1] = user end
  return join(user, visit.may_use_priority, visit.drawn_score or 0)
end

local function attend(i, visit)
  local user, want = visit.user_id, visit.want
  if active[i] then return stay_inside(user, visit.stays, tonumber(active[i])) end
  if priority[i] then return stay_in_line(user, want, 'priority', tonumber(priority[i])) end
  if waiting[i] then
    if want == Want.JOIN and visit.may_use_priority then return move_to_priority(user) end
    local score = tonumber(waiting[i])
    return stay_in_line(user, want, lane_of(score), score)
  end
  if passed[i] then return come_back(user, passed[i]) end
  if want >= Want.PRESENT_A_TICKET then return newcomer(user, visit, gone[i] == 1) end
  return NOBODY
end

local standings = {}
for i, visit in ipairs(call.visits) do standings[i] = attend(i, visit) end
flush()
if #present > 0 then redis.call('ZADD', PRESENT, unpack(present)) end
if #forgotten > 0 then redis.call('SREM', GONE, unpack(forgotten)) end
save()
return cmsgpack.pack({
  standings = standings, opened = state.opened, participants = state.participants,
  counter = state.counter, taken = redis.call('ZCARD', ACTIVE) + reserved(),
})
