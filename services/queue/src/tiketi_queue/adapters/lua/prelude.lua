-- Every script starts with this. One call works on one line, in one atomic step, and may be repeated:
-- the caller sends a call again when it timed out.
-- KEYS are those of adapters/keys.py. ARGV[1] is the call, the result is the reply, both MessagePack
-- maps with the field names of domain/line.py. Kind, Want, LOBBY_SCORES and BURST_SECONDS come from
-- there too: adapters/redis_line.py puts them in front of this file.
local STATE, WAITING, PRIORITY, PASSED, ACTIVE, ADMITTED, PRESENT, GONE, ANNOUNCE = unpack(KEYS)
local call = cmsgpack.unpack(ARGV[1])
local terms = call.terms
local now = terms.now

local stored = redis.call('GET', STATE)
local state = stored and cmsgpack.unpack(stored)

local function save()
  redis.call('SET', STATE, cmsgpack.pack(state), 'EXAT', terms.forget_at)
end

local function burst() return math.max(1, terms.pace * BURST_SECONDS) end

local function lane_of(score) return score < LOBBY_SCORES and 'lobby' or 'general' end

-- The first person creates the line. When the caller remembers a line (known_last > 0), Redis has
-- lost it. Then the slots that were taken stay `reserved` until their admissions are shown or have
-- expired, and nobody new is let in for recovery_ms, so that people can come back first.
local function begin()
  if state then return end
  local clock = now * 1000
  local lost = terms.known_last > 0
  state = {
    life = now, counter = math.max(clock, terms.known_last), priority_counter = clock,
    opened = 0, participants = 0, served = 0, tokens = lost and 1 or burst(), tokens_at = now,
    returned_tokens = 0,
    admitted_total = 0, passed_total = 0, no_shows_total = 0, freed_total = 0, left_total = 0,
    restored_total = 0,
    reserved = terms.known_taken, reserved_until = now + terms.admission_ms,
    recover_until = lost and now + terms.recovery_ms or 0,
    horizon = -1, round_at = 0, gap_from = terms.known_last + 1, gap_to = 0,
  }
  if lost then state.gap_to = state.counter end
end

-- The opening moves nobody: the lobby is already in the drawn order. It records the size of the
-- lobby, and starts the counter for later people above every drawn number.
local function open()
  if state.opened ~= 0 or terms.mode == 'before' then return end
  state.opened = terms.opening_us
  if terms.participants >= 0 then
    state.participants = terms.participants
  else
    state.participants = redis.call('ZCARD', WAITING)
  end
  if state.life * 1000 < terms.opening_us then
    state.counter = terms.opening_us
    state.tokens, state.tokens_at = 1, now -- nobody is let in before the pace allows it
  elseif state.participants > 0 and state.gap_to == 0 then
    state.gap_from, state.gap_to = terms.opening_us, state.counter
  end
end

local function refill()
  local elapsed = math.max(0, now - state.tokens_at)
  state.tokens = math.min(burst(), state.tokens + elapsed * terms.pace / 1000)
  state.tokens_at = math.max(state.tokens_at, now)
end

local function reserved()
  return now < state.reserved_until and state.reserved or 0
end

local function free_slots()
  if now < state.recover_until then return 0 end
  return math.max(0, terms.capacity - redis.call('ZCARD', ACTIVE) - reserved())
end

-- The values in ADMITTED and PASSED are arrays. Older versions of the service read and write the
-- same arrays, so their order must not change. Only the next lines know it: an admission stays an
-- array in the scripts (a table with names costs 1 us more), whose fields are admission[ID] and so on.
local ID, ADMITTED_MS, LANE, SCORE, SHOWN = 1, 2, 3, 4, 5

local function admission_of(id, admitted_ms, lane, score, shown)
  return { id, admitted_ms, lane, score, shown }
end

local function pack_passed(lane, score) return cmsgpack.pack({ lane, score, now }) end

local function unpack_passed(packed)
  local lane, score, passed_ms = unpack(cmsgpack.unpack(packed))
  return { lane = lane, score = score, passed_ms = passed_ms }
end

local function write_admission(user, admission)
  redis.call('HSET', ADMITTED, user, cmsgpack.pack(admission))
end

local function read_admission(user)
  local packed = redis.call('HGET', ADMITTED, user)
  return packed and cmsgpack.unpack(packed)
end

-- Returns a new admission and the end of its slot (ms). `shown`: whether its person is there.
local function new_admission(user, lane, score, shown)
  local id = string.sub(redis.sha1hex(call.nonce .. user), 1, 20)
  state.admitted_total = state.admitted_total + 1
  return admission_of(id, now, lane, score, shown), now + (shown and terms.admission_ms or terms.pickup_ms)
end

-- When an admission ends that its person uses now. No turn is longer than longest_ms.
local function renewed_until(admission)
  return math.min(now + terms.admission_ms, admission[ADMITTED_MS] + terms.longest_ms)
end

-- An admission that must not be used any more (Ended). Its token could be used until expires_ms.
local function ended_admission(user, admission, expires_ms)
  return { user_id = user, admission_id = admission[ID], expires_ms = expires_ms }
end

local function free(user)
  redis.call('ZREM', ACTIVE, user)
  redis.call('HDEL', ADMITTED, user)
  redis.call('ZREM', ANNOUNCE, user)
  state.freed_total = state.freed_total + 1
end

local function count_back()
  state.reserved = math.max(0, state.reserved - 1)
  state.restored_total = state.restored_total + 1
end

-- The score of the person at this rank of a lane, nil when the lane is shorter.
local function score_at(lane_key, rank)
  local found = redis.call('ZRANGE', lane_key, rank, rank, 'WITHSCORES')
  return tonumber(found[2])
end

local function facts()
  return {
    opened = state.opened, participants = state.participants, served = state.served,
    waiting = redis.call('ZCARD', WAITING), priority = redis.call('ZCARD', PRIORITY),
    passed_over = redis.call('HLEN', PASSED), active = redis.call('ZCARD', ACTIVE),
    reserved = reserved(),
    head = score_at(WAITING, 0) or 0, priority_head = score_at(PRIORITY, 0) or 0,
    counter = state.counter, priority_counter = state.priority_counter,
    admitted_total = state.admitted_total, passed_total = state.passed_total,
    no_shows_total = state.no_shows_total, freed_total = state.freed_total,
    left_total = state.left_total,
    restored_total = state.restored_total,
    gap_from = state.gap_from, gap_to = state.gap_to,
  }
end
