"""What callers answered when they were asked whether a call may be recorded, written into the ledger of consents.

Written in the transaction that writes the calls' records, once for each call, however often the journal is read. Who was
only told is in no ledger of consents: they were not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from svara.history.record import CallRecord
from svara.privacy.functions.outside import do_record, is_recorded, subject_of
from svara.privacy.functions.registry import RECORDED_CALL
from svara.privacy.subject import person
from svara.privacy.vault.port import Unreadable


def write(records: Sequence[CallRecord]) -> None:
    """The answers that are in these records."""
    for record in records:
        asked = record.asked
        who = record.caller if asked is None or asked.by == "caller" else record.answered_by or record.callee
        if asked is None or asked.answer == "told" or not (who.person or who.number):
            continue
        if is_recorded(record.tenant, RECORDED_CALL, record.id):
            continue
        try:
            subject = person(who.person) if who.person else subject_of(record.tenant, who.number)
        except Unreadable:
            continue  # the company has taken its key away: nobody outside is known until it is here again
        do_record(
            record.tenant,
            subject,
            RECORDED_CALL,
            agreed=asked.answer == "agreed",
            how="no key pressed" if asked.answer == "silent" else "key press",
            evidence=record.id,
            language=asked.language,
            now=datetime.fromtimestamp(asked.at, UTC),
        )
