"""A phone that came too late beside others is tried once more; a wrong decision is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import everything

SETTINGS = '[tool.pytest.ini_options]\naddopts = "-q"\nmarkers = ["peer: a phone", "browser: a browser"]\n'
TRIED = """
from pathlib import Path
def tried(name):
    with (Path(__file__).parent / name).open("a") as file:
        file.write("x")
    return (Path(__file__).parent / name).stat().st_size
"""
PHONE = "import pytest\n@pytest.mark.peer\ndef test_phone():\n    assert tried('phone') > {late}\n"
RULE = "def test_rule():\n    assert tried('rule') > 1\n"


@pytest.mark.parametrize(
    ("tests", "code", "tries"),
    [
        (PHONE.format(late=0), 0, {"phone": 1}),
        (PHONE.format(late=1), 0, {"phone": 2}),
        (PHONE.format(late=2), 1, {"phone": 2}),
        (PHONE.format(late=1) + RULE, 1, {"phone": 1, "rule": 1}),
    ],
    ids=["on time", "late once", "too late", "beside a wrong rule"],
)
def test_late_phones_have_a_second_chance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tests: str, code: int, tries: dict[str, int]
) -> None:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "test_office.py").write_text(TRIED + tests)
    monkeypatch.setattr(everything, "ROOT", tmp_path)
    monkeypatch.setattr(everything, "LAST_FAILED", tmp_path / ".pytest_cache" / "v" / "cache" / "lastfailed")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist.plugin")
    assert everything.main() == code
    assert {name: (tmp_path / name).stat().st_size for name in tries} == tries
