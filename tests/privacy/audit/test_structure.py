"""Every function that reads or changes something for somebody is in the log of views and changes, or says why it is not.

Whoever adds an `access_*` or `do_*` function adds it here: with a story in `AUDITED` in which it is used for what is about
somebody else (the entry must be there afterwards), or with a reason in `OWN`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import override_settings
from django.utils import timezone
from tests.admission.stories import form as admission_form
from tests.history import stories as history
from tests.history.stories import NOON, Company
from tests.privacy.staff.stories import WHY, olga
from tests.voicemail import stories as voicemail

import svara
from svara.admission import access as admission_access
from svara.admission import actions as admission
from svara.admission.models import Request
from svara.calls.events import CallQuality, CallRecorded, Party
from svara.data import DataFolder
from svara.history import actions as missed_actions
from svara.history import anonymised
from svara.history.access import access_call, access_calls
from svara.history.missed import access_missed
from svara.history.networks import access_networks
from svara.history.recordings import access_recording
from svara.history.statistics import access_statistics
from svara.letters import actions as letters
from svara.letters.models import Letter
from svara.people import actions as people_actions
from svara.people import administration, csvfile, importing, signedin, signin, staffdoor
from svara.people.document import export
from svara.people.models import Account, ApiToken, Handset, OfficeChange, RecoveryCode, Sound
from svara.people.provisioning import actions as handset_actions
from svara.people.provisioning import reading as handsets
from svara.people.second import actions as second
from svara.phonebooks import actions as phonebooks
from svara.phonebooks.access import access_passwords
from svara.privacy.audit.access import access_log
from svara.privacy.audit.models import Entry
from svara.privacy.audit.port import verify
from svara.privacy.figures import council
from svara.privacy.figures.models import Reveal
from svara.privacy.functions import optin
from svara.privacy.functions.outside import do_record, subject_of
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import PRODUCT_UPDATES, RECORDED_CALL, STATISTICS
from svara.privacy.registers import cases, disclosures, handing, parties, recipients
from svara.privacy.registers.models import Case, Disclosure
from svara.privacy.rights import (
    corrections,
    erasing,
    exporting,
    holds,
    jobs,
    links,
    objections,
    restriction,
    retention,
    wishes,
)
from svara.privacy.rights.asked import Correction, ErasureWish, Objection, Restriction
from svara.privacy.rights.models import Hold, Job
from svara.privacy.staff import asking, deciding
from svara.privacy.staff.models import Grant
from svara.privacy.subject import person
from svara.voicemail import access as voicemail_access
from svara.voicemail import actions as voicemail_actions

OSLO = Party(number="+4722000001", name="Kari Nordmann")

OWN = {
    "svara.contacts.access.access_contact": "one's own",
    "svara.contacts.access.access_contacts": "one's own",
    "svara.contacts.access.access_known": "one's own",
    "svara.contacts.access.access_indexes": "one's own",
    "svara.contacts.access.access_names": "one's own",
    "svara.contacts.access.access_twins": "one's own",
    "svara.contacts.actions.do_add": "one's own",
    "svara.contacts.actions.do_change": "one's own",
    "svara.contacts.actions.do_delete": "one's own",
    "svara.contacts.actions.do_merge": "one's own",
    "svara.contacts.actions.do_restore": "one's own",
    "svara.contacts.actions.do_take": "one's own",
    "svara.history.tallies.access_own_tallies": "one's own calls, counted",
    "svara.history.tallies.access_company_tallies": "counts alone",
    "svara.people.actions.do_accept_invitation": "one's own password",
    "svara.people.actions.do_change_password": "one's own password",
    "svara.people.actions.do_choose_language": "one's own pages",
    "svara.people.calendars.subscribing.access_calendar": "one's own calendar",
    "svara.people.calendars.subscribing.do_subscribe": "one's own choice: its entry is that of the ledger of consent",
    "svara.people.calendars.subscribing.do_unsubscribe": "one's own choice: its entry is that of the ledger of consent",
    "svara.people.actions.do_show_presence_to": "to whom one shows it: one's own choice about oneself",
    "svara.people.actions.do_choose_presence": "what one shows of oneself, seen by all colleagues anyway",
    "svara.people.actions.do_invite": "part of adding a person, which is an entry (people.administration.do_save)",
    "svara.people.administration.access_document": "names to list and to choose from; one thing whole is access_item",
    "svara.people.administration.access_uses": "sections and names of what uses a thing, of the company's own office",
    "svara.people.administration.access_own": "one's own settings",
    "svara.people.administration.do_change_own": "one's own settings",
    "svara.people.firststeps.access_steps": "how far the setting up of the company is, about nobody",
    "svara.people.firststeps.do_close": "a list on the own first page",
    "svara.people.firststeps.do_mark": "how far the setting up of the company is, about nobody",
    "svara.people.founding.do_found": "the first company with its owner, for themselves: nobody else is there yet",
    "svara.people.founding.do_found_demo": "a company of invented people",
    "svara.people.importing.access_plan": "what the actor wrote, beside names and extensions that everybody sees",
    "svara.people.menus.access_prompt": "every caller hears it",
    "svara.people.menus.access_routing": "where calls go by the company's rules, not by what people chose themselves",
    "svara.people.greeting.access_greeting": "every caller hears it: one's own, or a queue's",
    "svara.people.greeting.access_greetings": "every caller hears them: one's own, or a queue's",
    "svara.people.greeting.do_remove_greeting": "one's own, or a queue's",
    "svara.people.greeting.do_set_greeting": "one's own, or a queue's",
    "svara.people.provisioning.reading.access_own_handsets": "one's own",
    "svara.people.second.access.access_factors": "one's own",
    "svara.people.second.access.access_new_secret": "one's own",
    "svara.people.second.actions.do_begin_app": "one's own, which counts for nothing yet",
    "svara.people.second.actions.do_confirm_app": "one's own; an entry all the same (tests/web/test_second.py)",
    "svara.people.second.actions.do_distrust": "one's own browser",
    "svara.people.second.actions.do_remove_app": "one's own; an entry all the same (tests/web/test_second.py)",
    "svara.people.second.actions.do_remove_passkey": "one's own; an entry all the same (tests/people/second)",
    "svara.people.second.actions.do_renew_codes": "one's own; an entry all the same (tests/people/second)",
    "svara.people.second.actions.do_trust": "one's own browser",
    "svara.people.second.staff.access_new_code": "one's own, of somebody of the provider",
    "svara.people.second.staff.do_begin_code": "somebody of the provider, who is in no company",
    "svara.people.second.staff.do_confirm_code": "somebody of the provider, who is in no company",
    "svara.people.second.staff.do_remove_code": "somebody of the provider, who is in no company",
    "svara.people.second.staff.do_reset_code": "somebody of the provider, who is in no company",
    "svara.people.second.passkeys.do_add": "one's own; an entry all the same (tests/people/second)",
    "svara.people.signedin.access_devices": "one's own",
    "svara.people.signedin.access_new_devices": "one's own",
    "svara.people.signedin.access_sessions": "one's own",
    "svara.people.signedin.do_know": "one's own",
    "svara.people.signedin.do_tell": "one's own",
    "svara.people.softphone.do_issue": "a pass for one's own phone in the browser",
    "svara.push.access.access_devices": "one's own",
    "svara.push.access.access_here": "one's own",
    "svara.push.access.access_lapsed": "one's own",
    "svara.push.actions.do_choose": "what one's own browser shows",
    "svara.push.actions.do_renew": "one's own browser: its entry is that of the ledger of consent",
    "svara.push.actions.do_revoke": "one's own browser",
    "svara.push.actions.do_subscribe": "one's own browser: its entry is that of the ledger of consent",
    "svara.people.wishes.do_wish": "one's own, by phone",
    "svara.phonebooks.access.access_overview": "what the company opens, and counts",
    "svara.phonebooks.access.access_passwords": "one's own",
    "svara.phonebooks.access.access_phonebook": "the directory, which everybody of the company sees; new places are entries",
    "svara.privacy.functions.port.do_erase_collected": "what was collected about oneself",
    "svara.privacy.functions.port.do_switch": "one's own functions; the ledger of consents is only added to as well",
    "svara.privacy.functions.access.access_decisions": "one's own decisions",
    "svara.privacy.functions.access.access_receipt": "one's own receipt",
    "svara.privacy.audit.access.access_views": "what others did with what is one's own",
    "svara.privacy.functions.access.access_counts": "counts alone",
    "svara.privacy.functions.notices.do_say": "texts of the company, of which every version is kept",
    "svara.privacy.functions.optin.do_ask": "somebody outside, for themselves",
    "svara.privacy.functions.optin.do_confirm": "somebody outside, for themselves",
    "svara.privacy.functions.wayout.do_undo": "by the link in a letter, for themselves",
    "svara.privacy.functions.wayout.do_withdraw": "by the link in a letter, for themselves",
    "svara.letters.access.access_letter": "what the company says itself, and counts",
    "svara.letters.access.access_letters": "what the company says itself, and counts",
    "svara.letters.access.access_number": "a count alone",
    "svara.privacy.functions.outside.do_record": "consents of people outside: a ledger of its own that only grows",
    "svara.privacy.policies.access.access_draft": "the company's policy",
    "svara.privacy.policies.access.access_particulars": "what the company says about itself",
    "svara.privacy.policies.access.access_record": "what is processed, about nobody",
    "svara.privacy.policies.actions.do_accept": "that one read the policy oneself",
    "svara.privacy.policies.actions.do_publish": "the company's policy, of which every version is kept",
    "svara.privacy.policies.actions.do_save_particulars": "what the company says about itself",
    "svara.privacy.policies.presets.do_apply": "settings of the company, each changed by its own function",
    "svara.privacy.registers.cases.access_my_cases": "what one asked oneself",
    "svara.privacy.registers.disclosures.access_report": "five counts of a year",
    "svara.privacy.rights.corrections.access_own_corrections": "what is one's own",
    "svara.privacy.rights.corrections.access_own_values": "what is one's own",
    "svara.privacy.rights.links.access_links": "the officers' own register; each is an entry when given or opened",
    "svara.privacy.rights.links.do_ask": "somebody outside, for themselves: a link to their own address",
    "svara.privacy.rights.links.do_leave": "somebody outside closes their own page",
    "svara.privacy.rights.links.do_withdraw": "one's own consent: a ledger of its own that only grows",
    "svara.privacy.rights.objections.access_own_objections": "what is one's own",
    "svara.privacy.rights.restriction.access_own_restrictions": "what is one's own",
    "svara.privacy.registers.recipients.access_authorities": "authorities; the entries themselves are access_disclosures",
    "svara.privacy.registers.recipients.access_recipients": "companies and machines, no people",
    "svara.privacy.registers.recipients.access_shares": "counts and checksums of what names nobody",
    "svara.privacy.rights.erasing.access_receipt": "proof without a name: ids of who is no more",
    "svara.privacy.rights.erasing.access_receipts": "proofs without names",
    "svara.privacy.rights.retention.access_runs": "counts of what went when its time was over",
    "svara.privacy.rights.holds.access_holds": "the officers' own register; each hold is an entry when it is made or lifted",
    "svara.privacy.rights.jobs.do_ask": "only begins work; the work itself writes what it did",
    "svara.privacy.rights.jobs.access_job": "progress of what the actor started",
    "svara.people.staffdoor.do_accept": "the own password of somebody of the provider, who is in no company",
    "svara.people.staffdoor.do_add": "somebody of the provider, who is in no company",
    "svara.people.staffdoor.do_invite": "somebody of the provider, who is in no company",
    "svara.privacy.staff.access.access_grants": "the company's register of who looked; what they saw are entries",
    "svara.privacy.staff.access.access_operator_keys": "entries of the log itself",
    "svara.privacy.staff.asking.access_own_grants": "one's own grants",
    "svara.privacy.staff.deciding.access_rule": "what the company itself wants",
    "svara.voicemail.access.access_boxes": "counts alone",
    "svara.voicemail.access.access_notice": "one's own notice",
    "svara.voicemail.actions.do_ask_transcript": "of a message of one's own box",
    "svara.voicemail.actions.do_choose_notice": "one's own notice",
    "svara.voicemail.actions.do_choose_transcripts": "one's own choice: its entry is that of the ledger of consent",
    "svara.voicemail.actions.do_remove_transcript": "of a message of one's own box",
    "svara.voicemail.actions.do_undo_transcript": "of a message of one's own box",
    "svara.voicemail.actions.do_write_transcript": "of a message of one's own box",
}


class Scene:
    """Acme: Anna administers, Cecilie supervises, Bob and Dag work in support."""

    def __init__(self, data: DataFolder) -> None:
        self.acme = history.company("acme")
        history.queue_of(self.acme, "bob", "dag")
        do_switch(self.acme.dag, STATISTICS, True)
        (data.recordings / "calls").mkdir()
        (data.recordings / "calls" / "q1.wav").write_bytes(b"RIFF")
        tape = CallRecorded("q1", NOON + 30, file="calls/q1.wav", seconds=60.0, why="queue:acme-support")
        history.happened(
            [*history.queue_call(self.acme, OSLO, [("bob", "no answer"), ("dag", "answered")], call="q1"), tape],
            history.queue_call(self.acme, OSLO, [("bob", "no answer")], call="q2", at=NOON + 500),
        )
        self.box = voicemail.queue(self.acme, "support", "bob", "dag")
        [self.message] = voicemail.happen(voicemail.left(self.acme, self.box, caller=self.acme.party("dag")))

    def token(self) -> ApiToken:
        people_actions.do_create_token(self.acme.bob, "script")
        return ApiToken.of(self.acme.bob).get()

    def with_factor(self) -> None:
        RecoveryCode.all_tenants.create(tenant_id=self.acme.bob.tenant_id, account=self.acme.bob, mark="m")

    def handset(self) -> Handset:
        return handset_actions.do_add(self.acme.anna, "bob", "yealink", "00:15:65:aa:bb:cc").handset

    def enter(self) -> signedin.Entered:
        return signedin.do_enter(self.acme.bob, "", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "192.0.2.7")

    def hold(self) -> Hold:
        tomorrow = timezone.now() + timedelta(days=1)
        return holds.do_hold(self.acme.anna, subject=person(self.acme.bob.id), reason="a dispute", until=tomorrow)

    def corrected(self) -> Correction:
        return corrections.do_correct(self.acme.bob, "people.name", "Bo Lie")

    def correction(self) -> Correction:
        return corrections.do_correct(self.acme.bob, "people.extension", "777", why="It stands on my card.")

    def confirmed(self) -> None:
        with override_settings(EMAIL_HOST="mail.test"):
            row = corrections.do_correct(self.acme.bob, "people.email", "bo@acme.test")
        corrections.do_confirm(self.acme.bob, corrections.token_of(row))

    def limit(self) -> Restriction:
        return restriction.do_restrict(self.acme.anna, person(self.acme.bob.id), "claims", "a dispute")

    def limit_asked(self) -> Restriction:
        return restriction.do_ask(self.acme.bob, "claims", "a dispute")

    def objected(self) -> Objection:
        return objections.do_object(self.acme.bob, "statistics", "Every figure is mine.")

    def visit(self) -> links.Visit:
        code = links.do_give(self.acme.anna, subject_of(self.acme.tenant.id, OSLO.number), "called back")
        return links.do_open(code)[0]

    def wish(self) -> ErasureWish:
        return wishes.ask(self.acme.tenant.id, subject_of(self.acme.tenant.id, OSLO.number), "")

    def case(self) -> Case:
        return cases.do_open(self.acme.bob, norway(self), "question", "What is stored?")

    def disclosure(self) -> Disclosure:
        return disclosures.do_open(self.acme.anna, "Police", "", "A law", "One call")

    def approved(self) -> Disclosure:
        found = self.disclosure()
        self.acme.cecilie.roles = ["privacy-officer"]
        for officer in (self.acme.anna, self.acme.cecilie):
            disclosures.do_approve(officer, found.id)
        return found

    def export(self) -> Job:
        self.acme.anna.roles = ["admin", "privacy-officer"]
        return exporting.do_ask(self.acme.anna, "en", person(self.acme.bob.id))

    def council(self) -> None:
        council.do_choose(self.acme.anna, usage=True, council=True, auditors=[self.acme.bob.id, self.acme.dag.id])

    def asked(self) -> Reveal:
        self.council()
        return council.do_ask(self.acme.cecilie, "bob", "a complaint of a customer")

    def asked_by_olga(self, *, agree: bool = False) -> Grant:
        self.olga = olga()
        grant = asking.do_ask(self.olga, "acme", WHY, role="support", minutes=60)
        return deciding.do_decide(self.acme.anna, grant.id, agree=True) if agree else grant

    def change(self) -> OfficeChange:
        administration.do_save(self.acme.anna, "people", "bob", self.item("bob") | {"extension": "777"})
        return OfficeChange.of(self.acme.anna).get()

    def item(self, name: str) -> dict[str, Any]:
        return dict(next(each for each in export(self.acme.tenant)["people"] if each["username"] == name))


def people_added(scene: Scene) -> None:
    administration.do_add_people(scene.acme.anna, [{"username": "ivar", "name": "Ivar Lie"}])


def people_imported(scene: Scene) -> None:
    planned = importing.access_plan(scene.acme.anna, csvfile.read("Name;E-mail\nIvar Lie;ivar@acme.test\n"))
    importing.do_import(scene.acme.anna, planned)


def a_request(scene: Scene) -> Request:
    admission.do_receive(scene.acme.anna, open_=True)
    form = admission_form(60)
    said = {"name": "Kari Nordmann", "contact": "kari@example.test", "company": "Nordmann AS"}
    admission.ask(scene.acme.tenant, **said, agreed=True, form=form, source="192.0.2.7")
    return Request.of(scene.acme.anna).get()


def asked_for_access(scene: Scene) -> None:
    a_request(scene)
    admission_access.access_requests(scene.acme.anna)


def let_in(scene: Scene) -> None:
    admission.do_let_in(scene.acme.anna, a_request(scene).id, "kari")


def phone_taken_back(scene: Scene) -> None:
    phonebooks.do_make_password(scene.acme.bob, "desk phone")
    phonebooks.do_revoke_password(scene.acme.bob, access_passwords(scene.acme.bob)[0].id)


def wrote(scene: Scene) -> Letter:
    return letters.do_write(scene.acme.anna, None, {"en": ("Hello", "Dear reader")})


def rewrote(scene: Scene) -> None:
    letters.do_write(scene.acme.anna, wrote(scene).id, {"en": ("Hello again", "Dear reader")})


def ready_to_send(scene: Scene) -> None:
    do_switch(scene.acme.bob, PRODUCT_UPDATES, True)
    asked = optin.do_ask(scene.acme.tenant.id, "kari@nordmann.example", "en")
    assert asked is not None
    optin.do_confirm(asked.confirm)


def sent(scene: Scene) -> Letter:
    ready_to_send(scene)
    return letters.do_send(scene.acme.anna, wrote(scene).id)


def tried(scene: Scene) -> None:
    ready_to_send(scene)
    letters.do_test(scene.acme.anna, wrote(scene).id, "en")


def sent_by_operator(scene: Scene) -> str:
    ready_to_send(scene)
    return letters.do_send_by_operator(PRODUCT_UPDATES, {"en": ("Hello", "New")})[0].sending


def norway(scene: Scene) -> cases.Office:
    return cases.Office(scene.acme.tenant.id, "NO", "Europe/Oslo")


def cases_read(scene: Scene) -> None:
    scene.case()
    cases.access_cases(scene.acme.anna)


def exported(scene: Scene) -> None:
    job = scene.export()
    jobs.run_next()
    exporting.access_export(scene.acme.anna, job.id)


def visit_exported(scene: Scene) -> None:
    here = scene.visit()
    links.do_export(here, "en")
    jobs.run_next()
    links.access_export(here)


def disclosures_read(scene: Scene) -> None:
    scene.disclosure()
    disclosures.access_disclosures(scene.acme.anna)


def norwegian_case(scene: Scene) -> None:
    cases.do_enter(scene.acme.anna, norway(scene), "question", "What is stored?", OSLO.number)


def partner(scene: Scene) -> str:
    given = {"name": "Acme Holding", "purpose": "statistics", "data": "figures", "country": "SE"}
    return recipients.do_add(scene.acme.anna, given).key


def shared(scene: Scene) -> None:
    given = {"role": "controller", "confidential": "yes", "country": "SE"}
    key = recipients.do_describe(scene.acme.anna, partner(scene), given).key
    day, tenant = datetime.fromtimestamp(NOON, UTC).date(), scene.acme.tenant
    for number in range(5):
        caller, who = Party(number=f"+472200010{number}"), f"agent-{number}"
        account = Account.all_tenants.create(tenant=tenant, username=who, name=who, extension=f"20{number}")
        company = Company(tenant, scene.acme.people | {who: account})
        history.happened(history.call(company, caller, who, direction="inbound"))
    later = datetime.fromtimestamp(NOON, UTC) + timedelta(days=2)
    anonymised.do_share(scene.acme.anna, key, "figures", day, day, "csv", later)


def concerned(scene: Scene) -> Disclosure:
    acme = scene.acme
    acme.cecilie.roles = ["privacy-officer"]
    found = disclosures.do_open(
        acme.anna, "Police", "", "A law", "One call", subjects=[person(acme.bob.id)], chapters=["history"]
    )
    for officer in (acme.anna, acme.cecilie):
        disclosures.do_approve(officer, found.id)
    return found


def packed(scene: Scene) -> None:
    found = concerned(scene)
    handing.do_hand_out(scene.acme.anna, found.id, "en", told=True)
    jobs.run_next()
    handing.access_package(scene.acme.anna, found.id)


def made_again(scene: Scene) -> None:
    job = handing.do_hand_out(scene.acme.anna, concerned(scene).id, "en", told=True)
    Job.all_tenants.filter(pk=job.id).update(state="failed")
    handing.do_make_again(scene.acme.anna, job.arguments["disclosure"], "en")


def told(scene: Scene) -> None:
    found = scene.approved()
    disclosures.do_disclose(scene.acme.anna, found.id, told=False, why_not_told="§ 1")
    disclosures.do_tell(scene.acme.anna, found.id)


def receipt_read(scene: Scene) -> None:
    subject = subject_of(scene.acme.tenant.id, OSLO.number)
    consent = do_record(scene.acme.tenant.id, subject, RECORDED_CALL, agreed=True, how="key press")
    parties.access_party_receipt(scene.acme.anna, consent.id)


def around() -> dict[str, Any]:
    at = datetime.fromtimestamp(NOON, UTC)
    return {"since": at - timedelta(days=1), "until": at + timedelta(days=1)}


def heard_badly(scene: Scene) -> None:
    call = history.call(scene.acme, "anna", "bob", call="bad")
    lost = CallQuality("bad", NOON + 65, side="callee", packets=900, lost=100, lost_before=100, mos=2.5)
    history.happened([*call[:-1], lost, call[-1]])
    access_networks(scene.acme.cecilie, 7, datetime.fromtimestamp(NOON, UTC) + timedelta(days=1))


def by_phone(scene: Scene) -> None:
    acme = scene.acme
    voicemail_actions.do_mark_by_phone(acme.tenant.id, scene.box, scene.message.id, "heard", acme.bob.id)


def sound_renamed(scene: Scene) -> None:
    scene.change()
    Sound.all_tenants.create(tenant=scene.acme.tenant, name="hello", language="en", text="Hello.", file="x.wav")
    administration.do_rename(scene.acme.anna, "sounds", "hello", "welcome")


def company_saved(scene: Scene) -> None:
    scene.change()
    tenant = administration.access_document(scene.acme.anna)["tenant"]
    administration.do_save_company(scene.acme.anna, tenant | {"name": "Acme Nord"})


def parking_saved(scene: Scene) -> None:
    scene.change()
    administration.do_save_parking(scene.acme.anna, {"extensions": "801-805", "seconds": 120})


def undone(scene: Scene) -> None:
    administration.do_undo(scene.acme.anna, scene.change().id)


def changes_read(scene: Scene) -> None:
    scene.change()
    scene.acme.cecilie.roles = ["admin"]
    scene.acme.cecilie.save()
    administration.access_changes(scene.acme.cecilie)


def restored(scene: Scene) -> None:
    voicemail_actions.do_delete(scene.acme.bob, scene.message.id)
    voicemail_actions.do_restore(scene.acme.bob, scene.message.id)


def released(scene: Scene) -> None:
    missed_actions.do_claim(scene.acme.bob, "q2")
    missed_actions.do_release(scene.acme.bob, "q2")


def reopened(scene: Scene) -> None:
    missed_actions.do_handle(scene.acme.bob, "q2")
    missed_actions.do_reopen(scene.acme.dag, "q2")


def taken(scene: Scene) -> None:
    asking.do_take(olga(), deciding.do_open(scene.acme.anna, WHY).id)


def in_an_emergency(scene: Scene) -> None:
    deciding.do_choose_rule(scene.acme.anna, "ask", emergency=True)
    grant = scene.asked_by_olga()
    asking.do_emergency(scene.olga, grant.id, timezone.now() + timedelta(hours=1))


def given_back(scene: Scene) -> None:
    grant = scene.asked_by_olga()
    asking.do_give_back(scene.olga, grant.id)


def entered(scene: Scene) -> None:
    grant = scene.asked_by_olga(agree=True)
    asking.do_enter(scene.olga, grant.id)


def removed(scene: Scene) -> None:
    scene.asked_by_olga(agree=True)
    staffdoor.do_remove(scene.olga.email)


AUDITED: dict[str, tuple[Callable[[Scene], object], str, str, str]] = {
    # function: (story, act, what, whose view it is about or "")
    "svara.history.access.access_calls": (lambda s: access_calls(s.acme.cecilie), "view", "calls", "dag"),
    "svara.history.access.access_call": (lambda s: access_call(s.acme.anna, "q1"), "view", "call", "bob"),
    "svara.history.recordings.access_recording": (
        lambda s: access_recording(s.acme.cecilie, "q1", 0),
        "hear",
        "recording",
        "dag",
    ),
    "svara.history.statistics.access_statistics": (
        lambda s: access_statistics(s.acme.cecilie, **around()),
        "view",
        "statistics",
        "dag",
    ),
    "svara.history.networks.access_networks": (heard_badly, "view", "sound", "bob"),
    "svara.history.missed.access_missed": (lambda s: access_missed(s.acme.bob), "view", "missed-callers", ""),
    "svara.history.actions.do_claim": (
        lambda s: missed_actions.do_claim(s.acme.bob, "q2"),
        "change",
        "missed-caller",
        "",
    ),
    "svara.history.actions.do_release": (released, "change", "missed-caller", ""),
    "svara.history.actions.do_handle": (
        lambda s: missed_actions.do_handle(s.acme.bob, "q2"),
        "change",
        "missed-caller",
        "",
    ),
    "svara.history.actions.do_reopen": (reopened, "change", "missed-caller", ""),
    "svara.privacy.audit.access.access_log": (
        lambda s: access_log(s.acme.anna, about=person(s.acme.bob.id)),
        "view",
        "audit",
        "bob",
    ),
    "svara.privacy.figures.council.do_choose": (Scene.council, "change", "figures", ""),
    "svara.privacy.figures.council.do_ask": (Scene.asked, "reveal", "figures", "bob"),
    "svara.privacy.figures.council.do_decide": (
        lambda s: council.do_decide(s.acme.dag, s.asked().id, agree=True),
        "reveal",
        "figures",
        "bob",
    ),
    "svara.privacy.registers.cases.do_open": (Scene.case, "create", "case", "bob"),
    "svara.privacy.registers.cases.access_cases": (cases_read, "view", "cases", "bob"),
    "svara.privacy.registers.cases.do_answer": (
        lambda s: cases.do_answer(s.acme.anna, s.case().id, "Nothing."),
        "change",
        "case",
        "bob",
    ),
    "svara.privacy.registers.cases.do_extend": (
        lambda s: cases.do_extend(s.acme.anna, norway(s), s.case().id, "We ask."),
        "change",
        "case",
        "bob",
    ),
    "svara.privacy.registers.disclosures.do_open": (Scene.disclosure, "create", "disclosure", ""),
    "svara.privacy.registers.disclosures.do_approve": (Scene.approved, "approve", "disclosure", ""),
    "svara.privacy.registers.disclosures.do_refuse": (
        lambda s: disclosures.do_refuse(s.acme.anna, s.disclosure().id),
        "refuse",
        "disclosure",
        "",
    ),
    "svara.privacy.registers.disclosures.do_disclose": (
        lambda s: disclosures.do_disclose(s.acme.anna, s.approved().id, told=True),
        "disclose",
        "disclosure",
        "",
    ),
    "svara.privacy.registers.disclosures.access_disclosures": (disclosures_read, "view", "disclosures", ""),
    "svara.privacy.rights.erasing.access_preview": (
        lambda s: erasing.access_preview(s.acme.anna, person(s.acme.bob.id)),
        "view",
        "holdings",
        "bob",
    ),
    "svara.privacy.rights.erasing.do_ask": (
        lambda s: erasing.do_ask(s.acme.anna, person(s.acme.bob.id), "left the company"),
        "create",
        "erasure",
        "bob",
    ),
    "svara.privacy.rights.corrections.do_correct": (Scene.corrected, "change", "correction", "bob"),
    "svara.privacy.rights.corrections.do_correct_of": (
        lambda s: corrections.do_correct_of(
            s.acme.anna, person(s.acme.bob.id), "people.name", "Bo Lie", why="a typing error"
        ),
        "change",
        "correction",
        "bob",
    ),
    "svara.privacy.rights.corrections.do_decide": (
        lambda s: corrections.do_decide(s.acme.anna, s.correction().id, apply=True),
        "change",
        "correction",
        "bob",
    ),
    "svara.privacy.rights.corrections.do_confirm": (Scene.confirmed, "change", "correction", "bob"),
    "svara.privacy.rights.corrections.do_take_back": (
        lambda s: corrections.do_take_back(s.acme.bob, s.correction().id),
        "remove",
        "correction",
        "bob",
    ),
    "svara.privacy.rights.corrections.do_tell": (
        lambda s: corrections.do_tell(s.acme.anna, s.corrected().id),
        "disclose",
        "correction",
        "bob",
    ),
    "svara.privacy.rights.corrections.do_allow": (
        lambda s: corrections.do_allow(s.acme.anna, []),
        "change",
        "correction-rules",
        "",
    ),
    "svara.privacy.rights.corrections.access_corrections": (
        lambda s: (s.corrected(), corrections.access_corrections(s.acme.anna)),
        "view",
        "correction",
        "bob",
    ),
    "svara.privacy.rights.restriction.do_ask": (Scene.limit_asked, "create", "restriction", "bob"),
    "svara.privacy.rights.restriction.do_restrict": (Scene.limit, "approve", "restriction", "bob"),
    "svara.privacy.rights.restriction.do_decide": (
        lambda s: restriction.do_decide(s.acme.anna, s.limit_asked().id, agree=False, answer="There is no claim."),
        "refuse",
        "restriction",
        "bob",
    ),
    "svara.privacy.rights.restriction.do_lift": (
        lambda s: restriction.do_lift(s.acme.anna, s.limit().id),
        "change",
        "restriction",
        "bob",
    ),
    "svara.privacy.rights.restriction.do_free": (
        lambda s: restriction.do_free(s.acme.bob, s.limit_asked().id),
        "remove",
        "restriction",
        "bob",
    ),
    "svara.privacy.rights.restriction.access_restrictions": (
        lambda s: (s.limit(), restriction.access_restrictions(s.acme.anna)),
        "view",
        "restriction",
        "bob",
    ),
    "svara.privacy.rights.objections.do_object": (Scene.objected, "create", "objection", "bob"),
    "svara.privacy.rights.objections.do_decide": (
        lambda s: objections.do_decide(s.acme.anna, s.objected().id, uphold=True),
        "approve",
        "objection",
        "bob",
    ),
    "svara.privacy.rights.objections.do_withdraw": (
        lambda s: objections.do_withdraw(s.acme.bob, s.objected().id),
        "remove",
        "objection",
        "bob",
    ),
    "svara.privacy.rights.objections.access_objections": (
        lambda s: (s.objected(), objections.access_objections(s.acme.anna)),
        "view",
        "objection",
        "bob",
    ),
    "svara.privacy.rights.links.do_give": (
        lambda s: links.do_give(s.acme.anna, subject_of(s.acme.tenant.id, OSLO.number), "called back"),
        "grant",
        "link",
        "",
    ),
    "svara.privacy.rights.links.do_open": (Scene.visit, "view", "link", ""),
    "svara.privacy.rights.links.do_export": (lambda s: links.do_export(s.visit(), "en"), "export", "person", ""),
    "svara.privacy.rights.links.access_export": (visit_exported, "export", "export", ""),
    "svara.privacy.rights.wishes.do_decide": (
        lambda s: wishes.do_decide(s.acme.anna, s.wish().id, agree=False, answer="A claim is open."),
        "refuse",
        "erasure-wish",
        "",
    ),
    "svara.privacy.rights.wishes.access_wishes": (
        lambda s: (s.wish(), wishes.access_wishes(s.acme.anna)),
        "view",
        "erasure-wish",
        "",
    ),
    "svara.privacy.rights.exporting.do_ask": (Scene.export, "export", "person", "bob"),
    "svara.privacy.rights.exporting.access_export": (exported, "export", "export", "bob"),
    "svara.privacy.rights.retention.do_choose": (
        lambda s: retention.do_choose(s.acme.anna, {}),
        "change",
        "retention",
        "",
    ),
    "svara.history.anonymised.do_share": (shared, "export", "share", ""),
    "svara.privacy.registers.cases.do_enter": (norwegian_case, "create", "case", ""),
    "svara.privacy.registers.disclosures.do_tell": (told, "change", "disclosure", ""),
    "svara.privacy.registers.handing.do_make_again": (made_again, "change", "disclosure", ""),
    "svara.privacy.registers.handing.do_hand_out": (packed, "disclose", "disclosure", ""),
    "svara.privacy.registers.handing.access_package": (packed, "disclose", "package", ""),
    "svara.privacy.registers.parties.access_party": (
        lambda s: parties.access_party(s.acme.anna, OSLO.number, reason="check"),
        "view",
        "party",
        "",
    ),
    "svara.privacy.registers.parties.access_party_receipt": (receipt_read, "view", "consent", ""),
    "svara.privacy.registers.parties.do_choose_basis": (
        lambda s: parties.do_choose_basis(s.acme.anna, OSLO.number, "6.1.b", "a customer"),
        "change",
        "basis",
        "",
    ),
    "svara.privacy.registers.recipients.do_add": (partner, "create", "recipient", ""),
    "svara.privacy.registers.recipients.do_describe": (
        lambda s: recipients.do_describe(s.acme.anna, partner(s), {"country": "NO"}),
        "change",
        "recipient",
        "",
    ),
    "svara.privacy.registers.recipients.do_close": (
        lambda s: recipients.do_close(s.acme.anna, partner(s)),
        "revoke",
        "recipient",
        "",
    ),
    "svara.privacy.rights.holds.do_hold": (Scene.hold, "create", "hold", "bob"),
    "svara.privacy.rights.holds.do_lift": (
        lambda s: holds.do_lift(s.acme.anna, s.hold().id),
        "remove",
        "hold",
        "bob",
    ),
    "svara.privacy.staff.asking.do_ask": (Scene.asked_by_olga, "create", "support-access", ""),
    "svara.privacy.staff.asking.do_take": (taken, "grant", "support-access", ""),
    "svara.privacy.staff.asking.do_emergency": (in_an_emergency, "grant", "support-emergency", ""),
    "svara.privacy.staff.asking.do_give_back": (given_back, "revoke", "support-access", ""),
    "svara.privacy.staff.asking.do_enter": (entered, "sign-in", "support-access", ""),
    "svara.privacy.staff.deciding.do_choose_rule": (
        lambda s: deciding.do_choose_rule(s.acme.anna, "tell", emergency=False),
        "change",
        "support-rule",
        "",
    ),
    "svara.privacy.staff.deciding.do_decide": (
        lambda s: s.asked_by_olga(agree=True),
        "approve",
        "support-access",
        "",
    ),
    "svara.privacy.staff.deciding.do_open": (
        lambda s: deciding.do_open(s.acme.anna, WHY),
        "grant",
        "support-access",
        "",
    ),
    "svara.privacy.staff.deciding.do_end": (
        lambda s: deciding.do_end(s.acme.anna, s.asked_by_olga(agree=True).id),
        "revoke",
        "support-access",
        "",
    ),
    "svara.people.staffdoor.do_remove": (removed, "revoke", "support-access", ""),
    "svara.voicemail.access.access_messages": (
        lambda s: voicemail_access.access_messages(s.acme.bob),
        "view",
        "messages",
        "dag",
    ),
    "svara.voicemail.access.access_message": (
        lambda s: voicemail_access.access_message(s.acme.bob, s.message.id),
        "view",
        "message",
        "dag",
    ),
    "svara.voicemail.access.access_sound": (
        lambda s: voicemail_access.access_sound(s.acme.bob, s.message.id),
        "hear",
        "message",
        "dag",
    ),
    "svara.voicemail.actions.do_mark": (
        lambda s: voicemail_actions.do_mark(s.acme.bob, s.message.id, saved=True),
        "change",
        "message",
        "dag",
    ),
    "svara.voicemail.actions.do_mark_by_phone": (by_phone, "hear", "message", "dag"),
    "svara.voicemail.actions.do_delete": (
        lambda s: voicemail_actions.do_delete(s.acme.bob, s.message.id),
        "remove",
        "message",
        "dag",
    ),
    "svara.voicemail.actions.do_restore": (restored, "restore", "message", "dag"),
    "svara.phonebooks.actions.do_make_password": (
        lambda s: phonebooks.do_make_password(s.acme.bob, "desk phone"),
        "grant",
        "phonebook-password",
        "bob",
    ),
    "svara.phonebooks.actions.do_revoke_password": (phone_taken_back, "revoke", "phonebook-password", "bob"),
    "svara.admission.access.access_requests": (asked_for_access, "view", "access-requests", ""),
    "svara.admission.actions.do_receive": (
        lambda s: admission.do_receive(s.acme.anna, open_=True),
        "change",
        "reception",
        "",
    ),
    "svara.admission.actions.do_let_in": (let_in, "change", "access-request", ""),
    "svara.admission.actions.do_refuse": (
        lambda s: admission.do_refuse(s.acme.anna, a_request(s).id),
        "change",
        "access-request",
        "",
    ),
    "svara.admission.actions.do_delete": (
        lambda s: admission.do_delete(s.acme.anna, a_request(s).id),
        "remove",
        "access-request",
        "",
    ),
    "svara.phonebooks.actions.do_open": (
        lambda s: phonebooks.do_open(s.acme.anna, xml=True, carddav=False, ldap=False, ldap_in_clear=False),
        "change",
        "phonebooks",
        "",
    ),
    "svara.people.actions.do_create_token": (Scene.token, "grant", "token", "bob"),
    "svara.people.actions.do_revoke_token": (
        lambda s: people_actions.do_revoke_token(s.acme.bob, s.token().id),
        "revoke",
        "token",
        "bob",
    ),
    "svara.people.administration.access_item": (
        lambda s: administration.access_item(s.acme.anna, "people", "bob"),
        "view",
        "person",
        "bob",
    ),
    "svara.people.administration.access_changes": (changes_read, "view", "changes", "anna"),
    "svara.people.administration.do_save": (Scene.change, "change", "person", "bob"),
    "svara.people.administration.do_add_people": (people_added, "change", "person", ""),
    "svara.people.importing.do_import": (people_imported, "change", "person", ""),
    "svara.people.administration.do_rename": (sound_renamed, "change", "office", ""),
    "svara.people.administration.do_save_company": (company_saved, "change", "office", ""),
    "svara.people.administration.do_save_parking": (parking_saved, "change", "office", ""),
    "svara.people.administration.do_remove": (
        lambda s: administration.do_remove(s.acme.anna, "people", "cecilie"),
        "change",
        "person",
        "cecilie",
    ),
    "svara.letters.actions.do_write": (rewrote, "change", "letter", ""),
    "svara.letters.actions.do_remove": (lambda s: letters.do_remove(s.acme.anna, wrote(s).id), "remove", "letter", ""),
    "svara.letters.actions.do_test": (tried, "export", "letter", ""),
    "svara.letters.actions.do_send": (sent, "approve", "letter", ""),
    "svara.letters.actions.do_stop": (lambda s: letters.do_stop(s.acme.anna, sent(s).id), "revoke", "letter", ""),
    "svara.letters.actions.do_send_by_operator": (sent_by_operator, "approve", "letter", ""),
    "svara.letters.actions.do_stop_by_operator": (
        lambda s: letters.do_stop_by_operator(sent_by_operator(s)),
        "revoke",
        "letter",
        "",
    ),
    "svara.people.signedin.do_enter": (lambda s: [s.enter() for _ in range(2)], "sign-in", "new-device", "bob"),
    "svara.people.signedin.do_end": (
        lambda s: signedin.do_end(s.acme.bob, s.enter().session_id),
        "revoke",
        "session",
        "bob",
    ),
    "svara.people.provisioning.actions.do_add": (Scene.handset, "create", "handset", "bob"),
    "svara.people.provisioning.actions.do_issue": (
        lambda s: handset_actions.do_issue(s.acme.anna, s.handset().id),
        "grant",
        "handset",
        "bob",
    ),
    "svara.people.provisioning.actions.do_open": (
        lambda s: handset_actions.do_open(s.acme.anna, s.handset().id),
        "grant",
        "handset",
        "bob",
    ),
    "svara.people.provisioning.actions.do_revoke": (
        lambda s: handset_actions.do_revoke(s.acme.anna, s.handset().id),
        "revoke",
        "handset",
        "bob",
    ),
    "svara.people.provisioning.actions.do_remove": (
        lambda s: handset_actions.do_remove(s.acme.anna, s.handset().id),
        "remove",
        "handset",
        "bob",
    ),
    "svara.people.provisioning.reading.access_handsets": (
        lambda s: (s.handset(), handsets.access_handsets(s.acme.anna)),
        "view",
        "handset",
        "bob",
    ),
    "svara.people.provisioning.reading.access_handset": (
        lambda s: handsets.access_handset(s.acme.anna, s.handset().id),
        "view",
        "handset",
        "bob",
    ),
    "svara.people.second.actions.do_reset": (
        lambda s: (s.with_factor(), second.do_reset(s.acme.anna, "bob")),
        "revoke",
        "second-factor",
        "bob",
    ),
    "svara.people.second.actions.do_reset_by_operator": (
        lambda s: (s.with_factor(), second.do_reset_by_operator(s.acme.bob)),
        "revoke",
        "second-factor",
        "bob",
    ),
    "svara.people.signedin.do_end_others": (lambda s: signedin.do_end_others(s.acme.bob, {}), "revoke", "session", "bob"),
    "svara.people.signedin.do_forget_device": (
        lambda s: (s.enter(), signedin.do_forget_device(s.acme.bob, signedin.access_devices(s.acme.bob)[0].id)),
        "revoke",
        "device",
        "bob",
    ),
    "svara.people.administration.do_undo": (undone, "change", "person", "bob"),
}


def functions() -> dict[str, Callable[..., Any]]:
    """Every `access_*` and `do_*` of the package, by its full name."""
    found = {}
    for module in pkgutil.walk_packages(svara.__path__, "svara."):
        if ".migrations" in module.name or module.name.endswith("__main__"):
            continue
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if name.startswith(("access_", "do_")) and function.__module__ == module.name:
                found[f"{module.name}.{name}"] = function
    return found


@pytest.mark.claim("ONC-2")
def test_every_function_that_reads_or_changes_is_in_the_log_or_says_why_not() -> None:
    there = functions()
    assert "svara.history.access.access_calls" in there
    assert sorted(there.keys() - AUDITED.keys() - OWN.keys()) == [], "neither proven in AUDITED nor explained in OWN"
    assert sorted((AUDITED.keys() | OWN.keys()) - there.keys()) == [], "no longer there"
    assert not AUDITED.keys() & OWN.keys()


@pytest.mark.django_db
@pytest.mark.claim("ONC-2")
@pytest.mark.parametrize("function", AUDITED)
def test_what_is_seen_or_changed_of_others_is_written_down(function: str, data_folder: DataFolder, settings: Any) -> None:
    settings.EMAIL_HOST, settings.ADDRESS = "127.0.0.1", urlsplit("https://svara.acme.test")
    scene = Scene(data_folder)
    before = set(Entry.of(scene.acme.anna).values_list("number", flat=True))
    story, act, what, whom = AUDITED[function]
    ids = {f"person:{account.id}" for name, account in scene.acme.people.items() if name == whom}
    story(scene)
    entries = Entry.of(scene.acme.anna).filter(act=act, what=what).exclude(number__in=before)
    assert entries, list(Entry.of(scene.acme.anna).values_list("act", "what"))
    assert any(ids <= set(entry.subjects) for entry in entries)
    assert verify(scene.acme.tenant.id) is None


@pytest.mark.django_db
def test_what_is_ones_own_is_nobody_elses(data_folder: DataFolder) -> None:
    scene = Scene(data_folder)
    acme: Company = scene.acme
    access_calls(acme.dag)
    access_call(acme.dag, "q1")
    [own] = voicemail.happen(voicemail.left(acme, f"person:{acme.bob.id}", at=NOON + 900))[1:]
    voicemail_access.access_sound(acme.bob, own.id)
    voicemail_actions.do_delete(acme.bob, own.id)
    administration.access_item(acme.anna, "people", "anna")
    assert not Entry.of(acme.anna).exists()


@pytest.mark.django_db
def test_a_search_is_in_the_log_but_not_what_was_searched(data_folder: DataFolder) -> None:
    scene = Scene(data_folder)
    access_calls(scene.acme.cecilie, search="2200", person="dag")
    entry = Entry.of(scene.acme.anna).get()
    assert (entry.ref, entry.why, entry.count) == ("person.search", "supervisor", 1)


@pytest.mark.django_db
def test_administrators_and_supervisors_signing_in_are_in_the_log(data_folder: DataFolder) -> None:
    scene = Scene(data_folder)
    for name in ("cecilie", "bob"):
        scene.acme.people[name].set_password("correct-horse-1")
        scene.acme.people[name].save()
        assert signin.authenticate(f"{name}@acme", "correct-horse-1", "127.0.0.1") is not None
    signin.authenticate("cecilie@acme", "wrong", "127.0.0.1")
    assert [(entry.actor, entry.why) for entry in Entry.of(scene.acme.anna)] == [(scene.acme.cecilie.id, "supervisor")]


@pytest.mark.django_db
def test_figures_that_leave_as_a_file_are_an_export(data_folder: DataFolder) -> None:
    scene = Scene(data_folder)
    access_statistics(scene.acme.cecilie, **around(), export=True)
    assert [(entry.act, entry.what) for entry in Entry.of(scene.acme.anna)] == [("export", "statistics")]
