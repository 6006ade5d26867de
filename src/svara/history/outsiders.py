"""Which numbers in the records are those of a person outside, who is known by a keyed hash of the number alone."""

from __future__ import annotations

from itertools import chain

from svara.history.models import Call, MissedCaller
from svara.privacy.rights.outside import subject_of
from svara.privacy.subject import Subject, account_of


def numbers_of(tenant_id: str, subject: Subject) -> list[str]:
    """The number as records have it; [] where nobody of that number ever called or was called.

    Every number of the company is looked at: the hash tells nothing about the number.
    """
    if account_of(subject) is not None:
        return []
    calls = Call.all_tenants.filter(tenant_id=tenant_id).exclude(direction="internal")
    met = chain(
        calls.filter(caller_person="").values_list("caller_number", flat=True).distinct().iterator(chunk_size=1000),
        calls.filter(callee_person="").values_list("callee_number", flat=True).distinct().iterator(chunk_size=1000),
        MissedCaller.all_tenants.filter(tenant_id=tenant_id).values_list("number", flat=True).distinct(),
    )
    return sorted({number for number in met if number and subject_of(tenant_id, number) == subject})
