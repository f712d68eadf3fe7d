-- Holds p_seats (none: so many of a general-admission type) for somebody inside who wished for them,
-- and tells them. Outcomes: gone (the wish, or they have found seats themselves), and those of
-- take_holds.
CREATE OR REPLACE FUNCTION grant_wish(
    p_event text, p_user text, p_wish bytea, p_hold text, p_seats integer[],
    p_seconds double precision
) RETURNS text LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    wish_ wishes%ROWTYPE;
    taken_ record;
    now_ timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(buyer_lock(p_event, p_user));
    now_ := clock_timestamp();
    SELECT * INTO wish_ FROM wishes
        WHERE event_id = p_event AND user_id = p_user AND wish = p_wish AND hold_id IS NULL
            AND ends_at > now_
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    IF EXISTS (SELECT FROM holds WHERE event_id = p_event AND user_id = p_user
               AND state = 'live' AND expires_at > now_) THEN
        DELETE FROM wishes WHERE event_id = p_event AND user_id = p_user;
        RETURN 'gone';
    END IF;
    PERFORM lock_offered(p_event, p_user, wish_.type, wish_.quantity, p_seats);
    SELECT * INTO taken_ FROM take_holds(p_event, p_seconds, ARRAY[p_hold], ARRAY[p_user],
        ARRAY[wish_.admission_id], ARRAY[wish_.admission_exp], ARRAY[NULL]::bytea[],
        ARRAY[NULL]::bytea[],
        ARRAY[CASE WHEN p_seats = '{}' THEN wish_.type ELSE 0 END]::smallint[],
        ARRAY[wish_.quantity], array_fill(1, ARRAY[cardinality(p_seats)]), p_seats);
    IF taken_.outcome = 'held' THEN
        UPDATE wishes SET hold_id = p_hold, ends_at = taken_.expires_at
            WHERE event_id = p_event AND user_id = p_user;
        INSERT INTO outbox (event_id, messages) VALUES (p_event, json_build_array(
            hold_offered(p_event, p_user, p_hold, taken_.expires_at)));
    ELSIF taken_.outcome NOT IN ('unavailable', 'later') THEN
        DELETE FROM wishes WHERE event_id = p_event AND user_id = p_user;
    END IF;
    RETURN taken_.outcome;
END $$;
