"""HTTP: the URL table, the handlers, the shapes."""
