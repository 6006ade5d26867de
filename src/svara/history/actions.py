"""What people change of history: only what was done about missed callers. What happened stays as it is."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from svara.history.missed import entries_of
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy.audit.port import record


def do_claim(actor: Account, missed_id: str) -> None:
    """This person will call back. Raises NotFound; Invalid when a colleague was faster."""
    with transaction.atomic():
        rows = entries_of(actor, missed_id)
        others = {row.claimed_by for row in rows if row.state == "claimed"} - {actor.id}
        if others:
            raise Invalid("a colleague has claimed this caller already")
        for row in rows:
            row.state, row.claimed_by, row.claimed_at = "claimed", actor.id, timezone.now()
            row.save(update_fields=["state", "claimed_by", "claimed_at"])
        _note(actor, missed_id)


def do_release(actor: Account, missed_id: str) -> None:
    """Back to waiting: somebody else may call back. Raises NotFound."""
    with transaction.atomic():
        for row in entries_of(actor, missed_id):
            row.state, row.claimed_by, row.claimed_at = "waiting", "", None
            row.save(update_fields=["state", "claimed_by", "claimed_at"])
        _note(actor, missed_id)


def do_handle(actor: Account, missed_id: str) -> None:
    """Nothing is left to do for this caller. Raises NotFound."""
    now = timezone.now()
    with transaction.atomic():
        for row in entries_of(actor, missed_id):
            row.state, row.handled_by, row.handled_at, row.handled_call = "handled", actor.id, now, ""
            row.save(update_fields=["state", "handled_by", "handled_at", "handled_call"])
        _note(actor, missed_id)


def do_reopen(actor: Account, missed_id: str) -> None:
    """Undo `do_handle`. Raises NotFound."""
    with transaction.atomic():
        for row in entries_of(actor, missed_id, handled=True):
            row.state, row.handled_by, row.handled_at, row.handled_call = "waiting", "", None, ""
            row.save(update_fields=["state", "handled_by", "handled_at", "handled_call"])
        _note(actor, missed_id)


def _note(actor: Account, missed_id: str) -> None:
    """What is done about a caller from outside is in the log, too."""
    record(actor.tenant_id, actor.id, "change", None, "missed-caller", missed_id)
