"""A supervisor in a talk of a queue, with three real phones: tones prove who hears whom in each way, and nobody notices
when the processes behind it die."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.server import ANNA, BOB, CECILIE, Person, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 1150
SUPERVISOR = Person("cecilie", "103", CECILIE.phones, "Cecilie Eik", ("supervisor",))
MOST_SILENCE_SECONDS = 0.3


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara((ANNA, BOB, SUPERVISOR)) as svara:
        office = json.loads(office_file((ANNA, BOB, SUPERVISOR)))
        office["queues"] = [
            {"name": "support", "extension": "600", "members": ["bob"], "supervision": "announced"},
        ]
        svara.apply(json.dumps(office))
        said = svara.data / "sounds" / "builtin" / "en" / "supervised.wav"
        svara.until(said.exists, timeout_seconds=120)
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


class Office:
    """Anna talks to Bob out of the queue; Cecilie's phone is there."""

    def __init__(self, svara: Svara, anna: Baresip, bob: Baresip, cecilie: Baresip) -> None:
        self.svara, self.anna, self.bob, self.cecilie = svara, anna, bob, cecilie
        anna.dial("600")
        bob.wait_state("incoming")
        bob.answer()
        anna.wait_to_hear(BOB_HZ)
        bob.wait_to_hear(ANNA_HZ)
        self.id = next(call["id"] for call in self.going_on() if call["state"] == "answered")

    def going_on(self) -> list[dict[str, str]]:
        return list(self.svara.get("/calls/running")["items"])

    def supervise(self, how: str) -> None:
        self.svara.send("POST", f"/calls/{self.id}/supervise", {"how": how}, "cecilie")

    def joins(self) -> None:
        self.supervise("listen")
        self.cecilie.wait_state("incoming")
        self.cecilie.answer()
        self.wait_to_hear(self.cecilie, ANNA_HZ, BOB_HZ)

    def wait_to_hear(self, phone: Baresip, *tones: int) -> None:
        """Until a phone hears exactly these tones, and no other of the three."""
        phone.wait(lambda: heard(phone) == set(tones), lambda: f"hears {heard(phone)} and not {set(tones)}")


def heard(phone: Baresip, seconds: float = 0.6) -> set[int]:
    """Which of the three a phone hears now."""
    path = phone.recording()
    if path is None:
        return set()
    samples, rate_hz = sound.read_wav(path)
    end = samples[-int(seconds * rate_hz) :]
    return {hz for hz in (ANNA_HZ, BOB_HZ, CECILIE_HZ) if sound.strength(end, hz, rate_hz) > 0.15}


def longest_silence_seconds(phone: Baresip) -> float:
    """In what a phone heard since it heard anything."""
    path = phone.recording()
    assert path is not None
    samples, rate_hz = sound.read_wav(path)
    frame = rate_hz // 50
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > 0.01
    first, longest, now = int(np.argmax(loud)), 0, 0
    for is_loud in loud[first:]:
        now = 0 if is_loud else now + 1
        longest = max(longest, now)
    return longest * 0.02


@pytest.fixture
def talk(svara: Svara, tmp_path: Path) -> Iterator[Office]:
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Baresip(tmp_path / "c", svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as cecilie,
    ):
        yield Office(svara, anna, bob, cecilie)


def test_listen_whisper_barge_and_leave(svara: Svara, talk: Office) -> None:
    anna, bob, cecilie = talk.anna, talk.bob, talk.cecilie
    before = sound.read_wav(anna.recording() or Path())[0].size
    talk.joins()
    time.sleep(0.5)
    assert (heard(anna), heard(bob)) == ({BOB_HZ}, {ANNA_HZ}), "who listens is not heard"
    told, rate_hz = sound.read_wav(anna.recording() or Path())
    pieces = np.array_split(told[before:], max(1, (told.size - before) // (rate_hz // 5)))
    assert sum(sound.strength(piece, BOB_HZ, rate_hz) < 0.8 for piece in pieces) > 10, "nobody was told"
    live = svara.get(f"/calls/{talk.id}", "bob")
    assert [(one["by_person"], one["how"]) for one in live["supervisions"]] == [("cecilie", "listen")]

    cecilie.press("5")
    talk.wait_to_hear(bob, ANNA_HZ, CECILIE_HZ)
    assert heard(anna) == {BOB_HZ}, "a whisper is for the colleague alone"

    talk.supervise("barge")
    talk.wait_to_hear(anna, BOB_HZ, CECILIE_HZ)
    talk.wait_to_hear(bob, ANNA_HZ, CECILIE_HZ)

    bob.press("7")
    anna.wait_digits("7")
    assert cecilie.digits == ""

    cecilie.hangup()
    talk.wait_to_hear(anna, BOB_HZ)
    talk.wait_to_hear(bob, ANNA_HZ)
    assert longest_silence_seconds(anna) <= MOST_SILENCE_SECONDS
    anna.hangup()
    bob.wait_state("idle")
    records = {record["id"]: record for record in svara.wait_records(2)}
    ways = records.pop(talk.id)["supervisions"]
    assert [(one["by_person"], one["how"]) for one in ways] == [
        ("cecilie", "listen"),
        ("cecilie", "whisper"),
        ("cecilie", "barge"),
    ]
    assert all(one["started_at"] < one["ended_at"] for one in ways)
    [own] = records.values()
    assert (own["supervises"], own["direction"], own["outcome"]) == (talk.id, "internal", "answered")
    assert own["from_person"] == "cecilie"


@pytest.mark.parametrize("killed", ["voice", "calls"])
def test_the_talk_outlives_the_processes_that_the_supervisor_needs(svara: Svara, talk: Office, killed: str) -> None:
    talk.joins()
    old = svara.kill(killed)
    talk.wait_to_hear(talk.anna, BOB_HZ)
    talk.wait_to_hear(talk.bob, ANNA_HZ)
    talk.cecilie.wait_state("idle")
    svara.until(lambda: svara.is_anew(killed, old) and svara.going_on() == 1, timeout_seconds=15)
    talk.anna.wait_to_hear(BOB_HZ)
    assert longest_silence_seconds(talk.anna) < 1.5
    talk.bob.hangup()
    talk.anna.wait_state("idle")
    records = {record["id"]: record for record in svara.wait_records(2)}
    assert records[talk.id]["outcome"] == "answered"
    assert [one["how"] for one in records[talk.id]["supervisions"]] == ["listen"]
