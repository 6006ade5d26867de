"""A real PostgreSQL server for tests: Debian's binaries, own folder, Unix socket only, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.patience import patience

START_SECONDS = 30.0


def binaries() -> Path | None:
    """The newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


class Postgres:
    """A running server."""

    def __init__(self, programs: Path, folder: Path, as_user: dict[str, Any]) -> None:
        self._programs = programs
        self._folder = folder
        self._as_user = as_user
        self._databases = 0
        self._migrated = ""

    def new_database(self) -> str:
        """Make an empty database; gives its URL for SVARA_DATABASE_URL."""
        self._databases += 1
        name = f"svara{self._databases}"
        self._create(name)
        return self._url(name)

    def new_database_for_tests(self) -> str:
        """One beside which there is what pytest-django looks for: a database of its own, with all tables."""
        if not self._migrated:
            url = self.new_database()
            with tempfile.TemporaryDirectory(prefix="svara-") as folder:
                environment = os.environ | {"SVARA_DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)}
                environment.pop("DJANGO_SETTINGS_MODULE", None)
                command = [sys.executable, "-m", "svara", "prepare", "--data", folder]
                subprocess.run(command, env=environment, check=True, capture_output=True, timeout=patience(120))
            self._migrated = url.rpartition("/")[2]
        url = self.new_database()
        self._create(f"test_{url.rpartition('/')[2]}", "--template", self._migrated)
        return url

    def _create(self, name: str, *options: str) -> None:
        self._run("createdb", "-h", str(self._folder), "-U", "postgres", *options, name)

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@{quote(str(self._folder), safe='')}/{name}"

    def dump(self, url: str) -> str:
        """All that a database of it holds, as `pg_dump` writes it."""
        return self._run("pg_dump", "--data-only", "-h", str(self._folder), "-U", "postgres", url.rpartition("/")[2])

    def schema(self, url: str) -> str:
        """Its tables, indexes, rules and triggers, as `pg_dump` writes them."""
        return self._run("pg_dump", "--schema-only", "-h", str(self._folder), "-U", "postgres", url.rpartition("/")[2])

    def _run(self, program: str, *arguments: str) -> str:
        ran = subprocess.run(
            [str(self._programs / program), *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=patience(60),
            cwd=self._folder,
            **self._as_user,
        )
        return str(ran.stdout)


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server; it ends, and its folder goes, with the block."""
    programs = binaries()
    assert programs is not None
    # Not below pytest's folder: the server runs as another user than root, who may not enter there.
    folder = Path(tempfile.mkdtemp(prefix="svara-postgres-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        postgres = pwd.getpwnam("postgres")
        os.chown(folder, postgres.pw_uid, postgres.pw_gid)
        as_user = {"user": postgres.pw_uid, "group": postgres.pw_gid, "extra_groups": []}
    server = Postgres(programs, folder, as_user)
    process = None
    try:
        server._run("initdb", "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8")
        with (folder / "log").open("wb") as output:
            process = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-h", "", "-F"],
                stdout=output,
                stderr=output,
                cwd=folder,
                **as_user,
            )
        _wait_until_ready(programs, folder, process)
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # at once: nothing of it is kept
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(programs: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + patience(START_SECONDS)
    while subprocess.run([programs / "pg_isready", "-h", folder, "-q"], check=False).returncode != 0:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < end, "PostgreSQL did not start"
        time.sleep(0.05)
