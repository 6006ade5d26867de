"""Where an account is registered: the `reg` event package (RFC 3680)."""

from __future__ import annotations

from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from svara.sip.notifier import Document, document_of
from svara.sip.syntax import printable

REG: Final = "reg"
REGINFO_TYPE: Final = "application/reginfo+xml"
DEFAULT_SECONDS: Final = 3_761
"""Section 4.4: not that of a registration, so that the two do not meet."""


class Registered(NamedTuple):
    """One contact that is registered (section 5.2)."""

    id: str
    uri: str
    call_id: str
    cseq: int
    expires_seconds: int
    q: float = 1.0


def reginfo(aor: str, contacts: tuple[Registered, ...]) -> Document:
    """The registrations of `aor` (a SIP URI): full state."""
    root = Element("reginfo", {"xmlns": "urn:ietf:params:xml:ns:reginfo", "version": "0", "state": "full"})
    state = "active" if contacts else "terminated"
    registration = SubElement(root, "registration", {"aor": aor, "id": "a1", "state": state})
    for one in contacts:
        contact = SubElement(
            registration,
            "contact",
            {
                "id": one.id,
                "state": "active",
                "event": "registered",
                "callid": printable(one.call_id, 255),
                "cseq": str(one.cseq),
                "expires": str(max(0, one.expires_seconds)),
                "q": f"{one.q:.1f}",
            },
        )
        SubElement(contact, "uri").text = printable(one.uri, 1024)
    return document_of(root)
