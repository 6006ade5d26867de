"""Five invented weeks of the demo office: calls by day and hour as a bicycle workshop has them, messages, and one call with
a long story. Everybody outside has a number that Sweden keeps free for books and films."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from tests.history import stories
from tests.history.stories import AgentHow
from tests.voicemail.stories import happen, left

from svara.calls.events import (
    AgentOffered,
    AgentOfferEnded,
    AnyEvent,
    CallEnded,
    CallGreeted,
    CallHeld,
    CallQuality,
    CallResumed,
    CallRouted,
    CallStarted,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    Party,
    QueueEntered,
    QueueLeft,
)
from svara.cli import demo
from svara.people import administration
from svara.people.models import Account, Queue, Tenant
from svara.privacy.functions.registry import STATISTICS

OFTEN = ("+46846500417", "+46701740623", "+46701740631", "+46313900640", "+46846500410")
"""Contacts of Ingrid's."""
STRANGERS = (
    ("+46701740651", "Solveig Dahl"),
    ("+46701740655", "Lars Nygaard"),
    ("+46701740662", "Hanne Bakke"),
    ("+46701740668", ""),
    ("+46846500471", "Sentrum Tannklinikk"),
    ("+46701740677", "Eirik Fossum"),
    ("+46313900683", "Lofoten Camping"),
    ("+46701740689", ""),
)
BUSY_HOURS = (9, 9, 10, 10, 10, 11, 11, 12, 13, 13, 14, 14, 15, 15, 15, 16)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
ADDRESS = "+46846500400"


def lived(now: float | None = None) -> str:
    """Let it all have happened until `now`; gives the id of the call with the story."""
    now = now or time.time()
    tenant = Tenant.objects.get(slug=demo.office().tenant.slug)
    company = stories.Company(tenant, {each.username: each for each in Account.of(tenant)})
    stories.agreed(company, STATISTICS)
    chance = random.Random(7)
    calls = [_call(company, chance, at) for at in _times(chance, now)]
    Tenant.objects.filter(pk=tenant.pk).update(demo=False)  # the notice of a demo stands in nobody's way
    story = _story(company, now - 14 * MINUTE)
    stories.happened(*(_of_its_queue(each, tenant) for each in (*calls, story)))
    ingrid = f"person:{company.ingrid.id}"
    happen(
        left(company, ingrid, caller=_known(3), at=now - 50 * MINUTE, seconds=21),
        left(company, ingrid, caller=_party(1), at=now - 3 * HOUR, seconds=34),
        left(company, ingrid, caller=_party(2), at=now - DAY, seconds=12),
    )
    _furnish(company)
    return story[0].call


def _of_its_queue(events: list[AnyEvent], tenant: Tenant) -> list[AnyEvent]:
    """The events with the ids that the office's queues really have."""
    ids = {f"{tenant.slug}-{each.name}": each.id for each in Queue.all_tenants.filter(tenant=tenant)}
    return [replace(each, queue=ids[each.queue]) if getattr(each, "queue", "") in ids else each for each in events]


def _times(chance: random.Random, now: float) -> list[float]:
    """When somebody called: in the hours of every working day, and now and then in the last two hours."""
    zone = ZoneInfo("Europe/Oslo")
    today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    for ago in range(1, 35):
        day = today - timedelta(days=ago)
        count = (0 if day.weekday() == 6 else 7 if day.weekday() == 5 else 22) + chance.randint(0, 6)
        for _each in range(count if day.weekday() < 6 else 0):
            hour = chance.choice(BUSY_HOURS)
            found.append((day + timedelta(hours=hour, seconds=chance.randint(0, 3599))).timestamp())
    found += [now - 16 * MINUTE - number * 9 * MINUTE - chance.randint(0, 200) for number in range(13)]
    return sorted(found)


def _party(number: int) -> Party:
    return Party(*STRANGERS[number % len(STRANGERS)])


def _known(number: int) -> Party:
    return Party(number=OFTEN[number % len(OFTEN)])


