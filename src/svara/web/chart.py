"""Bar charts as plain SVG: drawn by the server, readable without a script, each bar with its words for pointer and screen
reader. The same figures stand in a table beside every chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 720, 220
"""The view box; the page scales it."""
LEFT, BOTTOM, TOP = 36, 24, 8
GAP_SHARE = 0.25
MAX_LABELS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: what it stands for, its words, and its parts from the bottom up as (kind, value)."""

    label: str
    words: str
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Rect:
    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A drawn bar; `label` is empty where there is no room for one."""

    label: str
    label_x: float
    words: str
    x: float
    width: float
    rects: tuple[Rect, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    label: str
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    width: int
    height: int
    left: int
    base: int
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]


def bars(data: Sequence[Bar]) -> Chart:
    """A stacked bar chart of counts."""
    most = max((sum(value for _, value in bar.parts) for bar in data), default=0.0)
    step = _step(most)
    top = max(step, -(-most // step) * step)
    base = HEIGHT - BOTTOM
    room = base - TOP
    slot = (WIDTH - LEFT) / max(1, len(data))
    width = min(48.0, slot * (1 - GAP_SHARE))
    every = -(-len(data) // MAX_LABELS) or 1
    columns = []
    for number, bar in enumerate(data):
        x = LEFT + number * slot + (slot - width) / 2
        heights = [0.0]
        for _, value in bar.parts:
            heights.append(heights[-1] + room * value / top)
        rects = tuple(
            Rect(kind, round(x, 1), round(base - upper, 1), round(width, 1), round(upper - lower, 1))
            for (kind, _), (lower, upper) in zip(bar.parts, pairwise(heights), strict=True)
            if upper > lower
        )
        label = bar.label if number % every == 0 else ""
        columns.append(Column(label, round(x + width / 2, 1), bar.words, round(x, 1), round(width, 1), rects))
    count = round(top / step)
    ticks = tuple(Tick(f"{n * step:g}", round(base - room * n / count, 1)) for n in range(count + 1))
    return Chart(WIDTH, HEIGHT, LEFT, base, tuple(columns), ticks)


def _step(most: float) -> float:
    """The distance of the grid's lines: 1, 2 or 5 times a power of ten, at most five lines."""
    step = 1.0
    while most / step > 5:
        step *= 2.5 if str(step).startswith("2") else 2
    return step
