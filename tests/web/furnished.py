"""A company in which every page has something to show: the demo's after busy weeks, and what its officers keep."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from tests.contacts import stories as contacts
from tests.history import stories
from tests.privacy.staff.stories import WHY, olga
from tests.voicemail.stories import happen, left
from tests.web import office
from tests.web.office import Company
from tests.web.stage import Stage

from svara.admission import actions as admission
from svara.admission.models import Request
from svara.calls.commands import (
    Callback,
    ConferenceMember,
    ConferenceState,
    LiveCall,
    ParkedCall,
    QueueMember,
    QueueState,
    WaitingCaller,
)
from svara.calls.events import CallRecorded, CallRouted, Party
from svara.cli import demo
from svara.letters import actions as letters
from svara.people import actions
from svara.people.models import Account, DemoWipe, Greeting, Phone, Queue, Tenant
from svara.people.provisioning import actions as handsets
from svara.phonebooks import actions as phonebooks
from svara.privacy.functions import notices
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS, STATISTICS
from svara.privacy.policies import actions as policies
from svara.privacy.registers import recipients
from svara.privacy.registers.models import Case, Disclosure
from svara.privacy.rights import corrections, links, objections, restriction
from svara.privacy.rights.models import Erasure, Hold, Job
from svara.privacy.staff import asking
from svara.privacy.subject import person
from svara.voicemail import actions as voicemail
from svara.voicemail.models import Message, Transcript

KARI = Party(number="+4722000001", name="Kari Nordmann-Østbye Fredriksen")
OLA = Party(number="+4722000002")
DAY, HOUR = 86400.0, 3600.0
PARTICULARS = {
    "controller_name": "Fjellvik Sykkel AS",
    "controller_address": "Storgata 1, 0155 Oslo",
    "controller_contact": "personvern@fjellvik.example",
    "storage_country": "NO",
    "storage_place": "Oslo, own machine room",
}
EMPTY = [
    ("anna", "Anna Ek", "101", ["admin"]),
    ("olle", "Olle Åberg", "102", ["privacy-officer"]),
    ("sara", "Sara Öst", "103", ["supervisor"]),
    ("bosse", "Bosse Ek", "104", ["member"]),
]


def nothing_yet() -> Company:
    """A company of its first day: people, and nothing else."""
    return office.company("beta", "Beta AB", EMPTY, country="SE", timezone="Europe/Stockholm", languages=["sv"])


def the_demo() -> Company:
    """The demo's company and its people, with Olav beside them, who looks after privacy and nothing else."""
    demo.install()
    tenant = Tenant.objects.get(slug=demo.office().tenant.slug)
    Account.all_tenants.create(
        tenant=tenant, username="olav", name="Olav Nygård", email="olav@fjellvik.example", roles=["privacy-officer"]
    )
    return Company(tenant, {each.username: each for each in Account.all_tenants.filter(tenant=tenant)})


def lived_in(company: Company) -> str:
    """Some weeks went by. Gives the id of a call with a long story."""
    told = stories.Company(company.tenant, company.people)
    now = time.time()
    stories.agreed(told, STATISTICS, "ingrid", "jonas", "sofia", "mikkel", "aino")
    workshop, shop = (Queue.all_tenants.get(tenant=company.tenant, name=name) for name in ("workshop", "shop"))
    _calls(company, told, now)
    offered: list[tuple[str, stories.AgentHow]] = [("mikkel", "no answer"), ("aino", "answered")]
    story = [
        *stories.queue_call(told, KARI, offered, queue="workshop", at=now - HOUR, call="story"),
        CallRouted("story", now - HOUR + 1, to="queue:workshop", why="number"),
        CallRecorded("story", now - HOUR + 30, file="calls/story.wav", seconds=9.0, why="queue:workshop"),
    ]
    stories.happened(story)
    for one in (workshop, shop):
        Queue.all_tenants.filter(pk=one.pk).update(supervision="announced")
    _own_things(company)
    _kept_by_officers(company)
    return "story"


