"""How a conference looks to somebody: who is in it, and what the viewer may do there.

Everybody of a company sees its conferences and how many are in each. Who they are see those who are in it themselves,
supervisors and administrators; these two, and whoever moderates it at the moment, conduct it. Everybody mutes themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from svara.calls.commands import ConferenceMember, ConferenceState
from svara.history.access import sees_all_calls
from svara.history.hiding import hidden_from, people_of
from svara.history.outside import RESTRICTED
from svara.people import access
from svara.people.models import Account


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a conference as they are shown; `person` is the user name of a colleague."""

    member: ConferenceMember
    name: str
    number: str
    person: str | None
    me: bool


@dataclass(frozen=True, slots=True)
class ConferenceView:
    """One conference now. `inside`: the viewer sees who is there; `conducts`: may mute, remove, lock and end."""

    state: ConferenceState
    participants: tuple[Participant, ...]
    inside: bool
    conducts: bool

    @property
    def count(self) -> int:
        return len(self.state.members)

    @property
    def me(self) -> Participant | None:
        """The viewer, where they are in it."""
        return next((one for one in self.participants if one.me), None)

    def mutes(self, call: str) -> bool:
        """Whether the viewer may mute the one with this call."""
        return self.conducts or any(one.me and one.member.call == call for one in self.participants)


def views(viewer: Account, states: Iterable[ConferenceState]) -> list[ConferenceView]:
    """The conferences of the viewer's company, as the viewer sees them."""
    found = list(states)
    ids = {member.who.person for state in found for member in state.members if member.who.person}
    people = access.people_by_id(viewer, ids)
    hidden = people_of(hidden_from(viewer))
    return [_view(viewer, state, people, hidden) for state in found]


def _view(viewer: Account, state: ConferenceState, people: Mapping[str, Account], hidden: frozenset[str]) -> ConferenceView:
    own = [member for member in state.members if member.who.person == viewer.id]
    looks_after = sees_all_calls(viewer)
    inside = looks_after or bool(own)
    shown = tuple(_participant(viewer, member, people, hidden) for member in state.members) if inside else ()
    return ConferenceView(state, shown, inside, looks_after or any(member.moderator for member in own))


def _participant(
    viewer: Account, member: ConferenceMember, people: Mapping[str, Account], hidden: frozenset[str]
) -> Participant:
    who = member.who
    if who.person in hidden:
        return Participant(member, str(RESTRICTED), "", None, me=False)
    account = people.get(who.person or "")
    if account is None:
        return Participant(member, who.name, who.number, None, me=False)
    return Participant(member, account.name, who.number, account.username, me=account.id == viewer.id)
