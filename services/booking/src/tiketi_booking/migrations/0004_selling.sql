-- Every change of seats and money, one function each, so that each is one round trip and one
-- transaction. All of them lock in this order, so that none waits for another in a circle:
-- the buyer (advisory), hold, payment, order, tickets, seats by index, ticket types, stock.
-- Their plans are set below, at the end.
-- Times are the database's: instances need not agree on the clock.

-- The buyer's lock: limits count over holds and orders together, which no row constraint can.
CREATE FUNCTION buyer_lock(p_event text, p_user text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT hashtextextended(p_event || p_user, 0) $$;

CREATE FUNCTION taken_by(p_event text, p_user text, p_now timestamptz) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT sum(cardinality(types)) FROM holds
                     WHERE event_id = p_event AND user_id = p_user AND state = 'live'
                     AND expires_at > p_now), 0)
         + (SELECT count(*) FROM tickets
            WHERE event_id = p_event AND user_id = p_user AND state <> 'refunded')
$$;

CREATE FUNCTION seats_changed(p_event text, p_version bigint, p_changes json, p_general json)
    RETURNS json LANGUAGE sql IMMUTABLE AS $$
    SELECT json_build_object(
        'type', 'seats_changed', 'event_id', p_event, 'version', p_version,
        'changes', coalesce(p_changes, '[]'), 'general', coalesce(p_general, '{}'))
$$;

