"""URLs, shapes and handlers."""
