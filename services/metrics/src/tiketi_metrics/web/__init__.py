"""The overview: its URL, its handler and its shapes."""
