"""The registrar (RFC 3261 section 10) with outbound (RFC 5626) and Path (RFC 3327).

It decides what a REGISTER of an authenticated login changes, keeps bindings until they expire, and drops those whose
connection closed, since nobody can reach them. Bindings over UDP and those whose contact is the phone's own address
outlive a restart. Who may register is decided above.
"""

from __future__ import annotations

import contextlib
import heapq
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import formatdate

import msgspec

from svara import log
from svara.clock import Clock, Timer
from svara.sealing.role import FileKeys
from svara.sip.bindings import Binding, BindingStore
from svara.sip.headers import NameAddr
from svara.sip.message import Request, SipError
from svara.sip.transport.flow import Flow, FlowError
from svara.sip.transport.transports import Transports
from svara.sip.uri import Uri, parse_uri

_LOG = log.get("sip.registrar")

OnChange = Callable[[str, int], object]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RegistrarPolicy:
    """Seconds a binding may last, and how many a login may have (the oldest makes room)."""

    default_seconds: int = 3_600
    min_seconds: int = 60
    max_seconds: int = 7_200
    bindings_per_login: int = 10
    # Phones on an outbound flow are asked to keep it alive at least this often (RFC 5626 section 4.4).
    flow_timer_seconds: int = 90


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What to answer a REGISTER with: `new_response(request, answer.status, answer.reason, headers=answer.headers)`."""

    status: int
    reason: str | None
    headers: Headers


class Registrar:
    """Bindings of all logins. `on_change(login, count)` is called whenever a login's bindings come or go, or have another
    way than before."""

    def __init__(
        self,
        clock: Clock,
        store: BindingStore | None = None,
        *,
        policy: RegistrarPolicy | None = None,
        on_change: OnChange | None = None,
    ) -> None:
        self._clock = clock
        self._store = store or BindingStore(None)
        self._policy = policy or RegistrarPolicy()
        self.on_change = on_change
        self._due: list[tuple[float, str]] = []
        self._scheduled: dict[str, float] = {}
        self._timer: Timer | None = None
        self._timer_at = 0.0
        self._by_flow: dict[str, set[str]] = {}
        self._date = (0, "")
        self._restore(self._store.logins())

    def unlock(self, keys: FileKeys) -> None:
        """The key to what an earlier process wrote down is here: phones that registered with it are reachable again.

        Raises OSError.
        """
        found = self._store.unlock(keys)
        self._restore(found)
        for login in found:
            if self.on_change is not None:
                self.on_change(login, len(self.all_bindings(login)))

    # --- asking

    def bindings(self, login: str) -> list[Binding]:
        """The contacts to ring, the preferred first; of a device with several flows (RFC 5626) the freshest alone."""
        found = self._store.get(login)
        if not found:
            return []
        now = self._clock.now()
        if len(found) == 1:
            return list(found) if found[0].expires_at > now else []
        chosen: dict[object, Binding] = {}
        for binding in sorted(found, key=lambda one: one.updated_at):
            if binding.expires_at > now:
                chosen[binding.instance or binding.contact] = binding
        return sorted(chosen.values(), key=lambda one: (-one.q_thousandths, -one.updated_at))

    def all_bindings(self, login: str) -> list[Binding]:
        """Every contact that has not expired."""
        now = self._clock.now()
        return [one for one in self._store.get(login) if one.expires_at > now]

    def registered(self) -> dict[str, int]:
        """How many contacts each registered login has; at start this tells the presence of everyone."""
        return {login: len(found) for login in self._store.logins() if (found := self.all_bindings(login))}

    # --- changing

    def register(self, request: Request, flow: Flow, login: str, *, most_seconds: int | None = None) -> RegisterAnswer:
        """What this REGISTER of `login` (who has proven to be it) changes, and the answer to it. It lasts `most_seconds` at
        most, where that is less than what everybody gets.

        Answers 400 for contacts that cannot be, 423 below the least time, 439 (RFC 5626) and 500 for a request out of order.
        """
        try:
            return self._register(
                request, flow, login, min(most_seconds or self._policy.max_seconds, self._policy.max_seconds)
            )
        except SipError as error:
            return RegisterAnswer(error.status, error.reason, ())

    def remove(self, login: str) -> None:
        """Drop all bindings of a login, as when its phone is taken away."""
        self._replace(login, ())

    def drop(self, login: str, contact: str) -> None:
        """Drop one binding, as when its address turned out to be nobody's."""
        self._replace(login, tuple(one for one in self._store.get(login) if one.contact != contact))

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._store.close()

    # --- REGISTER

    def _register(self, request: Request, flow: Flow, login: str, most_seconds: int) -> RegisterAnswer:
        now = self._clock.now()
        current = tuple(one for one in self._store.get(login) if one.expires_at > now)
        call_id, cseq = request.call_id, request.cseq.number
        if request.contact_star:
            if request.expires != 0:
                raise SipError(400, "Contact * needs Expires 0")
            for binding in current:
                _in_order(binding, call_id, cseq)
            self._replace(login, ())
            return self._answer(request, (), outbound=False)
        contacts = request.contacts
        if len(contacts) > self._policy.bindings_per_login:
            raise SipError(400, "Too many contacts")
        kept, outbound = list(current), False
        for contact in contacts:
            seconds = self._seconds(request, contact, most_seconds)
            if 0 < seconds < self._policy.min_seconds:
                return RegisterAnswer(423, None, (("Min-Expires", str(self._policy.min_seconds)),))
            binding = self._binding(request, flow, contact, now, seconds)
            former = [one for one in kept if _same(one, binding)]
            for one in former:
                _in_order(one, call_id, cseq)
                kept.remove(one)
            if seconds > 0:
                kept.append(binding)
                outbound = outbound or binding.reg_id is not None
        if len(kept) > self._policy.bindings_per_login:
            kept.sort(key=lambda one: one.updated_at)
            del kept[: len(kept) - self._policy.bindings_per_login]
        if contacts:
            self._replace(login, tuple(kept))
            if flow.reliable:
                self._follow(flow, login)
        return self._answer(request, tuple(kept), outbound=outbound)

    def _seconds(self, request: Request, contact: NameAddr, most_seconds: int) -> int:
        asked = contact.expires
        if asked is None:
            asked = request.expires
        if asked is None:
            asked = self._policy.default_seconds
        return min(asked, most_seconds)

    def _binding(self, request: Request, flow: Flow, contact: NameAddr, now: float, seconds: int) -> Binding:
        uri = contact.uri
        if not uri.is_sip:
            raise SipError(400, "Contact is no SIP address")
        path = tuple(request.all("path"))
        reg_id = contact.reg_id if contact.instance and "outbound" in request.supported else None
        if reg_id is not None and len(request.vias) > 1 and not (path and "ob" in request.paths[0].uri.params):
            raise SipError(439, "First Hop Lacks Outbound Support")
        direct = not path and _is_own_address(uri, flow)
        # Without address translation a UDP phone is where its contact says, which need not be where it sends from.
        way = flow.beside(uri.port or 5060) if direct and not flow.reliable else flow
        return Binding(
            contact=str(uri),
            flow_id=way.id,
            transport=flow.transport,
            remote=way.remote,
            path=path,
            expires_at=now + seconds,
            q_thousandths=round(contact.q * 1000),
            instance=contact.instance,
            reg_id=reg_id,
            user_agent=(request.first("user-agent") or "")[:128],
            call_id=request.call_id,
            cseq=request.cseq.number,
            updated_at=now,
            direct=direct,
        )

    def _answer(self, request: Request, bindings: tuple[Binding, ...], *, outbound: bool) -> RegisterAnswer:
        now = self._clock.now()
        headers = [("Contact", _contact_value(one, now)) for one in bindings]
        if request.has("path"):
            headers += [("Path", value) for value in request.all("path")]
        if outbound:
            headers += [("Require", "outbound"), ("Flow-Timer", str(self._policy.flow_timer_seconds))]
        headers += [("Supported", "path, outbound"), ("Date", self._http_date(now))]
        return RegisterAnswer(200, None, tuple(headers))

    def _http_date(self, now: float) -> str:
        second = int(now)
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    # --- time and connections

    def _replace(self, login: str, bindings: tuple[Binding, ...]) -> None:
        former = self._store.get(login)
        if not former and not bindings:
            return
        self._store.put(login, bindings)
        if bindings:
            self._schedule(login, min(one.expires_at for one in bindings))
        if {(one.contact, one.flow_id) for one in former} != {(one.contact, one.flow_id) for one in bindings}:
            self._tell(login, len(bindings))

    def _tell(self, login: str, count: int) -> None:
        if self.on_change is not None:
            try:
                self.on_change(login, count)
            except Exception:
                _LOG.error("a callback for a registration failed", exc_info=True)

    def _schedule(self, login: str, at: float) -> None:
        scheduled = self._scheduled.get(login)
        if scheduled is not None and scheduled <= at:
            return  # looked at in time; then scheduled anew
        self._scheduled[login] = at
        heapq.heappush(self._due, (at, login))
        if self._timer is None or at < self._timer_at:
            self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._due:
            self._timer_at = self._due[0][0]
            # A wall clock that was set back or forward must not leave a phone registered for days.
            self._timer = self._clock.call_later(min(max(self._timer_at - self._clock.now(), 0.0), 600.0), self._expire)

    def _expire(self) -> None:
        self._timer = None
        now = self._clock.now()
        while self._due and self._due[0][0] <= now + 0.001:
            at, login = heapq.heappop(self._due)
            if self._scheduled.get(login) != at:
                continue
            del self._scheduled[login]
            bindings = self._store.get(login)
            alive = tuple(one for one in bindings if one.expires_at > now + 0.001)
            if len(alive) != len(bindings):
                self._replace(login, alive)
            elif alive:
                self._schedule(login, min(one.expires_at for one in alive))
        self._arm()

    def _follow(self, flow: Flow, login: str) -> None:
        logins = self._by_flow.get(flow.id)
        if logins is None:
            logins = self._by_flow[flow.id] = set()
            logins.add(login)
            flow.on_close(lambda: self._flow_closed(flow.id))
        logins.add(login)

    def _flow_closed(self, flow_id: str) -> None:
        for login in self._by_flow.pop(flow_id, set()):
            self._replace(login, tuple(_without_flow(self._store.get(login), lambda one: one.flow_id == flow_id)))

    def _restore(self, logins: Iterable[str]) -> None:
        """After a restart: what expired is gone, and so is every connection."""
        now = self._clock.now()
        for login in logins:
            bindings = self._store.get(login)
            alive = tuple(one for one in _without_flow(bindings, lambda one: one.transport != "UDP") if one.expires_at > now)
            if alive != bindings:
                self._store.put(login, alive)
            if alive:
                self._schedule(login, min(one.expires_at for one in alive))


