"""The policy says what is so: something switched on comes into it, something that is off is not in it; what is published
stays as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.web import office
from tests.web.office import Company

from svara.people.models import Account, PublicNumber, Queue, Trunk
from svara.privacy.appendonly import Unchangeable
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions import port as functions
from svara.privacy.policies import access, actions
from svara.privacy.policies.document import digest, lines
from svara.privacy.policies.facts import PERIODS
from svara.privacy.policies.models import Particulars, Version
from svara.privacy.registers import recipients
from svara.privacy.rights import retention

from .conftest import PARTICULARS

RECORDED = "Some calls are recorded. The caller is told so before the recording begins."
AGREED = "Some calls are recorded, each only after the caller has agreed by pressing a key."
PROVIDER = {"provider_name": "Telecom SIA", "provider_address": "Brīvības 1, Rīga", "provider_contact": "dpo@telecom.test"}


def text(company: Company, language: str = "en") -> str:
    return "\n".join(lines(access.draft(company.tenant.id).texts[language]))


def a_queue(company: Company, *, record: bool = False) -> Queue:
    numbers = ("ring_seconds", "retry_seconds", "wrap_up_seconds", "announce_every_seconds", "relax_seconds")
    return Queue.all_tenants.create(
        tenant=company.tenant,
        name="support",
        strategy="ring-all",
        record=record,
        announce_position=False,
        priority=0,
        auto_pause_after=0,
        service_level_seconds=20,
        **dict.fromkeys(numbers, 5),
    )


def a_trunk(company: Company) -> Trunk:
    return Trunk.all_tenants.create(
        tenant=company.tenant,
        name="itsp",
        address="sip:sip.itsp.test:5060",
        register=False,
        priority=0,
        format="e164",
        identity="p-asserted-identity",
        probe_seconds=30,
    )


@pytest.mark.claim("TB-4")
def test_it_names_controller_processor_bases_and_the_place_of_the_data(acme: Company) -> None:
    own = text(acme)
    assert "Acme AS, Storgata 1, 0155 Oslo, answers for the personal data" in own
    assert "Acme AS runs the telephone system itself." in own
    assert "Oslo, own machine room (NO)" in own
    assert "contract, Article 6(1)(b) GDPR" in own
    assert "Datatilsynet" in own
    actions.do_save_particulars(acme["anna"], PARTICULARS | PROVIDER)
    hosted = text(acme)
    assert "Telecom SIA, Brīvības 1, Rīga, runs the telephone system for Acme AS" in hosted
    assert "runs the telephone system itself" not in hosted


@pytest.mark.claim("ADV-11")
def test_where_data_are_kept_is_declared_and_moving_them_abroad_is_material(acme: Company) -> None:
    actions.do_publish(acme["anna"])
    moved = PARTICULARS | {"storage_country": "US", "storage_place": "Virginia"}
    actions.do_save_particulars(acme["anna"], moved)
    assert "Virginia (US)" in text(acme)
    assert actions.do_publish(acme["anna"]).material
    record = "\n".join(lines(access.access_record(acme["anna"], "record")))
    assert "Data are kept in: Virginia (US)." in record


@pytest.mark.claim("PHO-14")
def test_recording_switched_on_comes_into_the_policy_and_the_rule_with_it(acme: Company) -> None:
    before = text(acme)
    assert RECORDED not in before
    assert "Keep the sound of talks" not in before
    queue = a_queue(acme, record=True)
    after = text(acme)
    assert RECORDED in after
    assert AGREED not in after
    assert "Keep the sound of talks" in after
    acme.tenant.recording_rule = "consent"
    acme.tenant.save()
    assert AGREED in text(acme)
    assert RECORDED not in text(acme)
    queue.record = False
    queue.save()
    assert AGREED not in text(acme)
    assert "Some calls are recorded" not in text(acme)


def test_a_queue_a_trunk_a_mobile_and_a_message_each_come_into_it(acme: Company, beta: Company) -> None:
    empty = text(acme)
    for sentence in ("wait in line", "telephone provider", "own mobile phone", "voice message"):
        assert sentence not in empty
    a_queue(acme)
    assert "wait in line until somebody is free" in text(acme)
    a_trunk(acme)
    assert "itsp, sip.itsp.test" in text(acme)
    acme["bob"].mobile = "+4790000000"
    acme["bob"].save()
    assert "own mobile phone ring too" in text(acme)
    office.a_message(acme, "bob")
    assert "Callers may leave a voice message" in text(acme), "what is stored is told, whatever the rules say now"
    assert "wait in line" not in text(beta)
    assert "itsp" not in text(beta)


def test_a_message_is_told_of_where_a_number_leads_to_a_mailbox(acme: Company) -> None:
    assert "voice message" not in text(acme)
    PublicNumber.all_tenants.create(
        tenant=acme.tenant, number="+4721000000", trunk="itsp", to="voicemail:bob", closed="hangup", record=False
    )
    assert "Callers may leave a voice message" in text(acme)


@pytest.mark.parametrize(
    "rule",
    [
        {"unanswered_to": "voicemail:bob", "unanswered_after_seconds": 20},
        {"forwards": [{"when": "busy", "to": "voicemail:bob"}]},
        {"find_me": [{"after_seconds": 20, "to": "voicemail:bob"}]},
    ],
)
def test_and_of_where_somebody_sends_their_own_callers_to_one(acme: Company, rule: dict[str, Any]) -> None:
    Account.all_tenants.filter(id=acme["bob"].id).update(**rule)
    assert "Callers may leave a voice message" in text(acme)


@pytest.mark.claim("K2-2")
@pytest.mark.claim("PHO-1")
def test_a_function_is_in_the_policy_while_somebody_has_it_on(acme: Company) -> None:
    assert "My own figures in statistics" not in text(acme)
    functions.do_switch(acme["bob"], "statistics", True)
    assert "My own figures in statistics" in text(acme)
    assert "Mine egne tall" not in text(acme, "en")
    functions.do_switch(acme["bob"], "statistics", False)
    assert "My own figures in statistics" not in text(acme)


def test_every_language_says_it_in_its_own_words(acme: Company) -> None:
    draft = access.draft(acme.tenant.id)
    assert set(draft.texts) == {"cs", "en", "lv", "nb", "ru", "sv"}
    assert len({document.title for document in draft.texts.values()}) == 6
    shapes = {tuple(len(section.points) for section in document.sections) for document in draft.texts.values()}
    assert len(shapes) == 1, "the same is said in each"
    assert "Hvem som svarer for dataene" in text(acme, "nb")


@pytest.mark.claim("ONC-10")
def test_publishing_dates_and_freezes_the_words(acme: Company) -> None:
    day = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    first = actions.do_publish(acme["anna"], day)
    assert (first.number, first.published_at, first.material) == (1, day, True)
    assert first.digest == digest(access.draft(acme.tenant.id).texts)
    frozen = "\n".join(lines(access.document_of(first, "en")))
    a_queue(acme, record=True)
    second = actions.do_publish(acme["anna"])
    assert (second.number, second.material) == (2, True)
    again = access.published("acme", 1)
    assert "\n".join(lines(access.document_of(again, "en"))) == frozen
    assert RECORDED in "\n".join(lines(access.document_of(access.published("acme"), "en")))
    with pytest.raises(NotFound):
        access.published("acme", 3)


def test_nobody_changes_what_was_published(acme: Company) -> None:
    version = actions.do_publish(acme["anna"])
    version.digest = "0" * 64
    with pytest.raises(Unchangeable):
        version.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        Version._base_manager.filter(pk=version.pk).update(digest="0" * 64)
    assert access.published("acme").digest != "0" * 64


def test_the_same_words_are_not_published_twice_and_holes_are_not_published_at_all(acme: Company, beta: Company) -> None:
    actions.do_publish(acme["anna"])
    with pytest.raises(Invalid, match="Nothing is new"):
        actions.do_publish(acme["anna"])
    assert access.draft(beta.tenant.id).missing == (
        "controller_address",
        "controller_contact",
        "storage_country",
        "storage_place",
    )
    with pytest.raises(Invalid, match="before everything is said"):
        actions.do_publish(beta["anna"])
    with pytest.raises(Forbidden):
        actions.do_publish(acme["bob"])


def test_a_wrong_particular_is_refused_in_a_sentence(acme: Company) -> None:
    with pytest.raises(Invalid, match="two letters"):
        actions.do_save_particulars(acme["anna"], PARTICULARS | {"storage_country": "Norge"})
    with pytest.raises(Invalid, match="300"):
        actions.do_save_particulars(acme["anna"], PARTICULARS | {"controller_address": "x" * 301})
    with pytest.raises(Forbidden):
        actions.do_save_particulars(acme["bob"], PARTICULARS)


@pytest.mark.claim("PHO-14")
def test_people_accept_anew_after_a_material_change_alone(acme: Company) -> None:
    bob = acme["bob"]
    assert access.to_accept(bob) is None
    actions.do_publish(acme["anna"])
    first = access.to_accept(bob)
    assert first is not None
    accepted = actions.do_accept(bob, first.number, "nb")
    assert (accepted.number, accepted.digest, accepted.language) == (1, first.digest, "nb")
    assert access.to_accept(bob) is None
    changed = PARTICULARS | {"controller_contact": "data@acme.test"}
    actions.do_save_particulars(acme["anna"], changed)
    assert not actions.do_publish(acme["anna"]).material
    assert access.to_accept(bob) is None, "only dated"
    late = access.to_accept(acme["dag"])
    assert late is not None
    assert late.number == 2, "who has accepted nothing yet reads the newest"
    a_trunk(acme)
    assert actions.do_publish(acme["anna"]).material
    third = access.to_accept(bob)
    assert third is not None
    with pytest.raises(NotFound):
        actions.do_accept(bob, 1, "nb")
    actions.do_accept(bob, 3, "nb")
    actions.do_accept(bob, 3, "nb")
    assert access.to_accept(bob) is None
    assert access.acceptances(bob) == 1


@pytest.mark.claim("TB-4")
def test_the_record_of_processing_and_the_annex_are_written_from_the_same_facts(acme: Company) -> None:
    anna = acme["anna"]
    with pytest.raises(NotFound):
        access.access_record(anna, "annex")
    a_trunk(acme)
    actions.do_save_particulars(anna, PARTICULARS | PROVIDER)
    [carrier] = [each for each in recipients.access_recipients(anna) if each.listed and each.name.startswith("itsp")]
    recipients.do_describe(anna, carrier.key, {"country": "US"})
    record = "\n".join(lines(access.access_record(anna, "record")))
    assert "Record of processing activities of Acme AS" in record
    for words in ("Connect calls to the right person", "Legal basis: ", "Time limit: ", "itsp, sip.itsp.test (US)"):
        assert words in record
    assert "Keep the sound of talks" not in record
    annex = "\n".join(lines(access.access_record(anna, "annex")))
    assert "between Acme AS and Telecom SIA (Article 28 GDPR)" in annex
    assert "itsp, sip.itsp.test (US)" in annex
    assert "Telecom SIA: the provider" not in annex.split("Further processors")[1].split("\n- Recipient")[0]
    with pytest.raises(Forbidden):
        access.access_record(acme["bob"], "record")


@pytest.mark.claim("PHO-14")
def test_how_long_things_are_kept_is_what_the_company_chose(acme: Company) -> None:
    assert set(PERIODS.values()) <= {period.key for period in retention.periods()}
    assert "365 days, counted from: the beginning" in text(acme)
    actions.do_publish(acme["anna"])
    retention.do_choose(acme["anna"], {"people.changes": 400})
    assert "400 days, counted from: the beginning" in text(acme)
    assert actions.do_publish(acme["anna"]).material, "kept longer"
    retention.do_choose(acme["anna"], {"people.changes": 100})
    assert not actions.do_publish(acme["anna"]).material, "kept for a shorter time"


def test_data_of_which_the_same_is_to_be_said_stand_in_one_row(acme: Company) -> None:
    """Nobody reads a policy in which "internal id of a person" stands twelve times under each other."""
    for section in access.draft(acme.tenant.id).texts["en"].sections:
        if section.table is not None:
            said = [row[1:] for row in section.table.rows]
            assert len(said) == len(set(said)), section.title
            assert all(row[0] for row in section.table.rows)


def test_what_the_company_has_not_said_yet_stands_as_a_gap(acme: Company) -> None:
    Particulars.all_tenants.filter(tenant=acme.tenant).delete()
    assert "Acme AS, [to be filled in], answers for the personal data described here" in text(acme)
    assert "Questions and requests about data go to: [to be filled in]." in text(acme)
