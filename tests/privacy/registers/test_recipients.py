"""The register of recipients lists itself, shows what was not said, and what it closes is closed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from tests.web.office import Company, a_message

import svara
from svara.people.countries import COUNTRIES
from svara.privacy import sharing
from svara.privacy.catalogue import Recipient
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.privacy.policies import access, actions
from svara.privacy.policies.document import lines
from svara.privacy.policies.models import Particulars
from svara.privacy.registers import cases, recipients, reminders
from svara.privacy.registers.models import RecipientEntry
from svara.privacy.registers.transfers import ADEQUATE, EEA, gaps, needs_ground
from svara.privacy.rights import exporting
from svara.privacy.rights.port import capabilities
from svara.privacy.subject import person
from svara.voicemail.notices import send_notices

from .conftest import a_trunk

PARTICULARS = {
    "controller_name": "Acme AS",
    "controller_address": "Storgata 1, 0155 Oslo",
    "controller_contact": "personvern@acme.test",
    "storage_country": "NO",
    "storage_place": "Oslo",
}
PROVIDER = {"provider_name": "Telecom SIA", "provider_address": "Brīvības 1", "provider_contact": "dpo@telecom.test"}
PARTNER = {
    "name": "Acme Holding AB",
    "purpose": "statistics",
    "data": "figures of calls",
    "country": "SE",
    "role": "controller",
    "confidential": "yes",
}


def named(company: Company) -> dict[str, recipients.Known]:
    return {each.name: each for each in recipients.access_recipients(company["anna"])}


@pytest.mark.claim("ADV-10")
def test_what_is_in_use_lists_itself(acme: Company, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert named(acme) == {}
    a_trunk(acme)
    settings.EMAIL_HOST = "smtp.provider.test"
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db.provider.test")
    monkeypatch.setenv("SVARA_REDIS_URL", "redis://bus.provider.test:6379/0")
    monkeypatch.setenv("SVARA_MASTER_KEY_URI", "aws-kms://arn:aws:kms:eu-north-1:111122223333:key/secret-key-id")
    actions.do_save_particulars(acme["anna"], PARTICULARS | PROVIDER)
    found = named(acme)
    assert {name: each.kind for name, each in found.items()} == {
        "itsp, sip.itsp.test": Recipient.CARRIER,
        "smtp.provider.test": Recipient.MAIL_SERVER,
        "db.provider.test": Recipient.DATABASE,
        "bus.provider.test": Recipient.BUS,
        "aws-kms, eu-north-1": Recipient.KEY_SERVICE,
        "Telecom SIA": Recipient.HOST,
    }
    assert found["aws-kms, eu-north-1"].data == ("nothing about anybody: keys alone",)
    assert "Telephone number" in found["itsp, sip.itsp.test"].data
    assert "Connect calls to the right person" in [purpose.text for purpose in found["itsp, sip.itsp.test"].purposes]


def test_what_is_on_this_machine_is_no_recipient(acme: Company, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for host in ("", "localhost", "127.0.0.1", "/var/run/postgresql"):
        monkeypatch.setitem(settings.DATABASES["default"], "HOST", host)
        monkeypatch.setenv("SVARA_REDIS_URL", "redis://127.0.0.1:6379/0")
        assert named(acme) == {}


@pytest.mark.claim("ADV-10")
def test_what_was_not_said_is_open_on_every_document(acme: Company) -> None:
    a_trunk(acme)
    actions.do_save_particulars(acme["anna"], PARTICULARS)
    carrier = named(acme)["itsp, sip.itsp.test"]
    assert carrier.gaps == ("country",)
    record = "\n".join(lines(access.access_record(acme["anna"], "record")))
    assert "Still open: the country is not known" in record
    recipients.do_describe(acme["anna"], carrier.key, {"country": "us", "role": "controller"})
    assert named(acme)["itsp, sip.itsp.test"].gaps == ("ground",)
    record = "\n".join(lines(access.access_record(acme["anna"], "record")))
    assert "Still open: no ground for the transfer is declared" in record
    recipients.do_describe(
        acme["anna"], carrier.key, {"country": "us", "role": "processor", "ground": "clauses", "contract": "DPA 7"}
    )
    assert named(acme)["itsp, sip.itsp.test"].gaps == ("confidential",)
    record = "\n".join(lines(access.access_record(acme["anna"], "record")))
    assert "Country: US, standard contractual clauses, Article 46(2)(c) GDPR" in record
    policy = "\n".join(lines(access.draft(acme.tenant.id).texts["en"]))
    assert "itsp, sip.itsp.test (US): the telephone provider that carries the call; standard contractual clauses" in policy


def test_a_machine_of_the_company_is_no_recipient_in_the_policy(acme: Company, settings: Any) -> None:
    settings.EMAIL_HOST = "mail.acme.test"
    key = named(acme)["mail.acme.test"].key
    assert "mail.acme.test" in "\n".join(lines(access.draft(acme.tenant.id).texts["en"]))
    recipients.do_describe(acme["anna"], key, {"country": "NO", "role": "own"})
    assert named(acme)["mail.acme.test"].gaps == ()
    assert "mail.acme.test" not in "\n".join(lines(access.draft(acme.tenant.id).texts["en"]))


@pytest.mark.claim("ADV-10")
def test_no_mail_leaves_by_a_mail_server_that_is_closed(acme: Company, beta: Company, settings: Any) -> None:
    settings.EMAIL_HOST = "smtp.provider.test"
    for company, name in ((acme, "bob"), (beta, "bosse")):
        do_switch(company[name], MESSAGE_NOTICES, True)
        a_message(company, name)
        cases.do_open(company[name], cases.Office(company.tenant.id, "NO", "Europe/Oslo"), "question", "What is stored?")
    key = named(acme)["smtp.provider.test"].key
    recipients.do_close(acme["anna"], key)
    assert (send_notices(), reminders.remind(timezone.now().timestamp())) == (1, 1)
    assert {address for each in mail.outbox for address in each.to} == {"bosse@beta.test", "anna@beta.test"}
    assert "smtp.provider.test" not in [each.name for each in access.draft(acme.tenant.id).facts.outsiders]
    recipients.do_close(acme["anna"], key, closed=False)
    assert reminders.remind(timezone.now().timestamp()) == 1


def test_all_mail_leaves_by_the_one_way(acme: Company) -> None:
    """Whoever writes mail hands it to `sharing.post`: no other module that knows Django's mail sends by itself."""
    found = []
    for place in Path(svara.__file__).parent.rglob("*.py"):
        text = place.read_text(encoding="utf-8")
        if "django.core.mail" not in text or place == Path(sharing.__file__):
            continue
        for node in (each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Call)):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            itself = name == "send" and not node.args  # of a mail; our own functions take it as an argument
            if itself or name in ("send_messages", "send_mail", "send_mass_mail", "mail_admins"):
                found.append(f"{place.name}:{node.lineno}")
    assert found == [], "hand it to svara.privacy.sharing.post"


