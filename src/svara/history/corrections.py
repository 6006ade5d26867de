"""What of records of calls can be corrected (`svara.privacy.rights.corrections`): the name of somebody outside, in every
call and list in which they stand; and who of the company answered a call.

What the phones did (legs, offers, times) stays as it was: it is who it was that is corrected.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from msgspec.structs import replace

from svara.history.models import NAME_LENGTH, NUMBER_LENGTH, Call, MissedCaller, OutsideParty, Participant, QueueWait
from svara.history.outside import Outsider, context, index_of, missed_context, open_parties, open_some, reseal
from svara.history.stored import text
from svara.people.models import Account
from svara.privacy.errors import Invalid
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import STATISTICS
from svara.privacy.rights.corrections import Correctable, register
from svara.privacy.subject import Subject, account_of

OUTSIDE_NAME, ANSWERED = "outside.name", "history.answered"
TITLE = gettext_noop("Name in records of calls, lists and messages")
_BATCH = 500


def register_all() -> None:
    """Make the values known."""
    fields = (("history.OutsideParty", "sealed"), ("history.MissedCaller", "sealed"))
    register(Correctable(OUTSIDE_NAME, TITLE, outside=True, read=name_of, write=rename, fields=fields))
    register(
        Correctable(
            ANSWERED,
            gettext_noop("Who answered a call"),
            outside=False,
            read=answered_by,
            write=say_who_answered,
            fields=(("history.Call", "answered_person"),),
            of_thing=True,
            hint=gettext_noop("The user name of whoever answered"),
        )
    )


def name_of(tenant_id: str, subject: Subject, _ref: str = "") -> str:
    """The name under which somebody outside stands in the newest record that has one; "" for none."""
    rows = _parties(tenant_id, subject).order_by("-started_at").values_list("call_id", "n", "sealed")
    for one in open_parties(tenant_id, list(rows[:_BATCH])):
        if isinstance(one, Outsider) and one.name:
            return one.name
    missed = list(_missed(tenant_id, subject).order_by("-missed_at")[:_BATCH])
    opened = open_some(tenant_id, [(row.sealed, missed_context(row.id)) for row in missed])
    return next((one.name for one in opened if one.number and one.name), "")


def rename(tenant_id: str, subject: Subject, _ref: str, value: str) -> None:
    """Give somebody outside another name, wherever they stand; sealed as before, under their own key."""
    value = text(value, NAME_LENGTH)
    parties = _parties(tenant_id, subject)
    keys = list(parties.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), _BATCH):
        rows = list(parties.filter(pk__in=keys[start : start + _BATCH]).order_by("pk"))
        opened = open_parties(tenant_id, [(row.call_id, row.n, row.sealed) for row in rows])
        there = [(row, one) for row, one in zip(rows, opened, strict=True) if isinstance(one, Outsider)]
        again = [(replace(one, name=value), context(row.call_id, row.n)) for row, one in there]
        for (row, _one), sealed in zip(there, reseal(tenant_id, subject, again), strict=True):
            row.sealed = sealed
        OutsideParty.all_tenants.bulk_update([row for row, _one in there], ["sealed"])
    missed = list(_missed(tenant_id, subject).exclude(sealed=b""))
    found = open_some(tenant_id, [(row.sealed, missed_context(row.id)) for row in missed])
    known = [(row, one) for row, one in zip(missed, found, strict=True) if one.number]
    anew = reseal(tenant_id, subject, [(replace(one, name=value), missed_context(row.id)) for row, one in known])
    for (entry, _one), sealed in zip(known, anew, strict=True):
        entry.sealed = sealed
    MissedCaller.all_tenants.bulk_update([entry for entry, _one in known], ["sealed"])


def answered_by(tenant_id: str, subject: Subject, ref: str) -> str:
    """The user name of who answered a call in which this person has a part. Raises Invalid for any other call."""
    call = _call(tenant_id, subject, ref)
    answered = Account.all_tenants.filter(tenant_id=tenant_id, pk=call.answered_person or "-").first()
    return answered.username if answered else ""


def say_who_answered(tenant_id: str, subject: Subject, ref: str, value: str) -> None:
    """Another person of the company answered. Raises Invalid: no such call, nobody of that user name, or nobody answered."""
    call = _call(tenant_id, subject, ref)
    now = Account.all_tenants.filter(tenant_id=tenant_id, username=value.casefold()).first()
    if now is None:
        raise Invalid(_("There is nobody of that user name."))
    if call.answered_at is None:
        raise Invalid(_("Nobody answered this call."))
    before, call.answered_person = call.answered_person, now.id
    call.answered_number, call.answered_name = text(now.extension or "", NUMBER_LENGTH), ""
    call.save(update_fields=["answered_person", "answered_number", "answered_name"])
    Participant.objects.filter(call=call, person=before, part="answered").delete()
    Participant.objects.update_or_create(
        call=call, person=now.id, defaults={"part": "answered", "started_at": call.started_at}
    )
    counted = now.id if now.id in people_with(STATISTICS, tenant_id) else ""
    QueueWait.all_tenants.filter(call=call, answered_person=before).exclude(answered_person="").update(
        answered_person=counted
    )


def _call(tenant_id: str, subject: Subject, ref: str) -> Call:
    person = account_of(subject) or "-"
    calls = Call.all_tenants.filter(tenant_id=tenant_id, pk=ref)
    own = Q(participants__person=person) | Q(caller_person=person) | Q(callee_person=person) | Q(answered_person=person)
    call = calls.filter(own).distinct().first()
    if call is None:
        raise Invalid(_("There is no such call of yours."))
    return call


def _parties(tenant_id: str, subject: Subject) -> QuerySet[OutsideParty]:
    return OutsideParty.all_tenants.filter(tenant_id=tenant_id, index=index_of(subject) or "-")


def _missed(tenant_id: str, subject: Subject) -> QuerySet[MissedCaller]:
    return MissedCaller.all_tenants.filter(tenant_id=tenant_id, index=index_of(subject) or "-")
