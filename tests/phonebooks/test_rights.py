"""What phonebooks keep about Bob is his: he gets it, it goes with him, and it goes by itself when nobody uses it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from svara.people.models import Account, Tenant
from svara.phonebooks import actions, features
from svara.phonebooks.models import UNUSED_DAYS, Password
from svara.phonebooks.subjects import UNUSED, PhonebooksCapability
from svara.privacy.policies.facts import gather
from svara.privacy.rights.port import Rules
from svara.privacy.subject import person

ROOM = PhonebooksCapability()


def test_bob_gets_his_passwords_listed_and_they_go_with_him(anna: Account, bob: Account) -> None:
    actions.do_make_password(bob, "desk phone")
    actions.do_make_password(anna, "annas phone")
    who = person(bob.id)
    [holding] = ROOM.holdings(bob.tenant_id, who)
    assert holding.count == 1
    [section] = ROOM.export(bob.tenant_id, who)
    [row] = section.rows
    assert row["label"] == "desk phone"
    assert "secret_hash" not in row
    [gone] = ROOM.erase(bob.tenant_id, who, reason="")
    assert gone.count == 1
    assert list(ROOM.erase(bob.tenant_id, who, reason="")) == []
    assert [each.label for each in Password.all_tenants.all()] == ["annas phone"]


def test_a_password_that_nobody_uses_goes(anna: Account, bob: Account) -> None:
    now = timezone.now()
    old, fresh = now - timedelta(days=UNUSED_DAYS + 1), now - timedelta(days=5)
    for label, made, used in (("never", old, None), ("used", old, fresh), ("left", old, old), ("new", fresh, None)):
        actions.do_make_password(bob, label, now=made)
        Password.of(bob).filter(label=label).update(last_used_at=used)
    days = {UNUSED: UNUSED_DAYS}
    [counted] = ROOM.expire(bob.tenant_id, Rules(days), now, dry=True)
    assert (counted.count, Password.of(bob).count()) == (2, 4)
    assert list(ROOM.expire(bob.tenant_id, Rules(days, subjects=frozenset({person(bob.id)})), now, dry=False)) == []
    assert list(ROOM.expire(bob.tenant_id, Rules(days, held=frozenset({UNUSED})), now, dry=False)) == []
    list(ROOM.expire(bob.tenant_id, Rules(days), now, dry=False))
    assert set(Password.of(bob).values_list("label", flat=True)) == {"used", "new"}


def test_the_policy_speaks_of_phonebooks_only_where_there_are_some(anna: Account, acme: Tenant, beta: Tenant) -> None:
    assert not features.in_use(acme.id)
    actions.do_open(anna, xml=True, carddav=False, ldap=False, ldap_in_clear=False)
    assert (features.in_use(acme.id), features.in_use(beta.id)) == (True, False)
    assert "phonebooks" in str(gather(acme.id))
    assert "phonebooks" not in str(gather(beta.id))
