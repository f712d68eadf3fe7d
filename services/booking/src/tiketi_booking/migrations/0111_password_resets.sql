-- Links that let somebody who proves to read an account's mail choose a new password. Only hashes of the
-- links' secrets are kept.
CREATE TABLE password_resets (
    secret_hash text PRIMARY KEY,
    user_id     text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX password_resets_user ON password_resets (user_id);
CREATE INDEX password_resets_expires ON password_resets (expires_at);