-- Decide a batch of holds on one event. Request n is the n-th entry of the arrays; `p_type` 0 means
-- the seats that (p_of, p_seat) pair with n, any other a general-admission type. Expects each seat
-- and each user at most once a batch; answers in the same order. Outcomes: held, again (the same Idempotency-Key: the first
-- hold), key_reused, closed, admission, limit, unavailable (`seats`: those that were free), later
-- (general admission: ask again after those before it in the batch).
CREATE FUNCTION take_holds(
    p_event text, p_seconds double precision,
    p_hold text[], p_user text[], p_admission text[], p_exp timestamptz[],
    p_key bytea[], p_request bytea[], p_type smallint[], p_quantity integer[],
    p_of integer[], p_seat integer[]
) RETURNS TABLE (
    outcome text, hold_id text, seats integer[], types smallint[], prices bigint[],
    total bigint, expires_at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    event_ events%ROWTYPE;
    now_ timestamptz;
    until_ timestamptz;
    open_ boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT buyer_lock(p_event, buyer) AS key FROM unnest(p_user) AS buyer ORDER BY key
    ) AS keys;
    SELECT * INTO event_ FROM events WHERE id = p_event;
    now_ := clock_timestamp();
    until_ := now_ + make_interval(secs => p_seconds);
    open_ := NOT event_.cancelled
        AND now_ >= event_.sale_opens_at AND now_ < event_.sale_closes_at;
    RETURN QUERY
    WITH asked AS (
        SELECT a.*, a.ordinality::integer AS n
        FROM unnest(p_hold, p_user, p_admission, p_exp, p_key, p_request, p_type, p_quantity)
            WITH ORDINALITY AS a (hold, buyer, admission, exp, key, request, type, quantity)
    ), checked AS (
        SELECT r.*, r.refusal IS NULL AS asks FROM (
            SELECT a.*, earlier.id AS earlier,
                CASE
                    WHEN earlier.request = a.request THEN 'again'
                    WHEN earlier.id IS NOT NULL THEN 'key_reused'
                    WHEN open_ IS NOT TRUE THEN 'closed'
                    WHEN (SELECT true FROM spent_admissions WHERE admission_id = a.admission)
                        THEN 'admission'
                    WHEN a.quantity
                        -- taken_by is not inlined, and would cost more than all the rest
                        + (SELECT coalesce(sum(cardinality(h.types))
                               FILTER (WHERE h.expires_at > now_), 0)
                           FROM holds h WHERE h.event_id = p_event AND h.user_id = a.buyer
                           AND h.state = 'live')
                        + (SELECT count(*) FROM tickets t WHERE t.event_id = p_event
                           AND t.user_id = a.buyer AND t.state <> 'refunded')
                        > event_.max_per_user
                        THEN 'limit'
                END AS refusal
            FROM asked a
            LEFT JOIN LATERAL (
                SELECT h.id, h.request FROM holds h WHERE h.idempotency_key = a.key LIMIT 1
            ) AS earlier ON true
        ) AS r
    ), wanted AS (
        SELECT min(w.n) AS n, w.idx FROM unnest(p_of, p_seat) AS w (n, idx) GROUP BY w.idx
    ), locked AS (
        SELECT s.idx, s.type, s.state, c.n, c.hold, c.quantity
        FROM checked c
        JOIN wanted w ON w.n = c.n
        JOIN seats s ON s.event_id = p_event AND s.idx = w.idx
        WHERE c.asks AND (s.state = 'a' OR (s.state = 'h' AND s.hold_until <= now_))
        ORDER BY s.idx
        FOR NO KEY UPDATE OF s
    ), counted_seats AS (
        SELECT l.*, count(*) OVER (PARTITION BY l.n) = l.quantity AS all_there FROM locked l
    ), got AS (
        SELECT l.n, l.all_there, array_agg(l.idx ORDER BY l.idx) AS seats,
            array_agg(l.type ORDER BY l.idx) AS types, array_agg(t.price ORDER BY l.idx) AS prices,
            sum(t.price)::bigint AS total
        FROM counted_seats l JOIN ticket_types t ON t.event_id = p_event AND t.number = l.type
        GROUP BY l.n, l.all_there
    ), left_over AS (
        SELECT t.number, t.price, t.capacity - t.held - t.sold AS count
        FROM ticket_types t
        WHERE t.event_id = p_event AND t.kind = 'general' AND t.number = ANY (p_type)
        ORDER BY t.number
        FOR NO KEY UPDATE
    ), general AS (
        SELECT c.n, o.price, o.count, c.quantity <= o.count AS fits,
            sum(c.quantity) FILTER (WHERE c.quantity <= o.count)
                OVER (PARTITION BY c.type ORDER BY c.n) AS up_to
        FROM checked c JOIN left_over o ON o.number = c.type
        WHERE c.asks
    ), decided AS (
        SELECT c.*, coalesce(c.asks AND (got.all_there OR g.fits AND g.up_to <= g.count), false)
                AS held,
            g.fits,
            coalesce(got.seats, '{}') AS seats,
            coalesce(got.types, array_fill(c.type, ARRAY[c.quantity])) AS types,
            coalesce(got.prices, array_fill(g.price, ARRAY[c.quantity])) AS prices,
            coalesce(got.total, g.price * c.quantity) AS total
        FROM checked c LEFT JOIN got USING (n) LEFT JOIN general g USING (n)
    ), held_seats AS (
        UPDATE seats s SET state = 'h', hold_id = l.hold, hold_until = until_
        FROM counted_seats l
        WHERE l.all_there AND s.event_id = p_event AND s.idx = l.idx
        RETURNING s.idx, l.state AS was
    ), held_general AS (
        UPDATE ticket_types t SET held = t.held + q.quantity
        FROM (SELECT d.type, sum(d.quantity)::integer AS quantity FROM decided d
              WHERE d.held AND d.type > 0 GROUP BY d.type) AS q
        WHERE t.event_id = p_event AND t.number = q.type
        RETURNING t.id, t.capacity - t.held - t.sold AS count, q.quantity
    ), made AS (
        INSERT INTO holds (id, event_id, user_id, admission_id, admission_exp, seats, types, prices,
            total, created_at, granted_until, expires_at, idempotency_key, request)
        SELECT d.hold, p_event, d.buyer, d.admission, d.exp, d.seats, d.types, d.prices, d.total,
            now_, until_, until_, d.key, d.request
        FROM decided d WHERE d.held
        RETURNING id
    ), counted AS (
        SELECT (SELECT count(*) FROM made)::integer AS holds,
            ((SELECT count(*) FROM held_seats h WHERE h.was = 'a')
             + coalesce((SELECT sum(h.quantity) FROM held_general h), 0))::integer AS fresh
    ), bumped AS (
        UPDATE stock s SET version = s.version + 1, available = s.available - c.fresh,
            held = s.held + c.fresh, open_holds = s.open_holds + c.holds
        FROM counted c WHERE s.event_id = p_event AND c.holds > 0
        RETURNING s.version
    ), told AS (
        INSERT INTO outbox (event_id, version, messages)
        SELECT p_event, b.version, json_build_array(
            seats_changed(p_event, b.version,
                (SELECT json_agg(json_build_array(h.idx, 'h')) FROM held_seats h),
                (SELECT json_object_agg(h.id, h.count) FROM held_general h)),
            json_build_object('type', 'holds_created', 'event_id', p_event, 'holds',
                coalesce((SELECT json_agg(json_build_array(d.buyer, d.hold, d.admission))
                          FROM decided d WHERE d.held AND d.admission IS NOT NULL),
                         '[]')))
        FROM bumped b
    )
    SELECT CASE WHEN d.held THEN 'held' WHEN d.fits THEN 'later'
            ELSE coalesce(d.refusal, 'unavailable') END,
        coalesce(e.id, d.hold), coalesce(e.seats, d.seats), coalesce(e.types, d.types),
        coalesce(e.prices, d.prices), coalesce(e.total, d.total), coalesce(e.expires_at, until_)
    FROM decided d
    LEFT JOIN holds e ON e.id = d.earlier
    ORDER BY d.n;
