"""The part of a mailbox by phone in which its greetings are recorded: which one, what is said, and its last day.

Nothing is kept before it was heard and confirmed; a recording that is not kept stays with the recordings, which are pruned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import msgspec

from svara.calls.stops.prompts import BEEP
from svara.media.sounds.phrases import PhraseKey, digits, phrase
from svara.media.voice.port import Item, Recorded, Recording, Sound
from svara.people import wish
from svara.people.office import GreetingKind, Person

if TYPE_CHECKING:
    from svara.calls.stops.readbox import ReadMailbox

MAX_SECONDS = 90.0
MAX_NAME_SECONDS = 8.0
DAY_SIGNS = 4
KINDS: dict[str, GreetingKind] = {"1": "general", "2": "busy", "3": "name", "4": "away"}
QUEUE_KINDS: dict[str, GreetingKind] = {"1": "general", "4": "away"}
BACK = "*"

Deed = Literal["hear", "keep", "again", "standard"]
DEEDS: dict[str, Deed] = {"1": "hear", "2": "keep", "3": "again", "4": "standard"}

_answer = msgspec.msgpack.Decoder(wish.Answer).decode


class OwnGreetings:
    """Recording the greetings of `box`'s mailbox; the box asks for keys and says what is to be said."""

    def __init__(self, box: ReadMailbox) -> None:
        self._box = box
        self._kind: GreetingKind = "general"
        self._file = ""
        self._day = ""

    # --- keys

    def menu(self) -> PhraseKey:
        """What is asked first."""
        return "greetings-menu" if isinstance(self._box.owner, Person) else "greetings-menu-queue"

    def choose(self, key: str) -> None:
        """Which greeting; what is in use of it is heard, else it is recorded at once."""
        kinds = KINDS if isinstance(self._box.owner, Person) else QUEUE_KINDS
        if key == BACK:
            self._box.prompt("menu")
        elif key not in kinds:
            self._box.prompt("greetings", self._say("not-a-choice"))
        else:
            self._kind, self._file = kinds[key], ""
            if self._sound() is None:
                self._ask()
            else:
                self._hear()

    def decide(self, key: str) -> None:
        """What becomes of the greeting that was heard."""
        match DEEDS.get(key):
            case "hear":
                self._hear()
            case "keep" if self._file and self._kind == "away":
                self._day = ""
                self._box.prompt("day")
            case "keep" if self._file:
                self._keep(None)
            case "keep":
                self._box.prompt("greetings")
            case "again":
                self._ask()
            case "standard":
                self._remove()
            case _:
                self._box.prompt("greeting", self._say("not-a-choice"))

    def day(self, key: str) -> None:
        """A sign of the last day, day before month."""
        if key == BACK:
            self._hear()
            return
        if key.isdigit():
            self._day += key
        if len(self._day) < DAY_SIGNS:
            self._box.wait()
            return
        entered, self._day = self._day, ""
        tenant = self._box.journey.tenant
        zone = ZoneInfo(tenant.timezone if tenant is not None else "UTC")
        ends = end_of_day(entered, datetime.fromtimestamp(self._box.call.switch.clock.now(), zone))
        if ends is None:
            self._box.prompt("day", self._say("not-a-day"))
        else:
            self._keep(ends.timestamp(), (*self._say("greeting-ends"), *digits(entered, self._box.language)))

    # --- recording

    def _ask(self) -> None:
        guest = self._box.guest
        if guest is None:
            return
        guest.on_key = None
        self._file = f"greetings/{self._box.call.id}-{self._box.call.switch.new_tag()[:8]}.wav"
        said = self._say("record-name" if self._kind == "name" else "record-greeting")
        guest.play((*said, BEEP), interruptible=False, done=self._begin)

    def _begin(self) -> None:
        if self._box.guest is not None:
            longest = MAX_NAME_SECONDS if self._kind == "name" else MAX_SECONDS
            self._box.guest.record(Recording(self._file, longest, 0.0, "#"), self._recorded)

    def _recorded(self, recorded: Recorded) -> None:
        self._box.listen()
        if recorded.seconds > 0:
            self._hear()
        else:
            self._file = ""
            self._box.prompt("greetings", self._say("nothing-recorded"))

    def _hear(self) -> None:
        """The greeting, and what can be done with it."""
        sound = self._sound()
        self._box.prompt("greeting", () if sound is None else (sound,))

    def _sound(self) -> Sound | None:
        """What was recorded now, else what is in use."""
        if self._file:
            return Sound(f"recording:{self._file}")
        tenant, owner = self._box.journey.tenant, self._box.owner
        if tenant is None:
            return None
        now_there = tenant.by_id.get(owner.id) or tenant.queue_by_id.get(owner.id)  # the box was opened with what was before
        own = now_there.greetings.get(self._kind) if now_there is not None else None
        over = own is None or (own.until is not None and own.until <= self._box.call.switch.clock.now())
        return None if own is None or over else Sound(own.file)

    # --- keeping

    def _keep(self, until: float | None, first: Sequence[Item] = ()) -> None:
        self._wish(self._file, until, (*first, *self._say("greeting-saved")))

    def _remove(self) -> None:
        self._wish("", None, self._say("greeting-deleted"))

    def _wish(self, file: str, until: float | None, said: Sequence[Item]) -> None:
        owner, reader = self._box.owner, self._box.reader
        queue = "" if isinstance(owner, Person) else owner.id
        person = reader.id if queue and reader is not None else owner.id
        self._file = ""

        def answered(payload: bytes | None) -> None:
            done = payload is not None and isinstance(_answer(payload), wish.Done)
            self._box.prompt("greetings", said if done else self._say("cannot-be-completed"))

        wanted = wish.SetGreeting(self._box.call.tenant, person, file, self._kind, until, queue)
        self._box.ask(wish.SERVICE, wanted, answered)

    def _say(self, key: PhraseKey) -> tuple[Sound, ...]:
        return phrase(key, self._box.language)


def end_of_day(entered: str, now: datetime) -> datetime | None:
    """The end of the day that "2412" means: the next such day, today included; None for no day. `now` is local time."""
    for year in (now.year, now.year + 1):
        try:
            day = date(year, int(entered[2:]), int(entered[:2]))
        except ValueError:
            continue
        if day >= now.date():
            return datetime.combine(day + timedelta(days=1), time.min, now.tzinfo)
    return None
