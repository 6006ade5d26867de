"""Ledgers that only grow: what was written is read, and whatever else is in the file is told."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from svara.privacy.rights import chained
from svara.privacy.rights.chained import Damaged

ENTRIES = st.lists(
    st.fixed_dictionaries({"who": st.text(max_size=30), "long": st.sampled_from(["", "x" * 70_000])}), max_size=6
)
SOME = [{"who": "Bob", "at": 1}, {"who": "Kari", "at": 2}, {"who": "Ole", "at": 3}]


def read(place: Path) -> list[chained.Entry]:
    return [{key: each[key] for key in each if key != "before"} for each in chained.read(place.read_bytes(), "ledger")]


@given(portions=st.lists(ENTRIES, max_size=4))
@trying(max_examples=25, deadline=None)
def test_what_was_added_in_portions_is_read_in_order(portions: list[list[chained.Entry]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "ledger"
        place.touch()
        for portion in portions:
            chained.append(place, portion)
        assert read(place) == [entry for portion in portions for entry in portion]


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.booleans())
@trying(max_examples=60, deadline=None)
def test_a_changed_bit_or_a_lost_line_is_told(at: int, bit: int, cut: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "ledger"
        chained.append(place, SOME)
        content = place.read_bytes()
        at %= content.rstrip(b"\n").rfind(b"\n")  # the last line has nothing behind it that would know
        if cut:
            lines = content.splitlines(keepends=True)
            changed = b"".join(lines[: at % 2] + lines[at % 2 + 1 :])
        else:
            changed = content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]
    with pytest.raises(Damaged, match="ledger of Acme"):
        chained.read(changed, "ledger of Acme")


def test_a_line_that_a_power_cut_left_half_is_told_and_goes_with_the_next_entry(tmp_path: Path) -> None:
    place = tmp_path / "ledger"
    chained.append(place, SOME[:2])
    whole = place.read_bytes()
    place.write_bytes(whole + b'{"who":"Ol')
    with pytest.raises(Damaged, match="line 3 was cut off"):
        chained.read(place.read_bytes(), "ledger")
    chained.append(place, SOME[2:])
    assert read(place) == SOME


def test_the_oldest_entries_go_when_their_time_is_over_and_the_rest_still_hangs_together(tmp_path: Path) -> None:
    place = tmp_path / "ledger"
    chained.append(place, SOME)
    assert chained.forget(place, "ledger", lambda entry: entry["at"] < 3) == 2
    assert read(place) == SOME[2:]
    chained.append(place, [{"who": "Dag", "at": 4}])
    assert read(place) == [*SOME[2:], {"who": "Dag", "at": 4}]
    assert chained.forget(place, "ledger", lambda _entry: True) == 2
    chained.append(place, SOME[:1])
    assert read(place) == SOME[:1]
    assert chained.forget(place, "ledger", lambda entry: entry["at"] > 5) == 0
    lines = place.read_bytes().splitlines()
    with pytest.raises(Damaged):
        chained.read(lines[1] + b"\n", "ledger")
