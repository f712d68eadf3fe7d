-- Decides a batch of holds on one event. Request n is the n-th entry of the arrays; `p_type` 0 means
-- the seats that (p_of, p_seat) pair with n, any other a general-admission type. Expects each seat
-- and each user at most once a batch; answers in the same order. Outcomes: held, again (the same
-- Idempotency-Key: the first hold), key_reused, closed, admission, limit, unavailable (`seats`: those
-- that were free), later (general admission: ask again after those before it in the batch). Seats
-- that have come back count as taken as long as they are kept for whoever waits for some.
CREATE OR REPLACE FUNCTION take_holds(
    p_event text, p_seconds double precision,
    p_hold text[], p_user text[], p_admission text[], p_exp timestamptz[],
    p_key bytea[], p_request bytea[], p_type smallint[], p_quantity integer[],
    p_of integer[], p_seat integer[]
) RETURNS TABLE (
    outcome text, hold_id text, seats integer[], types smallint[], prices bigint[],
    total bigint, expires_at timestamptz
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    event_ events%ROWTYPE;
    now_ timestamptz;
    until_ timestamptz;
    open_ boolean;
    reach_ timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT buyer_lock(p_event, buyer) AS key FROM unnest(p_user) AS buyer ORDER BY key
    ) AS keys;
    SELECT * INTO event_ FROM events WHERE id = p_event;
    now_ := clock_timestamp();
    until_ := now_ + make_interval(secs => p_seconds);
    open_ := NOT event_.cancelled
        AND now_ >= event_.sale_opens_at AND now_ < event_.sale_closes_at;
    -- What is past its time is free, unless somebody waits for it: then the sweep comes first.
    reach_ := now_ - coalesce(kept_until(p_event, now_) - now_, interval '0');
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
        WHERE c.asks AND ((s.state = 'a' AND (s.kept_until IS NULL OR s.kept_until <= now_))
            OR (s.state = 'h' AND s.hold_until <= reach_))
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
        SELECT t.number, t.price, t.capacity - t.held - t.sold
            - CASE WHEN t.kept_until > now_ THEN t.kept ELSE 0 END AS count
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
