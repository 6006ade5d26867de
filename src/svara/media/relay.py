"""The narrow port to whatever carries the sound of a call.

Call control knows only what stands here: it hands session descriptions through the relay and gets back descriptions in
which the relay stands between the phones, so that neither side learns the other's network. A *session* is one call and a
*leg* is one phone in it; both are short ids of our own, never a peer's Call-ID or tag.

Nothing here blocks. A result comes through a callback, once, possibly before the method returns; an engine that is away
gives a `RelayError`, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["rtp", "webrtc"]
"""What the phone that gets a description speaks: RTP as desk phones do, or ICE with DTLS-SRTP as browsers do."""


class RelayError(Exception):
    """Why the relay could not do it, in plain words. `session_lost`: the engine does not know that session (any more)."""

    def __init__(self, reason: str, *, session_lost: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.session_lost = session_lost


@dataclass(frozen=True, slots=True)
class LegQuality:
    """What was measured of the sound that one leg sent."""

    leg: str
    packets: int
    """RTP and RTCP packets that the relay got from that phone."""
    lost: int
    """Packets of that phone which the other side reported missing (RTCP, RFC 3550 section 6.4)."""
    jitter_ms: float
    mos: float | None
    """Mean opinion score 1 to 4.5 (ITU-T G.107); None where nothing was reported."""
    lost_before: int | None = None
    """Of those lost, how many did not even reach the relay; None where nobody can tell."""
    round_trip_ms: float = 0.0
    """From the relay to that phone and back, as the phone's own reports tell; 0 for unknown."""


SdpDone = Callable[[bytes | RelayError], None]
QualityDone = Callable[[tuple[LegQuality, ...] | RelayError], None]


class Relay(Protocol):
    """One media relay.

    Each phone that rings is offered to on its own: `offer(session, caller, phone1, ...)`, `offer(session, caller, phone2,
    ...)`, so that each has its own port. Early media and the final answer are `answer(session, phone1, caller, ...)`; the
    last answer given is the one that the caller hears. A later re-INVITE of either side is again `offer` (from the side that
    asks) and `answer`.
    """

    on_lost: Callable[[], None] | None
    """The engine was restarted and is up, its sessions are gone: build each anew by re-INVITE, under the same ids."""
    on_silent: Callable[[str, str], None] | None
    """(session, leg): nothing came from that leg for `dead_seconds` though it should be sending; told once a `watch`."""

    @property
    def up(self) -> bool:
        """Whether the engine answers."""
        ...

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
        """Pass an offer (RFC 3264) of `from_leg` on to `to_leg`; `done` gets what to send to `to_leg`.

        The addresses are those from which the two phones' signalling comes; they choose the network interface on a machine
        that has several, and matter only when a leg is new.
        """
        ...

    def answer(self, session: str, from_leg: str, to_leg: str, sdp: bytes, done: SdpDone, *, to: Kind = "rtp") -> None:
        """Pass the answer of `from_leg` on to `to_leg`, which had offered; `done` gets what to send to `to_leg`."""
        ...

    def copy(self, session: str, from_leg: str, to_leg: str, done: SdpDone) -> None:
        """A copy of what `from_leg` sends, for `to_leg`, who only listens: `done` gets the offer, `copied` takes the answer.
        Ends with the session."""
        ...

    def copied(self, session: str, to_leg: str, answer: bytes) -> None:
        """The listener's answer to what `copy` gave."""
        ...

    def watch(self, session: str, legs: tuple[str, ...], *, hearer: str = "") -> None:
        """These legs talk from now on (the call was answered, or taken up again after a restart): notice when one of them
        falls silent. A leg on hold is not expected to send; that is seen from the descriptions. With one leg, `hearer` is
        whom it talks to, of whom nothing is expected; these two stay connected while the first is offered to others."""
        ...

    def free(self, session: str, legs: Iterable[str]) -> None:
        """These were offered to and take no part any more (their phones rang in vain): give back what they held, at the
        latest when the session is watched. The others go on."""
        ...

    def deafen(self, session: str, leg: str) -> None:
        """This leg hears nobody any more, until it offers, answers or is offered to again. (An offer to somebody new ends
        who hears the leg, not whom it hears.)"""
        ...

    def delete(self, session: str, done: QualityDone | None = None) -> None:
        """Free everything of the session. `done` gets what was measured of each watched leg."""
        ...
