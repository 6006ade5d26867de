"""The house keeps its own rules: linters, types, the direction of imports, the documentation, and what a file may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "svara"


def tracked(*patterns: str) -> list[Path]:
    """Every file of the repository that matches."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def run_tool(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}{done.stderr[-3000:]}"


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_ruff_finds_nothing() -> None:
    run_tool(tool("ruff"), "check", "--quiet", ".")


def test_the_code_is_formatted() -> None:
    run_tool(tool("ruff"), "format", "--check", "--quiet", ".")


@pytest.mark.timeout(600)
def test_types_hold() -> None:
    run_tool(tool("mypy"), "src/svara")


def test_imports_point_down() -> None:
    run_tool(tool("lint-imports"))


@pytest.mark.timeout(300)
def test_the_documentation_builds_without_a_warning(tmp_path: Path) -> None:
    run_tool(
        tool("sphinx-build"), "-W", "--keep-going", "-q", "-d", str(tmp_path / "doctrees"), "docs", str(tmp_path / "html")
    )


def test_the_shell_scripts_parse_and_are_executable() -> None:
    for script in (ROOT / "run", ROOT / "test", ROOT / ".ci" / "run"):
        run_tool("bash", "-n", str(script))
        assert script.stat().st_mode & 0o100, f"{script} is not executable"
    run_tool("bash", "-n", str(ROOT / "tools" / "setup.bash"))


def test_every_module_opens_with_why_it_exists() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in tracked("src/**/*.py", "tests/**/*.py", "tests/*.py", "bench/**/*.py")
        if path.stat().st_size > 0
        and "migrations" not in path.parts
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


# Written with character classes, so that this file does not find itself.
FORBIDDEN = {
    r"pyp[i]\.org|python[h]osted\.org|registry\.npm[j]s\.org|registry\.yarn[p]kg\.com": "the host of a package registry",
    r"\bTOD[O]\b|\bFIXM[E]\b|\bXX[X]\b": "a mark of unfinished work",
    r"(?<![\w.-])/(home|root|work)[/]\w": "a path of somebody's machine",
    r"lorem[ ]ipsum": "filler text",
}
BINARY = {".png", ".ico", ".wav", ".woff2", ".mo", ".jpg", ".webp", ".pcap", ".bin", ".dat"}


def test_no_file_says_what_it_must_not() -> None:
    found = []
    for path in tracked("."):
        if path.suffix in BINARY or path.is_symlink():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        for pattern, what in FORBIDDEN.items():
            if match := re.search(pattern, text):
                line = text.count("\n", 0, match.start()) + 1
                found.append(f"{path.relative_to(ROOT)}:{line}: {what}")
    assert found == []


def test_the_real_time_rooms_take_their_time_from_the_clock() -> None:
    """Their rules can then be tested on virtual time; only the shells that start a process may ask the system."""
    asks_the_system = re.compile(
        r"\btime\.(time|monotonic|sleep)\(|\bdatetime\.(now|utcnow)\(|\brandom\.(random|randint|choice|uniform)\("
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for room in ("sip", "media", "calls")
        for path in sorted((PACKAGE / room).rglob("*.py"))
        if path.name != "main.py"
        for match in asks_the_system.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_licence_is_named_where_tools_look_for_it() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
