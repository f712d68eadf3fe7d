"""The waiting list."""

from datetime import datetime

from tiketi_booking.domain.waiting_list import Status as WaitingStatus
from tiketi_booking.web.schemas.base import Body, View


class WaitlistJoin(Body, frozen=True):
    """Without `ticket_type_id` any type will do."""

    quantity: int = 1
    ticket_type_id: str | None = None


class OfferView(View, frozen=True):
    """The hold made for the person: to be checked out before it expires."""

    hold_id: str
    expires_at: datetime


class WaitlistPlace(View, frozen=True):
    """`position` counts from 1 and is null unless `status` is `waiting`."""

    status: WaitingStatus
    position: int | None
    total: int
    quantity: int
    ticket_type_id: str | None
    joined_at: datetime
    offer: OfferView | None
