"""Voice messages are kept for a time only; then the row goes, and the sound with it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from svara import log
from svara.history.outside import indexes_of
from svara.people.access import NotFound
from svara.privacy.rights import retention
from svara.privacy.vault import elsewhere
from svara.voicemail import counts, subjects
from svara.voicemail.access import place_of
from svara.voicemail.models import KEEP_DAYS, KEEP_SAVED_DAYS, Message

TAKE_BACK = timedelta(days=1)
"""For so long a deleted message can be taken back."""
ORPHAN_SECONDS = 7 * 24 * 3600.0
"""A sound that belongs to no message goes after so long: its person was removed, or nobody was to have it."""
FOLDER = "voicemail"
"""Where call control puts messages, below the recordings."""
_BATCH = 500

_log = log.get("voicemail.retention")


def forget_messages(now: float | None = None) -> int:
    """Delete what is too old, and what was deleted and not taken back; gives the number of messages and orphaned sounds."""
    moment = time.time() if now is None else now
    at = datetime.fromtimestamp(moment, UTC)
    old = (
        Q(deleted_at__lt=at - TAKE_BACK)
        | Q(saved=False, left_at__lt=at - timedelta(days=KEEP_DAYS))
        | Q(left_at__lt=at - timedelta(days=KEEP_SAVED_DAYS))
    )
    gone, kept = 0, _kept(at)
    while batch := list(Message.all_tenants.filter(old).exclude(kept)[:_BATCH]):
        for message in batch:
            _remove(message)
        gone += len(batch)
        counts.changed((message.tenant_id, message.box) for message in batch)
    return gone + _forget_orphans(moment)


def _kept(at: datetime) -> Q:
    """What must stay although its time is over: a legal hold, or somebody's restricted data."""
    kept = Q(pk__in=[])
    for tenant_id, rules in retention.exceptions(at):
        persons, indexes = rules.people, indexes_of(rules.subjects)
        theirs = Q(account__in=persons) | Q(caller_person__in=persons) | Q(caller_index__in=indexes)
        for period, saved in ((subjects.MESSAGES, False), (subjects.SAVED, True)):
            if period in rules.held:
                theirs |= Q(saved=saved)
        kept |= Q(tenant_id=tenant_id) & theirs
    return kept


def _remove(message: Message) -> None:
    try:
        elsewhere.remove(settings.DATA, place_of(message.file))
    except NotFound:
        _log.error("the place of a voice message is outside of the recordings", message=message.id)
    message.delete()


def _forget_orphans(now: float) -> int:
    gone = 0
    for place, spoken_at in elsewhere.sounds(settings.DATA, FOLDER):
        old = spoken_at < now - ORPHAN_SECONDS
        if old and not Message.all_tenants.filter(file=f"{FOLDER}/{place.name}").exists():
            elsewhere.remove(settings.DATA, place)
            gone += 1
    return gone
