-- At commit: an order's live tickets are worth what was paid and not given back, at least one of
-- them is live unless all was given back, and each seat among them is sold.
CREATE OR REPLACE FUNCTION check_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    id_ text := to_jsonb(NEW) ->> CASE TG_TABLE_NAME WHEN 'orders' THEN 'id' ELSE 'order_id' END;
    order_ orders%ROWTYPE;
    live integer;
    worth bigint;
    unsold integer;
BEGIN
    SELECT * INTO order_ FROM orders WHERE id = id_;
    SELECT count(*), coalesce(sum(t.price), 0), count(*) FILTER (WHERE s.state <> 's')
        INTO live, worth, unsold
        FROM tickets t LEFT JOIN seats s ON s.event_id = t.event_id AND s.idx = t.seat
        WHERE t.order_id = id_ AND t.state <> 'refunded';
    IF worth <> order_.total - order_.refunded
        OR unsold > 0
        OR (live = 0) <> (order_.status = 'refunded')
    THEN
        RAISE EXCEPTION 'order % does not agree with its tickets', id_
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_has_its_seats';
    END IF;
    RETURN NULL;
END $$;
