-- Takes back some tickets of an order (null: all that are live); p_forced: used ones too. The seats
-- are on sale again, at first for whoever waits for some, and the refund is recorded. Outcomes: unknown, used, nothing, refunded.
CREATE OR REPLACE FUNCTION refund_order(
    p_order text, p_tickets text[], p_refund text, p_reason text, p_forced boolean
) RETURNS text LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
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
    now_ timestamptz := clock_timestamp();
    kept_ timestamptz;
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
    kept_ := kept_until(order_.event_id, now_);
    UPDATE seats SET state = 'a', kept_until = kept_
        WHERE event_id = order_.event_id AND idx = ANY (seats_);
    WITH freed AS (
        UPDATE ticket_types t SET sold = t.sold - q.quantity, kept_until = kept_,
            kept = CASE WHEN t.kept_until > now_ THEN t.kept ELSE 0 END
                + CASE WHEN kept_ IS NULL THEN 0 ELSE q.quantity END
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
