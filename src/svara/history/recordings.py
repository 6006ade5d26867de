"""Recordings of talks: who may hear them, and when they go.

Who took part in a talk may hear its recording, and so may supervisors and administrators; nobody else, and none of them
where the data of somebody who speaks are restricted, or they objected. A recording goes after `RECORDING_DAYS`; that there
was one stays on the record for as long as the record stays.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from django.conf import settings

from svara.history.access import sees_all_calls, visible
from svara.history.hiding import hidden_from, speaks_in
from svara.history.looked import note_heard
from svara.history.models import RECORDING_DAYS, Call, Participant
from svara.history.rows import details_of
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy.catalogue import Purpose
from svara.privacy.staff.port import may_have_content
from svara.privacy.vault import elsewhere

FOLDER = "calls"
"""Where call control puts recordings of talks, below the recordings."""
KEEP_DAYS_OF = {FOLDER: RECORDING_DAYS, "greetings": 1, "prompts": 1}
HEARD_IT = ("caller", "answered")


def access_recording(actor: Account, call_id: str, number: int) -> Path:
    """The place of a talk's recording (`svara.privacy.vault.tapes` opens it), numbered from 0: WAV, the caller left and the
    called side right. It is to be heard: that is written down for the others in the talk.

    Raises NotFound: there is none (any more), or this person may not hear it.
    """
    call = visible(actor, call_id)
    place = _place(actor, call, number)
    if place is None:
        raise NotFound
    note_heard(actor, call, number)
    return place


def there_to_hear(actor: Account, call_id: str) -> tuple[int, ...]:
    """The numbers of a talk's recordings that there still are and this person may hear. Raises NotFound: no such call."""
    call = visible(actor, call_id)
    return tuple(number for number in range(len(details_of(call).tapes)) if _place(actor, call, number) is not None)


def _place(actor: Account, call: Call, number: int) -> Path | None:
    if not may_hear(actor, call.id) or speaks_in(call, hidden_from(actor, Purpose.RECORDING)):
        return None
    tapes = details_of(call).tapes
    recordings: Path = settings.DATA.recordings
    folder = (recordings / FOLDER).resolve()
    place = (recordings / tapes[number].file).resolve() if 0 <= number < len(tapes) else folder
    return place if place.parent == folder and elsewhere.is_there(settings.DATA, place) else None


def may_hear(actor: Account, call_id: str) -> bool:
    """Whether this person took part in the talk, or looks after all of them. Only for calls that the person may see. The
    provider's staff hears nothing unless the company said so."""
    if not may_have_content(actor):
        return False
    if sees_all_calls(actor):
        return True
    return Participant.objects.filter(call=call_id, person=actor.id, part__in=HEARD_IT).exists()


def forget_recordings(now: float | None = None, keep: Collection[str] = ()) -> int:
    """Delete the sound of talks that are too long ago, but for the files of `keep`, and what was spoken to be a greeting or
    prompt and never became one; gives how many files."""
    moment = time.time() if now is None else now
    gone = 0
    for folder, days in KEEP_DAYS_OF.items():
        for place, spoken_at in elsewhere.sounds(settings.DATA, folder):
            if spoken_at < moment - days * 24 * 3600.0 and f"{folder}/{place.name}" not in keep:
                elsewhere.remove(settings.DATA, place)
                gone += 1
    return gone
