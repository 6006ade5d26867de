"""What call control's client and the voice process say to each other over the bus.

Commands go in numbered batches, one under way at a time, so that they arrive in order; a batch that is sent again under its
number is answered again and not done again. Events come the other way in the same manner: numbered, one batch under way at a
time, sent again until they are acknowledged.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from svara.media.voice.port import Playing, Recording, Seat, VoiceEvent

SERVICE = "voice"
"""The bus service of the voice process."""
MAX_COMMANDS = 500
MAX_EVENTS = 500


class _Message(msgspec.Struct, frozen=True, array_like=True):
    pass


class Open(_Message, frozen=True, tag=1):
    leg: str
    offer: bytes


class Offer(_Message, frozen=True, tag=2):
    leg: str


class Answered(_Message, frozen=True, tag=3):
    leg: str
    answer: bytes


class Play(_Message, frozen=True, tag=4):
    leg: str
    playing: Playing


class Stop(_Message, frozen=True, tag=5):
    leg: str


class Record(_Message, frozen=True, tag=6):
    leg: str
    recording: Recording


class PauseRecording(_Message, frozen=True, tag=7):
    leg: str
    paused: bool


class StopRecording(_Message, frozen=True, tag=8):
    leg: str


class Hears(_Message, frozen=True, tag=9):
    leg: str
    others: tuple[str, ...]


class Press(_Message, frozen=True, tag=10):
    leg: str
    key: str


class SendKey(_Message, frozen=True, tag=13):
    leg: str
    key: str


class Close(_Message, frozen=True, tag=11):
    leg: str


class Keep(_Message, frozen=True, tag=12):
    """Close all legs but these."""

    legs: tuple[str, ...]


class Confer(_Message, frozen=True, tag=14):
    leg: str
    seat: Seat | None


class Chime(_Message, frozen=True, tag=15):
    conference: str
    tone: Literal["join", "leave", "beep"]


class Echo(_Message, frozen=True, tag=16):
    leg: str
    on: bool


Command = (
    Open
    | Offer
    | Answered
    | Play
    | Stop
    | Record
    | PauseRecording
    | StopRecording
    | Hears
    | Press
    | SendKey
    | Close
    | Keep
    | Confer
    | Chime
    | Echo
)


class Batch(_Message, frozen=True):
    """`client` is one life of one calls process; its legs belong to `owner`, the bus service that takes the events, which
    its next life takes over. `boot` is the voice process that it believes to speak with, "" when it knows none yet."""

    client: str
    owner: str
    boot: str
    number: int
    commands: tuple[Command, ...] = ()


class Described(_Message, frozen=True, tag=1):
    """The description for an `Open` or `Offer`."""

    leg: str
    sdp: bytes


class Refused(_Message, frozen=True, tag=2):
    leg: str
    reason: str


class Standing(_Message, frozen=True, tag=3):
    """For a `Keep`: the legs that stand, and the events that were not acknowledged, from this number on."""

    legs: tuple[str, ...]
    first: int
    events: tuple[VoiceEvent, ...]


class Done(_Message, frozen=True):
    """`boot` is random for each life of the voice process; of a batch for another life nothing was done."""

    boot: str
    number: int
    results: tuple[Described | Refused | Standing, ...] = ()


class News(_Message, frozen=True):
    """Events, numbered without a gap from `first`; the answer is empty and acknowledges them all."""

    boot: str
    first: int
    events: tuple[VoiceEvent, ...]


_encoder = msgspec.msgpack.Encoder()
pack = _encoder.encode
read_batch = msgspec.msgpack.Decoder(Batch).decode
read_done = msgspec.msgpack.Decoder(Done).decode
read_news = msgspec.msgpack.Decoder(News).decode
