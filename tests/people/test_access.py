"""Who sees whom: a company sees itself and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import svara
from svara.people import access, actions, keys
from svara.people.access import NotFound
from svara.people.models import Account, Tenant

from .conftest import person


@pytest.mark.claim("ADV-2")
def test_anna_finds_her_colleagues_by_any_part_of_their_names(anna: Account, bob: Account, other_anna: Account) -> None:
    def found(search: str) -> list[str]:
        return [colleague.name for colleague in access.directory(anna, search)]

    assert found("") == ["Anna Berg", "Bob Lund"]
    assert found("LUND") == found("bob lu") == found("102") == found("bob@acme") == ["Bob Lund"]
    assert found("02") == []  # an extension is found from its beginning
    assert found("Ek") == []
    assert found("%") == found("bob anna") == []
    assert found("\0") == []
    assert found("a " * 5000) == ["Anna Berg", "Bob Lund"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("šárka", "Šárka Nováková"),
        ("SARKA novakova", "Šárka Nováková"),
        ("S\u030ca\u0301rka", "Šárka Nováková"),  # as some keyboards write it: letter and accent apart
        ("ødegård", "Bjørn Ødegård"),
        ("bjorn odegard", "Bjørn Ødegård"),
        ("АЛЁНА", "Алёна Ёлкина"),
        ("елкина", "Алёна Ёлкина"),
        ("gross", "Jörg Groß"),
    ],
)
def test_a_name_is_found_however_it_is_typed(anna: Account, acme: Tenant, typed: str, meant: str) -> None:
    for number, name in enumerate(("Šárka Nováková", "Bjørn Ødegård", "Алёна Ёлкина", "Jörg Groß")):
        person(acme, f"colleague{number}", name)
    assert [colleague.name for colleague in access.directory(anna, typed)] == [meant]


@pytest.mark.claim("TB-3")
def test_nothing_of_another_company_exists(anna: Account, bob: Account, other_anna: Account, beta: Tenant) -> None:
    person(beta, "erik", "Erik Ek")
    assert access.person(anna, "anna").id == anna.id
    assert access.person(other_anna, "anna").id == other_anna.id
    for username in ("erik", "erik\0", "e" * 1000):
        with pytest.raises(NotFound):
            access.person(anna, username)
    assert access.people_by_id(anna, [bob.id, other_anna.id, "nobody"]) == {bob.id: bob}


def test_a_removed_person_is_gone_at_once(anna: Account) -> None:
    token = actions.do_create_token(anna, "script")
    Account.all_tenants.filter(pk=anna.pk).delete()
    with pytest.raises(NotFound):
        access.me(anna)
    assert access.account_by_token(token) is None


def test_a_token_acts_as_its_person_until_it_is_revoked(anna: Account, bob: Account) -> None:
    token = actions.do_create_token(anna, "script")
    assert access.account_by_token(token) == anna
    (listed,) = access.my_tokens(anna)
    assert listed.label == "script"
    assert listed.last_used_at is not None
    assert token not in (listed.token_hash, listed.id)
    with pytest.raises(NotFound):
        actions.do_revoke_token(bob, listed.id)
    actions.do_revoke_token(anna, listed.id)
    assert access.account_by_token(token) is None


@pytest.mark.parametrize("token", ["", "svara_", "svara_" + "é" * 43, "svara_" + "x" * 43, "x" * 10_000, "svara_\0"])
def test_nonsense_is_nobodys_token(db: None, token: str) -> None:
    assert access.account_by_token(token) is None


def test_tokens_are_bounded(anna: Account) -> None:
    for _ in range(actions.MAX_TOKENS):
        actions.do_create_token(anna, "")
    with pytest.raises(actions.Invalid, match="revoke one"):
        actions.do_create_token(anna, "")


def test_an_invitation_is_used_once(anna: Account) -> None:
    anna.set_unusable_password()
    anna.save()
    token = actions.do_invite(anna)
    assert access.invitation(token).account == anna
    with pytest.raises(actions.Invalid, match="too short"):
        actions.do_accept_invitation(token, "short")
    actions.do_accept_invitation(token, "a-long-password")
    anna.refresh_from_db()
    assert anna.check_password("a-long-password")
    assert anna.password.startswith("argon2$argon2id$")
    with pytest.raises(NotFound):
        actions.do_accept_invitation(token, "another-password")


def test_a_new_invitation_replaces_the_old_and_each_expires(anna: Account, settings: object) -> None:
    from svara.people.models import Invitation

    first, second = actions.do_invite(anna), actions.do_invite(anna)
    with pytest.raises(NotFound):
        access.invitation(first)
    Invitation.all_tenants.update(expires_at="2020-01-01T00:00:00Z")
    with pytest.raises(NotFound):
        access.invitation(second)
    with pytest.raises(NotFound):
        access.invitation(keys.new_key(keys.INVITATION))


def test_a_password_is_changed_by_who_knows_the_old_one(anna: Account) -> None:
    from .conftest import PASSWORD

    with pytest.raises(actions.Invalid, match="old password"):
        actions.do_change_password(anna, "guess", "a-new-password")
    with pytest.raises(actions.Invalid, match="similar"):
        actions.do_change_password(anna, PASSWORD, "anna@acme.test")
    actions.do_change_password(anna, PASSWORD, "a-new-password")
    anna.refresh_from_db()
    assert anna.check_password("a-new-password")


@pytest.mark.parametrize("read", [lambda: Account.objects, lambda: Account._default_manager.model.objects])
def test_there_is_no_way_to_read_every_company_by_accident(read: Callable[[], object]) -> None:
    with pytest.raises(AttributeError):
        read()


def test_no_page_and_no_api_looks_over_all_companies() -> None:
    """`all_tenants` stays where signing in, tokens, passwords, the snapshot and the operator's commands need it."""
    package = Path(svara.__file__).parent
    users = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "all_tenants" in path.read_text() and "migrations" not in path.parts
    }
    rooms = {"privacy", "people", "history", "letters", "phonebooks", "contacts", "push", "admission", "voicemail", "cli"}
    assert {name.split("/")[0] for name in users} <= rooms
    assert "people/access.py" in users
