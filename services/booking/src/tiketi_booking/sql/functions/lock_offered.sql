-- Locks what an offer to p_user needs, in the order of all: the buyer, the seats, the ticket type. What
-- of it is kept for whoever waits is free for this transaction.
CREATE OR REPLACE FUNCTION lock_offered(
    p_event text, p_user text, p_type smallint, p_quantity integer, p_seats integer[]
) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(buyer_lock(p_event, p_user));
    PERFORM FROM seats WHERE event_id = p_event AND idx = ANY (p_seats)
        ORDER BY idx FOR NO KEY UPDATE;
    UPDATE seats SET kept_until = NULL
        WHERE event_id = p_event AND idx = ANY (p_seats) AND kept_until IS NOT NULL;
    IF p_seats = '{}' THEN
        UPDATE ticket_types SET kept = greatest(0, kept - p_quantity)
            WHERE event_id = p_event AND number = p_type AND kept > 0;
    END IF;
END $$;
