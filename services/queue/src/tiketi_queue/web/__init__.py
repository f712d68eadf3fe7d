"""HTTP: the URL table, the handlers, and the schemas of requests and answers."""
