"""Who is shown to nobody in records: whose data are restricted, and who objected to being shown (`svara.privacy.rights`).

They see their own; to everybody else they are "Restricted", without name and number, are not found by a search, and nobody
hears them. That a call was there, when and how it ended, is the record of the other side, and stays.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from svara.history.models import Call, OutsideParty
from svara.history.outside import indexes_of
from svara.history.rows import details_of
from svara.people.models import Account
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.objections import stopped
from svara.privacy.subject import Subject, account_of, person


def hidden_from(actor: Account, purpose: Purpose = Purpose.HISTORY) -> frozenset[Subject]:
    """Whom this person does not get to see. Asked once for a page, not for a row."""
    return stopped(actor.tenant_id, purpose) - {person(actor.id)}


def people_of(hidden: Iterable[Subject]) -> frozenset[str]:
    """The account ids among them."""
    return frozenset(filter(None, map(account_of, hidden)))


def speaks_in(call: Call, hidden: frozenset[Subject]) -> bool:
    """Whether one of them is heard in a talk."""
    if not hidden:
        return False
    people = {call.caller_person, call.callee_person, call.answered_person} - {""}
    if not people_of(hidden).isdisjoint(people | taped_in_conferences(call)):
        return True
    return OutsideParty.all_tenants.filter(call=call, index__in=indexes_of(hidden)).exists()


def taped_in_conferences(call: Call) -> set[str]:
    """The account ids of those who may be heard in the recordings of a call because they were in the same conference."""
    met = (met for one in details_of(call).conferences for met in one.met)
    return {one.who.person for one in met if one.taped and one.who.person}


def calls_with(hidden: frozenset[Subject], call: str = "") -> Q:
    """Rows whose call one of them has a part in; `call` leads from the row to the call ("call__")."""
    found = Q(**{f"{call}outside__index__in": indexes_of(hidden)})
    return found | Q(**{f"{call}participants__person__in": people_of(hidden)})
