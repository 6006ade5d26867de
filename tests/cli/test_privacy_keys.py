"""`svara privacy key ...` as an administrator meets it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.cli.conftest import Svara

OFFICE = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, extension: "101"}
"""


@pytest.fixture
def acme(svara: Svara, tmp_path: Path) -> Svara:
    """`svara` commands where Acme is there."""
    (tmp_path / "acme.yaml").write_text(OFFICE)
    assert svara("apply", "acme.yaml").returncode == 0
    return svara


def test_keys_are_made_at_the_first_start_and_renewed(acme: Svara, tmp_path: Path) -> None:
    keys = tmp_path / "data" / "keys"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in keys.iterdir()} == {0o600}
    shown = acme("privacy", "key", "status").stdout
    assert shown.startswith("master key   file:")
    assert "NOT USABLE" not in shown
    assert acme("privacy", "key", "rotate").stdout == "acme has a new key; 0 keys of persons are wrapped by it.\n"
    assert "version 2" in acme("privacy", "key", "status").stdout
    before = (keys / "master").read_text()
    assert acme("privacy", "key", "rotate", "--master").stdout.startswith("The master key is new; 1 keys")
    assert (keys / "master").read_text() != before
    moved = acme("privacy", "key", "rotate", "--master", "--to", "elsewhere")
    assert "Tell the installation" in moved.stdout
    assert "NOT USABLE" in acme("privacy", "key", "status").stdout
    assert "NOT USABLE" not in acme("privacy", "key", "status", SVARA_MASTER_KEY_FILE=str(tmp_path / "elsewhere")).stdout


def test_a_company_holds_its_own_key(acme: Svara, tmp_path: Path) -> None:
    brought = acme("privacy", "key", "bring", "acme", "acme.key")
    assert brought.stdout == "A new key is in acme.key.\nacme holds its own key, and it is here.\n"
    assert acme("privacy", "key", "rotate").stdout == "acme holds its own key: it has to bring a new one.\n"
    assert "until it is brought again" in acme("privacy", "key", "take-away", "acme").stdout
    assert "its own key, taken away" in acme("privacy", "key", "status").stdout
    assert acme("privacy", "key", "bring", "acme", "acme.key").stdout == "acme holds its own key, and it is here.\n"
    assert acme("privacy", "key", "keep", "acme").stdout.startswith("The key of acme is kept here")
    assert not list((tmp_path / "data" / "keys" / "tenants").iterdir())


def test_what_goes_wrong_is_one_plain_line(acme: Svara, tmp_path: Path) -> None:
    for arguments, words in (
        (("privacy", "key", "rotate", "nobody"), "svara: there is no company 'nobody'\n"),
        (
            ("privacy", "key", "take-away", "acme"),
            "svara: the company does not hold its own key: it has to bring one first\n",
        ),
    ):
        done = acme(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", words)
    (tmp_path / "data" / "keys" / "master").unlink()
    done = acme("prepare")
    assert done.returncode == 1
    assert done.stderr.startswith("svara: the key file ")
    assert done.stderr.endswith("/keys/master is missing\n")
