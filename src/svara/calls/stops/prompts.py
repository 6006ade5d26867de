"""What a caller hears of the office: sounds by their names in the tenant, else a sign that something is there."""

from __future__ import annotations

from svara.media.voice.port import Item, Sound, Tone
from svara.people.office import Sound as Uploaded
from svara.people.office import Tenant

BEEP = Tone("beep")


def prompt(tenant: Tenant | None, name: str) -> tuple[Item, ...]:
    """The sound of that name; a beep where it is missing, never silence."""
    sound = tenant.sound_by_name.get(name) if tenant is not None else None
    return (BEEP,) if sound is None else (Sound(sound.file),)


def greeting(own: Uploaded | None, now: float) -> tuple[Item, ...]:
    """A person's own greeting while it counts."""
    return () if own is None or (own.until is not None and own.until < now) else (Sound(own.file),)
