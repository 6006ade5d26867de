"""The relay as we have it: rtpengine, asked over its ng protocol.

`svara serve media` starts the engine and writes where it listens into the data folder; this side finds it there, follows it
when it moves, and notices when it was restarted (its uptime fell: every session is gone, `on_lost`) and when a phone of a
watched session went silent (`on_silent`). Watching costs one small question per session and `POLL_SECONDS`.

Phones behind NAT are reached where their own sound comes from (symmetric RTP); the address is learned in the first three
seconds after each offer or answer, one that matches the description goes first, and from then on what comes from elsewhere
is dropped ("strict source"), so that nobody can push sound into a call by guessing its port.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

from svara import log
from svara.clock import Clock, Timer
from svara.data import DataFolder
from svara.media.addresses import local_address
from svara.media.neutral import Origins
from svara.media.ng import NgClient, Plain, UdpWire, Value, Wire
from svara.media.relay import Kind, LegQuality, QualityDone, RelayError, SdpDone
from svara.media.reports import quality_of, quietest, uptime_seconds

HEALTH_SECONDS = 1.0
SEARCH_SECONDS = 0.25
POLL_SECONDS = 10.0
POLL_TICK_SECONDS = 0.05
POLLS_A_TICK = 20
"""Small, because the engine answers in the threads in which it passes packets on: 0.1 ms a question."""
POLLS_IN_FLIGHT = 500

_REPLACE = ("origin", "session-connection", "zero-address")
_FLAGS = ("port-latching", "strict-source", "generate-RTCP")
"""generate-RTCP: phones put their account and address into their RTCP (CNAME, RFC 3550 6.5.1), so the engine consumes it and
sends its own."""
_COPY_FLAGS = ("allow-transcoding",)
"""Without it the engine (10.5) refuses a listener who does not take every codec of the talk."""

_log = log.get("media.rtpengine")


class _Watched:
    """A session in which people talk. `alive_at` is when the engine last told us of it, monotonic seconds."""

    __slots__ = ("alive_at", "legs", "told")

    def __init__(self, legs: tuple[str, ...], alive_at: float) -> None:
        self.legs = legs
        self.alive_at = alive_at
        self.told = False


class RtpEngine:
    """A `Relay`. `start()` on the running loop before use, `close()` at the end."""

    def __init__(
        self,
        clock: Clock,
        data: DataFolder,
        *,
        dead_seconds: float = 30.0,
        open_wire: Callable[[tuple[str, int], Callable[[bytes], None]], Wire] = UdpWire,
    ) -> None:
        self.on_lost: Callable[[], None] | None = None
        self.on_silent: Callable[[str, str], None] | None = None
        self._clock = clock
        self._data = data
        self._dead_seconds = dead_seconds
        self._open_wire = open_wire
        self._ng = NgClient(clock)
        self._origins = Origins(clock)
        self._place: tuple[tuple[str, int], tuple[str, ...]] | None = None
        self._up = False
        self._started_at: float | None = None
        self._watched: dict[str, _Watched] = {}
        self._due: list[tuple[float, int, str, _Watched]] = []
        self._order = itertools.count()
        self._polls = 0
        self._timers: dict[str, Timer] = {}

    @property
    def up(self) -> bool:
        """Whether the engine answered the last question about its health."""
        return self._up

    def start(self) -> None:
        """Begin to look after the engine."""
        self._find()
        self._check_health()
        self._poll()

    def close(self) -> None:
        """Stop; what the engine does goes on."""
        for timer in self._timers.values():
            timer.cancel()
        self._ng.close()
        if self._ng.wire:
            self._ng.wire.close()
            self._ng.wire = None
        self._up = False

    # --- sessions

    def offer(
        self,
        session: str,
        from_leg: str,
        to_leg: str,
        sdp: bytes,
        done: SdpDone,
        *,
        to: Kind = "rtp",
        from_address: str | None = None,
        to_address: str | None = None,
    ) -> None:
        """Pass an offer through the engine; see `Relay.offer`."""
        command = self._command("offer", session, from_leg, to_leg, sdp)
        if to == "webrtc":
            command |= {
                "transport-protocol": "RTP/SAVPF",
                "ICE": "force",
                "DTLS": "passive",
                "SDES": ("off",),
                "rtcp-mux": ("require",),
                "flags": (*_FLAGS, "generate-mid"),
            }
        else:
            command |= {"transport-protocol": "RTP/AVP", "ICE": "remove", "rtcp-mux": ("demux",)}
        direction = self._interfaces(from_address, to_address)
        if direction:
            command["direction"] = direction
            command["address-family"] = "IP6" if ":" in direction[1] else "IP4"
        self._pass(session, to_leg, command, done)

    def answer(self, session: str, from_leg: str, to_leg: str, sdp: bytes, done: SdpDone, *, to: Kind = "rtp") -> None:
        """Pass an answer through the engine; see `Relay.answer`. The protocol is the one in which `to_leg` had offered."""
        command = self._command("answer", session, to_leg, from_leg, sdp)
        command["ICE"] = "force" if to == "webrtc" else "remove"
        self._pass(session, to_leg, command, done)

    def copy(self, session: str, from_leg: str, to_leg: str, done: SdpDone) -> None:
        """Let `to_leg` listen; see `Relay.copy`."""
        command: dict[str, Plain] = {
            "command": "subscribe request",
            "call-id": session,
            "from-tag": from_leg,
            "to-tag": to_leg,
            "transport-protocol": "RTP/AVP",
            "ICE": "remove",
            "rtcp-mux": ("demux",),
            "flags": _COPY_FLAGS,
        }
        self._pass(session, to_leg, command, done)

    def copied(self, session: str, to_leg: str, answer: bytes) -> None:
        """The listener's answer; see `Relay.copied`."""
        command: dict[str, Plain] = {
            "command": "subscribe answer",
            "call-id": session,
            "to-tag": to_leg,
            "sdp": answer,
            "flags": _COPY_FLAGS,
        }
        self._ng.ask(command, _told)

    def watch(self, session: str, legs: tuple[str, ...]) -> None:
        """Notice when one of the legs falls silent; see `Relay.watch`."""
        watched = self._watched[session] = _Watched(legs, self._clock.monotonic())
        self._plan(session, watched, min(POLL_SECONDS, self._dead_seconds))

    def delete(self, session: str, done: QualityDone | None = None) -> None:
        """Free the session's ports; see `Relay.delete`."""
        self._origins.forget(session)
        watched = self._watched.pop(session, None)
        if done is None or watched is None:
            self._delete(session, (), done)
            return
        legs = watched.legs
        self._ng.ask(_query(session), lambda answer: self._delete(session, quality_of(answer, legs), done))

    # --- the engine's part

    def _command(self, name: str, session: str, offerer: str, answerer: str, sdp: bytes) -> dict[str, Plain]:
        return {
            "command": name,
            "call-id": session,
            "from-tag": offerer,
            "to-tag": answerer,
            "sdp": sdp,
            "replace": _REPLACE,
            "flags": _FLAGS,
        }

    def _pass(self, session: str, to_leg: str, command: dict[str, Plain], done: SdpDone) -> None:
        def answered(answer: dict[str, Value] | RelayError) -> None:
            if isinstance(answer, RelayError):
                done(answer)
                return
            sdp = answer.get("sdp")
            try:
                if not isinstance(sdp, bytes):
                    raise ValueError("no description")
                result: bytes | RelayError = self._origins.rewrite(session, to_leg, sdp, media_is_relayed=True)
            except ValueError:
                result = RelayError("the media relay gave no session description")
            done(result)

        self._ng.ask(command, answered)

    def _delete(self, session: str, quality: tuple[LegQuality, ...], done: QualityDone | None) -> None:
        def deleted(answer: dict[str, Value] | RelayError) -> None:
            if done:
                done(answer if isinstance(answer, RelayError) else quality)

        self._ng.ask({"command": "delete", "call-id": session, "delete-delay": 0}, deleted)

    def _interfaces(self, from_address: str | None, to_address: str | None) -> tuple[str, str] | None:
        """The names of the engine's interfaces (their addresses) that face the two phones; None: its first one for both."""
        names = self._place[1] if self._place else ()
        if len(names) < 2 or not (from_address and to_address):
            return None
        facing = [local_address(from_address), local_address(to_address)]
        first, second = (name if name in names else names[0] for name in facing)
        return first, second

    # --- health

    def _find(self) -> None:
        """Read where the engine is, and follow it there."""
        place = read_place(self._data)
        if place is None or place == self._place:
            return
        try:
            wire = self._open_wire(place[0], self._ng.received)
        except OSError:
            _log.warning("no socket towards the media relay", exc_info=True)
            return
        if self._ng.wire:
            self._ng.wire.close()
        self._place, self._ng.wire = place, wire

    def _check_health(self) -> None:
        if not self._up:
            self._find()
        self._ng.ask({"command": "statistics"}, self._healthy)
        self._timers["health"] = self._clock.call_later(HEALTH_SECONDS if self._up else SEARCH_SECONDS, self._check_health)

    def _healthy(self, answer: dict[str, Value] | RelayError) -> None:
        if isinstance(answer, RelayError):
            if self._up:
                _log.error("the media relay does not answer")
            self._up = False
            return
        was_up, self._up = self._up, True
        if not was_up:
            _log.info("the media relay answers")
        started_at = self._clock.monotonic() - uptime_seconds(answer)
        # The uptime comes in whole seconds, so two readings of one start may differ by a little more than one.
        restarted = self._started_at is not None and started_at > self._started_at + 1.5
        if self._started_at is None or restarted:
            self._started_at = started_at
        if restarted:
            _log.error("the media relay was restarted and lost its sessions")
            for watched in self._watched.values():
                watched.alive_at = self._clock.monotonic()
            if self.on_lost:
                self.on_lost()

    # --- silence

    def _plan(self, session: str, watched: _Watched, seconds: float) -> None:
        heapq.heappush(self._due, (self._clock.monotonic() + seconds, next(self._order), session, watched))

    def _poll(self) -> None:
        now = self._clock.monotonic()
        for _ in range(POLLS_A_TICK):
            if not self._due or self._due[0][0] > now or self._polls >= POLLS_IN_FLIGHT:
                break
            _, _, session, watched = heapq.heappop(self._due)
            if self._watched.get(session) is watched and not watched.told:
                self._ask_about(session, watched)
        self._timers["poll"] = self._clock.call_later(POLL_TICK_SECONDS, self._poll)

    def _ask_about(self, session: str, watched: _Watched) -> None:
        def answered(answer: dict[str, Value] | RelayError) -> None:
            self._polls -= 1
            if self._watched.get(session) is watched:
                self._judge(session, watched, answer)

        self._polls += 1
        self._ng.ask(_query(session), answered)

    def _judge(self, session: str, watched: _Watched, answer: dict[str, Value] | RelayError) -> None:
        if isinstance(answer, RelayError):
            silent = watched.legs[:1]
            quiet = self._clock.monotonic() - watched.alive_at
        else:
            watched.alive_at = self._clock.monotonic()
            silent, quiet = quietest(answer, watched.legs, self._clock.now())
        if silent and quiet >= self._dead_seconds:
            watched.told = True
            if self.on_silent:
                self.on_silent(session, silent[0])
            return
        self._plan(session, watched, min(POLL_SECONDS, max(1.0, self._dead_seconds - quiet)))


def read_place(data: DataFolder) -> tuple[tuple[str, int], tuple[str, ...]] | None:
    """Where the engine listens and the names of its interfaces, as `svara serve media` wrote it; None when it did not."""
    try:
        host, port, *names = data.media_ng.read_text("ascii").split()
        return (host, int(port)), tuple(names)
    except (OSError, ValueError):
        return None


def _told(answer: dict[str, Value] | RelayError) -> None:
    if isinstance(answer, RelayError):
        _log.warning("the media relay does not copy sound", reason=answer.reason)


def _query(session: str) -> dict[str, Plain]:
    return {"command": "query", "call-id": session}
