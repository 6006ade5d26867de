"""Anna administers Acme from her pages: the same rules as for a file, a log of every change, and a way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import hashers

from svara.data import DataFolder
from svara.media.sounds import speech
from svara.people import access, administration, document, plan
from svara.people.actions import Invalid
from svara.people.administration import Fault, Rejected
from svara.people.models import Account, OfficeChange, Phone, Queue, Tenant
from svara.people.office import read_office
from svara.people.officefile import check, load
from svara.people.yamltree import Bare, from_plain

from .offices import ACME_FULL, wav

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick_and_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hashers.get_hasher()
    for name, value in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        monkeypatch.setattr(hasher, name, value)
    monkeypatch.setattr(speech, "voice_for", lambda language: None)


@pytest.fixture
def anna(tmp_path: Path, data_folder: DataFolder) -> Account:
    (tmp_path / "waltz.wav").write_bytes(wav())
    (tmp_path / "acme.yaml").write_text(ACME_FULL)
    plan.apply(load(tmp_path / "acme.yaml"))
    return Account.all_tenants.get(username="anna")


@pytest.fixture
def bob(anna: Account) -> Account:
    return Account.all_tenants.get(username="bob")


def item(actor: Account, section: str, name: str) -> dict[str, Any]:
    found = document.export(actor.tenant)[section]
    return next(each for each in found if document.KEYS[section](each) == name)


def rejected(actor: Account, section: str, name: str | None, wish: dict[str, Any]) -> list[Fault]:
    with pytest.raises(Rejected) as refused:
        administration.do_save(actor, section, name, wish)
    return refused.value.faults


def test_an_office_written_down_and_read_again_is_the_same(anna: Account) -> None:
    written = document.export(anna.tenant)
    tree, _ = from_plain(written)
    assert plan.plan(check(tree, "", known=True)) == ()
    assert "secret" not in str(written)
    assert "argon2" not in str(written)


def test_a_queue_is_changed_and_call_control_knows_at_once(anna: Account, data_folder: DataFolder) -> None:
    queue = item(anna, "queues", "support")
    done = administration.do_save(anna, "queues", "support", queue | {"ring": 25, "members": [{"person": "bob"}]})
    assert [str(change) for change in done.applied.changes] == [
        "~ queue support: without anna, another order, weight or skills of bob, ring seconds 15 -> 25"
    ]
    assert read_office(data_folder.root).tenants[0].queue_by_name["support"].ring_seconds == 25
    assert administration.do_save(anna, "queues", "support", item(anna, "queues", "support")).applied.changes == ()


def test_a_mistake_is_told_at_the_field_where_it_was_made(anna: Account) -> None:
    queue = item(anna, "queues", "support")
    wish = queue | {"ring": Bare("soon"), "extension": "101", "when_full": "queue:suport"}
    wish["members"] = [{"person": "anna"}, {"person": "bobb"}]
    faults = {fault.path: fault.message for fault in rejected(anna, "queues", "support", wish)}
    assert faults == {
        ("extension",): "extension '101' of queue support is taken by anna; it must be unique in the tenant",
        ("members", 1, "person"): "'person': there is no person 'bobb' in this file; did you mean 'bob'?",
        ("ring",): "'ring' must be a number of seconds from 1 to 300, without quotes",
        ("when_full",): "'when_full': there is no queue 'suport' in this file; did you mean 'support'?",
    }
    assert item(anna, "queues", "support") == queue


def test_what_is_used_cannot_be_removed_and_it_is_said_where(anna: Account) -> None:
    with pytest.raises(Rejected) as refused:
        administration.do_remove(anna, "queues", "support")
    assert {fault.path for fault in refused.value.faults} == {None}
    assert administration.access_uses(anna, "queues", "support") == [
        ("queues", "sales"),
        ("menus", "front"),
        ("numbers", "+4721000000"),
    ]
    assert administration.access_uses(anna, "people", "bob") == [
        ("people", "anna"),
        ("queues", "sales"),
        ("queues", "support"),
    ]
    assert administration.access_uses(anna, "hours", "office") == [("numbers", "+4721000000")]
    administration.do_remove(anna, "hours", "shop")
    assert not any(hours["name"] == "shop" for hours in administration.access_document(anna)["hours"])


def test_a_new_person_is_invited_and_a_new_phone_gets_a_secret_that_is_shown_once(anna: Account) -> None:
    wish = {"username": "carl", "name": "Carl Vik", "extension": "103", "phones": [{"login": "acme-carl", "label": "Desk"}]}
    done = administration.do_save(anna, "people", None, wish)
    (invited,) = done.applied.invited
    assert access.invitation(invited.token).account.username == "carl"
    assert set(done.secrets) == {"acme-carl"}
    assert done.secrets["acme-carl"] not in repr(done)
    carl = item(anna, "people", "carl")
    assert administration.do_save(anna, "people", "carl", carl).secrets == {}
    again = administration.do_save(anna, "people", "carl", carl | {"phones": [{"login": "acme-carl", "secret": "new"}]})
    assert again.secrets["acme-carl"] != done.secrets["acme-carl"]
    assert again.applied.stale_logins == ("acme-carl",)


def test_a_trunk_s_secret_stays_until_another_is_given(anna: Account, data_folder: DataFolder) -> None:
    trunk = item(anna, "trunks", "itsp")
    assert "secret" not in trunk
    administration.do_save(anna, "trunks", "itsp", trunk | {"priority": 4})
    assert read_office(data_folder.root).tenants[0].trunk_by_name["itsp"].secret == "t0psecret"
    done = administration.do_save(anna, "trunks", "itsp", trunk | {"priority": 4, "secret": "n3w-secret"})
    assert [str(change) for change in done.applied.changes] == ["~ trunk itsp: another secret"]
    assert "n3w-secret" not in str(list(OfficeChange.all_tenants.values()))


def test_every_change_is_in_the_log_with_who_made_it(anna: Account) -> None:
    administration.do_save(anna, "menus", "more", item(anna, "menus", "more") | {"tries": 5})
    newest, first = administration.access_changes(anna)
    assert (newest.account, newest.origin, newest.lines) == (anna, "page", ["~ menu more: tries 3 -> 5"])
    assert (first.account, first.origin, first.before) == (None, "file", {})
    assert newest.before == {
        "menus": {"more": {"name": "more", "prompt": "hello", "keys": {"0": "menu:front"}, "direct_dial": False}}
    }


def test_a_change_is_undone_and_the_undoing_too(anna: Account) -> None:
    before = document.export(anna.tenant)
    administration.do_save(anna, "menus", "more", item(anna, "menus", "more") | {"tries": 5})
    changed = document.export(anna.tenant)
    administration.do_undo(anna, administration.access_changes(anna)[0].id)
    assert document.export(anna.tenant) == before
    undoing, undone, _ = administration.access_changes(anna)
    assert undoing.undoes == undone
    with pytest.raises(Invalid, match="cannot be undone"):
        administration.do_undo(anna, undone.id)
    administration.do_undo(anna, undoing.id)
    assert document.export(anna.tenant) == changed


def test_lists_name_people_and_say_no_more_of_them_but_of_the_one_asked_for(anna: Account) -> None:
    listed = administration.access_document(anna)
    assert {"username": "bob", "name": "Bob Lund", "extension": "102"} in listed["people"]
    around, bob = administration.access_item(anna, "people", "bob")
    assert bob == item(anna, "people", "bob")
    others = [each for each in around["people"] if each["username"] != "bob"]
    assert {key for each in others for key in each} == {"username", "name", "extension"}


def test_a_change_on_which_others_were_built_is_not_undone(anna: Account) -> None:
    administration.do_save(anna, "hours", None, {"name": "late", "open": {"daily": ["12:00-20:00"]}})
    added = administration.access_changes(anna)[0]
    number = item(anna, "numbers", "+4721000001")
    administration.do_save(anna, "numbers", "+4721000001", number | {"hours": "late", "closed": "hangup"})
    with pytest.raises(Rejected, match="there is no hours 'late'"):
        administration.do_undo(anna, added.id)
    administration.do_save(anna, "hours", "late", {"name": "late", "open": {"daily": ["12:00-21:00"]}})
    with pytest.raises(Invalid, match="changed again"):
        administration.do_undo(anna, added.id)


def test_who_and_what_comes_back_is_the_same_as_before(anna: Account, bob: Account) -> None:
    queue = Queue.all_tenants.get(name="sales").id
    bare = item(anna, "people", "anna") | {"forward": {}}
    administration.do_save(anna, "people", "anna", bare)
    for name in ("sales", "support"):
        wish = item(anna, "queues", name)
        administration.do_save(anna, "queues", name, wish | {"members": [{"person": "anna", "order": 1}]})
    administration.do_remove(anna, "people", "bob")
    administration.do_remove(anna, "queues", "sales")
    removed_queue, removed_bob = administration.access_changes(anna)[:2]
    administration.do_undo(anna, removed_queue.id)
    done = administration.do_undo(anna, removed_bob.id)
    assert [invited.username for invited in done.applied.invited] == ["bob"]
    assert Account.all_tenants.get(username="bob").id == bob.id
    assert Queue.all_tenants.get(name="sales").id == queue


def test_a_phone_that_comes_back_has_another_secret(anna: Account) -> None:
    person = item(anna, "people", "anna")
    administration.do_save(anna, "people", "anna", person | {"phones": []})
    done = administration.do_undo(anna, administration.access_changes(anna)[0].id)
    assert set(done.secrets) == {"acme-anna"}
    assert Phone.of(anna).filter(account=anna).count() == 1


@pytest.mark.claim("TB-3")
def test_only_administrators_and_only_in_their_own_company(anna: Account, bob: Account) -> None:
    beta = Tenant.objects.create(slug="beta", name="Beta AB", country="SE", timezone="Europe/Stockholm", languages=["sv"])
    stranger = Account.all_tenants.create(tenant=beta, username="anna", name="Anna Ek", roles=["member", "admin"])
    administration.do_save(anna, "menus", "more", item(anna, "menus", "more") | {"tries": 5})
    change = administration.access_changes(anna)[0]
    for forbidden in (
        lambda: administration.access_document(bob),
        lambda: administration.access_changes(bob),
        lambda: administration.do_save(bob, "hours", None, {"name": "late", "open": {}}),
        lambda: administration.do_remove(bob, "hours", "shop"),
        lambda: administration.do_undo(bob, change.id),
    ):
        with pytest.raises(access.Forbidden):
            forbidden()
    assert administration.access_changes(stranger) == []
    assert administration.access_document(stranger)["queues"] == []
    for nothing in (
        lambda: administration.do_undo(stranger, change.id),
        lambda: administration.do_remove(stranger, "hours", "shop"),
        lambda: administration.do_save(stranger, "menus", "more", {"name": "more", "prompt": "x"}),
    ):
        with pytest.raises(access.NotFound):
            nothing()


def test_nobody_removes_themselves(anna: Account) -> None:
    with pytest.raises(Invalid, match="yourself"):
        administration.do_remove(anna, "people", "anna")
