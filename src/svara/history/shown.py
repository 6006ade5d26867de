"""Calls as they are shown to somebody: people by today's name, times in the company's timezone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from svara.calls.events import EndedBy, Party
from svara.history.hiding import hidden_from, people_of
from svara.history.models import Call
from svara.history.outside import HIDDEN, RESTRICTED, Outsiders
from svara.history.record import Conference, Figures, Leg, Quality
from svara.history.rows import Details
from svara.people import access as people
from svara.people.models import Account


@dataclass(frozen=True, slots=True)
class PartyView:
    """One side of a call. A person of the company has today's name and user name; anyone else what signalling showed."""

    number: str
    name: str = ""
    username: str | None = None
    person: str | None = None
    login: str | None = None

    @property
    def shown(self) -> str:
        """What they are called on a page: never nothing."""
        return self.name or self.number or str(HIDDEN)


@dataclass(frozen=True, slots=True)
class CallItem:
    """A call in a list. Times are in the company's timezone."""

    id: str
    direction: str
    caller: PartyView
    callee: PartyView
    answered_by: PartyView | None
    queue: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    wait_seconds: float
    talk_seconds: float
    outcome: str
    ended_by: str
    end_reason: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, newest first; `next` is the cursor of the page after, None on the last."""

    items: tuple[CallItem, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class LegView:
    """One phone that was tried."""

    to: PartyView
    offered_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class WaitView:
    """The caller stood in the line of a queue; `why` it ended."""

    queue: str
    position: int
    entered_at: datetime
    left_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """Somebody to whom the call was offered, with all of their phones; by `queue`, where one did it."""

    to: PartyView
    queue: str | None
    offered_at: datetime
    ended_at: datetime
    answered: bool
    reason: str
    phones: int


@dataclass(frozen=True, slots=True)
class StopView:
    """The call went on to a target of the office, and why."""

    at: datetime
    to: str
    why: str


@dataclass(frozen=True, slots=True)
class TransferView:
    """Somebody sent the call on: `how` as in `svara.calls.events.Moved`, `to` a target of the office."""

    at: datetime
    by: PartyView
    to: str
    how: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """One side had the other on hold."""

    by: EndedBy
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class SupervisionView:
    """A supervisor took part in one way ("listen", "whisper", "barge")."""

    by: PartyView
    how: str
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class MetView:
    """Somebody who was in a conference at the same time."""

    who: PartyView
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class ConferenceView:
    """The caller took part in a conference; `why` that ended ("hung up", "removed", "ended")."""

    name: str
    joined_at: datetime
    left_at: datetime
    moderator: bool
    why: str
    met: tuple[MetView, ...]


@dataclass(frozen=True, slots=True)
class CallDetail:
    """A call with everything that is known of it."""

    item: CallItem
    dialled: str
    legs: tuple[LegView, ...]
    holds: tuple[HoldView, ...]
    quality: tuple[Quality, ...]
    figures: tuple[Figures, ...]
    stops: tuple[StopView, ...]
    waits: tuple[WaitView, ...]
    offers: tuple[OfferView, ...]
    messages_seconds: tuple[float, ...]
    """How long each voice message is that the caller left."""
    recorded_seconds: tuple[float, ...]
    """... and each recording of the talk."""
    callback_number: str
    supervisions: tuple[SupervisionView, ...]
    transfers: tuple[TransferView, ...]
    supervises: str
    """This call was a supervisor's, who took part in the talk of the call of that id; else empty."""
    conferences: tuple[ConferenceView, ...] = ()


