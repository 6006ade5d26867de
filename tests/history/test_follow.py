"""From the journal to the tables: every call once, whenever the process dies."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.history.stories import NOON, Company, call, company, interleaved, record_of
from tests.keys import journal_in

from svara.calls.events import AnyEvent, CallEnded, CallStarted, LegOffered, Party
from svara.calls.journal import Journal
from svara.clock import VirtualClock
from svara.history.follow import Follower
from svara.history.models import Call, JournalPlace, OpenCall, Participant
from svara.history.outside import Outsiders
from svara.history.record import CallRecord
from svara.history.rows import details_of

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What `kill -9` looks like from inside a test."""


@pytest.fixture
def acme() -> Company:
    return company("acme")


@contextmanager
def journal(folder: Path, **options: int) -> Iterator[Journal]:
    opened = Journal(journal_in(folder), **options)
    try:
        yield opened
    finally:
        opened.close()


def write(folder: Path, events: list[AnyEvent], **options: int) -> None:
    with journal(folder, **options) as opened:
        for event in events:
            opened.write([event])


def follow(folder: Path, clock: VirtualClock | None = None, max_events: int = 1000) -> list[CallRecord]:
    """A fresh process that reads to the end."""
    follower = Follower(journal_in(folder), (clock or VirtualClock()).monotonic)
    follower.load()
    records: list[CallRecord] = []
    while True:
        new, at_end = follower.step(max_events)
        records += new
        if at_end:
            return records


def rows() -> list[dict[str, object]]:
    return list(Call.all_tenants.order_by("id").values())


def test_a_call_from_oslo_to_bob_becomes_one_row_that_bob_can_be_found_by(acme: Company, tmp_path: Path) -> None:
    oslo = Party(number="+4722000001", name="Kari\0 Nordmann")
    write(tmp_path, call(acme, oslo, "bob", call="c1", direction="inbound", phones=2))
    [record] = follow(tmp_path)
    row = Call.of(acme.tenant).get()
    assert (row.id, row.caller_number, row.caller_name, row.outcome) == ("c1", "@0", "", "answered")
    assert Outsiders(acme.tenant.id, ["c1"]).party("c1", "@0") == ("+4722000001", "Kari Nordmann")
    assert (row.callee_person, row.callee_name) == (acme.bob.id, ""), "a colleague's name stands in the directory only"
    assert [(leg.to.login, leg.to.name) for leg in details_of(row).legs] == [("acme-bob", "")] * 2
    assert list(Participant.objects.values_list("person", "part")) == [(acme.bob.id, "answered")]
    assert record.people == {acme.bob.id: "answered"}


def test_what_was_read_is_not_read_again(acme: Company, tmp_path: Path) -> None:
    write(tmp_path, call(acme, "anna", "bob"))
    assert len(follow(tmp_path)) == 1
    assert follow(tmp_path) == []


def test_events_appear_while_history_follows(acme: Company, tmp_path: Path) -> None:
    events = call(acme, "anna", "bob")
    follower = Follower(journal_in(tmp_path), VirtualClock().monotonic)
    follower.load()
    with journal(tmp_path) as opened:
        for event in events[:-1]:
            opened.write([event])
            assert follower.step() == ([], True)
        opened.write(events[-1:])
        [record] = follower.step()[0]
    assert record.talk_seconds == 60.0


def test_a_call_of_a_company_that_was_removed_holds_nobody_up(acme: Company, tmp_path: Path) -> None:
    gone = company("gone")
    write(tmp_path, [*call(gone, "anna", "bob"), *call(acme, "anna", "bob")])
    gone.tenant.delete()
    follow(tmp_path)
    assert Call.all_tenants.count() == 1


def test_a_long_call_does_not_keep_the_journal_and_survives_a_restart(acme: Company, tmp_path: Path) -> None:
    clock = VirtualClock()
    long = call(acme, "anna", "bob", call="long", talks=36_000.0)
    follower = Follower(journal_in(tmp_path), clock.monotonic)
    follower.load()
    with journal(tmp_path, segment_bytes=2000) as opened:
        for event in long[:4]:
            opened.write([event])
        for _ in range(10):
            for event in call(acme, "cecilie", "dag"):
                opened.write([event])
        follower.step()
        assert journal_in(tmp_path).numbers()[0] == 1, "the start of the open call is still needed"
        clock.advance(31.0)
        follower.step()
        assert journal_in(tmp_path).numbers()[0] > 1, "it is stored now, and its part of the journal is gone"
        assert OpenCall.objects.get().call == "long"
        for event in long[4:]:
            opened.write([event])
    [record] = follow(tmp_path)
    assert (record.id, record.talk_seconds, record.caller.person) == ("long", 36_000.0, acme.anna.id)
    assert not OpenCall.objects.exists()
    assert Call.all_tenants.count() == 11


def test_another_journal_in_the_folder_is_read_from_its_start(acme: Company, tmp_path: Path) -> None:
    JournalPlace.objects.create(segment=500, offset=7)
    write(tmp_path, call(acme, "anna", "bob"))
    assert len(follow(tmp_path)) == 1


