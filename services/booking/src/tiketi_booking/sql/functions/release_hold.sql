-- Ends a hold that its buyer gives up; not while its payment is under way, which may still take the
-- money.
CREATE OR REPLACE FUNCTION release_hold(p_event text, p_hold text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM holds WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT EXISTS (SELECT FROM payments
                   WHERE hold_id = p_hold AND status IN ('started', 'pending')) THEN
        RETURN QUERY SELECT end_holds(p_event, ARRAY[p_hold], 'released');
    END IF;
END $$;
