"""The calls process without its key: calls are carried, nothing is written, and what was left is taken up when it comes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.calls.phones import Office, Phone
from tests.keys import ROLE

from svara.calls import kept
from svara.calls.events import CallEnded, CallStarted
from svara.sealing.role import RoleKey


def files(folder: Path) -> dict[Path, bytes]:
    return {place: place.read_bytes() for place in folder.rglob("*") if place.is_file()}


def restarted_without_key(office: Office) -> None:
    office.kill()
    office.clock.advance(1.5)
    office.start(locked=True)


def test_a_talk_of_before_is_taken_up_when_the_key_is_here(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("102")
    bob.answer()
    tag_of_anna = (anna.call_id, anna.from_, anna.to, anna.target)
    before = files(at_work.folder)
    restarted_without_key(at_work)
    assert at_work.calls == []
    for phone in (bob, cecilie):
        phone.register()
    cecilie.call("102")
    bob.answer()
    assert len(at_work.calls) == 1, "calls are carried"
    assert files(at_work.folder) == before, "and nothing is written"

    at_work.kept.unlock(ROLE, at_work.switch, at_work.hall)
    assert [call.state for call in at_work.calls] == ["talking", "talking"]
    assert at_work.registrar.registered()["acme-anna"] == 1
    bob.hang_up()
    anna.call_id, anna.from_, anna.to, anna.target = tag_of_anna
    anna.hang_up()
    assert len(at_work.told(CallStarted)) == len(at_work.told(CallEnded)) == 2
    assert not [name for name, content in files(at_work.folder).items() if b"acme-anna" in content]


def test_the_key_is_asked_for_until_it_is_here(
    at_work: Office, anna: Phone, bob: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "RETRY_SECONDS", 0.001)
    restarted_without_key(at_work)
    bob.register()
    answers: list[RoleKey | None] = [None, None, ROLE]
    asyncio.run(at_work.kept.wait_for(lambda: answers.pop(0), at_work.switch, at_work.hall))
    assert answers == []
    anna.call("102")
    bob.answer()
    assert len(at_work.told(CallStarted)) == 1
