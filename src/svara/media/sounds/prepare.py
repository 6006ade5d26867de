"""Makes the sounds that Svara brings: every phrase in the languages that are used, and the music.

It is done once, in the background, and costs nobody a wait: what is needed first is made first, each file is in place whole
or not at all, and a run that was cut short is taken up by the next. A change of a text, or a better voice, makes new what it
changes. Which files came from which text and voice is noted beside them (`made.json`).

`python -m svara.media.sounds.prepare` makes all of them in advance, into a stock beside the installed programs, from which
every data folder of the machine then takes them in a moment.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

import msgspec

from svara import log
from svara.data import put
from svara.media.sounds import music, phrases, speech
from svara.media.sounds.limits import SoundError

STOCK = Path(sys.prefix) / "share" / "svara" / "sounds"
NOTE_EVERY = 25
"""Clips between two writings of the note: so many are made again at most when the process is killed."""
MOST_FAILURES = 5
"""A voice that fails so often in a row is left alone until the next time."""

_log = log.get("media.sounds")


def prepare(sounds: Path, languages: Iterable[str], stop: threading.Event | None = None, stock: Path = STOCK) -> int:
    """Make what is missing in the folder `sounds`, for these languages (BCP 47 tags); gives how many files were made.

    Ends early when `stop` is set. A language without a voice is left out. Raises OSError when the disk does not take it.
    """
    stop = stop or threading.Event()
    made = _Folder(sounds, "", stock).music()
    for language in dict.fromkeys(speech.language_of(tag) for tag in languages):
        made += _Folder(sounds, language, stock).phrases(stop)
    return made


def prepared(sounds: Path, language: str) -> bool:
    """Whether every phrase of the language (a BCP 47 tag) is there."""
    own = speech.language_of(language)
    noted = _read(sounds / "builtin" / own)
    return all(clip in noted for clip in phrases.catalogue(own))


class _Folder:
    """The clips of one language, or what belongs to none (""), with the note of what they were made from."""

    def __init__(self, sounds: Path, language: str, stock: Path) -> None:
        self._language = language
        self._place = sounds / "builtin" / language
        self._noted = _read(self._place)
        self._stock = stock / "builtin" / language if stock != sounds else None
        self._stocked = _read(self._stock) if self._stock is not None else {}

    def music(self) -> int:
        wanted = f"made by this program, version {music.VERSION}"
        if not self._missing("music", wanted):
            return 0
        made = not self._taken("music", wanted)
        if made:
            put(self._place / "music.wav", music.as_wav())
            self._noted["music"] = wanted
        self._note()
        return int(made)

    def phrases(self, stop: threading.Event) -> int:
        voice = speech.voice_for(self._language)
        if voice is None:
            _log.warning("no voice is installed that speaks this language; callers hear tones", language=self._language)
            return 0
        made = failures = taken = 0
        for clip, text in phrases.catalogue(self._language).items():
            wanted = f"{voice.name}: {text}"
            if not self._missing(clip, wanted):
                continue
            if self._taken(clip, wanted):
                taken += 1
                continue
            if stop.is_set() or failures == MOST_FAILURES:
                break
            try:
                put(self._place / f"{clip}.wav", speech.speak_by(voice, text), synced=False)
            except SoundError:
                failures += 1
                continue
            self._noted[clip] = wanted
            made, failures = made + 1, 0
            if made % NOTE_EVERY == 0:
                self._note()
        if made or taken:
            self._note()
        if made:
            _log.info("phrases were made", language=self._language, voice=voice.kind, phrases=made)
        if failures:
            _log.error("the voice does not speak; phrases are missing", language=self._language, voice=voice.kind)
        return made

    def _missing(self, clip: str, wanted: str) -> bool:
        return self._noted.get(clip) != wanted or not (self._place / f"{clip}.wav").exists()

    def _taken(self, clip: str, wanted: str) -> bool:
        """Take the clip from the stock, if it is there."""
        if self._stock is None or self._stocked.get(clip) != wanted:
            return False
        try:
            put(self._place / f"{clip}.wav", (self._stock / f"{clip}.wav").read_bytes(), synced=False)
        except FileNotFoundError:
            return False
        self._noted[clip] = wanted
        return True

    def _note(self) -> None:
        put(self._place / "made.json", msgspec.json.encode(self._noted))


def _read(folder: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((folder / "made.json").read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def main() -> None:
    """The command: fills the stock."""
    os.nice(10)
    made = prepare(STOCK, phrases.LANGUAGES)
    print(f"{made} sounds were made in {STOCK}")  # noqa: T201  a command's output


if __name__ == "__main__":
    main()
