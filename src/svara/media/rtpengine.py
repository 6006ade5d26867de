"""The relay as we have it: rtpengine, asked over its ng protocol.

`svara serve media` starts the engine and writes where it listens into the data folder; this side finds it there, follows it
when it moves, and notices when it was restarted (its uptime fell: every session is gone, `on_lost`) and when a phone of a
watched session went silent (`on_silent`, see `svara.media.silence`).

The engine (10.5) connects a leg both ways only with the one that it was offered to or answered by last. While phones ring
for somebody who hears us, their offers would so make us deaf to that caller's keys: those two are connected again behind
them. And it drops a leg without company together with the last one that it was offered to, so legs are freed
only where a pair stands.

Phones behind NAT are reached where their own sound comes from (symmetric RTP); the address is learned in the first three
seconds after each offer or answer, one that matches the description goes first, and from then on what comes from elsewhere
is dropped ("strict source"), so that nobody can push sound into a call by guessing its port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from svara import log
from svara.clock import Clock, Timer
from svara.data import DataFolder
from svara.media.addresses import facing
from svara.media.neutral import Origins
from svara.media.ng import NgClient, Plain, UdpWire, Value, Wire
from svara.media.relay import Kind, LegQuality, QualityDone, RelayError, SdpDone
from svara.media.reports import quality_of, uptime_seconds
from svara.media.silence import Silence, query

HEALTH_SECONDS = 1.0
SEARCH_SECONDS = 0.25

_REPLACE = ("origin", "session-connection", "zero-address")
_FLAGS = ("port-latching", "strict-source", "generate-RTCP")
"""generate-RTCP: phones put their account and address into their RTCP (CNAME, RFC 3550 6.5.1), so the engine consumes it and
sends its own."""
_WEBRTC_FLAGS = ("port-latching", "asymmetric", "generate-RTCP")
"""Of what a browser describes: ICE says where its sound comes from, which may be another of its addresses at any time, and
SRTP keeps out what is not its own. To learn one address and hold on to it would leave it unheard when it takes another."""
_COPY_FLAGS = ("allow-transcoding",)
"""Without it the engine (10.5) refuses a listener who does not take every codec of the talk."""

_log = log.get("media.rtpengine")


class _Pair:
    """Two legs that hear each other; `stays`: whatever is offered to others meanwhile. `legs` are those that are watched."""

    __slots__ = ("back", "front", "legs", "losers", "offers", "sdp", "stays")

    def __init__(self, legs: tuple[str, ...], hearer: str) -> None:
        self.legs = legs
        self.front, self.back = legs[0], hearer or legs[-1]
        self.stays = bool(hearer)
        self.offers = 0
        """Offers to others that are under way."""
        self.sdp = b""
        """What the front leg described in them; empty when they have not parted the two."""
        self.losers: list[str] = []
        """To be freed when that is over."""

    def taken_by(self, leg: str) -> None:
        """The front leg was connected with this one."""
        if leg != self.back:
            self.back, self.sdp = leg, b""


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
        self._open_wire = open_wire
        self._ng = NgClient(clock)
        self._origins = Origins(clock)
        self._place: tuple[tuple[str, int], tuple[str, ...]] | None = None
        self._up = self._was_away = False
        self._answered_at = 0.0
        self._started_at: float | None = None
        self._pairs: dict[str, _Pair] = {}
        self._losers: dict[str, list[str]] = {}
        """Of sessions without a pair yet."""
        self._silence = Silence(clock, self._ng, dead_seconds, lambda: self._up, self._fell_silent)
        self._health_timer: Timer | None = None

    @property
    def up(self) -> bool:
        """Whether the engine answered the last question about its health."""
        return self._up

    def start(self) -> None:
        """Begin to look after the engine."""
        self._find()
        self._check_health()
        self._silence.start()

    def close(self) -> None:
        """Stop; what the engine does goes on."""
        if self._health_timer is not None:
            self._health_timer.cancel()
        self._silence.close()
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
        # Of who offers: the engine would begin DTLS before the browser knows the way, and once more only a second later.
        command["DTLS"] = "passive"
        if to == "webrtc":
            command |= {
                "transport-protocol": "RTP/SAVPF",
                "ICE": "force",
                "SDES": ("off",),
                "rtcp-mux": ("require",),
                "flags": (*_flags(sdp), "generate-mid"),
            }
        else:
            command |= {"transport-protocol": "RTP/AVP", "ICE": "remove", "rtcp-mux": ("demux",)}
        direction = self._interfaces(from_address, to_address)
        if direction:
            command["direction"] = direction
            command["address-family"] = "IP6" if ":" in direction[1] else "IP4"
        pair = self._pairs.get(session)
        if pair is not None and pair.stays and pair.front == from_leg and pair.back != to_leg:
            done = self._besides(session, pair, sdp, done)
        self._pass(session, to_leg, command, done)

    def answer(self, session: str, from_leg: str, to_leg: str, sdp: bytes, done: SdpDone, *, to: Kind = "rtp") -> None:
        """Pass an answer through the engine; see `Relay.answer`. The protocol is the one in which `to_leg` had offered."""
        command = self._command("answer", session, to_leg, from_leg, sdp)
        command["ICE"] = "force" if to == "webrtc" else "remove"
        pair = self._pairs.get(session)
        if pair is not None and pair.front in (from_leg, to_leg):
            pair.taken_by(from_leg if pair.front == to_leg else to_leg)
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

    def watch(self, session: str, legs: tuple[str, ...], *, hearer: str = "") -> None:
        """Keep two legs connected, and notice when one falls silent; see `Relay.watch`."""
        pair = self._pairs[session] = _Pair(legs, hearer)
        self._silence.watch(session, legs, pair.back)
        self._free(session, self._losers.pop(session, ()))

    def free(self, session: str, legs: Iterable[str]) -> None:
        """Give back the ports of legs that take no part any more; see `Relay.free`."""
        pair = self._pairs.get(session)
        if pair is None:
            self._losers.setdefault(session, []).extend(legs)
        elif pair.offers:
            pair.losers += legs
        else:
            self._free(session, legs)

    def deafen(self, session: str, leg: str) -> None:
        """See `Relay.deafen`."""
        if self._up:
            self._ng.ask({"command": "unsubscribe", "call-id": session, "to-tag": leg}, _unasked)

    def delete(self, session: str, done: QualityDone | None = None) -> None:
        """Free the session's ports; see `Relay.delete`."""
        self._origins.forget(session)
        missing = self._silence.forget(session)
        self._losers.pop(session, None)
        pair = self._pairs.pop(session, None)
        if done is None or pair is None:
            self._delete(session, (), done)
            return
        legs = pair.legs
        self._ng.ask(
            query(session, pair.back), lambda answer: self._delete(session, quality_of(answer, legs, missing), done)
        )

    # --- the engine's part

    def _command(self, name: str, session: str, offerer: str, answerer: str, sdp: bytes) -> dict[str, Plain]:
        return {
            "command": name,
            "call-id": session,
            "from-tag": offerer,
            "to-tag": answerer,
            "sdp": sdp,
            "replace": _REPLACE,
            "flags": _flags(sdp),
        }

    def _pass(self, session: str, to_leg: str, command: dict[str, Plain], done: SdpDone) -> None:
        if self._started_at is not None and not self._up:
            done(RelayError("the media relay does not answer"))  # seconds of silence for each caller change nothing
            return

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

    def _besides(self, session: str, pair: _Pair, sdp: bytes, done: SdpDone) -> SdpDone:
        """The front leg of a pair is offered to somebody else: connect the two again when that was done."""
        pair.offers += 1
        pair.sdp = sdp

        def offered(result: bytes | RelayError) -> None:
            pair.offers -= 1
            if not pair.offers and self._pairs.get(session) is pair:
                self._together(session, pair)
            done(result)

        return offered

    def _together(self, session: str, pair: _Pair) -> None:
        if pair.sdp:
            # Without the first the front leg's list of whom it hears, which `query` tells, would grow with every offer.
            self._ng.ask({"command": "unsubscribe", "call-id": session, "to-tag": pair.front}, _unasked)
            command = self._command("answer", session, pair.back, pair.front, pair.sdp)
            command["ICE"] = "remove"
            self._ng.ask(command, _unasked)
            pair.sdp = b""
        losers, pair.losers = pair.losers, []
        self._free(session, losers)

    def _free(self, session: str, legs: Iterable[str]) -> None:
        for leg in legs if self._up else ():
            self._ng.ask({"command": "delete", "call-id": session, "from-tag": leg, "delete-delay": 0}, _unasked)

    def _fell_silent(self, session: str, leg: str) -> None:
        if self.on_silent:
            self.on_silent(session, leg)

    def _delete(self, session: str, quality: tuple[LegQuality, ...], done: QualityDone | None) -> None:
        def deleted(answer: dict[str, Value] | RelayError) -> None:
            if done:
                done(answer if isinstance(answer, RelayError) else quality)

        self._ng.ask({"command": "delete", "call-id": session, "delete-delay": 0}, deleted)

    def _interfaces(self, from_address: str | None, to_address: str | None) -> tuple[str, str] | None:
        """The names of the engine's interfaces (their addresses) for the two phones; None: its first one for both. One whose
        address is not known is taken to be where the other is."""
        names = self._place[1] if self._place else ()
        first, second = from_address or to_address, to_address or from_address
        return (facing(names, first), facing(names, second)) if len(names) > 1 and first and second else None

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
        self._ng.ask({"command": "statistics"}, partial(self._healthy, self._clock.monotonic()))
        self._health_timer = self._clock.call_later(HEALTH_SECONDS if self._up else SEARCH_SECONDS, self._check_health)

    def _healthy(self, asked_at: float, answer: dict[str, Value] | RelayError) -> None:
        if isinstance(answer, RelayError):
            if asked_at < self._answered_at:
                return  # that was while it was away; it has answered since
            if self._up:
                _log.error("the media relay does not answer")
                self._was_away = True
            self._up = False
            return
        self._up, self._answered_at = True, self._clock.monotonic()
        if self._was_away:
            self._was_away = False
            _log.info("the media relay answers again")
        started_at = self._clock.monotonic() - uptime_seconds(answer)
        # The uptime comes in whole seconds, so two readings of one start may differ by a little more than one.
        restarted = self._started_at is not None and started_at > self._started_at + 1.5
        if self._started_at is None or restarted:
            self._started_at = started_at
        if restarted:
            _log.error("the media relay was restarted and lost its sessions")
            self._silence.engine_restarted()
            if self.on_lost:
                self.on_lost()


def read_place(data: DataFolder) -> tuple[tuple[str, int], tuple[str, ...]] | None:
    """Where the engine listens and the names of its interfaces, as `svara serve media` wrote it; None when it did not."""
    try:
        host, port, *names = data.media_ng.read_text("ascii").split()
        return (host, int(port)), tuple(names)
    except (OSError, ValueError):
        return None


def _flags(sdp: bytes) -> tuple[str, ...]:
    """What the engine is told of whoever described themselves so."""
    return _WEBRTC_FLAGS if b"\na=ice-ufrag:" in sdp else _FLAGS


def _unasked(_answer: dict[str, Value] | RelayError) -> None:
    """Nothing depends on it."""


def _told(answer: dict[str, Value] | RelayError) -> None:
    if isinstance(answer, RelayError):
        _log.warning("the media relay does not copy sound", reason=answer.reason)
