"""The phonebook as phones and programs fetch it: HTTP with a login and a phonebook password (RFC 7617), reading alone.

No session and no cookie opens these addresses, and they change nothing, so there is nothing that a page of others could
make a browser do here.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from svara.people.models import Account
from svara.phonebooks import door, vendors
from svara.phonebooks.access import access_phonebook
from svara.phonebooks.entries import search
from svara.phonebooks.models import Way

MAX_HEADER_LENGTH = 1200

View = Callable[..., HttpResponse]


def for_readers(way: Way) -> Callable[[View], View]:
    """Only with login and phonebook password; the view gets the account behind the request. Its words are in the person's
    language."""

    def decorate(view: View) -> View:
        @login_not_required
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: str, **more: str) -> HttpResponse:
            login, secret = credentials(request.headers.get("Authorization", ""))
            reader = door.entrance.enter(login, secret, request.META.get("REMOTE_ADDR", ""), way)
            if reader is None:
                return _plain(
                    _("Login and phonebook password do not belong together."), 401, {"WWW-Authenticate": door.CHALLENGE}
                )
            if isinstance(reader, door.Throttled):
                after = str(math.ceil(reader.retry_after_seconds))
                return _plain(_("That was too often. Try again later."), 429, {"Retry-After": after})
            if isinstance(reader, door.Closed):
                return _plain(_("The company does not give its phonebook in this way."), 403)
            with translation.override(language_of(reader.account)):
                return view(request, reader.account, *args, **more)

        return guarded

    return decorate


@for_readers("xml")
@require_safe
def xml(request: HttpRequest, reader: Account, vendor: str, file: str) -> HttpResponse:
    """The phonebook for one vendor's phones; `?search=` gives what is found. Which file of its kind a phone asks for does
    not matter."""
    if not file.endswith(".xml"):
        return _plain(_("There is no such phonebook."), 404)
    return book(request, reader, vendor)


def book(request: HttpRequest, reader: Account, vendor: str) -> HttpResponse:
    """The phonebook for one vendor's phones, to somebody who may read it."""
    rendering = vendors.VENDORS.get(vendor)
    if rendering is None:
        return _plain(_("There is no such phonebook."), 404)
    words = _words(reader)
    if vendor == "snom" and "search" not in request.GET:
        return _xml(request, vendors.snom_question(request.build_absolute_uri(request.path), words))
    wanted = request.GET.get("search", "")
    found = search(access_phonebook(reader), "" if wanted == "#SEARCH" else wanted)
    return _xml(request, rendering(found, words))


def credentials(header: str) -> tuple[str, str]:
    """Login and password of an `Authorization` header (RFC 7617 section 2); empty where there are none."""
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(encoded) > MAX_HEADER_LENGTH:
        return "", ""
    try:
        login, _colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return login, secret


def language_of(account: Account) -> str:
    """The language of a person, or the company's first that pages speak."""
    known = dict(settings.LANGUAGES)
    return next((each for each in (account.language, *account.tenant.languages) if each in known), "en")


def _words(reader: Account) -> vendors.Words:
    return vendors.Words(
        title=reader.tenant.name,
        name=pgettext("phonebook", "Name or number"),
        extension=pgettext("phonebook", "Extension"),
        direct=pgettext("phonebook", "Direct"),
        mobile=pgettext("phonebook", "Mobile"),
    )


def _xml(request: HttpRequest, text: str) -> HttpResponse:
    """A phone that has this very version is told so."""
    body = text.encode()
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    answer = (
        HttpResponse(status=304) if matches(request, tag) else HttpResponse(body, content_type="text/xml; charset=utf-8")
    )
    answer["ETag"], answer["Cache-Control"] = tag, "private, no-cache"
    return answer


def matches(request: HttpRequest, tag: str) -> bool:
    """Whether `If-None-Match` names this version (RFC 9110 section 13.1.2: compared weakly)."""
    known = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "")[:1000].split(",")]
    return tag in known or "*" in known


def _plain(text: str, status: int, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
