"""A second call for somebody who is in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded


def office_where_bob(folder: Path, choice: str) -> tuple[Office, Phone, Phone, Phone, Phone]:
    """Anna talks to Bob at his desk; his soft phone is on, and so is Cecilie's phone."""
    office = Office(folder, offices.office(bob={"call_waiting": choice}))
    anna, desk, soft, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "bob-soft", "cecilie"))
    anna.call("102")
    desk.answer()
    soft.invite = None
    return office, anna, desk, soft, cecilie


@pytest.mark.parametrize(("choice", "rings"), [("ring", (True, True)), ("free", (False, True)), ("busy", (False, False))])
def test_what_rings_when_cecilie_calls_bob_who_talks(tmp_path: Path, choice: str, rings: tuple[bool, bool]) -> None:
    office, anna, desk, soft, cecilie = office_where_bob(tmp_path, choice)
    desk.invite = None
    cecilie.call("102")
    assert (desk.rings, soft.rings) == rings
    if not any(rings):
        assert cecilie.statuses == [486]
        assert office.told(CallEnded)[-1].outcome == "busy"
    else:
        cecilie.cancel()
    anna.hang_up()
    cecilie.call("102")
    assert (desk.rings, soft.rings) == (True, True), "the talk is over"
    cecilie.cancel()
    assert not office.calls
    office.close()


def test_who_is_calling_somebody_is_in_a_call(tmp_path: Path) -> None:
    office, anna, desk, soft, cecilie = office_where_bob(tmp_path, "busy")
    anna.hang_up()
    desk.invite = soft.invite = None
    desk.call("101")
    cecilie.call("102")
    assert cecilie.statuses == [486]
    desk.cancel()
    office.close()


def test_it_is_so_also_after_a_restart(tmp_path: Path) -> None:
    office, anna, _desk, _soft, cecilie = office_where_bob(tmp_path, "busy")
    office.kill()
    office.start()
    cecilie.call("102")
    assert cecilie.statuses == [486]
    anna.hang_up()
    office.close()