def test_what_the_system_cannot_do_without_is_told_so(acme: Company) -> None:
    a_trunk(acme)
    with pytest.raises(Invalid, match="take the trunk out"):
        recipients.do_close(acme["anna"], named(acme)["itsp, sip.itsp.test"].key)


def test_a_partner_is_added_completed_and_closed(acme: Company) -> None:
    with pytest.raises(Invalid):
        recipients.do_add(acme["anna"], PARTNER | {"purpose": "whatever"})
    entry = recipients.do_add(acme["anna"], PARTNER | {"country": "US"})
    with pytest.raises(Invalid, match="Complete the entry"):
        recipients.open_partner(acme["anna"], entry.key)
    recipients.do_describe(acme["anna"], entry.key, PARTNER)
    assert recipients.open_partner(acme["anna"], entry.key).gaps == ()
    recipients.do_close(acme["anna"], entry.key)
    with pytest.raises(Invalid, match="closed"):
        recipients.open_partner(acme["anna"], entry.key)
    with pytest.raises(Invalid, match="two letters"):
        recipients.do_describe(acme["anna"], entry.key, {"country": "Sweden"})


def test_nobody_else_gets_there(acme: Company, beta: Company) -> None:
    entry = recipients.do_add(acme["anna"], PARTNER)
    for call in (
        lambda: recipients.access_recipients(acme["bob"]),
        lambda: recipients.do_add(acme["bob"], PARTNER),
        lambda: recipients.do_close(acme["bob"], entry.key),
    ):
        with pytest.raises(Forbidden):
            call()
    with pytest.raises(NotFound):
        recipients.do_close(beta["anna"], entry.key)
    assert [each.name for each in recipients.access_recipients(beta["anna"])] == []
    assert RecipientEntry.all_tenants.get().closed_at is None


@pytest.mark.claim("PHO-11")
def test_everybody_finds_in_their_export_who_outside_gets_data(acme: Company) -> None:
    a_trunk(acme)
    recipients.do_describe(acme["anna"], named(acme)["itsp, sip.itsp.test"].key, {"country": "SE", "role": "controller"})
    sections = {
        section.key: list(section.rows)
        for room in capabilities()
        for section in room.export(acme.tenant.id, person(acme["bob"].id))
    }
    [row] = sections["recipients"]
    assert (row["name"], row["country"]) == ("itsp, sip.itsp.test", "SE")
    assert exporting.FORM == 1


def test_countries_that_were_given_before_are_kept(acme: Company) -> None:
    """The migration reads what stood with the company's particulars."""
    from importlib import import_module

    move = import_module("svara.privacy.registers.migrations.0003_countries").move
    trunk = a_trunk(acme)
    old = Particulars(tenant=acme.tenant)
    given = {"itsp, sip.itsp.test": "US", "smtp.provider.test": "SE", "gone, sip.gone.test": "DE"}

    class Apps:
        """The models as they were: with the countries."""

        def get_model(self, app: str, name: str) -> Any:
            if name == "Particulars":
                old.recipient_countries = given  # type: ignore[attr-defined]
                return type("Old", (), {"all_tenants": type("Rows", (), {"all": staticmethod(lambda: [old])})})
            return RecipientEntry if name == "RecipientEntry" else type(trunk)

    move(Apps(), None)
    kept = dict(RecipientEntry.of(acme["anna"]).values_list("key", "country"))
    assert kept == {f"trunk:{trunk.id}": "US", "mail-server:smtp.provider.test": "SE"}


countries = st.sampled_from(sorted(COUNTRIES))


@given(countries, countries)
def test_where_data_may_move_freely(home: str, country: str) -> None:
    assert needs_ground(home, home) is False
    assert needs_ground(home, country) == needs_ground(country, home)
    if home in EEA and country in EEA:
        assert not needs_ground(home, country)
    assert not EEA & ADEQUATE


@given(countries, countries, st.sampled_from(["", "processor", "controller", "own"]), st.booleans())
def test_a_ground_is_missing_only_where_one_is_needed(home: str, country: str, role: Any, shared: bool) -> None:
    found = gaps(home, country, role, "", "", confidential=True, shared=shared)
    assert ("ground" in found) == (needs_ground(home, country) and role != "own")
    assert ("contract" in found) == (role == "processor")
    assert "confidential" not in found
