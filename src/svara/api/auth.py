"""Who calls the API: the bearer of a token, or the person signed in with a browser.

A request with an `Authorization` header is judged by it alone. A browser's session also needs Django's CSRF token in
`X-CSRFToken` for everything that changes something. `request.auth` is the account, with its tenant.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import aget_user
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from ninja.errors import AuthenticationError, Throttled
from ninja.security import APIKeyCookie, HttpBearer
from ninja.throttling import SimpleRateThrottle

from svara.api.problems import ApiError
from svara.people import access as people
from svara.people import signedin
from svara.people.access import NotFound
from svara.people.models import Account
from svara.people.second.rule import due

FAILURES = "120/m"
"""Wrong tokens that one source may try."""
DIALLING = "300/m"
"""Calls that one person may start over the API."""


class _PerSource(SimpleRateThrottle):
    scope = "source"

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"api-failures-{request.META.get('REMOTE_ADDR', '')}"


class PerPerson(SimpleRateThrottle):
    """Counts for the account that a request acts as."""

    scope = "person"

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"api-{self.rate}-{account_of(request).id}"


_failures = _PerSource(FAILURES)


class Token(HttpBearer):
    """`Authorization: Bearer TOKEN`; tokens come from `svara token` or the profile page."""

    openapi_description = "An API token of a person: `svara token USER`, or from the profile page"

    def __call__(self, request: HttpRequest) -> Any:
        value = request.headers.get(self.header)
        if value is None:
            return None
        scheme, _, token = value.partition(" ")
        return self.authenticate(request, token.strip() if scheme.lower() == "bearer" else "")

    async def authenticate(self, request: HttpRequest, token: str) -> Account:
        account = await sync_to_async(people.account_by_token)(token)
        if account is None:
            if not _failures.allow_request(request):
                raise Throttled(_wait(_failures))
            raise AuthenticationError
        return account


class _Csrf(CsrfViewMiddleware):
    """Django's check, without its page."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        del request, reason
        return HttpResponse(status=403)


def _csrf_is_missing(request: HttpRequest) -> bool:
    check = _Csrf(lambda _: HttpResponse())
    request.csrf_processing_done = False  # type: ignore[attr-defined]
    check.process_request(request)
    return check.process_view(request, HttpResponse, (), {}) is not None


class Session(APIKeyCookie):
    """The session of somebody who is signed in with a browser."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = "A browser's session; whatever changes something also needs the header `X-CSRFToken`"

    def __call__(self, request: HttpRequest) -> Any:
        return self.authenticate(request, None)

    async def authenticate(self, request: HttpRequest, key: str | None) -> Account | None:
        del key
        user = await request.auser()
        if not isinstance(user, Account):
            return None
        if _csrf_is_missing(request):
            raise ApiError(403, "csrf", "A signed-in browser has to send the CSRF token in X-CSRFToken.")
        try:
            found = await sync_to_async(people.me)(user)
        except NotFound:
            return None
        if await sync_to_async(due)(found):
            raise ApiError(403, "second-factor", "The company asks for a second factor: set it up on the pages first.")
        return found


SIGNED_IN = [Token(), Session()]
"""Either way of being known; the first that answers wins."""


def account_of(request: HttpRequest) -> Account:
    """Whom an authenticated request acts as."""
    account = getattr(request, "auth", None)
    if not isinstance(account, Account):
        raise AuthenticationError
    return account


async def still_there(request: HttpRequest) -> Account | None:
    """Whom a request acts as, asked anew: for answers that last. None: token revoked, signed out, or removed."""
    value = request.headers.get("Authorization")
    if value is not None:
        return await sync_to_async(people.account_by_token)(value.partition(" ")[2].strip())
    request.session = type(request.session)(request.session.session_key)
    user = await aget_user(request)
    try:
        return await sync_to_async(_still_here)(user, request) if isinstance(user, Account) else None
    except NotFound:
        return None


def _still_here(user: Account, request: HttpRequest) -> Account | None:
    if not signedin.holds(user, request.session):
        return None
    found = people.me(user)
    return None if due(found) else found


def _wait(throttle: SimpleRateThrottle) -> int | None:
    seconds = throttle.wait()
    return None if seconds is None else int(seconds)
