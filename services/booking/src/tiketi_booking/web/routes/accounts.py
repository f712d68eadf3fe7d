"""Accounts and roles."""

from tiketi_booking.web import accounts
from tiketi_booking.web.schemas import accounts as schemas
from tiketi_shared.routes import Route

ACCOUNTS = [
    Route(
        method="POST", path="/api/auth/signup", handler=accounts.sign_up, access="anyone",
        summary="Make an account and sign in", tag="accounts", body=schemas.SignUp,
        answers={201: schemas.SignedIn},
        problems={409: ("email_taken",), 422: ("invalid",), 429: ("too_many_requests",)},
    ),
    Route(
        method="POST", path="/api/auth/login", handler=accounts.log_in, access="anyone",
        summary="Sign in", tag="accounts", body=schemas.LogIn, answers={200: schemas.SignedIn},
        problems={401: ("invalid_credentials",), 429: ("too_many_requests",)},
    ),
    Route(
        method="POST", path="/api/auth/logout", handler=accounts.log_out, access="anyone",
        summary="End the session at once", tag="accounts", answers={204: None},
    ),
    Route(
        method="POST", path="/api/auth/password-reset", handler=accounts.request_password_reset,
        access="anyone", summary="Mail a link to choose a new password", tag="accounts",
        body=schemas.PasswordResetRequest, answers={202: None},
        problems={429: ("too_many_requests",), 503: ("mail_unavailable",)},
    ),
    Route(
        method="POST", path="/api/auth/password-reset/confirm", handler=accounts.reset_password,
        access="anyone", summary="Choose a new password by a mailed link", tag="accounts",
        body=schemas.PasswordReset, answers={204: None},
        problems={410: ("reset_expired",), 422: ("invalid",), 429: ("too_many_requests",)},
    ),
    Route(
        method="GET", path="/api/me", handler=accounts.me, summary="The caller's profile",
        tag="accounts", answers={200: schemas.UserView},
    ),
    Route(
        method="PATCH", path="/api/me", handler=accounts.change_me, summary="Change the profile",
        tag="accounts", body=schemas.ProfileChange, answers={200: schemas.UserView},
        problems={401: ("unauthenticated", "invalid_credentials"), 409: ("email_taken",),
                  422: ("invalid",)},
    ),
    Route(
        method="DELETE", path="/api/me", handler=accounts.erase_me, tag="accounts",
        summary="Erase the account's personal data", answers={204: None},
        problems={409: ("last_admin",)},
    ),
    Route(
        method="GET", path="/api/admin/staff", handler=accounts.staff, access="admin",
        summary="Who has a role", tag="organisers", answers={200: schemas.StaffList},
    ),
    Route(
        method="POST", path="/api/admin/staff", handler=accounts.set_staff, access="admin",
        summary="Give someone a role, or take it back", tag="organisers",
        body=schemas.StaffChange, answers={200: schemas.UserView},
        problems={404: ("not_found",), 409: ("last_admin",)},
    ),
]  # fmt: skip
