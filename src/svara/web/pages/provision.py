"""Where phones fetch their settings and their phonebook: no session, no cookie, no page; who asks is decided by
`svara.people.provisioning.fetching`.

Answers are short and plain: nobody reads them but a phone, and sometimes an administrator who looks why one does not come.
"""

from __future__ import annotations

import ipaddress
import math

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from svara.api.system import is_local
from svara.calls.commands import ForgetPhone
from svara.people.provisioning.fetching import PHONEBOOK, Asked, Refused, Server, fetch, reader
from svara.people.provisioning.setup import Transport
from svara.phonebooks.access import opening_of
from svara.web.pages.calls import ask
from svara.web.pages.phonebook_door import book, language_of

_DEFAULT_PORT = 5060
_STATUS = {"gone": 404, "clear": 403, "often": 429}


@login_not_required
@csrf_exempt
@require_GET
def give(request: HttpRequest, key: str, file: str) -> HttpResponse:
    """One file of one phone."""
    asked = Asked(
        key=key,
        file=file,
        agent=request.headers.get("User-Agent", "")[:300],
        source=request.META.get("REMOTE_ADDR", ""),
        private=request.is_secure() or is_local(request),
    )
    if file == PHONEBOOK:
        return _phonebook(request, asked)
    given = fetch(asked, server_of(request), timezone.now())
    if isinstance(given, Refused):
        return _refused(given)
    if given.stale_login:
        async_to_sync(ask)(ForgetPhone(given.stale_login))
    return HttpResponse(given.body, content_type=given.content_type)


def _phonebook(request: HttpRequest, asked: Asked) -> HttpResponse:
    found = reader(asked, timezone.now())
    if isinstance(found, Refused):
        return _refused(found)
    account = found.phone.account
    if not opening_of(account).xml:
        return _refused(Refused("gone"))
    with translation.override(language_of(account)):
        return book(request, account, found.maker)


def _refused(refused: Refused) -> HttpResponse:
    texts = {
        "gone": _("There is nothing here for this phone."),
        "clear": _("Settings hold secrets: this phone has to fetch them by https. An administrator can allow otherwise."),
        "often": _("That was too often. Try again later."),
    }
    headers = {"Retry-After": str(math.ceil(refused.retry_after_seconds))} if refused.why == "often" else {}
    plain = "text/plain; charset=utf-8"
    return HttpResponse(f"{texts[refused.why]}\n", status=_STATUS[refused.why], content_type=plain, headers=headers)


def server_of(request: HttpRequest) -> Server:
    """Where phones find SIP and their settings: by the public name of the pages, where there is one."""
    listens = settings.SIP_TLS_LISTENS or settings.SIP_LISTENS
    transport: Transport = "tls" if settings.SIP_TLS_LISTENS else "udp"
    bound, _colon, port = listens.rpartition(":")
    number = int(port) if port.isdecimal() else _DEFAULT_PORT
    return Server(_host(request, bound.strip("[]")), number, transport, f"{base_of(request)}provision/")


def base_of(request: HttpRequest) -> str:
    """The address of the pages, with a slash at its end."""
    if settings.ADDRESS.hostname:
        return f"{settings.ADDRESS.scheme}://{settings.ADDRESS.netloc}/"
    return request.build_absolute_uri("/")


def _host(request: HttpRequest, bound: str) -> str:
    """A name is better than an address, and an address that means something better than "any"."""
    if settings.ADDRESS.hostname:
        return str(settings.ADDRESS.hostname)
    try:
        anywhere = not bound or ipaddress.ip_address(bound).is_unspecified
    except ValueError:
        anywhere = False
    named = request.get_host()
    own = named.rpartition(":")[0] if named.rpartition(":")[2].isdecimal() and not named.endswith("]") else named
    return str(settings.SIP_ADDRESS) or (own if anywhere else bound)
