-- Decides a batch as take_holds does, for people who agreed to other seats where theirs are gone. The
-- groups of seats that would do for request n are (p_other_of = n, p_other_rank, p_other_seat), the
-- best rank first; of those that are still free the first is held, in the same transaction. `p_wish`
-- (null: none) names what somebody asks for again and again: the hold that it was granted meanwhile
-- is answered, as `again`.
--
-- Answers rows with the request's number; of several with the same number the last one counts.
-- Other seats are locked after the stock: only those that nobody else has locked, so that this waits
-- for nobody.
CREATE OR REPLACE FUNCTION hold_or_nearest(
    p_event text, p_seconds double precision,
    p_hold text[], p_user text[], p_admission text[], p_exp timestamptz[],
    p_key bytea[], p_request bytea[], p_type smallint[], p_quantity integer[],
    p_of integer[], p_seat integer[],
    p_wish bytea[], p_other_of integer[], p_other_rank integer[], p_other_seat integer[]
) RETURNS TABLE (
    n integer, outcome text, hold_id text, seats integer[], types smallint[], prices bigint[],
    total bigint, expires_at timestamptz
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    now_ timestamptz;
    granted_ integer[] := '{}';
    lost_ integer[] := '{}';
    free_ integer[];
    chosen_ integer[] := '{}';
    chosen_of_ integer[] := '{}';
    chosen_seats_ integer[] := '{}';
    row_ record;
BEGIN
    PERFORM pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT buyer_lock(p_event, buyer) AS key FROM unnest(p_user) AS buyer ORDER BY key
    ) AS keys;
    now_ := clock_timestamp();
    granted_ := ARRAY(
        SELECT a.n::integer FROM unnest(p_user, p_wish) WITH ORDINALITY AS a (buyer, wish, n)
        JOIN wishes w ON w.event_id = p_event AND w.user_id = a.buyer AND w.wish = a.wish
        JOIN holds h ON h.id = w.hold_id AND h.state = 'live' AND h.expires_at > now_
    );
    IF granted_ <> '{}' THEN
        SELECT array_agg(w.n), array_agg(w.idx) INTO p_of, p_seat
            FROM unnest(p_of, p_seat) AS w (n, idx) WHERE w.n <> ALL (granted_);
        p_type := ARRAY(SELECT CASE WHEN t.n = ANY (granted_) THEN 0 ELSE t.type END
                        FROM unnest(p_type) WITH ORDINALITY AS t (type, n) ORDER BY t.n);
    END IF;

    FOR row_ IN
        SELECT d.* FROM take_holds(p_event, p_seconds, p_hold, p_user, p_admission, p_exp, p_key,
            p_request, p_type, p_quantity, p_of, p_seat) WITH ORDINALITY AS d
            (outcome, hold_id, seats, types, prices, total, expires_at, n)
    LOOP
        n := row_.n; outcome := row_.outcome; hold_id := row_.hold_id; seats := row_.seats;
        types := row_.types; prices := row_.prices; total := row_.total;
        expires_at := row_.expires_at;
        RETURN NEXT;
        IF row_.outcome = 'unavailable' AND row_.n <> ALL (granted_) THEN
            lost_ := lost_ || row_.n::integer;
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT a.n::integer, 'again', h.id, h.seats, h.types, h.prices, h.total, h.expires_at
    FROM unnest(p_user) WITH ORDINALITY AS a (buyer, n)
    JOIN wishes w ON w.event_id = p_event AND w.user_id = a.buyer
    JOIN holds h ON h.id = w.hold_id
    WHERE a.n = ANY (granted_);

    free_ := ARRAY(
        SELECT s.idx FROM seats s
        WHERE s.event_id = p_event AND s.state = 'a' AND (s.kept_until IS NULL OR s.kept_until <= now_)
            AND s.idx = ANY (ARRAY(SELECT o.idx FROM unnest(p_other_of, p_other_seat) AS o (n, idx)
                                   WHERE o.n = ANY (lost_)))
        ORDER BY s.idx FOR NO KEY UPDATE SKIP LOCKED
    );
    FOR row_ IN
        SELECT o.n, array_agg(o.idx ORDER BY o.idx) AS seats
        FROM unnest(p_other_of, p_other_rank, p_other_seat) AS o (n, rank, idx)
        WHERE o.n = ANY (lost_) GROUP BY o.n, o.rank ORDER BY o.n, o.rank
    LOOP
        CONTINUE WHEN row_.n = ANY (chosen_) OR NOT row_.seats <@ free_;
        chosen_ := chosen_ || row_.n;
        chosen_of_ := chosen_of_ || array_fill(cardinality(chosen_), ARRAY[cardinality(row_.seats)]);
        chosen_seats_ := chosen_seats_ || row_.seats;
        free_ := ARRAY(SELECT unnest(free_) EXCEPT SELECT unnest(row_.seats));
    END LOOP;
    IF chosen_ = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT chosen_[d.n], d.outcome, d.hold_id, d.seats, d.types, d.prices, d.total, d.expires_at
    FROM take_holds(p_event, p_seconds,
        ARRAY(SELECT p_hold[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        ARRAY(SELECT p_user[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        ARRAY(SELECT p_admission[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        ARRAY(SELECT p_exp[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        ARRAY(SELECT p_key[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        ARRAY(SELECT p_request[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        array_fill(0::smallint, ARRAY[cardinality(chosen_)]),
        ARRAY(SELECT p_quantity[c.n] FROM unnest(chosen_) WITH ORDINALITY AS c (n, i) ORDER BY c.i),
        chosen_of_, chosen_seats_
    ) WITH ORDINALITY AS d (outcome, hold_id, seats, types, prices, total, expires_at, n);
END $$;
