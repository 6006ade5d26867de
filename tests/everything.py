"""A run of everything: `./test` without arguments.

Real phones and a real browser share two small processors with all else that is tested; one that came too late there says
little. So a *few* such tests that failed are run once more, alone and one after the other, after being named, so that
nobody forgets them. Every other test has one chance: it depends on nothing but the code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAST_FAILED = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
PYTEST = (sys.executable, "-m", "pytest")
REAL = "peer or browser"
AGAIN_AT_MOST = 16
MANY_NEW = 50
FAILED, NOTHING_CHOSEN = 1, 5
"""Exit codes of pytest."""


def pytest(*arguments: str) -> int:
    """Run it, seen by who waits; gives its exit code."""
    return subprocess.run((*PYTEST, *arguments), check=False, cwd=ROOT).returncode


def all_real(tests: list[str]) -> bool:
    """Whether each of these needs real phones or a real browser."""
    others = subprocess.run(
        (*PYTEST, "-n", "0", "--collect-only", "-m", f"not ({REAL})", *tests), check=False, cwd=ROOT, capture_output=True
    )
    return others.returncode == NOTHING_CHOSEN


def written_once() -> None:
    """On a fresh checkout the tests are first made ready to run, half of them beside the other half: else each process of
    tests would do that for all of them."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    new = [file for file in files if not any((file.parent / "__pycache__").glob(f"{file.stem}.*-pytest-*.pyc"))]
    if len(new) < MANY_NEW:
        return
    command = (*PYTEST, "-n", "0", "--collect-only", "-qq")
    halves = [(*command, *map(str, half)) for half in (new[::2], new[1::2])]
    for run in [subprocess.Popen(half, cwd=ROOT, stdout=subprocess.DEVNULL) for half in halves]:
        run.wait()


def main() -> int:
    """The exit code of the whole."""
    written_once()
    code = pytest("-n", "3", "--dist", "loadfile", "--cache-clear")
    if code != FAILED:
        return code
    again = sorted(json.loads(LAST_FAILED.read_text(encoding="utf-8")))
    if not 0 < len(again) <= AGAIN_AT_MOST or not all_real(again):
        return code
    print("\nFailed beside others, so once more alone:", *again, sep="\n  ", flush=True)  # noqa: T201  a command's output
    return pytest("-n", "0", *again)


if __name__ == "__main__":
    sys.exit(main())
