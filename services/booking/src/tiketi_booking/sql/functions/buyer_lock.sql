-- The buyer's lock: limits count over holds and orders together, which no row constraint can.
CREATE OR REPLACE FUNCTION buyer_lock(p_event text, p_user text) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT hashtextextended(p_event || p_user, 0) $$;
