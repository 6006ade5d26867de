"""A stop of a call's way: what holds the call until somebody talks, or until it goes on or ends.

Phones that ring (`svara.calls.ringing.setup`), a queue, a menu, a mailbox: a call has one of them at a time, as
`Call.setup`, and none any more once two people talk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from svara.calls.wait import Wait
from svara.media.sounds.phrases import PhraseKey, phrase
from svara.media.voice.port import Tone
from svara.people.codes import OFF
from svara.people.visibility import may_see

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.commands import Answer, AskQueues, KeepPlace, SetAgent
    from svara.calls.events import AnyEvent, EndedBy
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.leg import Leg
    from svara.calls.routing.route import Refusal
    from svara.calls.saved import SavedCall
    from svara.people.office import Person, Queue

FAREWELL_SECONDS = 4.0
"""How long a tone is heard before we hang up."""
MAX_SAID_SECONDS = 15.0
CALL_BACK_KEY = "5"
"""Who called a colleague in vain presses it to be called back when the colleague is free."""
_SAID: dict[str, PhraseKey] = {
    "closed": "closed",
    "no answer": "nobody-available",
    "nobody took the parked call": "nobody-available",
    "all phones are offline": "nobody-available",
    "nobody has that number": "number-not-in-use",
}
"""What is said to a caller, by the reason in the record."""


class Stop(Protocol):
    """What a call waits in.

    A stop ends in one of three ways: somebody picks up (`Call.talk`), it hands the call on (`Journey.go`, or
    `Journey.nobody` when it has nothing more to offer), or it is told to `stop`.
    """

    @property
    def ringing(self) -> bool:
        """Whether a phone rings for the caller now."""
        ...

    @property
    def kept(self) -> bytes:
        """What the stop wants back when the server was killed meanwhile (see `Journey.go`); b"" for nothing."""
        ...

    def begin(self, happened: list[AnyEvent]) -> None:
        """Begin; `happened` has not been written yet and goes into the stop's first write."""
        ...

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """End the call here without a talk: `happened`, what ends with the stop and the call's end are written, then all
        are told (`Call.finish`, `CallerSide.refuse`)."""
        ...


class CallerSide(Protocol):
    """The caller while it waits: a phone whose INVITE came in, one that the server rang first, or one that was answered by
    the system itself (`svara.calls.guest`)."""

    takes_early: bool
    """Whether the caller can hear a ringing phone's own early sound."""
    described: bytes
    """What a phone without an `offer` said of itself before: providers, who want an offer, get this one. Then `settle` is
    called in place of `answer`. Empty where there is none."""

    @property
    def offer(self) -> bytes:
        """The caller's description; empty when the phone that picks up has to make the offer."""
        ...

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None: ...

    def answer(self, source: str, sdp: bytes) -> None: ...

    def make_offer(self, sdp: bytes, answered: Callable[[bytes], object]) -> None: ...

    def settle(self, sdp: bytes) -> None:
        """A provider answered `described` with `sdp`."""
        ...

    def refuse(self, status: int, reason: str) -> None: ...


class Owner(Protocol):
    """Who has phones rung for a caller without giving the call away (`Setup(owner=...)`): a queue that offers its first
    caller to an agent."""

    def picked_up(self, leg: Leg) -> list[AnyEvent]:
        """`leg` picked up and the talk begins: what shall be written with it. The stop is over."""
        ...

    def passed(self, person: str, refusal: Refusal) -> None:
        """This person (the id) did not pick up; others may ring still."""
        ...

    def nobody(self, refusal: Refusal) -> None:
        """Nobody picked up, or in vain; all phones were told. The call is the owner's still."""
        ...


class Queues(Protocol):
    """The tenants' queues as a journey sees them."""

    def enter(self, journey: Journey, queue: Queue, kept: bytes) -> Stop | Refusal:
        """The stop that holds a caller who comes to `queue`, or why there is none. `kept` is what the stop of the same
        caller had `kept` before the server was killed."""
        ...

    def phone(self, login: str) -> None:
        """A phone registered, or its last registration ended (`News` knows it already)."""
        ...

    def close(self) -> None:
        """The process ends: what is known is written down."""
        ...

    def dials(self, call: Call, more: int) -> None:
        """A person of the house has one call of their own more, or (-1) one less."""
        ...

    def answer(self, request: AskQueues | SetAgent | KeepPlace) -> Answer:
        """What others want to know or to change."""
        ...

    def take_up(self, states: Iterable[SavedCall]) -> None:
        """After a restart: what the process before left, before any of it is taken up."""
        ...

    def waiting(self, tenant: str, queue: str) -> int:
        """How many stand in that line (the ids of both)."""
        ...

    def resumed(self, call: Call, agent: str) -> None:
        """A talk goes on in which this person had taken a call out of a queue."""
        ...


