-- One admission round. Any number of instances may call it at any time. It is due once in
-- terms.round_ms. The free slots and the tokens of the pace, both stored here, bound how many
-- people it lets in. MOST_AT_ONCE bounds its cost, however long the line is.
-- call.announced: the people whose admission has been published since the last call. Reply: Round.
local MOST_AT_ONCE = 250 -- people that one round looks at
local POPPED_AT_ONCE = 100
local ANNOUNCE_AGAIN_MS = 2000
local ANNOUNCED_AT_ONCE = 100

if not state then
  if terms.known_last == 0 then return cmsgpack.pack({ due = false }) end
  begin()
end
open()

if now - state.round_at < terms.round_ms then
  return cmsgpack.pack({ facts = facts(), due = false })
end
state.round_at = now
refill()

local unused, admitted_now = {}, {}

local passed_now = {}
local function pass_over(user, lane, score)
  passed_now[#passed_now + 1] = user
  passed_now[#passed_now + 1] = pack_passed(lane, score)
  if lane ~= 'priority' then state.served = math.max(state.served, score) end
  state.passed_total = state.passed_total + 1
end

-- A person who never picked up their admission was away when their turn came: they are passed over
-- and the slot goes to the next. The token of the pace comes back too, so that the people who do
-- arrive keep the pace.
local function end_admission(user)
  local admission = read_admission(user)
  free(user)
  if admission[SHOWN] then
    redis.call('SADD', GONE, user)
    return
  end
  unused[#unused + 1] = ended_admission(user, admission, admission[ADMITTED_MS] + terms.admission_ms)
  pass_over(user, admission[LANE], admission[SCORE])
  state.no_shows_total = state.no_shows_total + 1
  if terms.makes_up then state.returned_tokens = state.returned_tokens + 1 end
end

for _, user in ipairs(redis.call('ZRANGEBYSCORE', ACTIVE, '-inf', now, 'LIMIT', 0, MOST_AT_ONCE)) do
  end_admission(user)
end

local function announce(user, admission, expires_ms)
  admitted_now[#admitted_now + 1] = {
    user_id = user, lane = admission[LANE], score = admission[SCORE],
    admission_id = admission[ID], admitted_ms = admission[ADMITTED_MS], expires_ms = expires_ms,
  }
end

local looked_at = 0
local slots, admissions, to_announce, seen_no_more = {}, {}, {}, {}

local function turn_of(user, lane, score, present_until)
  if not present_until or tonumber(present_until) <= now then
    pass_over(user, lane, score)
    return 0
  end
  local admission, expires_ms = new_admission(user, lane, score, false)
  slots[#slots + 1] = expires_ms
  slots[#slots + 1] = user
  admissions[#admissions + 1] = user
  admissions[#admissions + 1] = cmsgpack.pack(admission)
  if lane ~= 'priority' then state.served = math.max(state.served, score) end
  to_announce[#to_announce + 1] = now
  to_announce[#to_announce + 1] = user
  announce(user, admission, expires_ms)
  return 1
end

local function let_in(lane_key, wanted)
  local let = 0
  while let < wanted and looked_at < MOST_AT_ONCE do
    local most = math.min(wanted - let, POPPED_AT_ONCE, MOST_AT_ONCE - looked_at)
    local popped = redis.call('ZPOPMIN', lane_key, most)
    if #popped == 0 then break end
    local users = {}
    for i = 1, #popped, 2 do users[#users + 1] = popped[i] end
    local present_until = redis.call('ZMSCORE', PRESENT, unpack(users))
    for i, user in ipairs(users) do
      local score = tonumber(popped[2 * i])
      local lane = lane_key == PRIORITY and 'priority' or lane_of(score)
      if present_until[i] then seen_no_more[#seen_no_more + 1] = user end
      let = let + turn_of(user, lane, score, present_until[i])
    end
    looked_at = looked_at + #users
  end
  return let
end

if terms.mode == 'on_sale' then
  local a_rounds_worth = math.max(1, math.floor(terms.pace * terms.round_ms / 1000))
  local made_up = math.min(state.returned_tokens, a_rounds_worth)
  local paced = math.floor(state.tokens) + made_up
  local wanted = math.min(free_slots(), terms.unpaced and MOST_AT_ONCE or paced, MOST_AT_ONCE)
  if wanted > 0 then
    local let = let_in(PRIORITY, wanted)
    let = let + let_in(WAITING, wanted - let)
    local from_made_up = math.min(made_up, math.max(0, let - math.floor(state.tokens)))
    state.returned_tokens = state.returned_tokens - from_made_up
    state.tokens = math.max(0, state.tokens - (let - from_made_up))
  end
end

if #slots > 0 then
  redis.call('ZADD', ACTIVE, unpack(slots))
  redis.call('HSET', ADMITTED, unpack(admissions))
  redis.call('ZADD', ANNOUNCE, unpack(to_announce))
end
if #seen_no_more > 0 then redis.call('ZREM', PRESENT, unpack(seen_no_more)) end
if #passed_now > 0 then redis.call('HSET', PASSED, unpack(passed_now)) end

-- Presence is stored only for people within the horizon: a million records would cost too much.
state.horizon = score_at(WAITING, terms.horizon) or -1
local stale = math.min(MOST_AT_ONCE, redis.call('ZCOUNT', PRESENT, '-inf', now))
if stale > 0 then redis.call('ZREMRANGEBYRANK', PRESENT, 0, stale - 1) end

-- Published admissions leave ANNOUNCE. An instance that died before it published others leaves them
-- there: they are announced again.
if #call.announced > 0 then redis.call('ZREM', ANNOUNCE, unpack(call.announced)) end
local overdue = redis.call(
  'ZRANGEBYSCORE', ANNOUNCE, '-inf', now - ANNOUNCE_AGAIN_MS, 'LIMIT', 0, ANNOUNCED_AT_ONCE
)
for _, user in ipairs(overdue) do
  local admission = read_admission(user)
  local expires_ms = redis.call('ZSCORE', ACTIVE, user)
  if admission and expires_ms then announce(user, admission, tonumber(expires_ms)) end
end
if #overdue > 0 then redis.call('ZREM', ANNOUNCE, unpack(overdue)) end

for _, key in ipairs(KEYS) do redis.call('EXPIREAT', key, terms.forget_at) end
save()
return cmsgpack.pack({ facts = facts(), due = true, admitted = admitted_now, unused = unused })
