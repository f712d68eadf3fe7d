"""Redis, the other services, and files, for the use cases and the command line."""
