"""The `svara` command in an empty folder: a real process, without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests import migrated

from svara.data import DataFolder

Svara = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def from_nothing(tmp_path: Path) -> Svara:
    """Runs `svara ...` where nothing is yet."""

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

    return run


@pytest.fixture
def svara(from_nothing: Svara, data_folder: DataFolder) -> Svara:
    """Runs `svara ...` where the tables are there already, and nothing in them."""
    migrated.copy_to(data_folder.database)
    return from_nothing
