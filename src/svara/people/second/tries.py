"""How often somebody may try codes: a count of its own for each person, wherever they try from.

Whoever tries here knows the password already, so nobody can be held up by a stranger; and six digits can be guessed: after
five wrong ones there is one try in five minutes, 288 a day, each of which hits with three in a million. A passkey cannot be
guessed, and is let in also then.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import transaction

from svara.people.models import SignInCount
from svara.people.throttle import UNUSED, Allowance

CODES = Allowance(free=5, forgive_seconds=300)


def key_of(account_id: str) -> str:
    """The key of a person's count."""
    return hmac.new(settings.SECRET_KEY.encode(), f"second\0{account_id}".encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def reserve(account_id: str, now: float) -> tuple[float, bool]:
    """Count a try as failed beforehand; or leave the count alone and say how many seconds it has to wait. And whether this
    was the last one that is free, which is said once, until a code was right."""
    key = key_of(account_id)
    row = SignInCount.objects.select_for_update().filter(key=key).first()
    count = row.count if row is not None else UNUSED
    wait = CODES.wait_seconds(count, now)
    if wait > 0:
        return wait, False
    after = CODES.after(count, now)
    last = CODES.wait_seconds(after, now) > 0
    kept = {"failures": after.failures, "changed_at": now, "known": last or count.known}
    SignInCount.objects.update_or_create(key=key, defaults=kept)
    return 0.0, last and not count.known


def forgive(account_id: str) -> None:
    """The code was right: as if nothing had been tried."""
    SignInCount.objects.filter(key=key_of(account_id)).delete()
