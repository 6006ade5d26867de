"""People outside in records of calls: sealed under their own key, found by their number, gone with their key."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from tests.history.stories import NOON, Company, call, company, happened, queue_call, queue_of

from svara.calls.events import AnyEvent, CallbackAsked, CallEnded, CallRouted, CallStarted, LegAnswered, LegOffered, Party
from svara.data import DataFolder
from svara.history.access import access_call, access_calls
from svara.history.fold import Fold
from svara.history.missed import access_missed
from svara.history.models import MissedCaller, OutsideParty
from svara.history.outside import Outsiders, sever
from svara.history.record import CallRecord
from svara.privacy import vault
from svara.privacy.functions.outside import subject_of
from svara.privacy.vault.master import new_key

KARI = Party(number="+4791234567", name="Kari Planted-Nordmann")
OLE = Party(number="+4787654321", name="Ole Planted-Dahl")


@pytest.fixture
def acme(db: None) -> Company:
    return company("acme")


def called_out(company: Company, dialled: str = "91234567", id_: str = "out", at: float = NOON) -> list[AnyEvent]:
    """Anna calls Kari, who picks up."""
    tenant, anna = company.tenant.id, company.party("anna")
    return [
        CallStarted(id_, at, tenant=tenant, direction="outbound", caller=anna, dialled=dialled, callee=KARI),
        LegOffered(id_, at, leg="0", to=Party(number=KARI.number)),
        LegAnswered(id_, at + 3, leg="0", to=Party(number=KARI.number)),
        CallEnded(id_, at + 60, outcome="answered", by="caller", end_reason="hung up"),
    ]


@pytest.mark.claim("PHO-13")
def test_callers_and_called_people_are_shown_to_who_may_see_them_and_stored_sealed(acme: Company) -> None:
    happened(call(acme, KARI, "bob", call="in", direction="inbound"), called_out(acme))
    seen = access_call(acme.anna, "in")
    assert (seen.item.caller.number, seen.item.caller.name) == (KARI.number, KARI.name)
    out = access_call(acme.anna, "out")
    assert (out.item.callee.number, out.item.callee.name, out.dialled) == (KARI.number, KARI.name, "91234567")
    assert [leg.to.number for leg in out.legs] == [KARI.number]
    with connection.cursor() as cursor:
        for table in ("history_call", "history_outsideparty"):
            cursor.execute(f"SELECT * FROM {table}")
            there = repr(cursor.fetchall())
            assert "91234567" not in there
            assert "Planted" not in there
    assert set(OutsideParty.of(acme.tenant).values_list("call_id", "n", "part")) == {
        ("in", 0, "caller"),
        ("out", 0, "callee"),
    }
    assert len(set(OutsideParty.of(acme.tenant).values_list("index", flat=True))) == 1, "it is the same person"


def test_whoever_stays_unknown_is_about_nobody_and_colleagues_stay_as_they_are(acme: Company) -> None:
    unknown = Party(number="anonymous", name="Anonymous")
    happened(call(acme, unknown, "bob", call="hidden", direction="inbound"), call(acme, "anna", "bob", call="inside"))
    assert not OutsideParty.all_tenants.exists()
    assert access_call(acme.anna, "hidden").item.caller.name == "Anonymous"
    assert access_call(acme.anna, "inside").item.caller.number == "101"


def test_everywhere_in_a_record_the_same_person_is_one(acme: Company) -> None:
    events = [
        *queue_call(acme, KARI, [("bob", "answered")], call="q"),
        CallRouted("q", NOON + 1, to=f"number:{OLE.number}", why="no answer"),
        CallbackAsked("q", NOON + 2, queue="q1", number=KARI.number),
    ]
    fold = Fold("q")
    for event in events:
        fold.add(event)
    record = fold.record()
    assert isinstance(record, CallRecord)
    severed, met = sever(record)
    assert [(one.number, part) for one, part in met] == [(KARI.number, "caller"), (OLE.number, "other")]
    assert (severed.caller.number, severed.callback_number) == ("@0", "@0")
    assert [stop.to for stop in severed.stops if stop.to.startswith("number")] == ["number:@1"]
    happened(events)
    shown = access_call(acme.anna, "q")
    assert shown.callback_number == KARI.number
    assert f"number:{OLE.number}" in [stop.to for stop in shown.stops]


@pytest.mark.parametrize(
    "text", [KARI.number, "91234567", "1234", "912 34 567", "planted-nord", "PLANTED-NORD", "Kari", "+47 912"]
)
def test_somebody_is_found_by_number_part_of_it_or_name(acme: Company, text: str) -> None:
    happened(
        call(acme, KARI, "bob", call="kari", direction="inbound"),
        call(acme, OLE, "bob", call="ole", at=NOON + 100, direction="inbound"),
        called_out(acme),
    )
    assert {item.id for item in access_calls(acme.anna, search=text).items} == {"kari", "out"}
    assert [item.id for item in access_calls(acme.bob, search=text).items] == ["kari"]
    assert access_calls(acme.anna, search="nobody has this").items == ()


def test_a_search_looks_at_some_calls_at_once_and_goes_on_where_it_stopped(
    acme: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("svara.history.access.MOST_SEARCHED", 4)
    happened(
        *(
            call(acme, KARI if n % 5 == 0 else OLE, "bob", call=f"c{n:02}", at=NOON + n, direction="inbound")
            for n in range(20)
        )
    )
    for actor in (acme.anna, acme.bob):
        found, pages, cursor = [], 0, None
        while True:
            page = access_calls(actor, search="Nordmann", cursor=cursor, limit=3)
            found += [item.id for item in page.items]
            pages, cursor = pages + 1, page.next
            if cursor is None:
                break
        assert found == ["c15", "c10", "c05", "c00"]
        assert pages > 3
        assert [item.id for item in access_calls(actor, search=KARI.number).items] == found, (
            "a whole number is found at once"
        )


@pytest.mark.claim("PHO-13")
def test_a_destroyed_key_erases_them_and_the_call_stays(acme: Company) -> None:
    happened(
        call(acme, KARI, "bob", call="in", direction="inbound"), call(acme, OLE, "bob", call="ole", direction="inbound")
    )
    vault.current().destroy(acme.tenant.id, subject_of(acme.tenant.id, KARI.number))
    caller = access_call(acme.anna, "in").item.caller
    assert (caller.number, caller.name) == ("", "Erased")
    assert access_call(acme.anna, "ole").item.caller.number == OLE.number
    assert len(access_calls(acme.anna).items) == 2
    assert access_calls(acme.anna, search="Nordmann").items == ()


def test_a_missed_caller_is_one_entry_and_closes_when_somebody_reaches_that_number(acme: Company) -> None:
    queue_of(acme, "bob")
    for id_, at in (("q1", NOON), ("q2", NOON + 300)):
        happened(queue_call(acme, KARI, [("bob", "no answer")], call=id_, at=at, talks=None))
    rows = list(MissedCaller.of(acme.anna))
    assert len({row.index for row in rows}) == 1
    assert all(b"Planted" not in bytes(row.sealed) for row in rows)
    [entry] = access_missed(acme.cecilie)
    assert (entry.number, entry.name, entry.tries) == (KARI.number, KARI.name, 2)
    happened(called_out(acme, id_="back", at=NOON + 900))
    assert access_missed(acme.cecilie) == []


def test_while_the_company_has_its_key_records_lack_who_it_was_and_pages_say_so(acme: Company) -> None:
    happened(call(acme, KARI, "bob", call="before", direction="inbound"))
    queue_of(acme, "bob")
    keeping, key = vault.current().keeping, new_key()
    keeping.bring(acme.tenant.id, key)
    keeping.take_away(acme.tenant.id)
    happened(
        call(acme, OLE, "bob", call="meanwhile", at=NOON + 100, direction="inbound"),
        queue_call(acme, OLE, [("bob", "no answer")], call="q", at=NOON + 200, talks=None),
    )
    items = {item.id: item.caller for item in access_calls(acme.anna).items}
    assert items["before"].name == "The company's key is away"
    assert (items["meanwhile"].number, items["meanwhile"].name) == ("", "Not kept")
    assert access_calls(acme.anna, search="91234567").items == ()
    assert [one.number for one in access_missed(acme.cecilie)] == [""]
    keeping.bring(acme.tenant.id, key)
    assert access_call(acme.anna, "before").item.caller.number == KARI.number


def test_marks_of_strangers_are_not_taken_for_ours(acme: Company) -> None:
    happened(call(acme, Party(number="@0", name="Eve"), "bob", call="eve", direction="inbound"), called_out(acme, "@0"))
    assert access_call(acme.anna, "eve").item.caller.number == "@0"
    assert Outsiders(acme.tenant.id, ["eve"]).party("out", "@0")[1] == "Not kept"


OLD_OFFICE = """
import django
django.setup()
from django.db import connection
from tests.migrated import one_by_one
executor = one_by_one(connection)
newest = dict(executor.loader.graph.leaf_nodes()) | {"history": "0003_subjects", "voicemail": "0002_subjects"}
executor.migrate(list(newest.items()))
from tests.history.stories import company
print(company("acme").tenant.id)
"""
UPDATED = """
import django, json
django.setup()
from svara.history.access import access_call, access_calls
from svara.history.models import MissedCaller
from svara.people.models import Account
from svara.voicemail.models import Message
anna = Account.all_tenants.select_related("tenant").get(username="anna")
one, out = access_call(anna, "in"), access_call(anna, "out")
print(json.dumps([
    [one.item.caller.number, one.item.caller.name, one.item.callee.number, one.legs[0].to.number, out.dialled],
    [item.id for item in access_calls(anna, search="+4791234567").items],
    MissedCaller.all_tenants.get().index == Message.all_tenants.get().caller_index != "",
]))
"""
CLEAR = {
    "history_call": {
        "callee_name": "",
        "answered_number": "",
        "answered_name": "",
        "answered_person": "",
        "queue": "",
        "wait_seconds": 1,
        "caller_person": "",
        "callee_person": "",
        "talk_seconds": 2,
        "outcome": "missed",
        "ended_by": "caller",
        "started_at": "2026-11-01 12:00:00",
        "ended_at": "2026-11-01 12:00:01",
        "end_reason": "",
        "caller_name": "",
        "details": '{"legs":[{"leg":"0","to":{"number":"+4791234567"},"offered_at":1.0,"ended_at":2.0}]}',
    },
    "history_missedcaller": {
        "id": "in",
        "queue": "q1",
        "name": "support",
        "number": KARI.number,
        "caller_name": KARI.name,
        "wait_seconds": 3,
        "missed_at": "2026-11-01 12:00:01",
        "outcome": "abandoned",
        "state": "waiting",
        "claimed_by": "",
        "handled_by": "",
        "handled_call": "",
    },
    "voicemail_message": {
        "id": "m1",
        "box": "queue:q1",
        "call_id": "in",
        "caller_number": KARI.number,
        "caller_name": KARI.name,
        "seconds": 3,
        "caller_person": "",
        "left_at": "2026-11-01 12:00:01",
        "file": "f",
        "heard_by": "",
        "saved": 0,
    },
}
IN = {"id": "in", "direction": "inbound", "caller_number": KARI.number, "caller_name": KARI.name, "dialled": "+4722000000"}
OUT = {"id": "out", "direction": "outbound", "caller_number": "101", "callee_number": KARI.number, "dialled": "91234567"}


MORE: list[tuple[str, dict[str, str]]] = [("history_missedcaller", {}), ("voicemail_message", {})]


def run(data: Path, *arguments: str) -> str:
    environment = {"SVARA_DATA": str(data), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    paths = os.pathsep.join([*sys.path, str(Path(__file__).resolve().parents[2])])
    inherited = {key: value for key, value in os.environ.items() if key != "SVARA_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=inherited | environment | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def bytes_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.claim("PHO-13")
def test_records_in_clear_are_sealed_by_the_update_and_no_byte_of_them_is_left(tmp_path: Path) -> None:
    """The office has been running for a while when it is updated."""
    data = DataFolder(tmp_path / "office").create()
    tenant = run(data.root, "-c", OLD_OFFICE)
    with closing(sqlite3.connect(data.database)) as database, database:
        for table, more in (("history_call", IN | {"callee_number": "+4722000000"}), ("history_call", OUT), *MORE):
            row = CLEAR[table] | {"tenant_id": tenant} | more
            names = ", ".join(row)
            database.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
    assert b"Planted" in bytes_below(data.root)
    assert b"91234567" in bytes_below(data.root)
    run(data.root, "-m", "svara", "prepare")
    left = bytes_below(data.root)
    assert b"Planted" not in left
    assert b"91234567" not in left
    seen, found, same = json.loads(run(data.root, "-c", UPDATED))
    assert seen == [KARI.number, KARI.name, "+4722000000", KARI.number, "91234567"]
    assert found == ["out", "in"]
    assert same
