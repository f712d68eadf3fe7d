-- People come by: seen (0), ask for their place (1), present a ticket (2) or join (3).
-- call.visits: [user, want, may_use_priority, drawn_score, ticket_lane, ticket_score,
--               admission_id, admitted_ms, expires_ms] each; no user twice.
-- Reply: standings, one for each visit:
--   [kind, lane, score, ahead, admission_id, admitted_ms, expires_ms]
--   kind 0 not in line, 1 admitted, 2 waiting, 3 waiting again after having been passed over;
--   ahead counts the people in front, in both lanes.
local SEEN, PRESENT_A_TICKET, JOIN = 0, 2, 3
local NOBODY = { 0, '', 0, 0, '', 0, 0 }

local users = {}
for i, visit in ipairs(call.visits) do users[i] = visit[1] end

if not state then
  local creates = false
  for _, visit in ipairs(call.visits) do creates = creates or visit[2] >= PRESENT_A_TICKET end
  if not creates then
    local standings = {}
    for i = 1, #users do standings[i] = NOBODY end
    return cmsgpack.pack({ standings = standings, opened = 0, participants = 0 })
  end
  begin()
end
open()
refill()

local function nothing() return {} end
local function if_any(count, key, command)
  if redis.call(count, key) == 0 then return nothing() end
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
  return { kind, 'general', score, in_priority + in_general - 1, '', 0, 0 }
end

local function insert(user, lane, score, kind)
  mark_present(user, score)
  if lane == 'priority' then
    redis.call('ZADD', PRIORITY, 'NX', score, user)
    in_priority = in_priority + 1
    return { kind, lane, score, redis.call('ZRANK', PRIORITY, user), '', 0, 0 }
  end
  redis.call('ZADD', WAITING, 'NX', score, user)
  in_general = in_general + 1
  return { kind, lane, score, in_priority + redis.call('ZRANK', WAITING, user), '', 0, 0 }
end

local function admitted(user, want, expires)
  local admission = read_admission(user)
  local shows_up = want == SEEN and not admission[5]
  if want ~= SEEN or shows_up then
    expires = math.max(expires, now + terms.admission_ms)
    redis.call('ZADD', ACTIVE, 'XX', expires, user)
  end
  if not admission[5] then
    admission[5] = true
    write_admission(user, admission)
  end
  return { 1, admission[3], admission[4], 0, admission[1], admission[2], expires }
end

local function standing(user, want, lane, score)
  mark_present(user, score)
  if want == SEEN then return NOBODY end
  if lane == 'priority' then
    return { 2, lane, score, redis.call('ZRANK', PRIORITY, user), '', 0, 0 }
  end
  flush()
  return { 2, lane, score, in_priority + redis.call('ZRANK', WAITING, user), '', 0, 0 }
end

local function come_back(user, packed)
  local lane, score, at = unpack(cmsgpack.unpack(packed))
  redis.call('HDEL', PASSED, user)
  if now - at <= terms.grace_ms then return insert(user, lane, score, 3) end
  return append(user, next_number(), 2)
end

local function restore_admission(user, id, admitted_ms, expires_ms)
  redis.call('ZADD', ACTIVE, expires_ms, user)
  write_admission(user, { id, admitted_ms, 'general', 0, true })
  count_back()
  return { 1, 'general', 0, 0, id, admitted_ms, expires_ms }
end

-- Whoever presents a genuine ticket and is nowhere, not even among the gone, was lost.
local function restore_place(user, lane, score)
  state.restored_total = state.restored_total + 1
  state.recover_until = math.max(state.recover_until, state.life + terms.recovery_ms)
  if lane == 'priority' then
    state.priority_counter = math.max(state.priority_counter, score)
  elseif lane == 'general' then
    state.counter = math.max(state.counter, score)
    if score < state.gap_to then state.gap_from = math.max(state.gap_from, score + 1) end
  end
  return insert(user, lane, score, 2)
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
  local admission, expires = new_admission(user, lane, score, true)
  redis.call('ZADD', ACTIVE, expires, user)
  write_admission(user, admission)
  return { 1, lane, score, 0, admission[1], admission[2], expires }
end

local function join(user, may_use_priority, drawn_score)
  if may_enter_at_once() then
    return enter_at_once(user, may_use_priority and 'priority' or 'general')
  end
  if may_use_priority then
    state.priority_counter = state.priority_counter + 1
    return insert(user, 'priority', state.priority_counter, 2)
  end
  if state.opened == 0 then return insert(user, 'lobby', drawn_score, 2) end
  return append(user, next_number(), 2)
end

-- A code found later moves a person to the priority lane; nothing moves them back.
local function move_to_priority(user)
  flush()
  redis.call('ZREM', WAITING, user)
  in_general = in_general - 1
  return join(user, true, 0)
end

local function newcomer(user, visit, was_here)
  local want, may_use_priority, drawn_score, ticket_lane = visit[2], visit[3], visit[4], visit[5]
  if not was_here then
    if visit[7] ~= '' then return restore_admission(user, visit[7], visit[8], visit[9]) end
    if ticket_lane ~= '' then return restore_place(user, ticket_lane, visit[6]) end
  end
  if want ~= JOIN then return NOBODY end
  if was_here then forgotten[#forgotten + 1] = user end
  return join(user, may_use_priority, drawn_score)
end

local function attend(i, visit)
  local user, want = visit[1], visit[2]
  if active[i] then return admitted(user, want, tonumber(active[i])) end
  if priority[i] then return standing(user, want, 'priority', tonumber(priority[i])) end
  if waiting[i] then
    if want == JOIN and visit[3] then return move_to_priority(user) end
    local score = tonumber(waiting[i])
    return standing(user, want, score < 2 ^ 50 and 'lobby' or 'general', score)
  end
  if passed[i] then return come_back(user, passed[i]) end
  if want >= PRESENT_A_TICKET then return newcomer(user, visit, gone[i] == 1) end
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
