"""What the service does, one module a use case: load, decide, save, publish."""
