"""Direct media: no relay at all, where an office says that its phones send to each other."""

# ruff: noqa: ARG002 - the port gives more than direct media needs

from __future__ import annotations

from collections.abc import Callable, Iterable

from svara.clock import Clock
from svara.media.neutral import Origins
from svara.media.relay import Kind, QualityDone, RelayError, SdpDone


class NoRelay:
    """Direct media: phones send to each other, descriptions pass with nothing but the addresses of the sound in them."""

    up = True

    def __init__(self, clock: Clock) -> None:
        self.on_lost: Callable[[], None] | None = None
        self.on_silent: Callable[[str, str], None] | None = None
        self._origins = Origins(clock)

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
        """Pass the offer through; see `Relay.offer`."""
        self._pass(session, to_leg, sdp, done)

    def answer(self, session: str, from_leg: str, to_leg: str, sdp: bytes, done: SdpDone, *, to: Kind = "rtp") -> None:
        """Pass the answer through; see `Relay.answer`."""
        self._pass(session, to_leg, sdp, done)

    def copy(self, session: str, from_leg: str, to_leg: str, done: SdpDone) -> None:
        """Nothing passes here."""
        done(RelayError("phones send to each other"))

    def copied(self, session: str, to_leg: str, answer: bytes) -> None:
        """Nothing passes here."""

    def watch(self, session: str, legs: tuple[str, ...], *, hearer: str = "") -> None:
        """Nothing passes here, so nothing can be noticed."""

    def free(self, session: str, legs: Iterable[str]) -> None:
        """No leg holds anything here."""

    def deafen(self, session: str, leg: str) -> None:
        """What phones hear is their own matter here."""

    def delete(self, session: str, done: QualityDone | None = None) -> None:
        """Forget the session; nothing was measured."""
        self._origins.forget(session)
        if done:
            done(())

    def _pass(self, session: str, to_leg: str, sdp: bytes, done: SdpDone) -> None:
        try:
            result: bytes | RelayError = self._origins.rewrite(session, to_leg, sdp, media_is_relayed=False)
        except ValueError:
            result = RelayError("malformed session description")
        done(result)
