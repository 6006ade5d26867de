"""How long to wait for what is to come: longer while the machine has more to do than it can at once.

Whoever waits goes on as soon as it is there, so that only what never comes costs this time.
"""

from __future__ import annotations

import os

_MOST = 5.0


def patience(seconds: float) -> float:
    """So many seconds of a machine that does nothing else are so many now."""
    return seconds * min(_MOST, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
