"""Anna plugs in a phone for Bob: it gets its settings once by a token or while the door is open, and then by its own secret.
Mallory knows MAC addresses, and has phones of another company; none of it helps."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.people.conftest import person

from svara.people import access, keys, retention
from svara.people.actions import Invalid
from svara.people.models import Account, Handset, OfficeChange, Phone, Tenant
from svara.people.office import REALM
from svara.people.provisioning import actions, reading
from svara.people.provisioning.fetching import Asked, Given, Refused, Server, fetch, reader
from svara.privacy.audit.models import Entry
from svara.privacy.rights.port import capabilities
from svara.privacy.subject import person as subject_of
from svara.sip.digest import hashes_for

MAC = "001565aabbcc"
SERVER = Server("phone.acme.test", 5060, "udp", "https://phone.acme.test/provision/")
NOW = datetime.now(UTC)
YEALINK = "Yealink SIP-T46S 66.84.0.15 00:15:65:aa:bb:cc"


@pytest.fixture
def cecilie(acme: Tenant) -> Account:
    """Administers Acme."""
    account = person(acme, "cecilie", "Cecilie Moe", "103")
    account.roles = ["member", "admin"]
    account.save()
    return account


def ask(key: str, file: str = f"{MAC}.cfg", *, private: bool = True, source: str = "192.0.2.7", at: datetime | None = None):
    return fetch(Asked(key, file, YEALINK, source, private), SERVER, at or datetime.now(UTC))


def given(key: str, file: str = f"{MAC}.cfg") -> dict[str, str]:
    answer = ask(key, file)
    assert isinstance(answer, Given), answer
    return dict(line.split(" = ", 1) for line in answer.body.splitlines()[1:])


def own_secret(settings: dict[str, str]) -> str:
    match = re.fullmatch(
        r"https://phone\.acme\.test/provision/(svaraph_[\w-]{43})/", settings["static.auto_provision.server.url"]
    )
    assert match is not None
    return match[1]


def entries(actor: Account) -> list[tuple[str, str, str]]:
    return [(entry.act, entry.what, entry.why) for entry in Entry.of(actor).order_by("number")]


def test_a_phone_comes_by_its_token_and_afterwards_by_its_own_secret_alone(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", "00:15:65:AA:BB:CC")
    first = given(issued.token)
    secret = own_secret(first)
    handset = Handset.of(cecilie).get()
    phone = Phone.of(cecilie).get()
    assert phone.account_id == bob.id
    assert phone.ha1 == hashes_for(phone.login, REALM, first["account.1.password"])
    assert first["account.1.user_name"] == phone.login
    assert handset.secret_hash == keys.hash_of(secret)
    assert (handset.told_model, handset.told_firmware) == ("SIP-T46S", "66.84.0.15")
    assert ask(issued.token) == Refused("gone"), "a token is good for one time"
    assert given(secret) == first, "the same settings, so that no phone starts anew for nothing"
    assert entries(cecilie)[-2:] == [("disclose", "phone-settings", "token"), ("disclose", "phone-settings", "secret")]
    stored = " ".join(map(str, (vars(handset), vars(phone), *map(vars, OfficeChange.of(cecilie)))))
    for hidden in (issued.token, secret, first["account.1.password"]):
        assert hidden not in stored


def test_while_the_door_is_open_a_phone_comes_by_its_mac_address(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)
    assert ask("acme") == Refused("gone")
    actions.do_open(cecilie, issued.handset.id)
    assert ask("beta") == Refused("gone")
    assert ask("acme", "001565aabbcd.cfg") == Refused("gone")
    assert ask("acme", at=datetime.now(UTC) + actions.WINDOW) == Refused("gone")
    secret = own_secret(given("acme"))
    assert ask("acme") == Refused("gone"), "it was there already"
    assert ask(issued.token) == Refused("gone")
    assert isinstance(ask(secret), Given)
    with pytest.raises(Invalid):
        actions.do_open(cecilie, issued.handset.id)


def test_without_encryption_nothing_is_told_unless_an_administrator_says_so(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)
    assert ask(issued.token, private=False) == Refused("clear")
    assert ask(issued.token) == Refused("gone"), "who read along has the token, so it opens nothing any more"
    assert ("refuse", "phone-settings", "clear") in entries(cecilie)
    assert Handset.of(cecilie).get().bound_at is None
    other = actions.do_add(cecilie, "bob", "yealink", "001565aabbcd", clear=True)
    assert isinstance(ask(other.token, "001565aabbcd.cfg", private=False), Given)


def test_guessing_is_slow_and_does_not_slow_who_knows(cecilie: Account, bob: Account) -> None:
    secret = own_secret(given(actions.do_add(cecilie, "bob", "yealink", MAC).token))
    answers = [ask("acme", f"{number:012x}.cfg", at=NOW) for number in range(60)]
    assert answers[0] == Refused("gone")
    last = answers[-1]
    assert isinstance(last, Refused)
    assert (last.why, last.retry_after_seconds > 0) == ("often", True)
    refused = ask(keys.new_key(keys.PHONE_TOKEN), at=NOW)
    assert isinstance(refused, Refused)
    assert refused.why == "often"
    assert isinstance(ask(secret), Given), "a phone of the same office goes on"
    assert ask("acme", f"{MAC}.cfg", source="198.51.100.1") == Refused("gone")


def test_a_phone_that_asks_without_end_is_turned_away(cecilie: Account, bob: Account) -> None:
    secret = own_secret(given(actions.do_add(cecilie, "bob", "yealink", MAC).token))
    answers = [ask(secret, at=NOW) for _ in range(40)]
    assert isinstance(answers[0], Given)
    assert isinstance(answers[-1], Refused)
    assert len(entries(cecilie)) < 40


@pytest.mark.parametrize("key", ["", "acme\0", "svaraph_" + "x" * 43, "svarapt_" + "é" * 43, "x" * 5000, "../acme", "%00"])
def test_nonsense_gets_the_answer_of_everybody(cecilie: Account, bob: Account, key: str) -> None:
    actions.do_open(cecilie, actions.do_add(cecilie, "bob", "yealink", MAC).handset.id)
    assert ask(key) == Refused("gone")


@pytest.mark.parametrize(
    "file", ["", "y000000000066.cfg", "001565aabbcd.cfg", f"cfg{MAC}.xml", f"{MAC}.rom", "linphone.xml"]
)
def test_files_that_are_not_its_own_bind_nothing(cecilie: Account, bob: Account, file: str) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)
    assert ask(issued.token, file) == Refused("gone")
    assert isinstance(ask(issued.token), Given)


def test_the_list_of_files_of_a_poly_binds_nothing_and_says_nothing_secret(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "poly", MAC)
    master = ask(issued.token)
    assert isinstance(master, Given)
    assert f"{MAC}-svara.cfg" in master.body
    assert Handset.of(cecilie).get().bound_at is None
    settings = ask(issued.token, f"{MAC}-svara.cfg")
    assert isinstance(settings, Given)
    assert "reg.1.auth.password" in settings.body
    assert ask(issued.token) == Refused("gone")


def test_an_account_that_is_there_already_gets_another_secret(cecilie: Account, bob: Account) -> None:
    old = hashes_for("acme-bob", REALM, "s3cret-bob")
    Phone.all_tenants.create(tenant=bob.tenant, account=bob, login="acme-bob", ha1=old)
    issued = actions.do_add(cecilie, "bob", "yealink", MAC, "acme-bob")
    assert Phone.of(bob).get().ha1 == old, "it works until the phone comes"
    settings = given(issued.token)
    assert Phone.of(bob).get().ha1 == hashes_for("acme-bob", REALM, settings["account.1.password"])
    with pytest.raises(access.NotFound):
        actions.do_add(cecilie, "bob", "yealink", "001565aabbcd", "acme-bob")
    actions.do_remove(cecilie, issued.handset.id)
    assert Phone.of(bob).get().ha1 not in (old, hashes_for("acme-bob", REALM, settings["account.1.password"]))


def test_shut_out_issued_anew_and_taken_away(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)
    first = given(issued.token)
    login = actions.do_revoke(cecilie, issued.handset.id)
    assert ask(own_secret(first)) == Refused("gone")
    assert Phone.of(bob).get().ha1 != hashes_for(login, REALM, first["account.1.password"])
    again = actions.do_issue(cecilie, issued.handset.id)
    second = given(again.token)
    assert second["account.1.password"] != first["account.1.password"]
    third = actions.do_issue(cecilie, issued.handset.id)
    assert ask(own_secret(second)) == Refused("gone"), "what was issued anew opens nothing old"
    assert isinstance(ask(third.token), Given)
    assert actions.do_remove(cecilie, issued.handset.id) == login
    assert not Handset.of(bob).exists()
    assert not Phone.of(bob).exists(), "the account was made for it"
    assert {
        ("create", "handset", ""),
        ("grant", "handset", ""),
        ("revoke", "handset", ""),
        ("remove", "handset", ""),
    } <= set(entries(cecilie))


def test_a_token_lasts_a_day_and_that_of_a_softphone_a_quarter_of_an_hour(cecilie: Account, bob: Account) -> None:
    desk, soft = actions.do_add(cecilie, "bob", "yealink", MAC), actions.do_add(cecilie, "bob", "linphone")
    assert ask(desk.token, at=datetime.now(UTC) + timedelta(days=1, minutes=1)) == Refused("gone")
    assert ask(soft.token, "linphone.xml", at=datetime.now(UTC) + timedelta(minutes=16)) == Refused("gone")
    answer = ask(soft.token, "linphone.xml")
    assert isinstance(answer, Given)
    assert answer.content_type.startswith("application/xml")


def test_who_may_add_phones(acme: Tenant, cecilie: Account, anna: Account, bob: Account, other_anna: Account) -> None:
    for actor, whose in ((bob, "bob"), (bob, "anna"), (other_anna, "anna")):
        with pytest.raises(access.Forbidden):
            actions.do_add(actor, whose, "yealink", MAC)
    acme.own_phones = True
    acme.save()
    bob.refresh_from_db()
    own = actions.do_add(bob, "bob", "yealink", MAC, clear=True)
    assert not own.handset.clear, "only administrators let secrets go in the clear"
    with pytest.raises(access.Forbidden):
        actions.do_add(bob, "anna", "linphone")
    with pytest.raises(access.Forbidden):
        actions.do_open(bob, own.handset.id)
    foreign = actions.do_add(cecilie, "anna", "linphone")
    for act in (actions.do_issue, actions.do_revoke, actions.do_remove):
        with pytest.raises(access.NotFound):
            act(bob, foreign.handset.id)
        with pytest.raises(access.NotFound):
            act(other_anna, own.handset.id)
    assert [each.id for each in reading.access_own_handsets(bob)] == [own.handset.id]
    assert len(reading.access_handsets(cecilie)) == 2
    with pytest.raises(access.Forbidden):
        reading.access_handsets(bob)
    with pytest.raises(access.NotFound):
        reading.access_handset(bob, foreign.handset.id)
    with pytest.raises(access.NotFound):
        reading.access_handset(other_anna, own.handset.id)


@pytest.mark.parametrize(("maker", "mac"), [("nokia", MAC), ("yealink", ""), ("yealink", "00:15:65")])
def test_what_is_no_phone_is_refused(cecilie: Account, bob: Account, maker: str, mac: str) -> None:
    with pytest.raises(Invalid):
        actions.do_add(cecilie, "bob", maker, mac)
    assert not Phone.of(bob).exists()


def test_a_mac_address_is_one_phone_of_a_company_and_another_company_does_not_matter(
    cecilie: Account, bob: Account, other_anna: Account
) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)
    with pytest.raises(Invalid):
        actions.do_add(cecilie, "cecilie", "yealink", MAC)
    other_anna.roles = ["admin"]
    other_anna.save()
    theirs = actions.do_add(other_anna, "anna", "yealink", MAC)
    actions.do_open(other_anna, theirs.handset.id)
    assert ask("acme") == Refused("gone")
    assert given("beta")["account.1.display_name"] == "Anna Ek"
    assert given(issued.token)["account.1.display_name"] == "Bob Lund"


def test_the_phonebook_opens_to_the_phone_s_own_secret_alone(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)

    def read(key: str, *, private: bool = True) -> object:
        return reader(Asked(key, "phonebook.xml", YEALINK, "192.0.2.7", private), datetime.now(UTC))

    assert read(issued.token) == Refused("gone")
    assert read("acme") == Refused("gone")
    secret = own_secret(given(issued.token))
    assert isinstance(read(secret), Handset)
    assert read(secret, private=False) == Refused("clear")


def test_what_is_over_is_forgotten(cecilie: Account, bob: Account) -> None:
    issued = actions.do_add(cecilie, "bob", "yealink", MAC)
    given(issued.token)
    actions.do_add(cecilie, "bob", "linphone")
    retention.forget_fetches(datetime.now(UTC) + timedelta(days=2))
    assert Handset.of(cecilie).exclude(token_hash=None).count() == 0
    assert Handset.of(cecilie).get(mac=MAC).told_model
    retention.forget_fetches(datetime.now(UTC) + timedelta(days=366))
    desk = Handset.of(cecilie).get(mac=MAC)
    assert (desk.fetched_at, desk.told_model, desk.told_firmware) == (None, "", "")
    assert desk.secret_hash is not None, "it may come again"


def test_bob_takes_his_phones_along_and_they_go_with_him(cecilie: Account, bob: Account) -> None:
    secret = own_secret(given(actions.do_add(cecilie, "bob", "yealink", MAC).token))
    [people] = [each for each in capabilities() if each.name == "people"]
    [section] = [each for each in people.export(bob.tenant_id, subject_of(bob.id)) if each.key == "handsets"]
    [row] = section.rows
    assert (row["mac"], row["model"]) == (MAC, "SIP-T46S")
    assert secret not in str(section)
    assert any(each.table == "people.Handset" for each in people.holdings(bob.tenant_id, subject_of(bob.id)))
    gone = list(people.erase(bob.tenant_id, subject_of(bob.id), reason="asked"))
    assert any(each.table == "people.Handset" for each in gone)
    assert not Handset.of(cecilie).exists()
    assert ask(secret) == Refused("gone")
