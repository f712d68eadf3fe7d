-- Keeps a hold until p_until, and its seats with it. False when some of them are gone.
CREATE OR REPLACE FUNCTION keep_hold(p_event text, p_hold text, p_until timestamptz) RETURNS boolean
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
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
