"""The narrow port to the voice process, which makes and keeps sound: prompts, music, pressed keys, recordings, mixing.

A *voice leg* is one RTP stream pair between the voice process and the media relay (or a phone). Its id is ours, at most
64 characters, and it belongs to the calls process that opened it. Everything that follows is about a leg: what it plays,
whether it is recorded, whom it hears.

Nothing here blocks, and no method raises because the process is away: `open` gives a `RelayError` then, and whatever was
asked of a leg that is gone has no effect. When the voice process was restarted, `on_lost` is called once it is up again:
each leg has to be opened anew and told again what to play. When *our* process was restarted, the legs go on playing: `adopt`
tells which there are, those that are not mentioned are closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

import msgspec

from svara.media.relay import SdpDone


class Sound(msgspec.Struct, frozen=True, tag="sound", array_like=True):
    """A sound file of the library (see `svara.media.sounds`): `file` is relative to the data folder's `sounds`; what begins
    with "builtin/" Svara made itself, and "recording:box/1.wav" is a `Recording` of that name. WAV, 16 bit, any rate. A file
    that is missing or damaged is skipped, and logged."""

    file: str


class Silence(msgspec.Struct, frozen=True, tag="silence", array_like=True):
    seconds: float


class Tone(msgspec.Struct, frozen=True, tag="tone", array_like=True):
    """A call progress tone, in the cadence of `country` (ITU-T E.180): once for "beep" and "join", else until replaced."""

    kind: Literal["ringback", "busy", "congestion", "beep", "join", "leave"]
    country: str = ""


Item = Sound | Silence | Tone


class Playing(msgspec.Struct, frozen=True, array_like=True):
    """What a leg plays from now on, instead of what it played before. `id` comes back in `Finished`."""

    id: str
    items: tuple[Item, ...]
    loop: bool = False
    """Begin again at the end; then there is no `Finished`."""
    interruptible: bool = True
    """A pressed key ends it (bar-in); the `Key` event comes in any case."""
    then: tuple[Item, ...] = ()
    """Plays in a loop after `items` (music after an announcement), until the next `play`; resumes where this same music was
    left by the `play` before, so that an announcement does not make it begin anew."""


class Seat(msgspec.Struct, frozen=True, array_like=True):
    """How a leg takes part in a conference: it hears all others in it, and is heard by them unless it is `muted`. `taped`:
    what it says may be in recordings (see `Recording.others`)."""

    conference: str
    """Any name; there is a conference of that name as long as a leg of the same process takes part."""
    muted: bool = False
    taped: bool = False


class Recording(msgspec.Struct, frozen=True, array_like=True):
    """Record what comes in, to `file` (relative to the data folder's `recordings`): WAV, 16 bit, 8 or 16 kHz.

    Ends at `max_seconds`, after `silence_seconds` of silence (0: never), when a key of `stop_keys` is pressed, by
    `stop_recording` or with the leg; silence at both ends is cut off. Who has not said a word yet has `first_word_seconds`
    (0: `silence_seconds` as well). `with_leg`: stereo, this leg left and the other right. `others`: of a leg that takes part
    in a conference, what it contributes left and what all others do right, of those who may be recorded.
    """

    file: str
    max_seconds: float = 300.0
    silence_seconds: float = 0.0
    stop_keys: str = ""
    with_leg: str = ""
    trim: bool = True
    first_word_seconds: float = 0.0
    others: bool = False


class Finished(msgspec.Struct, frozen=True, tag="finished"):
    """`items` of the `Playing` with that id were played to their end; not told of what was replaced or interrupted."""

    leg: str
    playing: str


class Key(msgspec.Struct, frozen=True, tag="key"):
    """A key was pressed: 0-9, *, #, A-D. One event for each press, however it came (RFC 4733, in-band)."""

    leg: str
    key: str


class Recorded(msgspec.Struct, frozen=True, tag="recorded"):
    """A recording is complete on disk (it was synced, and renamed into place); `seconds` 0: nothing but silence, no file."""

    leg: str
    file: str
    seconds: float
    reason: Literal["max", "silence", "key", "stopped", "closed"]


class Heard(msgspec.Struct, frozen=True, tag="heard"):
    """Something came in on a leg that hears itself: told once for each `echo`."""

    leg: str


VoiceEvent = Finished | Key | Recorded | Heard


class Voice(Protocol):
    """The voice process as call control sees it."""

    on_event: Callable[[VoiceEvent], None] | None
    on_lost: Callable[[], None] | None
    on_away: Callable[[], None] | None
    """The process does not answer: what the legs do now nobody knows. `on_lost` may follow, when it is back."""

    @property
    def up(self) -> bool:
        """Whether the process answers."""
        ...

    def open(self, leg: str, offer: bytes, done: SdpDone) -> None:
        """Answer an offer (RFC 3264) for a new leg, or a new offer for one that stands: the codec is the first of the offer
        that we speak (Opus, G.722, G.711 A-law and mu-law; telephone-event where offered). Inactive until told to play."""
        ...

    def offer(self, leg: str, done: SdpDone) -> None:
        """Make an offer for a new leg (all codecs); complete it by `answered`."""
        ...

    def answered(self, leg: str, answer: bytes) -> None:
        """The answer to what `offer` gave."""
        ...

    def play(self, leg: str, playing: Playing) -> None:
        """Play this from now on."""
        ...

    def stop(self, leg: str) -> None:
        """Play nothing any more."""
        ...

    def record(self, leg: str, recording: Recording) -> None: ...

    def pause_recording(self, leg: str, *, paused: bool) -> None:
        """Keep silence in place of what is said (card digits), or go on."""
        ...

    def stop_recording(self, leg: str) -> None: ...

    def hears(self, leg: str, others: Sequence[str]) -> None:
        """From now on the leg hears these legs mixed (never itself), under what it plays; () ends it."""
        ...

    def echo(self, leg: str, *, on: bool) -> None:
        """From now on the leg hears itself, a second later and somewhat softer; what it plays is heard over it. `Heard`
        tells when there is anything to be heard."""
        ...

    def confer(self, leg: str, seat: Seat | None) -> None:
        """From now on the leg takes part in a conference, or in another way than before; None: no more. What it is told to
        play is heard over the others."""
        ...

    def chime(self, conference: str, tone: Literal["join", "leave", "beep"]) -> None:
        """All who take part in a conference hear a tone."""
        ...

    def key(self, leg: str, key: str) -> None:
        """A key that came by INFO: handled as if it had come in the sound (bar-in, stop keys, `Key`)."""
        ...

    def send_key(self, leg: str, key: str) -> None:
        """Send a key to the phone behind a leg that hears others: as a telephone-event where it has them, else as a tone."""
        ...

    def close(self, leg: str) -> None:
        """Free the leg; a recording of it is completed."""
        ...

    def adopt(self, legs: Iterable[str], done: Callable[[frozenset[str]], None]) -> None:
        """After a restart of our process: `done` gets those of `legs` that still stand; all other legs are closed. Events
        that were not delivered come first."""
        ...
