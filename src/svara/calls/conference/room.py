"""One conference now: who is in it, whether it is locked, and whether it has begun.

It is there as long as somebody is, or waits for the moderator. Who is alone hears music, and so does everybody until the
moderator comes, where the office wants that; once begun it goes on without a moderator too. A room without a name was made
for the moment: nobody conducts it, and when only one is left it is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from svara.calls.commands import ConferenceState
from svara.calls.events import AnyEvent, ConferenceMet
from svara.media.sounds.phrases import PhraseKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from svara.calls.conference.member import InConference, Place
    from svara.calls.switch import Switch
    from svara.people.office import Conference

BACK_SECONDS = 2.0
"""After a restart: so long those who are back are let be, until all are."""


class Room:
    """See the module. `news` is called when something changed that others see."""

    def __init__(self, switch: Switch, tenant: str, conference: Conference, news: Callable[[Room], object]) -> None:
        self.tenant = tenant
        self.conference = conference
        self.members: dict[str, InConference] = {}
        """By the ids of their calls, in the order in which they came."""
        self.locked = False
        self.begun = not conference.wait_for_moderator
        self.begun_at = 0.0
        """When the moderator came, where it waited for one."""
        self._met = False
        """There were two."""
        self._switch = switch
        self._news = news
        self._looking = False
        self._ending = False

    @property
    def id(self) -> str:
        return self.conference.id

    @property
    def name(self) -> str:
        return self.conference.name

    @property
    def voice_name(self) -> str:
        """As the voice process knows it."""
        return f"{self.tenant}/{self.id}"

    def state(self) -> ConferenceState:
        """As others see it."""
        one = self.conference
        members = tuple(member.shown() for member in self.members.values())
        return ConferenceState(one.id, one.name, one.extension, members, one.max_members, self.locked, one.record)

    def changed(self) -> None:
        """Tell those who look at it."""
        self._news(self)

    # --- coming and going

    def refuses(self, *, moderator: bool) -> PhraseKey | None:
        """What is said to somebody who cannot come in; None for who can. A moderator opens what is locked."""
        if len(self.members) >= self.conference.max_members:
            return "conference-full"
        return "conference-locked" if self.locked and not moderator else None

    def come(self, member: InConference) -> None:
        """Somebody takes part."""
        self.members[member.call.id] = member
        if member.state.moderator and not self.begun:
            self.begun, self.begun_at = True, self._switch.clock.now()
        self._met = self._met or len(self.members) > 1
        self.settle()
        if member.place != "waiting":
            self._chime("join")
        self.changed()

    def back(self, member: InConference) -> None:
        """Somebody is where they were before a restart of ours."""
        self.members[member.call.id] = member
        self.begun, self.begun_at = True, max(self.begun_at, member.state.begun_at)
        self.locked = self.locked or member.state.locked
        if not self._looking:
            self._looking = True
            self._switch.clock.call_later(BACK_SECONDS, self._look)
        self.changed()

    def _look(self) -> None:
        self._looking = False
        self._met = self._met or len(self.members) > 1
        self.settle()

    def go(self, member: InConference) -> None:
        """Somebody takes part no more."""
        if self.members.get(member.call.id) is member:
            del self.members[member.call.id]
            if not self._ending:
                self._chime("leave")
                self.settle()
            if self._met and not self.name and len(self.members) == 1:
                self.end()
            self.changed()

    def settle(self) -> None:
        """Everybody hears what they have to hear now."""
        if self._looking:
            return
        place: Place = "waiting" if not self.begun else "among" if len(self.members) > 1 else "alone"
        for member in list(self.members.values()):
            member.call.guarded(member.settle, place)

    def _chime(self, tone: Literal["join", "leave"]) -> None:
        if self.conference.announce and self._switch.voice is not None:
            self._switch.voice.chime(self.voice_name, tone)

    def met(self, member: InConference, now: float) -> list[AnyEvent]:
        """For the records of all: with whom somebody was here who leaves now."""
        met: list[AnyEvent] = []
        if not self.begun:
            return met
        for other in self.members.values():
            if other is not member:
                since = max(member.state.joined_at, other.state.joined_at, self.begun_at)
                for call, who in ((member.call, other), (other.call, member)):
                    met.append(ConferenceMet(call.id, now, conference=self.id, who=who.party, since=since, taped=who.taped))
        return met

    # --- what moderators do

    def lock(self, *, locked: bool) -> None:
        """Let nobody in any more, or let them in again."""
        if self.locked != locked:
            self.locked = locked
            for member in self.members.values():
                member.lock(locked=locked)
            self.changed()

    def mute_all(self, *, but: InConference | None = None, muted: bool | None = None) -> bool:
        """Everybody but the moderators is heard no more; or again, where nobody was heard (or `muted` says so). Gives
        whether they are muted now."""
        those = [one for one in self.members.values() if one is not but and not one.state.moderator]
        wanted = any(not one.state.muted for one in those) if muted is None else muted
        for member in those:
            member.call.guarded(_mute, member, wanted)
        return wanted

    def end(self) -> None:
        """For all."""
        self._ending = True
        for member in list(self.members.values()):
            member.call.guarded(member.send_away, "ended")


def _mute(member: InConference, muted: bool) -> None:
    member.mute(muted=muted)
