"""What is kept for a time only is gone when that is over, and not before."""

from __future__ import annotations

import time

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from svara.people import access, actions
from svara.people.models import Account, Invitation, SignInCount
from svara.people.retention import forget_expired

DAY = 24 * 3600


def test_each_thing_has_its_time(anna: Account) -> None:
    now = time.time()
    session = SessionStore()
    session["who"] = anna.id
    session.save()
    token = actions.do_invite(anna)
    SignInCount.objects.create(key="x" * 64, changed_at=now)

    assert forget_expired(now) == 0
    assert access.invitation(token)
    assert forget_expired(now + 13 * DAY) == 0
    assert forget_expired(now + 15 * DAY) == 2
    assert not Session.objects.exists()
    assert not Invitation.all_tenants.exists()
    assert forget_expired(now + 29 * DAY) == 0
    assert forget_expired(now + 31 * DAY) == 1
    assert not SignInCount.objects.exists()
