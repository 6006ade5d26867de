"""A small graph laid out in layers, from left to right: where its boxes stand, and how the lines between them run.

Pure and deterministic. Guarantees: no two boxes overlap; a line goes from left to right, and crosses no box; lines that
would lead back (they close a circle) are told and not drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

WIDTH = 240.0
"""Of every box."""
BETWEEN = 80.0
"""From one layer to the next: there the lines turn."""
ABOVE = 20.0
"""The least room between two boxes of a layer."""
LANE = 10.0
"""The height of a place where a long line passes a layer."""
MARGIN = 16.0
_SWEEPS = 6

Point = tuple[float, float]
_Name = str | tuple[int, int]
"""A box by its id, or a place where a line passes: the line's number and the layer."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is to be placed. `entry`: how far below its upper edge lines arrive."""

    id: str
    height: float
    entry: float = 22.0


@dataclass(frozen=True, slots=True)
class Line:
    """From a box, `port` below its upper edge, to another."""

    source: str
    port: float
    target: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A box in its place."""

    id: str
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line by the points that it goes through: a turn, then straight on, then a turn again."""

    number: int
    """Which of the given lines."""
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """As the `d` of an SVG path: a curve from layer to layer, straight past what stands in one."""
        begin, *rest = self.points
        parts = [f"M{begin[0]:g} {begin[1]:g}"]
        here = begin
        for number, (x, y) in enumerate(rest):
            middle = (here[0] + x) / 2
            turn = f"C{middle:g} {here[1]:g} {middle:g} {y:g} {x:g} {y:g}"
            parts.append(turn if number % 2 == 0 else f"H{x:g}")
            here = (x, y)
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Layout:
    """The whole drawing. `back`: the numbers of the lines that lead back."""

    width: float
    height: float
    boxes: tuple[Placed, ...]
    lines: tuple[Drawn, ...]
    back: frozenset[int]


def layered(boxes: Sequence[Box], lines: Sequence[Line]) -> Layout:
    """Lay a graph out; boxes that come first stand further up and to the left. Lines of unknown boxes are left out."""
    known = {box.id: box for box in boxes}
    real = {number: line for number, line in enumerate(lines) if line.source in known and line.target in known}
    back = back_lines(boxes, lines)
    forward = {number: line for number, line in real.items() if number not in back}
    layer = _layers(boxes, forward)
    plan = _Plan(known, forward, layer)
    plan.order()
    plan.settle()
    return plan.drawn(back & real.keys())


def back_lines(boxes: Sequence[Box], lines: Sequence[Line]) -> frozenset[int]:
    """The numbers of the lines that lead to where one came from: without them there is no circle."""
    leaving: dict[str, list[tuple[int, str]]] = {box.id: [] for box in boxes}
    for number, line in enumerate(lines):
        if line.source in leaving and line.target in leaving:
            leaving[line.source].append((number, line.target))
    found: set[int] = set()
    done: set[str] = set()
    for box in boxes:
        on_the_way: dict[str, Iterator[tuple[int, str]]] = {} if box.id in done else {box.id: iter(leaving[box.id])}
        while on_the_way:
            here = next(reversed(on_the_way))
            following = next(on_the_way[here], None)
            if following is None:
                done.add(here)
                del on_the_way[here]
                continue
            number, target = following
            if target in on_the_way:
                found.add(number)
            elif target not in done:
                on_the_way[target] = iter(leaving[target])
    return frozenset(found)


def _layers(boxes: Sequence[Box], forward: Mapping[int, Line]) -> dict[str, int]:
    """Each box one layer behind the last of those that lead to it."""
    waits = {box.id: 0 for box in boxes}
    leaving: dict[str, list[str]] = {box.id: [] for box in boxes}
    for line in forward.values():
        waits[line.target] += 1
        leaving[line.source].append(line.target)
    layer = {box.id: 0 for box in boxes}
    ready = [box.id for box in boxes if waits[box.id] == 0]
    while ready:
        here = ready.pop(0)
        for target in leaving[here]:
            layer[target] = max(layer[target], layer[here] + 1)
            waits[target] -= 1
            if waits[target] == 0:
                ready.append(target)
    return layer


@dataclass(slots=True)
class _Slot:
    """A box in its layer, or the place where a long line passes it."""

    height: float
    entry: float
    y: float = 0.0


