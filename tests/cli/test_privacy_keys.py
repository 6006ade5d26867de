"""`svara privacy key ...` as an administrator meets it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

OFFICE = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, extension: "101"}
"""
Svara = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def svara(tmp_path: Path) -> Svara:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if key not in ("SVARA_DATA", "SVARA_URL")}
        return subprocess.run(
            [sys.executable, "-m", "svara", *arguments],
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    (tmp_path / "acme.yaml").write_text(OFFICE)
    assert run("apply", "acme.yaml").returncode == 0
    return run


def test_keys_are_made_at_the_first_start_and_renewed(svara: Svara, tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys.iterdir()} == {0o600}
    shown = svara("privacy", "key", "status").stdout
    assert shown.startswith("master key   file:")
    assert "NOT USABLE" not in shown
    assert svara("privacy", "key", "rotate").stdout == "acme has a new key; 0 keys of persons are wrapped by it.\n"
    assert "version 2" in svara("privacy", "key", "status").stdout
    before = (keys / "master").read_text()
    assert svara("privacy", "key", "rotate", "--master").stdout.startswith("The master key is new; 1 keys")
    assert (keys / "master").read_text() != before
    moved = svara("privacy", "key", "rotate", "--master", "--to", "elsewhere")
    assert "Tell the installation" in moved.stdout
    assert "NOT USABLE" in svara("privacy", "key", "status").stdout
    assert "NOT USABLE" not in svara("privacy", "key", "status", SVARA_MASTER_KEY_FILE=str(tmp_path / "elsewhere")).stdout


def test_a_company_holds_its_own_key(svara: Svara, tmp_path: Path) -> None:
    brought = svara("privacy", "key", "bring", "acme", "acme.key")
    assert brought.stdout == "A new key is in acme.key.\nacme holds its own key, and it is here.\n"
    assert svara("privacy", "key", "rotate").stdout == "acme holds its own key: it has to bring a new one.\n"
    assert "until it is brought again" in svara("privacy", "key", "take-away", "acme").stdout
    assert "its own key, taken away" in svara("privacy", "key", "status").stdout
    assert svara("privacy", "key", "bring", "acme", "acme.key").stdout == "acme holds its own key, and it is here.\n"
    assert svara("privacy", "key", "keep", "acme").stdout.startswith("The key of acme is kept here")
    assert not list((tmp_path / "data" / "keys" / "tenants").iterdir())


def test_what_goes_wrong_is_one_plain_line(svara: Svara, tmp_path: Path) -> None:
    for arguments, words in (
        (("privacy", "key", "rotate", "nobody"), "svara: there is no company 'nobody'\n"),
        (
            ("privacy", "key", "take-away", "acme"),
            "svara: the company does not hold its own key: it has to bring one first\n",
        ),
    ):
        done = svara(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", words)
    (tmp_path / "data" / "keys" / "master").unlink()
    done = svara("prepare")
    assert done.returncode == 1
    assert done.stderr.startswith("svara: the key file ")
    assert done.stderr.endswith("/keys/master is missing\n")
