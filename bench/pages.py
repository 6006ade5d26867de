"""How long the server takes for its pages, with the demo's data a thousand times: every page that can be asked for.

A company of a thousand people and four hundred days of calls in a database of its own, with what comes with them (voice
messages, missed callers, waits and offers of queues, the log of who saw what). Which pages there are is read from the
addresses and from the links on the pages; each is asked for as an administrator, a supervisor, an agent and a member get it,
in this process: from the request to the last octet of the answer, without a network.
"""

from __future__ import annotations

import gc
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.report import Figure, percentile

MAX_P95_MS = 100.0
PEOPLE, CALLS, DAYS = 1000, 300_000, 400
QUEUES, AGENTS = 10, 25
SEEN, CHANGES, MESSAGES = 200_000, 5_000, 20_000
ASKED = 25
"""So often a page is asked for, after once for what the process keeps."""
SHOWN = 20
"""So many of the slowest pages are listed."""
SEARCHES = (
    "/history/?search=%2B4722",  # part of a number, as many have it
    "/history/?search=40000",
    "/history/?search=99887766",  # nobody's
    "/history/?search=Person+77",
    "/history/?search=Kari",
    "/history/?outcome=rejected",
    "/history/?person=p7&outcome=missed",
    "/palette/?q=person+5",
    "/palette/?q=4722",
    "/people/?q=person+7",
    "/phone/found/?q=person",
    "/administration/people/?q=person+7",
)
_HERE = "import sys; from bench import pages; pages.{what}(*sys.argv[1:])"


@dataclass(frozen=True, slots=True)
class _Answers:
    """What a page took each time, and what of that was the processor's, in milliseconds."""

    who: str
    path: str
    size: int
    took: list[float]
    spent: list[float]

    @classmethod
    def read(cls, line: str) -> _Answers:
        _, who, path, size, took, spent = line.split("\t")
        return cls(who, path, int(size), [*map(float, took.split())], [*map(float, spent.split())])


def measure(folder: Path) -> list[Figure]:
    data = folder / "data"
    _run("fill", data)
    found = [_Answers.read(line) for line in _run("ask", data).splitlines() if line.startswith("page\t")]
    found.sort(key=lambda one: -percentile(one.took, 0.95))
    every, spent = [each for one in found for each in one.took], [each for one in found for each in one.spent]
    figures = [
        Figure("pages", len(found), "", note=f"asked for {ASKED} times each"),
        Figure("all answers, p50", percentile(every, 0.5), "ms"),
        Figure("all answers, p95", percentile(every, 0.95), "ms", MAX_P95_MS),
        Figure("all answers, CPU p95", percentile(spent, 0.95), "ms"),
    ]
    for one in found[:SHOWN]:
        note = (
            f"p50 {percentile(one.took, 0.5):.0f} ms, CPU p95 {percentile(one.spent, 0.95):.0f} ms, {one.size} kB, {one.who}"
        )
        figures.append(Figure(f"p95 of {one.path}", percentile(one.took, 0.95), "ms", MAX_P95_MS, note=note))
    return figures


