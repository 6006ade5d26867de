"""Checks are made side by side and in bounded time, and what they found is told to people and to programs."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest
from tests.cli.doctor.patients import NOW, health, patient

from svara.cli.doctor import report
from svara.cli.doctor.model import Check, Finding, Patient, Result, fault, none, ok, warning
from svara.cli.doctor.run import examine, exit_code


def made(folder: Path, *checks: Check, **more: object) -> list[Result]:
    return asyncio.run(examine(patient(folder, **more), checks))


def test_what_a_check_needs_and_is_not_there_is_said_and_no_fault(tmp_path: Path) -> None:
    def never(_patient: Patient) -> Finding:
        raise AssertionError

    checks = [Check("a", "A", "", never, needs=(need,)) for need in ("office", "calls", "relay", "database", "keys")]
    found = made(tmp_path, *checks, no_database="it is gone", no_keys="the master key is missing")
    assert [result.finding.found for result in found] == [
        *["not checked: the office is not running"] * 3,
        "not checked: the database cannot be used",
        "not checked: the keys cannot be used",
    ]
    assert exit_code(found) == 0
    found = made(tmp_path, checks[2], health=health(relay="down"))
    assert found[0].finding.found == "not checked: the media relay does not answer"


def test_a_check_that_does_not_end_is_left_alone(tmp_path: Path) -> None:
    stop = threading.Event()

    def hangs(_patient: Patient) -> Finding:
        stop.wait(60)
        return ok("at last")

    async def waits(_patient: Patient) -> Finding:
        await asyncio.sleep(60)
        return ok("at last")

    began = time.monotonic()
    found = made(tmp_path, Check("a", "A", "", hangs, seconds=0.1), Check("b", "B", "", ask=waits, seconds=0.1))
    stop.set()
    assert time.monotonic() - began < 30
    assert [result.finding.state for result in found] == ["warning", "warning"]
    assert found[0].finding.found == "this did not come to an end within 0.1 s"


def test_a_check_that_crashes_says_so_without_what_it_was_about(tmp_path: Path) -> None:
    def crashes(_patient: Patient) -> Finding:
        raise ValueError("Anna Berg, +4722334455")

    [result] = made(tmp_path, Check("a", "A", "", crashes))
    assert result.finding.state == "warning"
    assert "ValueError" in result.finding.found
    assert "Anna" not in result.finding.found


def test_several_findings_of_one_check_stay_in_its_place(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        Check("a", "A", "", lambda _: [ok("one", "x"), fault("two", "mend it", "y")]),
        Check("b", "B", "", lambda _: none("nothing there")),
    )
    assert [(result.check.key, result.finding.of) for result in found] == [("a", "x"), ("a", "y"), ("b", "")]
    assert exit_code(found) == 1
    assert exit_code([found[0], found[2]]) == 0


RESULTS = [
    Result(Check("call", "Trial call", "called and listened"), ok("the tone came back", "sound"), 1.0),
    Result(Check("backup", "Backup", "looked for one"), warning("it is old", "make one"), 0.1),
    Result(Check("audit", "Audit log", "walked it"), fault("tampered at entry 7", "tell somebody", "acme"), 0.5),
    Result(Check("push", "Push", "looked for it"), none("there is none"), 0.0),
]


def test_people_read_what_is_wrong_and_what_to_do() -> None:
    told = report.for_people(RESULTS, coloured=False, verbose=False)
    assert told.splitlines() == [
        "ok       Trial call (sound): the tone came back",
        "WARNING  Backup: it is old",
        "         What was done: looked for one.",
        "         What to do: make one.",
        "FAULT    Audit log (acme): tampered at entry 7",
        "         What was done: walked it.",
        "         What to do: tell somebody.",
        "-        Push: there is none",
    ]
    assert report.closing_line(RESULTS) == "1 fault, 1 warning, 1 all right, 1 not checked."
    assert report.closing_line(RESULTS[:2]) == "No faults, 1 warning, 1 all right."
    assert "What was done: called and listened." in report.for_people(RESULTS, coloured=False, verbose=True)
    assert "\x1b[1;31mFAULT    \x1b[0mAudit log" in report.for_people(RESULTS, coloured=True, verbose=False)


def test_programs_read_the_same(tmp_path: Path) -> None:
    told = json.loads(report.for_programs(patient(tmp_path), RESULTS, NOW))
    assert told["counts"] == {"fault": 1, "warning": 1, "ok": 1, "not-applicable": 1}
    assert told["running"] is False
    assert told["at"] == "2027-01-15T08:00:00+00:00"
    assert told["checks"][2] == {
        "check": "audit",
        "title": "Audit log",
        "of": "acme",
        "result": "fault",
        "done": "walked it",
        "found": "tampered at entry 7",
        "advice": "tell somebody",
        "seconds": 0.5,
    }


def test_every_check_says_what_it_does() -> None:
    from svara.cli.doctor import backups, kernel, mail, network, office, push, signalling, storage, trial

    checks = [
        check for room in (office, signalling, trial, network, storage, kernel, backups, mail, push) for check in room.CHECKS
    ]
    assert len({check.key for check in checks}) == len(checks)
    for check in checks:
        assert (check.look is None) != (check.ask is None)
        assert check.does
        assert not check.does.endswith(".")
        assert check.seconds < 30 or check.key == "backup-restore"  # only where --deep was asked for


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 seconds"), (1, "1 second"), (7300, "2 hours")])
def test_lengths_of_time_in_words(seconds: float, words: str) -> None:
    from svara.cli.doctor.office import span

    assert span(seconds) == words
