-- One admission round. Any number of instances may ask for it as often as they like: it is due
-- once in terms.round_ms, and what it lets in is bounded by the slots and by the pace's tokens,
-- both kept here. Its cost is bounded by LIMIT, however long the line.
-- Reply: facts (nil: no line), due, admitted: [user, lane, score, id, admitted_ms, expires_ms]
-- each, unused: [user, id, expires_ms] of admissions nobody picked up.
local LIMIT = 250 -- people looked at in one round

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
  passed_now[#passed_now + 1] = cmsgpack.pack({ lane, score, now })
  if lane ~= 'priority' then state.served = math.max(state.served, score) end
  state.passed_total = state.passed_total + 1
end

-- Who never showed up was away when their turn came: passed over, and the slot is given on.
-- Their token of the pace comes back too, so that the people who do arrive keep the pace.
local function end_admission(user)
  local admission = read_admission(user)
  free(user)
  if admission[5] then
    redis.call('SADD', GONE, user)
    return
  end
  unused[#unused + 1] = { user, admission[1], admission[2] + terms.admission_ms }
  pass_over(user, admission[3], admission[4])
  state.no_shows_total = state.no_shows_total + 1
  if terms.makes_up then state.returned_tokens = state.returned_tokens + 1 end
end

for _, user in ipairs(redis.call('ZRANGEBYSCORE', ACTIVE, '-inf', now, 'LIMIT', 0, LIMIT)) do
  end_admission(user)
end

local looked_at = 0
local slots, admissions, announce, seen_no_more = {}, {}, {}, {}

local function turn_of(user, lane, score, present_until)
  if not present_until or tonumber(present_until) <= now then
    pass_over(user, lane, score)
    return 0
  end
  local admission, expires = new_admission(user, lane, score, false)
  slots[#slots + 1] = expires
  slots[#slots + 1] = user
  admissions[#admissions + 1] = user
  admissions[#admissions + 1] = cmsgpack.pack(admission)
  if lane ~= 'priority' then state.served = math.max(state.served, score) end
  announce[#announce + 1] = now
  announce[#announce + 1] = user
  admitted_now[#admitted_now + 1] = { user, lane, score, admission[1], now, expires }
  return 1
end

local function let_in(zset, priority, wanted)
  local let = 0
  while let < wanted and looked_at < LIMIT do
    local most = math.min(wanted - let, 100, LIMIT - looked_at)
    local popped = redis.call('ZPOPMIN', zset, most)
    if #popped == 0 then break end
    local users = {}
    for i = 1, #popped, 2 do users[#users + 1] = popped[i] end
    local present_until = redis.call('ZMSCORE', PRESENT, unpack(users))
    for i, user in ipairs(users) do
      local score = tonumber(popped[2 * i])
      local lane = priority and 'priority' or (score < 2 ^ 50 and 'lobby' or 'general')
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
  local wanted = math.min(free_slots(), terms.unpaced and LIMIT or paced, LIMIT)
  if wanted > 0 then
    local let = let_in(PRIORITY, true, wanted)
    let = let + let_in(WAITING, false, wanted - let)
    local from_made_up = math.min(made_up, math.max(0, let - math.floor(state.tokens)))
    state.returned_tokens = state.returned_tokens - from_made_up
    state.tokens = math.max(0, state.tokens - (let - from_made_up))
  end
end

if #slots > 0 then
  redis.call('ZADD', ACTIVE, unpack(slots))
  redis.call('HSET', ADMITTED, unpack(admissions))
  redis.call('ZADD', ANNOUNCE, unpack(announce))
end
if #seen_no_more > 0 then redis.call('ZREM', PRESENT, unpack(seen_no_more)) end
if #passed_now > 0 then redis.call('HSET', PASSED, unpack(passed_now)) end

-- Presence is kept for those within the horizon only: a million records would cost too much.
local edge = redis.call('ZRANGE', WAITING, terms.horizon, terms.horizon, 'WITHSCORES')
state.horizon = tonumber(edge[2]) or -1
local stale = math.min(LIMIT, redis.call('ZCOUNT', PRESENT, '-inf', now))
if stale > 0 then redis.call('ZREMRANGEBYRANK', PRESENT, 0, stale - 1) end

-- Told people are forgotten; those whom an instance let in but did not live to tell come again.
for _, user in ipairs(call.told) do redis.call('ZREM', ANNOUNCE, user) end
for _, user in ipairs(redis.call('ZRANGEBYSCORE', ANNOUNCE, '-inf', now - 2000, 'LIMIT', 0, 100)) do
  local admission = read_admission(user)
  local expires = redis.call('ZSCORE', ACTIVE, user)
  if admission and expires then
    admitted_now[#admitted_now + 1] = {
      user, admission[3], admission[4], admission[1], admission[2], tonumber(expires),
    }
  end
  redis.call('ZREM', ANNOUNCE, user)
end

for _, key in ipairs(KEYS) do redis.call('EXPIREAT', key, terms.forget_at) end
save()
return cmsgpack.pack({ facts = facts(), due = true, admitted = admitted_now, unused = unused })
