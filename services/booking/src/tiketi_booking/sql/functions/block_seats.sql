-- Takes seats off sale for an organiser, or puts them back: all of them or none. Answers the seats
-- that stood in the way.
CREATE OR REPLACE FUNCTION block_seats(p_event text, p_seats integer[], p_block boolean)
RETURNS integer[] LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    from_ "char" := CASE WHEN p_block THEN 'a' ELSE 'x' END;
    to_ "char" := CASE WHEN p_block THEN 'x' ELSE 'a' END;
    there_ integer[];
    changed_ integer[];
    delta_ integer;
    version_ bigint;
BEGIN
    SELECT array_agg(s.idx), array_agg(s.idx) FILTER (WHERE s.state = from_)
        INTO there_, changed_
        FROM (SELECT idx, state FROM seats
              WHERE event_id = p_event AND idx = ANY (p_seats) AND state IN (from_, to_)
              ORDER BY idx FOR NO KEY UPDATE) AS s;
    IF cardinality(there_) IS DISTINCT FROM cardinality(p_seats) THEN
        RETURN ARRAY(SELECT unnest(p_seats) EXCEPT SELECT unnest(there_) ORDER BY 1);
    END IF;
    IF changed_ IS NULL THEN
        RETURN '{}';
    END IF;
    UPDATE seats SET state = to_ WHERE event_id = p_event AND idx = ANY (changed_);
    delta_ := CASE WHEN p_block THEN 1 ELSE -1 END * cardinality(changed_);
    UPDATE stock SET version = version + 1, available = available - delta_,
        blocked = blocked + delta_ WHERE event_id = p_event RETURNING version INTO version_;
    INSERT INTO outbox (event_id, version, messages)
        SELECT p_event, version_, json_build_array(seats_changed(p_event, version_,
            (SELECT json_agg(json_build_array(seat, to_)) FROM unnest(changed_) AS seat), NULL));
    RETURN '{}';
END $$;
