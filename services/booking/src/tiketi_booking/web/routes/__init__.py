"""The URL table, a module per topic."""

from tiketi_booking.web.routes.accounts import ACCOUNTS
from tiketi_booking.web.routes.catalogue import CATALOGUE
from tiketi_booking.web.routes.checkin import CHECK_IN
from tiketi_booking.web.routes.deliveries import DELIVERIES
from tiketi_booking.web.routes.holds import HOLDS
from tiketi_booking.web.routes.internal import INTERNAL
from tiketi_booking.web.routes.orders import ORDERS
from tiketi_booking.web.routes.organisers import ORGANISERS
from tiketi_booking.web.routes.payments import PAYMENTS
from tiketi_booking.web.routes.tickets import TICKETS
from tiketi_booking.web.routes.waiting_list import WAITING_LIST

ROUTES = [
    *ACCOUNTS, *CATALOGUE, *HOLDS, *ORDERS, *TICKETS, *CHECK_IN, *WAITING_LIST, *DELIVERIES,
    *PAYMENTS, *ORGANISERS, *INTERNAL,
]  # fmt: skip
