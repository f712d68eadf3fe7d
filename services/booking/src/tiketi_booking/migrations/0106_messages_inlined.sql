-- What it builds is not immutable (json_build_object is stable), and a function that says more than
-- it keeps is not inlined: every statement that used it parsed and planned it anew.
ALTER FUNCTION seats_changed(text, bigint, json, json) STABLE;
