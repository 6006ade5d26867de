"""From the records of calls to the rows of messages.

`write_messages` runs in the transaction in which history writes its records (`svara.history.follow`), so a message is taken
in exactly once, whenever the process is killed: its id is made of its call and file, and a row that is there stays as it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from svara import log
from svara.history.outside import seal_one
from svara.history.record import CallRecord
from svara.history.stored import moment, text
from svara.people.models import Account, Tenant
from svara.voicemail import counts
from svara.voicemail.boxes import PERSON
from svara.voicemail.callers import context
from svara.voicemail.models import NUMBER_LENGTH, Message

_BOX = re.compile(r"(?:person|queue):[0-9A-Za-z_-]{1,40}")
_FILE = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]*(?:/[0-9A-Za-z_-][0-9A-Za-z_.-]*)*")

_log = log.get("voicemail.intake")


def message_id(call: str, file: str) -> str:
    """The id of a message: the same whenever it is read from the journal."""
    return hashlib.blake2b(f"{call}\0{file}".encode(), digest_size=16).hexdigest()


def write_messages(records: Sequence[CallRecord]) -> None:
    """Take in the messages that were left in these calls. One for nobody (any more) is left out; its file goes by and by."""
    left = [record for record in records if record.messages]
    if not left:
        return
    tenants = set(Tenant.objects.filter(id__in={record.tenant for record in left}).values_list("id", flat=True))
    owners = {message.box.partition(":")[2] for record in left for message in record.messages}
    people = dict(Account.all_tenants.filter(id__in=owners).values_list("id", "tenant_id"))
    rows = [row for record in left if record.tenant in tenants for row in _rows(record, people)]
    Message.all_tenants.bulk_create(rows, ignore_conflicts=True)
    counts.changed((row.tenant_id, row.box) for row in rows)


def _rows(record: CallRecord, people: dict[str, str]) -> list[Message]:
    rows = []
    for message in record.messages:
        kind, _, owner = message.box.partition(":")
        mine = kind != PERSON or people.get(owner) == record.tenant
        if not (mine and _BOX.fullmatch(message.box) and _FILE.fullmatch(message.file)):
            _log.warning("a voice message for nobody of the company was left out", call=record.id)
            continue
        id_ = message_id(record.id, message.file)
        caller = record.caller
        index, sealed = "", b""
        if not caller.person:
            index, sealed = seal_one(record.tenant, caller.number, caller.name, context(id_))
        rows.append(
            Message(
                id=id_,
                tenant_id=record.tenant,
                box=message.box,
                account_id=owner if kind == PERSON else None,
                call_id=record.id,
                caller_number=text(caller.number, NUMBER_LENGTH) if caller.person else "",
                caller_index=index,
                caller_sealed=sealed,
                caller_person=caller.person or "",
                left_at=moment(message.at),
                seconds=message.seconds,
                file=message.file,
            )
        )
    return rows
