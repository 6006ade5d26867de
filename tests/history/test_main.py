"""The jobs process: a hang-up is in the tables, and told to everybody, within a second."""

from __future__ import annotations

import asyncio
import threading
import time

import msgspec
import pytest
import uvloop
from django.db import OperationalError
from tests.history.stories import call, company

from svara.bus import connect
from svara.bus.hub import Hub
from svara.bus.port import Event
from svara.calls.commands import Recorded
from svara.calls.journal import Journal
from svara.calls.segments import JournalFolder
from svara.data import DataFolder
from svara.history import follow, thread
from svara.history.health import SERVICE, HistoryHealth
from svara.history.main import main
from svara.history.models import Call
from svara.history.record import CallRecord
from svara.privacy import vault


def journal_of(data: DataFolder) -> JournalFolder:
    """The journal as the calls process opens it."""
    return JournalFolder(data.journal, data.call_keys, vault.current().role_key())


@pytest.mark.django_db(transaction=True)
def test_the_record_stands_within_a_second_after_the_hang_up(data_folder: DataFolder) -> None:
    acme = company("acme")

    async def story() -> None:
        hub = Hub(data_folder.bus_socket)
        await hub.start()
        stop, ready = asyncio.Event(), asyncio.Event()
        jobs = asyncio.create_task(main(data_folder, {}, stop, ready.set))
        bus, journal = connect(data_folder), Journal(journal_of(data_folder))
        async with bus.subscribe("call") as news:
            await asyncio.wait_for(ready.wait(), 5)
            await asyncio.sleep(0.2)  # the subscription has reached the hub
            journal.write(call(acme, "anna", "bob", call="c1"))
            hung_up = time.monotonic()
            told = await asyncio.wait_for(anext(aiter(news)), 5)
            assert time.monotonic() - hung_up < 1.0
        assert isinstance(told, Event)
        assert told.topic == "call.recorded"
        recorded = msgspec.msgpack.decode(told.payload, type=Recorded)
        assert (recorded.id, recorded.tenant) == ("c1", acme.tenant.id)
        assert set(recorded.people) == {acme.anna.id, acme.bob.id}
        assert await Call.all_tenants.filter(id="c1").aexists(), "it is there before it is told"
        health = msgspec.msgpack.decode(await bus.request(SERVICE, b""), type=HistoryHealth)
        assert (health.open_calls, health.recorded) == (0, 1)
        assert health.lag_seconds < 1.0
        assert 0 < health.started_at <= time.time()
        began = time.monotonic()
        stop.set()
        await jobs
        assert time.monotonic() - began < 1.0
        journal.close()
        await bus.close()
        await hub.close()

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await story()

    uvloop.run(bounded())


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_while_costs_no_record(
    data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = company("acme")
    journal = Journal(journal_of(data_folder))
    journal.write(call(acme, "anna", "bob", call="c1"))
    journal.close()
    monkeypatch.setattr(thread, "RETRY_SECONDS", 0.01)
    write, away = follow.write_records, iter([OperationalError("database is locked"), OperationalError(), ValueError()])

    def sometimes(records: list[CallRecord]) -> None:
        for error in away:
            raise error
        write(records)

    monkeypatch.setattr(follow, "write_records", sometimes)
    told: list[str] = []
    recorded = threading.Event()

    def tell(records: list[CallRecord]) -> None:
        told.extend(record.id for record in records)
        recorded.set()

    follower = thread.FollowerThread(
        JournalFolder(data_folder.journal, data_folder.call_keys), vault.current().role_key, tell
    )
    follower.start()
    assert recorded.wait(10)
    follower.stop()
    follower.join()
    assert told == ["c1"]
    assert Call.all_tenants.count() == 1
