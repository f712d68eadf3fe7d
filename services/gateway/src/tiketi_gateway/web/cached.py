"""Routes that are answered from memory: the catalogue, shared documents, descriptions, the app."""

from collections.abc import Mapping

from tiketi_gateway import metrics
from tiketi_gateway.domain.queries import canonical_query
from tiketi_gateway.errors import MethodNotAllowed
from tiketi_gateway.http1.documents import Document
from tiketi_gateway.http1.exchange import Exchange, Work
from tiketi_gateway.http1.replies import Reply
from tiketi_gateway.ports import ResponseCache, Service, Statuses, WebApp
from tiketi_gateway.web.forwarding import Forwarding
from tiketi_gateway.web.routes import Routed
from tiketi_shared.errors import NotFound


class Cached:
    def __init__(
        self, services: Mapping[str, Service], cache: ResponseCache, statuses: Statuses,
        forwarding: Forwarding,
    ) -> None:  # fmt: skip
        self._services, self._cache, self._statuses = services, cache, statuses
        self._forwarding = forwarding

    def status(self, routed: Routed) -> Work:
        """The shared document of an event's line."""
        document = self._statuses.document(routed.names[0])
        if document is None:
            return self.catalogue(routed)
        exchange = routed.exchange
        exchange.answer(document.form_for(exchange.request.fields))
        return None

    def catalogue(self, routed: Routed) -> Work:
        exchange, rule = routed.exchange, routed.rule
        request = exchange.request
        target = request.path.encode()
        if query := canonical_query(request.query, rule.query):
            target += b"?" + query
        document = self._cache.kept(target, rule.pattern)
        if document is None:
            return self._fetched(routed, target)
        give(exchange, document)
        if self._cache.needs_refresh(target):
            service = self._services[rule.service]
            self._cache.refresh(service, target, self._forwarding.headers(exchange))
        return None

    async def _fetched(self, routed: Routed, target: bytes) -> None:
        exchange, rule = routed.exchange, routed.rule
        metrics.count(metrics.CACHE, rule.pattern, "missed")
        headers = self._forwarding.headers(exchange)
        give(exchange, await self._cache.fetched(self._services[rule.service], target, headers))


class Pages:
    """The web app, and the API's descriptions by name."""

    def __init__(self, webapp: WebApp, descriptions: Mapping[str, Document]) -> None:
        self._webapp, self._descriptions = webapp, descriptions

    def description(self, routed: Routed) -> Work:
        document = self._descriptions.get(routed.rule.how)
        if document is None:
            raise NotFound("this build has no description of the API")
        give(routed.exchange, document)
        return None

    def page(self, exchange: Exchange) -> Work:
        """A path without a route: a file or page of the web app, or nothing."""
        request = exchange.request
        if request.path.startswith(("/api", "/internal", "/ws")):
            raise NotFound("there is nothing at this path")
        if request.method not in ("GET", "HEAD"):
            raise MethodNotAllowed
        exchange.label = "app"
        document = self._webapp.at(request.path)
        if document is None:
            raise NotFound("there is nothing at this path")
        give(exchange, document)
        return None


def give(exchange: Exchange, found: Document | Reply) -> None:
    """Answer with the form that suits the client."""
    fields = exchange.request.fields
    exchange.answer(found.form_for(fields) if isinstance(found, Document) else found)
