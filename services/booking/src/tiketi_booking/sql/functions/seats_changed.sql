-- STABLE, as json_build_object is: a function that promises more than it keeps is not inlined, and
-- every statement that used it would parse and plan it anew.
CREATE OR REPLACE FUNCTION seats_changed(p_event text, p_version bigint, p_changes json, p_general json)
    RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'type', 'seats_changed', 'event_id', p_event, 'version', p_version,
        'changes', coalesce(p_changes, '[]'), 'general', coalesce(p_general, '{}'))
$$;
