"""A graph laid out: whatever it is, nothing lies on anything else, and every line can be followed."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from svara.web.layered import LANE, MARGIN, WIDTH, Box, Layout, Line, Placed, back_lines, layered


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Line]]:
    boxes = [Box(f"b{n}", float(draw(st.integers(44, 400)))) for n in range(draw(st.integers(0, 14)))]
    if not boxes:
        return boxes, []
    ends = st.sampled_from(boxes)
    lines = []
    for source, target in draw(st.lists(st.tuples(ends, ends), max_size=30)):
        lines.append(Line(source.id, draw(st.floats(0, source.height)), target.id))
    return boxes, lines


def apart(one: Placed, other: Placed) -> bool:
    beside = one.x + WIDTH <= other.x or other.x + WIDTH <= one.x
    return beside or one.y + one.height <= other.y or other.y + other.height <= one.y


@given(graphs())
def test_no_two_boxes_overlap_and_all_are_in_the_picture(graph: tuple[list[Box], list[Line]]) -> None:
    layout = layered(*graph)
    assert [box.id for box in layout.boxes] == [box.id for box in graph[0]]
    assert all(apart(one, other) for one, other in combinations(layout.boxes, 2))
    for box in layout.boxes:
        assert MARGIN <= box.x <= layout.width - WIDTH - MARGIN
        assert MARGIN <= box.y <= layout.height - box.height - MARGIN


@given(graphs())
def test_every_line_is_drawn_from_left_to_right_and_crosses_no_box_or_leads_back(
    graph: tuple[list[Box], list[Line]],
) -> None:
    boxes, lines = graph
    layout = layered(boxes, lines)
    assert sorted([line.number for line in layout.lines] + list(layout.back)) == list(range(len(lines)))
    places = {box.id: box for box in layout.boxes}
    entries = {box.id: box.entry for box in boxes}
    for drawn in layout.lines:
        asked = lines[drawn.number]
        source, target = places[asked.source], places[asked.target]
        assert drawn.points[0] == (source.x + WIDTH, source.y + asked.port)
        assert drawn.points[-1] == (target.x, target.y + entries[target.id])
        assert all(first[0] < second[0] for first, second in pairwise(drawn.points))
        turns, straights = list(pairwise(drawn.points))[::2], list(pairwise(drawn.points))[1::2]
        for (left, _), (right, _) in turns:  # a curve stays between its ends, where no box stands
            assert not any(box.x < right and left < box.x + WIDTH for box in layout.boxes)
        for (left, y), (right, level) in straights:
            assert y == level
            assert not any(
                box.x < right and left < box.x + WIDTH and box.y - LANE / 2 < y < box.y + box.height + LANE / 2
                for box in layout.boxes
            )


@given(graphs())
def test_without_the_lines_that_lead_back_there_is_no_circle(graph: tuple[list[Box], list[Line]]) -> None:
    boxes, lines = graph
    back = back_lines(boxes, lines)
    forward = [(line.source, line.target) for number, line in enumerate(lines) if number not in back]
    left = {box.id for box in boxes}
    while free := {id_ for id_ in left if not any(target == id_ and source in left for source, target in forward)}:
        left -= free
    assert left == set()


def test_the_same_graph_is_the_same_picture_and_a_tree_has_no_crossing() -> None:
    boxes = [Box("front", 152), *(Box(name, 44) for name in ("sales", "support", "anna"))]
    lines = [Line("front", 60.0 + 36 * n, name) for n, name in enumerate(("support", "anna", "sales"))]
    layout = layered(boxes, lines)
    assert layout == layered(boxes, lines)
    places = {box.id: box for box in layout.boxes}
    assert places["support"].y < places["anna"].y < places["sales"].y
    assert {places[name].x for name in ("support", "anna", "sales")} == {MARGIN + WIDTH + 80}


def test_a_chain_of_thousands_of_menus_is_laid_out() -> None:
    boxes = [Box(f"m{n}", 80) for n in range(2000)]
    layout: Layout = layered(boxes, [Line(f"m{n}", 60, f"m{n + 1}") for n in range(1999)])
    assert len({box.x for box in layout.boxes}) == 2000
    assert layout.boxes[-1].y == layout.boxes[0].y + 1999 * 38


def test_a_line_to_what_is_not_there_is_left_out() -> None:
    layout = layered([Box("front", 80)], [Line("front", 60, "gone"), Line("gone", 0, "front"), Line("front", 60, "front")])
    assert (layout.lines, layout.back) == ((), frozenset({2}))
