"""Client transactions (RFC 3261 sections 17.1 and 9.1, RFC 6026).

A transaction lives in the layer's table while it waits for an answer. What remains afterwards only to absorb retransmissions
(Completed, Accepted) is kept by the layer as small entries that expire.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from types import MethodType
from typing import TYPE_CHECKING
from weakref import ref

from svara.sip.message import Request, Response, new_request
from svara.sip.timers import Ticket
from svara.sip.transaction.times import LIFE, T1, T2
from svara.sip.transport.flow import Flow

if TYPE_CHECKING:
    from svara.sip.transaction.layer import Transactions

OnResponse = Callable[[Response], object]
OnFailure = Callable[[str], object]


class ClientTransaction:
    """One request on its way; made by `Transactions.request`."""

    __slots__ = (
        "_cancel",
        "_elapsed",
        "_interval",
        "_invite",
        "_key",
        "_layer",
        "_on_failure",
        "_on_response",
        "_proceeding",
        "_ticket",
        "data",
        "done",
        "flow",
        "request",
    )

    def __init__(
        self, layer: Transactions, request: Request, flow: Flow, *, key: str, on_response: OnResponse, on_failure: OnFailure
    ) -> None:
        self._layer = layer
        self.request = request
        self.flow = flow
        self._key = key
        self._on_response = on_response
        self._on_failure = on_failure
        self._invite = request.method == "INVITE"
        self._proceeding = False
        self.done = False  # a final response or a failure was reported
        self._cancel: tuple[tuple[str, str], ...] | None = None  # headers of a CANCEL that waits for a provisional response
        self.data = request.to_bytes()
        self._interval = self._elapsed = 0.0
        self._ticket: Ticket | None = None

    # --- for the layer

    def start(self) -> None:
        """Send, and start timers A and B or E and F."""
        if not self.flow.send(self.data):
            self._ticket = self._layer.timers.after(0.0, self.transport_failed)
            return
        self._wait(LIFE if self.flow.reliable else T1)

    def _wait(self, interval: float) -> None:
        left = LIFE - self._elapsed
        self._interval = min(interval, left)
        self._ticket = self._layer.timers.after(self._interval, self._due)

    def _due(self) -> None:
        self._elapsed += self._interval
        if self._elapsed >= LIFE:
            self._layer.counts.timeouts += 1
            self.fail("timeout")
            return
        self._layer.counts.retransmitted += 1
        if not self.flow.send(self.data):
            self.fail("transport")
        elif self._invite:
            self._wait(self._interval * 2)
        else:
            self._wait(T2 if self._proceeding else min(self._interval * 2, T2))

    def provisional_came(self) -> None:
        """To the process before us, whose INVITE this is."""
        self._proceeding = True

    def transport_failed(self) -> None:
        self.fail("transport")

    def refused(self) -> None:
        """ICMP says that nobody is there; what rings already goes on ringing."""
        if not self._proceeding:
            self.fail("transport")

    def fail(self, why: str) -> None:
        """End without a final response: "timeout" or "transport"."""
        if self.done:
            return
        self._finish()
        self._on_failure(why)

    def receive(self, response: Response) -> None:
        """A response that matches, while the transaction waits for its final one."""
        status = response.status
        if status < 200:
            self._provisional(response)
            return
        self._finish()
        if self._invite:
            if status < 300:
                self._layer.keep_accepted(self._key, Accepted(response.to.tag, self._on_response))
            else:
                self._layer.acknowledge(self._key, self, self._ack(response))
        elif not self.flow.reliable:
            self._layer.keep_done(self._key)
        self._on_response(response)

    def _provisional(self, response: Response) -> None:
        if not self._proceeding:
            self._proceeding = True
            if self._invite:
                self._stop()  # timers A and B end; how long it may ring is for the user to say
            if self._cancel is not None:
                self._send_cancel(self._cancel)
        self._on_response(response)

    def _stop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None

    def _finish(self) -> None:
        self.done = True
        self._stop()
        self._layer.forget(self._key, self)

    # --- for the user

    def cancel(self, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Ask for an INVITE to end (section 9.1): waits for a provisional response; does nothing after a final one.

        The final response (487, or a 2xx that crossed the CANCEL) still comes to `on_response`; if none comes within
        64*T1 after the CANCEL, `on_failure("timeout")`.
        """
        if self.done or not self._invite or self._cancel is not None:
            return
        self._cancel = tuple(headers)
        if self._proceeding:
            self._send_cancel(self._cancel)

    def _send_cancel(self, headers: tuple[tuple[str, str], ...]) -> None:
        cancel = self._derived("CANCEL", self.request.first("to") or "")
        for name, value in headers:
            cancel.add(name, value)
        self._layer.request_as(cancel, self.flow, f"{self._key}|CANCEL", on_response=_ignore, on_failure=_ignore)
        self._elapsed = 0.0
        self._wait_after_cancel()

    def _wait_after_cancel(self) -> None:
        self._stop()
        self._ticket = self._layer.timers.after(LIFE, self._cancel_unanswered)

    def _cancel_unanswered(self) -> None:
        self._layer.counts.timeouts += 1
        self.fail("timeout")

    def _ack(self, response: Response) -> bytes:
        return self._derived("ACK", response.first("to") or "").to_bytes()

    def _derived(self, method: str, to: str) -> Request:
        """An ACK or CANCEL within this transaction (sections 17.1.1.3 and 9.1)."""
        request = self.request
        derived = new_request(method, request.uri, (("Via", request.first("via") or ""), ("Max-Forwards", "70")))
        derived.copy_from(request, "route", "from", "call-id")
        derived.set("To", to)
        derived.set("CSeq", f"{request.cseq.number} {method}")
        return derived


class Accepted:
    """What is left of an INVITE that had its 2xx (RFC 6026): knows a repeated 2xx from a fork's.

    Calls may be over within this half minute, and there may be tens of thousands: it does not keep the user's objects alive.
    """

    __slots__ = ("_function", "_seen", "_user")

    def __init__(self, tag: str | None, on_response: OnResponse) -> None:
        self._seen: tuple[str | None, ...] = (tag,)
        self._function: Callable[..., object] = on_response
        self._user: Callable[[], object | None] | None = None
        if isinstance(on_response, MethodType):
            with contextlib.suppress(TypeError):  # its class has slots and no __weakref__
                self._user = ref(on_response.__self__)
                self._function = on_response.__func__

    def receive(self, response: Response, layer: Transactions) -> bool:
        """Another response to that INVITE. False: nobody is interested any more."""
        if not 200 <= response.status < 300:
            return True
        tag = response.to.tag
        if tag in self._seen:
            layer.acknowledge_again(response)
            return True
        user = self._user() if self._user is not None else self
        if user is None:
            return False
        self._seen = (*self._seen[:15], tag)
        if self._user is None:
            self._function(response)
        else:
            self._function(user, response)
        return True


def _ignore(_: object) -> None:
    """What becomes of a CANCEL itself changes nothing."""
