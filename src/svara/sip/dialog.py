"""Dialogs (RFC 3261 section 12): the state two user agents share, how requests within it are made, and in which order
they count.

A `Dialog` is made from the request and response that establish it. Forked provisional responses make several early
dialogs of one INVITE, each its own object. `encode` gives a small struct for the journal, from which a restarted
process takes the call up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from svara.sip.headers import NameAddr, Replaces, parse_name_addr
from svara.sip.message import Request, Response, SipError, request_of_lines

DialogId = tuple[str, str, str]

MAX_CSEQ: Final = 2**31 - 1


class DialogState(msgspec.Struct, array_like=True, frozen=True):
    """A dialog as it is kept in the journal. New fields are added at the end, with defaults."""

    call_id: str
    local_tag: str
    remote_tag: str
    local_uri: str
    remote_uri: str
    remote_target: str
    route_set: tuple[str, ...]
    local_cseq: int
    remote_cseq: int | None
    secure: bool
    flow_id: str
    contact: str
    confirmed: bool
    owns_call_id: bool = True


class Dialog:
    """One side of a dialog.

    `local_uri` and `remote_uri` are the From and To values without tags, `contact` is our own Contact URI, `flow_id`
    names the flow on which the peer was last heard, `owns_call_id` says who made the Call-ID (it decides after a glare).
    """

    __slots__ = (
        "call_id",
        "confirmed",
        "contact",
        "flow_id",
        "local_cseq",
        "local_tag",
        "local_uri",
        "owns_call_id",
        "remote_cseq",
        "remote_tag",
        "remote_target",
        "remote_uri",
        "route_set",
        "secure",
    )

    def __init__(  # noqa: PLR0917  the order is that of `DialogState`
        self,
        call_id: str,
        local_tag: str,
        remote_tag: str,
        local_uri: str,
        remote_uri: str,
        remote_target: str,
        route_set: tuple[str, ...],
        local_cseq: int,
        remote_cseq: int | None,
        secure: bool,
        flow_id: str,
        contact: str,
        confirmed: bool,
        owns_call_id: bool,
    ) -> None:
        self.call_id = call_id
        self.local_tag = local_tag
        self.remote_tag = remote_tag
        self.local_uri = local_uri
        self.remote_uri = remote_uri
        self.remote_target = remote_target
        self.route_set = route_set
        self.local_cseq = local_cseq
        self.remote_cseq = remote_cseq
        self.secure = secure
        self.flow_id = flow_id
        self.contact = contact
        self.confirmed = confirmed
        self.owns_call_id = owns_call_id

    # --- made from messages

    @classmethod
    def uas(cls, request: Request, local_tag: str, contact: str, flow_id: str, *, local_cseq: int = 0) -> Dialog:
        """The callee's side (section 12.1.1), from the INVITE and the To tag and Contact URI of our response.

        Raises SipError(400) when the request has no usable Contact or From tag.
        """
        caller = request.from_
        return cls(
            call_id=request.call_id,
            local_tag=local_tag,
            remote_tag=caller.tag or "",
            local_uri=without_tag(request, "to"),
            remote_uri=without_tag(request, "from"),
            remote_target=_target(request),
            route_set=tuple(request.all("record-route")),
            local_cseq=local_cseq,
            remote_cseq=request.cseq.number,
            secure=request.uri[:5].lower() == "sips:",
            flow_id=flow_id,
            contact=contact,
            confirmed=False,
            owns_call_id=False,
        )

    @classmethod
    def uac(cls, request: Request, response: Response, contact: str, flow_id: str) -> Dialog:
        """The caller's side (section 12.1.2), from our INVITE and a 101-199 or 2xx response with a To tag.

        Raises SipError(400) when the response has no To tag, or a 2xx no usable Contact.
        """
        callee = response.to
        if callee.tag is None:
            raise SipError(400, "To tag missing")
        early = response.status < 200
        target = request.uri if early and not response.contacts else _target(response)
        return cls(
            call_id=request.call_id,
            local_tag=request.from_.tag or "",
            remote_tag=callee.tag,
            local_uri=without_tag(request, "from"),
            remote_uri=without_tag(request, "to"),
            remote_target=target,
            route_set=tuple(reversed(response.all("record-route"))),
            local_cseq=request.cseq.number,
            remote_cseq=None,
            secure=request.uri[:5].lower() == "sips:",
            flow_id=flow_id,
            contact=contact,
            confirmed=not early,
            owns_call_id=True,
        )

    def confirm(self, response: Response) -> None:
        """The 2xx to the INVITE that made this early dialog: route set and target are those of the 2xx (section
        13.2.2.4).
        """
        self.route_set = tuple(reversed(response.all("record-route")))
        if response.contacts:
            self.remote_target = _target(response)
        self.confirmed = True

    # --- what comes in

    @property
    def id(self) -> DialogId:
        return self.call_id, self.local_tag, self.remote_tag

    def accepts(self, request: Request) -> bool:
        """Is this request in order (section 12.2.2)? Notes its CSeq. False: answer 500.

        An ACK or CANCEL has the CSeq of its INVITE and is always in order.
        """
        if request.method in ("ACK", "CANCEL"):
            return True
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def refresh_target(self, message: Request | Response) -> None:
        """Take the peer's Contact from a target refresh: a re-INVITE or UPDATE, or the 2xx to one (section 12.2)."""
        if message.contacts:
            self.remote_target = _target(message)

    def matches_replaces(self, replaces: Replaces) -> bool:
        """Is this the dialog that the header names (RFC 3891 section 3)? Its to-tag is our local tag."""
        if replaces.early_only and self.confirmed:
            return False
        return (replaces.call_id, replaces.to_tag, replaces.from_tag) == self.id

    # --- what goes out

    def new_request(
        self, method: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", content_type: str | None = None
    ) -> Request:
        """A request within the dialog (section 12.2.1.1), with the next CSeq, and our Contact where it refreshes the target.

        Its Via is left to the transaction layer: it can be sent by `Transactions.request` alone.
        """
        self.local_cseq = self.local_cseq + 1 if self.local_cseq < MAX_CSEQ else 1
        request = self._request(method, self.local_cseq, body, content_type)
        if method in ("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"):
            request.add("Contact", f"<{self.contact}>")
        for name, value in headers:
            request.add(name, value)
        return request

    def new_ack(
        self, cseq: int, headers: Iterable[tuple[str, str]] = (), body: bytes = b"", content_type: str | None = None
    ) -> Request:
        """The ACK to a 2xx for our INVITE with that CSeq number (section 13.2.2.4); send it with `Transactions.send_ack`.

        Where the INVITE carried credentials, `headers` repeats them.
        """
        request = self._request("ACK", cseq, body, content_type)
        for name, value in headers:
            request.add(name, value)
        return request

    def _request(self, method: str, cseq: int, body: bytes, content_type: str | None) -> Request:
        uri, routes = self.remote_target, self.route_set
        if routes:
            first = parse_name_addr(routes[0]).uri
            if "lr" not in first.params:  # a strict router (RFC 2543): it takes its address from the Request-URI
                uri = str(first.with_params({k: v for k, v in first.params.items() if k != "method"}))
                routes = (*routes[1:], f"<{self.remote_target}>")
        if not uri.isprintable() or " " in uri:
            raise SipError(400, "Contact cannot be a Request-URI")
        remote = f"{self.remote_uri};tag={self.remote_tag}" if self.remote_tag else self.remote_uri
        lines = {
            "via": "",  # the transaction layer's
            "max-forwards": "Max-Forwards: 70",
            "from": f"From: {self.local_uri};tag={self.local_tag}",
            "to": f"To: {remote}",
            "call-id": f"Call-ID: {self.call_id}",
            "cseq": f"CSeq: {cseq} {method}",
        }
        if routes:
            lines["route"] = "\r\n".join([f"Route: {route}" for route in routes])
        if content_type is not None:
            lines["content-type"] = f"Content-Type: {content_type}"
        return request_of_lines(method, uri, lines, body)

    @property
    def next_hop(self) -> str:
        """The URI to send requests to: the first route, else the remote target."""
        return str(parse_name_addr(self.route_set[0]).uri) if self.route_set else self.remote_target

    # --- the journal

    def encode(self) -> DialogState:
        return DialogState(
            self.call_id,
            self.local_tag,
            self.remote_tag,
            self.local_uri,
            self.remote_uri,
            self.remote_target,
            self.route_set,
            self.local_cseq,
            self.remote_cseq,
            self.secure,
            self.flow_id,
            self.contact,
            self.confirmed,
            self.owns_call_id,
        )

    @classmethod
    def decode(cls, state: DialogState) -> Dialog:
        return cls(*msgspec.structs.astuple(state))


