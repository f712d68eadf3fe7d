"""Sale after sale for an hour or longer, and whether what it costs to run stays the same."""
