-- At which version of its event each field last changed, by the field's name (domain/changes.py):
-- whoever changes a field that somebody else has changed meanwhile can be told. A field that is not
-- named has not changed since this migration.
ALTER TABLE events ADD COLUMN field_versions jsonb NOT NULL DEFAULT '{}';
