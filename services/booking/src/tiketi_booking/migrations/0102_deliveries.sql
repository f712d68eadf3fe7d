-- What leaves the house after a sale, tried until it is there or parked for someone to look at.

CREATE TABLE webhook_endpoints (
    id text COLLATE "C" PRIMARY KEY,
    url text NOT NULL,
    events text[] NOT NULL CHECK (cardinality(events) > 0),
    secret text NOT NULL,
    created_by text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz
);

-- `lane` is mail, or the id of a webhook's endpoint: one that does not answer holds up no other.
-- A message that comes again finds its deliveries made.
CREATE TABLE deliveries (
    id text COLLATE "C" PRIMARY KEY,
    lane text COLLATE "C" NOT NULL,
    message_id text NOT NULL,
    message json NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'delivered', 'parked', 'unsent')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    CHECK ((status = 'delivered') = (delivered_at IS NOT NULL)),
    UNIQUE (message_id, lane)
) WITH (fillfactor = 80);
CREATE INDEX deliveries_due ON deliveries (lane, next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_by_status ON deliveries (status, id);
