"""One trunk, watched: registered where it has to be, asked by OPTIONS whether it lives (RFC 3261 section 11), and its state.

A trunk is thought to be up until something says otherwise. Any answer to OPTIONS but 503 shows that it lives, whatever the
status: many providers answer 404 or 405. A trunk that calls us, or takes our calls, need not be asked. A call that met
silence makes the trunk suspect at once, and a probe follows.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from svara import log
from svara.calls.commands import TrunkState
from svara.clock import Timer
from svara.people.office import Trunk
from svara.sip.credentials import Credentials
from svara.sip.locate import LocateError
from svara.sip.message import Request, Response, SipError, new_request
from svara.sip.outside import Outside
from svara.sip.registration import Registration
from svara.sip.transport import Flow, FlowError
from svara.sip.transport.flow import Target
from svara.sip.uri import Uri, parse_uri

if TYPE_CHECKING:
    from svara.calls.switch import Switch
    from svara.calls.trunks.live import Trunks

PROBE_PATIENCE_SECONDS = 5.0
REGISTER_PATIENCE_SECONDS = 10.0
LEAST_PROBE_SECONDS = 5.0
SUSPECT_SECONDS = 1.0
"""After a call met silence the trunk is asked this soon."""
MAX_TARGETS = 4

_logger = log.get("calls.trunks")


class Watch:
    """See the module. `stop` ends it; nothing of it is left then."""

    __slots__ = (
        "_asking",
        "_down",
        "_flow",
        "_heard_at",
        "_life",
        "_probing",
        "_since",
        "_stopped",
        "_switch",
        "_trunks",
        "_uri",
        "credentials",
        "line",
        "registration",
        "state",
        "tenant",
        "trunk",
    )

    def __init__(self, trunks: Trunks, switch: Switch, tenant: str, trunk: Trunk) -> None:
        self._trunks = trunks
        self._switch = switch
        self.tenant = tenant
        self.trunk = trunk
        self.credentials = Credentials(trunk.login, trunk.secret, switch.random)
        digest = hmac.new(trunks.key, f"trunk {tenant} {trunk.id}".encode(), "sha256")
        self.line = digest.hexdigest()[:24]
        """Stands in our Contact, and so in the calls that come for it: nobody else can know it."""
        self.registration: Registration | None = None
        self._uri: Uri | None = None
        self._flow: Flow | None = None
        self._asking: set[Outside] = set()
        self._probing: Timer | None = None
        self._life = ""
        """What speaks against the trunk; empty: nothing."""
        self._down = False
        self._heard_at = float("-inf")
        self._stopped = False
        self._since = switch.clock.now()
        self.state = TrunkState(tenant, trunk.id, trunk.name, "unknown", "", self._since)

    def start(self) -> None:
        trunk = self.trunk
        try:
            self._uri = uri = parse_uri(trunk.address)
            if not uri.is_sip:
                raise SipError(400, "Not a SIP address")
        except SipError:
            self._life, self._down = "its address cannot be used", True
            self._tell()
            return
        if trunk.register and trunk.login:
            home = str(Uri(uri.scheme, None, None, uri.host, uri.port, uri.params))
            address = str(Uri(uri.scheme, trunk.login, None, uri.host, None))
            self.registration = Registration(
                self._switch.clock,
                self._switch.random,
                self._send_register,
                registrar=home,
                address=address,
                contact=self._own_contact,
                changed=self._tell,
            )
            self.registration.start()
        if trunk.probe_seconds > 0:
            self._probe_later(self._interval)

    def renew(self, trunk: Trunk) -> None:
        """The office changed what concerns neither the registration nor the probing."""
        self.trunk = trunk
        self.state = msgspec.structs.replace(self.state, name=trunk.name)

    def stop(self) -> None:
        self._stopped = True
        if self._probing is not None:
            self._probing.cancel()
            self._probing = None
        if self.registration is not None:
            self.registration.stop()
        for one in self._asking:
            one.stop()
        self._asking.clear()

    # --- the way to it

    def way(self, done: Callable[[Flow | FlowError], object]) -> None:
        """A flow to the first server of the trunk that can be had."""
        if self._uri is None:
            done(FlowError("the trunk has no address"))
            return
        if self._flow is not None and self._flow.reliable and not self._flow.closed:
            done(self._flow)
            return

        def located(found: list[Target] | LocateError) -> None:
            if isinstance(found, LocateError):
                done(FlowError(str(found)))
            else:
                next_of(iter(found[:MAX_TARGETS]))

        def next_of(targets: object) -> None:
            target = next(targets, None)  # type: ignore[call-overload]
            if target is None:
                done(FlowError("no server of the trunk can be reached"))
                return

            def tried(flow: Flow | FlowError) -> None:
                if isinstance(flow, FlowError):
                    next_of(targets)
                    return
                self._use(flow)
                done(flow)

            self._switch.transports.flow_for(target, tried)

        self._trunks.locate(self._uri, located)

    def _use(self, flow: Flow) -> None:
        if flow is self._flow:
            return
        self._flow = flow
        if flow.reliable:
            flow.on_close(self._way_lost)

    def _way_lost(self) -> None:
        self._flow = None
        if self.registration is not None and not self._stopped:
            self._switch.clock.call_later(SUSPECT_SECONDS, self.registration.again)

    @property
    def open_flow(self) -> Flow | None:
        return None if self._flow is None or self._flow.closed else self._flow

    def contact(self, flow: Flow) -> str:
        """Our address for this trunk, over that flow."""
        plain = flow.contact_uri()
        if self.registration is None:
            return plain
        with suppress(SipError):
            uri = parse_uri(plain)
            return str(Uri(uri.scheme, self.trunk.login, None, uri.host, uri.port, {**uri.params, "line": self.line}))
        return plain

    def _own_contact(self) -> str:
        return self.contact(self._flow) if self._flow is not None else ""

    # --- registration

    def _send_register(self, request: Request, answered: Callable[[Response | None, Request], object]) -> None:
        expires = request.expires or 0

        def reached(flow: Flow | FlowError) -> None:
            if isinstance(flow, FlowError):
                self._switch.clock.call_later(0.0, answered, None, request)
                return
            request.set("Contact", f"<{self.contact(flow)}>;expires={expires}")
            flow.trusted = True
            self._trunks.registered_at(self, flow.remote[0])
            self._ask(flow, request, answered, REGISTER_PATIENCE_SECONDS, self.credentials)

        self.way(reached)

    def _ask(
        self,
        flow: Flow,
        request: Request,
        answered: Callable[[Response | None, Request], object],
        patience_seconds: float,
        credentials: Credentials | None,
    ) -> None:
        asking = Outside(self._switch.clock, self._switch.transactions, flow, request, credentials)
        self._asking.add(asking)

        def done(response: Response | None) -> None:
            self._asking.discard(asking)
            answered(response, asking.request)

        asking.send(done, patience_seconds)

    # --- probing

    @property
    def _interval(self) -> float:
        return max(self.trunk.probe_seconds, LEAST_PROBE_SECONDS)

    def heard(self, *, answered: bool) -> None:
        """The trunk gave a sign of life, so there is no need to ask for one. `answered`: to a call of ours."""
        self._heard_at = self._switch.clock.monotonic()
        if self.state.state == "unknown" or (answered and self._down):
            self._judge("")

    def suspect(self, why: str) -> None:
        """A call met silence, or found no way."""
        if self.trunk.probe_seconds > 0 and not self._stopped:
            self._judge("it did not answer a call" if why == "timeout" else "no server of it can be reached")
            self._probe_later(SUSPECT_SECONDS)

    def _probe_later(self, seconds: float) -> None:
        if self._probing is not None:
            self._probing.cancel()
        self._probing = self._switch.clock.call_later(seconds, self._probe)

    def _probe(self) -> None:
        self._probing = None
        silent = self._switch.clock.monotonic() - self._heard_at
        if not self._down and silent < self._interval:
            self._probe_later(self._interval - silent)
            return

        def reached(flow: Flow | FlowError) -> None:
            if self._stopped:
                return
            if isinstance(flow, FlowError) or self._uri is None:
                self._probed(None, None)
                return
            uri = self._uri
            target = str(Uri(uri.scheme, None, None, uri.host, uri.port, uri.params))
            own = flow.contact_uri()
            request = new_request(
                "OPTIONS",
                target,
                [
                    ("Via", ""),
                    ("Max-Forwards", "70"),
                    ("From", f"<{own.partition(';')[0]}>;tag={self._switch.new_tag()}"),
                    ("To", f"<{target}>"),
                    ("Call-ID", self._switch.new_tag()),
                    ("CSeq", "1 OPTIONS"),
                    ("Contact", f"<{own}>"),
                    ("Accept", "application/sdp"),
                ],
            )
            self._ask(flow, request, self._probed, PROBE_PATIENCE_SECONDS, None)

        self.way(reached)

    def _probed(self, response: Response | None, _request: Request | None) -> None:
        if self._stopped:
            return
        if response is None:
            self._judge("it does not answer")
        elif response.status == 503:
            self._judge("it says that it is out of service")
        else:
            self._judge("")
        self._probe_later(self._interval)

    def _judge(self, life: str) -> None:
        self._life, self._down = life, bool(life)
        self._tell(heard=True)

    # --- its state

    def _tell(self, *, heard: bool = False) -> None:
        registration = self.registration
        if self._down:
            state, reason = "down", self._life
        elif registration is not None and registration.state == "failed":
            state, reason = "unregistered", registration.reason
        elif registration is not None and registration.state == "trying":
            state, reason = "unknown", ""
        elif heard or registration is not None or self.state.state in ("up", "down"):
            state, reason = "up", ""
        else:
            state, reason = "unknown", ""
        known = self.state
        if (state, reason) != (known.state, known.reason):
            self._since = self._switch.clock.now()
            if state != known.state:
                _logger.info("a trunk changed", tenant=self.tenant, trunk=self.trunk.id, state=state, reason=reason)
        self.state = TrunkState(self.tenant, self.trunk.id, self.trunk.name, state, reason, self._since)  # type: ignore[arg-type]
