"""No figure covers fewer than five people, and subtracting one from another does not help."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.privacy.figures.groups import GROUP, Cell, published, total

people = st.frozensets(st.sampled_from([f"person {number}" for number in range(9)]), max_size=9)
cells = st.dictionaries(st.integers(0, 6), people, max_size=6).map(
    lambda found: {key: Cell(who, 10 * len(who), 60.0 * len(who) + key) for key, who in found.items()}
)


@pytest.mark.claim("ADV-4")
def test_four_people_are_no_group_and_five_are() -> None:
    four, five = Cell(frozenset("abcd"), 4, 40.0), Cell(frozenset("abcde"), 5, 50.0)
    assert published({"monday": four, "tuesday": five}) == {"tuesday": five}
    assert total(published({"monday": four}).values()) is None


@pytest.mark.claim("ADV-4")
@given(cells)
def test_no_two_totals_differ_by_fewer_than_five_people(stored: dict[int, Cell]) -> None:
    """Every range of days that somebody can ask for, and every difference of two of them."""
    shown = published(stored)
    ranges = [frozenset(range(begin, end)) for begin in range(8) for end in range(begin + 1, 8)]
    for one, other in combinations(ranges, 2):
        if not other < one:
            continue
        left = [stored[key] for key in one - other if key in stored]
        whole = total(shown[key] for key in one if key in shown) or Cell(frozenset())
        part = total(shown[key] for key in other if key in shown) or Cell(frozenset())
        told = whole.count - part.count
        behind = [cell for cell in left if len(cell.people) >= GROUP]
        assert told == sum(cell.count for cell in behind)
        assert not told or all(len(cell.people) >= GROUP for cell in behind)
