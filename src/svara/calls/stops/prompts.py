"""What a caller hears of the office: sounds by their names in the tenant, else a sign that something is there."""

from __future__ import annotations

from svara.media.sounds.phrases import phrase
from svara.media.voice.port import Item, Sound, Tone
from svara.people.office import Person, Queue, Tenant

BEEP = Tone("beep")


def prompt(tenant: Tenant | None, name: str) -> tuple[Item, ...]:
    """The sound of that name; a beep where it is missing, never silence."""
    sound = tenant.sound_by_name.get(name) if tenant is not None else None
    return (BEEP,) if sound is None else (Sound(sound.file),)


def greeting(owner: Person | Queue, now: float, language: str, *, busy: bool) -> tuple[Item, ...]:
    """What a caller hears before the tone of a mailbox: the own greeting that fits and counts now, else standard words, with
    the own name in them where there is one. `busy` says why the call came here."""
    own = {kind: Sound(one.file) for kind, one in owner.greetings.items() if one.until is None or one.until > now}
    fitting = own.get("away") or (own.get("busy") if busy else None) or own.get("general")
    if fitting is not None:
        return (fitting,)
    leave = phrase("leave-message", language)
    if not isinstance(owner, Person):
        return (*phrase("nobody-available", language), *leave)
    if "name" in own:
        return (own["name"], *phrase("name-busy" if busy else "name-not-available", language), *leave)
    return (*phrase("person-busy" if busy else "person-not-available", language), *leave)
