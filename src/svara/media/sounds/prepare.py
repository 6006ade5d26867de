"""Makes the sounds that Svara brings: every phrase in the languages that are used, and the music.

It is done once, in the background, and costs nobody a wait: what is needed first is made first, each file is in place whole
or not at all, and a run that was cut short is taken up by the next. A change of a text, or a better voice, makes new what it
changes. Which files came from which text and voice is noted beside them (`made.json`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec

from svara import log
from svara.media.sounds import music, phrases, speech
from svara.media.sounds.form import SoundError
from svara.media.sounds.library import put

NOTE_EVERY = 25
"""Clips between two writings of the note: so many are made again at most when the process is killed."""
MOST_FAILURES = 5
"""A voice that fails so often in a row is left alone until the next time."""

_log = log.get("media.sounds")


def prepare(sounds: Path, languages: Iterable[str], stop: threading.Event | None = None) -> int:
    """Make what is missing in the folder `sounds`, for these languages (BCP 47 tags); gives how many files were made.

    Ends early when `stop` is set. A language without a voice is left out.
    """
    stop = stop or threading.Event()
    made = _music(sounds)
    for language in dict.fromkeys(speech.language_of(tag) for tag in languages):
        made += _language(sounds, language, stop)
    return made


def prepared(sounds: Path, language: str) -> bool:
    """Whether every phrase of the language (a BCP 47 tag) is there."""
    own = speech.language_of(language)
    noted = _read(sounds / "builtin" / own)
    return all(clip in noted for clip in phrases.catalogue(own))


def _music(sounds: Path) -> int:
    place, noted = sounds / phrases.MUSIC.file, _read(sounds / "builtin")
    if noted.get("music") == music.VERSION and place.exists():
        return 0
    put(place, music.as_wav())
    _write(sounds / "builtin", noted | {"music": music.VERSION})
    return 1


def _language(sounds: Path, language: str, stop: threading.Event) -> int:
    voice = speech.voice_for(language)
    if voice is None:
        _log.warning("no voice is installed that speaks this language; callers hear tones only", language=language)
        return 0
    texts, folder = phrases.catalogue(language), sounds / "builtin" / language
    noted = {clip: from_ for clip, from_ in _read(folder).items() if clip in texts}
    made = failures = 0
    for clip, text in texts.items():
        wanted = f"{voice.name}:{text}"
        place = sounds / phrases.file_of(clip, language)
        if noted.get(clip) == wanted and place.exists():
            continue
        if stop.is_set() or failures == MOST_FAILURES:
            break
        try:
            put(place, speech.speak_by(voice, text), synced=False)
        except SoundError:
            failures += 1
            continue
        noted[clip] = wanted
        made, failures = made + 1, 0
        if made % NOTE_EVERY == 0:
            _write(folder, noted)
    if made:
        _write(folder, noted)
        _log.info("phrases were made", language=language, voice=voice.kind, phrases=made)
    if failures:
        _log.error("the voice does not speak; some phrases are missing", language=language, voice=voice.kind)
    return made


def _read(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / "made.json").read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _write(folder: Path, noted: dict[str, str]) -> None:
    put(folder / "made.json", msgspec.json.encode(noted))
