"""One request outside of any dialog, from a user agent client: sent, challenged, answered, or given up in good time."""

from __future__ import annotations

from collections.abc import Callable

from svara.clock import Clock, Timer
from svara.sip.credentials import CHALLENGES, Credentials
from svara.sip.message import Request, Response
from svara.sip.transaction import Transactions
from svara.sip.transport import Flow

Answered = Callable[[Response | None], object]
"""Gets the final response, or None when there was none."""


class Outside:
    """A request on its way. `answered` is called once, never from within `send`, unless `stop` comes first."""

    __slots__ = ("_answered", "_clock", "_credentials", "_flow", "_timer", "_transactions", "_tries", "request")

    def __init__(
        self, clock: Clock, transactions: Transactions, flow: Flow, request: Request, credentials: Credentials | None
    ) -> None:
        self._clock = clock
        self._transactions = transactions
        self._flow = flow
        self.request = request
        """The newest form of the request, with its newest CSeq."""
        self._credentials = credentials
        self._tries = 0
        self._answered: Answered | None = None
        self._timer: Timer | None = None

    def send(self, answered: Answered, patience_seconds: float) -> None:
        """Send it; after `patience_seconds` without a final response it counts as lost."""
        self._answered = answered
        self._timer = self._clock.call_later(patience_seconds, self._finish, None)
        self._go()

    def stop(self) -> None:
        """Nobody waits for the answer any more."""
        self._answered = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go(self) -> None:
        self._transactions.request(self.request, self._flow, on_response=self._response, on_failure=self._failed)

    def _failed(self, _why: str) -> None:
        self._finish(None)

    def _response(self, response: Response) -> None:
        if response.status < 200 or self._answered is None or response.cseq.number != self.request.cseq.number:
            return
        if response.status in CHALLENGES and self._credentials is not None:
            request = self.request.copy()
            if self._credentials.answer(request, response, self._tries):
                self._tries += 1
                request.set("CSeq", f"{self.request.cseq.number + 1} {request.method}")
                self.request = request
                self._go()
                return
        self._finish(response)

    def _finish(self, response: Response | None) -> None:
        answered = self._answered
        self.stop()
        if answered is not None:
            answered(response)