class Shown:
    """Rows as they are shown to one actor: people by today's name, times in the company's timezone."""

    def __init__(self, actor: Account, calls: Sequence[Call], details: Details | None = None) -> None:
        self._zone = ZoneInfo(actor.tenant.timezone)
        ids = {id_ for call in calls for id_ in (call.caller_person, call.callee_person, call.answered_person) if id_}
        if details:
            ids |= {leg.to.person for leg in details.legs if leg.to.person}
            ids |= {one.by.person for one in details.supervisions if one.by.person}
            ids |= {one.by.person for one in details.transfers if one.by.person}
            ids |= {offer.agent.person for offer in details.offers if offer.agent.person}
            ids |= {met.who.person for one in details.conferences for met in one.met if met.who.person}
        self._people = people.people_by_id(actor, ids)
        hidden = hidden_from(actor)
        self._hidden = people_of(hidden)
        self._outsiders = Outsiders(actor.tenant_id, [call.id for call in calls], hidden)

    def item(self, call: Call) -> CallItem:
        return CallItem(
            id=call.id,
            direction=call.direction,
            caller=self._party(call.id, call.caller_number, call.caller_name, call.caller_person),
            callee=self._party(call.id, call.callee_number, call.callee_name, call.callee_person),
            answered_by=self._party(call.id, call.answered_number, call.answered_name, call.answered_person)
            if call.answered_at
            else None,
            queue=call.queue or None,
            started_at=call.started_at.astimezone(self._zone),
            answered_at=call.answered_at and call.answered_at.astimezone(self._zone),
            ended_at=call.ended_at.astimezone(self._zone),
            wait_seconds=call.wait_seconds,
            talk_seconds=call.talk_seconds,
            outcome=call.outcome,
            ended_by=call.ended_by,
            end_reason=call.end_reason,
        )

    def detail(self, call: Call, details: Details) -> CallDetail:
        return CallDetail(
            item=self.item(call),
            dialled=self._outsiders.dialled(call.id, call.dialled),
            legs=tuple(
                LegView(
                    to=self._of(call.id, leg.to),
                    offered_at=self._moment(leg.offered_at),
                    ringing_at=None if leg.ringing_at is None else self._moment(leg.ringing_at),
                    answered_at=None if leg.answered_at is None else self._moment(leg.answered_at),
                    ended_at=self._moment(leg.ended_at),
                    status=leg.status,
                    reason=leg.reason,
                )
                for leg in details.legs
            ),
            holds=tuple(
                HoldView(by=hold.by, started_at=self._moment(hold.started_at), ended_at=self._moment(hold.ended_at))
                for hold in details.holds
            ),
            quality=details.quality,
            figures=details.figures,
            stops=tuple(
                StopView(self._moment(stop.at), self._outsiders.target(call.id, stop.to), stop.why) for stop in details.stops
            ),
            waits=tuple(
                WaitView(wait.name, wait.position, self._moment(wait.entered_at), self._moment(wait.left_at), wait.why)
                for wait in details.waits
            ),
            offers=self._offers(call.id, details),
            messages_seconds=tuple(message.seconds for message in details.messages),
            recorded_seconds=tuple(tape.seconds for tape in details.tapes),
            callback_number=self._outsiders.dialled(call.id, details.callback_number),
            supervisions=tuple(
                SupervisionView(
                    self._of(call.id, one.by), one.how, self._moment(one.at), self._moment(max(one.at, one.until))
                )
                for one in details.supervisions
            ),
            transfers=tuple(
                TransferView(
                    self._moment(one.at), self._of(call.id, one.by), self._outsiders.target(call.id, one.to), one.how
                )
                for one in details.transfers
            ),
            supervises=details.supervises,
            conferences=tuple(self._conference(call.id, one) for one in details.conferences),
        )

    def _conference(self, call: str, one: Conference) -> ConferenceView:
        met = tuple(
            MetView(self._of(call, each.who), self._moment(each.since), self._moment(each.until)) for each in one.met
        )
        return ConferenceView(one.name, self._moment(one.joined_at), self._moment(one.left_at), one.moderator, one.why, met)

    def _offers(self, call: str, details: Details) -> tuple[OfferView, ...]:
        """The queue's offers, and the phones that rang without one, gathered by whom they rang."""
        queues = {wait.queue: wait.name for wait in details.waits}
        phones: dict[str, list[Leg]] = {}
        for leg in details.legs:
            phones.setdefault(leg.offer or f"{leg.to.person or ''}/{leg.to.number}", []).append(leg)
        shown = [
            OfferView(
                to=self._of(call, offer.agent),
                queue=queues.get(offer.queue),
                offered_at=self._moment(offer.offered_at),
                ended_at=self._moment(offer.ended_at),
                answered=offer.how == "answered",
                reason=offer.how,
                phones=len(phones.pop(offer.offer, ())),
            )
            for offer in details.offers
        ]
        for legs in phones.values():
            answered = next((leg for leg in legs if leg.answered_at), None)
            last = answered or max(legs, key=lambda leg: leg.ended_at)
            shown.append(
                OfferView(
                    to=self._of(call, last.to),
                    queue=None,
                    offered_at=self._moment(min(leg.offered_at for leg in legs)),
                    ended_at=self._moment(max(leg.ended_at for leg in legs)),
                    answered=answered is not None,
                    reason=last.reason,
                    phones=len(legs),
                )
            )
        return tuple(sorted(shown, key=lambda offer: offer.offered_at))

    def _of(self, call: str, party: Party) -> PartyView:
        return self._party(call, party.number, party.name, party.person or "", party.login)

    def _party(self, call: str, number: str, name: str, person: str, login: str | None = None) -> PartyView:
        if person in self._hidden:
            return PartyView(number="", name=str(RESTRICTED))
        account = self._people.get(person)
        if account is None:
            number, name = self._outsiders.party(call, number, name)
            return PartyView(number=number, name=name, login=login)
        return PartyView(number=number, name=account.name, username=account.username, person=account.id, login=login)

    def _moment(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self._zone)
