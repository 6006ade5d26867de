"""Telling what was found: to people at a terminal, or to a program."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

from svara.cli.doctor.model import Patient, Result, State
from svara.cli.doctor.run import counts

_MARKS: dict[State, tuple[str, str]] = {
    "ok": ("ok", "32"),
    "warning": ("WARNING", "33"),
    "fault": ("FAULT", "1;31"),
    "none": ("-", "2"),
}
_WORDS: dict[State, tuple[str, str]] = {
    "fault": ("fault", "faults"),
    "warning": ("warning", "warnings"),
    "ok": ("all right", "all right"),
    "none": ("not checked", "not checked"),
}
_MARK_WIDTH = 9
_WIDTH = 110


def for_people(results: Sequence[Result], *, coloured: bool, verbose: bool) -> str:
    """One paragraph a finding; what was done is told where something is wrong, or `verbose`."""
    lines = []
    for result in results:
        finding = result.finding
        mark, colour = _MARKS[finding.state]
        title = result.check.title + (f" ({finding.of})" if finding.of else "")
        shown = mark.ljust(_MARK_WIDTH)
        lines += _wrapped(f"{title}: {finding.found}", shown, _paint(shown, colour, coloured))
        wrong = finding.state in ("warning", "fault")
        if wrong or verbose:
            lines += _wrapped(f"What was done: {result.check.does}.", " " * _MARK_WIDTH)
        if wrong and finding.advice:
            lines += _wrapped(f"What to do: {finding.advice}.", " " * _MARK_WIDTH)
    return "\n".join(lines)


def closing_line(results: Sequence[Result]) -> str:
    """How many of each kind, faults first."""
    found = counts(results)
    parts = [f"{number} {_WORDS[state][number != 1]}" for state, number in found.items() if number or state == "fault"]
    return ("no faults" + ", ".join(["", *parts[1:]]) if not found["fault"] else ", ".join(parts)).capitalize() + "."


def for_programs(patient: Patient, results: Sequence[Result], now: float) -> str:
    """The same as JSON."""
    found = counts(results)
    plain = {
        "at": datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        "data": str(patient.data.root),
        "running": patient.runs,
        "counts": {("not-applicable" if state == "none" else state): number for state, number in found.items()},
        "checks": [
            {
                "check": result.check.key,
                "title": result.check.title,
                "of": result.finding.of,
                "result": "not-applicable" if result.finding.state == "none" else result.finding.state,
                "done": result.check.does,
                "found": result.finding.found,
                "advice": result.finding.advice,
                "seconds": round(result.seconds, 2),
            }
            for result in results
        ],
    }
    return json.dumps(plain, ensure_ascii=False, indent=2)


def _wrapped(text: str, first: str, painted: str = "") -> list[str]:
    lines = textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=" " * _MARK_WIDTH, break_long_words=False)
    if painted and lines:
        lines[0] = painted + lines[0][len(first) :]
    return lines


def _paint(text: str, colour: str, coloured: bool) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if coloured else text
