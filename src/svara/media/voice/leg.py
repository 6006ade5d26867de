"""One leg: what it hears and what it says, 20 ms at a time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from svara.media.voice import rtp
from svara.media.voice.codecs import Codec, Encoder, Pcm, encoder, silence
from svara.media.voice.conference import Conference
from svara.media.voice.dtmf import RATE_HZ as DTMF_RATE_HZ
from svara.media.voice.dtmf import KeyDetector
from svara.media.voice.ear import Ear
from svara.media.voice.echo import Echo
from svara.media.voice.library import Library
from svara.media.voice.mixing import mix
from svara.media.voice.player import Player
from svara.media.voice.presses import KeySender
from svara.media.voice.recording import Reason, Recorder
from svara.media.voice.sdp import EVENTS, Audio, Format

Address = tuple[str, int] | tuple[str, int, int, int]
"""As a socket gives it: of IPv4 or IPv6."""

UNDER = 0.25
"""How loud the others are (of 1) under what is played meanwhile: it has to be understood, and they go on talking."""
_IN_BAND = "keys"
_RECORDED = "recorded"
_CONFERS = "confers"
_ECHOES = "echoes"


class Leg:
    """A leg of the engine. `legs` are all legs by their ids, `send` puts a packet on the wire, `key` is told of keys."""

    __slots__ = (
        "_active",
        "_codec_type",
        "_encoder",
        "_events_type",
        "_events_types",
        "_key",
        "_keys",
        "_legs",
        "_listeners",
        "_presses",
        "_send",
        "_sender",
        "codec",
        "conference",
        "described",
        "described_remote",
        "detector",
        "ear",
        "echo",
        "finished",
        "heard",
        "hears",
        "id",
        "last_press",
        "origin",
        "owner",
        "player",
        "recorder",
        "recording_with",
        "remote",
        "sends",
        "slot",
        "stop_keys",
        "worked",
    )

    def __init__(
        self,
        leg_id: str,
        owner: str,
        slot: int,
        *,
        library: Library,
        legs: Mapping[str, Leg],
        random_source: random.Random,
        send: Callable[[bytes, Address], None],
        key: Callable[[Leg, str, str], None],
        finished: Callable[[Leg, str], None],
    ) -> None:
        self.id = leg_id
        self.owner = owner
        self.slot = slot
        self.origin = random_source.getrandbits(31)
        self.described = 0
        """The version of our last description."""
        self.codec: Codec | None = None
        self.remote: Address | None = None
        """Where packets go to, and come from."""
        self.described_remote: Address | None = None
        """What its description said of that."""
        self.heard = False
        """Whether anything came from there."""
        self.sends = False
        self.player = Player(library)
        self.ear: Ear | None = None
        self.hears: tuple[str, ...] = ()
        self.conference: Conference | None = None
        self.echo: Echo | None = None
        self.worked = -1
        """The last period in which it sent."""
        self.recorder: Recorder | None = None
        self.recording_with = ""
        self.stop_keys = ""
        self.last_press = ("", "", 0.0)
        """Key, way that it came, and when."""
        self.finished = finished
        self._legs = legs
        self._send = send
        self._key = key
        self._active = False
        self._codec_type = 0
        self._events_type = -1
        """Of the keys that it sends, and (below) of those that may come."""
        self._events_types: frozenset[int] = frozenset()
        self._encoder: Encoder | None = None
        self._sender = rtp.Sender(160, random_source)
        self._keys = rtp.KeyReceiver()
        self.detector: KeyDetector | None = None
        self._listeners: set[str] = set()
        self._presses: KeySender | None = None

    def connect(self, codec: Codec, chosen: Format, audio: Audio) -> None:
        """From now on speak this codec with `remote`, as it is described in `audio`.

        Keys may come in any of the formats that it names, of whatever clock rate: an answer leaves the choice to who sends
        (RFC 3264 section 7), and browsers that speak Opus press with 8000 Hz where both rates are there.
        """
        events, sends = audio.events(codec.clock_rate_hz), audio.wants_sound
        self.sends = sends
        self._codec_type = chosen.payload_type
        self._events_type = events.payload_type if events else -1
        self._events_types = frozenset(each.payload_type for each in audio.formats if each.name == EVENTS)
        if codec != self.codec:
            self.codec = codec
            self._sender.set_unit(codec.frame_units)
            self._encoder = None
            self.ear = Ear(codec) if self._listeners else None
        wants_detector = events is None and codec.rate_hz == DTMF_RATE_HZ
        if wants_detector != (self.detector is not None):
            self.detector = KeyDetector() if wants_detector else None
            self.listen(_IN_BAND, on=wants_detector)

    def listen(self, why: str, *, on: bool) -> None:
        """What comes in is decoded only while somebody wants it: `why` says who."""
        if on:
            self._listeners.add(why)
        else:
            self._listeners.discard(why)
        if not self._listeners:
            self.ear = None
        elif self.ear is None and self.codec is not None:
            self.ear = Ear(self.codec)

    def begin(self) -> None:
        """It has something to do: from now on it sends, be it silence."""
        if not self._active:
            self._active = True
            self._sender.talk_starts()

    def confer(self, conference: Conference | None) -> None:
        """It takes part in a conference from now on, or (None) no more."""
        self.conference = conference
        self.listen(_CONFERS, on=conference is not None)
        self.begin()

    def hear_itself(self, echo: Echo | None) -> None:
        """It hears itself from now on, or (None) no more."""
        self.echo = echo
        self.listen(_ECHOES, on=echo is not None)
        self.begin()

    @property
    def live(self) -> bool:
        """Whether it hears more than what it plays, so that all has to be mixed now."""
        return bool(self.hears) or self.conference is not None or self.echo is not None

    def press(self, key: str) -> None:
        """The phone gets this key."""
        if self._presses is None:
            self._presses = KeySender()
        self._presses.press(key)

    # --- recording

    def record(self, recorder: Recorder, with_leg: str, stop_keys: str) -> None:
        self.recorder, self.recording_with, self.stop_keys = recorder, with_leg, stop_keys
        self.listen(_RECORDED, on=True)
        other = self._legs.get(with_leg)
        if other is not None:
            other.listen(f"recorded with {self.id}", on=True)

    def end_recording(self, reason: Reason) -> None:
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            return
        self.listen(_RECORDED, on=False)
        other = self._legs.get(self.recording_with)
        if other is not None:
            other.listen(f"recorded with {self.id}", on=False)
        recorder.end(reason)

    # --- sound

    def received(self, data: bytes) -> None:
        """A datagram came from the remote address."""
        payload_type = data[1] & 0x7F if len(data) > rtp.HEADER_BYTES else -1
        if payload_type == self._codec_type:
            if self.ear is not None:
                packet = rtp.read(data)
                if packet is not None:
                    self.ear.put(packet)
        elif payload_type in self._events_types:
            packet = rtp.read(data)
            key = self._keys.received(packet) if packet is not None else None
            if key is not None:
                self._key(self, key, "event")

    def tick(self, period: int) -> None:
        """Do what belongs into this period of 20 ms."""
        if period <= self.worked:
            return  # it came from an earlier slot into a later one
        self.worked = period
        if self.conference is None:
            self.hear()
        codec = self.codec
        if codec is None or not self.sends or not self._active or self.remote is None:
            return
        if self._presses is not None and self._events_type >= 0:
            event = self._presses.event(codec.frame_units)
            if event is not None:
                header = self._sender.event_header(self._events_type, period, event.since)
                self._send(header + event.payload, self.remote)
                return
        payload = self._live(codec) if self.live else self.player.next(codec, raw=False)
        if payload is None:
            payload = silence(codec)
        self._send(self._sender.header(self._codec_type, period) + payload, self.remote)
        if self.player.finished:
            playing, self.player.finished = self.player.finished, ""
            self.finished(self, playing)

    def hear(self) -> None:
        """Take what came in these 20 ms."""
        ear = self.ear
        if ear is None:
            return
        frame = ear.take()
        if self.detector is not None:
            self.detector.hear(frame)
        recorder = self.recorder
        if recorder is not None and self.conference is None:
            other = self._legs.get(self.recording_with)
            right = other.ear.frame_at(recorder.rate_hz) if other is not None and other.ear is not None else None
            recorder.add(ear.frame_at(recorder.rate_hz), right)

    def _live(self, codec: Codec) -> bytes | None:
        """What it plays and whom it hears, mixed and encoded now."""
        voices: list[Pcm] = []
        played = self.player.next(codec, raw=True)
        if played is not None:
            voices.append(np.frombuffer(played, np.int16))
        if self._presses is not None and self._events_type < 0:
            tone = self._presses.tone(codec.frame_samples, codec.rate_hz)
            if tone is not None:
                voices.append(tone)
        if self.conference is not None:
            if not voices:
                shared = self.conference.payload(self, codec)
                if shared is not None:
                    return shared
            others = self.conference.others(self, codec.rate_hz)
            voices.append(others if played is None else (others * UNDER).astype(np.int16))
        voices += (voice if played is None else (voice * UNDER).astype(np.int16) for voice in self._heard(codec))
        if not voices and codec.name in ("pcma", "pcmu"):
            return None
        if self._encoder is None:
            self._encoder = encoder(codec)
        return self._encoder.encode(mix(voices) if voices else np.zeros(codec.frame_samples, np.int16))

    def _heard(self, codec: Codec) -> Iterator[Pcm]:
        """Whom it hears beside a conference: itself, and others."""
        if self.echo is not None:
            frame = self.ear.frame_at(codec.rate_hz) if self.ear is not None else None
            itself = self.echo.turn(frame, codec.frame_samples)
            if itself is not None:
                yield itself
        for name in self.hears:
            other = self._legs.get(name)
            voice = other.ear.frame_at(codec.rate_hz) if other is not None and other.ear is not None else None
            if voice is not None:
                yield voice
