"""What somebody looked at of the calls of others, written into the log that those find it in (`svara.privacy.audit`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from svara.history.models import Call
from svara.history.rows import Details
from svara.people.models import Account
from svara.privacy import subject
from svara.privacy.audit.port import record_views
from svara.privacy.subject import Subject

TOOK_PART = "took-part"


def note_page(actor: Account, page: Sequence[Call], filters: Iterable[str]) -> None:
    """One entry for all calls of others on a page. `filters` are the names of those in use: of a search the log tells that
    there was one, not for what."""
    others = [persons for call in page if actor.id not in (persons := persons_of(call))]
    if others:
        about, ref = _subjects(set().union(*others)), ".".join(filters)
        record_views(actor.tenant_id, actor.id, about, "calls", ref=ref, why=sees_as(actor), count=len(others))


def note_call(actor: Account, call: Call, details: Details) -> None:
    """One call, where the actor had no part in it."""
    persons = persons_of(call, details)
    if actor.id not in persons:
        record_views(actor.tenant_id, actor.id, _subjects(persons), "call", ref=call.id, why=sees_as(actor))


def note_heard(actor: Account, call: Call, number: int) -> None:
    """The recording of a talk is heard: also by one of the two, for the other's voice is in it."""
    persons = persons_of(call)
    why = TOOK_PART if actor.id in persons else sees_as(actor)
    about, ref = _subjects(persons - {actor.id}), f"{call.id}:{number}"
    record_views(actor.tenant_id, actor.id, about, "recording", act="hear", ref=ref, why=why)


def note_talk(actor: Account, call_id: str, persons: Iterable[str]) -> None:
    """Somebody is about to listen to a talk that goes on, or to take part in it: written before anything is heard."""
    about = _subjects(set(persons) - {actor.id})
    record_views(actor.tenant_id, actor.id, about, "talk", act="hear", ref=call_id, why=sees_as(actor))


def persons_of(call: Call, details: Details | None = None) -> set[str]:
    """The ids of all persons of the company that a call is about; with `details` also of those whose phones rang in vain."""
    persons = {call.caller_person, call.callee_person, call.answered_person}
    if details is not None:
        persons |= {leg.to.person or "" for leg in details.legs} | {offer.agent.person or "" for offer in details.offers}
    return persons - {""}


def sees_as(actor: Account) -> str:
    """The role by which somebody sees what others did; "" for none."""
    return next((role for role in ("supervisor", "admin") if actor.has_role(role)), "")


def _subjects(persons: Iterable[str]) -> list[Subject]:
    return [subject.person(person) for person in persons]
