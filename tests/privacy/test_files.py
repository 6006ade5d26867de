"""Every file of the data folder is in the catalogue, as every field of a table is."""

from __future__ import annotations

from pathlib import Path

import pytest

from svara.data import DataFolder, put
from svara.people.office import SNAPSHOT_FILE
from svara.privacy.files import kind_of, kinds, undeclared


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("svara.sqlite3-wal", "files.database"),
        ("journal/0000000001.sealed", "files.journal"),
        ("registrations", "files.registrations"),
        ("registrations.next", "files.registrations"),
        ("keys/calls/journal-0000000001.key", "files.keys"),
        ("recordings/voicemail/abc.wav", "files.messages"),
        ("recordings/calls/abc-1f.wav", "files.recordings"),
        ("recordings/greetings/abc.wav", "files.spoken"),
        ("sounds/builtin/cs/closed.wav", "files.prompts"),
        ("sounds/0f/1a.wav", "files.sounds"),
        ("sounds/0f/.new-x8d1", "files.machinery"),
        ("sockets/bus", "files.machinery"),
        ("diary.txt", None),
        ("recordings/voicemail/private/abc.wav", None),
        ("journal2/0000000001.journal", None),
    ],
)
def test_a_file_is_known_by_its_place(place: str, kind: str | None) -> None:
    found = kind_of(place)
    assert (found.key if found else None) == kind


def test_every_file_that_the_house_has_a_place_for_is_declared(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data").create()
    folder.keys.mkdir()
    ways = [name for name, value in vars(DataFolder).items() if isinstance(value, property)]
    files = [place for name in ways if not (place := getattr(folder, name)).is_dir()]
    assert folder.database in files
    for place in (*files, folder.root / SNAPSHOT_FILE):
        put(place, b"")
    assert list(undeclared(folder.root)) == []


def test_a_file_of_which_nobody_says_what_it_holds_is_found(tmp_path: Path) -> None:
    put(tmp_path / "recordings" / "whispers" / "anna.wav", b"")
    put(tmp_path / "secret-key", b"")
    assert list(undeclared(tmp_path)) == ["recordings/whispers/anna.wav"]


@pytest.mark.claim("PHO-2")
def test_sound_is_somebody_s_and_goes_when_its_time_is_over() -> None:
    sound = {kind.key: kind for kind in kinds() if kind.key in {"files.recordings", "files.messages"}}
    assert {rule.retention.days for kind in sound.values() for rule in kind.declarations} == {90, 365}
    assert all(rule.category == "user.content.private" for kind in sound.values() for rule in kind.declarations)
