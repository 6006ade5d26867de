"""A company in which Bob Lie and Kari Nordmann, who calls from outside, have left traces everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.sessions.backends.db import SessionStore
from tests.history import stories
from tests.history.stories import NOON, Company, call, happened, queue_call
from tests.voicemail.stories import happen, left

from svara.calls.events import AgentChanged, CallRecorded, CallRouted, Party
from svara.contacts import actions as contacts
from svara.contacts.card import Card, Number
from svara.data import DataFolder
from svara.history.models import MissedCaller
from svara.history.outside import index_of
from svara.history.queue_facts import write_moments
from svara.people import actions
from svara.people.models import Account, Greeting, Menu, OfficeChange, Phone, PublicNumber, Queue, QueueMember
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import STATISTICS
from svara.voicemail.models import Message, NoticeChoice

KARI = Party(number="+4722000001", name="Kari Nordmann")
OLE = Party(number="+4733000002", name="Ole Dahl")


@pytest.fixture
def acme(db: None) -> Company:
    return stories.company("acme")


@pytest.fixture
def beta(db: None) -> Company:
    return stories.company("beta")


@pytest.fixture
def traces(acme: Company, data_folder: DataFolder) -> Company:
    """Bob works, calls, is called, leaves messages and gets some; Kari calls, is recorded and leaves a message."""
    bob, tenant = acme.bob, acme.tenant
    for agent in (bob, acme.dag):
        do_switch(agent, STATISTICS, True)
    Account.of(bob).filter(pk=bob.pk).update(mobile="+4790000002")
    Phone.all_tenants.create(tenant=tenant, account=bob, login="acme-bob", ha1={"MD5": "0" * 32})
    actions.do_create_token(bob, "Bob's script")
    contacts.do_add(bob, Card(KARI.name, "", (Number(KARI.number),)))
    contacts.do_add(acme.dag, Card(OLE.name, "", (Number(OLE.number),)))
    session = SessionStore()
    session["_auth_user_id"] = bob.id
    session.save()
    _office(acme)
    sounds = data_folder.sounds / tenant.id
    sounds.mkdir(parents=True)
    (sounds / "bob.wav").write_bytes(b"RIFF hello, this is Bob Lie")
    Greeting.all_tenants.create(tenant=tenant, account=bob, kind="general", file=f"{tenant.id}/bob.wav")
    NoticeChoice.all_tenants.create(tenant=tenant, account=bob, notice="none")

    tapes = data_folder.recordings / "calls"
    tapes.mkdir()
    for name in ("q1.wav", "c2.wav"):
        (tapes / name).write_bytes(b"RIFF talk")
    happened(
        call(acme, "anna", "bob", call="c1"),
        [
            *call(acme, "bob", "dag", call="c2", at=NOON + 100),
            CallRecorded("c2", NOON + 130, file="calls/c2.wav", seconds=9.0, why="person"),
            CallRouted("c2", NOON + 101, to="voicemail:bob", why="nobody"),
        ],
        call(acme, KARI, "bob", call="c3", at=NOON + 200, direction="inbound"),
        call(acme, OLE, "dag", call="c4", at=NOON + 300, direction="inbound"),
        [
            *queue_call(acme, KARI, [("bob", "no answer"), ("dag", "answered")], call="q1", at=NOON + 400),
            CallRecorded("q1", NOON + 430, file="calls/q1.wav", seconds=9.0, why="queue:support"),
        ],
        queue_call(acme, KARI, [("bob", "no answer")], call="q2", at=NOON + 500, talks=None),
    )
    write_moments([AgentChanged("", NOON + number, tenant.id, bob.id, "available") for number in range(3)])
    MissedCaller.of(bob).filter(pk="q2").update(
        state="claimed", claimed_by=bob.id, claimed_at=datetime.fromtimestamp(NOON + 600, UTC)
    )
    happen(
        left(acme, f"person:{bob.id}", caller=KARI),
        left(acme, f"person:{acme.dag.id}", caller=acme.party("bob"), at=NOON + 10),
        left(acme, f"person:{acme.dag.id}", caller=OLE, at=NOON + 20),
    )
    Message.all_tenants.filter(caller_index=index_of(subject_of(tenant.id, OLE.number))).update(heard_by=bob.id)
    return acme


def _office(acme: Company) -> None:
    tenant = acme.tenant
    numbers = {"ring_seconds": 15, "retry_seconds": 1, "wrap_up_seconds": 0, "announce_every_seconds": 45, "priority": 0}
    more = {"auto_pause_after": 0, "relax_seconds": 30, "service_level_seconds": 20, "record": False, "strategy": "ring-all"}
    queue = Queue.all_tenants.create(
        tenant=tenant, name="support", announce_position=False, when_timeout="voicemail:bob", **numbers, **more
    )
    for number, who in enumerate((acme.bob, acme.dag)):
        QueueMember.all_tenants.create(tenant=tenant, queue=queue, account=who, order=number, weight=1)
    Menu.all_tenants.create(
        tenant=tenant,
        name="front",
        keys={"1": "person:bob", "2": "person:dag"},
        timeout_seconds=5,
        tries=3,
        direct_dial=True,
    )
    PublicNumber.all_tenants.create(tenant=tenant, number="+4721000000", trunk="itsp", to="person:bob", record=False)
    Account.of(acme.dag).filter(pk=acme.dag.pk).update(forwards=[{"when": "busy", "to": "person:bob"}])
    OfficeChange.all_tenants.create(
        tenant=tenant,
        account=acme.bob,
        origin="page",
        lines=["+ person bob: Bob Lie, extension 102", "~ queue support: members dag -> bob, dag", "+ menu front"],
        before={"people": {"bob": None}},
        after={"people": {"bob": {"username": "bob", "name": "Bob Lie", "email": "bob@acme.test"}}},
    )
    OfficeChange.all_tenants.create(
        tenant=tenant, account=acme.anna, origin="page", lines=["+ hours bobsled"], after={"hours": {}}
    )
