"""The shapes of answers under the names that this client gives them.

All of them are generated (`contract.py`), where the rest of the public API is too. Members that
this version does not know are ignored.
"""

from tiketi_client.contract import AdmissionGrant as Admission
from tiketi_client.contract import AvailabilityView as Availability
from tiketi_client.contract import EventSummary, HeldSeat, Overview, Place, SalesReport
from tiketi_client.contract import EventView as Event
from tiketi_client.contract import HoldView as Hold
from tiketi_client.contract import OrderList as Orders
from tiketi_client.contract import OrderView as Order
from tiketi_client.contract import Progress as LineStatus
from tiketi_client.contract import SeatMapView as Seatmap
from tiketi_client.contract import SeatOnMap as Seat
from tiketi_client.contract import SignedIn as Account
from tiketi_client.contract import TicketTypeView as TicketType
from tiketi_client.contract import TicketView as Ticket
from tiketi_client.contract import UserView as User

__all__ = [
    "Account",
    "Admission",
    "Availability",
    "Event",
    "EventSummary",
    "HeldSeat",
    "Hold",
    "LineStatus",
    "Order",
    "Orders",
    "Overview",
    "Place",
    "SalesReport",
    "Seat",
    "Seatmap",
    "Ticket",
    "TicketType",
    "User",
]
