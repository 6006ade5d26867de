"""Registering with somebody else's registrar, and staying registered (RFC 3261 section 10.2), as a client.

A machine on an injected clock: it refreshes in good time before the registrar lets the binding go, asks for longer when it
has to (423), and after a failure waits longer and longer, at random within bounds, so that a thousand servers do not come
back to a restarted provider in the same second (RFC 5626 section 4.5). One Call-ID and a growing CSeq for its whole life.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from svara.clock import Clock, Timer
from svara.sip.message import Request, Response, SipError, new_request

EXPIRES_SECONDS = 600
SHORTEST_SECONDS = 10
LONGEST_SECONDS = 86_400
BACK_OFF_SECONDS = 20.0
LONGEST_BACK_OFF_SECONDS = 900.0
REFUSED_BACK_OFF_SECONDS = 60.0
"""After a refused login: many tries with a wrong secret would get this server banned."""

State = Literal["trying", "registered", "failed"]

Send = Callable[[Request, Callable[[Response | None, Request], object]], None]
"""Sends a REGISTER and answers its challenges; calls back with the final response (None: none came) and the request in the
form in which it was sent last."""


class Registration:
    """One binding at one registrar.

    `changed()` is called when `state` or `reason` changed. `contact()` gives our Contact URI at the time of asking.
    """

    __slots__ = (
        "_address",
        "_call_id",
        "_changed",
        "_clock",
        "_contact",
        "_cseq",
        "_expires",
        "_failures",
        "_random",
        "_registrar",
        "_send",
        "_serial",
        "_stopped",
        "_tag",
        "_timer",
        "expires_at",
        "reason",
        "service_routes",
        "state",
    )

    def __init__(
        self,
        clock: Clock,
        randomness: Random,
        send: Send,
        *,
        registrar: str,
        address: str,
        contact: Callable[[], str],
        changed: Callable[[], object],
    ) -> None:
        """`registrar` is the Request-URI, `address` the address of record to register."""
        self._clock = clock
        self._random = randomness
        self._send = send
        self._registrar = registrar
        self._address = address
        self._contact = contact
        self._changed = changed
        self._call_id = f"{randomness.getrandbits(96):024x}"
        self._tag = f"{randomness.getrandbits(64):016x}"
        self._cseq = randomness.randrange(1, 10_000)
        self._expires = EXPIRES_SECONDS
        self._failures = 0
        self._serial = 0
        self._stopped = False
        self._timer: Timer | None = None
        self.state: State = "trying"
        self.reason = ""
        self.expires_at = 0.0
        """When the registrar lets go of us, wall-clock seconds; 0 while not registered."""
        self.service_routes: tuple[str, ...] = ()
        """Proxies by which the registrar wants further requests to go (RFC 3608)."""

    def start(self) -> None:
        self._register()

    def again(self) -> None:
        """The way to the registrar was lost: register anew at once, unless that has just failed."""
        if not self._stopped and self.state == "registered":
            self._register()

    def stop(self) -> None:
        """Take the binding away; whether anybody hears of it makes no difference any more."""
        was = self.state
        self._stopped = True
        self._serial += 1
        self._cancel()
        if was == "registered":
            self.expires_at = 0.0
            self._send(self._request(0), lambda _response, _request: None)

    def _request(self, expires: int) -> Request:
        self._cseq += 1
        return new_request(
            "REGISTER",
            self._registrar,
            [
                ("Via", ""),  # the transaction layer's
                ("Max-Forwards", "70"),
                ("From", f"<{self._address}>;tag={self._tag}"),
                ("To", f"<{self._address}>"),
                ("Call-ID", self._call_id),
                ("CSeq", f"{self._cseq} REGISTER"),
                ("Contact", f"<{self._contact()}>;expires={expires}"),
                ("Expires", str(expires)),
                ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO"),
                ("Supported", "path"),
            ],
        )

    def _register(self) -> None:
        self._cancel()
        self._serial += 1
        serial = self._serial
        request = self._request(self._expires)
        self._send(request, lambda response, sent: self._answered(serial, response, sent))

    def _answered(self, serial: int, response: Response | None, request: Request) -> None:
        self._cseq = max(self._cseq, request.cseq.number)
        if serial != self._serial or self._stopped:
            return
        if response is None:
            self._fail("the registrar does not answer", BACK_OFF_SECONDS)
        elif response.status < 300:
            self._registered(response)
        elif response.status == 423 and self._longer(response):
            self._register()
        elif response.status in (401, 403, 407):
            self._fail("the registrar does not accept our login", REFUSED_BACK_OFF_SECONDS)
        elif response.status == 404:
            self._fail("the registrar does not know our address", REFUSED_BACK_OFF_SECONDS)
        else:
            self._fail(f"the registrar reports an error ({response.status})", max(BACK_OFF_SECONDS, _retry_after(response)))

    def _registered(self, response: Response) -> None:
        seconds = min(max(self._granted(response), SHORTEST_SECONDS), LONGEST_SECONDS)
        self._failures = 0
        self.expires_at = self._clock.now() + seconds
        self.service_routes = tuple(response.all("service-route")[:4])
        # A lost REGISTER takes half a minute to be noticed: there is time for a second one where the interval allows it.
        wait = seconds - 60 if seconds >= 180 else seconds * 2 / 3
        self._timer = self._clock.call_later(wait, self._register)
        self._become("registered", "")

    def _granted(self, response: Response) -> int:
        """For how long: the registrar says so at our Contact, or for all of them (section 10.2.4)."""
        try:
            own = self._contact().partition(";")[0]
            for contact in response.contacts:
                if contact.expires is not None and str(contact.uri).partition(";")[0] == own:
                    return contact.expires
            return response.expires if response.expires is not None else self._expires
        except SipError:
            return self._expires

    def _longer(self, response: Response) -> bool:
        text = response.first("min-expires") or ""
        seconds = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
        if not self._expires < seconds <= LONGEST_SECONDS:
            return False
        self._expires = seconds
        return True

    def _fail(self, reason: str, least_seconds: float) -> None:
        self._failures += 1
        longest = min(LONGEST_BACK_OFF_SECONDS, least_seconds * 2.0 ** min(self._failures - 1, 16))
        longest = max(longest, least_seconds)
        wait = longest * (0.5 + 0.5 * self._random.random())
        if self.expires_at > self._clock.now():  # the old binding still stands: enough to hurry for
            wait = min(wait, BACK_OFF_SECONDS)
        else:
            self.expires_at = 0.0
        self._timer = self._clock.call_later(wait, self._register)
        self._become("failed", reason)

    def _become(self, state: State, reason: str) -> None:
        if (state, reason) != (self.state, self.reason):
            self.state, self.reason = state, reason
            self._changed()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _retry_after(response: Response) -> float:
    text = (response.first("retry-after") or "").split(";")[0].split("(")[0].strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0