class Still:
    """A stop at which nothing happens: between two others, while something is waited for."""

    ringing = False

    def __init__(self, call: Call, side: CallerSide, kept: bytes = b"") -> None:
        self.call = call
        self.side = side
        self.kept = kept

    def begin(self, happened: list[AnyEvent]) -> None:
        """Wait."""
        if happened:
            self.call.save(*happened)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or the call is ended."""
        self.call.finish(by, refusal, happened)
        self.side.refuse(refusal.status, refusal.reason)


class Farewell:
    """A caller whom the system itself answered hears that nothing comes of the call, for a few seconds."""

    ringing = False
    kept = b""

    def __init__(self, call: Call, guest: Guest, by: EndedBy, refusal: Refusal) -> None:
        self._call = call
        self._guest = guest
        self._by = by
        self._refusal = refusal
        self._wait = Wait(call)

    def begin(self, happened: list[AnyEvent]) -> None:
        """Words where there are some for it; then a busy tone for who was busy, else congestion."""
        if happened:
            self._call.save(*happened)
        if self._refusal.outcome in ("voicemail", "answered"):
            self._over()
            return
        self._guest.on_key = None
        busy = self._refusal.outcome in ("busy", "rejected")
        tone = Tone("busy" if busy else "congestion", self._guest.country)
        words = _SAID.get(self._refusal.reason)
        said = phrase(words, self._guest.language) if words is not None else ()
        offered = self._wanted()
        if offered is not None:
            said = (*(said or phrase("person-busy", self._language)), *phrase("call-back-offer", self._language))
            self._guest.on_key = partial(self._key, *offered)
            self._guest.play(said, then=(tone,), done=self._tone)
        elif said:
            self._guest.play(said, then=(tone,), interruptible=False, done=self._tone)
        else:
            self._guest.play((tone,), loop=True, interruptible=False)
        seconds = FAREWELL_SECONDS + (MAX_SAID_SECONDS if said else 0.0)
        self._wait.begin(seconds, self._over)

    def _wanted(self) -> tuple[Person, Person] | None:
        """Who called a colleague in vain and may be called back by a key; None for everybody else."""
        call, room = self._call, self._call.switch.when_free
        tenant = call.switch.office.by_tenant_id.get(call.tenant)
        if tenant is None or room is None or self._refusal.outcome not in ("busy", "missed"):
            return None
        room.unreached(call, self._refusal)
        asker = tenant.by_id.get(call.caller.person or "")
        wanted = tenant.by_id.get(room.last(asker.id)) if asker is not None else None
        if asker is None or wanted is None or wanted.id != call.callee.person or tenant.codes.get("call-back") == OFF:
            return None
        if not may_see(tenant, asker.id, wanted.id):
            return None
        return asker, wanted

    @property
    def _language(self) -> str:
        tenant = self._call.switch.office.by_tenant_id.get(self._call.tenant)
        asker = tenant.by_id.get(self._call.caller.person or "") if tenant is not None else None
        return (asker.language if asker is not None else "") or self._guest.language

    def _key(self, asker: Person, wanted: Person, key: str) -> None:
        tenant, room = self._call.switch.office.by_tenant_id.get(self._call.tenant), self._call.switch.when_free
        if key == CALL_BACK_KEY and tenant is not None and room is not None:
            done = room.ask(tenant, asker, wanted) == "done"
            self._guest.on_key = None
            self._wait.end()
            said = phrase("call-back-set" if done else "cannot-be-completed", self._language)
            self._guest.play(said, interruptible=False, done=self._over)
            self._wait.begin(MAX_SAID_SECONDS, self._over)

    def _tone(self) -> None:
        """The words were said."""
        self._wait.begin(FAREWELL_SECONDS, self._over)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:  # noqa: ARG002 - it ended before
        """The caller hangs up first, as most do: that changes nothing."""
        self._over(happened)

    def _over(self, happened: list[AnyEvent] | None = None) -> None:
        self._wait.end()
        self._call.finish(self._by, self._refusal, [] if happened is None else happened)
        self._guest.refuse(self._refusal.status, self._refusal.reason)