def _call(company: stories.Company, chance: random.Random, at: float) -> list[AnyEvent]:
    """One call: most come from outside and are answered."""
    kind, talks = chance.random(), chance.choice((38.0, 71.0, 96.0, 140.0, 215.0, 260.0, 412.0))
    outside = _known(chance.randrange(5)) if chance.random() < 0.4 else _party(chance.randrange(8))
    people = ["jonas", "sofia", "mikkel", "aino", "janis", "petra"]
    if kind < 0.4:
        agents: list[tuple[str, AgentHow]] = [(chance.choice(("mikkel", "aino", "sofia")), "answered")]
        queue = chance.choice(("workshop", "workshop", "shop"))
        if chance.random() < 0.25:
            agents.insert(0, ("mikkel" if agents[0][0] != "mikkel" else "aino", "no answer"))
        if chance.random() < 0.12:
            return stories.queue_call(company, outside, [("aino", "no answer")], queue=queue, at=at)
        return stories.queue_call(company, outside, agents, queue=queue, at=at, talks=talks)
    if kind < 0.75:
        missed = chance.random() < 0.14
        return stories.call(
            company, outside, "ingrid" if chance.random() < 0.7 else chance.choice(people), at=at, direction="inbound",
            rings=chance.choice((3.0, 5.0, 9.0)), talks=None if missed else talks, outcome="missed",
        )  # fmt: skip
    colleague = chance.choice(people)
    pair = ("ingrid", colleague) if chance.random() < 0.5 else (colleague, "ingrid")
    return stories.call(company, pair[0], pair[1], at=at, rings=4.0, talks=talks / 2)


def _story(company: stories.Company, at: float) -> list[AnyEvent]:
    """A customer comes by the menu to the workshop, where the first to be asked is busy with a wheel; Ingrid takes over."""
    call, caller, who = "story", _known(2), company.party
    queue = f"{company.tenant.slug}-workshop"
    mikkel, ingrid, aino = who("mikkel"), who("ingrid"), who("aino")
    up = at + 47
    end = up + 214
    return [
        CallStarted(call, at, tenant=company.tenant.id, direction="inbound", caller=caller, dialled=ADDRESS),
        CallRouted(call, at, to="menu:front", why="number"),
        CallGreeted(call, at + 0.4),
        CallRouted(call, at + 9, to="queue:workshop", why="key 1"),
        QueueEntered(call, at + 9, queue=queue, name="workshop", position=2),
        AgentOffered(call, at + 12, queue=queue, offer="o1", agent=mikkel),
        LegOffered(call, at + 12, leg="a", to=mikkel),
        LegRinging(call, at + 12.3, leg="a"),
        LegEnded(call, at + 27, leg="a", status=487, reason="no answer"),
        AgentOfferEnded(call, at + 27, offer="o1", how="no answer"),
        AgentOffered(call, at + 28, queue=queue, offer="o2", agent=aino),
        LegOffered(call, at + 28, leg="b", to=aino),
        LegRinging(call, at + 28.2, leg="b"),
        LegEnded(call, at + 33, leg="b", status=486, reason="declined"),
        AgentOfferEnded(call, at + 33, offer="o2", how="declined"),
        AgentOffered(call, at + 34, queue=queue, offer="o3", agent=ingrid),
        LegOffered(call, at + 34, leg="c", to=ingrid),
        LegRinging(call, at + 34.2, leg="c"),
        LegAnswered(call, up, leg="c", to=ingrid),
        QueueLeft(call, up, queue=queue, why="answered"),
        AgentOfferEnded(call, up, offer="o3", how="answered"),
        CallHeld(call, up + 62, by="callee"),
        CallResumed(call, up + 97, by="callee"),
        CallQuality(call, end, side="caller", packets=10_700, lost=9, jitter_ms=3.1, mos=4.3),
        CallQuality(call, end, side="callee", packets=10_690, lost=3, jitter_ms=1.8, mos=4.4),
        LegEnded(call, end, leg="c", status=200, reason="hung up"),
        CallEnded(call, end, outcome="answered", by="caller", end_reason="hung up"),
    ]


def _furnish(company: stories.Company) -> None:
    """Ingrid helps out in the workshop's queue, and so sees it."""
    document = administration.access_document(company.ingrid)
    queue = next(each for each in document["queues"] if each["name"] == "workshop")
    members = [*queue["members"], {"person": "ingrid", "order": 9}]
    administration.do_save(company.ingrid, "queues", "workshop", queue | {"members": members})
