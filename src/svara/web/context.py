"""What every template may use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from svara.people.access import queues
from svara.web.pages.viewing import colleagues
from svara.web.words import AVAILABILITY


def words(request: HttpRequest) -> dict[str, Any]:
    """The keys of all presence states, for the texts that live news put in place; one's own state; whether
    the reader has to do with any queue."""
    user: Any = getattr(request, "user", None)
    mine = colleagues(user, [user])[0].availability if user is not None and user.is_authenticated else "unknown"
    return {
        "availabilities": list(AVAILABILITY),
        "my_availability": mine,
        "my_queues": lambda: user is not None and user.is_authenticated and bool(queues(user)),
    }
