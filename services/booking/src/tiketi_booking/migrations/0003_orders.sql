-- Who has what: holds, payments, orders, tickets, refunds. The constraints at the end are what
-- makes a seat sold twice, or an order without its seats, impossible whatever the code does.

-- `types` and `prices` have one entry a ticket; `seats` too, in order, and none for general
-- admission. The price is what the buyer was shown: changing an event changes no hold.
CREATE TABLE holds (
    id text COLLATE "C" PRIMARY KEY,
    event_id text COLLATE "C" NOT NULL, -- its seats and ticket types refer to the event
    user_id text COLLATE "C" NOT NULL,
    admission_id text COLLATE "C",
    admission_exp timestamptz,
    state text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'paid', 'released', 'expired')),
    seats integer[] NOT NULL,
    types smallint[] NOT NULL,
    prices bigint[] NOT NULL,
    total bigint NOT NULL CHECK (total >= 0),
    created_at timestamptz NOT NULL,
    granted_until timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    idempotency_key bytea,
    request bytea,
    CHECK (cardinality(types) > 0 AND cardinality(types) = cardinality(prices)),
    CHECK (cardinality(seats) IN (0, cardinality(types)))
) WITH (fillfactor = 80);
CREATE INDEX holds_of_user ON holds (event_id, user_id) WHERE state = 'live';
CREATE INDEX holds_ending ON holds (expires_at) WHERE state = 'live';
CREATE UNIQUE INDEX holds_by_key ON holds (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Admissions that were used up or given up; kept until they would have ended anyway.
CREATE TABLE spent_admissions (
    admission_id text COLLATE "C" PRIMARY KEY,
    exp timestamptz NOT NULL
);
CREATE INDEX spent_admissions_ending ON spent_admissions (exp);

-- `started`: the provider may or may not have been asked. `pending`: it answers later. `charged`:
-- the money is taken, and there is an order or, as `refund_reason` says, it goes back.
CREATE TABLE payments (
    id text COLLATE "C" PRIMARY KEY,
    hold_id text COLLATE "C" NOT NULL REFERENCES holds (id),
    order_id text COLLATE "C" NOT NULL UNIQUE,
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    user_id text COLLATE "C" NOT NULL,
    provider text NOT NULL,
    token text NOT NULL,
    reference text,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    status text NOT NULL DEFAULT 'started'
        CHECK (status IN ('started', 'pending', 'charged', 'declined')),
    reason text,
    refunded bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    check_at timestamptz NOT NULL,
    checks integer NOT NULL DEFAULT 0,
    CHECK (refunded BETWEEN 0 AND amount),
    UNIQUE (id, order_id, amount, currency)
);
CREATE UNIQUE INDEX payments_under_way ON payments (hold_id)
    WHERE status IN ('started', 'pending');
CREATE INDEX payments_of_hold ON payments (hold_id);
CREATE INDEX payments_to_check ON payments (check_at) WHERE status IN ('started', 'pending');
CREATE INDEX payments_of_user ON payments (user_id, id);

-- The foreign key makes the order's total what was paid for it.
CREATE TABLE orders (
    id text COLLATE "C" PRIMARY KEY,
    payment_id text COLLATE "C" NOT NULL UNIQUE,
    hold_id text COLLATE "C" NOT NULL UNIQUE REFERENCES holds (id),
    event_id text COLLATE "C" NOT NULL REFERENCES events (id),
    user_id text COLLATE "C" NOT NULL REFERENCES users (id),
    status text NOT NULL DEFAULT 'paid' CHECK (status IN ('paid', 'partly_refunded', 'refunded')),
    total bigint NOT NULL,
    refunded bigint NOT NULL DEFAULT 0,
    currency text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (refunded BETWEEN 0 AND total),
    FOREIGN KEY (payment_id, id, total, currency)
        REFERENCES payments (id, order_id, amount, currency)
);
CREATE INDEX orders_of_user ON orders (user_id, id);
CREATE INDEX orders_of_event ON orders (event_id, id);
CREATE INDEX orders_by_time ON orders (event_id, created_at);

CREATE TABLE tickets (
    id text COLLATE "C" PRIMARY KEY,
    order_id text COLLATE "C" NOT NULL REFERENCES orders (id),
    event_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    type smallint NOT NULL,
    seat integer,
    price bigint NOT NULL CHECK (price >= 0),
    state text NOT NULL DEFAULT 'valid' CHECK (state IN ('valid', 'used', 'refunded')),
    used_at timestamptz,
    FOREIGN KEY (event_id, type) REFERENCES ticket_types (event_id, number),
    FOREIGN KEY (event_id, seat) REFERENCES seats (event_id, idx),
    CHECK ((state = 'used') <= (used_at IS NOT NULL))
);
CREATE INDEX tickets_of_order ON tickets (order_id);
CREATE INDEX tickets_of_user ON tickets (event_id, user_id) WHERE state <> 'refunded';
-- No seat is ever sold twice.
CREATE UNIQUE INDEX tickets_one_per_seat ON tickets (event_id, seat) WHERE state <> 'refunded';

-- Money that goes back. The row comes first, the provider is asked until it has agreed.
-- `order_id` is null where a payment never became an order.
CREATE TABLE refunds (
    id text COLLATE "C" PRIMARY KEY,
    payment_id text COLLATE "C" NOT NULL REFERENCES payments (id),
    order_id text COLLATE "C" REFERENCES orders (id),
    amount bigint NOT NULL CHECK (amount >= 0),
    reason text NOT NULL,
    status text NOT NULL DEFAULT 'started' CHECK (status IN ('started', 'done')),
    created_at timestamptz NOT NULL DEFAULT now(),
    try_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0
);
CREATE INDEX refunds_of_payment ON refunds (payment_id);
CREATE INDEX refunds_open ON refunds (try_at) WHERE status = 'started';

-- At commit: an order's live tickets are worth what was paid and not given back, at least one of
-- them is live unless all was given back, and each seat among them is sold.
CREATE FUNCTION check_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    id_ text := to_jsonb(NEW) ->> CASE TG_TABLE_NAME WHEN 'orders' THEN 'id' ELSE 'order_id' END;
    order_ orders%ROWTYPE;
    live integer;
    worth bigint;
    unsold integer;
BEGIN
    SELECT * INTO order_ FROM orders WHERE id = id_;
    SELECT count(*), coalesce(sum(t.price), 0), count(*) FILTER (WHERE s.state <> 's')
        INTO live, worth, unsold
        FROM tickets t LEFT JOIN seats s ON s.event_id = t.event_id AND s.idx = t.seat
        WHERE t.order_id = id_ AND t.state <> 'refunded';
    IF worth <> order_.total - order_.refunded
        OR unsold > 0
        OR (live = 0) <> (order_.status = 'refunded')
    THEN
        RAISE EXCEPTION 'order % does not agree with its tickets', id_
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_has_its_seats';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER order_has_its_seats AFTER INSERT OR UPDATE ON orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_order();
CREATE CONSTRAINT TRIGGER order_has_its_seats AFTER INSERT OR UPDATE OF state, price, seat ON tickets
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_order();

-- At commit: a seat is sold exactly as long as a live ticket is for it.
CREATE FUNCTION check_sold_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM seats WHERE event_id = NEW.event_id AND idx = NEW.idx AND state = 's')
        <> EXISTS (SELECT FROM tickets WHERE event_id = NEW.event_id AND seat = NEW.idx
                   AND state <> 'refunded')
    THEN
        RAISE EXCEPTION 'seat % of event % does not agree with its ticket', NEW.idx, NEW.event_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'seat_has_its_ticket';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER seat_has_its_ticket AFTER UPDATE ON seats
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 's' OR NEW.state = 's') EXECUTE FUNCTION check_sold_seat();
