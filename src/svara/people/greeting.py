"""A person's own greeting: what callers hear before the tone, for as long as the person wants.

Pages, the API and phones set it here. The file of one that is not used any more is deleted by `svara.people.retention`,
as that of every sound: the same sound is one file for all who gave it, and somebody may be about to use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from svara.media.sounds import library
from svara.media.sounds.form import RATE_HZ
from svara.people import access as people
from svara.people import snapshot
from svara.people.access import NotFound
from svara.people.actions import Invalid
from svara.people.models import Account

MAX_SECONDS = 120.0
_HEADER_BYTES = 44


@dataclass(frozen=True, slots=True)
class GreetingView:
    """The greeting, and until when it is used (the company's time; None: until it is changed)."""

    seconds: float
    until: datetime | None
    place: Path

    @property
    def over(self) -> bool:
        """Its time has passed: callers hear the standard greeting."""
        return self.until is not None and self.until <= timezone.now()


def access_greeting(actor: Account) -> GreetingView:
    """The actor's own greeting. Raises NotFound where there is none."""
    account = people.me(actor)
    place = settings.DATA.sounds / account.greeting_file
    if not account.greeting_file or not place.is_file():
        raise NotFound
    until = account.greeting_until and account.greeting_until.astimezone(ZoneInfo(account.tenant.timezone))
    return GreetingView(_seconds(place.stat().st_size), until, place)


def do_set_greeting(actor: Account, sound: bytes | Path, until: datetime | None = None) -> GreetingView:
    """Use this sound file (any kind that `svara.media.sounds` takes) as one's greeting, until `until`.

    Raises Invalid with the reason when it cannot be used, NotFound when the actor was removed meanwhile.
    """
    if until is not None and until <= timezone.now():
        raise Invalid("The greeting would end before it begins.")
    try:
        wav = library.convert(sound)
    except library.SoundError as error:
        raise Invalid(f"The file {error}.") from error
    if _seconds(len(wav)) > MAX_SECONDS:
        raise Invalid("A greeting may last two minutes.")
    _change(actor, library.store_wav(settings.DATA, actor.tenant_id, wav), until)
    return access_greeting(actor)


def do_remove_greeting(actor: Account) -> None:
    """Let callers hear the standard greeting again. Raises NotFound where there is no own one."""
    if not people.me(actor).greeting_file:
        raise NotFound
    _change(actor, "", None)


@transaction.atomic
def _change(actor: Account, file: str, until: datetime | None) -> None:
    account = people.me(actor)
    account.greeting_file, account.greeting_until = file, until
    account.save(update_fields=["greeting_file", "greeting_until"])
    snapshot.changed()


def _seconds(size_bytes: int) -> float:
    return max(0, size_bytes - _HEADER_BYTES) / 2 / RATE_HZ
