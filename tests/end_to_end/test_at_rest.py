"""Nothing of callers is on the disk in clear: not their numbers and names, not what was said; also while they talk.

A running office gets a day's worth of strangers: one who leaves a message, one who is missed, one who is called back, one
who is being talked to and recorded, and one who is called. Then every byte of the data folder, of its temporary files, of
backups and of all that it logged is looked through.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import clear, sound
from tests.peers.baresip import Baresip
from tests.peers.phone import Account
from tests.peers.ports import free_port
from tests.peers.server import ANNA, BOB, CECILIE, Svara, office_file
from tests.peers.sipp import Sipp

LEAVES, MISSED, KEPT, TALKS, CALLED = (f"+479000000{n}" for n in range(1, 6))
NUMBERS = (LEAVES, MISSED, KEPT, TALKS, CALLED)
NAMES = {LEAVES: "Kåre Ødegård", MISSED: "Mona Plantasjen", KEPT: "Kurt Ventesen", TALKS: "Per Pågående"}
TO_BOB, TO_SUPPORT, TO_ANNA, TO_CECILIE = (f"+472100000{n}" for n in range(4))
MESSAGE_HZ, GREETING_HZ, ANNA_HZ, TALK_HZ = 523, 613, 466, 587
TONES_HZ = (MESSAGE_HZ, GREETING_HZ, ANNA_HZ, TALK_HZ)


def in_clear(folder: Path) -> list[str]:
    return clear.in_clear(folder, NUMBERS, NAMES.values(), TONES_HZ)


# --- the search itself: it finds what is there


@pytest.mark.parametrize("text", [*NUMBERS[:2], LEAVES[1:], LEAVES[3:], NAMES[LEAVES]])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_it_finds_a_number_and_a_name(tmp_path: Path, text: str, coding: str) -> None:
    (tmp_path / "a file").write_bytes(bytes(range(256)) + text.encode(coding) + bytes(100))
    assert in_clear(tmp_path)


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_it_finds_them_as_other_programs_write_them(tmp_path: Path, before: str) -> None:
    from base64 import b64encode

    (tmp_path / "a").write_text(json.dumps({"name": before + NAMES[LEAVES]}))
    (tmp_path / "b").write_bytes(b64encode((before + LEAVES + " called").encode()))
    (tmp_path / "c").write_text(urllib.parse.quote(f"/calls?search={LEAVES}"))
    (tmp_path / "d").write_bytes(b"\xcf" + int(LEAVES).to_bytes(8, "big"))
    assert {line.partition(":")[0] for line in in_clear(tmp_path)} == {"a", "b", "c", "d"}


def test_it_finds_them_in_free_pages_in_archives_and_in_sound(tmp_path: Path) -> None:
    clear.leave_in_a_free_page(tmp_path / "database", LEAVES)
    with sqlite3.connect(tmp_path / "database") as database:
        assert database.execute("SELECT count(*) FROM callers").fetchone() == (0,)
    database.close()
    with zipfile.ZipFile(tmp_path / "backup", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", f"Call {NAMES[MISSED]} back! " * 9)
    (tmp_path / "tone").write_bytes(bytes(1001) + sound.to_alaw(sound.tone(MESSAGE_HZ, 1)))
    sound.write_wav(tmp_path / "greeting.wav", sound.tone(GREETING_HZ, 1, 16_000), 16_000)
    assert {line.partition(":")[0] for line in in_clear(tmp_path)} == {"database", "backup", "tone", "greeting.wav"}


def test_it_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    import random

    (tmp_path / "sealed").write_bytes(random.Random(7).randbytes(300_000))
    sound.write_wav(tmp_path / "prompt.wav", sound.tone(880, 2, 16_000), 16_000)
    assert in_clear(tmp_path) == []


# --- a running office


@pytest.fixture(scope="module")
def svara(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Svara]:
    temporary = tmp_path_factory.mktemp("temporary")
    with Svara(environment={"TMPDIR": str(temporary)}) as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        office["people"][0]["record"] = True
        office["people"][1]["unanswered"] = {"after": 1, "to": "voicemail:bob"}
        carrier = {"name": "itsp", "address": f"sip:127.0.0.1:{free_port()}", "format": "plain", "probe": 0}
        office["trunks"] = [carrier | {"match": ["127.0.0.1"]}]
        office["queues"] = [{"name": "support", "extension": "600", "members": ["cecilie"], "callback_key": "1"}]
        office["numbers"] = [
            {"number": TO_BOB, "trunk": "itsp", "to": "person:bob"},
            {"number": TO_SUPPORT, "trunk": "itsp", "to": "queue:support"},
            {"number": TO_ANNA, "trunk": "itsp", "to": "person:anna"},
            {"number": TO_CECILIE, "trunk": "itsp", "to": "person:cecilie"},
        ]
        office["outbound"] = [{"prefix": "+", "trunk": "itsp"}]
        svara.apply(json.dumps(office))
        for person in ("anna", "bob", "cecilie"):
            for function in ("call_recording", "statistics"):
                svara.put(f"/me/functions/{function}", {"enabled": True}, user=person)
        svara.until((svara.data / "sounds" / "builtin" / "en" / "recorded.wav").exists, timeout_seconds=180)
        yield svara


def speaker(folder: Path, number: str, tone_hz: float) -> Baresip:
    """Somebody outside with a phone."""
    return Baresip(folder / number, Account(number[1:]), tone_hz=tone_hz, name=NAMES[number])


def machine(folder: Path, svara: Svara, number: str, target: str, scenario: str, **more: float) -> Sipp:
    """Somebody outside who says nothing."""
    name, target = NAMES[number], target[1:]
    return Sipp(folder, scenario, svara.sip, login=number[1:], name=name, target=target, timeout_seconds=200, **more)  # type: ignore[arg-type]


def greet(svara: Svara, user: str) -> None:
    """Bob puts a greeting of his on the page."""
    wav = sound.write_wav(svara.data.parent / "greeting.wav", sound.tone(GREETING_HZ, 2, 16_000), 16_000)
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="g.wav"\r\n\r\n' + wav.read_bytes() + b"\r\n--x--\r\n"
    )
    wav.unlink()
    token = svara.run("token", user).strip()
    asked = urllib.request.Request(f"http://{svara.http}/api/v1/voicemail/greeting", parts, method="POST")
    asked.add_header("Authorization", f"Bearer {token}")
    asked.add_header("Content-Type", "multipart/form-data; boundary=x")
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.status == 200


WRITES = """
import django, sys
django.setup()
from svara.people.models import Account
from svara.privacy.registers import cases
from svara.privacy.rights import corrections, objections
from svara.privacy.functions.outside import subject_of
from svara.privacy.staff import deciding
number, name = sys.argv[1:]
anna = Account.all_tenants.select_related("tenant").get(username="anna")
office = cases.Office(anna.tenant_id, "NO", "Europe/Oslo")
case = cases.do_enter(anna, office, "rectify", f"{name}, {number}: spell my name right", number)
cases.do_answer(anna, case.id, f"{name}: it is right now")
deciding.do_open(anna, f"{name} ({number}) cannot be reached", role="support", minutes=60)
objections.object_(anna.tenant_id, subject_of(anna.tenant_id, number), "recording", f"I am {name}", by="")
"""


def writes(svara: Svara, number: str) -> None:
    """Somebody asks, objects and is answered, and support is let in because of them."""
    settings = {"SVARA_DATA": str(svara.data), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    environment = svara.environment | settings | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITES, number, NAMES[number]]
    subprocess.run(command, env=environment, timeout=60, check=True)


def look_around(svara: Svara) -> None:
    """People look at their calls and search for numbers and names."""
    for user in ("anna", "bob"):
        for text in (LEAVES, MISSED[3:], NAMES[LEAVES]):
            svara.get(f"/calls?search={urllib.parse.quote(text)}", user)
    with pytest.raises(urllib.error.HTTPError):
        svara.get(f"/calls/{LEAVES}")


@pytest.mark.peer
@pytest.mark.timeout(600)
@pytest.mark.claim("PHO-13")
@pytest.mark.claim("ONC-7")
def test_a_day_of_calls_leaves_nothing_of_callers_in_clear(svara: Svara, tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    greet(svara, "bob")
    with speaker(tmp_path, LEAVES, MESSAGE_HZ) as kare:
        kare.dial(f"sip:{TO_BOB[1:]}@{svara.sip}")
        kare.wait_to_hear(GREETING_HZ, timeout_seconds=30)
        time.sleep(10)
        kare.hangup()
        kare.wait_state("idle")
    left = lambda: len(svara.get("/voicemail/messages", "bob")["items"]) == 1  # noqa: E731
    svara.until(left, timeout_seconds=20, what=lambda: str(svara.records()))
    [message] = svara.get("/voicemail/messages", "bob")["items"]
    assert (message["from"], message["from_name"]) == (LEAVES, NAMES[LEAVES])

    with (
        Baresip(tmp_path / "anna", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "cecilie", svara.account("cecilie-desk"), tone_hz=ANNA_HZ) as cecilie,
    ):
        with machine(tmp_path, svara, MISSED, TO_CECILIE, "carrier_cancel", ring_seconds=1) as missed:
            outcome = missed.wait()
        assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
        cecilie.wait_state("idle", timeout_seconds=20)
        anna.dial(CALLED)
        anna.wait_state("idle", timeout_seconds=60)

        with speaker(tmp_path, TALKS, TALK_HZ) as per:
            per.dial(f"sip:{TO_ANNA[1:]}@{svara.sip}")
            anna.wait_state("incoming", timeout_seconds=20)
            anna.answer()
            anna.wait_to_hear(TALK_HZ, timeout_seconds=40)
            cecilie.dial("*42")
            cecilie.wait_state("talking", timeout_seconds=20)
            cecilie.wait_state("idle", timeout_seconds=30)
            with machine(tmp_path, svara, KEPT, TO_SUPPORT, "carrier", talk_seconds=180):
                svara.until(lambda: bool(svara.get("/queues/support")["waiting"]), timeout_seconds=20)
                [waiting] = svara.get("/queues/support")["waiting"]
                svara.send("POST", f"/queues/support/waiting/{waiting['id']}/keep", {})
                svara.until(lambda: svara.get("/queues/support")["waiting"][0]["called_back"], timeout_seconds=20)
                svara.until(lambda: KEPT in {record["from"] for record in svara.records()}, timeout_seconds=60)
            time.sleep(3)
            look_around(svara)
            writes(svara, LEAVES)
            known = {record["from"]: record["from_name"] for record in svara.records() if record["direction"] == "inbound"}
            assert known == {LEAVES: NAMES[LEAVES], MISSED: NAMES[MISSED], KEPT: NAMES[KEPT]}
            assert CALLED in {record["to"] for record in svara.records()}
            assert svara.going_on() == 1
            svara.run("backup", str(backups / "talking"))
            assert in_clear(svara.data.parent) == [], "while somebody talks, and somebody is to be called back"
            killed = svara.kill("calls")
            svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == 1, timeout_seconds=60)
            assert svara.get("/queues/support")["waiting"][0]["from"] == KEPT, "what is sealed is read after a kill"
            assert in_clear(svara.data.parent) == [], "after the calls process was killed"
            anna.hangup()
            anna.wait_state("idle", timeout_seconds=20)
    svara.until(lambda: TALKS in {record["from"] for record in svara.records()}, timeout_seconds=20)
    [talk] = [record for record in svara.records() if record["from"] == TALKS]
    assert (talk["from_name"], len(talk["recordings"])) == (NAMES[TALKS], 1)
    svara.until(lambda: not list((svara.data / "recordings").rglob("*.part")), timeout_seconds=20)
    svara.run("backup", str(backups / "evening"))
    assert in_clear(svara.data.parent) == [], "in the evening"
    assert in_clear(backups) == [], "in backups"

    erased = json.loads(svara.run("privacy", "erase", LEAVES, "--reason", "asked for it", "--tenant", "acme", "--yes"))
    assert erased["key"]
    assert LEAVES not in {record["from"] for record in svara.records()}
    assert svara.get("/voicemail/messages", "bob")["items"] == []
    assert "none can be read" in svara.run("privacy", "verify-erasure", "--backup", str(backups / "evening"))
    svara.run("backup", str(backups / "night"))
    svara.stop()
    for folder in (svara.data.parent, backups, tmp_path_of(svara)):
        assert in_clear(folder) == [], "at night, after somebody was erased"
    (svara.data / "recordings" / "notes").write_text(f"call {LEAVES}")
    assert len(in_clear(svara.data.parent)) >= 1, "and it would have been found"
    (svara.data / "recordings" / "notes").unlink()


def tmp_path_of(svara: Svara) -> Path:
    """Where the office was told to put temporary files."""
    return Path(svara.environment["TMPDIR"])