def _calls(company: Company, told: stories.Company, now: float) -> None:
    names = ["ingrid", "jonas", "sofia", "mikkel", "aino", "janis", "petra", "elias"]
    calls = []
    for number in range(70):
        one, two = names[number % 8], names[(number * 3 + 1) % 8]
        if one == two:
            two = names[(number + 1) % 8]
        outside = (KARI, OLA, Party(number=""))[number % 3] if number % 2 else one
        talks = None if number % 5 == 0 else 30.0 + 61 * (number % 9)
        calls.append(
            stories.call(
                told, outside, two if number % 4 else "ingrid", at=now - 600 - number * 7 * HOUR, talks=talks,
                outcome="missed", direction="inbound" if number % 2 else "internal",
            )
        )  # fmt: skip
    for number in range(12):
        at, who = now - number * 5 * HOUR, (KARI, OLA)[number % 2]
        calls.append(stories.queue_call(told, who, [("sofia", "no answer")], queue="workshop", at=at))
        calls.append(stories.queue_call(told, who, [("aino", "answered")], queue="shop", at=at - 900, talks=240))
    stories.happened(*calls)


def _own_things(company: Company) -> None:
    told = stories.Company(company.tenant, company.people)
    for username in ("ingrid", "olav", "jonas", "mikkel"):
        someone = company[username]
        box = f"person:{someone.id}"
        happen(left(told, box, caller=KARI, at=time.time() - HOUR), left(told, box, caller=OLA, at=time.time() - 3 * DAY))
        _in_writing(told, username)
        actions.do_create_token(someone, "Wallboard in the long corridor")
        phonebooks.do_make_password(someone, "Desk phone")
        corrections.do_correct(someone, "people.name", "Another Name", why="It stands on my card.")
        contacts.keeps(someone, contacts.KARI, contacts.OLE)
        objections.do_object(someone, "statistics", "Every figure is mine, " * 10)
    ingrid = company["ingrid"]
    Greeting.all_tenants.create(tenant=company.tenant, account=ingrid, kind="general", file="none/ingrid.wav")
    phonebooks.do_open(ingrid, xml=True, carddav=True, ldap=True, ldap_in_clear=False)
    handsets.do_add(ingrid, "ingrid", "yealink", "00:15:65:aa:bb:01")
    handsets.do_add(ingrid, "mikkel", "snom", "00:04:13:aa:bb:02")
    Phone.all_tenants.filter(tenant=company.tenant).update(label="Desk in the long corridor")


def _in_writing(told: stories.Company, username: str) -> None:
    """What was said in a message is read, and somebody put it right; of another it could not be made out."""
    stories.agreed(told, MESSAGE_TRANSCRIPTS, username)
    someone, now = told.people[username], timezone.now()
    newer, older = Message.of(someone).filter(account=someone).order_by("-left_at")
    for text, by in (
        ("Vær så snill å ringe meg tilbake. " * 12, "program"),
        (f"{'Sykkelen er klar, tror jeg. ' * 20}", "hand"),
    ):
        voicemail.do_write_transcript(someone, newer.id, text, by)
    Transcript.all_tenants.create(message=older, tenant=told.tenant, state="failed", tries=3, due_at=now, changed_at=now)


