"""How often a wrong PIN may be entered: a box that is tried too often stays closed for a time, whoever tries."""

from __future__ import annotations

from collections.abc import Sequence

from svara.people.pin import check_pin

TRIES_IN_A_CALL = 3
MAX_FAILURES = 10
WINDOW_SECONDS = 3600.0
MAX_BOXES = 10_000


class PinGuard:
    """Checks PINs, and remembers failures by box; in memory only."""

    def __init__(self) -> None:
        self._failures: dict[str, list[float]] = {}

    def blocked(self, box: str, now: float) -> bool:
        """Whether this box takes no PIN now."""
        recent = [at for at in self._failures.get(box, ()) if now - at < WINDOW_SECONDS]
        return len(recent) >= MAX_FAILURES

    def check(self, box: str, pin: str, encoded: str, now: float) -> bool:
        """Whether the PIN is right; a wrong one counts."""
        return self.which(box, pin, (encoded,), now) is not None

    def which(self, box: str, pin: str, encoded: Sequence[str], now: float) -> int | None:
        """Which of several PINs it is, by its place; None for none of them, which counts once."""
        if self.blocked(box, now):
            return None
        for place, one in enumerate(encoded):
            if check_pin(pin, one):
                self._failures.pop(box, None)
                return place
        failures = self._failures.pop(box, [])[-MAX_FAILURES:]
        self._failures[box] = [*failures, now]  # the newest last: the oldest box is forgotten first
        if len(self._failures) > MAX_BOXES:
            self._failures.pop(next(iter(self._failures)))
        return None
