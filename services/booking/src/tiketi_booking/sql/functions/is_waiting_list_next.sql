-- Whether returned seats may go to the waiting list: nobody waits in the line. What the queue told
-- more than 10 seconds ago is not known any more; then nobody enters either.
CREATE OR REPLACE FUNCTION is_waiting_list_next(p_event text, p_now timestamptz) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (SELECT FROM lines WHERE event_id = p_event AND waiting > 0
                       AND told_at > p_now - interval '10 seconds')
$$;
