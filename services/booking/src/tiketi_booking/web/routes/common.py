"""Headers, parameters and problems that several routes share."""

from tiketi_booking.domain.idempotency import HEADER

KEY = {HEADER: "Up to 255 characters; a repeat of the same request gets the first answer."}
KEY_PROBLEMS = {409: ("still_running",), 422: ("idempotency_key_reused",)}
SEEN = {"If-Match": "The `ETag` of the event that was seen; without it the last change stays."}
PAGE = {"limit": "At most so many, 1 to 100.", "cursor": "`next_cursor` of the page before."}
ENTRIES = {"limit": "Entries at the most, 1 to 100.", "cursor": "From `next_cursor`."}
BUSY = {503: ("unavailable",)}
