-- The trace that a message belongs to, as a W3C traceparent. The adapter tells each connection which
-- one it works for, where traces are exported; the functions that write the outbox need not know.
ALTER TABLE outbox ADD COLUMN trace text;
ALTER TABLE outbox ALTER COLUMN trace SET DEFAULT nullif(current_setting('tiketi.trace', true), '');