def _kept_by_officers(company: Company) -> None:
    tenant, officer, now = company.tenant, company["ingrid"], timezone.now()
    about = company["petra"]
    restriction.do_restrict(officer, person(about.id), "claims", "A dispute that takes its time.")
    partner = {"name": "Østlandet Regnskap og Revisjon AS", "purpose": "statistics", "data": "figures", "country": "NO"}
    recipients.do_add(officer, partner | {"role": "controller", "confidential": "yes"})
    notices.do_say(tenant, "news", "en", "Once a month.")
    letters.do_write(officer, None, {"en": ("Spring news", "Bicycles are checked for nothing in April.")})
    policies.do_save_particulars(officer, PARTICULARS)
    policies.do_publish(officer)
    for username in ("ingrid", "mikkel"):  # the others are still asked on every page
        policies.do_accept(company[username], 1, "en")
    Job.all_tenants.create(tenant=tenant, kind="export", state="done", asked_by=officer.id)
    Hold.all_tenants.create(
        tenant=tenant, subject=f"person:{about.id}", reason="A case", until=now + timedelta(days=90), made_by=officer.id
    )
    Case.all_tenants.create(
        tenant=tenant, kind="access", person=about.id, name=about.name, text="What is stored about me?", opened_at=now,
        due_on=now.date() + timedelta(days=20),
    )  # fmt: skip
    Disclosure.all_tenants.create(
        tenant=tenant, authority="Oslo politidistrikt", basis="law", scope="Calls of one day", asked_at=now,
        opened_by=officer.id,
    )  # fmt: skip
    Erasure.all_tenants.create(tenant=tenant, subject=f"person:{'a' * 32}", at=now, receipt={"rows": 27}, digest="0" * 64)
    DemoWipe.objects.create(tenant=tenant.id, slug=tenant.slug, at=datetime.now(UTC), gone=[
        {"table": "history.Call", "count": 27, "how": "deleted", "digest": "9" * 64}], keys=31, digest="a" * 64)  # fmt: skip
    admission.do_receive(officer, open_=True)
    Request.all_tenants.create(
        tenant=tenant, name="Ola Nordmann", contact="ola@nordmann.example", company="Nordmann Regnskap og Revisjon AS",
        consent=admission.CONSENT, asked_at=now, form="a",
    )  # fmt: skip
    asking.do_ask(olga(), tenant.slug, WHY, role="support", minutes=60, content=True)


def in_the_middle_of_the_day(stage: Stage, company: Company) -> None:
    """People talk, wait, are parked, meet, and are called back."""
    tenant, now = company.tenant, time.time()
    states = ["available", "in-call", "in-call", "available", "ringing", "away", "dnd", "offline", "offline"]
    for someone, state in zip(company.people.values(), states, strict=True):
        stage.presence(tenant.id, someone.id, state, int(state != "offline"))
    one, two, agent = company["ingrid"], company["jonas"], company["mikkel"]
    for state, number, (caller, callee) in (
        ("answered", "live-1", (company.party("jonas"), company.party("sofia"))),
        ("ringing", "live-2", (KARI, company.party("ingrid"))),
        ("answered", "live-3", (KARI, company.party("mikkel"))),
    ):
        people = tuple(each for each in (caller.person, callee.person) if each)
        stage.call(LiveCall(
            number, tenant.id, "inbound" if caller is KARI else "internal", state, caller, callee, now - 30,
            now - 20 if state == "answered" else None, people,
        ))  # fmt: skip
    for queue in Queue.all_tenants.filter(tenant=tenant):
        members = tuple(
            QueueMember(each.account_id, how, "lunch" if how == "paused" else "", now - 60)
            for each, how in zip(queue.members.all(), ("available", "paused", "talking"), strict=False)
        )
        waiting = tuple(WaitingCaller(f"w{n}", n, now - 100, caller) for n, caller in enumerate((KARI, OLA), 1))
        stage.queue(tenant.id, QueueState(queue.id, queue.name, waiting=2, callers=waiting, members=members))
    inside = tuple(ConferenceMember(f"c{n}", party, now - 90, moderator=n == 0) for n, party in enumerate((
        company.party("ingrid"), company.party("jonas"), KARI)))  # fmt: skip
    stage.conference(tenant.id, ConferenceState("r1", "morning", "800", inside, 50, recorded=True))
    stage.parked[tenant.id] = (ParkedCall("811", "parked-1", KARI, company.party("ingrid"), now - 20, now + 70),)
    for someone in (one, two, agent):
        stage.callbacks[someone.id] = (Callback(company["janis"].id, now, now + 900),)


def ways_in(company: Company) -> dict[str, str]:
    """Pages that nobody has to be signed in for, which say something about this company, by the names of their addresses."""
    tenant = company.tenant
    return {
        "invitation": f"/invitation/{actions.do_invite(company['elias'])}",
        "policy-public": f"/policy/{tenant.slug}/",
        "policy-version": f"/policy/{tenant.slug}/1/",
        "privacy-door": f"/privacy/{tenant.slug}/",
        "news": f"/news/{tenant.slug}/",
        "access-ask": f"/access/{tenant.slug}/",
        "offline": "/offline/en/",
        "link": f"/link/{links.do_give(company['ingrid'], subject_of(tenant.id, KARI.number), 'Called back.')}",
    }
