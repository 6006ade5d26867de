"""CardDAV: address books of computers and mobile phones keep a copy of the phonebook (RFC 6352), and write nothing.

A program finds its way from `/.well-known/carddav` (RFC 6764 section 5) over the principal to the address book.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from svara.people.models import Account
from svara.phonebooks.access import access_phonebook
from svara.phonebooks.cards import Version, tag
from svara.phonebooks.dav import answers, asked
from svara.phonebooks.dav.library import CARD_TYPE, ROOT, Library, Node
from svara.phonebooks.dav.names import DAV
from svara.web.pages.phonebook_door import for_readers, matches

READING = "OPTIONS, GET, HEAD, PROPFIND, REPORT"
CLASSES = "1, 3, access-control, addressbook"
"""What we are of WebDAV (RFC 4918 section 18, RFC 6352 section 6.1): without locks."""
XML = "application/xml; charset=utf-8"

Answering = Callable[[HttpRequest, Library, Node], HttpResponse]


@login_not_required
@csrf_exempt
def well_known(request: HttpRequest) -> HttpResponse:
    """Where the address books are."""
    del request
    return HttpResponse(status=301, headers={"Location": ROOT})


@for_readers("carddav")
def carddav(request: HttpRequest, reader: Account, path: str = "") -> HttpResponse:
    """Everything below `/carddav/`."""
    method = request.method or ""
    if method == "OPTIONS":
        return _with_dav(HttpResponse(status=200))
    answer = _ANSWERS.get(method)
    if answer is None:
        return _with_dav(HttpResponse(answers.unmet(f"{{{DAV}}}need-privileges"), status=403, content_type=XML))
    library = Library(access_phonebook(reader), reader.tenant.name, _("Phonebook of the company"))
    node = library.find(ROOT + path)
    if node is None:
        return _with_dav(HttpResponse(status=404))
    try:
        return _with_dav(answer(request, library, node))
    except asked.Unreadable:
        return _with_dav(HttpResponse(status=400))
    except asked.Unmet as error:
        return _with_dav(HttpResponse(answers.unmet(error.name), status=403, content_type=XML))


def _get(request: HttpRequest, library: Library, node: Node) -> HttpResponse:
    if node.entry is None:
        return HttpResponse(status=405, headers={"Allow": READING})
    etag = tag(node.entry, library.company)
    if matches(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    accepted = request.headers.get("Accept", "").replace('"', "").replace(" ", "")
    version: Version = "4.0" if "version=4.0" in accepted else "3.0"
    return HttpResponse(library.card(node.entry, version), content_type=CARD_TYPE, headers={"ETag": etag})


def _propfind(request: HttpRequest, library: Library, node: Node) -> HttpResponse:
    depth = request.headers.get("Depth", "infinity").strip().lower()
    return _multistatus(answers.properties(library, node, depth, asked.propfind(request.body)))


def _report(request: HttpRequest, library: Library, node: Node) -> HttpResponse:
    if node.kind != "book":
        raise asked.Unmet(f"{{{DAV}}}supported-report")
    return _multistatus(answers.report(library, asked.report(request.body)))


def _multistatus(text: str) -> HttpResponse:
    return HttpResponse(text.encode(), status=207, content_type=XML)


def _with_dav(answer: HttpResponse) -> HttpResponse:
    answer["DAV"], answer["Allow"], answer["Cache-Control"] = CLASSES, READING, "private, no-cache"
    return answer


_ANSWERS: dict[str, Answering] = {"GET": _get, "HEAD": _get, "PROPFIND": _propfind, "REPORT": _report}
