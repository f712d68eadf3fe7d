-- Marks a payment that will take no money: its hold goes back to its own time, or has a minute if
-- that is nearly over. False when the payment is not under way.
CREATE OR REPLACE FUNCTION decline_payment(p_payment text, p_reason text) RETURNS boolean
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
