"""The doctor looks at an installation without changing it, and only where it may."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from svara.cli import main, serving
from svara.cli.doctor import opening
from svara.cli.serving import Process, Serving
from svara.data import DataFolder, put
from svara.people.errors import PlainError


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "office").create()
    put(folder.secret_key, b"k" * 32)
    return folder


def test_a_folder_that_is_none(tmp_path: Path, data: DataFolder) -> None:
    assert opening.open_folder(data.root).root == data.root
    with pytest.raises(PlainError, match="there is no data folder"):
        opening.open_folder(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(PlainError, match="is not a folder"):
        opening.open_folder(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PlainError, match="is no data folder of Svara"):
        opening.open_folder(tmp_path / "empty")
    assert list((tmp_path / "empty").iterdir()) == []


def test_somebody_without_rights_reads_one_plain_sentence(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(_self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    monkeypatch.setattr(Path, "iterdir", refuses)
    assert main._run(["doctor", "--data", str(data.root)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("svara: only ")
    assert "may look into the data folder" in told.err
    assert len(told.err.splitlines()) == 1


def test_root_becomes_the_owner(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[tuple[str, object]] = []
    for name in ("setgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, lambda value, name=name: became.append((name, value)))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(Path, "stat", lambda self, **_: os.stat_result((0o40700, 1, 1, 2, 1000, 1001, 0, 0, 0, 0)))
    opening.open_folder(data.root)
    assert became == [("setgroups", []), ("setgid", 1001), ("setuid", 1000)]  # in this order: the last one cannot be undone


def test_the_settings_are_those_of_the_office_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARA_SMTP_URL", "smtp://of-the-shell")
    assert opening.settings_of(None)["SVARA_SMTP_URL"] == "smtp://of-the-shell"
    monkeypatch.setattr(serving, "environment", lambda _pid: {"SVARA_URL": "https://phone.acme.test"})
    office = Serving(1, "0.1.0", 0.0, "", "")
    assert opening.settings_of(office) == {"SVARA_URL": "https://phone.acme.test"}
    assert "SVARA_SMTP_URL" not in os.environ
    monkeypatch.delenv("SVARA_URL")


def test_a_note_of_an_office_that_was_killed_is_none(data: DataFolder) -> None:
    assert serving.read(data) is None
    note = Serving(os.getpid(), "0.1.0", 1.0, "127.0.0.1:8080", "127.0.0.1:5060", "", (Process("calls", "ready", 7, 1.0),))
    serving.note(data, note)
    assert serving.read(data) is None  # this process is no `svara serve`
    serving.note(data, Serving(2**22 + 1, "0.1.0", 1.0, "", ""))
    assert serving.read(data) is None  # nobody has that number
    data.serving.write_bytes(b"{}")
    assert serving.read(data) is None
    serving.forget(data)
    serving.forget(data)
    assert not data.serving.exists()


def test_only_settings_of_ours_are_read_from_a_process() -> None:
    assert all(name.startswith(("SVARA_", "AWS_")) for name in serving.environment(os.getpid()))
    assert serving.environment(2**22 + 1) == {}


def test_a_database_that_is_gone_is_not_made(data: DataFolder) -> None:
    assert "there is no database" in opening.open_database(data, {})
    assert not data.database.exists()
