"""What we can do, said in OPTIONS responses and wherever a peer needs something that we cannot (RFC 3261 sections 8.2
and 11).
"""

from __future__ import annotations

from typing import Final

from svara.sip.message import Request, Response, new_response

METHODS: Final = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "UPDATE", "PRACK", "INFO")
EXTENSIONS: Final = ("100rel", "timer", "replaces", "path", "outbound")

ALLOW: Final = ("Allow", ", ".join(METHODS))
SUPPORTED: Final = ("Supported", ", ".join(EXTENSIONS))
ACCEPT: Final = ("Accept", "application/sdp")


def answer_options(request: Request, to_tag: str, *, status: int = 200) -> Response:
    """The answer to OPTIONS (section 11.2): what an INVITE would get, and what we can do."""
    headers = [ALLOW, ACCEPT, ("Accept-Encoding", "identity"), ("Accept-Language", "en"), SUPPORTED]
    return new_response(request, status, headers=headers, to_tag=to_tag)


def refuse_unknown(request: Request, to_tag: str) -> Response | None:
    """405 for a method that we do not know, 420 for an extension that we would need (section 8.2); None when all is
    known.
    """
    if request.method not in METHODS:
        return new_response(request, 405, headers=[ALLOW], to_tag=to_tag)
    if request.method not in ("ACK", "CANCEL"):
        unknown = sorted(request.require.difference(EXTENSIONS))
        if unknown:
            return new_response(request, 420, headers=[("Unsupported", ", ".join(unknown[:20]))], to_tag=to_tag)
    return None
