"""What is kept for a time only is gone when that is over, and not before."""

from __future__ import annotations

import os
import time

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from svara.data import DataFolder
from svara.people import access, actions, retention
from svara.people.models import Account, Greeting, Invitation, SignInCount, Tenant
from svara.people.retention import forget_expired

DAY = 24 * 3600
NOW = 1_793_358_000.0


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


def test_a_greeting_that_is_not_used_any_more_goes_from_the_disk(db: None, data_folder: DataFolder) -> None:
    """Anna had recorded one greeting and then another; Beta's own file is none of Acme's business."""
    tenants = [
        Tenant.objects.create(slug=slug, name=slug, country="NO", timezone="Europe/Oslo") for slug in ("acme", "beta")
    ]
    for tenant in tenants:
        (data_folder.sounds / tenant.id).mkdir()
        for name in ("old.wav", "new.wav"):
            place = data_folder.sounds / tenant.id / name
            place.write_bytes(b"RIFF")
            os.utime(place, (NOW - 7200, NOW - 7200))
        anna = Account.all_tenants.create(tenant=tenant, username="anna", name="Anna")
        Greeting.all_tenants.create(tenant=tenant, account=anna, kind="busy", file=f"{tenant.id}/new.wav")
    assert retention.forget_sounds(NOW) == 2
    assert sorted(path.name for path in data_folder.sounds.rglob("*.wav")) == ["new.wav", "new.wav"]
