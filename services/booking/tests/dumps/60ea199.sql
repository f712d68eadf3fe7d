--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: begin_payment(text, text, text, text, text, text, double precision, double precision); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.begin_payment(p_hold text, p_user text, p_payment text, p_order text, p_provider text, p_token text, p_cap double precision, p_check double precision) RETURNS TABLE(outcome text, payment_id text, order_id text, event_id text, amount bigint, currency text)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: block_seats(text, integer[], boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.block_seats(p_event text, p_seats integer[], p_block boolean) RETURNS integer[]
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: buyer_lock(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.buyer_lock(p_event text, p_user text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT hashtextextended(p_event || p_user, 0) $$;


--
-- Name: change_ticket_type(text, smallint, text, bigint, integer); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.change_ticket_type(p_event text, p_number smallint, p_name text, p_price bigint, p_capacity integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: check_order(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_order() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    id_ text := to_jsonb(NEW) ->> CASE TG_TABLE_NAME WHEN 'orders' THEN 'id' ELSE 'order_id' END;
    order_ orders%ROWTYPE;
    live integer;
    worth bigint;
    unsold integer;
BEGIN
    SELECT * INTO order_ FROM orders WHERE id = id_;
    SELECT count(*), coalesce(sum(t.price), 0), count(*) FILTER (WHERE s.state <> 's')
        INTO live, worth, unsold
        FROM tickets t LEFT JOIN seats s ON s.event_id = t.event_id AND s.idx = t.seat
        WHERE t.order_id = id_ AND t.state <> 'refunded';
    IF worth <> order_.total - order_.refunded
        OR unsold > 0
        OR (live = 0) <> (order_.status = 'refunded')
    THEN
        RAISE EXCEPTION 'order % does not agree with its tickets', id_
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_has_its_seats';
    END IF;
    RETURN NULL;
END $$;


--
-- Name: check_sold_seat(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.check_sold_seat() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM seats WHERE event_id = NEW.event_id AND idx = NEW.idx AND state = 's')
        <> EXISTS (SELECT FROM tickets WHERE event_id = NEW.event_id AND seat = NEW.idx
                   AND state <> 'refunded')
    THEN
        RAISE EXCEPTION 'seat % of event % does not agree with its ticket', NEW.idx, NEW.event_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_has_its_ticket';
    END IF;
    RETURN NULL;
END $$;


--
-- Name: decline_payment(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.decline_payment(p_payment text, p_reason text) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
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


--
-- Name: end_holds(text, text[], text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.end_holds(p_event text, p_holds text[], p_state text) RETURNS SETOF text
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: give_back(text, text, bigint, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.give_back(p_payment text, p_refund text, p_amount bigint, p_reason text) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO refunds (id, payment_id, amount, reason)
        VALUES (p_refund, p_payment, p_amount, p_reason);
    UPDATE payments SET refunded = p_amount WHERE id = p_payment;
    RETURN 'refund';
END $$;


--
-- Name: keep_hold(text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.keep_hold(p_event text, p_hold text, p_until timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: refund_order(text, text[], text, text, boolean); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refund_order(p_order text, p_tickets text[], p_refund text, p_reason text, p_forced boolean) RETURNS text
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: release_hold(text, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.release_hold(p_event text, p_hold text) RETURNS SETOF text
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM FROM holds WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM payments
                   WHERE hold_id = p_hold AND status IN ('started', 'pending')) THEN
        RETURN QUERY SELECT end_holds(p_event, ARRAY[p_hold], 'released');
    END IF;
END $$;


--
-- Name: seats_changed(text, bigint, json, json); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.seats_changed(p_event text, p_version bigint, p_changes json, p_general json) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    SELECT json_build_object(
        'type', 'seats_changed', 'event_id', p_event, 'version', p_version,
        'changes', coalesce(p_changes, '[]'), 'general', coalesce(p_general, '{}'))
$$;


--
-- Name: settle_charge(text, text, text[], text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.settle_charge(p_payment text, p_reference text, p_tickets text[], p_refund text) RETURNS text
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: take_holds(text, double precision, text[], text[], text[], timestamp with time zone[], bytea[], bytea[], smallint[], integer[], integer[], integer[]); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.take_holds(p_event text, p_seconds double precision, p_hold text[], p_user text[], p_admission text[], p_exp timestamp with time zone[], p_key bytea[], p_request bytea[], p_type smallint[], p_quantity integer[], p_of integer[], p_seat integer[]) RETURNS TABLE(outcome text, hold_id text, seats integer[], types smallint[], prices bigint[], total bigint, expires_at timestamp with time zone)
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $$
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


--
-- Name: taken_by(text, text, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.taken_by(p_event text, p_user text, p_now timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce((SELECT sum(cardinality(types)) FROM holds
                     WHERE event_id = p_event AND user_id = p_user AND state = 'live'
                     AND expires_at > p_now), 0)
         + (SELECT count(*) FROM tickets
            WHERE event_id = p_event AND user_id = p_user AND state <> 'refunded')
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: deliveries; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.deliveries (
    id text NOT NULL COLLATE pg_catalog."C",
    lane text NOT NULL COLLATE pg_catalog."C",
    message_id text NOT NULL,
    message json NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    last_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    delivered_at timestamp with time zone,
    CONSTRAINT deliveries_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT deliveries_check CHECK (((status = 'delivered'::text) = (delivered_at IS NOT NULL))),
    CONSTRAINT deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'parked'::text, 'unsent'::text])))
)
WITH (fillfactor='80');


--
-- Name: events; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.events (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    venue text NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    sale_opens_at timestamp with time zone NOT NULL,
    sale_closes_at timestamp with time zone NOT NULL,
    currency text NOT NULL,
    max_per_user integer NOT NULL,
    queue jsonb NOT NULL,
    version bigint DEFAULT 1 NOT NULL,
    cancelled boolean DEFAULT false NOT NULL,
    participants bigint,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT events_check CHECK ((sale_opens_at < sale_closes_at)),
    CONSTRAINT events_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT events_max_per_user_check CHECK (((max_per_user >= 1) AND (max_per_user <= 100))),
    CONSTRAINT events_participants_check CHECK ((participants >= 0))
);


--
-- Name: holds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.holds (
    id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    admission_id text COLLATE pg_catalog."C",
    admission_exp timestamp with time zone,
    state text DEFAULT 'live'::text NOT NULL,
    seats integer[] NOT NULL,
    types smallint[] NOT NULL,
    prices bigint[] NOT NULL,
    total bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    granted_until timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    idempotency_key bytea,
    request bytea,
    CONSTRAINT holds_check CHECK (((cardinality(types) > 0) AND (cardinality(types) = cardinality(prices)))),
    CONSTRAINT holds_check1 CHECK (((cardinality(seats) = 0) OR (cardinality(seats) = cardinality(types)))),
    CONSTRAINT holds_state_check CHECK ((state = ANY (ARRAY['live'::text, 'paid'::text, 'released'::text, 'expired'::text]))),
    CONSTRAINT holds_total_check CHECK ((total >= 0))
)
WITH (fillfactor='80');


--
-- Name: idempotency; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.idempotency (
    key bytea NOT NULL,
    request bytea NOT NULL,
    status smallint,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_check CHECK (((status IS NULL) = (body IS NULL)))
);


--
-- Name: layouts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.layouts (
    event_id text NOT NULL COLLATE pg_catalog."C",
    etag text NOT NULL,
    sections jsonb NOT NULL,
    document bytea NOT NULL
);
ALTER TABLE ONLY public.layouts ALTER COLUMN document SET STORAGE EXTERNAL;


--
-- Name: login_failures; Type: TABLE; Schema: public; Owner: -
--

CREATE UNLOGGED TABLE public.login_failures (
    key text NOT NULL COLLATE pg_catalog."C",
    failures integer NOT NULL,
    window_ends timestamp with time zone NOT NULL
);


--
-- Name: migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.migrations (
    number integer NOT NULL,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: orders; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.orders (
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    hold_id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    status text DEFAULT 'paid'::text NOT NULL,
    total bigint NOT NULL,
    refunded bigint DEFAULT 0 NOT NULL,
    currency text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT orders_check CHECK (((refunded >= 0) AND (refunded <= total))),
    CONSTRAINT orders_status_check CHECK ((status = ANY (ARRAY['paid'::text, 'partly_refunded'::text, 'refunded'::text])))
);


--
-- Name: outbox; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.outbox (
    id bigint NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C",
    version bigint,
    messages json NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    trace text DEFAULT NULLIF(current_setting('tiketi.trace'::text, true), ''::text)
)
WITH (fillfactor='80');


--
-- Name: outbox_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.outbox ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: payments; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.payments (
    id text NOT NULL COLLATE pg_catalog."C",
    hold_id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    token text NOT NULL,
    reference text,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text DEFAULT 'started'::text NOT NULL,
    reason text,
    refunded bigint DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    check_at timestamp with time zone NOT NULL,
    checks integer DEFAULT 0 NOT NULL,
    CONSTRAINT payments_amount_check CHECK ((amount >= 0)),
    CONSTRAINT payments_check CHECK (((refunded >= 0) AND (refunded <= amount))),
    CONSTRAINT payments_status_check CHECK ((status = ANY (ARRAY['started'::text, 'pending'::text, 'charged'::text, 'declined'::text])))
);


--
-- Name: refunds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.refunds (
    id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    order_id text COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    reason text NOT NULL,
    status text DEFAULT 'started'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    try_at timestamp with time zone DEFAULT now() NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    CONSTRAINT refunds_amount_check CHECK ((amount >= 0)),
    CONSTRAINT refunds_status_check CHECK ((status = ANY (ARRAY['started'::text, 'done'::text])))
);


--
-- Name: sandbox_charges; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sandbox_charges (
    payment_id text NOT NULL COLLATE pg_catalog."C",
    reference text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    reason text,
    answers_at timestamp with time zone DEFAULT now() NOT NULL,
    told_at timestamp with time zone,
    CONSTRAINT sandbox_charges_amount_check CHECK ((amount >= 0)),
    CONSTRAINT sandbox_charges_check CHECK (((status = 'declined'::text) = (reason IS NOT NULL))),
    CONSTRAINT sandbox_charges_status_check CHECK ((status = ANY (ARRAY['charged'::text, 'declined'::text, 'pending'::text])))
);


--
-- Name: sandbox_refunds; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sandbox_refunds (
    refund_id text NOT NULL COLLATE pg_catalog."C",
    payment_id text NOT NULL COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sandbox_refunds_amount_check CHECK ((amount >= 0))
);


--
-- Name: scans; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.scans (
    id bigint NOT NULL,
    ticket_id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    outcome text NOT NULL,
    device text NOT NULL,
    scanned_at timestamp with time zone NOT NULL,
    staff_id text NOT NULL COLLATE pg_catalog."C",
    received_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT scans_outcome_check CHECK ((outcome = ANY (ARRAY['admitted'::text, 'double'::text, 'cancelled'::text])))
);


--
-- Name: scans_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.scans ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.scans_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: seats; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.seats (
    event_id text NOT NULL COLLATE pg_catalog."C",
    idx integer NOT NULL,
    type smallint NOT NULL,
    state "char" DEFAULT 'a'::"char" NOT NULL,
    hold_id text COLLATE pg_catalog."C",
    hold_until timestamp with time zone,
    CONSTRAINT seats_check CHECK (((state = 'h'::"char") = (hold_id IS NOT NULL))),
    CONSTRAINT seats_check1 CHECK (((hold_id IS NULL) = (hold_until IS NULL))),
    CONSTRAINT seats_idx_check CHECK ((idx >= 0)),
    CONSTRAINT seats_state_check CHECK ((state = ANY (ARRAY['a'::"char", 'h'::"char", 's'::"char", 'x'::"char"])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.05');


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    hash text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);


--
-- Name: spent_admissions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.spent_admissions (
    admission_id text NOT NULL COLLATE pg_catalog."C",
    exp timestamp with time zone NOT NULL
);


--
-- Name: stock; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.stock (
    event_id text NOT NULL COLLATE pg_catalog."C",
    version bigint DEFAULT 0 NOT NULL,
    total integer NOT NULL,
    available integer NOT NULL,
    held integer DEFAULT 0 NOT NULL,
    sold integer DEFAULT 0 NOT NULL,
    blocked integer DEFAULT 0 NOT NULL,
    open_holds integer DEFAULT 0 NOT NULL,
    orders integer DEFAULT 0 NOT NULL,
    refunds integer DEFAULT 0 NOT NULL,
    revenue bigint DEFAULT 0 NOT NULL,
    admissions_used integer DEFAULT 0 NOT NULL,
    CONSTRAINT stock_admissions_used_check CHECK ((admissions_used >= 0)),
    CONSTRAINT stock_available_check CHECK ((available >= 0)),
    CONSTRAINT stock_blocked_check CHECK ((blocked >= 0)),
    CONSTRAINT stock_check CHECK (((((available + held) + sold) + blocked) = total)),
    CONSTRAINT stock_held_check CHECK ((held >= 0)),
    CONSTRAINT stock_open_holds_check CHECK ((open_holds >= 0)),
    CONSTRAINT stock_orders_check CHECK ((orders >= 0)),
    CONSTRAINT stock_refunds_check CHECK ((refunds >= 0)),
    CONSTRAINT stock_revenue_check CHECK ((revenue >= 0)),
    CONSTRAINT stock_sold_check CHECK ((sold >= 0))
)
WITH (fillfactor='20');


--
-- Name: ticket_types; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ticket_types (
    event_id text NOT NULL COLLATE pg_catalog."C",
    number smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    price bigint NOT NULL,
    kind text NOT NULL,
    capacity integer NOT NULL,
    held integer DEFAULT 0 NOT NULL,
    sold integer DEFAULT 0 NOT NULL,
    CONSTRAINT ticket_types_capacity_check CHECK ((capacity >= 0)),
    CONSTRAINT ticket_types_check CHECK (((held + sold) <= capacity)),
    CONSTRAINT ticket_types_held_check CHECK ((held >= 0)),
    CONSTRAINT ticket_types_kind_check CHECK ((kind = ANY (ARRAY['seated'::text, 'general'::text]))),
    CONSTRAINT ticket_types_price_check CHECK ((price >= 0)),
    CONSTRAINT ticket_types_sold_check CHECK ((sold >= 0))
)
WITH (fillfactor='50');


--
-- Name: tickets; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.tickets (
    id text NOT NULL COLLATE pg_catalog."C",
    order_id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    type smallint NOT NULL,
    seat integer,
    price bigint NOT NULL,
    state text DEFAULT 'valid'::text NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT tickets_check CHECK (((state = 'used'::text) <= (used_at IS NOT NULL))),
    CONSTRAINT tickets_price_check CHECK ((price >= 0)),
    CONSTRAINT tickets_state_check CHECK ((state = ANY (ARRAY['valid'::text, 'used'::text, 'refunded'::text])))
);


--
-- Name: users; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.users (
    id text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    role text DEFAULT 'customer'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    erased_at timestamp with time zone,
    CONSTRAINT users_check CHECK (((password_hash IS NULL) = (erased_at IS NOT NULL))),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['customer'::text, 'staff'::text, 'admin'::text])))
);


--
-- Name: waiting_list; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.waiting_list (
    id text NOT NULL COLLATE pg_catalog."C",
    place bigint NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    ticket_type smallint,
    quantity integer NOT NULL,
    status text DEFAULT 'waiting'::text NOT NULL,
    hold_id text COLLATE pg_catalog."C",
    joined_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT waiting_list_check CHECK (((status <> ALL (ARRAY['offered'::text, 'taken'::text])) OR (hold_id IS NOT NULL))),
    CONSTRAINT waiting_list_check1 CHECK (((status <> 'waiting'::text) OR (hold_id IS NULL))),
    CONSTRAINT waiting_list_quantity_check CHECK (((quantity >= 1) AND (quantity <= 100))),
    CONSTRAINT waiting_list_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'offered'::text, 'taken'::text, 'lapsed'::text, 'left'::text])))
);


--
-- Name: waiting_list_place_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.waiting_list ALTER COLUMN place ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.waiting_list_place_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: webhook_endpoints; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.webhook_endpoints (
    id text NOT NULL COLLATE pg_catalog."C",
    url text NOT NULL,
    events text[] NOT NULL,
    secret text NOT NULL,
    created_by text NOT NULL COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT webhook_endpoints_events_check CHECK ((cardinality(events) > 0))
);


--
-- Data for Name: deliveries; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.deliveries VALUES
	('1m8gzdx5kcpx3xwwft6s', 'mail', 'm-1m8gzdwjc5t37jg4mwcw', '{"type":"order_paid","event_id":"1m8gzdvy5yammtqrx7d7","user_id":"1m8gzdw8711n4jpps35t","order_id":"1m8gzdwjc5t37jg4mwcw","admission_id":null,"total":165000,"currency":"KRW","tickets":3}', 'unsent', 1, '2026-11-28 11:45:42.703475+00', 'no mail server is set (SMTP_URL)', '2026-11-28 11:42:42.355167+00', NULL),
	('1m8gzdx294k488jpm4q8', 'mail', 'offer-1m8gzdx1q1rhnz7gb9cn', '{"type":"seats_offered","event_id":"1m8gzdw4b9jd0h8sy5vj","user_id":"1m8gzdwapcmac796dbgz","hold_id":"1m8gzdx1q1rhnz7gb9cn","ticket_type_id":"1m8gzdw4bc6fbb72cwn5","quantity":1,"expires_at":3795866162.234477}', 'unsent', 1, '2026-11-28 11:45:42.703475+00', 'no mail server is set (SMTP_URL)', '2026-11-28 11:42:42.229648+00', NULL),
	('1m8gzdx5hpzqdne23cc7', 'mail', 'm-1m8gzdwf6eev09hkt8b9', '{"type":"order_paid","event_id":"1m8gzdvy5yammtqrx7d7","user_id":"1m8gzdw57h7bvtffr9s3","order_id":"1m8gzdwf6eev09hkt8b9","admission_id":null,"total":242000,"currency":"KRW","tickets":2}', 'unsent', 1, '2026-11-28 11:45:42.703475+00', 'no mail server is set (SMTP_URL)', '2026-11-28 11:42:42.345378+00', NULL);


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.events VALUES
	('1m8gzdvy5yammtqrx7d7', 'Winter Song', 'Blue Hall', '2099-01-01 00:00:00+00', '2026-11-01 00:00:00+00', '2098-12-31 00:00:00+00', 'KRW', 6, '{"paused": false, "policy": "lobby", "adaptive": true, "capacity": 1000, "per_second": 50.0, "invite_codes": [], "grace_seconds": 300, "lobby_seconds": 900, "admission_seconds": 300}', 1, false, NULL, '2026-11-28 11:42:41.178522+00'),
	('1m8gzdw4b9jd0h8sy5vj', 'First Snow', 'Blue Hall', '2099-01-01 00:00:00+00', '2026-11-01 00:00:00+00', '2098-12-31 00:00:00+00', 'KRW', 6, '{"paused": false, "policy": "lobby", "adaptive": true, "capacity": 1000, "per_second": 50.0, "invite_codes": [], "grace_seconds": 300, "lobby_seconds": 900, "admission_seconds": 300}', 1, false, NULL, '2026-11-28 11:42:41.30168+00');


--
-- Data for Name: holds; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.holds VALUES
	('1m8gzdwdx3krrfje1jtn', '1m8gzdvy5yammtqrx7d7', '1m8gzdw57h7bvtffr9s3', '1m8gzdwdv66es0vbaapg', '2026-11-28 11:47:41+00', 'paid', '{0,1}', '{1,1}', '{121000,121000}', 242000, '2026-11-28 11:42:41.623468+00', '2090-04-14 15:16:01.623468+00', '2090-04-14 15:16:01.623468+00', NULL, NULL),
	('1m8gzdwh6gt5tctpsz16', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', '1m8gzdwh51pjcvxjkyf9', '2026-11-28 11:47:41+00', 'paid', '{}', '{2,2,2}', '{55000,55000,55000}', 165000, '2026-11-28 11:42:41.725851+00', '2090-04-14 15:16:01.725851+00', '2090-04-14 15:16:01.725851+00', NULL, NULL),
	('1m8gzdwmfn3jkg940kt3', '1m8gzdvy5yammtqrx7d7', '1m8gzdw99tmze7z7tvrc', '1m8gzdwme9tt557hreg9', '2026-11-28 11:47:41+00', 'paid', '{2}', '{1}', '{121000}', 121000, '2026-11-28 11:42:41.819963+00', '2090-04-14 15:16:01.819963+00', '2090-04-14 15:16:01.819963+00', NULL, NULL),
	('1m8gzdwpbmr1z8f8nv8m', '1m8gzdvy5yammtqrx7d7', '1m8gzdwapcmac796dbgz', '1m8gzdwpa2jd57q5z3zs', '2026-11-28 11:47:41+00', 'paid', '{6,7}', '{1,1}', '{121000,121000}', 242000, '2026-11-28 11:42:41.872072+00', '2090-04-14 15:16:01.872072+00', '2090-04-14 15:16:01.872072+00', NULL, NULL),
	('1m8gzdwr61xkrw30x26g', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw57h7bvtffr9s3', '1m8gzdwr3j89fwsxrtn7', '2026-11-28 11:47:41+00', 'paid', '{0}', '{1}', '{88000}', 88000, '2026-11-28 11:42:41.927035+00', '2090-04-14 15:16:01.927035+00', '2090-04-14 15:16:01.927035+00', NULL, NULL),
	('1m8gzdwrh4n2hq7jtyts', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw8711n4jpps35t', '1m8gzdwrhmt3vwdkn89x', '2026-11-28 11:47:41+00', 'paid', '{1}', '{1}', '{88000}', 88000, '2026-11-28 11:42:41.938724+00', '2090-04-14 15:16:01.938724+00', '2090-04-14 15:16:01.938724+00', NULL, NULL),
	('1m8gzdws6txphdpe75m1', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw99tmze7z7tvrc', '1m8gzdws5rf2h5rgv6ze', '2026-11-28 11:47:41+00', 'paid', '{2}', '{1}', '{88000}', 88000, '2026-11-28 11:42:41.958979+00', '2090-04-14 15:16:01.958979+00', '2090-04-14 15:16:01.958979+00', NULL, NULL),
	('1m8gzdx1q1rhnz7gb9cn', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdwapcmac796dbgz', NULL, NULL, 'live', '{0}', '{1}', '{88000}', 88000, '2026-11-28 11:42:42.234477+00', '2090-04-14 15:16:02.234477+00', '2090-04-14 15:16:02.234477+00', NULL, NULL),
	('1m8gzdx3fyz13zx74gkr', '1m8gzdvy5yammtqrx7d7', '1m8gzdwbn4swbsypnv5y', '1m8gzdx3fgv5a07tds51', '2026-11-28 11:47:42+00', 'live', '{10,11}', '{1,1}', '{121000,121000}', 242000, '2026-11-28 11:42:42.288348+00', '2090-04-14 15:16:02.288348+00', '2090-04-14 15:16:02.288348+00', NULL, NULL),
	('1m8gzdx3ky01ach7xdk6', '1m8gzdvy5yammtqrx7d7', '1m8gzdwapcmac796dbgz', '1m8gzdx3jwnc7mf6tnfj', '2026-11-28 11:47:42+00', 'released', '{}', '{2,2}', '{55000,55000}', 110000, '2026-11-28 11:42:42.29146+00', '2090-04-14 15:16:02.29146+00', '2090-04-14 15:16:02.29146+00', NULL, NULL),
	('1m8gzdx4a0ks8mvzzs3e', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', '1m8gzdx49qj3dzr3s35p', '2026-11-28 11:47:42+00', 'live', '{3}', '{1}', '{121000}', 121000, '2026-11-28 11:42:42.317903+00', '2090-04-14 15:16:02.317903+00', '2090-04-14 15:16:02.317903+00', NULL, NULL),
	('1m8gzdxk3b68ktrfmqnz', '1m8gzdvy5yammtqrx7d7', '1m8gzdw99tmze7z7tvrc', '1m8gzdxk29j7a8c4q5n1', '2026-11-28 11:47:42+00', 'live', '{8}', '{1}', '{121000}', 121000, '2026-11-28 11:42:42.787937+00', '2090-04-14 15:16:02.787937+00', '2090-04-14 15:16:02.787937+00', NULL, NULL);


--
-- Data for Name: idempotency; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: layouts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.layouts VALUES
	('1m8gzdvy5yammtqrx7d7', 'a945980161eb8b4c57463f1e1024f825', '[{"name": "A", "rows": 2, "ticket_type": "R", "seats_per_row": 6}]', '\x1f8b0800000000000003add4d10a82301406e07739d716dbd4acddf51c11a1f318565ab96599f4ee99d44d203b13eff68f333e183fa705acb134bb3c0509bc58ee9f69dd844d5c14e65a3da234020f34c64683dcb4d04f69d6df29939fcb2eaebb549def9fe7dda9bc150956df60727544b333cd05ff00b56277753df0ccf7bbb907c89998871e3420d99c79102b855ae7c9094166f149e3cbfbe19c820b479c137141c17d479c11719f82076e38d50e2876e866533f3da4d80b379bdab6c5802da6a83ab7e011051f5b751bbea4e063ab6ec357147c64d56d361f5a6f6282ae5bf1a1f5262628fb00be7dbd01d2bc7f7e05060000'),
	('1m8gzdw4b9jd0h8sy5vj', '5e0975183126a22a47fa9478e6843878', '[{"name": "B", "rows": 1, "ticket_type": "S", "seats_per_row": 3}]', '\x1f8b080000000000000395cfc10e82300c06e077e919cd4051dcd1d73086b0517408c3d0c99c84777710bd78114eeddfb4f9d21eb0436d52950387b04e2eafdc6ec5a1ccd9352117772504409819027eea61da2236cda4518df6f1e853dbd8f1dc77fa510b6c3fc1287943931a77c71f40ee0a21f691b43af67b4fe0ab70cd0270c0d95833299148890a8117594538045f3c9c8347cb7036d38ee6d89b65f69fbfcfc31ba07d639fa2010000');


--
-- Data for Name: login_failures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.migrations VALUES
	(1, '0001_accounts', '905ca5b031339c008e5f3b4c0b732dfffdaa30c6ce9d06a62d6e9045fbeb5fc9', '2026-11-28 11:42:40.647375+00'),
	(2, '0002_events', '5db056624d9c901d96c613178b3beefa7b48bfbe598016b7e9ad40f22d60af48', '2026-11-28 11:42:40.787833+00'),
	(3, '0003_orders', '57f9a5f2d56e8d387009033fe3c09c63d170262eedce2f8366c33ca05ba58b57', '2026-11-28 11:42:40.810674+00'),
	(4, '0004_selling', '310fa989b7bba1844d22494ab6656b92fc1f783cb397b6fb670968bd5c84d79d', '2026-11-28 11:42:40.851118+00'),
	(100, '0100_sandbox', '0608961a607e2073e62ba579299dfe7775cbd5c886a640d9c4fe2f8f3bf3c279', '2026-11-28 11:42:40.873744+00'),
	(101, '0101_scans', 'ce174dacedd8ab36dc1e5fe0a9c11224d1c35c4c02bf296ec033a78e83a5b627', '2026-11-28 11:42:40.885327+00'),
	(102, '0102_deliveries', 'cd6756053c13e78b077d95b6a3971531cd2941150d760317b69eeb379bd28286', '2026-11-28 11:42:40.891832+00'),
	(103, '0103_waiting_list', '60a6bf64d1301e156ebf24dc0a9b868ef6899ac55f7f565cda0dd5c846a4bad1', '2026-11-28 11:42:40.90034+00'),
	(104, '0104_holds_ending', 'd90f56711a65fa9b810db208549821212c6039622e1ee03d21a8b9f16e6fe825', '2026-11-28 11:42:40.909655+00'),
	(105, '0105_outbox_trace', '1e3d4344bb068736f97b9454c6e79e79c263411aed1a3a1c0df176c3e8ab60bc', '2026-11-28 11:42:40.912262+00'),
	(106, '0106_messages_inlined', 'ef8eee0fe29c31fa54c17588f7e18545598979380862558602f20ad68a4a2db3', '2026-11-28 11:42:40.914257+00');


--
-- Data for Name: orders; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.orders VALUES
	('1m8gzdwf6eev09hkt8b9', '1m8gzdwf6yvw5s8exxq3', '1m8gzdwdx3krrfje1jtn', '1m8gzdvy5yammtqrx7d7', '1m8gzdw57h7bvtffr9s3', 'paid', 242000, 0, 'KRW', '2026-11-28 11:42:41.65912+00'),
	('1m8gzdwjc5t37jg4mwcw', '1m8gzdwjcapt6sdc70r7', '1m8gzdwh6gt5tctpsz16', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', 'paid', 165000, 0, 'KRW', '2026-11-28 11:42:41.757527+00'),
	('1m8gzdwnby4083r79jp7', '1m8gzdwnbacszp9w9vhh', '1m8gzdwmfn3jkg940kt3', '1m8gzdvy5yammtqrx7d7', '1m8gzdw99tmze7z7tvrc', 'refunded', 121000, 121000, 'KRW', '2026-11-28 11:42:41.840323+00'),
	('1m8gzdwpjnhzy51cyme6', '1m8gzdwpj8q5tema286t', '1m8gzdwpbmr1z8f8nv8m', '1m8gzdvy5yammtqrx7d7', '1m8gzdwapcmac796dbgz', 'partly_refunded', 242000, 121000, 'KRW', '2026-11-28 11:42:41.88015+00'),
	('1m8gzdwrvfaw9d169mqf', '1m8gzdwrv49ex2wgkfzh', '1m8gzdwrh4n2hq7jtyts', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw8711n4jpps35t', 'paid', 88000, 0, 'KRW', '2026-11-28 11:42:41.951177+00'),
	('1m8gzdws9v7h48hjsw8v', '1m8gzdws9am8tamm6f35', '1m8gzdws6txphdpe75m1', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw99tmze7z7tvrc', 'paid', 88000, 0, 'KRW', '2026-11-28 11:42:41.966122+00'),
	('1m8gzdwr85pgrpt0mjp0', '1m8gzdwr83gpkd02578k', '1m8gzdwr61xkrw30x26g', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw57h7bvtffr9s3', 'refunded', 88000, 88000, 'KRW', '2026-11-28 11:42:41.934069+00');


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.outbox OVERRIDING SYSTEM VALUE VALUES
	(1, '1m8gzdvy5yammtqrx7d7', NULL, '[{"type":"sale_changed","event_id":"1m8gzdvy5yammtqrx7d7","version":1}]', '2026-11-28 11:42:41.178522+00', NULL, NULL),
	(2, '1m8gzdw4b9jd0h8sy5vj', NULL, '[{"type":"sale_changed","event_id":"1m8gzdw4b9jd0h8sy5vj","version":1}]', '2026-11-28 11:42:41.30168+00', NULL, NULL),
	(3, '1m8gzdvy5yammtqrx7d7', 1, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 1, "changes" : [[0, "h"], [1, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdw57h7bvtffr9s3", "1m8gzdwdx3krrfje1jtn", "1m8gzdwdv66es0vbaapg"]]}]', '2026-11-28 11:42:41.621646+00', NULL, NULL),
	(4, '1m8gzdvy5yammtqrx7d7', 2, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 2, "changes" : [[0, "s"], [1, "s"]], "general" : {}}, {"type" : "order_paid", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdw57h7bvtffr9s3", "order_id" : "1m8gzdwf6eev09hkt8b9", "admission_id" : "1m8gzdwdv66es0vbaapg", "total" : 242000, "currency" : "KRW", "tickets" : 2}]', '2026-11-28 11:42:41.65912+00', NULL, NULL),
	(5, '1m8gzdvy5yammtqrx7d7', 3, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 3, "changes" : [], "general" : { "1m8gzdvy5hehk6q21vpe" : 4 }}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdw8711n4jpps35t", "1m8gzdwh6gt5tctpsz16", "1m8gzdwh51pjcvxjkyf9"]]}]', '2026-11-28 11:42:41.724992+00', NULL, NULL),
	(6, '1m8gzdvy5yammtqrx7d7', 4, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 4, "changes" : [], "general" : {"1m8gzdvy5hehk6q21vpe" : 4}}, {"type" : "order_paid", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdw8711n4jpps35t", "order_id" : "1m8gzdwjc5t37jg4mwcw", "admission_id" : "1m8gzdwh51pjcvxjkyf9", "total" : 165000, "currency" : "KRW", "tickets" : 3}]', '2026-11-28 11:42:41.757527+00', NULL, NULL),
	(7, '1m8gzdvy5yammtqrx7d7', 5, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 5, "changes" : [[2, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdw99tmze7z7tvrc", "1m8gzdwmfn3jkg940kt3", "1m8gzdwme9tt557hreg9"]]}]', '2026-11-28 11:42:41.819196+00', NULL, NULL),
	(8, '1m8gzdvy5yammtqrx7d7', 6, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 6, "changes" : [[2, "s"]], "general" : {}}, {"type" : "order_paid", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdw99tmze7z7tvrc", "order_id" : "1m8gzdwnby4083r79jp7", "admission_id" : "1m8gzdwme9tt557hreg9", "total" : 121000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.840323+00', NULL, NULL),
	(9, '1m8gzdvy5yammtqrx7d7', 7, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 7, "changes" : [[2, "a"]], "general" : {}}, {"type" : "order_refunded", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdw99tmze7z7tvrc", "order_id" : "1m8gzdwnby4083r79jp7", "total" : 121000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.850148+00', NULL, NULL),
	(10, '1m8gzdvy5yammtqrx7d7', 8, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 8, "changes" : [[6, "h"], [7, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdwapcmac796dbgz", "1m8gzdwpbmr1z8f8nv8m", "1m8gzdwpa2jd57q5z3zs"]]}]', '2026-11-28 11:42:41.87193+00', NULL, NULL),
	(11, '1m8gzdvy5yammtqrx7d7', 9, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 9, "changes" : [[6, "s"], [7, "s"]], "general" : {}}, {"type" : "order_paid", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdwapcmac796dbgz", "order_id" : "1m8gzdwpjnhzy51cyme6", "admission_id" : "1m8gzdwpa2jd57q5z3zs", "total" : 242000, "currency" : "KRW", "tickets" : 2}]', '2026-11-28 11:42:41.88015+00', NULL, NULL),
	(12, '1m8gzdvy5yammtqrx7d7', 10, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 10, "changes" : [[7, "a"]], "general" : {}}, {"type" : "order_refunded", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdwapcmac796dbgz", "order_id" : "1m8gzdwpjnhzy51cyme6", "total" : 121000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.890927+00', NULL, NULL),
	(13, '1m8gzdw4b9jd0h8sy5vj', 1, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 1, "changes" : [[0, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "holds" : [["1m8gzdw57h7bvtffr9s3", "1m8gzdwr61xkrw30x26g", "1m8gzdwr3j89fwsxrtn7"]]}]', '2026-11-28 11:42:41.926915+00', NULL, NULL),
	(14, '1m8gzdw4b9jd0h8sy5vj', 2, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 2, "changes" : [[0, "s"]], "general" : {}}, {"type" : "order_paid", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "user_id" : "1m8gzdw57h7bvtffr9s3", "order_id" : "1m8gzdwr85pgrpt0mjp0", "admission_id" : "1m8gzdwr3j89fwsxrtn7", "total" : 88000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.934069+00', NULL, NULL),
	(15, '1m8gzdw4b9jd0h8sy5vj', 3, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 3, "changes" : [[1, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "holds" : [["1m8gzdw8711n4jpps35t", "1m8gzdwrh4n2hq7jtyts", "1m8gzdwrhmt3vwdkn89x"]]}]', '2026-11-28 11:42:41.938612+00', NULL, NULL),
	(16, '1m8gzdw4b9jd0h8sy5vj', 4, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 4, "changes" : [[1, "s"]], "general" : {}}, {"type" : "order_paid", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "user_id" : "1m8gzdw8711n4jpps35t", "order_id" : "1m8gzdwrvfaw9d169mqf", "admission_id" : "1m8gzdwrhmt3vwdkn89x", "total" : 88000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.951177+00', NULL, NULL),
	(17, '1m8gzdw4b9jd0h8sy5vj', 5, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 5, "changes" : [[2, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "holds" : [["1m8gzdw99tmze7z7tvrc", "1m8gzdws6txphdpe75m1", "1m8gzdws5rf2h5rgv6ze"]]}]', '2026-11-28 11:42:41.958868+00', NULL, NULL),
	(20, '1m8gzdw4b9jd0h8sy5vj', 8, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 8, "changes" : [[0, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "holds" : []}]', '2026-11-28 11:42:42.229648+00', NULL, NULL),
	(18, '1m8gzdw4b9jd0h8sy5vj', 6, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 6, "changes" : [[2, "s"]], "general" : {}}, {"type" : "order_paid", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "user_id" : "1m8gzdw99tmze7z7tvrc", "order_id" : "1m8gzdws9v7h48hjsw8v", "admission_id" : "1m8gzdws5rf2h5rgv6ze", "total" : 88000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.966122+00', NULL, NULL),
	(19, '1m8gzdw4b9jd0h8sy5vj', 7, '[{"type" : "seats_changed", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "version" : 7, "changes" : [[0, "a"]], "general" : {}}, {"type" : "order_refunded", "event_id" : "1m8gzdw4b9jd0h8sy5vj", "user_id" : "1m8gzdw57h7bvtffr9s3", "order_id" : "1m8gzdwr85pgrpt0mjp0", "total" : 88000, "currency" : "KRW", "tickets" : 1}]', '2026-11-28 11:42:41.992828+00', NULL, NULL),
	(21, '1m8gzdvy5yammtqrx7d7', 11, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 11, "changes" : [[10, "h"], [11, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdwbn4swbsypnv5y", "1m8gzdx3fyz13zx74gkr", "1m8gzdx3fgv5a07tds51"]]}]', '2026-11-28 11:42:42.288205+00', NULL, NULL),
	(22, '1m8gzdvy5yammtqrx7d7', 12, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 12, "changes" : [], "general" : { "1m8gzdvy5hehk6q21vpe" : 2 }}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdwapcmac796dbgz", "1m8gzdx3ky01ach7xdk6", "1m8gzdx3jwnc7mf6tnfj"]]}]', '2026-11-28 11:42:42.291325+00', NULL, NULL),
	(23, '1m8gzdvy5yammtqrx7d7', 13, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 13, "changes" : [], "general" : { "1m8gzdvy5hehk6q21vpe" : 4 }}, {"type" : "hold_ended", "event_id" : "1m8gzdvy5yammtqrx7d7", "user_id" : "1m8gzdwapcmac796dbgz", "hold_id" : "1m8gzdx3ky01ach7xdk6", "reason" : "released"}]', '2026-11-28 11:42:42.309654+00', NULL, NULL),
	(24, '1m8gzdvy5yammtqrx7d7', 14, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 14, "changes" : [[3, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdw8711n4jpps35t", "1m8gzdx4a0ks8mvzzs3e", "1m8gzdx49qj3dzr3s35p"]]}]', '2026-11-28 11:42:42.31765+00', NULL, NULL),
	(25, '1m8gzdvy5yammtqrx7d7', 15, '[{"type" : "seats_changed", "event_id" : "1m8gzdvy5yammtqrx7d7", "version" : 15, "changes" : [[8, "h"]], "general" : {}}, {"type" : "holds_created", "event_id" : "1m8gzdvy5yammtqrx7d7", "holds" : [["1m8gzdw99tmze7z7tvrc", "1m8gzdxk3b68ktrfmqnz", "1m8gzdxk29j7a8c4q5n1"]]}]', '2026-11-28 11:42:42.78778+00', NULL, NULL);


--
-- Data for Name: payments; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.payments VALUES
	('1m8gzdwf6yvw5s8exxq3', '1m8gzdwdx3krrfje1jtn', '1m8gzdwf6eev09hkt8b9', '1m8gzdvy5yammtqrx7d7', '1m8gzdw57h7bvtffr9s3', 'sandbox', 'tok_ok', 'sb_1m8gzdwfkeaeb277q5pm', 242000, 'KRW', 'charged', NULL, 0, '2026-11-28 11:42:41.639798+00', '2026-11-28 11:43:11.644432+00', 0),
	('1m8gzdwjcapt6sdc70r7', '1m8gzdwh6gt5tctpsz16', '1m8gzdwjc5t37jg4mwcw', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', 'sandbox', 'tok_ok', 'sb_1m8gzdwjt9r7qgg0qvrn', 165000, 'KRW', 'charged', NULL, 0, '2026-11-28 11:42:41.742465+00', '2026-11-28 11:43:11.747833+00', 0),
	('1m8gzdwnbacszp9w9vhh', '1m8gzdwmfn3jkg940kt3', '1m8gzdwnby4083r79jp7', '1m8gzdvy5yammtqrx7d7', '1m8gzdw99tmze7z7tvrc', 'sandbox', 'tok_ok', 'sb_1m8gzdwne80zysrhgfen', 121000, 'KRW', 'charged', NULL, 121000, '2026-11-28 11:42:41.836545+00', '2026-11-28 11:43:11.836724+00', 0),
	('1m8gzdwpj8q5tema286t', '1m8gzdwpbmr1z8f8nv8m', '1m8gzdwpjnhzy51cyme6', '1m8gzdvy5yammtqrx7d7', '1m8gzdwapcmac796dbgz', 'sandbox', 'tok_ok', 'sb_1m8gzdwpmxc19k6txhjd', 242000, 'KRW', 'charged', NULL, 121000, '2026-11-28 11:42:41.875036+00', '2026-11-28 11:43:11.875162+00', 0),
	('1m8gzdwrv49ex2wgkfzh', '1m8gzdwrh4n2hq7jtyts', '1m8gzdwrvfaw9d169mqf', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw8711n4jpps35t', 'sandbox', 'tok_ok', 'sb_1m8gzdwrxq3czzvbtb1d', 88000, 'KRW', 'charged', NULL, 0, '2026-11-28 11:42:41.947978+00', '2026-11-28 11:43:11.948126+00', 0),
	('1m8gzdws9am8tamm6f35', '1m8gzdws6txphdpe75m1', '1m8gzdws9v7h48hjsw8v', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw99tmze7z7tvrc', 'sandbox', 'tok_ok', 'sb_1m8gzdwscs2610ppvyj6', 88000, 'KRW', 'charged', NULL, 0, '2026-11-28 11:42:41.963117+00', '2026-11-28 11:43:11.963256+00', 0),
	('1m8gzdwr83gpkd02578k', '1m8gzdwr61xkrw30x26g', '1m8gzdwr85pgrpt0mjp0', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw57h7bvtffr9s3', 'sandbox', 'tok_ok', 'sb_1m8gzdwrdzs5bkfqaqze', 88000, 'KRW', 'charged', NULL, 88000, '2026-11-28 11:42:41.929031+00', '2026-11-28 11:43:11.929173+00', 0),
	('1m8gzdx4gxkn5nb269fb', '1m8gzdx4a0ks8mvzzs3e', '1m8gzdx4ghrpj14dkekh', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', 'sandbox', 'tok_declined', NULL, 121000, 'KRW', 'declined', 'card_declined', 0, '2026-11-28 11:42:42.320923+00', '2026-11-28 11:43:12.33065+00', 0),
	('1m8gzdxkb5a98g3wykp6', '1m8gzdxk3b68ktrfmqnz', '1m8gzdxkbkjfjf0wjvsr', '1m8gzdvy5yammtqrx7d7', '1m8gzdw99tmze7z7tvrc', 'sandbox', 'tok_timeout', 'sb_1m8gzdxkefvvgq5aeeh0', 121000, 'KRW', 'pending', NULL, 0, '2026-11-28 11:42:42.79532+00', '2026-11-28 11:43:12.803602+00', 0);


--
-- Data for Name: refunds; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.refunds VALUES
	('1m8gzdwntr7cmstspkt6', '1m8gzdwnbacszp9w9vhh', '1m8gzdwnby4083r79jp7', 121000, 'requested', 'done', '2026-11-28 11:42:41.850148+00', '2026-11-28 11:42:46.858905+00', 1),
	('1m8gzdwq1k4dys721ypy', '1m8gzdwpj8q5tema286t', '1m8gzdwpjnhzy51cyme6', 121000, 'requested', 'done', '2026-11-28 11:42:41.890927+00', '2026-11-28 11:42:46.899771+00', 1),
	('1m8gzdwt834nbtavq6cj', '1m8gzdwr83gpkd02578k', '1m8gzdwr85pgrpt0mjp0', 88000, 'requested', 'done', '2026-11-28 11:42:41.992828+00', '2026-11-28 11:42:46.99693+00', 1);


--
-- Data for Name: sandbox_charges; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sandbox_charges VALUES
	('1m8gzdwf6yvw5s8exxq3', 'sb_1m8gzdwfkeaeb277q5pm', 242000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.157637+00', '2026-11-28 11:42:41.657637+00'),
	('1m8gzdwjcapt6sdc70r7', 'sb_1m8gzdwjt9r7qgg0qvrn', 165000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.254174+00', '2026-11-28 11:42:41.754174+00'),
	('1m8gzdwnbacszp9w9vhh', 'sb_1m8gzdwne80zysrhgfen', 121000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.338796+00', '2026-11-28 11:42:41.838796+00'),
	('1m8gzdwpj8q5tema286t', 'sb_1m8gzdwpmxc19k6txhjd', 242000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.376547+00', '2026-11-28 11:42:41.876547+00'),
	('1m8gzdwr83gpkd02578k', 'sb_1m8gzdwrdzs5bkfqaqze', 88000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.433342+00', '2026-11-28 11:42:41.933342+00'),
	('1m8gzdwrv49ex2wgkfzh', 'sb_1m8gzdwrxq3czzvbtb1d', 88000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.44991+00', '2026-11-28 11:42:41.94991+00'),
	('1m8gzdws9am8tamm6f35', 'sb_1m8gzdwscs2610ppvyj6', 88000, 'KRW', 'charged', NULL, '2026-11-28 11:42:42.464506+00', '2026-11-28 11:42:41.964506+00'),
	('1m8gzdx4gxkn5nb269fb', 'sb_1m8gzdx4w59ky31jkhad', 121000, 'KRW', 'declined', 'card_declined', '2026-11-28 11:42:42.832703+00', '2026-11-28 11:42:42.332703+00'),
	('1m8gzdxkb5a98g3wykp6', 'sb_1m8gzdxkefvvgq5aeeh0', 121000, 'KRW', 'pending', NULL, '2026-11-28 11:42:43.298191+00', NULL);


--
-- Data for Name: sandbox_refunds; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sandbox_refunds VALUES
	('1m8gzdwntr7cmstspkt6', '1m8gzdwnbacszp9w9vhh', 121000, '2026-11-28 11:42:41.860126+00'),
	('1m8gzdwq1k4dys721ypy', '1m8gzdwpj8q5tema286t', 121000, '2026-11-28 11:42:41.901839+00'),
	('1m8gzdwt834nbtavq6cj', '1m8gzdwr83gpkd02578k', 88000, '2026-11-28 11:42:41.998722+00');


--
-- Data for Name: scans; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.scans OVERRIDING SYSTEM VALUE VALUES
	(1, '1m8gzdwftxfvkdhy88bk', '1m8gzdvy5yammtqrx7d7', 'admitted', 'north', '2026-11-28 11:42:41.907011+00', '1m8gzdwcrqt56h6vtr68', '2026-11-28 11:42:41.907722+00');


--
-- Data for Name: seats; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.seats VALUES
	('1m8gzdvy5yammtqrx7d7', 4, 1, 'a', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 5, 1, 'a', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 9, 1, 'a', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 0, 1, 's', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 1, 1, 's', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 2, 1, 'a', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 6, 1, 's', NULL, NULL),
	('1m8gzdvy5yammtqrx7d7', 7, 1, 'a', NULL, NULL),
	('1m8gzdw4b9jd0h8sy5vj', 1, 1, 's', NULL, NULL),
	('1m8gzdw4b9jd0h8sy5vj', 2, 1, 's', NULL, NULL),
	('1m8gzdw4b9jd0h8sy5vj', 0, 1, 'h', '1m8gzdx1q1rhnz7gb9cn', '2090-04-14 15:16:02.234477+00'),
	('1m8gzdvy5yammtqrx7d7', 10, 1, 'h', '1m8gzdx3fyz13zx74gkr', '2090-04-14 15:16:02.288348+00'),
	('1m8gzdvy5yammtqrx7d7', 11, 1, 'h', '1m8gzdx3fyz13zx74gkr', '2090-04-14 15:16:02.288348+00'),
	('1m8gzdvy5yammtqrx7d7', 3, 1, 'h', '1m8gzdx4a0ks8mvzzs3e', '2090-04-14 15:16:02.317903+00'),
	('1m8gzdvy5yammtqrx7d7', 8, 1, 'h', '1m8gzdxk3b68ktrfmqnz', '2090-04-14 15:16:02.787937+00');


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.sessions VALUES
	('a0b02ded610ece91e63832a69f430ba8aae0a5c9a71fc4f63c24546505c1cc88', '1m8gzdw57h7bvtffr9s3', '2026-11-28 11:42:41.393633+00', '2026-11-28 12:12:41.393633+00'),
	('cf76783e8a927ddf2a88ee7555107f517dc9e7a903e3ea1d253cbbf2eae51d8a', '1m8gzdw8711n4jpps35t', '2026-11-28 11:42:41.445032+00', '2026-11-28 12:12:41.445032+00'),
	('2a1b06fa16307dec19dee95e6f804b56a177170aa86c9bdd8434cf8acf953507', '1m8gzdw99tmze7z7tvrc', '2026-11-28 11:42:41.492245+00', '2026-11-28 12:12:41.492245+00'),
	('449441c6664c521c6224e985e388991fd24e1ec2b9a1e10a1f1fb4a8995d33b9', '1m8gzdwapcmac796dbgz', '2026-11-28 11:42:41.521305+00', '2026-11-28 12:12:41.521305+00'),
	('ae6f20bbd85b32c020b1674eb2ddbfc07d979ba9272da49d78fb77333c3742da', '1m8gzdwbn4swbsypnv5y', '2026-11-28 11:42:41.557645+00', '2026-11-28 12:12:41.557645+00'),
	('9b899629d462916eb1f376215f398830cae4e1e563807d5e5415553b4634e92d', '1m8gzdwcrqt56h6vtr68', '2026-11-28 11:42:41.587495+00', '2026-11-28 12:12:41.587495+00');


--
-- Data for Name: spent_admissions; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.spent_admissions VALUES
	('1m8gzdwdv66es0vbaapg', '2026-11-28 11:47:41+00'),
	('1m8gzdwh51pjcvxjkyf9', '2026-11-28 11:47:41+00'),
	('1m8gzdwme9tt557hreg9', '2026-11-28 11:47:41+00'),
	('1m8gzdwpa2jd57q5z3zs', '2026-11-28 11:47:41+00'),
	('1m8gzdwr3j89fwsxrtn7', '2026-11-28 11:47:41+00'),
	('1m8gzdwrhmt3vwdkn89x', '2026-11-28 11:47:41+00'),
	('1m8gzdws5rf2h5rgv6ze', '2026-11-28 11:47:41+00');


--
-- Data for Name: stock; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.stock VALUES
	('1m8gzdw4b9jd0h8sy5vj', 8, 3, 0, 1, 2, 0, 1, 3, 1, 176000, 3),
	('1m8gzdvy5yammtqrx7d7', 15, 19, 9, 4, 6, 0, 3, 4, 2, 528000, 4);


--
-- Data for Name: ticket_types; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.ticket_types VALUES
	('1m8gzdvy5yammtqrx7d7', 1, '1m8gzdvy5c90wcqj1f33', 'R', 121000, 'seated', 12, 0, 0),
	('1m8gzdw4b9jd0h8sy5vj', 1, '1m8gzdw4bc6fbb72cwn5', 'S', 88000, 'seated', 3, 0, 0),
	('1m8gzdvy5yammtqrx7d7', 2, '1m8gzdvy5hehk6q21vpe', 'Standing', 55000, 'general', 7, 0, 3);


--
-- Data for Name: tickets; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.tickets VALUES
	('1m8gzdwftkvzgab18w6y', '1m8gzdwf6eev09hkt8b9', '1m8gzdvy5yammtqrx7d7', '1m8gzdw57h7bvtffr9s3', 1, 1, 121000, 'valid', NULL),
	('1m8gzdwjwy4x0eqx58ec', '1m8gzdwjc5t37jg4mwcw', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', 2, NULL, 55000, 'valid', NULL),
	('1m8gzdwjwcjjzyp4gfdq', '1m8gzdwjc5t37jg4mwcw', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', 2, NULL, 55000, 'valid', NULL),
	('1m8gzdwjw7291fbmmkaq', '1m8gzdwjc5t37jg4mwcw', '1m8gzdvy5yammtqrx7d7', '1m8gzdw8711n4jpps35t', 2, NULL, 55000, 'valid', NULL),
	('1m8gzdwnfaek0ya9h7rj', '1m8gzdwnby4083r79jp7', '1m8gzdvy5yammtqrx7d7', '1m8gzdw99tmze7z7tvrc', 1, 2, 121000, 'refunded', NULL),
	('1m8gzdwpqg0j69tfess3', '1m8gzdwpjnhzy51cyme6', '1m8gzdvy5yammtqrx7d7', '1m8gzdwapcmac796dbgz', 1, 6, 121000, 'valid', NULL),
	('1m8gzdwpq9abry2pxf17', '1m8gzdwpjnhzy51cyme6', '1m8gzdvy5yammtqrx7d7', '1m8gzdwapcmac796dbgz', 1, 7, 121000, 'refunded', NULL),
	('1m8gzdwftxfvkdhy88bk', '1m8gzdwf6eev09hkt8b9', '1m8gzdvy5yammtqrx7d7', '1m8gzdw57h7bvtffr9s3', 1, 0, 121000, 'used', '2026-11-28 11:42:41.907011+00'),
	('1m8gzdwry2ydtn7sjj4h', '1m8gzdwrvfaw9d169mqf', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw8711n4jpps35t', 1, 1, 88000, 'valid', NULL),
	('1m8gzdwscm4djg9eecz6', '1m8gzdws9v7h48hjsw8v', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw99tmze7z7tvrc', 1, 2, 88000, 'valid', NULL),
	('1m8gzdwrdembdy0p43tv', '1m8gzdwr85pgrpt0mjp0', '1m8gzdw4b9jd0h8sy5vj', '1m8gzdw57h7bvtffr9s3', 1, 0, 88000, 'refunded', NULL);


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.users VALUES
	('1m8gzdw140f5284v1qbg', 'admin@tiketi.local', 'Admin', '$argon2id$v=19$m=8192,t=2,p=1$rCZs4ZC3QyXCYi3RsKcyMQ$kOL7wOhuc7xeME6p40w1XhI6gvV8ld9L51T8Jccj9Co', 'admin', '2026-11-28 11:42:41.285211+00', NULL),
	('1m8gzdw57h7bvtffr9s3', 'narae@example.org', 'Narae', '$argon2id$v=19$m=8192,t=2,p=1$5L9PeK61oAaT20gh5S5wlw$8hMMZgdjFEap194JDKxovv470Vn7M9hncmX+UpewdIw', 'customer', '2026-11-28 11:42:41.386211+00', NULL),
	('1m8gzdw8711n4jpps35t', 'minsu@example.org', 'Minsu', '$argon2id$v=19$m=8192,t=2,p=1$9TOIOqFLrUCoiZzBh2unsQ$Mcyb2NcTq86UXAq01/I7iJvuO2eyWI65SkGkP+fkW+o', 'customer', '2026-11-28 11:42:41.443961+00', NULL),
	('1m8gzdw99tmze7z7tvrc', 'jisoo@example.org', 'Jisoo', '$argon2id$v=19$m=8192,t=2,p=1$8Ie7iQjwdkayfu4SGHQh+w$O8f+1dQNy4FyTN+NCkicOjv+IzB4UM4B/xD0Jq+zBWE', 'customer', '2026-11-28 11:42:41.487481+00', NULL),
	('1m8gzdwapcmac796dbgz', 'harin@example.org', 'Harin', '$argon2id$v=19$m=8192,t=2,p=1$EOZ2xYX9BWIdjmuwjJpqkg$dzhnbNwdMda+BhYTjCvLNrSDfjnuHb77C4bfn/6tguk', 'customer', '2026-11-28 11:42:41.5196+00', NULL),
	('1m8gzdwbn4swbsypnv5y', 'dowon@example.org', 'Dowon', '$argon2id$v=19$m=8192,t=2,p=1$RnUnx0aW63ePeCVYYFv7UA$Ftb9+jtMrM97GmbkFKVBOoqDd7rVqYFa+a0vkD7jbXk', 'customer', '2026-11-28 11:42:41.553655+00', NULL),
	('1m8gzdwcrqt56h6vtr68', 'gate@example.org', 'Gate', '$argon2id$v=19$m=8192,t=2,p=1$+WrJmzxmtbXLOzE/7lc3iw$TO0i/rJBYob9A6P25j26kh5lEj3SJATk1+Ez8/Xuvdc', 'staff', '2026-11-28 11:42:41.585934+00', NULL);


--
-- Data for Name: waiting_list; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.waiting_list OVERRIDING SYSTEM VALUE VALUES
	('1m8gzdwt34jnf0xxse5b', 2, '1m8gzdw4b9jd0h8sy5vj', '1m8gzdwbn4swbsypnv5y', NULL, 2, 'waiting', NULL, '2026-11-28 11:42:41.988031+00'),
	('1m8gzdwsxgmvmg0bxzr0', 1, '1m8gzdw4b9jd0h8sy5vj', '1m8gzdwapcmac796dbgz', NULL, 1, 'offered', '1m8gzdx1q1rhnz7gb9cn', '2026-11-28 11:42:41.981953+00');


--
-- Data for Name: webhook_endpoints; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: outbox_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.outbox_id_seq', 25, true);


--
-- Name: scans_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.scans_id_seq', 1, true);


--
-- Name: waiting_list_place_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.waiting_list_place_seq', 2, true);


--
-- Name: deliveries deliveries_message_id_lane_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_message_id_lane_key UNIQUE (message_id, lane);


--
-- Name: deliveries deliveries_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY (id);


--
-- Name: holds holds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (id);


--
-- Name: idempotency idempotency_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key);


--
-- Name: layouts layouts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.layouts
    ADD CONSTRAINT layouts_pkey PRIMARY KEY (event_id);


--
-- Name: login_failures login_failures_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.login_failures
    ADD CONSTRAINT login_failures_pkey PRIMARY KEY (key);


--
-- Name: migrations migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (number);


--
-- Name: orders orders_hold_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_hold_id_key UNIQUE (hold_id);


--
-- Name: orders orders_payment_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_payment_id_key UNIQUE (payment_id);


--
-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);


--
-- Name: payments payments_id_order_id_amount_currency_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_id_order_id_amount_currency_key UNIQUE (id, order_id, amount, currency);


--
-- Name: payments payments_order_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_order_id_key UNIQUE (order_id);


--
-- Name: payments payments_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (id);


--
-- Name: refunds refunds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_pkey PRIMARY KEY (id);


--
-- Name: sandbox_charges sandbox_charges_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sandbox_charges
    ADD CONSTRAINT sandbox_charges_pkey PRIMARY KEY (payment_id);


--
-- Name: sandbox_charges sandbox_charges_reference_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sandbox_charges
    ADD CONSTRAINT sandbox_charges_reference_key UNIQUE (reference);


--
-- Name: sandbox_refunds sandbox_refunds_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sandbox_refunds
    ADD CONSTRAINT sandbox_refunds_pkey PRIMARY KEY (refund_id);


--
-- Name: scans scans_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scans
    ADD CONSTRAINT scans_pkey PRIMARY KEY (id);


--
-- Name: scans scans_ticket_id_device_scanned_at_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scans
    ADD CONSTRAINT scans_ticket_id_device_scanned_at_key UNIQUE (ticket_id, device, scanned_at);


--
-- Name: seats seats_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_pkey PRIMARY KEY (event_id, idx);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (hash);


--
-- Name: spent_admissions spent_admissions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.spent_admissions
    ADD CONSTRAINT spent_admissions_pkey PRIMARY KEY (admission_id);


--
-- Name: stock stock_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_pkey PRIMARY KEY (event_id);


--
-- Name: ticket_types ticket_types_event_id_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_event_id_name_key UNIQUE (event_id, name);


--
-- Name: ticket_types ticket_types_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_id_key UNIQUE (id);


--
-- Name: ticket_types ticket_types_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_pkey PRIMARY KEY (event_id, number);


--
-- Name: tickets tickets_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_pkey PRIMARY KEY (id);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: waiting_list waiting_list_hold_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waiting_list
    ADD CONSTRAINT waiting_list_hold_id_key UNIQUE (hold_id);


--
-- Name: waiting_list waiting_list_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waiting_list
    ADD CONSTRAINT waiting_list_pkey PRIMARY KEY (id);


--
-- Name: webhook_endpoints webhook_endpoints_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id);


--
-- Name: deliveries_by_status; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_by_status ON public.deliveries USING btree (status, id);


--
-- Name: deliveries_due; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX deliveries_due ON public.deliveries USING btree (lane, next_attempt_at) WHERE (status = 'pending'::text);


--
-- Name: events_by_start; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX events_by_start ON public.events USING btree (starts_at, id);


--
-- Name: holds_by_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX holds_by_key ON public.holds USING btree (idempotency_key) WHERE (idempotency_key IS NOT NULL);


--
-- Name: holds_ending; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX holds_ending ON public.holds USING btree ((
CASE state
    WHEN 'live'::text THEN expires_at
    ELSE NULL::timestamp with time zone
END)) WHERE (
CASE state
    WHEN 'live'::text THEN expires_at
    ELSE NULL::timestamp with time zone
END IS NOT NULL);


--
-- Name: holds_of_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX holds_of_user ON public.holds USING btree (event_id, user_id) WHERE (state = 'live'::text);


--
-- Name: idempotency_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX idempotency_age ON public.idempotency USING btree (created_at);


--
-- Name: orders_by_time; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_by_time ON public.orders USING btree (event_id, created_at);


--
-- Name: orders_of_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_of_event ON public.orders USING btree (event_id, id);


--
-- Name: orders_of_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX orders_of_user ON public.orders USING btree (user_id, id);


--
-- Name: outbox_age; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_age ON public.outbox USING btree (sent_at) WHERE (sent_at IS NOT NULL);


--
-- Name: outbox_unsent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_unsent ON public.outbox USING btree (id) WHERE (sent_at IS NULL);


--
-- Name: outbox_versions; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX outbox_versions ON public.outbox USING btree (event_id, version) WHERE (version IS NOT NULL);


--
-- Name: payments_of_hold; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payments_of_hold ON public.payments USING btree (hold_id);


--
-- Name: payments_of_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payments_of_user ON public.payments USING btree (user_id, id);


--
-- Name: payments_to_check; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX payments_to_check ON public.payments USING btree (check_at) WHERE (status = ANY (ARRAY['started'::text, 'pending'::text]));


--
-- Name: payments_under_way; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX payments_under_way ON public.payments USING btree (hold_id) WHERE (status = ANY (ARRAY['started'::text, 'pending'::text]));


--
-- Name: refunds_of_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refunds_of_payment ON public.refunds USING btree (payment_id);


--
-- Name: refunds_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX refunds_open ON public.refunds USING btree (try_at) WHERE (status = 'started'::text);


--
-- Name: sandbox_charges_untold; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sandbox_charges_untold ON public.sandbox_charges USING btree (answers_at) WHERE (told_at IS NULL);


--
-- Name: sandbox_refunds_of_payment; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sandbox_refunds_of_payment ON public.sandbox_refunds USING btree (payment_id);


--
-- Name: scans_admitted_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX scans_admitted_once ON public.scans USING btree (ticket_id) WHERE (outcome = 'admitted'::text);


--
-- Name: scans_of_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX scans_of_event ON public.scans USING btree (event_id, id) WHERE (outcome <> 'admitted'::text);


--
-- Name: sessions_ending; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_ending ON public.sessions USING btree (expires_at);


--
-- Name: sessions_of_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX sessions_of_user ON public.sessions USING btree (user_id);


--
-- Name: spent_admissions_ending; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX spent_admissions_ending ON public.spent_admissions USING btree (exp);


--
-- Name: tickets_of_event; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_of_event ON public.tickets USING btree (event_id, id) WHERE (state <> 'valid'::text);


--
-- Name: tickets_of_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_of_order ON public.tickets USING btree (order_id);


--
-- Name: tickets_of_user; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX tickets_of_user ON public.tickets USING btree (event_id, user_id) WHERE (state <> 'refunded'::text);


--
-- Name: tickets_one_per_seat; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX tickets_one_per_seat ON public.tickets USING btree (event_id, seat) WHERE (state <> 'refunded'::text);


--
-- Name: users_email; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX users_email ON public.users USING btree (lower(email));


--
-- Name: waiting_list_offered; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX waiting_list_offered ON public.waiting_list USING btree (hold_id) WHERE (status = 'offered'::text);


--
-- Name: waiting_list_once; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX waiting_list_once ON public.waiting_list USING btree (event_id, user_id) WHERE (status = ANY (ARRAY['waiting'::text, 'offered'::text]));


--
-- Name: waiting_list_order; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX waiting_list_order ON public.waiting_list USING btree (event_id, place) WHERE (status = 'waiting'::text);


--
-- Name: orders order_has_its_seats; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER order_has_its_seats AFTER INSERT OR UPDATE ON public.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_order();


--
-- Name: tickets order_has_its_seats; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER order_has_its_seats AFTER INSERT OR UPDATE OF state, price, seat ON public.tickets DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.check_order();


--
-- Name: seats seat_has_its_ticket; Type: TRIGGER; Schema: public; Owner: -
--

CREATE CONSTRAINT TRIGGER seat_has_its_ticket AFTER UPDATE ON public.seats DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (((old.state = 's'::"char") OR (new.state = 's'::"char"))) EXECUTE FUNCTION public.check_sold_seat();


--
-- Name: layouts layouts_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.layouts
    ADD CONSTRAINT layouts_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: orders orders_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: orders orders_hold_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.holds(id);


--
-- Name: orders orders_payment_id_id_total_currency_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_payment_id_id_total_currency_fkey FOREIGN KEY (payment_id, id, total, currency) REFERENCES public.payments(id, order_id, amount, currency);


--
-- Name: orders orders_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: payments payments_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: payments payments_hold_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.payments
    ADD CONSTRAINT payments_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.holds(id);


--
-- Name: refunds refunds_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: refunds refunds_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.refunds
    ADD CONSTRAINT refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.payments(id);


--
-- Name: sandbox_refunds sandbox_refunds_payment_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sandbox_refunds
    ADD CONSTRAINT sandbox_refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES public.sandbox_charges(payment_id);


--
-- Name: scans scans_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scans
    ADD CONSTRAINT scans_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: scans scans_ticket_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.scans
    ADD CONSTRAINT scans_ticket_id_fkey FOREIGN KEY (ticket_id) REFERENCES public.tickets(id);


--
-- Name: seats seats_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.seats
    ADD CONSTRAINT seats_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: sessions sessions_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;


--
-- Name: stock stock_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.stock
    ADD CONSTRAINT stock_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: ticket_types ticket_types_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ticket_types
    ADD CONSTRAINT ticket_types_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: tickets tickets_event_id_seat_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_event_id_seat_fkey FOREIGN KEY (event_id, seat) REFERENCES public.seats(event_id, idx);


--
-- Name: tickets tickets_event_id_type_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_event_id_type_fkey FOREIGN KEY (event_id, type) REFERENCES public.ticket_types(event_id, number);


--
-- Name: tickets tickets_order_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.tickets
    ADD CONSTRAINT tickets_order_id_fkey FOREIGN KEY (order_id) REFERENCES public.orders(id);


--
-- Name: waiting_list waiting_list_event_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waiting_list
    ADD CONSTRAINT waiting_list_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.events(id);


--
-- Name: waiting_list waiting_list_event_id_ticket_type_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waiting_list
    ADD CONSTRAINT waiting_list_event_id_ticket_type_fkey FOREIGN KEY (event_id, ticket_type) REFERENCES public.ticket_types(event_id, number);


--
-- Name: waiting_list waiting_list_hold_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waiting_list
    ADD CONSTRAINT waiting_list_hold_id_fkey FOREIGN KEY (hold_id) REFERENCES public.holds(id);


--
-- Name: waiting_list waiting_list_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.waiting_list
    ADD CONSTRAINT waiting_list_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- PostgreSQL database dump complete
--


