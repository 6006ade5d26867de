"""Companies are spoken to in their own languages, also those that they add later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from svara.data import DataFolder
from svara.people import spoken
from svara.people.office import Office, Person, Tenant, write_office


def office(version: int, *languages: str, person: str = "") -> Office:
    bob = Person(id="b", username="bob", name="Bob", language=person)
    tenant = Tenant("1", "acme", "Acme", country="NO", timezone="Europe/Oslo", languages=languages, people=(bob,))
    return Office(version, (tenant,))


def test_companies_and_persons_have_languages() -> None:
    assert spoken.languages_of(office(1, "nb", "en", person="lv")) == ("nb", "en", "lv")
    assert spoken.languages_of(Office(0)) == ()


def test_a_language_that_is_added_is_prepared(data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(a_language_is_added(data_folder, monkeypatch))


async def a_language_is_added(data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def prepare(sounds: Path, languages: Iterable[str], stop: object) -> int:
        assert sounds == data_folder.sounds
        loop.call_soon_threadsafe(asked.put_nowait, tuple(languages))
        return 0

    monkeypatch.setattr(spoken, "prepare", prepare)
    monkeypatch.setattr(spoken, "LOOK_SECONDS", 0.01)
    write_office(office(1, "nb"), data_folder.root)
    running = asyncio.create_task(spoken.prepare_sounds(data_folder))
    assert await asyncio.wait_for(asked.get(), 5) == ("nb",)
    write_office(office(2, "nb", "sv"), data_folder.root)
    assert await asyncio.wait_for(asked.get(), 5) == ("nb", "sv")
    running.cancel()
    await asyncio.wait([running])
    assert asked.empty()
