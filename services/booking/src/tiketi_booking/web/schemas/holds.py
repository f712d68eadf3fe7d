"""Holds."""

from tiketi_booking.web.schemas.base import View
from tiketi_shared.shapes import HoldView


class HoldAnswer(View, frozen=True, kw_only=True):
    hold: HoldView


class HoldList(View, frozen=True, kw_only=True):
    holds: list[HoldView]
