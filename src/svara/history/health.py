"""What the jobs process tells of itself over the bus."""

from __future__ import annotations

import msgspec

SERVICE = "history"
"""Bus service of the jobs process: answers any request with `HistoryHealth`."""


class HistoryHealth(msgspec.Struct, frozen=True):
    """How far history is behind: `lag_seconds` since it last stood at the journal's end."""

    lag_seconds: float
    open_calls: int
    recorded: int
    """Calls recorded since the process started."""
    started_at: float = 0.0
    """When the process began, seconds since the epoch."""
    deleted_at: float = 0.0
    """When it last let go of what was kept for its time; 0: not yet."""
