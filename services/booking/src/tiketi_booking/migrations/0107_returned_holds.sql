-- How many holds ended without an order, from which the line tells how likely it is that seats which
-- are held now come back.
ALTER TABLE stock ADD COLUMN holds_returned integer NOT NULL DEFAULT 0 CHECK (holds_returned >= 0);
