-- Who waits for seats of a sold-out event, in the order of `place`. `ticket_type` is null where any
-- will do. An offer is a hold; what became of it is the hold's state.
CREATE TABLE waiting_list (
    id text COLLATE "C" PRIMARY KEY,
    place bigint GENERATED ALWAYS AS IDENTITY,
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    user_id text COLLATE "C" NOT NULL REFERENCES users (id),
    ticket_type smallint,
    quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 100),
    status text NOT NULL DEFAULT 'waiting'
        CHECK (status IN ('waiting', 'offered', 'taken', 'lapsed', 'left')),
    hold_id text COLLATE "C" UNIQUE REFERENCES holds (id),
    joined_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (event_id, ticket_type) REFERENCES ticket_types (event_id, number),
    CHECK (status NOT IN ('offered', 'taken') OR hold_id IS NOT NULL),
    CHECK (status <> 'waiting' OR hold_id IS NULL)
);
CREATE UNIQUE INDEX waiting_list_once ON waiting_list (event_id, user_id)
    WHERE status IN ('waiting', 'offered');
CREATE INDEX waiting_list_order ON waiting_list (event_id, place) WHERE status = 'waiting';
CREATE INDEX waiting_list_offered ON waiting_list (hold_id) WHERE status = 'offered';
