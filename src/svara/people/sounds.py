"""Prompts and music of a tenant: what is wished beside what there is, and making the file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from svara.media.sounds import library, speech
from svara.media.sounds.limits import SoundError
from svara.people.models import Sound
from svara.people.officefile.specs import OfficeFile, SoundSpec


@dataclass(frozen=True, slots=True)
class Wish:
    """A sound as wished: from a file, or a text to be spoken; with neither, as it is."""

    name: str
    language: str
    text: str = ""
    path: Path | None = None
    source_hash: str = ""
    line: int = 0

    @property
    def path_name(self) -> str:
        return self.path.name if self.path is not None else ""


class CannotMake(Exception):  # noqa: N818  the sound
    """The file is no sound, or is too long; `wish` says which, the message why."""

    def __init__(self, wish: Wish, message: str) -> None:
        super().__init__(message)
        self.wish = wish


def wish_of(spec: SoundSpec, language: str) -> Wish:
    """What a specification asks for; `language` is the tenant's first. Raises CannotMake."""
    language = spec.language or language
    if spec.text:
        source = f"text\0{language}\0{spec.text}".encode()
        return Wish(spec.name, language, text=spec.text, source_hash=_hash(source), line=spec.line)
    if not spec.file:
        return Wish(spec.name, language, line=spec.line)
    path = Path(spec.file)
    wish = Wish(spec.name, language, path=path, line=spec.line)
    try:
        with path.open("rb") as file:
            source = file.read(library.MAX_BYTES + 1)
    except OSError:
        raise CannotMake(wish, f"'file': {path.name} cannot be read") from None
    return Wish(spec.name, language, path=path, source_hash=_hash(b"file\0" + source), line=spec.line)


def spoken_name(name: str) -> str:
    """What is said where a prompt is named and there is no sound of that name: "welcome-office" is two words."""
    return " ".join(re.split("[._-]+", name)).strip()


def stand_ins(office: OfficeFile, known: Iterable[str]) -> list[Wish]:
    """The prompts of menus and greetings of queues that name no known sound: their names, spoken."""
    names = [menu.prompt for menu in office.menus] + [queue.greeting for queue in office.queues]
    missing = dict.fromkeys(name for name in names if name).keys() - set(known)
    return [wish_of(SoundSpec(name, text=spoken_name(name)), office.tenant.languages[0]) for name in sorted(missing)]


def differences(row: Sound, wish: Wish) -> tuple[str, ...]:
    """What a wish would change of a sound that there is."""
    details = []
    if wish.source_hash and row.source_hash != wish.source_hash:
        details.append("spoken anew" if wish.text else "another file")
    elif wish.text and not row.file and speech.available(wish.language):
        details.append("can be spoken now")
    if row.language != wish.language:
        details.append(f"language {row.language or 'none'} -> {wish.language}")
    return tuple(details)


def make(wish: Wish, folder: str) -> str:
    """Convert or speak it and put it into the library; the file's place in it, "" where there is no voice to speak.

    Raises CannotMake.
    """
    try:
        if wish.path is not None:
            return library.store(settings.DATA, folder, wish.path.name, wish.path)
        if not wish.text or not speech.available(wish.language):
            return ""
        return library.store_wav(settings.DATA, folder, speech.speak(wish.text, wish.language))
    except SoundError as error:
        raise CannotMake(wish, f"'file': {error}" if wish.path else f"'text' {error}") from None


def _hash(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()