def _run(what: str, data: Path) -> str:
    """In a process of its own, whose database is in `data`; its words."""
    environment = os.environ | {"SVARA_DATA": str(data), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.run(
        [sys.executable, "-c", _HERE.format(what=what)], env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def fill() -> None:
    """Make the company, in the database of this process."""
    import django  # noqa: PLC0415

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from svara.cli import demo  # noqa: PLC0415
    from svara.people.models import Tenant  # noqa: PLC0415

    settings.DATA.create()
    call_command("migrate", verbosity=0)
    demo.install()
    tenant = Tenant.objects.get(slug=demo.office().tenant.slug)
    people, queues = _people(tenant)
    _calls(tenant, people, queues)
    _beside(tenant, people)


def _people(tenant: Any) -> tuple[list[Any], list[Any]]:
    from svara.people.models import Account, Phone, Queue, QueueMember  # noqa: PLC0415

    roles = {0: ["admin", "privacy-officer"], 1: ["supervisor"]}
    people = Account.all_tenants.bulk_create(
        Account(
            tenant=tenant,
            username=f"p{n}",
            name=f"Person {n} Nordmann",
            email=f"p{n}@fjellvik.example",
            extension=str(2000 + n),
            roles=roles.get(n, ["agent"] if n < QUEUES * AGENTS else ["member"]),
        )
        for n in range(PEOPLE)
    )
    Phone.all_tenants.bulk_create(
        Phone(tenant=tenant, account=each, login=f"fjellvik-{each.username}", ha1={"MD5": "0" * 32}) for each in people
    )
    shared = {"ring_seconds": 15, "retry_seconds": 1, "wrap_up_seconds": 0, "announce_every_seconds": 45, "priority": 0}
    more = {"auto_pause_after": 0, "relax_seconds": 30, "service_level_seconds": 20, "record": False}
    queues = Queue.all_tenants.bulk_create(
        Queue(
            tenant=tenant,
            name=f"queue-{n}",
            extension=str(6000 + n),
            strategy="longest-idle",
            announce_position=False,
            **shared,
            **more,
        )
        for n in range(QUEUES)
    )
    QueueMember.all_tenants.bulk_create(
        QueueMember(tenant=tenant, queue=queue, account=people[number * AGENTS + n], order=n, weight=1)
        for number, queue in enumerate(queues)
        for n in range(AGENTS)
    )
    return people, queues


def _calls(tenant: Any, people: list[Any], queues: list[Any]) -> None:
    from django.db import transaction  # noqa: PLC0415

    from svara.history.fold import Fold  # noqa: PLC0415
    from svara.history.rows import write_records  # noqa: PLC0415

    dice = random.Random(7)
    batch, now = [], time.time()
    for number in range(CALLS):
        at = now - DAYS * 86400 * (1 - number / CALLS)
        fold = Fold(f"{number:012x}")
        for event in _call(dice, tenant, people, queues, number, at):
            fold.add(event)
        batch.append(fold.record())
        if len(batch) == 5000 or number == CALLS - 1:
            with transaction.atomic():
                write_records(batch)
            batch.clear()


def _call(dice: random.Random, tenant: Any, people: list[Any], queues: list[Any], number: int, at: float) -> Iterator[Any]:
    """Four in ten are between colleagues, as many come from outside to somebody, two to a queue; each seventh is missed."""
    from svara.calls.events import (  # noqa: PLC0415
        AgentOffered,
        AgentOfferEnded,
        CallEnded,
        CallQuality,
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

    call, kind, missed = f"{number:012x}", number % 10, number % 7 == 0
    line = number // 10 % QUEUES
    two = people[line * AGENTS + dice.randrange(AGENTS)] if kind > 7 else dice.choice(people)
    side = Party(number=two.extension, name=two.name, person=two.id, login=f"fjellvik-{two.username}")
    if kind < 4:
        one = dice.choice(people)
        caller = Party(number=one.extension, name=one.name, person=one.id, login=f"fjellvik-{one.username}")
    else:
        who = dice.randrange(20_000)
        caller = Party(number=f"+4722{who:06}" if who % 3 else f"+4640{who:07}", name=f"Kari {who}")
    talk, up = dice.expovariate(1 / 180), at + dice.uniform(2, 20)
    end, outcome = (at + 25, "missed") if missed else (up + talk, "answered")
    yield CallStarted(
        call,
        at,
        tenant=tenant.id,
        direction="internal" if kind < 4 else "inbound",
        caller=caller,
        dialled=side.number if kind < 8 else "+46846500400",
        callee=side if kind < 8 else None,
    )
    if kind > 7:
        queue = queues[line]
        yield CallRouted(call, at, to=f"queue:{queue.name}", why="number")
        yield QueueEntered(call, at, queue=queue.id, name=queue.name, position=1)
        yield AgentOffered(call, at + 1, queue=queue.id, offer=f"o{number}", agent=side)
    yield LegOffered(call, at + 1, leg="0", to=side)
    yield LegRinging(call, at + 1.2, leg="0")
    if not missed:
        yield LegAnswered(call, up, leg="0", to=side)
    if kind > 7:
        yield AgentOfferEnded(call, end if missed else up, offer=f"o{number}", how="no answer" if missed else "answered")
        yield QueueLeft(call, end if missed else up, queue=queue.id, why="abandoned" if missed else "answered")
    yield LegEnded(call, end, leg="0", status=487 if missed else 200, reason="no answer" if missed else "hung up")
    if not missed:
        for who in ("caller", "callee"):
            yield CallQuality(call, end, side=who, packets=5000, lost=4, jitter_ms=2.4, mos=4.3)
    outcome = "abandoned" if missed and kind > 7 else outcome
    yield CallEnded(call, end, outcome=outcome, by="caller", end_reason="hung up")


def _beside(tenant: Any, people: list[Any]) -> None:
    """What comes with people and calls."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from svara.people.models import OfficeChange  # noqa: PLC0415
    from svara.privacy.audit.models import Chain, Concerned, Entry  # noqa: PLC0415
    from svara.privacy.functions.port import do_switch  # noqa: PLC0415
    from svara.privacy.functions.registry import STATISTICS  # noqa: PLC0415
    from svara.privacy.registers.models import Case  # noqa: PLC0415
    from svara.voicemail.models import Message  # noqa: PLC0415

    now, dice = datetime.now(UTC), random.Random(8)
    for each in people[: QUEUES * AGENTS]:
        do_switch(each, STATISTICS, True)
    Message.all_tenants.bulk_create(
        (
            Message(
                id=f"{n:032x}",
                tenant=tenant,
                box=f"person:{who.id}",
                account=who,
                call_id=f"vm-{n}",
                left_at=now - timedelta(hours=n / 10),
                caller_person=dice.choice(people).id,
                caller_number="2001",
                seconds=20.0,
                file=f"voicemail/{n}.wav",
            )
            for n in range(MESSAGES)
            for who in (people[n % PEOPLE if n % 4 else n // 4 % 3],)
        ),
        batch_size=2000,
    )
    OfficeChange.all_tenants.bulk_create(
        (
            OfficeChange(
                tenant=tenant,
                account=people[0],
                origin="page",
                lines=[f"~ person p{n % PEOPLE}: Person {n}"],
                before={"people": {f"p{n % PEOPLE}": None}},
                after={"people": {f"p{n % PEOPLE}": {"name": "x"}}},
            )
            for n in range(CHANGES)
        ),
        batch_size=2000,
    )
    Case.all_tenants.bulk_create(
        Case(
            tenant=tenant,
            kind="access",
            person=people[n].id,
            name=people[n].name,
            text="What is stored about me?",
            opened_at=now - timedelta(days=n),
            due_on=(now + timedelta(days=30 - n)).date(),
        )
        for n in range(200)
    )
    last = Entry.all_tenants.filter(tenant=tenant).count()
    entries = Entry.all_tenants.bulk_create(
        (
            Entry(
                tenant=tenant,
                number=last + n + 1,
                at=now - timedelta(minutes=SEEN - n),
                actor=f"person:{people[n % 40].id}",
                act="view",
                what="call" if n % 3 else "page",
                count=1 + n % 50,
                subjects=[f"person:{dice.choice(people).id}"],
                hash="0" * 64,
            )
            for n in range(SEEN)
        ),
        batch_size=5000,
    )
    Concerned.all_tenants.bulk_create(
        (Concerned(tenant=tenant, entry_id=each.id, subject=each.subjects[0]) for each in entries), batch_size=5000
    )
    Chain.all_tenants.update_or_create(tenant=tenant, defaults={"number": last + SEEN, "hash": "0" * 64})


def ask() -> None:
    """Ask for every page, and say how long each took."""
    import django  # noqa: PLC0415

    django.setup()
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from svara.cli import query_plans  # noqa: PLC0415
    from svara.people import signin  # noqa: PLC0415
    from svara.people.models import Account  # noqa: PLC0415
    from svara.web.urls import urlpatterns  # noqa: PLC0415

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    query_plans.learn()  # as the jobs process does every hour
    own = [f"/{pattern.pattern}" for pattern in urlpatterns if "<" not in str(pattern.pattern)]
    for who, username in (("administrator", "p0"), ("supervisor", "p1"), ("agent", "p30"), ("member", "p900")):
        browser = Client(headers={"accept-language": "en"}, raise_request_exception=False)
        browser.force_login(Account.all_tenants.get(username=username), backend=signin.BACKEND)
        waiting, seen = [*own, *SEARCHES], set[str]()
        while waiting:
            path = waiting.pop(0)
            kind = path if path in SEARCHES else _kind(path)
            if not kind or kind in seen:
                continue
            seen.add(kind)
            answer = browser.get(path)
            gc.collect()
            gc.freeze()  # as a process that serves: what is there to stay is not looked through again
            if answer.status_code != 200 or answer.streaming or "text/html" not in answer["Content-Type"]:
                continue
            waiting += [unescape(link) for link in re.findall(r'href="(/[^"#]*)', answer.content.decode())]
            took, spent = zip(*(_milliseconds(browser, path) for _ in range(ASKED)), strict=True)
            print(
                "page",
                who,
                path,
                len(answer.content) // 1024,
                *(" ".join(map(str, each)) for each in (took, spent)),
                sep="\t",
            )


def _milliseconds(browser: Any, path: str) -> tuple[float, float]:
    began, cpu = time.perf_counter(), time.process_time()
    browser.get(path)
    return round(1000 * (time.perf_counter() - began), 2), round(1000 * (time.process_time() - cpu), 2)


def _kind(path: str) -> str:
    """Which page this is, whatever it is about."""
    from django.urls import Resolver404, resolve  # noqa: PLC0415

    parts = urlsplit(path)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return ""
    asked = "&".join(sorted(key for key in parse_qs(parts.query) if key != "next"))
    return f"{match.url_name} {match.kwargs.get('section', '')} {asked}"
