"""Recordings of talks: those who talked hear them, colleagues and other companies do not, and they go after 90 days."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from tests.history.stories import NOON, Company, agreed, call, company, happened, queue_call

from svara.calls.events import CallRecorded, Party
from svara.data import DataFolder
from svara.history.access import access_call
from svara.history.models import RECORDING_DAYS
from svara.history.recordings import access_recording, forget_recordings
from svara.people.access import NotFound
from svara.privacy.functions.port import collected, do_erase_collected
from svara.privacy.functions.registry import CALL_RECORDING

pytestmark = pytest.mark.django_db
OSLO = Party(number="+4722000001", name="Kari Nordmann")


@pytest.fixture
def acme() -> Company:
    return company("acme")


@pytest.fixture
def globex() -> Company:
    return company("globex")


@pytest.fixture
def recorded(acme: Company, data_folder: DataFolder) -> str:
    """Kari called support, Bob did not pick up, Dag did, and it was recorded."""
    folder = data_folder.recordings / "calls"
    folder.mkdir()
    (folder / "q1-abc.wav").write_bytes(b"RIFF" + b"talk" * 10)
    (data_folder.recordings / "secret.wav").write_bytes(b"RIFF")
    tapes = [
        CallRecorded("q1", NOON + 30, file="calls/q1-abc.wav", seconds=60.0, why="queue:acme-support"),
        CallRecorded("q1", NOON + 40, file="calls/../secret.wav", seconds=1.0, why="queue:acme-support"),
    ]
    happened([*queue_call(acme, OSLO, [("bob", "no answer"), ("dag", "answered")], call="q1"), *tapes])
    return "q1"


def test_who_talked_and_who_supervises_hear_it(acme: Company, recorded: str) -> None:
    for listener in (acme.dag, acme.cecilie, acme.anna):
        assert access_recording(listener, recorded, 0).read_bytes().startswith(b"RIFF")


def test_nobody_else_does(acme: Company, globex: Company, recorded: str) -> None:
    for stranger in (acme.bob, globex.dag, globex.anna):
        with pytest.raises(NotFound):
            access_recording(stranger, recorded, 0)


def test_a_person_who_was_only_called_hears_nothing_of_a_colleagues_talk(acme: Company, recorded: str) -> None:
    """Bob's own missed call is his to see; it has no recording, and a number that is none gives none."""
    happened(call(acme, OSLO, "bob", call="m1", talks=None, outcome="missed", direction="inbound"))
    for number in (0, -1, 99):
        with pytest.raises(NotFound):
            access_recording(acme.bob, "m1", number)


def test_no_other_file_is_ever_given(acme: Company, recorded: str) -> None:
    for number in (1, 2, -1):
        with pytest.raises(NotFound):
            access_recording(acme.anna, recorded, number)


def test_recordings_go_after_their_time_and_the_record_stays(acme: Company, recorded: str, data_folder: DataFolder) -> None:
    place = access_recording(acme.anna, recorded, 0)
    os.utime(place, (NOON, NOON))
    assert forget_recordings(NOON + RECORDING_DAYS * 86_400 - 1) == 0
    assert forget_recordings(NOON + RECORDING_DAYS * 86_400 + 1) == 1
    with pytest.raises(NotFound):
        access_recording(acme.anna, recorded, 0)
    (data_folder.recordings / "prompts").mkdir()
    given_up = data_folder.recordings / "prompts" / "p1.wav"
    given_up.write_bytes(b"RIFF")
    assert forget_recordings(given_up.stat().st_mtime + 3_600) == 0
    assert forget_recordings(given_up.stat().st_mtime + 90_000) == 1
    assert access_call(acme.anna, recorded).recorded_seconds == (60.0, 1.0)


@pytest.mark.claim("PHO-1")
def test_dag_has_the_recordings_erased_that_were_made_because_he_agreed_and_no_others(
    acme: Company, recorded: str, data_folder: DataFolder, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """One talk was recorded for the queue, one because Dag agreed, one because Bob did."""
    agreed(acme, CALL_RECORDING, "bob", "dag")
    for number, (agent, other) in enumerate((("dag", "bob"), ("bob", "dag"))):
        name = f"calls/p{number}-abc.wav"
        (data_folder.recordings / name).write_bytes(b"RIFF")
        why = f"person:{acme.people[agent].id}"
        taped = CallRecorded(f"p{number}", NOON + 30, file=name, seconds=9.0, why=why)
        happened([*call(acme, other, agent, call=f"p{number}"), taped])
    assert collected(acme.dag, CALL_RECORDING) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert do_erase_collected(acme.dag, CALL_RECORDING) == 1
    assert collected(acme.dag, CALL_RECORDING) == 0
    assert {place.name for place in (data_folder.recordings / "calls").iterdir()} == {"q1-abc.wav", "p1-abc.wav"}
