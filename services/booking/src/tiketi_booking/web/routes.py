"""The URL table, a list per topic."""

from tiketi_shared.routes import Route

ROUTES: list[Route] = []
