CREATE OR REPLACE FUNCTION hold_offered(
    p_event text, p_user text, p_hold text, p_expires timestamptz
) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object('type', 'hold_offered', 'event_id', p_event, 'user_id', p_user,
        'hold_id', p_hold, 'expires_at', extract(epoch FROM p_expires)::double precision)
$$;
