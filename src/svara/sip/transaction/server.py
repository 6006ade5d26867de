"""Server transactions (RFC 3261 sections 17.2, 9.2 and 13.3.1.4, RFC 6026)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from svara.sip.message import Request, Response, new_request, new_response
from svara.sip.timers import Ticket
from svara.sip.transaction.times import LIFE, T1, T2, TRYING
from svara.sip.transport.flow import Flow

if TYPE_CHECKING:
    from svara.sip.transaction.layer import Transactions


class ServerTransaction:
    """One request that waits for our final response; handed to `on_request`.

    `on_cancel(cancel_request)`: the caller gave up (the CANCEL itself has its 200) or its connection closed: answer 487.
    Left None, the layer answers it.

    `on_ack(ack_request)`: the ACK to our 2xx, once. Left None, it goes to the layer's `on_ack`.

    `on_no_ack()`: 64*T1 passed since our 2xx without an ACK.
    """

    __slots__ = (
        "_elapsed",
        "_interval",
        "_invite",
        "_key",
        "_last",
        "_layer",
        "_reply",
        "_tag",
        "_ticket",
        "cancelled",
        "done",
        "flow",
        "on_ack",
        "on_cancel",
        "on_no_ack",
        "request",
    )

    def __init__(self, layer: Transactions, request: Request, flow: Flow, reply: Flow, key: str) -> None:
        self._layer = layer
        self.request = request
        self.flow = flow
        self._reply = reply  # where responses go: differs from `flow` for a UDP peer that wants another port
        self._key = key
        self._invite = request.method == "INVITE"
        self._last: bytes | None = None
        self._tag = ""
        self._ticket: Ticket | None = None
        self._interval = self._elapsed = 0.0
        self.done = False  # a final response was sent
        self.cancelled = False
        self.on_cancel: Callable[[Request], object] | None = None
        self.on_ack: Callable[[Request], object] | None = None
        self.on_no_ack: Callable[[], object] | None = None

    # --- for the user

    @property
    def to_tag(self) -> str:
        """A To tag for responses to this request, always the same one; the request's own when it is within a dialog."""
        if not self._tag:
            self._tag = self.request.to.tag or self._layer.new_tag()
        return self._tag

    @property
    def responded(self) -> bool:
        return self._last is not None

    def reply(self, status: int, reason: str | None = None, *, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """Respond with a plain response under `to_tag`."""
        self.respond(new_response(self.request, status, reason, headers=headers, to_tag=self.to_tag))

    def respond(self, response: Response, *, stateless: bool = False) -> None:
        """Send a response. After a final one, nothing more can be sent.

        `stateless` (for a challenge, RFC 3261 section 26.3.2.4): there is no transaction any more, a final response to an
        INVITE is not repeated by us. Only the answer is kept a few seconds, in a small table of its own, for a repeated
        request: a flood of unauthenticated requests costs next to no memory.
        """
        if self.done:
            return
        if self._ticket is not None:
            self._stop()
        data = response.to_bytes()
        self._last = data
        status = response.status
        if status >= 200:
            self.done = True
            self._layer.forget_server(self._key, self)
            if not stateless:
                self._final(response, data)
            elif not self._reply.reliable:
                self._layer.keep_challenged(self._key, data)
        self._reply.send(data)

    def repeat(self, data: bytes) -> None:
        """Send a provisional response again, as RFC 3262 asks of reliable ones."""
        if not self.done:
            self._layer.counts.retransmitted += 1
            self._reply.send(data)

    def stop_retransmitting(self) -> None:
        """No ACK is expected any more: the dialog ended another way."""
        self._stop()
        self.on_no_ack = None

    # --- for the layer

    def try_soon(self) -> None:
        """A 100 unless the user says something within 200 ms (section 17.2.1)."""
        self._ticket = self._layer.timers.after(TRYING, self._trying)

    def _trying(self) -> None:
        self._ticket = None
        if not self.done and self._last is None:
            self.respond(new_response(self.request, 100))

    def _final(self, response: Response, data: bytes) -> None:
        layer = self._layer
        if not self._invite:
            if not self._reply.reliable:
                layer.keep_answered(self._key, data)
        elif response.status < 300:
            layer.keep_accepted_server(self._key, f"{response.call_id}|{response.to.tag}|{response.cseq.number}", self)
            if not (self._reply.reliable and len(self.request.all("via")) == 1):
                self._wait(T1)
        else:
            layer.keep_completed(self._key, self)
            self._wait(LIFE if self._reply.reliable else T1)

    def _wait(self, interval: float) -> None:
        left = LIFE - self._elapsed
        self._interval = min(interval, left)
        self._ticket = self._layer.timers.after(self._interval, self._due)

    def _due(self) -> None:
        """Timers G and H, and the retransmission of a 2xx."""
        self._elapsed += self._interval
        if self._elapsed >= LIFE:
            self._layer.drop_completed(self._key)
            return
        self._layer.counts.retransmitted += 1
        self.send_again()
        self._wait(min(self._interval * 2, T2))

    def send_again(self) -> None:
        if self._last is not None:
            self._reply.send(self._last)

    def acknowledged(self) -> None:
        """An ACK came: nothing is retransmitted any more."""
        self._stop()

    def unacknowledged(self) -> None:
        """Timer L ended without an ACK."""
        self._stop()
        if self.on_no_ack is not None:
            self.on_no_ack()

    def cancel_received(self, cancel: Request) -> None:
        if self.done or self.cancelled or not self._invite:
            return
        self.cancelled = True
        if self.on_cancel is not None:
            self.on_cancel(cancel)
        else:
            self.reply(487)

    def caller_gone(self) -> None:
        """The caller's connection closed: no answer can reach it, as if it had sent a CANCEL."""
        if self.done or self.cancelled:
            return
        request = self.request
        cancel = new_request("CANCEL", request.uri, [("Reason", 'SIP;cause=408;text="Connection lost"')])
        cancel.copy_from(request, "via", "from", "to", "call-id")
        cancel.set("CSeq", f"{request.cseq.number} CANCEL")
        self.cancel_received(cancel)

    @property
    def reliable(self) -> bool:
        return self._reply.reliable

    def _stop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
