-- What is sold: events, their ticket types, their layout, the state of every seat, the counters.

CREATE TABLE events (
    id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    venue text NOT NULL,
    starts_at timestamptz NOT NULL,
    sale_opens_at timestamptz NOT NULL,
    sale_closes_at timestamptz NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    max_per_user integer NOT NULL CHECK (max_per_user BETWEEN 1 AND 100),
    queue jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    cancelled boolean NOT NULL DEFAULT false,
    participants bigint CHECK (participants >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (sale_opens_at < sale_closes_at)
);
CREATE INDEX events_by_start ON events (starts_at, id);

-- `held` and `sold` count general admission only; a seated type's seats say it themselves.
CREATE TABLE ticket_types (
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    number smallint NOT NULL,
    id text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    price bigint NOT NULL CHECK (price >= 0),
    kind text NOT NULL CHECK (kind IN ('seated', 'general')),
    capacity integer NOT NULL CHECK (capacity >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
    PRIMARY KEY (event_id, number),
    UNIQUE (event_id, name),
    CHECK (held + sold <= capacity)
) WITH (fillfactor = 50);

-- The seat map: as sections, and as it is served: immutable, compressed, named by its digest.
CREATE TABLE layouts (
    event_id text COLLATE "C" PRIMARY KEY REFERENCES events (id),
    etag text NOT NULL,
    sections jsonb NOT NULL,
    document bytea NOT NULL
);
ALTER TABLE layouts ALTER COLUMN document SET STORAGE EXTERNAL;

-- One lean row a seat, with room on its page for the next versions, so that an update touches no
-- index. a: available, h: held, s: sold, x: blocked. A hold past `hold_until` may be taken over.
CREATE TABLE seats (
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    idx integer NOT NULL CHECK (idx >= 0),
    type smallint NOT NULL,
    state "char" NOT NULL DEFAULT 'a' CHECK (state IN ('a', 'h', 's', 'x')),
    hold_id text COLLATE "C",
    hold_until timestamptz,
    PRIMARY KEY (event_id, idx),
    CHECK ((state = 'h') = (hold_id IS NOT NULL)),
    CHECK ((hold_id IS NULL) = (hold_until IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);

-- The counters of an event, and the version of its availability. Updated last in every transaction
-- that changes seats: that lock gives versions without gaps, in the order of the commits.
CREATE TABLE stock (
    event_id text COLLATE "C" PRIMARY KEY REFERENCES events (id),
    version bigint NOT NULL DEFAULT 0,
    total integer NOT NULL,
    available integer NOT NULL CHECK (available >= 0),
    held integer NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold integer NOT NULL DEFAULT 0 CHECK (sold >= 0),
    blocked integer NOT NULL DEFAULT 0 CHECK (blocked >= 0),
    open_holds integer NOT NULL DEFAULT 0 CHECK (open_holds >= 0),
    orders integer NOT NULL DEFAULT 0 CHECK (orders >= 0),
    refunds integer NOT NULL DEFAULT 0 CHECK (refunds >= 0),
    revenue bigint NOT NULL DEFAULT 0 CHECK (revenue >= 0),
    admissions_used integer NOT NULL DEFAULT 0 CHECK (admissions_used >= 0),
    CHECK (available + held + sold + blocked = total)
) WITH (fillfactor = 20);

-- What leaves for RabbitMQ, in order of `id` within an event; kept a while after it was sent, so
-- that instances can bring their picture of the seats up to date from `version`.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text COLLATE "C" NOT NULL,
    version bigint,
    messages json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;
CREATE INDEX outbox_versions ON outbox (event_id, version) WHERE version IS NOT NULL;
CREATE INDEX outbox_age ON outbox (sent_at) WHERE sent_at IS NOT NULL;
