"""A network for tests of the layers above the sockets: flows that remember what was sent, and letters to hand in."""

from __future__ import annotations

from collections.abc import Callable

from svara.sip.message import Malformed, Message, Request, Response, new_response, parse
from svara.sip.transport.flow import Address, Flow


class FakeFlow(Flow):
    """A flow whose wire is a list."""

    def __init__(self, transport: str = "UDP", remote: Address = ("192.0.2.10", 5060), *, works: bool = True) -> None:
        super().__init__(transport, remote, f"{transport.lower()}/{remote[0]}/{remote[1]}")
        self.sent: list[bytes] = []
        self.works = works
        self.neighbours: dict[int, FakeFlow] = {}
        self.trust = False

    @property
    def local(self) -> Address:
        return "198.51.100.1", 5060

    @property
    def trusted(self) -> bool:
        return self.trust

    @trusted.setter
    def trusted(self, value: bool) -> None:
        self.trust = value

    def beside(self, port: int) -> Flow:
        if self.reliable or port == self.remote[1]:
            return self
        if port not in self.neighbours:
            self.neighbours[port] = FakeFlow(self.transport, (self.remote[0], port))
        return self.neighbours[port]

    def send(self, data: bytes) -> bool:
        if self.closed or not self.works:
            return False
        self.sent.append(data)
        return True

    def close(self) -> None:
        self._closed()

    def messages(self) -> list[Message]:
        """What was sent, parsed."""
        found = [parse(data) for data in self.sent]
        assert not any(isinstance(one, Malformed) for one in found)
        return [one for one in found if isinstance(one, Message)]

    def take(self) -> Message:
        """The only message sent since the last time."""
        assert len(self.sent) == 1, self.sent
        message = self.messages()[0]
        self.sent.clear()
        return message

    def take_request(self, method: str) -> Request:
        message = self.take()
        assert isinstance(message, Request)
        assert message.method == method
        return message

    def take_response(self, status: int) -> Response:
        message = self.take()
        assert isinstance(message, Response)
        assert message.status == status
        return message


class FakeTransports:
    """What the transaction layer needs of the transports."""

    def __init__(self) -> None:
        self.on_message: Callable[[Message | Malformed, Flow], None] | None = None
        self.on_unreachable: Callable[[Flow], None] | None = None
        self.aliases: list[tuple[Flow, int]] = []

    def alias(self, flow: Flow, port: int) -> None:
        self.aliases.append((flow, port))

    def arrive(self, data: bytes | Message, flow: Flow) -> None:
        assert self.on_message is not None
        self.on_message(parse(data if isinstance(data, bytes) else data.to_bytes()), flow)


def request_bytes(
    method: str = "INVITE",
    *,
    branch: str = "z9hG4bKanna1",
    cseq: int = 1,
    call_id: str = "call-1@anna",
    to_tag: str = "",
    via: str = "",
    extra: tuple[str, ...] = (),
    body: bytes = b"",
    transport: str = "UDP",
    uri: str = "sip:bob@svara.test",
) -> bytes:
    """A request from Anna's phone (192.0.2.10:5060) to Bob."""
    lines = [
        f"{method} {uri} SIP/2.0",
        via or f"Via: SIP/2.0/{transport} 192.0.2.10:5060;branch={branch}",
        "Max-Forwards: 70",
        'From: "Anna Berg" <sip:anna@svara.test>;tag=anna-tag',
        "To: <sip:bob@svara.test>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {method}",
        "Contact: <sip:anna@192.0.2.10:5060>",
        *extra,
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def answer(request: Request, status: int, *, to_tag: str = "bob-tag", contact: str = "sip:bob@192.0.2.20") -> bytes:
    """Bob's phone answers."""
    headers = [("Contact", f"<{contact}>")] if contact and 100 < status < 300 else []
    return new_response(request, status, headers=headers, to_tag=to_tag if status > 100 else None).to_bytes()
