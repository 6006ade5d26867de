"""The legs of the voice process and what may be asked of them: the other side of `svara.media.voice.port`.

Sockets, time, threads and randomness are given to it, so that all of it can be tried on virtual time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from svara import log
from svara.clock import Clock
from svara.media.relay import RelayError
from svara.media.voice import sdp
from svara.media.voice.codecs import CODECS, Codec
from svara.media.voice.conference import Chime, Conference
from svara.media.voice.dtmf import listen
from svara.media.voice.echo import Echo
from svara.media.voice.leg import Address, Leg
from svara.media.voice.library import Library
from svara.media.voice.port import Finished, Heard, Key, Playing, Recorded, Recording, Seat, VoiceEvent
from svara.media.voice.recording import Reason, Recorder, Take
from svara.media.voice.rtp import KEYS
from svara.media.voice.schedule import SLOTS, Schedule

MAX_LEGS = 2000
MAX_HEARD = 100
MAX_CONFERRING = 200
"""Legs in one conference; call control has a limit of its own."""
MAX_RECORDING_SECONDS = 6 * 3600.0
SAME_PRESS_SECONDS = 0.6
"""Within so long the same key by another way (event, sound, INFO) is the same press."""

_OFFERED = (
    sdp.Format(107, "opus", 48000),
    sdp.Format(9, "g722", 8000),
    sdp.Format(8, "pcma", 8000),
    sdp.Format(0, "pcmu", 8000),
    sdp.Format(110, sdp.EVENTS, 48000),
    sdp.Format(101, sdp.EVENTS, 8000),
)

_log = log.get("media.voice.engine")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine works with.

    `send` puts a datagram on the wire (best effort); `addresses` (host, port) are where datagrams come in, at most one of
    each IP version; `post` runs something on the event loop, from any thread; `on_event` is told (owner, event).
    """

    clock: Clock
    random: random.Random
    addresses: tuple[tuple[str, int], ...]
    send: Callable[[bytes, Address], None]
    library: Library
    recordings: Path
    intake: bytes
    """The public key with which recordings are sealed."""
    disk: Executor
    post: Callable[[Callable[[], None]], None]
    on_event: Callable[[str, VoiceEvent], None]


