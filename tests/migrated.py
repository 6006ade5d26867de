"""A database with all tables, made once by the migrations and copied by whoever needs an empty one.

It is made anew when anything that says what the tables are has changed; that an empty folder becomes an office by itself is
proven where no copy is put into it (`tests/cli`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

from svara.data import DataFolder, locked

if TYPE_CHECKING:
    from django.db.migrations.executor import MigrationExecutor

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build" / "migrated"


def copy_to(place: Path) -> None:
    """An empty SQLite database in which all migrations have run."""
    shutil.copyfile(_template(), place)
    place.chmod(0o600)


def one_by_one(connection: Any) -> MigrationExecutor:
    """Migrates a database as long ago, by each of the steps that one long step has replaced since."""
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.loader import MigrationLoader

    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    for name, squashed in executor.loader.replacements.items():
        executor.loader.graph.remove_replacement_node(name, squashed.replaces)
    executor.loader.replacements = {}  # nor does it note that they are done
    return executor


@cache
def _template() -> Path:
    template = FOLDER / f"{_digest()}.sqlite3"
    FOLDER.mkdir(parents=True, exist_ok=True)
    with locked(FOLDER / ".lock"):  # several processes of tests begin at once
        if not template.exists():
            for former in FOLDER.glob("*.sqlite3"):
                former.unlink()
            _make(template)
    return template


def _make(template: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for name in ("DJANGO_SETTINGS_MODULE", "SVARA_DATABASE_URL"):
        environment.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="svara-") as folder:
        data = DataFolder(Path(folder) / "data")
        command = [sys.executable, "-m", "svara", "prepare", "--data", str(data.root)]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=600)
        aside = template.with_suffix(".new")
        aside.unlink(missing_ok=True)
        with closing(sqlite3.connect(data.database)) as source, closing(sqlite3.connect(aside)) as copy:
            source.backup(copy)
        aside.rename(template)


def _digest() -> str:
    """Of everything from which the tables follow."""
    package = ROOT / "src" / "svara"
    files = {*package.rglob("migrations/*.py"), *package.rglob("models.py"), *package.rglob("models/*.py")}
    digest = hashlib.blake2b(django.__version__.encode(), digest_size=16)
    for file in sorted(files | {package / "privacy" / "appendonly.py"}):
        digest.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes())
    return digest.hexdigest()
