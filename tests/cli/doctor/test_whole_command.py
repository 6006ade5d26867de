"""The command as its users meet it, with no office open: a real process, its words, its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.peers.postgres import Postgres

OFFICE = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, extension: "101", phones: [{login: acme-anna, secret: s3cret-anna}]}
"""
Svara = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def svara(tmp_path: Path) -> Svara:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("SVARA_", "DJANGO_"))}
        return subprocess.run(
            [sys.executable, "-m", "svara", *arguments],
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    (tmp_path / "acme.yaml").write_text(OFFICE)
    return run


def test_where_nothing_is_installed_nothing_is_made(svara: Svara, tmp_path: Path) -> None:
    told = svara("doctor", "--data", "office")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"svara: there is no data folder {tmp_path / 'office'}: say where it is with --data\n"
    assert not (tmp_path / "office").exists()


def test_an_office_that_is_closed(svara: Svara, tmp_path: Path) -> None:
    assert svara("apply", "acme.yaml").returncode == 0
    files = sorted(path.relative_to(tmp_path) for path in (tmp_path / "data").rglob("*"))
    told = svara("doctor")
    assert told.returncode == 1
    assert "FAULT    Office: it is not running: nobody can call" in told.stdout
    assert "What to do: start it (svara serve)" in told.stdout
    assert "ok       Database (tables): SQLite answers" in told.stdout
    assert told.stdout.splitlines()[-1].startswith("1 fault, ")
    assert "\x1b[" not in told.stdout  # no terminal, no colours
    assert "Anna" not in told.stdout
    assert "acme-anna" not in told.stdout
    assert "Traceback" not in told.stderr
    after = sorted(path.relative_to(tmp_path) for path in (tmp_path / "data").rglob("*"))
    assert [path for path in after if path not in files and not path.name.endswith(("-wal", "-shm"))] == []


@pytest.mark.peer
@pytest.mark.timeout(600)
def test_postgresql_is_looked_at_too(svara: Svara, postgres_server: Postgres) -> None:
    url = {"SVARA_DATABASE_URL": postgres_server.new_database()}
    assert svara("apply", "acme.yaml", **url).returncode == 0
    told = json.loads(svara("doctor", "--json", **url).stdout)
    found = {(one["check"], one["of"]): one for one in told["checks"]}
    assert found["database", "tables"]["found"].startswith("PostgreSQL answers")
    assert found["database", "clock"]["result"] == "ok"
    assert found["vault", "probe"]["result"] == "ok"
    assert found["audit", ""]["result"] == "ok"
    assert found["backup", ""]["result"] == "not-applicable"
    assert told["counts"]["fault"] == 1  # the office is closed

    away = svara("doctor", "--json", SVARA_DATABASE_URL="postgresql://anna:wrong-word-7@127.0.0.1:9/acme")
    assert away.returncode == 1
    assert "wrong-word-7" not in away.stdout
    found = {one["check"]: one for one in json.loads(away.stdout)["checks"]}
    assert found["database"]["found"].startswith("the database cannot be used: ")
    assert found["vault"]["found"] == "not checked: the database cannot be used"
