"""What everybody at one event was told, and whether all of it can be true.

It makes no requests: whoever is told something enters it here.
"""

from tests.harness import Json
from tests.walk.facts import Findings, Terms
from tests.walk.line import Line
from tests.walk.sale import Sale


class Ledger:
    def __init__(self, event: Json, terms: Terms, *, capacity: float, pace: float) -> None:
        self.terms = terms
        self.findings = Findings(terms)
        self.sale = Sale(self.findings, event)
        self.line = Line(self.findings, self.sale.sold_out, capacity=capacity, pace=pace)
