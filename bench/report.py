"""A figure, and how figures are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `must` is what it has to reach ("at least" or "at most"); None where nothing was promised."""

    name: str
    value: float
    unit: str
    must: float | None = None
    direction: Literal["at least", "at most"] = "at most"
    note: str = ""

    @property
    def good(self) -> bool:
        if self.must is None:
            return True
        return self.value >= self.must if self.direction == "at least" else self.value <= self.must

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "must": self.must,
            "direction": self.direction,
            "good": self.good,
            "note": self.note,
        }


def table(figures: list[Figure]) -> str:
    """The figures as lines of text for a terminal."""
    rows = [
        (
            figure.name,
            f"{figure.value:,.3g}" if abs(figure.value) < 100 else f"{figure.value:,.0f}",
            figure.unit,
            "" if figure.must is None else f"{figure.direction} {figure.must:g}",
            "" if figure.must is None else "ok" if figure.good else "MISSED",
            figure.note,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column == 1 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; infinity where there are none."""
    if not values:
        return float("inf")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