def flow_to(binding: Binding, transports: Transports, done: Callable[[Flow | FlowError], None], *, size: int = 0) -> None:
    """Call `done` with the flow to a registered phone, connecting to its address where its own connection is gone."""
    flow = transports.flow_by_id(binding.flow_id) if binding.flow_id else None
    if flow is not None and not flow.closed:
        done(flow)
        return
    target = binding.target
    if target is None:
        done(FlowError("the phone's connection is gone"))
    else:
        transports.flow_for(target, done, size=size)


def _without_flow(bindings: tuple[Binding, ...], gone: Callable[[Binding], bool]) -> list[Binding]:
    """The bindings that can still be reached when those `gone` have lost their connection."""
    kept = []
    for one in bindings:
        if not gone(one):
            kept.append(one)
        elif one.target is not None:
            kept.append(msgspec.structs.replace(one, flow_id=""))
    return kept


def _same(one: Binding, other: Binding) -> bool:
    """Does `other` take the place of `one` (RFC 3261 section 10.3, RFC 5626 section 6)?"""
    if one.instance is not None and one.instance == other.instance and one.reg_id == other.reg_id:
        return True
    if one.reg_id is not None or other.reg_id is not None:
        return False
    if one.contact == other.contact:
        return True
    with contextlib.suppress(SipError):
        return parse_uri(one.contact).matches(parse_uri(other.contact))
    return False


def _in_order(binding: Binding, call_id: str, cseq: int) -> None:
    """Section 10.3, step 7. The same CSeq again is a late retransmission and changes nothing that matters."""
    if binding.call_id == call_id and cseq < binding.cseq:
        raise SipError(500, "CSeq out of order")


def _is_own_address(uri: Uri, flow: Flow) -> bool:
    if flow.transport not in ("UDP", "TCP"):
        return False
    if uri.host == flow.remote[0]:
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(uri.host) == ipaddress.ip_address(flow.remote[0])
    return False


def _contact_value(binding: Binding, now: float) -> str:
    value = f"<{binding.contact}>;expires={max(0, round(binding.expires_at - now))}"
    if binding.q_thousandths != 1000:
        value += f";q={binding.q_thousandths / 1000:g}"
    if binding.instance is not None:
        value += f';+sip.instance="<{binding.instance}>"'
    if binding.reg_id is not None:
        value += f";reg-id={binding.reg_id}"
    return value
