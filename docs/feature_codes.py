"""The page of feature codes, made from their table each time the documentation is built."""

from __future__ import annotations

from pathlib import Path

from svara.people.codes import TABLE, Code

PAGE = Path(__file__).parent / "feature-codes.md"
_HEAD = """# Feature codes

What a phone of the house does when these signs are dialled. The company may give a code other signs, or switch it off: on
the page *Administration, Feature codes*, or in the [office file](office-file.md) under `tenant.codes`. Everybody finds those
that work for them under *My calls*. What was done is said in the language of who dialled.

| dial | name | does | behind it | who |
|---|---|---|---|---|
"""
_WHO = {"everybody": "everybody", "agents": "members of queues", "administrators": "administrators"}


def page() -> str:
    """The page as it has to be now (Markdown)."""
    return _HEAD + "".join(map(_line, TABLE))


def write() -> None:
    """Bring the page up to date."""
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        PAGE.write_text(page(), encoding="utf-8")


def _line(row: Code) -> str:
    behind = f"{row.behind}{' (may be left out)' if row.argument == 'optional' else ''}"
    does = f"{row.does} (off unless the company switches it on)" if row.in_talk else row.does
    return f"| `{row.code}` | `{row.name}` | {does} | {behind} | {_WHO[row.of_use]} |\n"
