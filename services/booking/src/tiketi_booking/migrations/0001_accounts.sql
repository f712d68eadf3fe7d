-- Who buys: accounts, sessions, the count of failed logins, and the answers kept for idempotency keys.

CREATE TABLE users (
    id text COLLATE "C" PRIMARY KEY,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text,
    role text NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'staff', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    erased_at timestamptz,
    CHECK ((password_hash IS NULL) = (erased_at IS NOT NULL))
);
CREATE UNIQUE INDEX users_email ON users (lower(email));

-- `hash` is the SHA-256 of the opaque id, so that a copy of this table opens no session.
CREATE TABLE sessions (
    hash text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);
CREATE INDEX sessions_ending ON sessions (expires_at);

-- Unlogged: losing the counts in a crash only gives an attacker a few more tries.
CREATE UNLOGGED TABLE login_failures (
    key text COLLATE "C" PRIMARY KEY,
    failures integer NOT NULL,
    window_ends timestamptz NOT NULL
);

-- `key` is a digest of user, method, path and Idempotency-Key; no status yet means still running.
CREATE TABLE idempotency (
    key bytea PRIMARY KEY,
    request bytea NOT NULL,
    status smallint,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_age ON idempotency (created_at);
