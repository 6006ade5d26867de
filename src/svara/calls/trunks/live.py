"""All trunks of the server as they are now: watched, found by those who call through them, and known by their calls.

A new snapshot of the office restarts only the trunks that changed; the others keep their registrations and their state.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING

from svara.calls.commands import TrunkState
from svara.calls.trunks.identify import Identified, Lines
from svara.calls.trunks.watch import Watch
from svara.people.office import REALM, Office, Tenant, Trunk
from svara.sip.credentials import CHALLENGES, Credentials
from svara.sip.dialog import Dialog
from svara.sip.digest import Nonces, Verified, hashes_for, verify
from svara.sip.headers import parse_authorization
from svara.sip.locate import LocateError, literal
from svara.sip.message import Request, Response, SipError
from svara.sip.transport import Flow, FlowError
from svara.sip.transport.flow import Target
from svara.sip.uri import Uri, parse_uri

if TYPE_CHECKING:
    from svara.calls.leg import Leg
    from svara.calls.switch import Switch

Located = Callable[[list[Target] | LocateError], None]
Locate = Callable[[Uri, Located], None]

MAX_SAME_LOGIN = 8


def addresses_only(uri: Uri, done: Located) -> None:
    """For who has no DNS."""
    try:
        found = literal(uri)
    except LocateError as error:
        done(error)
        return
    done([found] if found is not None else LocateError("names cannot be looked up"))


class Trunks:
    """See the module."""

    def __init__(self, switch: Switch, *, locate: Locate = addresses_only, key: bytes = b"") -> None:
        """`key` is the installation's secret."""
        self._switch = switch
        self._watched: dict[str, Watch] = {}
        self._by_line: dict[str, Watch] = {}
        self._registrars: dict[str, list[Watch]] = {}
        """Who registered with the servers at an address."""
        self._countries: dict[str, str] = {}
        self._office = Office(version=0)
        self._lines = Lines(self._office)
        self._open = False
        self._hashes: dict[tuple[str, str], dict[str, str]] = {}
        self.locate = locate
        self.key = key

    # --- the office

    def start(self) -> None:
        """There are ways to the outside now: register, and ask who lives."""
        self._open = True
        self.office(self._office)

    def office(self, office: Office) -> None:
        """A new snapshot."""
        self._office = office
        self._lines = Lines(office)
        self._countries = {tenant.id: tenant.country for tenant in office.tenants}
        self._hashes.clear()
        if not self._open:
            return
        wanted = {trunk.id: (tenant, trunk) for tenant in office.tenants for trunk in tenant.trunks}
        for trunk_id, watch in list(self._watched.items()):
            found = wanted.get(trunk_id)
            if found is None or _restarts(watch.trunk, found[1]) or watch.tenant != found[0].id:
                del self._watched[trunk_id]
                self._by_line.pop(watch.line, None)
                watch.stop()
        living = set(map(id, self._watched.values()))
        self._registrars = {
            address: kept
            for address, watches in self._registrars.items()
            if (kept := [watch for watch in watches if id(watch) in living])
        }
        for trunk_id, (tenant, trunk) in wanted.items():
            known = self._watched.get(trunk_id)
            if known is None:
                started = self._watched[trunk_id] = Watch(self, self._switch, tenant.id, trunk)
                self._by_line[started.line] = started
                started.start()
            else:
                known.renew(trunk)
        self.trust()

    def trust(self) -> None:
        """Providers are no strangers: their bursts are not held against them."""
        for address in self._lines.addresses:
            self._switch.transports.trust(address)

    def close(self) -> None:
        """The house closes: take every registration away."""
        self._open = False
        for watch in self._watched.values():
            watch.stop()
        self._watched.clear()
        self._by_line.clear()
        self._registrars.clear()

    # --- for calls that go out

    def up(self, trunk: Trunk) -> bool:
        """Whether a call may as well go another way: False when this trunk is known not to work."""
        watch = self._watched.get(trunk.id)
        return watch is None or watch.state.state in ("up", "unknown")

    def states(self, tenant: str | None = None) -> tuple[TrunkState, ...]:
        """Every trunk of a tenant (None: of all)."""
        return tuple(watch.state for watch in self._watched.values() if tenant in (None, watch.tenant))

    def country(self, tenant: str) -> str:
        """The country whose manner of writing numbers counts."""
        return self._countries.get(tenant, "")

    def credentials(self, trunk: Trunk) -> Credentials:
        watch = self._watched.get(trunk.id)
        return watch.credentials if watch is not None else Credentials(trunk.login, trunk.secret, self._switch.random)

    def contact(self, trunk: Trunk, flow: Flow) -> str:
        """Our Contact URI for requests to the trunk."""
        watch = self._watched.get(trunk.id)
        return watch.contact(flow) if watch is not None else flow.contact_uri()

    def routes(self, trunk: Trunk) -> tuple[str, ...]:
        """The proxies that the trunk's registrar wants calls to go by."""
        watch = self._watched.get(trunk.id)
        return watch.registration.service_routes if watch is not None and watch.registration is not None else ()

    def suspect(self, trunk: Trunk, why: str) -> None:
        """A call met silence on this trunk ("timeout"), or could not be sent ("transport")."""
        watch = self._watched.get(trunk.id)
        if watch is not None:
            watch.suspect(why)

    def heard(self, trunk_id: str, *, answered: bool) -> None:
        """A trunk brought a call, or `answered` one of ours, be it by a refusal."""
        watch = self._watched.get(trunk_id)
        if watch is not None:
            watch.heard(answered=answered)

    def flow_of(self, trunk_id: str) -> Flow | None:
        """An open way to a trunk."""
        watch = self._watched.get(trunk_id)
        return watch.open_flow if watch is not None else None

    def hop(self, dialog: Dialog, flow: Flow) -> Flow:
        """The way for a request within a trunk's dialog: to the first proxy of its route, or to its Contact (RFC 3261
        section 12.2.1.1), which at providers is often another machine than the one that was called.

        A private address that a public one gives is a provider's mistake: the way stays as it was. So it does for
        connections.
        """
        if flow.reliable:
            return flow
        try:
            target = literal(parse_uri(dialog.next_hop))
            if target is None or target.transport != "UDP" or (target.host, target.port) == flow.remote:
                return flow
            if not ip_address(target.host).is_global and ip_address(flow.remote[0].partition("%")[0]).is_global:
                return flow
        except (SipError, LocateError, ValueError):
            return flow
        found: list[Flow | FlowError] = []
        self._switch.transports.flow_for(target, found.append)
        return found[0] if found and isinstance(found[0], Flow) else flow

    def proving(
        self,
        leg: Leg,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], object],
        on_failure: Callable[[str], object],
    ) -> Callable[[Response], object]:
        """For a request within a dialog: what takes its responses, and answers a challenge with the request once more."""
        watch = self._watched.get(leg.trunk)
        return on_response if watch is None else partial(self._within, leg, watch, request, flow, on_response, on_failure, 0)

    def _within(  # noqa: PLR0917 - bound at once, by `proving`
        self,
        leg: Leg,
        watch: Watch,
        request: Request,
        flow: Flow,
        on_response: Callable[[Response], object],
        on_failure: Callable[[str], object],
        tries: int,
        response: Response,
    ) -> None:
        dialog = leg.dialog
        if response.status in CHALLENGES and dialog is not None:
            again = request.copy()
            if watch.credentials.answer(again, response, tries):
                dialog.local_cseq += 1
                again.set("CSeq", f"{dialog.local_cseq} {request.method}")
                if request.method == "INVITE":
                    first = next((old for old, new in leg.renumbered.items() if new == request.cseq.number), None)
                    leg.renumbered = {first or request.cseq.number: dialog.local_cseq}
                more = partial(self._within, leg, watch, again, flow, on_response, on_failure, tries + 1)
                self._switch.transactions.request(again, flow, on_response=more, on_failure=on_failure)
                return
        on_response(response)

    # --- for calls that come in

    def identify(self, request: Request, flow: Flow) -> Identified:
        """Whose trunk an INVITE comes by, as its source address tells (see `identify`)."""
        known = self._lines.at(flow.remote[0])
        if self._by_line:
            registered = self._registrars.get(flow.remote[0], [])
            watch = self._by_line.get(request.request_uri.params.get("line") or "")
            if watch is not None and watch.registration is not None:
                registered = [watch, *registered]
            known = [*known, *(one for each in registered for one in self._lines.of(each.trunk.id))]
        if not known or self._is_phone(request, flow):
            return None
        return self._lines.identify(request, known)

    def registered_at(self, watch: Watch, address: str) -> None:
        """Calls for what `watch` registers come from this address."""
        watches = self._registrars.setdefault(address, [])
        if watch not in watches:
            watches.append(watch)

    def by_login(self, request: Request, nonces: Nonces) -> list[tuple[Tenant, Trunk]]:
        """The trunks whose login the request's credentials prove; for those that have no address to be known by."""
        value = request.first("proxy-authorization") if self._lines.logins else None
        if value is None:
            return []
        try:
            login = parse_authorization(value).get("username", "")
        except SipError:
            return []
        for tenant, trunk in self._lines.logins.get(login, [])[:MAX_SAME_LOGIN]:
            checked = verify(request, nonces, REALM, partial(self._ha1, trunk), proxy=True)
            if isinstance(checked, Verified):
                return [(tenant, trunk)]
        return []

    def called(self, request: Request, known: list[tuple[Tenant, Trunk]]) -> Identified:
        """What an INVITE of these trunks asks for."""
        return self._lines.identify(request, known)

    def _ha1(self, trunk: Trunk, login: str) -> dict[str, str] | None:
        if login != trunk.login:
            return None
        key = (trunk.login, trunk.secret)
        found = self._hashes.get(key)
        if found is None:
            found = self._hashes[key] = hashes_for(trunk.login, REALM, trunk.secret)
        return found

    def _is_phone(self, request: Request, flow: Flow) -> bool:
        """Whether a phone of ours calls from an address that a trunk has as well (one behind the same router, a test on one
        machine): it says who it is, or brings credentials."""
        if request.has("proxy-authorization"):
            return True
        login = request.from_.uri.user or ""
        if login not in self._switch.office.by_login:
            return False
        if not login.lstrip("+").isdigit():
            return True
        return any(one.remote[0] == flow.remote[0] for one in self._switch.registrar.all_bindings(login))


def _restarts(old: Trunk, new: Trunk) -> bool:
    """Whether a change concerns the registration or the probing."""
    one, other = ((each.address, each.login, each.secret, each.register, each.probe_seconds) for each in (old, new))
    return one != other
