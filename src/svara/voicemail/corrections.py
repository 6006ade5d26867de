"""What of voice messages can be corrected (`svara.privacy.rights.corrections`): the name of who left one from outside."""

from __future__ import annotations

from django.db.models import QuerySet
from msgspec.structs import replace

from svara.history.corrections import OUTSIDE_NAME, TITLE
from svara.history.models import NAME_LENGTH
from svara.history.outside import index_of, reseal
from svara.history.stored import text
from svara.privacy.rights.corrections import Correctable, register
from svara.privacy.subject import Subject
from svara.voicemail.callers import callers, context
from svara.voicemail.models import Message

_LOOKED_AT = 500


def register_all() -> None:
    """Make the value known: the same one as in records of calls."""
    fields = (("voicemail.Message", "caller_sealed"),)
    register(Correctable(OUTSIDE_NAME, TITLE, outside=True, read=name_of, write=rename, fields=fields))


def name_of(tenant_id: str, subject: Subject, _ref: str = "") -> str:
    """The name under which somebody outside left their newest message that has one; "" for none."""
    rows = list(_left(tenant_id, subject).order_by("-left_at")[:_LOOKED_AT])
    found = callers(tenant_id, rows)
    return next((found[row.id].name for row in rows if found[row.id].number and found[row.id].name), "")


def rename(tenant_id: str, subject: Subject, _ref: str, value: str) -> None:
    """Give somebody outside another name in every message that they left; sealed as before."""
    rows = list(_left(tenant_id, subject))
    found = callers(tenant_id, rows)
    known = [row for row in rows if found[row.id].number]
    named = [(replace(found[row.id], name=text(value, NAME_LENGTH)), context(row.id)) for row in known]
    for row, sealed in zip(known, reseal(tenant_id, subject, named), strict=True):
        row.caller_sealed = sealed
    Message.all_tenants.bulk_update(known, ["caller_sealed"], batch_size=_LOOKED_AT)


def _left(tenant_id: str, subject: Subject) -> QuerySet[Message]:
    return Message.all_tenants.filter(tenant_id=tenant_id, caller_index=index_of(subject) or "-").exclude(caller_sealed=b"")
