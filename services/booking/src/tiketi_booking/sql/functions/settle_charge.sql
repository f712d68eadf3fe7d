-- Makes the order of a payment whose money is taken; takes the seats again where the hold has ended.
-- Where they are gone (or the event is cancelled, or the buyer has reached the limit since), the
-- money is to go back: a refund is recorded. Safe to repeat. Outcomes: unknown, order, refund.
CREATE OR REPLACE FUNCTION settle_charge(
    p_payment text, p_reference text, p_tickets text[], p_refund text
) RETURNS text LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    payment_ payments%ROWTYPE;
    hold_ holds%ROWTYPE;
    event_ events%ROWTYPE;
    seats_ integer[];
    fresh_ integer := 0;
    count_ integer;
    type_ smallint;
    spent_ integer;
    version_ bigint;
    general_ json;
    now_ timestamptz;
BEGIN
    SELECT * INTO payment_ FROM payments WHERE id = p_payment;
    IF NOT FOUND THEN
        RETURN 'unknown';
    END IF;
    PERFORM pg_advisory_xact_lock(buyer_lock(payment_.event_id, payment_.user_id));
    SELECT * INTO hold_ FROM holds WHERE id = payment_.hold_id FOR NO KEY UPDATE;
    SELECT * INTO payment_ FROM payments WHERE id = p_payment FOR NO KEY UPDATE;
    IF payment_.status = 'charged' THEN
        RETURN CASE WHEN EXISTS (SELECT FROM orders WHERE payment_id = p_payment)
            THEN 'order' ELSE 'refund' END;
    END IF;
    UPDATE payments SET status = 'charged', reference = p_reference, reason = NULL
        WHERE id = p_payment;
    SELECT * INTO event_ FROM events WHERE id = payment_.event_id;
    now_ := clock_timestamp();
    count_ := cardinality(hold_.types);
    type_ := hold_.types[1];

    IF hold_.state = 'paid' OR event_.cancelled OR (
        (hold_.state <> 'live' OR hold_.expires_at <= now_)
        AND taken_by(event_.id, payment_.user_id, now_) + count_ > event_.max_per_user)
    THEN
        RETURN give_back(p_payment, p_refund, payment_.amount, 'too_late');
    END IF;

    IF hold_.seats <> '{}' THEN
        SELECT array_agg(l.idx), count(*) FILTER (WHERE l.state = 'a') INTO seats_, fresh_
        FROM (SELECT s.idx, s.state FROM seats s
              WHERE s.event_id = event_.id AND s.idx = ANY (hold_.seats)
                AND (s.state = 'a' OR (s.state = 'h'
                     AND (s.hold_id = hold_.id OR s.hold_until <= now_)))
              ORDER BY s.idx FOR NO KEY UPDATE) AS l;
        IF cardinality(seats_) IS DISTINCT FROM count_ THEN
            RETURN give_back(p_payment, p_refund, payment_.amount, 'seats_gone');
        END IF;
        UPDATE seats SET state = 's', hold_id = NULL, hold_until = NULL
            WHERE event_id = event_.id AND idx = ANY (seats_);
    ELSE
        IF hold_.state <> 'live' THEN
            fresh_ := count_;
        END IF;
        UPDATE ticket_types t SET sold = t.sold + count_, held = t.held - (count_ - fresh_)
            WHERE t.event_id = event_.id AND t.number = type_
                AND t.capacity - t.held - t.sold >= fresh_
            RETURNING json_build_object(t.id, t.capacity - t.held - t.sold) INTO general_;
        IF NOT FOUND THEN
            RETURN give_back(p_payment, p_refund, payment_.amount, 'seats_gone');
        END IF;
    END IF;

    UPDATE holds SET state = 'paid' WHERE id = hold_.id;
    INSERT INTO orders (id, payment_id, hold_id, event_id, user_id, total, currency)
        VALUES (payment_.order_id, p_payment, hold_.id, event_.id, payment_.user_id,
                payment_.amount, payment_.currency);
    INSERT INTO tickets (id, order_id, event_id, user_id, type, seat, price)
        SELECT t.id, payment_.order_id, event_.id, payment_.user_id, t.type, t.seat, t.price
        FROM unnest(p_tickets[1:count_], hold_.types, hold_.seats, hold_.prices)
            AS t (id, type, seat, price);
    INSERT INTO spent_admissions (admission_id, exp)
        SELECT hold_.admission_id, hold_.admission_exp WHERE hold_.admission_id IS NOT NULL
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS spent_ = ROW_COUNT;
    UPDATE stock SET version = version + 1, available = available - fresh_,
        held = held - (count_ - fresh_), sold = sold + count_,
        open_holds = open_holds - (hold_.state = 'live')::integer,
        orders = orders + 1, revenue = revenue + payment_.amount,
        admissions_used = admissions_used + spent_
        WHERE event_id = event_.id RETURNING version INTO version_;
    INSERT INTO outbox (event_id, version, messages)
        SELECT event_.id, version_, json_build_array(
            seats_changed(event_.id, version_,
                (SELECT json_agg(json_build_array(seat, 's')) FROM unnest(seats_) AS seat),
                general_),
            json_build_object('type', 'order_paid', 'event_id', event_.id,
                'user_id', payment_.user_id, 'order_id', payment_.order_id,
                'admission_id', hold_.admission_id, 'total', payment_.amount,
                'currency', payment_.currency, 'tickets', count_));
    RETURN 'order';
END $$;
