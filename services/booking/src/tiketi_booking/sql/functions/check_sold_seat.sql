-- At commit: a seat is sold exactly as long as a live ticket is for it.
CREATE OR REPLACE FUNCTION check_sold_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM seats WHERE event_id = NEW.event_id AND idx = NEW.idx AND state = 's')
        <> EXISTS (SELECT FROM tickets WHERE event_id = NEW.event_id AND seat = NEW.idx
                   AND state <> 'refunded')
    THEN
        RAISE EXCEPTION 'seat % of event % does not agree with its ticket', NEW.idx, NEW.event_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_has_its_ticket';
    END IF;
    RETURN NULL;
END $$;
