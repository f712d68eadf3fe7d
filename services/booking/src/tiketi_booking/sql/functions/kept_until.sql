-- Until when seats that come back now are kept for those who are waiting for some: long enough for
-- them to be offered. Null where nobody waits, and anyone may have them at once.
CREATE OR REPLACE FUNCTION kept_until(p_event text, p_now timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    SELECT p_now + interval '1 second'
    WHERE EXISTS (SELECT FROM wishes WHERE event_id = p_event AND hold_id IS NULL
                  AND ends_at > p_now)
        OR (EXISTS (SELECT FROM waiting_list WHERE event_id = p_event AND status = 'waiting')
            AND is_waiting_list_next(p_event, p_now))
$$;
