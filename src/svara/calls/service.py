"""What other processes ask of the calls process over the bus (see `svara.calls.commands`), and the office it works by."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from svara import log
from svara.calls.call import Call
from svara.calls.commands import (
    AdmitProbe,
    Answer,
    AskCallbacks,
    AskConferences,
    AskHealth,
    AskLive,
    AskParked,
    AskProbe,
    AskQueues,
    AskTrial,
    AskTrunks,
    CancelCallback,
    ControlConference,
    Done,
    ForgetPhone,
    Hangup,
    Health,
    HoldCall,
    KeepPlace,
    Live,
    MergeCalls,
    Originate,
    Originated,
    PauseRecording,
    Queues,
    Refused,
    ReloadOffice,
    Request,
    SetAgent,
    Supervise,
    TransferCall,
    TrunkStates,
)
from svara.calls.guest import NO_VOICE
from svara.calls.moves import requests
from svara.calls.moves.merge import merge
from svara.calls.queue.hall import Hall
from svara.calls.ringing.originate import OwnPhones
from svara.calls.ringing.ownmobile import OwnMobile
from svara.calls.routing import hours
from svara.calls.routing.dialling import Dialling, dialling
from svara.calls.routing.route import MAX_DIALLED, UNKNOWN, Asked, Line, Refusal, party
from svara.calls.switch import Switch
from svara.calls.talks.asking import supervise
from svara.calls.talks.objecting import may_record
from svara.calls.trunks import numbers, outbound
from svara.calls.whenfree.asked import asked
from svara.calls.whenfree.room import WhenFree
from svara.data import stamp
from svara.people.meetings import MEETINGS_FILE, read_meetings
from svara.people.office import SNAPSHOT_FILE, Office, Person, Snapshots, Tenant

_logger = log.get("calls.service")
_decode = msgspec.msgpack.Decoder(Request).decode
_encode = msgspec.msgpack.Encoder().encode


class Service:
    """Answers requests; everything happens at once, nothing waits."""

    def __init__(
        self,
        switch: Switch,
        folder: Path,
        more_counters: Callable[[], dict[str, float]] = dict,
        hall: Hall | None = None,
        when_free: WhenFree | None = None,
    ) -> None:
        self._switch = switch
        self._hall = hall
        self._when_free = when_free
        self._folder = folder
        self._snapshots = Snapshots(folder)
        self._countries: set[str] = set()
        self._holidays: set[str] = set()
        self._more_counters = more_counters
        self._seen: tuple[int, int] | None = None
        self._meetings_seen: tuple[int, int] | None = None
        self._started_at = switch.clock.now()

    async def handle(self, payload: bytes) -> bytes:
        """The bus's side: decode, answer, encode."""
        try:
            request = _decode(payload)
        except msgspec.DecodeError:
            return _encode(Refused("invalid", "that request is not understood"))
        return _encode(self.answer(request))

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        switch = self._switch
        match request:
            case ReloadOffice():
                self.load_office()
                return Done()
            case AskLive(tenant=tenant):
                calls = tuple(call.live() for call in switch.calls.values() if tenant in (None, call.tenant))
                return Live(calls, switch.news.presence(tenant))
            case Originate():
                return self._originate(request)
            case Hangup() | PauseRecording():
                return self._change(request)
            case Supervise() | TransferCall() | HoldCall() | MergeCalls():
                return _in_talk(switch, request)
            case ForgetPhone(login=login):
                switch.registrar.remove(login)
                return Done()
            case AskTrunks(tenant=tenant):
                return TrunkStates(switch.trunks.states(tenant))
            case AskQueues() | SetAgent() | KeepPlace():
                return self._hall.answer(request) if self._hall is not None else Queues()
            case AskParked() | AskCallbacks() | CancelCallback():
                return asked(switch, request)
            case AskConferences() | ControlConference():
                return switch.conferences.answer(request)
            case AdmitProbe() | AskProbe() | AskTrial():
                return _tried(switch, request)
            case AskHealth():
                return self._health()

    # --- the office

    def load_office(self) -> None:
        """Take the newest snapshot; phones that are nobody's any more lose their registrations, running calls go on."""
        switch = self._switch
        try:
            office = self._snapshots.read()
        except (msgspec.DecodeError, OSError):
            _logger.exception("the snapshot of the office cannot be read; the one before stays in effect")
            return
        self._seen = stamp(self._folder / SNAPSHOT_FILE)
        for login in switch.office.by_login.keys() - office.by_login.keys():
            switch.registrar.remove(login)
        before, switch.office = switch.office, office
        switch.trunks.office(office)
        switch.news.office(office, lambda login: bool(switch.registrar.all_bindings(login)))
        if self._hall is not None:
            self._hall.office(office)
        switch.lamps.office(before, office)
        if self._when_free is not None:
            self._when_free.office()
        self._prepare(office)

    def _prepare(self, office: Office) -> None:
        """Nobody's call is to be the first that needs a country."""
        now = self._switch.clock.now()
        countries = {tenant.country for tenant in office.tenants}
        holidays = {one.holidays for tenant in office.tenants for one in tenant.hours if one.holidays}
        for country in countries - self._countries:
            numbers.prepare(country)
        for code in holidays - self._holidays:
            hours.prepare(code, now)
        self._countries |= countries
        self._holidays |= holidays

    def look_at_meetings(self) -> None:
        """Read when people are in meetings, if that file changed since."""
        seen = stamp(self._folder / MEETINGS_FILE)
        if seen == self._meetings_seen:
            return
        try:
            meetings = read_meetings(self._folder)
        except (OSError, msgspec.DecodeError):
            _logger.exception("the file of meetings cannot be read; those of before stay")
            return
        self._meetings_seen = seen
        self._switch.news.meetings(meetings)

    def look_at_office(self) -> None:
        """Load the snapshot if its file changed since."""
        if stamp(self._folder / SNAPSHOT_FILE) != self._seen:
            self.load_office()

    # --- requests

    def _change(self, request: Hangup | PauseRecording) -> Answer:
        call = self._switch.calls.get(request.call)
        if call is not None and call.tenant != request.tenant:
            call = None
        if isinstance(request, Hangup):
            if call is None:
                return Refused("not-found", "there is no such call")
            call.guarded(call.end, "system", "hung up by request")
            return Done()
        if call is None or call.recorder is None:
            return Refused("not-found", "that call is not recorded")
        if not request.paused and not may_record(call):
            return Refused("forbidden", "somebody in that talk objected to being recorded")
        call.recorder.pause(paused=request.paused)
        return Done()

    def _originate(self, request: Originate) -> Answer:
        switch = self._switch
        tenant = switch.office.by_tenant_id.get(request.tenant)
        person = None if tenant is None else tenant.by_id.get(request.person)
        if tenant is None or person is None:
            return Refused("not-found", "there is no such person")
        dialled = request.to.strip()[:MAX_DIALLED]
        meant = self._dialling(request, "", dialled)
        if not dialled or meant.found is UNKNOWN:
            return Refused("not-found", "nobody has that number")
        if isinstance(meant.found, Refusal):
            return Refused("invalid", meant.found.reason)
        mobile = self._mobile(tenant, person) if request.via == "mobile" else None
        if isinstance(mobile, Refused):
            return mobile
        if mobile is None and not any(switch.registrar.bindings(phone.login) for phone in person.phones):
            return Refused("offline", "none of the caller's own phones is online")
        call = Call(
            switch,
            switch.new_id(),
            tenant=tenant.id,
            caller=party(person),
            dialled=dialled,
            callee=meant.callee,
            relay=switch.relay_for(tenant),
        )
        call.direction = meant.direction

        def then() -> Dialling:
            return self._dialling(request, call.caller.login or "", dialled)

        own = OwnPhones(call, person, then) if mobile is None else OwnMobile(call, person, mobile, then)
        call.guarded(call.start, own)
        return Originated(call.id)

    def _mobile(self, tenant: Tenant, person: Person) -> Line | Refused:
        """How the person's mobile is rung, which they must be allowed to call."""
        if not person.mobile:
            return Refused("no-mobile", "this person has no mobile number")
        found = outbound.dial(tenant, person, person.mobile, self._switch.trunks.up)
        if isinstance(found, Refusal):
            return Refused("mobile", found.reason)
        if self._switch.voice is None or not self._switch.voice.up:
            return Refused("unavailable", NO_VOICE.reason)
        return found.line

    def _dialling(self, request: Originate, login: str, dialled: str) -> Dialling:
        asked = Asked(request.tenant, request.person, login, dialled)
        return dialling(self._switch.office, asked, self._switch.moment())

    def _health(self) -> Health:
        switch = self._switch
        counters: dict[str, float] = dict(dataclasses.asdict(switch.counters))
        counters["journal_bytes_total"] = switch.journal.bytes_written
        counters["journal_failures_total"] = switch.journal.failures
        counters["journal_lost_bytes_total"] = switch.journal.lost_bytes
        counters["sip_transactions_open"] = switch.transactions.open
        for name, value in dataclasses.asdict(switch.transactions.counts).items():
            counters[f"sip_{name}_total"] = value
        counters |= switch.conferences.figures
        counters["pins_refused_total"] = switch.pins.refused
        counters |= self._more_counters()
        return Health(
            office_version=switch.office.version,
            calls=len(switch.calls),
            registrations=sum(switch.registrar.registered().values()),
            relay="up" if switch.relay.up else "down",
            started_at=self._started_at,
            voice="up" if switch.voice is not None and switch.voice.up else "down",
            trunks=Counter(state.state for state in switch.trunks.states()),
            counters=counters,
        )


def _tried(switch: Switch, request: AdmitProbe | AskProbe | AskTrial) -> Answer:
    return switch.trials.asked(request) if isinstance(request, AskTrial) else switch.probes.asked(request)


def _in_talk(switch: Switch, request: Supervise | TransferCall | HoldCall | MergeCalls) -> Answer:
    match request:
        case Supervise():
            return supervise(switch, request)
        case MergeCalls():
            return merge(switch, request)
        case TransferCall() | HoldCall():
            return requests.asked(switch, request)
