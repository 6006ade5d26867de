"""The desk: every request that does not belong to a talk yet comes here first.

Identifies the phone by digest, hands registrations to the registrar and calls to their set-up, and answers everything else
in the standard's words. A stranger learns nothing: unknown and known names get the same challenge, at the same cost, and
nothing is remembered of a request that has not been authenticated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from svara import log
from svara.calls.call import Call
from svara.calls.events import Party
from svara.calls.guard import TOO_FAST, Limits, Usage, guard, guard_trunk, refill
from svara.calls.incoming import Incoming
from svara.calls.journey import Journey
from svara.calls.leg import ALLOW, CALLER, Leg
from svara.calls.moves import replaces
from svara.calls.names import hides_caller
from svara.calls.routing.dialling import dialling, refused
from svara.calls.routing.route import MAX_DIALLED, Asked, Plan, Refusal, party
from svara.calls.routing.targets import HANGUP, Next, at_number, person_of, taped
from svara.calls.stops import Stop, pickup
from svara.calls.switch import Switch
from svara.calls.trunks.identify import UNKNOWN_NUMBER, Inbound
from svara.calls.trunks.numbers import EVERYWHERE
from svara.calls.trunks.outbound import is_emergency
from svara.people.browserphone import PASS_SECONDS, is_browser
from svara.people.office import REALM, Target
from svara.sip.bodies import session_description
from svara.sip.digest import Nonces, Rejected, Verified, challenge, verify
from svara.sip.message import Request, SipError, new_response
from svara.sip.syntax import printable
from svara.sip.transaction import ServerTransaction
from svara.sip.transport import Flow

ALLOW_ALL = f"{ALLOW}, REGISTER, SUBSCRIBE"
KNOWN_METHODS = frozenset({"MESSAGE", "REFER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "INFO", "UPDATE", "PRACK", "BYE"})
SUPPORTED_FOR_CALLS = frozenset({"100rel", "timer", "replaces"})
SUPPORTED_FOR_REGISTER = frozenset({"path", "outbound", "gruu"})

FOREIGN_HOST = Refusal(404, "failed", "only numbers of the own company can be called")

_logger = log.get("calls.desk")


class Desk:
    """Takes requests from the transaction layer (`on_request`, `on_ack`)."""

    def __init__(
        self, switch: Switch, nonces: Nonces, limits: Limits | None = None, hosts: frozenset[str] = frozenset()
    ) -> None:
        """`hosts` are names of this server, beside the addresses at which phones reach it."""
        self._switch = switch
        self._nonces = nonces
        self._limits = limits or Limits()
        switch.hosts = hosts
        self._allowance: dict[str, tuple[float, float]] = {}

    @property
    def switch(self) -> Switch:
        return self._switch

    def on_request(self, transaction: ServerTransaction) -> None:
        """Everything but ACK and CANCEL, which the transaction layer matches. Raises SipError for what it shall answer."""
        request = transaction.request
        tag = request.to.tag
        if tag is not None:
            self._in_dialog(transaction, tag)
            return
        method = request.method
        if method == "INVITE":
            self._invite(transaction)
        elif method == "REGISTER":
            self._register(transaction)
        elif method == "OPTIONS":
            transaction.reply(
                200,
                headers=(
                    ("Allow", ALLOW_ALL),
                    ("Accept", "application/sdp"),
                    ("Allow-Events", self._switch.lamps.allowed),
                    ("Supported", "100rel, timer, path, outbound, replaces"),
                ),
            )
        elif method == "SUBSCRIBE":
            self._subscribe(transaction)
        elif method == "PUBLISH":
            transaction.reply(489, headers=(("Allow-Events", self._switch.lamps.allowed),))
        elif method in ("BYE", "UPDATE", "PRACK", "INFO", "NOTIFY"):
            transaction.reply(481)
        elif method == "REFER":
            transaction.reply(603)  # only within a talk
        elif method in KNOWN_METHODS:
            transaction.reply(405, headers=(("Allow", ALLOW_ALL),))
        else:
            transaction.reply(501, headers=(("Allow", ALLOW_ALL),))

    def on_ack(self, _ack: Request, _flow: Flow) -> None:
        """An ACK that nobody waits for: the talk ended meanwhile, or it acknowledges a challenge."""

    def _in_dialog(self, transaction: ServerTransaction, tag: str) -> None:
        request = transaction.request
        leg = self._switch.dialogs.get(tag)
        dialog = leg.dialog if leg is not None else None
        if (
            leg is None
            or dialog is None
            or dialog.call_id != request.call_id
            or dialog.remote_tag != (request.from_.tag or "")
        ):
            if not (self._switch.lamps.in_dialog(transaction, tag) or self._switch.probes.in_dialog(transaction, tag)):
                transaction.reply(481)
            return
        try:
            leg.call.in_dialog(leg, transaction)
        except SipError:
            raise
        except Exception:
            _logger.exception("a request within a call failed", method=request.method)
            leg.call.crashed()
            if not transaction.done:
                transaction.reply(500)

    # --- who is it?

    def _hashes(self, login: str) -> Mapping[str, str] | None:
        if is_browser(login):
            return self._switch.browsers.hashes(login)
        found = self._switch.office.by_login.get(login)
        return None if found is None else found[2].ha1

    def _callers_hashes(self, login: str) -> Mapping[str, str] | None:
        return self._hashes(login) or self._switch.probes.hashes(login)

    def _identify(self, transaction: ServerTransaction, *, proxy: bool) -> str | None:
        """The login of the phone; None when it was challenged instead. Only an INVITE may be that of a probe (`proxy`)."""
        request = transaction.request
        known = self._callers_hashes if proxy else self._hashes
        checked = verify(request, self._nonces, REALM, known, proxy=proxy)
        if isinstance(checked, Verified):
            login = (
                self._switch.browsers.seen(checked.login, transaction.flow) if is_browser(checked.login) else checked.login
            )
            if login is None:
                transaction.reply(403, "Browsers call over a WebSocket")
                return None
            if not transaction.flow.trusted:
                transaction.flow.trusted = True
            return login
        counters = self._switch.counters
        counters.challenges_total += 1
        stale = isinstance(checked, Rejected) and checked.stale
        if isinstance(checked, Rejected) and not stale:
            counters.logins_rejected_total += 1
            _logger.info("a phone gave wrong credentials", pii_login=checked.login, pii_address=transaction.flow.remote[0])
        agent = request.first("user-agent")
        headers = challenge(self._nonces, REALM, proxy=proxy, stale=stale, user_agent=agent)
        response = new_response(request, 407 if proxy else 401, headers=headers, to_tag=transaction.to_tag)
        transaction.respond(response, stateless=True)
        return None

    # --- REGISTER

    def _register(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if _lacks(transaction, SUPPORTED_FOR_REGISTER):
            return
        login = self._identify(transaction, proxy=False)
        if login is None:
            return
        if request.to.uri.user != login:
            transaction.reply(403, "This address belongs to somebody else")
            return
        most = PASS_SECONDS if is_browser(login) else None
        answer = self._switch.registrar.register(request, transaction.flow, login, most_seconds=most)
        transaction.reply(answer.status, answer.reason, headers=answer.headers)

    # --- SUBSCRIBE

    def _subscribe(self, transaction: ServerTransaction) -> None:
        lamps = self._switch.lamps
        if not lamps.serves(transaction) or _lacks(transaction, frozenset()):
            return
        login = self._identify(transaction, proxy=False)
        if login is not None:
            lamps.subscribe(transaction, login)

    # --- INVITE

    def _invite(self, transaction: ServerTransaction) -> None:
        request, switch = transaction.request, self._switch
        identified = switch.trunks.identify(request, transaction.flow)
        if identified is None and (trunks := switch.trunks.by_login(request, self._nonces)):
            identified = switch.trunks.called(request, trunks) or UNKNOWN_NUMBER
        if identified is not None:
            self._from_outside(transaction, identified)
            return
        login = self._identify(transaction, proxy=True)
        if login is None or not _understood(transaction) or switch.probes.answer(transaction, login):
            return
        tenant, person, _ = switch.office.by_login[login]
        replaced = pickup.early(switch, tenant, person, request) or replaces.wanted(switch, tenant, person, request)
        if isinstance(replaced, int):
            transaction.reply(replaced)
            return
        dialled = _dialled(request)
        asked = Asked(tenant.id, person.id, login, dialled)
        refusal = guard(switch.office, asked, self._usage(login, tenant.id), self._limits)
        if refusal is None and not self._is_ours(request, transaction.flow):
            refusal = FOREIGN_HOST
        if refusal is not None and is_emergency(tenant, dialled):
            refusal = None  # whatever else goes on: somebody needs help
        if refusal is TOO_FAST:
            self._too_fast(transaction, refusal)
            return
        meant = (
            dialling(switch.office, asked, switch.moment(anonymous=hides_caller(request)))
            if refusal is None
            else refused(refusal, dialled)
        )
        call = Call(
            switch,
            switch.new_id(),
            tenant=tenant.id,
            caller=party(person, login),
            dialled=printable(dialled, MAX_DIALLED),
            callee=meant.callee,
            relay=switch.relay_for(tenant),
        )
        if replaced is not None:
            call.nameless = True  # who is there, the phone is told when it is put in the place of the other
            self._begin(transaction, call, HANGUP, None, stop=lambda journey: _instead_of(journey, replaced))
            return
        call.direction = meant.direction
        self._begin(transaction, call, meant.target, meant.found)

    def _from_outside(self, transaction: ServerTransaction, identified: Inbound | Refusal) -> None:
        """A trunk's call: to a number of one of its tenants, or to none."""
        switch, flow = self._switch, transaction.flow
        if not flow.trusted:
            flow.trusted = True
        if isinstance(identified, Refusal):
            switch.counters.calls_refused_total += 1
            transaction.reply(identified.status)
            return
        if not _understood(transaction):
            return
        tenant, trunk, number, caller = identified.tenant, identified.trunk, identified.number, identified.caller
        switch.trunks.heard(trunk.id, answered=False)
        refusal = guard_trunk(self._usage(trunk.id, tenant.id), self._limits)
        if refusal is not None:
            self._too_fast(transaction, refusal)
            return
        call = Call(
            switch,
            switch.new_id(),
            tenant=tenant.id,
            caller=caller,
            dialled=number.number,
            callee=Party(number=number.number),
            relay=switch.relay_for(tenant),
        )
        call.direction = "inbound"
        onto = at_number(tenant, number, switch.clock.now())
        call.tape_of_number = f"number:{number.number}" if number.record else ""
        callee = person_of(tenant, onto.to)
        if callee is not None:
            call.callee = party(callee)
            call.joined(callee.id)
        self._begin(transaction, call, onto.to, None, trunk.id, onto.why)

    def _too_fast(self, transaction: ServerTransaction, refusal: Refusal) -> None:
        self._switch.counters.calls_refused_total += 1
        transaction.reply(refusal.status, "Too Many Calls", headers=(("Retry-After", "5"),))

    def _begin(  # noqa: PLR0917
        self,
        transaction: ServerTransaction,
        call: Call,
        target: Target,
        found: Next | None,
        trunk: str = "",
        why: str = "dialled",
        stop: Callable[[Journey], Stop] | None = None,
    ) -> None:
        """The call begins at `target`, which was reached for `why`; `found` is what it means, where that is known. Or it
        begins at `stop`, whatever was dialled."""
        switch = self._switch
        leg = Leg(switch, call, CALLER, "caller", party=call.caller, tag=transaction.to_tag)
        leg.trunk = trunk
        leg.use(transaction.flow)
        try:
            incoming = Incoming(leg, transaction)
            fits = leg.timer_fits(transaction)
        except SipError:
            leg.close()
            raise
        if not fits:
            leg.close()
            return
        leg.incoming = incoming
        call.front = leg
        try:
            passed = incoming.passed
            if stop is not None:
                call.journey = Journey(call, incoming, passed)
                call.start(stop(call.journey))
                return
            if isinstance(found, Refusal):
                found = Plan(None, (), found, call.started_at)
            if isinstance(found, Plan) and not taped(found, ""):
                call.begin(incoming, found, passed)
            else:
                call.journey = Journey(call, incoming, passed)
                call.journey.begin(target, found, why)
        except Exception:
            _logger.exception("a call could not begin")
            call.crashed()
            if not transaction.done:
                transaction.reply(500)

    def _usage(self, source: str, tenant: str) -> Usage:
        """What a phone (its login) or a trunk (its id) uses at this moment, with the call that it wants to make."""
        switch, limits = self._switch, self._limits
        now = switch.clock.monotonic()
        allowance, at = self._allowance.get(source, (limits.starts_per_second, now))
        allowance = refill(allowance, now - at, limits)
        self._allowance[source] = (max(0.0, allowance - 1.0), now)
        return Usage(switch.calls_of_phone.get(source, 0), switch.calls_of_tenant.get(tenant, 0), allowance)

    def _is_ours(self, request: Request, flow: Flow) -> bool:
        """Whether the dialled address is at this server: at an address or name of it, or at what the phone itself takes for
        its own domain."""
        uri = request.request_uri
        if not uri.is_sip:
            return uri.scheme in ("tel", "urn")  # a number or a service, which is looked for among our own
        host = uri.host
        return host in self._switch.hosts or host == flow.local[0] or host == request.from_.uri.host


