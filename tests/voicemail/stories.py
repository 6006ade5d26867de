"""Callers who leave messages, and the boxes in which they arrive."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
from django.conf import settings
from tests.history.stories import NOON, Company
from tests.keys import journal_in

from svara.calls.events import AnyEvent, CallEnded, CallStarted, Direction, MessageLeft, Party
from svara.calls.journal import Journal
from svara.history.follow import Follower
from svara.media.sounds.form import to_wav
from svara.people import office
from svara.people.office import write_office
from svara.voicemail.intake import write_messages
from svara.voicemail.models import Message

OSLO = Party(number="+4722000001", name="Kari Nordmann")
_serials = count(1)


def left(
    company: Company, box: str, *, caller: Party = OSLO, at: float = NOON, seconds: float = 3.0, file: str = ""
) -> list[AnyEvent]:
    """A call in which somebody leaves a message, with its file."""
    call = f"vm{next(_serials)}"
    file = file or f"voicemail/{call}-x.wav"
    place: Path = settings.DATA.recordings / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(sound(seconds))
    direction: Direction = "internal" if caller.person else "inbound"
    return [
        CallStarted(call, at, company.tenant.id, direction, caller, "101"),
        MessageLeft(call, at + 5, box, file, seconds),
        CallEnded(call, at + 6, "voicemail", "caller", "left a message"),
    ]


def sound(seconds: float) -> bytes:
    """A WAV file in which every second sounds different."""
    moments = np.arange(int(seconds * 16_000))
    return to_wav((8000 * np.sin(moments * (0.05 + moments // 16_000 * 0.01))).astype(np.int16))


def happen(*calls: list[AnyEvent]) -> list[Message]:
    """The calls happen, and the jobs process takes them in; gives the messages, oldest first."""
    folder: Path = settings.DATA.journal
    journal = Journal(journal_in(folder))
    for events in calls:
        journal.write(events)
    journal.close()
    take_in(folder)
    return list(Message.all_tenants.order_by("left_at", "id"))


def take_in(folder: Path) -> None:
    """A fresh jobs process reads the journal to its end."""
    follower = Follower(journal_in(folder), also=[write_messages])
    follower.load()
    while not follower.step()[1]:
        pass


def queue(company: Company, name: str, *members: str) -> str:
    """Give the company a queue with these members; gives its box."""
    queues = (
        office.Queue(
            id=f"q-{name}", name=name, members=tuple(office.Member(company.people[member].id) for member in members)
        ),
    )
    tenant = company.tenant
    write_office(
        office.Office(
            next(_serials),
            (office.Tenant(tenant.id, tenant.slug, tenant.name, tenant.country, tenant.timezone, ("en",), queues=queues),),
        ),
        settings.DATA.root,
    )
    return f"queue:q-{name}"
