"""Files of tests that run beside each other: the long ones first, and at most two with real phones at a time."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.order import PHONES_AT_ONCE, WHOLE, Order, longest_first

PHONES = [f"tests/end_to_end/test_{name}.py" for name in ("killed", "menu", "queue", "sound")]
QUIET = ["tests/test_data.py", "tests/test_log.py"]


class Node(SimpleNamespace):
    """A process that runs tests."""

    __hash__ = object.__hash__

    def send_runtest_some(self, indices: list[int]) -> None:
        self.has = indices


def given_out(files: list[str], processes: int, rounds: int = 1) -> list[str]:
    """Which file each process gets first, and then next, when it is done with that."""
    tests = [f"{file}::test" for file in files]
    queue = Order.__new__(Order)
    queue.workqueue = OrderedDict((file, {test: False}) for file, test in zip(files, tests, strict=True))
    nodes: list[Any] = [Node() for _ in range(processes)]
    queue.assigned_work = {node: {} for node in nodes}
    queue.registered_collections = dict.fromkeys(nodes, tests)
    given = []
    for _ in range(rounds):
        for node in nodes:
            queue._assign_work_unit(node)
            given.append(files[node.has[0]])
            queue.assigned_work[node][given[-1]] = {f"{given[-1]}::test": True}
    return given


def test_a_third_process_does_something_without_phones() -> None:
    assert PHONES_AT_ONCE == 2
    assert given_out([*PHONES, *QUIET], 3) == [PHONES[0], PHONES[1], QUIET[0]]


def test_a_process_that_has_an_office_goes_on_with_phones() -> None:
    given = given_out([*PHONES[:2], *QUIET, *PHONES[2:]], 3, rounds=2)
    assert given == [PHONES[0], PHONES[1], QUIET[0], PHONES[2], PHONES[3], QUIET[1]]


def test_when_only_phones_are_left_nobody_waits() -> None:
    assert given_out(PHONES, 3) == PHONES[:3]


def test_what_may_take_longest_begins_first() -> None:
    def item(file: str, **marks: tuple[float, ...]) -> Any:
        found = {name: SimpleNamespace(args=args) for name, args in marks.items()}
        return SimpleNamespace(path=Path(file), get_closest_marker=found.get)

    items = [
        *[item("short.py") for _ in range(9)],
        item("page.py", browser=()),
        *[item("phones.py", peer=(), timeout=(300.0,)) for _ in range(2)],
        item("all_again.py", peer=(), timeout=(600.0,)),
    ]
    longest_first(items)
    assert list(dict.fromkeys(each.path.name for each in items)) == ["all_again.py", "phones.py", "page.py", "short.py"]


@pytest.mark.parametrize("whole", WHOLE)
def test_what_is_as_long_as_many_files_stands_for_itself(whole: str) -> None:
    order = Order.__new__(Order)
    parts = [f"{whole}{part}" for part in ("one", "another")]
    assert [order._split_scope(part) for part in parts] == parts
    file, _, test = whole.partition("::")
    assert f"def {test.rstrip('[')}" in (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
    assert order._split_scope(f"{file}::test_something") == file


@pytest.mark.parametrize("file", [*PHONES, *QUIET])
def test_these_files_are_what_this_test_takes_them_for(file: str) -> None:
    text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
    assert ("mark.peer" in text) is (file in PHONES)
