-- Notes what somebody inside asks for and was refused, for p_lasts seconds from now; asking again for
-- the same keeps the place among the wishes. Answers the hold that the same wish was granted
-- meanwhile, if it is live; then nothing is noted.
CREATE OR REPLACE FUNCTION keep_wish(
    p_event text, p_user text, p_wish bytea, p_admission text, p_exp timestamptz,
    p_entered timestamptz, p_type smallint, p_quantity integer, p_seats integer[],
    p_lasts double precision
) RETURNS SETOF holds LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    now_ timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(buyer_lock(p_event, p_user));
    now_ := clock_timestamp();
    RETURN QUERY
        SELECT h.* FROM wishes w JOIN holds h ON h.id = w.hold_id
        WHERE w.event_id = p_event AND w.user_id = p_user AND w.wish = p_wish
            AND h.state = 'live' AND h.expires_at > now_;
    IF FOUND THEN
        RETURN;
    END IF;
    INSERT INTO wishes AS w (event_id, user_id, wish, admission_id, admission_exp, entered_at, type,
            quantity, seats, asked_at, ends_at)
        VALUES (p_event, p_user, p_wish, p_admission, p_exp, p_entered, p_type, p_quantity, p_seats,
            now_, least(p_exp, now_ + make_interval(secs => p_lasts)))
        ON CONFLICT (event_id, user_id) DO UPDATE SET
            wish = excluded.wish, admission_id = excluded.admission_id,
            admission_exp = excluded.admission_exp, entered_at = excluded.entered_at,
            type = excluded.type, quantity = excluded.quantity, seats = excluded.seats,
            asked_at = CASE WHEN w.wish = excluded.wish AND w.hold_id IS NULL AND w.ends_at > now_
                       THEN w.asked_at ELSE excluded.asked_at END,
            ends_at = excluded.ends_at, hold_id = NULL;
END $$;
