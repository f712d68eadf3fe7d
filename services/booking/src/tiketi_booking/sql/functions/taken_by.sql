-- How many tickets of an event somebody has, held ones that have not ended included.
CREATE OR REPLACE FUNCTION taken_by(p_event text, p_user text, p_now timestamptz) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT sum(cardinality(types)) FROM holds
                     WHERE event_id = p_event AND user_id = p_user AND state = 'live'
                     AND expires_at > p_now), 0)
         + (SELECT count(*) FROM tickets
            WHERE event_id = p_event AND user_id = p_user AND state <> 'refunded')
$$;
