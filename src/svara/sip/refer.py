"""REFER (RFC 3515): what a phone asks for by it, and what it is told of how that went.

Pure functions over messages; what becomes of a request, `svara.calls.moves` decides. Guarantees: nothing that a peer wrote
into a Refer-To goes any further but a user part, a host and the three parts of a Replaces (RFC 3891), each of bounded length
and without control characters.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

import msgspec

from svara.sip.headers import Replaces, parse_name_addr, parse_replaces
from svara.sip.message import Request, SipError
from svara.sip.reasons import REASONS
from svara.sip.uri import Uri

SIPFRAG: Final = "message/sipfrag;version=2.0"
NO_SUBSCRIPTION: Final = "norefersub"
"""The option by which a phone says that it needs no subscription (RFC 4488 section 4)."""
SUBSCRIPTION_SECONDS: Final = 180
MAX_ADDRESS_LENGTH: Final = 1_024
MAX_REPLACES_LENGTH: Final = 512
_MAX_HEADERS: Final = 8


class ReferTo(msgspec.Struct, frozen=True, gc=False):
    """Whom to call: a SIP or tel address, without its headers; and the dialog that the new call takes over."""

    uri: Uri
    replaces: Replaces | None = None


def parse_refer_to(request: Request) -> ReferTo:
    """The one Refer-To of a REFER (RFC 3515 section 2.1), the Replaces in its URI included.

    Raises SipError: 400 for none, several, too long or malformed ones, 416 for another scheme, 603 for another method than
    INVITE (section 2.4.2 leaves it to us).
    """
    values = request.all("refer-to")
    if len(values) != 1 or len(values[0]) > MAX_ADDRESS_LENGTH:
        raise SipError(400, "Exactly one Refer-To is needed")
    uri = parse_name_addr(values[0]).uri
    if not (uri.is_sip or uri.scheme == "tel"):
        raise SipError(416, "Unsupported URI Scheme")
    if (uri.params.get("method") or "INVITE").upper() != "INVITE":
        raise SipError(603, "Decline")
    replaces = _replaces(uri.headers) if uri.headers else None
    return ReferTo(Uri(uri.scheme, uri.user, None, uri.host, uri.port), replaces)


def _replaces(headers: str) -> Replaces | None:
    """The Replaces among the headers of a URI; all others are left out."""
    parts = headers.split("&")
    if len(parts) > _MAX_HEADERS:
        raise SipError(400, "Malformed Refer-To")
    found = [value for name, _, value in (part.partition("=") for part in parts) if name.strip().lower() == "replaces"]
    if not found:
        return None
    if len(found) > 1:
        raise SipError(400, "Malformed Refer-To")
    return checked_replaces(unquote(found[0]))


def checked_replaces(text: str) -> Replaces:
    """A Replaces of a length and with signs that a dialog can have. Raises SipError(400)."""
    if not text or len(text) > MAX_REPLACES_LENGTH or not text.isascii() or not text.isprintable():
        raise SipError(400, "Malformed Replaces")
    return parse_replaces(text)


def referrer_host(request: Request) -> str:
    """The host of who refers, as the phone writes itself in Referred-By (RFC 3892); "" where it does not.

    Who it is, its dialog tells; the name in the header is nobody's proof. Raises SipError(400) for several or malformed
    ones.
    """
    values = request.all("referred-by")
    if not values:
        return ""
    if len(values) > 1 or len(values[0]) > MAX_ADDRESS_LENGTH:
        raise SipError(400, "Malformed Referred-By")
    return parse_name_addr(values[0]).uri.host


def wants_subscription(request: Request) -> bool:
    """Whether the phone wants to be told how it went (RFC 4488 section 4). Raises SipError(400)."""
    value = (request.first("refer-sub") or "true").partition(";")[0].strip().lower()
    if value not in ("true", "false"):
        raise SipError(400, "Malformed Refer-Sub")
    return value == "true"


def sipfrag(status: int) -> bytes:
    """The body of a NOTIFY (RFC 3515 section 2.4.5): the status line, and nothing of anybody's."""
    return f"SIP/2.0 {status} {REASONS.get(status, 'Unknown')}\r\n".encode()