def test_killed_at_any_statement_no_call_is_lost_or_doubled(acme: Company, tmp_path: Path) -> None:
    events = list(interleaved(*(call(acme, "anna", "bob", call=f"c{n}", at=NOON + 7 * n, phones=2) for n in range(6))))
    write(tmp_path, events, segment_bytes=1500)
    deaths = 0

    def die(execute, sql, params, many, context):
        nonlocal left, deaths
        left -= 1
        if left == 0:
            deaths += 1
            raise Killed
        return execute(sql, params, many, context)

    clock = VirtualClock()
    for statement in range(1, 400):
        left = statement
        follower = Follower(journal_in(tmp_path), clock.monotonic, save_after_seconds=3.0)
        try:
            with connection.execute_wrapper(die):
                follower.load()
                while not follower.step(max_events=5)[1]:
                    clock.advance(1.0)
        except Killed:
            continue
        break
    assert deaths > 10
    assert [row["id"] for row in rows()] == [f"c{n}" for n in range(6)]
    assert {row["talk_seconds"] for row in rows()} == {60.0}
    assert Participant.objects.count() == 12
    assert not OpenCall.objects.exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 30), min_size=1, max_size=8))
def test_wherever_it_stops_the_rows_are_those_of_an_undisturbed_run(
    acme: Company, tmp_path_factory: pytest.TempPathFactory, seed: int, sizes: list[int]
) -> None:
    for table in (Participant, Call.all_tenants, OpenCall, JournalPlace):
        getattr(table, "objects", table).all().delete()
    folder = tmp_path_factory.mktemp("journal")
    dice, clock = random.Random(seed), VirtualClock()
    calls = [
        call(
            acme,
            "anna",
            "bob",
            call=f"c{n}",
            at=NOON + dice.uniform(0, 50),
            talks=dice.choice([None, 3.0, 80.0]),
            outcome="missed",
        )
        for n in range(8)
    ]
    events = list(interleaved(*calls))
    follower = Follower(journal_in(folder), clock.monotonic)
    follower.load()
    with journal(folder, segment_bytes=1200) as opened:
        while events:
            size = dice.choice(sizes)
            opened.write(events[:size])
            del events[:size]
            clock.advance(dice.choice([0.1, 20.0]))
            follower.step(dice.choice([1, 7, 1000]))
            if dice.random() < 0.4:
                follower = Follower(journal_in(folder), clock.monotonic)
                follower.load()
        while not follower.step()[1]:
            pass
    expected = [record_of(*events) for events in calls]
    assert {row["id"]: (row["outcome"], row["wait_seconds"], row["talk_seconds"]) for row in rows()} == {
        record.id: (record.outcome, record.wait_seconds, record.talk_seconds) for record in expected
    }
    assert not OpenCall.objects.exists()


FOLLOW = """
import sys, pathlib, django
django.setup()
from svara.history.thread import FollowerThread
from tests.keys import ROLE, journal_in
thread = FollowerThread(journal_in(pathlib.Path(sys.argv[1])), lambda: ROLE, on_records=lambda records: None)
thread.start()
print("following", flush=True)
thread.join()
"""


ACME = """\
import django
django.setup()
from svara.people.models import Tenant
Tenant.objects.create(id="t1", slug="acme", name="Acme", country="NO", timezone="Europe/Oslo")
"""


@pytest.mark.django_db(transaction=False)
def test_a_real_process_killed_again_and_again(tmp_path: Path) -> None:
    """`kill -9` at random moments while 600 calls happen: at the end there are 600 rows."""
    folder, dice = tmp_path / "journal", random.Random(4)
    folder.mkdir()
    environment = {**os.environ, "SVARA_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    environment.pop("SVARA_DATABASE_URL", None)

    def python(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.PIPE)

    assert python("-m", "django", "migrate", "--verbosity=0", "--skip-checks").wait() == 0
    assert python("-c", ACME).wait() == 0
    database = sqlite3.connect(tmp_path / "svara.sqlite3", timeout=20)
    nobody = Party(number="101", person="p1")
    calls = [
        [
            CallStarted(f"c{n}", NOON + n, tenant="t1", caller=nobody, dialled="102"),
            LegOffered(f"c{n}", NOON + n, leg="1", to=nobody),
            CallEnded(f"c{n}", NOON + n + 2, outcome="missed", end_reason="no answer"),
        ]
        for n in range(600)
    ]
    with journal(folder, segment_bytes=8000) as opened:
        for events in (calls[n : n + 100] for n in range(0, 600, 100)):
            process = python("-c", FOLLOW, str(folder))
            assert process.stdout is not None
            assert process.stdout.readline() == b"following\n"
            for event in interleaved(*events):
                opened.write([event])
                if dice.random() < 0.02:
                    time.sleep(0.005)
            time.sleep(dice.uniform(0, 0.1))
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
    last = python("-c", FOLLOW, str(folder))
    deadline = time.monotonic() + 20
    while database.execute("SELECT count(*) FROM history_call").fetchone() != (600,) and time.monotonic() < deadline:
        time.sleep(0.02)
    last.kill()
    last.wait()
    assert database.execute("SELECT count(*), count(DISTINCT id), sum(wait_seconds) FROM history_call").fetchone() == (
        600,
        600,
        1200.0,
    )
    assert database.execute("SELECT count(*) FROM history_participant").fetchone() == (600,)
    database.close()
