-- Records that a payment begins, and keeps the hold meanwhile, at most p_cap seconds from its
-- beginning. Outcomes: unknown, expired, under_way and paid (`payment_id`: which), begun.
CREATE OR REPLACE FUNCTION begin_payment(
    p_hold text, p_user text, p_payment text, p_order text, p_provider text, p_token text,
    p_cap double precision, p_check double precision
) RETURNS TABLE (
    outcome text, payment_id text, order_id text, event_id text, amount bigint, currency text
) LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
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
