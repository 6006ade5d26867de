"""Passkeys of a key store that lies: replayed, from another page, of another person or company, copied, locked, invented."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.peers.passkeys import PRESENT, SYNCED, VERIFIED, KeyStore

from svara.data import DataFolder
from svara.people.models import Account, FactorNews, Passkey, RecoveryCode
from svara.people.second import actions, passkeys
from svara.people.second.passkeys import Party, Refused
from svara.people.subjects import PeopleCapability
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.subject import person

pytestmark = [pytest.mark.claim("ADV-1")]
HOME = Party("svara.acme.test", "https://svara.acme.test")
NOW = 1_800_000_000.0
PARTS = ("clientDataJSON", "authenticatorData", "signature", "userHandle", "rawId", "id")


def a_store(**more: Any) -> KeyStore:
    return KeyStore(HOME.origin, HOME.host, **more)


def handle_of(account: Account) -> bytes:
    return account.id.encode()


def with_passkey(account: Account, store: KeyStore | None = None, label: str = "My phone") -> KeyStore:
    one, session = store or a_store(), {}  # type: ignore[var-annotated]
    one.handle = handle_of(account)
    passkeys.do_add(account, HOME, session, one.made(passkeys.begin_adding(account, HOME, session, NOW)), label, NOW)
    return one


def test_a_passkey_opens_the_account_of_who_made_it(data_folder: DataFolder, anna: Account, bob: Account) -> None:
    hers, his = with_passkey(anna), with_passkey(bob)
    for store, account in ((hers, anna), (his, bob)):
        session: dict[str, Any] = {}
        options = passkeys.begin_showing(HOME, session, NOW)
        assert "allowCredentials" not in options or not options["allowCredentials"], "nobody is named to who asks"
        assert options["userVerification"] == "required"
        assert passkeys.shown(HOME, session, store.shown(options), NOW).pk == account.pk
    row = Passkey.all_tenants.get(account=anna)
    assert (row.label, row.sign_count, row.party) == ("My phone", 1, HOME.host)
    assert bytes(range(16)) not in bytes(row.credential), "which make of device it is"
    assert RecoveryCode.all_tenants.filter(account=anna).count() == 10
    assert Entry.of(anna).filter(act="grant", what="passkey").count() == 2


def refused(store: KeyStore, answer: str | None = None, session: dict[str, Any] | None = None, at: float = NOW) -> str:
    """Why this is not let in."""
    session = {} if session is None else session
    options = passkeys.begin_showing(HOME, session, NOW)
    with pytest.raises(Refused) as error:
        passkeys.shown(HOME, session, answer or store.shown(options), at)
    return str(error.value)


def test_an_answer_counts_once(data_folder: DataFolder, anna: Account) -> None:
    store, session = with_passkey(anna, a_store(counts=False)), {}  # type: ignore[var-annotated]
    answer = store.shown(passkeys.begin_showing(HOME, session, NOW))
    assert passkeys.shown(HOME, session, answer, NOW).pk == anna.pk
    assert "used before" in refused(store, answer, session)
    assert "used before" in refused(store, answer, {}), "in another session"


def test_an_answer_that_failed_cannot_be_tried_again(data_folder: DataFolder, anna: Account) -> None:
    store, session = with_passkey(anna), {}  # type: ignore[var-annotated]
    options = passkeys.begin_showing(HOME, session, NOW)
    with pytest.raises(Refused):
        passkeys.shown(HOME, session, replace(store, key=a_store().key).shown(options), NOW)
    with pytest.raises(Refused, match="used before"):
        passkeys.shown(HOME, session, store.shown(options), NOW)


def test_a_challenge_is_good_for_ten_minutes_and_a_session_holds_few(data_folder: DataFolder, anna: Account) -> None:
    store = with_passkey(anna)
    assert "took too long" in refused(store, at=NOW + passkeys.CHALLENGE_SECONDS)
    session: dict[str, Any] = {}
    first = passkeys.begin_showing(HOME, session, NOW)
    for _number in range(50):
        passkeys.begin_showing(HOME, session, NOW)
    assert len(json.dumps(session)) < 1000
    with pytest.raises(Refused):
        passkeys.shown(HOME, session, store.shown(first), NOW)


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://svara.acme.test.evil.example"},
        {"origin": "https://login.svara.acme.test"},
        {"origin": "http://svara.acme.test"},
        {"origin": "https://svara.acme.test:8443"},
        {"party": "acme.test"},
        {"frame": True},
        {"flags": VERIFIED},
        {"flags": PRESENT},
        {"handle": b""},
        {"handle": b"somebody else"},
        {"key": a_store().key},
        {"id": b"another key"},
    ],
    ids=lambda lie: "-".join(f"{name}={lie[name]}" if name != "key" else name for name in lie),
)
def test_what_is_not_ours_or_not_theirs_is_refused(data_folder: DataFolder, anna: Account, lie: dict[str, Any]) -> None:
    assert refused(replace(with_passkey(anna), **lie))
    assert Passkey.all_tenants.get(account=anna).last_used_at is None


def test_an_answer_of_the_other_kind_is_refused(data_folder: DataFolder, anna: Account) -> None:
    store, session = with_passkey(anna), {}  # type: ignore[var-annotated]
    options = passkeys.begin_showing(HOME, session, NOW)
    with pytest.raises(Refused):
        passkeys.shown(HOME, session, store.shown(options, kind="webauthn.create"), NOW)
    asked = passkeys.begin_adding(anna, HOME, session, NOW)
    with pytest.raises(Refused, match="used before"):
        passkeys.shown(HOME, session, store.shown(asked), NOW)


def test_with_bobs_passkey_nobody_passes_annas_second_step(
    data_folder: DataFolder, anna: Account, bob: Account, other_anna: Account
) -> None:
    mine = with_passkey(anna)
    for store in (with_passkey(bob), with_passkey(other_anna)):
        for handle in (handle_of(anna), store.handle, b""):
            session: dict[str, Any] = {}
            options = passkeys.begin_showing(HOME, session, NOW, anna)
            with pytest.raises(Refused, match="does not open this account"):
                passkeys.shown(HOME, session, replace(store, handle=handle).shown(options), NOW, anna)
    session = {}
    options = passkeys.begin_showing(HOME, session, NOW, anna)
    assert [each["id"] for each in options["allowCredentials"]] == [json.loads(mine.shown(options))["id"]]
    with pytest.raises(Refused):  # what was asked of Anna is no answer to who asks nobody in particular
        passkeys.shown(HOME, session, mine.shown(options), NOW)
    options = passkeys.begin_showing(HOME, session, NOW, anna)
    touched = replace(mine, flags=PRESENT, handle=b"")
    assert passkeys.shown(HOME, session, touched.shown(options), NOW, anna).pk == anna.pk, (
        "after the password a touch is enough"
    )


def test_a_copied_key_is_refused_and_written_down(data_folder: DataFolder, anna: Account) -> None:
    store = with_passkey(anna)
    copy = replace(store)
    for _number in range(3):
        session: dict[str, Any] = {}
        passkeys.shown(HOME, session, store.shown(passkeys.begin_showing(HOME, session, NOW)), NOW)
    assert "may have been copied" in refused(copy)
    assert Passkey.all_tenants.get(account=anna).sign_count == 3
    assert Entry.of(anna).filter(act="refuse", what="passkey").count() == 1


def test_a_removed_passkey_opens_nothing(data_folder: DataFolder, anna: Account, bob: Account) -> None:
    store = with_passkey(anna)
    row = Passkey.all_tenants.get(account=anna)
    with pytest.raises(NotFound):
        actions.do_remove_passkey(bob, row.id)
    actions.do_remove_passkey(anna, row.id)
    assert "was removed" in refused(store)
    assert not RecoveryCode.all_tenants.filter(account=anna).exists()
    assert FactorNews.all_tenants.filter(account=anna, what="passkey-off").exists()
    assert Entry.of(anna).filter(act="revoke", what="passkey").count() == 1


def test_a_passkey_is_only_for_the_place_that_it_was_made_for(data_folder: DataFolder, anna: Account) -> None:
    store = with_passkey(anna)
    moved = Party("phone.acme.test", "https://phone.acme.test")
    session: dict[str, Any] = {}
    options = passkeys.begin_showing(moved, session, NOW, anna)
    assert not options.get("allowCredentials")
    with pytest.raises(Refused):
        passkeys.shown(moved, session, replace(store, origin=moved.origin, party=moved.host).shown(options), NOW, anna)
    assert passkeys.usable(anna, HOME)
    assert not passkeys.usable(anna, moved)
    assert not passkeys.usable(anna, None)


def test_the_same_key_cannot_be_two_peoples_and_nobody_has_too_many(
    data_folder: DataFolder, anna: Account, bob: Account
) -> None:
    store, session = with_passkey(anna), {}  # type: ignore[var-annotated]
    store.handle = handle_of(bob)
    with pytest.raises(Refused, match="already"):
        passkeys.do_add(bob, HOME, session, store.made(passkeys.begin_adding(bob, HOME, session, NOW)), "mine", NOW)
    for _number in range(passkeys.MAX_PASSKEYS - 1):
        with_passkey(anna, a_store(flags=PRESENT | VERIFIED | 0x08 | SYNCED))
    with pytest.raises(Invalid, match="already"):
        passkeys.begin_adding(anna, HOME, session, NOW)


@pytest.mark.parametrize("lie", [{"origin": "https://evil.example"}, {"party": "evil.example"}, {"flags": PRESENT}], ids=str)
def test_a_passkey_made_elsewhere_or_without_unlocking_is_not_kept(
    data_folder: DataFolder, anna: Account, lie: dict[str, Any]
) -> None:
    session: dict[str, Any] = {}
    made = replace(a_store(), **lie).made(passkeys.begin_adding(anna, HOME, session, NOW))
    with pytest.raises(Refused):
        passkeys.do_add(anna, HOME, session, made, "mine", NOW)
    assert not Passkey.all_tenants.exists()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300).map(lambda raw: json.dumps({"response": raw.hex()}))))
def test_whatever_a_browser_sends_is_refused_in_plain_words(db: None, sent: str) -> None:
    session: dict[str, Any] = {}
    passkeys.begin_showing(HOME, session, NOW)
    with pytest.raises(Refused):
        passkeys.shown(HOME, session, sent, NOW)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.integers(0, 2**32), st.sampled_from(["clientDataJSON", "authenticatorData", "signature", "userHandle", "rawId", "id"])
)
def test_a_changed_answer_is_refused(data_folder: DataFolder, anna: Account, seed: int, part: str) -> None:
    Passkey.all_tenants.all().delete()
    store, session = with_passkey(anna), {}  # type: ignore[var-annotated]
    answer = json.loads(store.shown(passkeys.begin_showing(HOME, session, NOW)))
    place = answer if part in ("rawId", "id") else answer["response"]
    text = place[part]
    at = seed % (len(text) - 1)  # the last sign may say nothing
    place[part] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    with pytest.raises(Refused):
        passkeys.shown(HOME, session, json.dumps(answer), NOW)
    assert Passkey.all_tenants.get(account=anna).last_used_at is None


def test_a_page_of_cbor_in_cbor_does_not_fell_the_server(db: None, anna: Account) -> None:
    deep = {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": "gYGB" * 3000},
    }
    for answer in (
        json.dumps(deep),
        "[" * 15_000,
        "null",
        "[]",
        "1",
        "{}",
        '{"response": null}',
        "x" * (passkeys.MAX_BYTES + 1),
    ):
        session: dict[str, Any] = {}
        passkeys.begin_adding(anna, HOME, session, NOW)
        with pytest.raises(Refused):
            passkeys.do_add(anna, HOME, session, answer, "mine", NOW)


def test_the_export_names_passkeys_and_holds_no_key(data_folder: DataFolder, anna: Account) -> None:
    store = with_passkey(anna)
    section = next(each for each in PeopleCapability().export(anna.tenant_id, person(anna.id)) if each.key == "access")
    assert "'passkey': 'My phone'" in str(section.rows)
    assert store.id.hex() not in str(section.rows)
