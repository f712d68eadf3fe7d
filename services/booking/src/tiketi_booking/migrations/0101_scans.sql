-- Who was let in, where and when. `admitted` is the one scan that used the ticket; `double` and
-- `cancelled` were let in by a door that was offline and learnt of it afterwards.
CREATE TABLE scans (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id text COLLATE "C" NOT NULL REFERENCES tickets (id),
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    outcome text NOT NULL CHECK (outcome IN ('admitted', 'double', 'cancelled')),
    device text NOT NULL,
    scanned_at timestamptz NOT NULL,
    staff_id text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (ticket_id, device, scanned_at)
);
-- Nobody is let in twice on one ticket by a door that is online.
CREATE UNIQUE INDEX scans_admitted_once ON scans (ticket_id) WHERE outcome = 'admitted';
CREATE INDEX scans_of_event ON scans (event_id, id) WHERE outcome <> 'admitted';
CREATE INDEX tickets_of_event ON tickets (event_id, id) WHERE state <> 'valid';
