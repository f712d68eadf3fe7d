-- Seats that come back go to those who asked for what fits. For a moment only they can have them:
-- `kept_until` on a seat, and so many of a general-admission type.
ALTER TABLE seats ADD COLUMN kept_until timestamptz;
ALTER TABLE ticket_types ADD COLUMN kept integer NOT NULL DEFAULT 0 CHECK (kept >= 0);
ALTER TABLE ticket_types ADD COLUMN kept_until timestamptz;

-- Who is inside, was refused, and agreed to be given what fits when it comes back. One wish a person
-- and event, the last. `wish` is the digest of what was asked, `seats` what was wanted (none where
-- any of the type will do). Ends soon after it was last asked for.
CREATE TABLE wishes (
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    user_id text COLLATE "C" NOT NULL,
    wish bytea NOT NULL,
    admission_id text COLLATE "C" NOT NULL,
    admission_exp timestamptz NOT NULL,
    entered_at timestamptz NOT NULL,
    type smallint NOT NULL,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    seats integer[] NOT NULL,
    asked_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    hold_id text COLLATE "C",
    PRIMARY KEY (event_id, user_id),
    FOREIGN KEY (event_id, type) REFERENCES ticket_types (event_id, number)
) WITH (fillfactor = 80);
CREATE INDEX wishes_in_order ON wishes (event_id, entered_at, asked_at) WHERE hold_id IS NULL;
CREATE INDEX wishes_ending ON wishes (ends_at);

-- How many people wait in an event's line, as the queue told last: the waiting list comes after them.
CREATE TABLE lines (
    event_id text COLLATE "C" PRIMARY KEY,
    waiting integer NOT NULL CHECK (waiting >= 0),
    told_at timestamptz NOT NULL
) WITH (fillfactor = 50);