class Engine:
    """All legs. What is asked of a leg that does not exist, or is somebody else's, has no effect."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._legs: dict[str, Leg] = {}
        self._by_remote: dict[Address, Leg] = {}
        self._unheard: dict[int, Leg] = {}
        """Legs from whose address nothing came yet, by its port."""
        self._slots: list[dict[str, Leg]] = [{} for _ in range(SLOTS)]
        self._conferences: dict[tuple[str, str], Conference] = {}
        """By owner and name."""
        self.schedule = Schedule(around.clock, self._work)

    # --- descriptions

    def open(self, owner: str, leg_id: str, offer: bytes) -> bytes:
        """The answer to an offer. Raises RelayError."""
        try:
            audio = sdp.read(offer)
            leg = self._leg_for(owner, leg_id)
            try:
                chosen = self._connect(leg, audio)
            except sdp.SdpError:
                if leg.codec is None:
                    self._remove(leg)
                raise
        except sdp.SdpError as error:
            raise RelayError(f"the voice process cannot use the offer: {error}") from None
        leg.described += 1
        return sdp.answer(audio, chosen, self._facing(audio), leg.origin, leg.described)

    def offer(self, owner: str, leg_id: str) -> bytes:
        """Our offer for a new leg, or one that stands. Raises RelayError."""
        leg = self._leg_for(owner, leg_id)
        leg.described += 1
        return sdp.offer(_OFFERED, self._around.addresses[0], leg.origin, leg.described)

    def answered(self, owner: str, leg_id: str, answer: bytes) -> None:
        """The answer to our offer; one that makes no sense leaves the leg without sound, and is logged."""
        leg = self._owned(owner, leg_id)
        if leg is None:
            return
        try:
            self._connect(leg, sdp.read(answer))
        except sdp.SdpError as error:
            _log.warning("an answer cannot be used", reason=error.reason)

    def _facing(self, audio: sdp.Audio) -> tuple[str, int]:
        """Our address of the IP version that the other side has. Raises SdpError."""
        for address in self._around.addresses:
            if (":" in address[0]) == (":" in audio.host):
                return address
        raise sdp.SdpError("it wants another version of IP")

    def _leg_for(self, owner: str, leg_id: str) -> Leg:
        leg = self._legs.get(leg_id)
        if leg is not None:
            if leg.owner != owner:
                raise RelayError("that leg is somebody else's")
            return leg
        if len(self._legs) >= MAX_LEGS or not 0 < len(leg_id) <= 64:
            raise RelayError("the voice process has no room for another leg")
        around = self._around
        leg = Leg(
            leg_id,
            owner,
            self.schedule.join(),
            library=around.library,
            legs=self._legs,
            random_source=around.random,
            send=around.send,
            key=self._pressed,
            finished=self._finished,
        )
        self._legs[leg_id] = leg
        self._slots[leg.slot][leg_id] = leg
        for other in self._legs.values():
            if leg_id in other.hears:
                leg.listen(f"heard by {other.id}", on=True)
            if other.recorder is not None and other.recording_with == leg_id:
                leg.listen(f"recorded with {other.id}", on=True)
        return leg

    def _connect(self, leg: Leg, audio: sdp.Audio) -> tuple[sdp.Format, ...]:
        chosen = audio.format(tuple(CODECS))
        if chosen is None or not audio.port:
            raise sdp.SdpError("none of our codecs is in it")
        self._facing(audio)
        codec = CODECS[chosen.name]
        events = audio.events(codec.clock_rate_hz)
        host = audio.host
        remote: Address = (host, audio.port, 0, 0) if ":" in host else (host, audio.port)
        if remote != leg.described_remote:
            self._forget_remote(leg)
            leg.described_remote = leg.remote = remote
            self._by_remote[remote] = leg
            self._unheard[remote[1]] = leg
        leg.connect(codec, chosen, audio)
        return (chosen, events) if events else (chosen,)

    # --- what legs do

    def play(self, owner: str, leg_id: str, playing: Playing) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None:
            codec: Codec = leg.codec or CODECS["pcma"]
            leg.player.play(playing, codec, raw=leg.live)
            leg.begin()

    def stop(self, owner: str, leg_id: str) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None:
            leg.player.stop()

    def hears(self, owner: str, leg_id: str, others: Sequence[str]) -> None:
        leg = self._owned(owner, leg_id)
        if leg is None:
            return
        wanted = tuple(dict.fromkeys(other for other in others if other != leg_id))[:MAX_HEARD]
        self._listen_to(leg, leg.hears, on=False)
        self._listen_to(leg, wanted, on=True)
        leg.hears = wanted
        leg.begin()

    def echo(self, owner: str, leg_id: str, *, on: bool) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None:
            leg.hear_itself(Echo(lambda: self._around.on_event(owner, Heard(leg_id))) if on else None)

    def _listen_to(self, leg: Leg, others: Iterable[str], *, on: bool) -> None:
        for other_id in others:
            other = self._legs.get(other_id)
            if other is not None and other.owner == leg.owner:
                other.listen(f"heard by {leg.id}", on=on)

    def confer(self, owner: str, leg_id: str, seat: Seat | None) -> None:
        leg = self._owned(owner, leg_id)
        if leg is None:
            return
        wanted = None if seat is None else (owner, seat.conference)
        if leg.conference is not None and self._conferences.get(wanted or ("", "")) is not leg.conference:
            self._leave_conference(leg)
        if seat is None or wanted is None:
            return
        conference = self._conferences.get(wanted)
        if conference is None:
            conference = self._conferences[wanted] = Conference(leg.slot, self._failed)
        if leg.conference is None:
            if len(conference) >= MAX_CONFERRING:
                _log.error("a conference has no room for another leg")
                return
            self._move(leg, conference.slot)
            leg.confer(conference)
        conference.seat(leg, seat)

    def _leave_conference(self, leg: Leg) -> None:
        conference = leg.conference
        if conference is None:
            return
        leg.confer(None)
        conference.leave(leg)
        if not len(conference):
            self._conferences = {key: one for key, one in self._conferences.items() if one is not conference}

    def _move(self, leg: Leg, slot: int) -> None:
        if leg.slot != slot:
            self.schedule.move(leg.slot, slot)
            del self._slots[leg.slot][leg.id]
            leg.slot = slot
            self._slots[slot][leg.id] = leg

    def chime(self, owner: str, name: str, kind: Chime) -> None:
        conference = self._conferences.get((owner, name))
        if conference is not None:
            conference.chime(kind)

    def record(self, owner: str, leg_id: str, recording: Recording) -> None:
        leg = self._owned(owner, leg_id)
        if leg is None:
            return
        leg.end_recording("stopped")
        path = _inside(self._around.recordings, recording.file)
        if path is None:
            _log.error("a recording's name leads out of its folder")
            self._around.on_event(owner, Recorded(leg_id, recording.file, 0.0, "stopped"))
            return
        other = self._owned(owner, recording.with_leg)
        rates = [each.codec.rate_hz for each in (leg, other) if each is not None and each.codec is not None]
        rate_hz, channels = max(rates, default=8000), 2 if recording.with_leg or recording.others else 1
        take = Take(
            path,
            rate_hz,
            channels,
            intake=self._around.intake,
            max_seconds=min(recording.max_seconds, MAX_RECORDING_SECONDS),
            silence_seconds=recording.silence_seconds,
            trim=recording.trim,
            first_word_seconds=recording.first_word_seconds,
        )

        def done(seconds: float, reason: Reason) -> None:
            if leg.recorder is recorder:
                leg.end_recording(reason)
            self._around.on_event(owner, Recorded(leg_id, recording.file, round(seconds, 2), reason))

        recorder = Recorder(take, rate_hz, channels, worker=self._around.disk, post=self._around.post, done=done)
        leg.record(recorder, recording.with_leg, recording.stop_keys)
        leg.begin()

    def pause_recording(self, owner: str, leg_id: str, *, paused: bool) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None and leg.recorder is not None:
            leg.recorder.pause(paused=paused)

    def stop_recording(self, owner: str, leg_id: str) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None:
            leg.end_recording("stopped")

    def key(self, owner: str, leg_id: str, key: str) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None and len(key) == 1 and key.upper() in KEYS:
            self._pressed(leg, key.upper(), "info")

    def send_key(self, owner: str, leg_id: str, key: str) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None:
            leg.press(key)

    def close(self, owner: str, leg_id: str) -> None:
        leg = self._owned(owner, leg_id)
        if leg is not None:
            self._remove(leg)

    def keep(self, owner: str, legs: Iterable[str]) -> tuple[str, ...]:
        """Close all legs of this owner but these; gives those that stand."""
        kept = set(legs)
        for leg in [leg for leg in self._legs.values() if leg.owner == owner and leg.id not in kept]:
            self._remove(leg)
        return tuple(leg.id for leg in self._legs.values() if leg.owner == owner)

    def close_all(self) -> None:
        """At the end: every recording is completed."""
        for leg in list(self._legs.values()):
            self._remove(leg)

    # --- from below

    def received(self, data: bytes, source: Address) -> None:
        """A datagram; what comes from an address that no leg speaks with is dropped."""
        leg = self._by_remote.get(source) or self._learn(source)
        if leg is None:
            return
        if not leg.heard:
            leg.heard = True
            self._unheard.pop(source[1], None)
        leg.received(data)

    def _learn(self, source: Address) -> Leg | None:
        """The leg for a relay that sends from another address than it says, as one behind one-to-one NAT does: its port is
        the right one, and nothing came from where it said it is. From then on it is spoken with there (RFC 4961)."""
        leg = self._unheard.get(source[1])
        if leg is None or leg.remote is None or len(leg.remote) != len(source):
            return None
        self._by_remote.pop(leg.remote, None)
        leg.remote = source
        self._by_remote[source] = leg
        return leg

    def _forget_remote(self, leg: Leg) -> None:
        leg.heard = False
        if leg.remote is not None:
            if self._by_remote.get(leg.remote) is leg:
                del self._by_remote[leg.remote]
            if self._unheard.get(leg.remote[1]) is leg:
                del self._unheard[leg.remote[1]]

    def _work(self, slot: int, period: int) -> None:
        for conference in [one for one in self._conferences.values() if one.slot == slot]:
            self._hear_all(conference)
        legs = tuple(self._slots[slot].values())
        for leg in legs:
            try:
                leg.tick(period)
            except Exception:
                self._failed(leg)
        in_band = [(leg, leg.detector) for leg in legs if leg.detector is not None]
        if in_band:
            for (leg, _), keys in zip(in_band, listen([detector for _, detector in in_band]), strict=True):
                for key in keys:
                    self._pressed(leg, key, "sound")

    def _hear_all(self, conference: Conference) -> None:
        try:
            conference.hear()
        except Exception:
            _log.exception("a conference failed for a moment")

    def _failed(self, leg: Leg) -> None:
        _log.exception("a leg failed and was closed")
        self._remove(leg)

    def _pressed(self, leg: Leg, key: str, way: str) -> None:
        now = self._around.clock.monotonic()
        before, leg.last_press = leg.last_press, (key, way, now)
        if before[0] == key and before[1] != way and now - before[2] < SAME_PRESS_SECONDS:
            leg.last_press = ("", "", now)
            return  # some phones send each press in two ways
        self._around.on_event(leg.owner, Key(leg.id, key))
        leg.player.pressed()
        if key in leg.stop_keys:
            leg.end_recording("key")

    def _finished(self, leg: Leg, playing: str) -> None:
        self._around.on_event(leg.owner, Finished(leg.id, playing))

    def _owned(self, owner: str, leg_id: str) -> Leg | None:
        leg = self._legs.get(leg_id)
        return leg if leg is not None and leg.owner == owner else None

    def _remove(self, leg: Leg) -> None:
        if self._legs.pop(leg.id, None) is None:
            return
        leg.end_recording("closed")
        self._listen_to(leg, leg.hears, on=False)
        self._leave_conference(leg)
        del self._slots[leg.slot][leg.id]
        self.schedule.leave(leg.slot)
        self._forget_remote(leg)

    def __len__(self) -> int:
        return len(self._legs)


def _inside(folder: Path, name: str) -> Path | None:
    """The file of that name below the folder; None when the name leads out of it."""
    parts = name.split("/")
    if len(name) > 255 or "\0" in name or any(part in ("", ".", "..") for part in parts):
        return None
    return folder.joinpath(*parts)
