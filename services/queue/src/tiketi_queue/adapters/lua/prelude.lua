-- Put before every script of the line: one call works on one event, in one atomic step.
-- KEYS are those of adapters/keys.py; ARGV[1] is the call, MessagePack; so is the reply.
-- Every step may be repeated: a call that timed out is sent again.
local STATE, WAITING, PRIORITY, PASSED, ACTIVE, ADMITTED, PRESENT, GONE, ANNOUNCE = unpack(KEYS)
local call = cmsgpack.unpack(ARGV[1])
local terms = call.terms
local now = terms.now

local BURST_SECONDS = 0.4 -- of the pace: what may gather between two rounds

local stored = redis.call('GET', STATE)
local state = stored and cmsgpack.unpack(stored)

local function save()
  redis.call('SET', STATE, cmsgpack.pack(state), 'EXAT', terms.forget_at)
end

local function burst() return math.max(1, terms.pace * BURST_SECONDS) end

-- A line begins with its first person. Where this instance remembers one (known_last > 0), the
-- store has lost it: what was active then keeps its slots, as `reserved`, until it shows itself
-- or its admissions have run out, and nobody new enters before people had time to come back.
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

-- The opening moves nothing: the lobby already stands in the drawn order. Only its size is
-- written down, and the counter of those who come later starts above every drawn number.
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

-- An admission: id, when admitted (ms), lane, score, and whether the person has shown up.
local function write_admission(user, admission)
  redis.call('HSET', ADMITTED, user, cmsgpack.pack(admission))
end

local function read_admission(user)
  local packed = redis.call('HGET', ADMITTED, user)
  return packed and cmsgpack.unpack(packed)
end

local function new_admission(user, lane, score, shown)
  local id = string.sub(redis.sha1hex(call.nonce .. user), 1, 20)
  state.admitted_total = state.admitted_total + 1
  return { id, now, lane, score, shown }, now + (shown and terms.admission_ms or terms.pickup_ms)
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

local function facts()
  local head = redis.call('ZRANGE', WAITING, 0, 0, 'WITHSCORES')
  local priority_head = redis.call('ZRANGE', PRIORITY, 0, 0, 'WITHSCORES')
  return {
    opened = state.opened, participants = state.participants, served = state.served,
    waiting = redis.call('ZCARD', WAITING), priority = redis.call('ZCARD', PRIORITY),
    passed_over = redis.call('HLEN', PASSED), active = redis.call('ZCARD', ACTIVE),
    reserved = reserved(),
    head = tonumber(head[2]) or 0, priority_head = tonumber(priority_head[2]) or 0,
    counter = state.counter, priority_counter = state.priority_counter,
    admitted_total = state.admitted_total, passed_total = state.passed_total,
    no_shows_total = state.no_shows_total, freed_total = state.freed_total,
    left_total = state.left_total,
    restored_total = state.restored_total,
    gap_from = state.gap_from, gap_to = state.gap_to,
  }
end