class _Plan:
    """What stands in which layer, in which order, how high, and what leads from layer to layer."""

    def __init__(self, boxes: Mapping[str, Box], forward: Mapping[int, Line], layer: Mapping[str, int]) -> None:
        self._boxes = boxes
        self._slots: dict[_Name, _Slot] = {box.id: _Slot(box.height, box.entry) for box in boxes.values()}
        self._columns: list[list[_Name]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
        for id_ in boxes:
            self._columns[layer[id_]].append(id_)
        self._at = layer
        self._forward = forward
        self._ways: dict[int, list[_Name]] = {}
        self._before: dict[_Name, list[tuple[_Name, float]]] = defaultdict(list)
        """What leads there, each with the height at which it leaves; `_after`: where it leads, with the same."""
        self._after: dict[_Name, list[tuple[_Name, float]]] = defaultdict(list)
        for number, line in forward.items():
            passed = range(layer[line.source] + 1, layer[line.target])
            for each in passed:
                self._slots[number, each] = _Slot(LANE, LANE / 2)
                self._columns[each].append((number, each))
            way = self._ways[number] = [line.source, *((number, each) for each in passed), line.target]
            for first, second in pairwise(way):
                port = line.port if first == line.source else LANE / 2
                self._before[second].append((first, port))
                self._after[first].append((second, port))

    def order(self) -> None:
        """Boxes near to what they belong to, so that few lines cross."""
        place = {name: float(number) for column in self._columns for number, name in enumerate(column)}
        for column, down in self._sweeps():
            wishes: dict[_Name, list[float]] = {}
            for name in column:
                for other, port in self._before[name] if down else self._after[name]:
                    share = min(port / max(self._slots[other].height, 1.0), 1.0) if down else 0.0
                    wishes.setdefault(name, []).append(place[other] + share)
            wished = {name: fmean(wishes[name]) if name in wishes else place[name] for name in column}
            column.sort(key=wished.__getitem__)
            place.update((name, float(number)) for number, name in enumerate(column))

    def settle(self) -> None:
        """How high each stands: as near as can be to what leads to it and where it leads, in its order."""
        for column in self._columns:
            self._stack(column, [0.0] * len(column))
        for column, down in self._sweeps():
            wishes = []
            for name in column:
                slot = self._slots[name]
                if down:
                    near = [self._slots[other].y + port - slot.entry for other, port in self._before[name]]
                else:
                    near = [self._slots[other].y + self._slots[other].entry - port for other, port in self._after[name]]
                wishes.append(fmean(near) if near else slot.y)
            self._stack(column, wishes)

    def _sweeps(self) -> Iterator[tuple[list[_Name], bool]]:
        """The columns there and back, and whether it goes there."""
        for sweep in range(_SWEEPS):
            down = sweep % 2 == 0
            for column in self._columns if down else reversed(self._columns):
                yield column, down

    def _stack(self, column: Sequence[_Name], wishes: Sequence[float]) -> None:
        """The heights nearest to the wished ones (least squares) at which nothing overlaps (pool adjacent violators)."""
        below, offsets = 0.0, []
        for slot in column:
            offsets.append(below)
            below += self._slots[slot].height + ABOVE
        pools: list[list[float]] = []
        for wish, offset in zip(wishes, offsets, strict=True):
            pools.append([wish - offset, 1.0])
            while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
                (upper, weight), (lower, more) = pools[-2], pools[-1]
                pools[-2:] = [[(upper * weight + lower * more) / (weight + more), weight + more]]
        levels = [level for level, weight in pools for _ in range(round(weight))]
        for slot, level, offset in zip(column, levels, offsets, strict=True):
            self._slots[slot].y = round(level + offset)

    def drawn(self, back: frozenset[int]) -> Layout:
        """The finished drawing, from the margin on."""
        top = min((slot.y for slot in self._slots.values()), default=0.0)
        for slot in self._slots.values():
            slot.y += MARGIN - top
        bottom = max((slot.y + slot.height for slot in self._slots.values()), default=0.0)
        placed = tuple(
            Placed(box.id, _left(self._at[box.id]), self._slots[box.id].y, box.height) for box in self._boxes.values()
        )
        lines = []
        for number, line in self._forward.items():
            first, *passed, last = (self._slots[name] for name in self._ways[number])
            x = _left(self._at[line.source]) + WIDTH
            points: list[Point] = [(x, first.y + line.port)]
            for slot in passed:
                y = slot.y + LANE / 2
                points += [(x + BETWEEN, y), (x + BETWEEN + WIDTH, y)]
                x += BETWEEN + WIDTH
            points.append((x + BETWEEN, last.y + last.entry))
            lines.append(Drawn(number, tuple(points)))
        width = _left(len(self._columns) - 1) + WIDTH + MARGIN if self._columns else 2 * MARGIN
        return Layout(width, bottom + MARGIN, placed, tuple(lines), back)


def _left(layer: int) -> float:
    return MARGIN + layer * (WIDTH + BETWEEN)