def dialog_id(request: Request) -> DialogId | None:
    """The id of the dialog that a received request belongs to, as its `Dialog.id` on our side; None for one outside
    dialogs.
    """
    tag = request.to.tag
    return None if tag is None else (request.call_id, tag, request.from_.tag or "")


def without_tag(message: Request | Response, name: Literal["from", "to"]) -> str:
    """A From or To value without its tag: as the peer wrote it, where that is plain to see."""
    text = message.first(name) or ""
    head, tag, rest = text.rpartition(";tag=")
    if tag and head.endswith(">") and rest.isascii() and rest.replace("-", "").replace(".", "").isalnum():
        return head
    if not tag and text.endswith(">") and text.isascii():
        return text
    address = message.from_ if name == "from" else message.to
    if "tag" not in address.params:
        return str(address)
    return str(NameAddr(address.display, address.uri, {k: v for k, v in address.params.items() if k != "tag"}))


def _target(message: Request | Response) -> str:
    contacts = message.contacts
    if len(contacts) != 1 or not contacts[0].uri.is_sip:
        raise SipError(400, "Contact missing or ambiguous")
    text = message.first("contact") or ""
    end = text.find(">")
    if text[:1] == "<" and text.isascii() and text[1:5] in ("sip:", "sips"):
        return text[1:end]
    return str(contacts[0].uri)
