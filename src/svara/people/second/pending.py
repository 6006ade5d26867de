"""What a browser's session holds around the second step: who has shown the password and nothing more, and when somebody last
showed all that they have.

Who is pending is nobody: no page, no API and no stream of news knows them before the second step. It ends after ten minutes,
and at once when the password changes.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from django.utils.crypto import constant_time_compare

from svara.people.models import Account

LIFETIME_SECONDS = 600
FRESH_SECONDS = 900
"""So long somebody who has shown a factor may change what is delicate."""
_PENDING, _PROVED = "second", "proved"


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody between the two steps, and where they want to go."""

    account: Account
    wanted: str


def begin(session: MutableMapping[str, Any], account: Account, wanted: str, now: float) -> None:
    """This person has shown the password."""
    mark = account.get_session_auth_hash()
    session[_PENDING] = {"id": account.id, "mark": mark, "at": now, "wanted": wanted}


def pending(session: MutableMapping[str, Any], now: float) -> Pending | None:
    """Who is between the two steps here; None: nobody, or no longer."""
    try:
        who, mark, at, wanted = (session[_PENDING][key] for key in ("id", "mark", "at", "wanted"))
    except (KeyError, TypeError):
        return None
    if not 0 <= now - at < LIFETIME_SECONDS:
        return None
    account = Account.all_tenants.select_related("tenant").filter(pk=who).first()
    if account is None or not constant_time_compare(mark, account.get_session_auth_hash()):
        return None
    return Pending(account, wanted)


def end(session: MutableMapping[str, Any]) -> None:
    """Nobody is between the two steps here any more."""
    session.pop(_PENDING, None)


def prove(session: MutableMapping[str, Any], now: float) -> None:
    """Who is signed in here has just shown all that they have."""
    session[_PROVED] = now


def is_fresh(session: MutableMapping[str, Any], now: float) -> bool:
    """Whether that was less than fifteen minutes ago."""
    at = session.get(_PROVED)
    return isinstance(at, int | float) and 0 <= now - at < FRESH_SECONDS
