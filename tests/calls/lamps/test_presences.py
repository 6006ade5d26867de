"""What phones show of a colleague (RFC 3856, RFC 4480), and where one's own login is registered (RFC 3680)."""

from __future__ import annotations

import pytest
from tests.calls import offices
from tests.calls.lamps.watch import REGINFO, Watch, kept
from tests.calls.phones import SERVER, Office, Phone


def choose(office: Office, choice: str) -> None:
    """Bob chooses what he shows."""
    before = office.switch.office
    office.switch.office = offices.office(bob={"choice": choice})
    office.switch.news.office(office.switch.office, lambda login: bool(office.registrar.bindings(login)))
    office.switch.lamps.office(before, office.switch.office)
    office.wait(0.1)


@pytest.mark.claim("PHO-6")
def test_a_phone_shows_what_bob_does(at_work: Office, anna: Phone, cecilie: Phone) -> None:
    watch = Watch(cecilie, "102", event="presence", accept="application/pidf+xml")
    assert (watch.presence, watch.document.get("entity")) == ("closed", f"sip:102@{SERVER[0]}")
    bob = Phone(at_work, "acme-bob").register()
    at_work.wait(0.1)
    assert watch.presence == "open"
    choose(at_work, "away")
    assert watch.presence == "open away"
    choose(at_work, "dnd")
    assert watch.presence == "open busy"
    choose(at_work, "available")
    anna.call("102")
    bob.ring()
    bob.answer()
    at_work.wait(0.1)
    assert watch.presence == "open on-the-phone"
    bob.hang_up()
    at_work.wait(0.1)
    assert watch.presence == "open"
    bob.register(expires=0)
    at_work.wait(0.1)
    assert watch.presence == "closed"
    assert watch.told[-1].first("content-type") == "application/pidf+xml"


def test_who_asks_once_is_told_once(at_work: Office, bob: Phone, cecilie: Phone) -> None:
    watch = Watch(cecilie, "bob", event="presence", expires=0)
    assert (watch.presence, watch.state, kept(at_work)) == ("open", "terminated;reason=timeout", 0)


@pytest.mark.parametrize("user", ["999", "beta-dora", "support"])
def test_only_people_of_the_company_have_presence(at_work: Office, cecilie: Phone, user: str) -> None:
    assert Watch(cecilie, user, event="presence").answer.status == 404


def test_a_phone_sees_where_it_is_registered_and_where_others_are_it_does_not(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    watch = Watch(bob, event="reg", accept="application/reginfo+xml")
    [registration] = watch.document
    assert registration.get("aor") == f"sip:acme-bob@{SERVER[0]}"
    [contact] = registration
    assert (contact.get("state"), contact.findtext(f"{REGINFO}uri")) == ("active", bob.contact().strip("<>"))
    bob.register(expires=0)
    assert watch.document[0].get("state") == "terminated"
    assert watch.document.get("version") == "1"
    for user in ("acme-anna", "101", "acme-bob-soft"):
        assert Watch(bob, user, event="reg").answer.status == 404