def _understood(transaction: ServerTransaction) -> bool:
    """Whether an INVITE can be dealt with at all; else it was answered."""
    request = transaction.request
    if _lacks(transaction, SUPPORTED_FOR_CALLS):
        return False
    if request.max_forwards == 0:
        transaction.reply(483)
        return False
    if request.body and session_description(request) is None:
        transaction.reply(415, headers=(("Accept", "application/sdp"),))
        return False
    return True


def _dialled(request: Request) -> str:
    """What the phone asks for. Some phones know the emergency service by its name alone (RFC 5031)."""
    uri = request.request_uri
    if uri.scheme == "urn" and (uri.user or "").lower().startswith("service:sos"):
        return EVERYWHERE
    return uri.user or ""


def _instead_of(journey: Journey, leg: Leg) -> Stop:
    """Where a call begins that takes the place of a leg: one that rings is picked up, a talk is taken over."""
    rings = leg in pickup.ringing_legs(leg.call)
    return pickup.PickUp(journey, lambda: pickup.still(leg)) if rings else replaces.TakeOver(journey, leg)


def _lacks(transaction: ServerTransaction, known: frozenset[str]) -> bool:
    """Whether the phone requires an extension that we lack (RFC 3261 section 8.2.2.3); then it was told."""
    missing = transaction.request.require - known
    if missing:
        transaction.reply(420, headers=(("Unsupported", ", ".join(sorted(missing))),))
    return bool(missing)
