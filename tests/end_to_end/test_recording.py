"""A talk of Bob, who agreed to be recorded: the caller on the left, Bob on the right, also when processes are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.peers import sealed, sound
from tests.peers.baresip import Baresip
from tests.peers.phone import Account
from tests.peers.ports import free_port
from tests.peers.server import ANNA, BOB, CECILIE, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ = 440, 660


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara() as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        next(person for person in office["people"] if person["username"] == "bob")["record"] = True
        svara.apply(json.dumps(office))
        svara.put("/me/functions/call_recording", {"enabled": True}, user="bob")
        words = svara.data / "sounds" / "builtin" / "en" / "recorded.wav"
        svara.until(words.exists, 60)  # nothing is recorded of which nobody could be told
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


def channels(path: Path) -> list[float]:
    """The tone of each channel."""
    import wave

    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    middle = samples[len(samples) // 4 : len(samples) * 3 // 4]
    return [sound.dominant(np.ascontiguousarray(middle[:, side]), rate_hz)[0] for side in (0, 1)]


@pytest.mark.parametrize("killed", ["", "calls"])
def test_both_sides_of_a_talk_are_in_one_file(svara: Svara, tmp_path: Path, killed: str) -> None:
    before = set((svara.data / "recordings").glob("calls/*.wav"))
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        anna.dial("102")
        bob.wait_state("incoming")
        bob.answer()
        anna.wait_to_hear(BOB_HZ)
        bob.wait_to_hear(ANNA_HZ)
        time.sleep(2)
        if killed:
            old = svara.kill(killed)
            svara.until(lambda: svara.is_anew(killed, old) and svara.going_on() == 1, timeout_seconds=8)
        time.sleep(2)
        anna.hangup()
        bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert record["outcome"] == "answered"
    svara.until(lambda: bool(set((svara.data / "recordings").glob("calls/*.wav")) - before))  # sealed for its people
    [file] = set((svara.data / "recordings").glob("calls/*.wav")) - before
    left_hz, right_hz = channels(sealed.opened_in(svara.data, file))
    assert abs(left_hz - ANNA_HZ) < 10
    assert abs(right_hz - BOB_HZ) < 10


OBJECTS = """
import django; django.setup()
from svara.people.models import Account
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights import objections
from svara.privacy.subject import person
bob = Account.all_tenants.get(username="bob")
kari = subject_of(bob.tenant_id, "+4790000002")
held = [row for who in (kari, person(bob.id)) for row in objections.of(bob.tenant_id, who)]
for shown in held:
    if shown.row.state == "stopped":
        objections.withdraw(bob.tenant_id, shown.row.subject, shown.row.id, by="")
if WHO:
    objections.object_(bob.tenant_id, {"kari": kari, "bob": person(bob.id)}[WHO], "recording", "My voice is mine.", by="")
"""


def objects(svara: Svara, who: str) -> None:
    """Kari, who is outside, or Bob says no to recordings, or (`who` is empty) nobody does any more."""
    settings = {"SVARA_DATA": str(svara.data), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    environment = os.environ | settings | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", OBJECTS.replace("WHO", repr(who))], env=environment, timeout=60, check=True)


@pytest.mark.claim("ADV-13")
@pytest.mark.parametrize("who", ["kari", "bob", ""])
def test_nothing_is_kept_of_a_talk_with_somebody_who_objected(svara: Svara, tmp_path: Path, who: str) -> None:
    """Kari calls a public number, calls to which are recorded."""
    before = set((svara.data / "recordings").rglob("*.wav"))
    port = free_port()
    with (
        Baresip(tmp_path / "k", Account("4790000002"), tone_hz=ANNA_HZ, port=port) as kari,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        carrier = {"name": "itsp", "address": f"sip:127.0.0.1:{port}", "format": "plain", "probe": 0}
        office["trunks"] = [carrier | {"match": ["127.0.0.1"]}]
        office["numbers"] = [{"number": "+4721000000", "trunk": "itsp", "to": "person:bob", "record": True}]
        svara.apply(json.dumps(office))
        objects(svara, who)
        kari.dial(f"sip:4721000000@{svara.sip}")
        bob.wait_state("incoming", 15)
        bob.answer()
        kari.wait_to_hear(BOB_HZ)
        bob.wait_to_hear(ANNA_HZ)
        time.sleep(2.5)
        kari.hangup()
        bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], len(record["recordings"])) == ("answered", 1 if who == "" else 0)
    assert bool(set((svara.data / "recordings").rglob("*.wav")) - before) is (who == "")


def test_whoever_bob_calls_outside_is_told_first_and_then_recorded(svara: Svara, tmp_path: Path) -> None:
    before = set((svara.data / "recordings").glob("calls/*.wav"))
    port = free_port()
    with Baresip(tmp_path / "o", Account("4790000001"), tone_hz=ANNA_HZ, port=port) as oslo:
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        next(person for person in office["people"] if person["username"] == "bob")["record"] = True
        carrier = {"name": "itsp", "address": f"sip:127.0.0.1:{port}", "format": "plain", "probe": 0}
        office["trunks"] = [carrier | {"match": ["127.0.0.9"]}]
        office["numbers"] = [{"number": "+4721000000", "trunk": "itsp", "to": "person:anna"}]
        office["outbound"] = [{"prefix": "+", "trunk": "itsp"}]
        svara.apply(json.dumps(office))
        svara.until((svara.data / "sounds" / "builtin" / "en" / "recorded.wav").exists, timeout_seconds=120)
        with Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob:
            bob.dial("+4790000001")
            oslo.wait_state("incoming")
            oslo.answer()
            bob.wait_state("talking")
            time.sleep(4.5)
            [running] = svara.get("/calls/running", "bob")["items"]
            svara.send("POST", f"/calls/{running['id']}/recording", {"paused": True}, "bob")
            svara.send("POST", f"/calls/{running['id']}/recording", {"paused": False}, "bob")
            time.sleep(2)
            heard, rate_hz = sound.read_wav(oslo.recording() or Path())
            bob.hangup()
            oslo.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["direction"], record["outcome"], len(record["recordings"])) == ("outbound", "answered", 1)
    pieces = np.array_split(heard, max(1, heard.size // (rate_hz // 5)))
    words = [sound.strength(piece, BOB_HZ, rate_hz) < 0.8 for piece in pieces]
    assert sum(words) >= 4, "nobody was told"
    assert not any(words[-8:])
    svara.until(lambda: bool(set((svara.data / "recordings").glob("calls/*.wav")) - before))  # sealed for its people
    [file] = set((svara.data / "recordings").glob("calls/*.wav")) - before
    left_hz, right_hz = channels(sealed.opened_in(svara.data, file))
    assert abs(left_hz - BOB_HZ) < 10
    assert abs(right_hz - ANNA_HZ) < 10
    assert record["recordings"][0]["seconds"] < 6, "it began when the words were over"
