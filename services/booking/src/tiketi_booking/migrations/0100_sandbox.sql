-- The books of the built-in payment provider, apart from Tiketi's own as a real one's would be.
CREATE TABLE sandbox_charges (
    payment_id text COLLATE "C" PRIMARY KEY,
    reference text NOT NULL UNIQUE,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('charged', 'declined', 'pending')),
    reason text,
    answers_at timestamptz NOT NULL DEFAULT now(),
    told_at timestamptz,
    CHECK ((status = 'declined') = (reason IS NOT NULL))
);
CREATE INDEX sandbox_charges_untold ON sandbox_charges (answers_at) WHERE told_at IS NULL;

CREATE TABLE sandbox_refunds (
    refund_id text COLLATE "C" PRIMARY KEY,
    payment_id text COLLATE "C" NOT NULL REFERENCES sandbox_charges (payment_id),
    amount bigint NOT NULL CHECK (amount >= 0),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sandbox_refunds_of_payment ON sandbox_refunds (payment_id);
