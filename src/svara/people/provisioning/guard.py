"""How often addresses of settings may be tried: guessing gets slow, and a phone that asks without end is turned away.

Counts stand beside those of sign-ins (`svara.people.models.SignInCount`), under keyed hashes, for all processes together.
"""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.db import transaction

from svara.people.models import SignInCount
from svara.people.throttle import UNUSED, Allowance, source_of

WRONG = Allowance(free=50, forgive_seconds=20)
"""Of one source, what leads nowhere: room for an office of phones behind one address, none for guessing."""
FETCHES = Allowance(free=30, forgive_seconds=60)
"""Of one phone: it asks once a day, and after each start."""


def wait_for_source(address: str, now: float) -> float:
    """How many seconds this source has to wait; 0 where it may try."""
    return _wait(WRONG, f"source {source_of(address)}", now)


def count_wrong(address: str, now: float) -> None:
    """This source asked for what is not there."""
    _count(WRONG, f"source {source_of(address)}", now)


def count_fetch(handset_id: str, now: float) -> float:
    """Count a fetch of one phone; gives how many seconds it has to wait instead."""
    wait = _wait(FETCHES, f"handset {handset_id}", now)
    if wait <= 0:
        _count(FETCHES, f"handset {handset_id}", now)
    return wait


def key_of_handset(handset_id: str) -> str:
    """The key of a phone's count."""
    return _key(f"handset {handset_id}")


def _key(name: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"provision\0{name}".encode(), hashlib.sha256).hexdigest()


def _wait(allowance: Allowance, name: str, now: float) -> float:
    row = SignInCount.objects.filter(key=_key(name)).first()
    return 0.0 if row is None else allowance.wait_seconds(row.count, now)


@transaction.atomic
def _count(allowance: Allowance, name: str, now: float) -> None:
    row = SignInCount.objects.select_for_update().filter(key=_key(name)).first()
    after = allowance.after(UNUSED if row is None else row.count, now)
    SignInCount.objects.update_or_create(key=_key(name), defaults={"failures": after.failures, "changed_at": now})
