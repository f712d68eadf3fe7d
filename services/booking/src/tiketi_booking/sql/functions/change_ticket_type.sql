-- Changes a ticket type's name and price, and its capacity if it is general admission: that of a
-- seated type is its seats.
CREATE OR REPLACE FUNCTION change_ticket_type(
    p_event text, p_number smallint, p_name text, p_price bigint, p_capacity integer
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before_ ticket_types%ROWTYPE;
    more_ integer;
    version_ bigint;
BEGIN
    SELECT * INTO before_ FROM ticket_types WHERE event_id = p_event AND number = p_number
        FOR NO KEY UPDATE;
    UPDATE ticket_types SET name = p_name, price = p_price, capacity = p_capacity
        WHERE event_id = p_event AND number = p_number;
    more_ := p_capacity - before_.capacity;
    IF more_ <> 0 THEN
        UPDATE stock SET version = version + 1, total = total + more_,
            available = available + more_ WHERE event_id = p_event RETURNING version INTO version_;
        INSERT INTO outbox (event_id, version, messages)
            SELECT p_event, version_, json_build_array(seats_changed(p_event, version_, NULL,
                json_build_object(before_.id, p_capacity - before_.held - before_.sold)));
    END IF;
END $$;
