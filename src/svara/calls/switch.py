"""What every call works with: the time, the ways to phones, the journal, the relay and the tables of what is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from svara.calls.browsers import Browsers
from svara.calls.conference.hall import ConferenceHall
from svara.calls.conference.lamp import ConferenceLamps
from svara.calls.events import AnyEvent, Party
from svara.calls.journal import Journal
from svara.calls.lamps import Lamps
from svara.calls.live import News
from svara.calls.probe import Probes
from svara.calls.ringing.late import Late
from svara.calls.ringing.resumed_phones import Leftovers
from svara.calls.routing.route import Moment
from svara.calls.stops.lot import Lot
from svara.calls.stops.pins import PinGuard
from svara.calls.stops.tryphone import Trials
from svara.calls.trunks.live import Trunks
from svara.clock import Clock, Timer
from svara.media.relay import Relay
from svara.media.voice.port import Voice, VoiceEvent
from svara.people.office import Office, Tenant
from svara.people.unrecorded import NOBODY, Unrecorded
from svara.sip.bindings import Binding
from svara.sip.registrar import Registrar, flow_to
from svara.sip.transaction import Transactions
from svara.sip.transport import Flow, FlowError, Transports

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.closing import Closing
    from svara.calls.guest import Guest
    from svara.calls.leg import Leg
    from svara.calls.moves.keys import TalkKeys
    from svara.calls.recorder import Recorder
    from svara.calls.stops import Queues
    from svara.calls.stops.paging import Paging
    from svara.calls.talks.music import HoldMusic
    from svara.calls.talks.seat import Seat
    from svara.calls.whenfree.room import WhenFree

SWEEP_SECONDS = 5.0
"""How often session timers are looked at: one timer for all calls."""


@dataclass(slots=True)
class Counters:
    """Figures since the process started, under their Prometheus names (without `svara_`)."""

    calls_started_total: int = 0
    calls_answered_total: int = 0
    calls_ended_total: int = 0
    calls_refused_total: int = 0
    calls_recovered_total: int = 0
    calls_crashed_total: int = 0
    """Ended because of a mistake of ours; anything above 0 is a fault to report."""
    sounds_measured_total: int = 0
    """Sides of talks of which the other phone reported how it heard them."""
    sounds_poor_total: int = 0
    """... and those of them that people would complain of (`svara.media.quality.POOR_MOS`)."""
    sound_packets_total: int = 0
    sound_packets_lost_total: int = 0
    challenges_total: int = 0
    logins_rejected_total: int = 0


@dataclass(slots=True)
class Switch:
    """The shared ground of all calls of this process; no rules of its own."""

    clock: Clock
    journal: Journal
    news: News
    registrar: Registrar
    relay: Relay
    direct: Relay
    transports: Transports
    new_id: Callable[[], str]
    """Ids of calls: short, unique for ever."""
    new_tag: Callable[[], str]
    """Unguessable tokens for tags and Call-IDs."""
    random: Random
    voice: Voice | None = None
    """Who makes sound; None where nobody does."""
    queues: Queues | None = None
    hosts: frozenset[str] = frozenset()
    """Names of this server, beside the addresses at which phones reach it."""
    when_free: WhenFree | None = None
    """Who wants to be called when a colleague is free."""
    ask: Callable[[str, bytes, Callable[[bytes | None], object]], object] = lambda _service, _payload, done: done(None)
    """Ask another process (a service of the bus); the answer comes later, None when there is none."""
    has_sound: Callable[[str], bool] = lambda _file: True
    """Whether a file of the sounds is there (see `Sound`)."""
    pins: PinGuard = field(default_factory=PinGuard)
    told_of_recording: dict[str, int] = field(default_factory=dict)
    """On which day somebody of the house was told last, in words, that a talk is recorded: by the person's id."""
    office: Office = field(default_factory=lambda: Office(version=0))
    unrecorded: Unrecorded = NOBODY
    """Numbers outside whose owners are not recorded."""
    transactions: Transactions = field(init=False)
    trunks: Trunks = field(init=False)
    conferences: ConferenceHall = field(init=False)
    late: Late = field(init=False)
    """Who is rung, for phones that come meanwhile."""
    left: Leftovers = field(init=False)
    """What rang when the process before was killed."""
    probes: Probes = field(init=False)
    """Calls that are nobody's, by which `svara doctor` tries whether calls work."""
    trials: Trials = field(init=False)
    """Calls in which people try their phones."""
    browsers: Browsers = field(init=False)
    lamps: Lamps = field(init=False)
    """Who is told what goes on at which extension."""
    lot: Lot = field(init=False)
    """Where callers are parked."""
    calls: dict[str, Call] = field(default_factory=dict)
    dialogs: dict[str, Leg] = field(default_factory=dict)
    """Every leg that has a dialog, or may get one, by our own tag."""
    guests: dict[str, Guest | Recorder | Seat | HoldMusic | Paging | TalkKeys] = field(default_factory=dict)
    """Callers whom the system itself answered, recordings, phones in a room and those that are spoken to, by the ids of
    their voice legs."""
    closing: set[Closing] = field(default_factory=set)
    """Ends of talks that wait for what the relay measured."""
    calls_of_phone: dict[str, int] = field(default_factory=dict)
    calls_of_tenant: dict[str, int] = field(default_factory=dict)
    counters: Counters = field(default_factory=Counters)
    _sweeping: Timer | None = None

    def __post_init__(self) -> None:
        self.trunks = Trunks(self)
        self.conferences = ConferenceHall(self)
        self.late = Late(self)
        self.left = Leftovers(self)
        self.probes = Probes(self)
        self.trials = Trials(self)
        self.browsers = Browsers(self)
        self.lamps = Lamps(self)
        self.lamps.register("conference", ConferenceLamps(self))
        self.lot = Lot(self)
        self.lamps.register("park", self.lot)

    def relay_for(self, tenant: Tenant | None) -> Relay:
        """The relay, or direct media where the office says so."""
        return self.direct if tenant is not None and tenant.media == "direct" else self.relay

    def opened(self, call: Call) -> None:
        """A call begins to use resources."""
        self.calls[call.id] = call
        self._count(call, 1)
        if self._sweeping is None:
            self._sweeping = self.clock.call_later(SWEEP_SECONDS, self._sweep)

    def closed(self, call: Call) -> None:
        """... and uses them no more."""
        if self.calls.pop(call.id, None) is not None:
            self._count(call, -1)

    def handed_on(self, call: Call, caller: Party) -> None:
        """Somebody else is its caller from now on."""
        self._count(call, -1)
        call.caller = caller
        self._count(call, 1)

    def _count(self, call: Call, more: int) -> None:
        if self.queues is not None and call.caller.person:
            self.queues.dials(call, more)
        for table, key in ((self.calls_of_phone, call.caller.login), (self.calls_of_tenant, call.tenant)):
            if key is not None:
                count = table.get(key, 1 if more < 0 else 0) + more
                if count > 0:
                    table[key] = count
                else:
                    table.pop(key, None)

    def write(self, happened: Sequence[AnyEvent], call: str = "", state: bytes = b"") -> None:
        """To the journal, before anybody outside learns of it."""
        self.journal.write(happened, call, state)

    def reach(self, binding: Binding, done: Callable[[Flow | FlowError], None]) -> None:
        """The way to a registered phone; at once where it is open."""
        flow_to(binding, self.transports, done)

    def reachable(self, login: str) -> bool:
        """Whether the phone with that login is registered."""
        return bool(self.registrar.all_bindings(login))

    def moment(self, *, anonymous: bool = False) -> Moment:
        """What routing may know now; `anonymous`: the caller asked for privacy."""
        return Moment(self.clock.now(), self.reachable, self.trunks.up, anonymous, self.in_call, self.in_use)

    def in_call(self, person: str) -> bool:
        """Whether this person (an id) talks, or is calling somebody."""
        return self.news.talks(person) or any(self.calls_of_phone.get(login) for login in self.news.phones_of(person))

    def in_use(self, login: str) -> bool:
        """Whether this phone is in a call, or makes one."""
        return bool(self.calls_of_phone.get(login)) or any(
            call.back is not None and call.back.party.login == login for call in self.calls.values()
        )

    def heard(self, event: VoiceEvent) -> None:
        """The voice process tells something of one of our legs."""
        guest = self.guests.get(event.leg)
        if guest is not None:
            guest.call.guarded(guest.heard, event)
        else:
            self.probes.heard(event)

    def voice_lost(self) -> None:
        """The voice process was restarted: give everybody who was hearing something their sound back."""
        for guest in set(self.guests.values()):
            guest.call.guarded(guest.reconnect)

    def voice_away(self) -> None:
        """The voice process does not answer: who talks through it talks without it."""
        for call in {guest.call for guest in self.guests.values()}:
            if call.room is not None:
                call.guarded(call.room.fail, "no sound is available")

    def flow_of(self, login: str | None, contact: str = "") -> Flow | None:
        """An open way to a phone, for one that came back over another connection; of several, first to the one with that
        contact."""
        found = self.registrar.bindings(login) if login else []
        for binding in sorted(found, key=lambda one: _bare(one.contact) != _bare(contact)):
            flow = self.transports.flow_by_id(binding.flow_id) if binding.flow_id else None
            if flow is not None and not flow.closed:
                return flow
        return None

    def _sweep(self) -> None:
        self._sweeping = None
        now = self.clock.monotonic()
        for call in list(self.calls.values()):
            call.look_at_timers(now)
        if self.calls:
            self._sweeping = self.clock.call_later(SWEEP_SECONDS, self._sweep)


def _bare(contact: str) -> str:
    """A contact without its parameters, which browsers write otherwise in a call than when they register."""
    return contact.partition(";")[0]
