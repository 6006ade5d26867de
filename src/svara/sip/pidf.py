"""Whether somebody can be reached: the `presence` event package (RFC 3856) and its document (PIDF, RFC 3863), with what they
are doing (RPID, RFC 4480; the person of RFC 4479)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal
from xml.etree.ElementTree import Element, SubElement

from svara.sip.notifier import Document, document_of

PRESENCE: Final = "presence"
PIDF_TYPE: Final = "application/pidf+xml"

Activity = Literal["", "on-the-phone", "away", "busy", "meeting"]
"""Those of RFC 4480 section 3.2 that we know of; "": nothing special."""


@lru_cache(4096)
def pidf(entity: str, activity: Activity, *, reachable: bool, note: str = "", language: str = "") -> Document:
    """The presence of `entity` (a SIP URI). `note` says it in words, in the `language` (BCP 47) of who is told."""
    root = Element(
        "presence",
        {
            "xmlns": "urn:ietf:params:xml:ns:pidf",
            "xmlns:dm": "urn:ietf:params:xml:ns:pidf:data-model",
            "xmlns:rpid": "urn:ietf:params:xml:ns:pidf:rpid",
            "entity": entity,
        },
    )
    one = SubElement(root, "tuple", {"id": "t1"})
    status = SubElement(one, "status")
    SubElement(status, "basic").text = "open" if reachable else "closed"
    SubElement(one, "contact").text = entity
    if note:
        SubElement(one, "note", {"xml:lang": language} if language else {}).text = note
    person = SubElement(root, "dm:person", {"id": "p1"})
    if activity:
        SubElement(SubElement(person, "rpid:activities"), f"rpid:{activity}")
    return document_of(root)
