"""Reads everything there is to read of a message, as the layers above would; what is malformed may only raise SipError."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from svara.sip import headers
from svara.sip.message import Malformed, Message, Request, Response, new_response
from svara.sip.sdp import is_hold, parse_sdp
from svara.sip.syntax import SipError

PROPERTIES = [
    *("via", "vias", "call_id", "cseq", "from_", "to", "contacts", "contact_star", "routes", "record_routes", "paths"),
    *("service_routes", "asserted_identities", "max_forwards", "expires", "content_type", "supported", "require"),
    *("proxy_require", "allow"),
]

PARSERS: dict[str, Callable[[str], Any]] = {
    "reason": headers.parse_reason,
    "replaces": headers.parse_replaces,
    "rack": headers.parse_rack,
    "rseq": headers.parse_rseq,
    "session-expires": headers.parse_session_expires,
    "min-se": headers.parse_min_se,
    "privacy": headers.parse_privacy,
    "authorization": headers.parse_authorization,
    "proxy-authorization": headers.parse_authorization,
    "www-authenticate": headers.parse_authorization,
}


def touch(message: Request | Response | Malformed) -> None:
    """Raises only what is a defect of ours."""
    if isinstance(message, Malformed):
        assert message.status in (0, 400, 414, 505)
        assert (message.request is None) == (message.status == 0)
        if message.request is not None:
            new_response(message.request, message.status, message.reason, to_tag="t").to_bytes()
        return
    touch_fields(message)
    if isinstance(message, Request):
        with contextlib.suppress(SipError):
            str(message.request_uri)
        new_response(message, 200, to_tag="t").to_bytes()
    message.to_bytes()


def touch_fields(message: Message) -> None:
    for name in PROPERTIES:
        with contextlib.suppress(SipError):
            value = getattr(message, name)
            if name in ("from_", "to", "via"):
                str(value).encode()
            elif name == "contacts":
                for contact in value:
                    str(contact).encode()
                    assert contact.expires is None or contact.expires >= 0
                    assert contact.instance is None or contact.instance.encode() is not None
                    with contextlib.suppress(SipError):
                        assert 0 <= contact.q <= 1
                        assert contact.reg_id is None or contact.reg_id > 0
    for name in message.names():
        with contextlib.suppress(SipError):
            for value in message.all(name):
                assert "\r" not in value
                assert "\n" not in value
        parser = PARSERS.get(name)
        if parser is not None:
            with contextlib.suppress(SipError):
                parser(message.first(name) or "")
    if message.body[:2] == b"v=":
        with contextlib.suppress(SipError):
            sdp = parse_sdp(message.body)
            is_hold(sdp)
            sdp.without_topology("1", 2).with_direction("inactive").to_bytes()
            for media in sdp.media:
                media.codecs  # noqa: B018
                media.attributes  # noqa: B018
