"""What the system itself says to callers and colleagues, as sounds to play: which file says it, in which language.

Pure: a phrase is a name in `builtin/<language>/`, and `svara.media.sounds.prepare` sees to it that the file stands there.
The set is finite. What counts is said in whole sentences for each number that it is prepared for, in correct grammar; beyond
that a sentence without the number takes its place. A file that is not there (no local voice installed) is skipped by
whoever plays it, so callers hear tones and music only.

`language` is a BCP 47 tag everywhere; the nearest language that we speak is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from svara.media.sounds.speech import LANGUAGES, language_of
from svara.media.sounds.texts import cs, en, lv, nb, ru, sv
from svara.media.sounds.texts.tongue import KEYS, PHRASES, PhraseKey, Tongue
from svara.media.voice.port import Sound

__all__ = [
    "LANGUAGES",
    "MUSIC",
    "PHRASES",
    "PhraseKey",
    "catalogue",
    "digits",
    "file_of",
    "keep_place",
    "new_messages",
    "phrase",
    "position",
    "received",
    "saved_messages",
    "wait",
]

MUSIC = Sound("builtin/music.wav")
"""The music that Svara brings (`svara.media.sounds.music`)."""
MOST_POSITION = 50
MOST_MESSAGES = 50
WAIT_MINUTES = (*range(1, 11), *range(15, 61, 5))
"""The waits that are told; what is expected is rounded up to one of them."""
MOST_DIGITS = 32

_TONGUES: Mapping[str, Tongue] = {
    "cs": cs.TONGUE,
    "en": en.TONGUE,
    "lv": lv.TONGUE,
    "nb": nb.TONGUE,
    "ru": ru.TONGUE,
    "sv": sv.TONGUE,
}
_KEY_NAMES = {"*": "star", "#": "hash", "+": "plus"}


def phrase(key: PhraseKey, language: str) -> tuple[Sound, ...]:
    """A sentence that does not vary."""
    return (_sound(key, language),)


def position(place: int, language: str) -> tuple[Sound, ...]:
    """ "You are number N in the line"; the first is "next"."""
    if place <= 1:
        return phrase("next-in-line", language)
    return (_sound(f"position-{place}", language),) if place <= MOST_POSITION else phrase("in-line-far", language)


def wait(seconds: float, language: str) -> tuple[Sound, ...]:
    """ "The expected wait is about N minutes", rounded up; nothing when it is not known (not a number)."""
    if not seconds >= 0:
        return ()
    if seconds < 60:
        return phrase("wait-under-a-minute", language)
    minutes = next((m for m in WAIT_MINUTES if m >= seconds / 60), None)
    return phrase("wait-over-an-hour", language) if minutes is None else (_sound(f"wait-{minutes}", language),)


def keep_place(key: str, language: str) -> tuple[Sound, ...]:
    """ "Press `key` to keep your place in the line and be called back"; nothing when there is no such key."""
    return (_sound(f"keep-place-{_key_name(key)}", language),) if len(key) == 1 and key in KEYS else ()


def digits(text: str, language: str) -> tuple[Sound, ...]:
    """A number digit by digit ("4721", "+47 21 00 00 00", "*72#"), `MOST_DIGITS` at most; other characters are left out."""
    said = [character for character in text if character in KEYS or character == "+"][:MOST_DIGITS]
    return tuple(_sound(f"key-{_key_name(character)}", language) for character in said)


def new_messages(count: int, language: str) -> tuple[Sound, ...]:
    """ "You have N new messages"."""
    if count <= 0:
        return phrase("no-new-messages", language)
    return (_sound(f"new-{count}", language),) if count <= MOST_MESSAGES else phrase("more-than-fifty-new", language)


def saved_messages(count: int, language: str) -> tuple[Sound, ...]:
    """ "You have N saved messages"; nothing for none."""
    if count <= 0:
        return ()
    return (_sound(f"saved-{count}", language),) if count <= MOST_MESSAGES else phrase("more-than-fifty-saved", language)


def received(at: datetime, now: datetime, language: str) -> tuple[Sound, ...]:
    """When a message came: "received today at fourteen oh five". Both times are local ones of the listener."""
    days = (now.date() - at.date()).days
    if days <= 1:
        day: tuple[Sound, ...] = phrase("received-yesterday" if days == 1 else "received-today", language)
    elif days < 7:
        day = (_sound(f"received-weekday-{at.weekday()}", language),)
    else:
        day = (_sound(f"received-day-{at.day}", language), _sound(f"month-{at.month}", language))
    clips = [f"hour-{at.hour}", f"minute-{at.minute}", f"half-{at.hour // 12}"]
    texts = catalogue(language_of(language))
    return (*day, *(_sound(clip, language) for clip in clips if clip in texts))


def file_of(clip: str, language: str) -> str:
    """Where a clip of `catalogue` lies, relative to the data folder's `sounds`."""
    return f"builtin/{language}/{clip}.wav"


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: str) -> Mapping[str, str]:
    """Everything that is said in one of `LANGUAGES`: the clip's name and its text, what is needed first coming first."""
    tongue = _TONGUES[language]
    texts: dict[str, str] = {key: tongue.phrases[key] for key in PHRASES}
    texts |= {f"key-{_key_name(key)}": tongue.keys[key] for key in (*KEYS, "+")}
    texts |= {f"position-{n}": tongue.position(n) for n in range(2, MOST_POSITION + 1)}
    texts |= {f"wait-{n}": tongue.wait(n) for n in WAIT_MINUTES}
    texts |= {f"keep-place-{_key_name(key)}": tongue.keep_place(tongue.keys[key]) for key in KEYS}
    texts |= {f"new-{n}": tongue.new_messages(n) for n in range(1, MOST_MESSAGES + 1)}
    texts |= {f"saved-{n}": tongue.saved_messages(n) for n in range(1, MOST_MESSAGES + 1)}
    texts |= {f"received-weekday-{n}": text for n, text in enumerate(tongue.received_weekday)}
    texts |= {f"hour-{n}": tongue.hour(n) for n in range(24)}
    texts |= {f"minute-{n}": tongue.minute(n) for n in range(60) if tongue.minute(n)}
    texts |= {f"half-{n}": text for n, text in enumerate(tongue.halves)}
    texts |= {f"received-day-{n}": text for n, text in enumerate(tongue.received_day, 1)}
    texts |= {f"month-{n}": text for n, text in enumerate(tongue.months, 1)}
    return texts


def _sound(clip: str, language: str) -> Sound:
    return Sound(file_of(clip, language_of(language)))


def _key_name(key: str) -> str:
    return _KEY_NAMES.get(key, key)
