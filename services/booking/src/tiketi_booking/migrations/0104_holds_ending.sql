-- The index of the sweep is of no use to anything else. As long as it was on all live holds, a plan
-- made while the table was empty, when every index costs the same, could find one buyer's holds by
-- walking through everybody's, and kept doing so while thousands were made a minute.
DROP INDEX holds_ending;
CREATE INDEX holds_ending ON holds ((CASE state WHEN 'live' THEN expires_at END))
    WHERE (CASE state WHEN 'live' THEN expires_at END) IS NOT NULL;
