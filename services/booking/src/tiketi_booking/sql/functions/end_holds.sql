-- Ends holds and frees their seats: p_state is released, or expired (only what is past its time).
-- Answers the ids that ended here. Seats that another hold has taken over stay with that one; those
-- that come back are kept a moment for whoever waits for some.
CREATE OR REPLACE FUNCTION end_holds(p_event text, p_holds text[], p_state text) RETURNS SETOF text
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    now_ timestamptz := clock_timestamp();
    kept_ timestamptz := kept_until(p_event, now_);
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
        UPDATE seats s SET state = 'a', hold_id = NULL, hold_until = NULL, kept_until = kept_
        FROM locked l WHERE s.event_id = p_event AND s.idx = l.idx RETURNING s.idx
    ), freed_general AS (
        UPDATE ticket_types t SET held = t.held - q.quantity, kept_until = kept_,
            kept = CASE WHEN t.kept_until > now_ THEN t.kept ELSE 0 END
                + CASE WHEN kept_ IS NULL THEN 0 ELSE q.quantity END
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
            held = s.held - c.freed, open_holds = s.open_holds - c.holds,
            holds_returned = s.holds_returned + c.holds
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
