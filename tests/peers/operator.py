"""Somebody who gives commands to an office: `python -m tests.peers.operator`, one JSON list of arguments a line.

Loading what a command needs takes much longer than what it does. So it is loaded once, and each command runs in a fork of
this process, exactly as `svara ARGUMENTS` would; the answer is a line with its exit code, what it said, and of what it
complained.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.patience import patience

from svara.cli.installation import open_installation
from svara.cli.main import main

ROOT = Path(__file__).parents[2]


class Operator:
    """Runs `svara` commands on a data folder; the program is started by the first of them."""

    def __init__(self, data: Path, environment: Mapping[str, str]) -> None:
        self._data = data
        self._environment = {**environment, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str) -> str:
        """What the command printed; it has to succeed."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.operator", str(self._data)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=self._environment,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([*arguments, "--data", str(self._data)]) + "\n")
        self._process.stdin.flush()
        code, said, complained = json.loads(self._process.stdout.readline())
        assert code == 0, complained
        return str(said)

    def close(self) -> None:
        """No more commands."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process.wait(patience(10))
            self._process = None


def _obey(arguments: list[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        child = os.fork()
        if child == 0:
            os.dup2(said.fileno(), 1)
            os.dup2(complained.fileno(), 2)
            try:
                main(arguments)
            except SystemExit as ended:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(int(ended.code or 0))
            finally:
                os._exit(70)
        _, status = os.waitpid(child, 0)
        said.seek(0)
        complained.seek(0)
        return os.waitstatus_to_exitcode(status), said.read().decode(), complained.read().decode()


if __name__ == "__main__":
    open_installation(Path(sys.argv[1]))
    import svara.people.plan
    import svara.privacy.audit.port  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_obey(json.loads(line))) + "\n")
        sys.stdout.flush()