END $$;

-- Free what was held: p_state is released, or expired (only what is past its time). The ids that
-- ended here. Seats that another hold has taken over stay with that one.
CREATE FUNCTION end_holds(p_event text, p_holds text[], p_state text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH chosen AS (
        SELECT h.id, h.user_id, h.seats, h.types FROM holds h
        WHERE h.id = ANY (p_holds) AND h.event_id = p_event AND h.state = 'live'
            AND (p_state = 'released' OR h.expires_at <= clock_timestamp())
        ORDER BY h.id FOR NO KEY UPDATE
    ), ended AS (
        UPDATE holds h SET state = p_state FROM chosen c WHERE h.id = c.id RETURNING h.id
    ), locked AS (
        SELECT s.idx FROM seats s
        WHERE s.event_id = p_event AND s.state = 'h'
            AND s.idx IN (SELECT unnest(c.seats) FROM chosen c)
            AND s.hold_id IN (SELECT c.id FROM chosen c)
        ORDER BY s.idx FOR NO KEY UPDATE
    ), freed_seats AS (
        UPDATE seats s SET state = 'a', hold_id = NULL, hold_until = NULL
        FROM locked l WHERE s.event_id = p_event AND s.idx = l.idx RETURNING s.idx
    ), freed_general AS (
        UPDATE ticket_types t SET held = t.held - q.quantity
        FROM (SELECT c.types[1] AS type, sum(cardinality(c.types))::integer AS quantity
              FROM chosen c WHERE c.seats = '{}' GROUP BY c.types[1]) AS q
        WHERE t.event_id = p_event AND t.number = q.type
        RETURNING t.id, t.capacity - t.held - t.sold AS count, q.quantity
    ), counted AS (
        SELECT (SELECT count(*) FROM ended)::integer AS holds,
            ((SELECT count(*) FROM freed_seats)
             + coalesce((SELECT sum(f.quantity) FROM freed_general f), 0))::integer AS freed
    ), bumped AS (
        UPDATE stock s SET version = s.version + 1, available = s.available + c.freed,
            held = s.held - c.freed, open_holds = s.open_holds - c.holds
        FROM counted c WHERE s.event_id = p_event AND c.holds > 0
        RETURNING s.version
    ), told AS (
        INSERT INTO outbox (event_id, version, messages)
        SELECT p_event, b.version, (
            SELECT json_agg(message) FROM (
                SELECT seats_changed(p_event, b.version,
                    (SELECT json_agg(json_build_array(f.idx, 'a')) FROM freed_seats f),
                    (SELECT json_object_agg(f.id, f.count) FROM freed_general f)) AS message
                UNION ALL
                SELECT json_build_object('type', 'hold_ended', 'event_id', p_event,
                    'user_id', c.user_id, 'hold_id', c.id, 'reason', p_state)
                FROM chosen c
            ) AS messages)
        FROM bumped b
    )
    SELECT e.id FROM ended e;
END $$;

-- The buyer gives a hold up; not while its payment is under way, which may still take the money.
CREATE FUNCTION release_hold(p_event text, p_hold text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM holds WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM payments
                   WHERE hold_id = p_hold AND status IN ('started', 'pending')) THEN
        RETURN QUERY SELECT end_holds(p_event, ARRAY[p_hold], 'released');
    END IF;
END $$;

-- Keep a hold until p_until, and its seats with it. False when some of them are gone.
CREATE FUNCTION keep_hold(p_event text, p_hold text, p_until timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    kept integer;
    wanted integer;
BEGIN
    WITH locked AS (
        SELECT s.idx FROM seats s
        WHERE s.event_id = p_event AND s.hold_id = p_hold
            AND s.idx IN (SELECT unnest(h.seats) FROM holds h WHERE h.id = p_hold)
        ORDER BY s.idx FOR NO KEY UPDATE
    ), changed AS (
        UPDATE seats s SET hold_until = p_until
        FROM locked l WHERE s.event_id = p_event AND s.idx = l.idx RETURNING 1
    )
    SELECT count(*) INTO kept FROM changed;
    UPDATE holds SET expires_at = p_until WHERE id = p_hold
        RETURNING cardinality(seats) INTO wanted;
    RETURN kept = wanted;
END $$;

-- Record that a payment begins, and keep the hold meanwhile, at most p_cap seconds from its
-- beginning. Outcomes: unknown, expired, under_way and paid (`payment_id`: which), begun.
CREATE FUNCTION begin_payment(
    p_hold text, p_user text, p_payment text, p_order text, p_provider text, p_token text,
    p_cap double precision, p_check double precision
) RETURNS TABLE (
    outcome text, payment_id text, order_id text, event_id text, amount bigint, currency text
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    hold_ holds%ROWTYPE;
    payment_ payments%ROWTYPE;
    now_ timestamptz;
BEGIN
    SELECT * INTO hold_ FROM holds h WHERE h.id = p_hold AND h.user_id = p_user
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'unknown', p_payment, p_order, '', 0::bigint, '';
        RETURN;
    END IF;
    SELECT * INTO payment_ FROM payments p
        WHERE p.hold_id = p_hold AND p.status <> 'declined' ORDER BY p.id DESC LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT CASE payment_.status WHEN 'charged' THEN 'paid' ELSE 'under_way' END,
            payment_.id, payment_.order_id, payment_.event_id, payment_.amount, payment_.currency;
        RETURN;
    END IF;
    now_ := clock_timestamp();
    IF hold_.state <> 'live' OR hold_.expires_at <= now_ OR NOT keep_hold(
        hold_.event_id, p_hold,
        greatest(hold_.expires_at, hold_.created_at + make_interval(secs => p_cap)))
    THEN
        RETURN QUERY SELECT 'expired', p_payment, p_order, hold_.event_id, hold_.total, '';
        RETURN;
    END IF;
    RETURN QUERY
    INSERT INTO payments AS p (id, hold_id, order_id, event_id, user_id, provider, token, amount,
        currency, check_at)
    SELECT p_payment, p_hold, p_order, hold_.event_id, p_user, p_provider, p_token, hold_.total,
        e.currency, now_ + make_interval(secs => p_check)
    FROM events e WHERE e.id = hold_.event_id
    RETURNING 'begun', p.id, p.order_id, p.event_id, p.amount, p.currency;
END $$;

-- A payment that will take no money: the hold goes back to its own time, or a minute if that is
-- nearly over. False when the payment is not under way.
CREATE FUNCTION decline_payment(p_payment text, p_reason text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    hold_ holds%ROWTYPE;
BEGIN
    SELECT h.* INTO hold_ FROM payments p JOIN holds h ON h.id = p.hold_id
        WHERE p.id = p_payment FOR NO KEY UPDATE OF h;
    UPDATE payments SET status = 'declined', reason = p_reason
        WHERE id = p_payment AND status IN ('started', 'pending');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF hold_.state = 'live' THEN
        PERFORM keep_hold(hold_.event_id, hold_.id, least(hold_.expires_at, greatest(
            hold_.granted_until, clock_timestamp() + interval '60 seconds')));
    END IF;
    RETURN true;
END $$;

-- The money of a payment is taken: make its order, re-taking the seats where the hold has ended.
-- Where they are gone (or the event is cancelled, or the buyer has reached the limit since), the
-- money is to go back: a refund is recorded. Safe to repeat. Outcomes: unknown, order, refund.
CREATE FUNCTION settle_charge(
    p_payment text, p_reference text, p_tickets text[], p_refund text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    payment_ payments%ROWTYPE;
    hold_ holds%ROWTYPE;
    event_ events%ROWTYPE;
    seats_ integer[];
    fresh_ integer := 0;
    count_ integer;
    type_ smallint;
    spent_ integer;
    version_ bigint;
    general_ json;
    now_ timestamptz;
BEGIN
    SELECT * INTO payment_ FROM payments WHERE id = p_payment;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM pg_advisory_xact_lock(buyer_lock(payment_.event_id, payment_.user_id));
    SELECT * INTO hold_ FROM holds WHERE id = payment_.hold_id FOR NO KEY UPDATE;
    SELECT * INTO payment_ FROM payments WHERE id = p_payment FOR NO KEY UPDATE;
    IF payment_.status = 'charged' THEN
        RETURN CASE WHEN EXISTS (SELECT FROM orders WHERE payment_id = p_payment)
            THEN 'order' ELSE 'refund' END;
    END IF;
    UPDATE payments SET status = 'charged', reference = p_reference, reason = NULL
        WHERE id = p_payment;
    SELECT * INTO event_ FROM events WHERE id = payment_.event_id;
    now_ := clock_timestamp();
    count_ := cardinality(hold_.types);
    type_ := hold_.types[1];

    IF hold_.state = 'paid' OR event_.cancelled OR (
        (hold_.state <> 'live' OR hold_.expires_at <= now_)
        AND taken_by(event_.id, payment_.user_id, now_) + count_ > event_.max_per_user)
    THEN
        RETURN give_back(p_payment, p_refund, payment_.amount, 'too_late');
    END IF;

    IF hold_.seats <> '{}' THEN
        SELECT array_agg(l.idx), count(*) FILTER (WHERE l.state = 'a') INTO seats_, fresh_
        FROM (SELECT s.idx, s.state FROM seats s
              WHERE s.event_id = event_.id AND s.idx = ANY (hold_.seats)
                AND (s.state = 'a' OR (s.state = 'h'
                     AND (s.hold_id = hold_.id OR s.hold_until <= now_)))
              ORDER BY s.idx FOR NO KEY UPDATE) AS l;
        IF cardinality(seats_) IS DISTINCT FROM count_ THEN
            RETURN give_back(p_payment, p_refund, payment_.amount, 'seats_gone');
        END IF;
        UPDATE seats SET state = 's', hold_id = NULL, hold_until = NULL
            WHERE event_id = event_.id AND idx = ANY (seats_);
    ELSE
        IF hold_.state <> 'live' THEN
            fresh_ := count_;
        END IF;
        UPDATE ticket_types t SET sold = t.sold + count_, held = t.held - (count_ - fresh_)
            WHERE t.event_id = event_.id AND t.number = type_
                AND t.capacity - t.held - t.sold >= fresh_
            RETURNING json_build_object(t.id, t.capacity - t.held - t.sold) INTO general_;
        IF NOT FOUND THEN
            RETURN give_back(p_payment, p_refund, payment_.amount, 'seats_gone');
        END IF;
    END IF;

    UPDATE holds SET state = 'paid' WHERE id = hold_.id;
    INSERT INTO orders (id, payment_id, hold_id, event_id, user_id, total, currency)
        VALUES (payment_.order_id, p_payment, hold_.id, event_.id, payment_.user_id,
                payment_.amount, payment_.currency);
    INSERT INTO tickets (id, order_id, event_id, user_id, type, seat, price)
        SELECT t.id, payment_.order_id, event_.id, payment_.user_id, t.type, t.seat, t.price
        FROM unnest(p_tickets[1:count_], hold_.types, hold_.seats, hold_.prices)
            AS t (id, type, seat, price);
    INSERT INTO spent_admissions (admission_id, exp)
        SELECT hold_.admission_id, hold_.admission_exp WHERE hold_.admission_id IS NOT NULL
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS spent_ = ROW_COUNT;
    UPDATE stock SET version = version + 1, available = available - fresh_,
        held = held - (count_ - fresh_), sold = sold + count_,
        open_holds = open_holds - (hold_.state = 'live')::integer,
        orders = orders + 1, revenue = revenue + payment_.amount,
        admissions_used = admissions_used + spent_
        WHERE event_id = event_.id RETURNING version INTO version_;
    INSERT INTO outbox (event_id, version, messages)
        SELECT event_.id, version_, json_build_array(
            seats_changed(event_.id, version_,
                (SELECT json_agg(json_build_array(seat, 's')) FROM unnest(seats_) AS seat),
                general_),
            json_build_object('type', 'order_paid', 'event_id', event_.id,
                'user_id', payment_.user_id, 'order_id', payment_.order_id,
                'admission_id', hold_.admission_id, 'total', payment_.amount,
                'currency', payment_.currency, 'tickets', count_));
    RETURN 'order';
END $$;

CREATE FUNCTION give_back(p_payment text, p_refund text, p_amount bigint, p_reason text)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO refunds (id, payment_id, amount, reason)
        VALUES (p_refund, p_payment, p_amount, p_reason);
    UPDATE payments SET refunded = p_amount WHERE id = p_payment;
    RETURN 'refund';
END $$;

-- Take back some tickets of an order (null: all that are live); p_forced: used ones too. The seats
-- are on sale again and the refund is recorded. Outcomes: unknown, used, nothing, refunded.
CREATE FUNCTION refund_order(
    p_order text, p_tickets text[], p_refund text, p_reason text, p_forced boolean
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    order_ orders%ROWTYPE;
    amount_ bigint;
    count_ integer;
    used_ boolean;
    chosen_ text[];
    left_ integer;
    seats_ integer[];
    version_ bigint;
    general_ json;
BEGIN
    SELECT * INTO order_ FROM orders WHERE id = p_order FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    SELECT array_agg(t.id), sum(t.price), count(*), bool_or(t.state = 'used'),
            array_agg(t.seat) FILTER (WHERE t.seat IS NOT NULL)
        INTO chosen_, amount_, count_, used_, seats_
        FROM (SELECT * FROM tickets
              WHERE order_id = p_order AND state <> 'refunded'
                AND (p_tickets IS NULL OR id = ANY (p_tickets))
              ORDER BY id FOR NO KEY UPDATE) AS t;
    IF count_ = 0 OR count_ < cardinality(p_tickets) THEN
        RETURN 'nothing';
    END IF;
    IF used_ AND NOT p_forced THEN
        RETURN 'used';
    END IF;
    UPDATE tickets SET state = 'refunded' WHERE id = ANY (chosen_);
    SELECT count(*) INTO left_ FROM tickets WHERE order_id = p_order AND state <> 'refunded';
    UPDATE orders SET refunded = refunded + amount_,
        status = CASE left_ WHEN 0 THEN 'refunded' ELSE 'partly_refunded' END WHERE id = p_order;
    INSERT INTO refunds (id, payment_id, order_id, amount, reason)
        VALUES (p_refund, order_.payment_id, p_order, amount_, p_reason);
    UPDATE payments SET refunded = refunded + amount_ WHERE id = order_.payment_id;
    PERFORM FROM seats WHERE event_id = order_.event_id AND idx = ANY (seats_)
        ORDER BY idx FOR NO KEY UPDATE;
    UPDATE seats SET state = 'a' WHERE event_id = order_.event_id AND idx = ANY (seats_);
    WITH freed AS (
        UPDATE ticket_types t SET sold = t.sold - q.quantity
        FROM (SELECT type, count(*)::integer AS quantity FROM tickets
              WHERE id = ANY (chosen_) AND seat IS NULL GROUP BY type) AS q
        WHERE t.event_id = order_.event_id AND t.number = q.type
        RETURNING t.id, t.capacity - t.held - t.sold AS count
    )
    SELECT json_object_agg(id, count) INTO general_ FROM freed;
    UPDATE stock SET version = version + 1, available = available + count_, sold = sold - count_,
        refunds = refunds + 1, revenue = revenue - amount_
        WHERE event_id = order_.event_id RETURNING version INTO version_;
    INSERT INTO outbox (event_id, version, messages)
        SELECT order_.event_id, version_, json_build_array(
            seats_changed(order_.event_id, version_,
                (SELECT json_agg(json_build_array(seat, 'a')) FROM unnest(seats_) AS seat),
                general_),
            json_build_object('type', 'order_refunded', 'event_id', order_.event_id,
                'user_id', order_.user_id, 'order_id', p_order, 'total', amount_,
                'currency', order_.currency, 'tickets', count_));
    RETURN 'refunded';
END $$;

-- An organiser takes seats off sale or puts them back: all of them or none. What stood in the way.
CREATE FUNCTION block_seats(p_event text, p_seats integer[], p_block boolean)
RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    from_ "char" := CASE WHEN p_block THEN 'a' ELSE 'x' END;
    to_ "char" := CASE WHEN p_block THEN 'x' ELSE 'a' END;
    there_ integer[];
    changed_ integer[];
    delta_ integer;
    version_ bigint;
BEGIN
    SELECT array_agg(s.idx), array_agg(s.idx) FILTER (WHERE s.state = from_)
        INTO there_, changed_
        FROM (SELECT idx, state FROM seats
              WHERE event_id = p_event AND idx = ANY (p_seats) AND state IN (from_, to_)
              ORDER BY idx FOR NO KEY UPDATE) AS s;
    IF cardinality(there_) IS DISTINCT FROM cardinality(p_seats) THEN
        RETURN ARRAY(SELECT unnest(p_seats) EXCEPT SELECT unnest(there_) ORDER BY 1);
    END IF;
    IF changed_ IS NULL THEN
        RETURN '{}';
    END IF;
    UPDATE seats SET state = to_ WHERE event_id = p_event AND idx = ANY (changed_);
    delta_ := CASE WHEN p_block THEN 1 ELSE -1 END * cardinality(changed_);
    UPDATE stock SET version = version + 1, available = available - delta_,
        blocked = blocked + delta_ WHERE event_id = p_event RETURNING version INTO version_;
    INSERT INTO outbox (event_id, version, messages)
        SELECT p_event, version_, json_build_array(seats_changed(p_event, version_,
            (SELECT json_agg(json_build_array(seat, to_)) FROM unnest(changed_) AS seat), NULL));
    RETURN '{}';
END $$;

-- The capacity of general admission may change too; that of a seated type is its seats.
CREATE FUNCTION change_ticket_type(
    p_event text, p_number smallint, p_name text, p_price bigint, p_capacity integer
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before_ ticket_types%ROWTYPE;
    more_ integer;
    version_ bigint;
BEGIN
    SELECT * INTO before_ FROM ticket_types WHERE event_id = p_event AND number = p_number
        FOR NO KEY UPDATE;
    UPDATE ticket_types SET name = p_name, price = p_price, capacity = p_capacity
        WHERE event_id = p_event AND number = p_number;
    more_ := p_capacity - before_.capacity;
    IF more_ <> 0 THEN
        UPDATE stock SET version = version + 1, total = total + more_,
            available = available + more_ WHERE event_id = p_event RETURNING version INTO version_;
        INSERT INTO outbox (event_id, version, messages)
            SELECT p_event, version_, json_build_array(seats_changed(p_event, version_, NULL,
                json_build_object(before_.id, p_capacity - before_.held - before_.sold)));
    END IF;
END $$;

-- How these are planned. Always the generic plan: it costs nothing to make again, and it does not
-- take an event that is newer than the statistics for one without seats, which would be a scan of
-- all of them for each seat asked for. No sequential scans: a plan made while a table was still
-- empty is kept. For the same reason take_holds looks things up by subqueries that can only be
-- answered from the index meant, one row at a time.
DO $$
DECLARE
    name_ regproc;
BEGIN
    FOREACH name_ IN ARRAY ARRAY['take_holds', 'end_holds', 'keep_hold', 'begin_payment',
        'settle_charge', 'refund_order', 'block_seats']::regproc[]
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan', name_);
        EXECUTE format('ALTER FUNCTION %s SET enable_seqscan = off', name_);
        EXECUTE format('ALTER FUNCTION %s SET jit = off', name_);
    END LOOP;
END $$;
