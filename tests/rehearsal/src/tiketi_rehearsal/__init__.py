"""A rehearsal of an on-sale: many people through the public API, and a verdict."""
