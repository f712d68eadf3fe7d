"""Accounts and sessions."""

from aiohttp import web

from tiketi_booking.usecases.accounts import SignedIn
from tiketi_booking.web.keys import ACCOUNTS, RECOVERY, SETTINGS
from tiketi_booking.web.requests import address_of, session_of
from tiketi_booking.web.schemas import accounts as schemas
from tiketi_booking.web.views import user_view
from tiketi_shared.web import identity_of, json_response, read_json, require_role


async def sign_up(request: web.Request) -> web.Response:
    """Signs in as well. No Idempotency-Key is needed: an address has one account."""
    body = await read_json(request, schemas.SignUp)
    signed_in = await request.app[ACCOUNTS].sign_up(
        body.email, body.password, body.name, replaces=session_of(request)
    )
    return _with_session(request, signed_in, status=201)


async def log_in(request: web.Request) -> web.Response:
    """A session that is presented ends: a session's id always changes at login."""
    body = await read_json(request, schemas.LogIn)
    signed_in = await request.app[ACCOUNTS].log_in(
        body.email, body.password, address_of(request), replaces=session_of(request)
    )
    return _with_session(request, signed_in, status=200)


async def log_out(request: web.Request) -> web.Response:
    session = session_of(request)
    if session is not None:
        await request.app[ACCOUNTS].log_out(session)
    response = web.Response(status=204)
    _forget_cookie(request, response)
    return response


async def request_password_reset(request: web.Request) -> web.Response:
    """Answers the same whether or not there is such an account. The link works for 30 minutes."""
    body = await read_json(request, schemas.PasswordResetRequest)
    await request.app[RECOVERY].request(body.email, address_of(request))
    return web.Response(status=202)


async def reset_password(request: web.Request) -> web.Response:
    """The link works once. All sessions of the account end."""
    body = await read_json(request, schemas.PasswordReset)
    await request.app[RECOVERY].reset(body.token, body.password)
    return web.Response(status=204)


async def me(request: web.Request) -> web.Response:
    account = await request.app[ACCOUNTS].account(identity_of(request).user_id)
    return json_response(user_view(account))


async def change_me(request: web.Request) -> web.Response:
    """A new password ends all other sessions."""
    user_id = identity_of(request).user_id
    body = await read_json(request, schemas.ProfileChange)
    account = await request.app[ACCOUNTS].change(
        user_id, name=body.name, email=body.email, password=body.password,
        current_password=body.current_password, session=session_of(request),
    )  # fmt: skip
    return json_response(user_view(account))


async def erase_me(request: web.Request) -> web.Response:
    """Personal data is erased and every session ends; orders stay, without a name."""
    await request.app[ACCOUNTS].erase(identity_of(request).user_id)
    response = web.Response(status=204)
    _forget_cookie(request, response)
    return response


async def staff(request: web.Request) -> web.Response:
    require_role(request, "admin")
    accounts = await request.app[ACCOUNTS].staff()
    return json_response(schemas.StaffList(staff=[user_view(account) for account in accounts]))


async def set_staff(request: web.Request) -> web.Response:
    """Gives an account a role, or takes it back (`customer`); its sessions end."""
    require_role(request, "admin")
    body = await read_json(request, schemas.StaffChange)
    return json_response(user_view(await request.app[ACCOUNTS].set_role(body.email, body.role)))


def _with_session(request: web.Request, signed_in: SignedIn, *, status: int) -> web.Response:
    view = schemas.SignedIn(user=user_view(signed_in.account), token=signed_in.token)
    response = json_response(view, status=status, headers={"Cache-Control": "no-store"})
    name, https = _cookie(request)
    response.set_cookie(
        name, signed_in.token, path="/", httponly=True, samesite="Lax", secure=https
    )
    return response


def _forget_cookie(request: web.Request, response: web.Response) -> None:
    name, https = _cookie(request)
    response.del_cookie(name, path="/", httponly=True, samesite="Lax", secure=https)


def _cookie(request: web.Request) -> tuple[str, bool]:
    """Its name, and whether it travels by https only."""
    https = request.app[SETTINGS].public_url.startswith("https://")
    return ("__Host-tiketi_session" if https else "tiketi_session"), https
