"""What the doctor says of processes, versions, and how far things are behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.doctor.patients import NOW, health, listed, patient, serving, states

from svara.cli.doctor import office
from svara.cli.serving import Process


def test_an_office_that_is_closed_is_a_fault(tmp_path: Path) -> None:
    found = office.running(patient(tmp_path))
    assert found.state == "fault"
    assert "nobody can call" in found.found
    assert office.running(patient(tmp_path, serving=serving())).state == "ok"
    assert office.running(patient(tmp_path, health=health())).state == "ok"  # its parts are on other machines


def test_processes_with_role_and_restarts() -> None:
    def said(
        state: str, *, started: float = NOW - 600, restarts: int = 0, end: str = "", role: str = "calls"
    ) -> tuple[str, str]:
        found = office.process(Process(role, state, 7, started, restarts, end), NOW)  # type: ignore[arg-type]
        return found.state, found.found

    assert said("ready") == ("ok", "ready for 10 minutes")
    assert said("ready", restarts=2, end="killed by SIGKILL") == (
        "ok",
        "ready for 10 minutes, restarted twice, last after: killed by SIGKILL",
    )
    assert said("ready", started=NOW - 5, restarts=3, end="exit code 1")[0] == "warning"
    state, text = said("waiting", restarts=4, end="exit code 1")
    assert (state, text) == ("fault", "not ready: it ended (exit code 1) and is started again; restarts until now: 4")
    assert said("starting")[0] == "fault"
    assert said("starting", role="demo")[0] == "warning"  # the office is open without it


def test_parts_that_do_not_answer(tmp_path: Path) -> None:
    assert states(office.calls(patient(tmp_path))) == ["fault"]
    assert states(office.calls(patient(tmp_path, health=health()))) == ["ok", "ok", "ok"]
    found = listed(office.calls(patient(tmp_path, health=health(relay="down", voice="down"))))
    assert [each.state for each in found] == ["ok", "fault", "fault"]
    assert "do not hear each other" in found[1].found
    assert "menus, queues and mailboxes do not work" in found[2].found


def test_figures_that_ought_to_be_nothing() -> None:
    assert office.counters({"journal_failures_total": 0, "calls_crashed_total": 0}) == []
    found = office.counters({"journal_failures_total": 3, "calls_crashed_total": 1, "sip_shed_total": 12})
    assert [each.state for each in found] == ["fault", "warning", "warning"]


@pytest.mark.parametrize(("seconds", "state"), [(0.2, "ok"), (20, "warning"), (600, "fault")])
def test_how_far_history_is_behind(seconds: float, state: str) -> None:
    assert office.lag(seconds).state == state


def test_deleting_what_is_too_old() -> None:
    assert office.retention(0.0, NOW - 60, NOW).found == "it comes within the hour"
    assert office.retention(NOW - 1800, NOW - 9000, NOW).found == "last done 30 minutes ago"
    late = office.retention(NOW - 4 * 3600, NOW - 90_000, NOW)
    assert (late.state, late.found.partition(",")[0]) == ("warning", "nothing was deleted for 4 hours")
    assert office.retention(0.0, NOW - 2 * 86_400, NOW).state == "fault"
    assert states(office.history(patient(Path()))) == ["fault"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Version: 10.5.3.5-1~deb12u1", "ok"),
        ("Version: 12.5.1.35", "ok"),
        ("Version: 8.0.1", "warning"),
        ("Version: 27.1", "warning"),
        ("", "warning"),
    ],
)
def test_the_media_engines_version(said: str, state: str) -> None:
    assert office.engine_version(said).state == state


def test_an_office_of_another_version(tmp_path: Path) -> None:
    found = listed(office.versions(patient(tmp_path, serving=serving(version="0.0.9"))))
    assert found[1].state == "warning"
    assert "version 0.0.9" in found[1].found


def test_pages_that_are_not_there(tmp_path: Path) -> None:
    [found] = office.pages(patient(tmp_path, serving=serving(http="127.0.0.1:9")))
    assert found.state == "fault"
    assert "does not answer as our pages do" in found.found
    assert states(office.pages(patient(tmp_path, health=health()))) == ["none"]
