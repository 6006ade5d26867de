"""Header names: their long lower-case form (the key), how they are written, and which may come once or as a list."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> list[str]:
    return text.split()


COMPACT: Final = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "n": "identity-info",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
"""Compact forms (RFC 3261 7.3.3 and the registry of header fields)."""

_WRITTEN: Final = _words(
    "Accept Accept-Contact Accept-Encoding Accept-Language Accept-Resource-Priority Alert-Info Allow Allow-Events "
    "Answer-Mode Authentication-Info Authorization Call-ID Call-Info Contact Content-Disposition Content-Encoding "
    "Content-ID Content-Language Content-Length Content-Transfer-Encoding Content-Type CSeq Date Diversion "
    "Error-Info Event Expires Feature-Caps Flow-Timer From Geolocation History-Info Identity Identity-Info "
    "In-Reply-To Info-Package Join Max-Breadth Max-Forwards MIME-Version Min-Expires Min-SE Organization "
    "P-Access-Network-Info P-Asserted-Identity P-Associated-URI P-Called-Party-ID P-Charging-Vector P-Early-Media "
    "P-Preferred-Identity Path Permission-Missing Priority Privacy Proxy-Authenticate Proxy-Authorization "
    "Proxy-Require RAck Reason Record-Route Recv-Info Refer-Sub Refer-To Referred-By Reject-Contact "
    "Remote-Party-ID Replaces Reply-To Request-Disposition Require Resource-Priority Retry-After Route RSeq "
    "Security-Client Security-Server Security-Verify Server Service-Route Session-Expires Session-ID SIP-ETag "
    "SIP-If-Match Subject Subscription-State Supported Suppress-If-Match Target-Dialog Timestamp To Unsupported "
    "User-Agent User-to-User Via Warning WWW-Authenticate"
)

DISPLAY: Final = {name.lower(): name for name in _WRITTEN}
"""How each known name is written, by key."""

AS_WRITTEN: Final = frozenset(_WRITTEN)
"""The known names in that spelling."""

KNOWN: Final[dict[str, str]] = {
    spelling: name.lower()
    for name in _WRITTEN
    for spelling in (name, name.lower(), name.upper(), name.title(), name.replace("ID", "Id"))
} | {spelling: key for short, key in COMPACT.items() for spelling in (short, short.upper())}
"""The spellings met every day, to find a key without work; others go through `key_of`."""

LISTS: Final = frozenset(
    _words(
        "accept accept-contact accept-encoding accept-language accept-resource-priority alert-info allow allow-events "
        "call-info contact content-encoding content-language diversion error-info feature-caps geolocation "
        "history-info in-reply-to p-asserted-identity p-associated-uri p-early-media p-preferred-identity path "
        "permission-missing proxy-require reason record-route recv-info reject-contact remote-party-id "
        "require resource-priority route "
        "security-client security-server security-verify service-route supported unsupported via warning"
    )
)
"""Headers whose values may be joined by commas (7.3.1); no other header is ever split."""

ONCE: Final = frozenset(
    _words(
        "call-id content-disposition content-length content-type cseq event expires from max-forwards min-expires min-se "
        "rack refer-to replaces rseq session-expires subscription-state to"
    )
)
"""Headers that may come once only: a second one would let two readers see two messages (RFC 4475 3.3.8, 3.3.9)."""


def key_of(name: str) -> str:
    """The key of a header name in any spelling or compact form."""
    key = KNOWN.get(name)
    if key is None:
        key = name.lower()
        key = COMPACT.get(key, key)
    return key


def display_of(name: str) -> str:
    """A name as it is written on the wire: the standard's spelling, else as given, words capitalised if lower-case."""
    known = DISPLAY.get(name)
    if known is not None:
        return known
    return name.title() if name.islower() else name
