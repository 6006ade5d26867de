"""What a notifier says and understands (RFC 6665), whatever the event package; the documents of the packages stand in
`dialoginfo` (RFC 4235), `pidf` (RFC 3856, 3863), `reginfo` (RFC 3680) and, for messages waiting (RFC 3842), here.

Pure functions over messages; who may subscribe, and for how long a subscription stands, is decided above.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, tostring

from svara.sip.message import Request, SipError

MESSAGE_SUMMARY: Final = "message-summary"
MESSAGE_SUMMARY_TYPE: Final = "application/simple-message-summary"

DEFAULT_SECONDS: Final = 3_600
"""RFC 3842 section 3.4, RFC 4235 section 3.4 and RFC 3856 section 6.4 name it, too."""
MIN_SECONDS: Final = 60
MAX_SECONDS: Final = 7_200
_MAX_EVENT_LENGTH: Final = 128
_VERSION: Final = b' version="0"'


class Document(NamedTuple):
    """The state of something as the body of a NOTIFY. Most packages number what one subscription is told: the same document
    serves many, each with a `version` of its own."""

    head: bytes
    tail: bytes = b""

    def at(self, version: int) -> bytes:
        """The body of the NOTIFY with that number (0 is the first of a subscription)."""
        return b'%s version="%d"%s' % (self.head, version, self.tail) if self.tail else self.head


def document_of(root: Element) -> Document:
    """The document of an XML tree; where its root has `version="0"` as an attribute, that is the subscription's to count."""
    text: bytes = tostring(root, "UTF-8", xml_declaration=True)
    head, version, tail = text.partition(_VERSION)
    return Document(head, tail) if version else Document(text)


def event_of(request: Request) -> tuple[str, str]:
    """The package that a SUBSCRIBE asks for, in lower case, and the whole value of its Event header, which every NOTIFY
    repeats: with an `id` it tells one subscription from another (section 8.2.1). ("", "") without one that can be used."""
    value = (request.first("event") or "").strip()
    if not value or len(value) > _MAX_EVENT_LENGTH or not value.isascii() or not value.isprintable():
        return "", ""
    return value.partition(";")[0].strip().lower(), value


def accepts(request: Request, content_type: str) -> bool:
    """Whether the subscriber takes bodies of this type; one that says nothing takes the package's own."""
    wanted = [one.strip().partition(";")[0].strip().lower() for value in request.all("accept") for one in value.split(",")]
    return not wanted or any(one in (content_type, "application/*", "*/*") for one in wanted)


def granted_seconds(request: Request) -> int:
    """For how long a SUBSCRIBE gets its subscription; 0 ends it, or asks once (section 4.2.1.1).

    Raises SipError(423) for less than the least; the answer then needs a Min-Expires of `MIN_SECONDS`.
    """
    asked = request.expires
    if asked is None:
        return DEFAULT_SECONDS
    if 0 < asked < MIN_SECONDS:
        raise SipError(423, "Interval Too Brief")
    return min(asked, MAX_SECONDS)


def active(seconds: float) -> str:
    """Subscription-State of one that goes on for so long."""
    return f"active;expires={max(0, round(seconds))}"


def terminated(reason: str) -> str:
    """Subscription-State of one that has ended (section 4.1.3): "timeout", "deactivated" (subscribe again at once),
    "noresource" (there is nothing to watch any more)."""
    return f"terminated;reason={reason}"


def message_summary(account: str, new: int, old: int) -> bytes:
    """Messages waiting for `account` (a SIP URI), RFC 3842 section 5.2: `new` ones were not heard yet, `old` ones were."""
    waiting = "yes" if new else "no"
    return f"Messages-Waiting: {waiting}\r\nMessage-Account: {account}\r\nVoice-Message: {new}/{old} (0/0)\r\n".encode()
