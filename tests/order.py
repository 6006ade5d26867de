"""In which order the files of tests run when several run at a time, and which of them may run beside each other.

Those that may take longest go first, so that the end is not one of them alone. Tests with real phones mostly wait: some run
beside tests that compute, but in no more processes than one machine gives their sound and its time.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

PHONES_AT_ONCE = 2
PEER_SECONDS, BROWSER_SECONDS, OTHER_SECONDS = 6.0, 3.0, 0.1
"""About what a test takes; a file that is allowed much more time than others will want some of it."""
USUAL_TIMEOUT_SECONDS = 300.0
ROOT = Path(__file__).parents[1]
WHOLE = (
    "tests/database/test_postgres.py::test_the_tests_of_a_room_pass_there_too[",
    "tests/web/test_every_page.py::test_every_page_",
)
"""All tests of a room again, all pages for somebody: each may run beside another."""


def longest_first(items: list[pytest.Item]) -> None:
    """Sort files by how long they may take; the tests of a file stay in their order."""
    seconds: dict[Path, float] = defaultdict(float)
    for item in items:
        seconds[item.path] += _seconds(item)
    items.sort(key=lambda item: (-seconds[item.path], item.path))


def _seconds(item: pytest.Item) -> float:
    timeout = item.get_closest_marker("timeout")
    longer = float(timeout.args[0]) - USUAL_TIMEOUT_SECONDS if timeout is not None and timeout.args else 0.0
    for mark, usual in (("peer", PEER_SECONDS), ("browser", BROWSER_SECONDS)):
        if item.get_closest_marker(mark) is not None:
            return usual + max(longer, 0.0) / 4
    return OTHER_SECONDS + max(longer, 0.0) / 4


@cache
def _has_phones(file: str) -> bool:
    return "mark.peer" in (ROOT / file.partition("::")[0]).read_text(encoding="utf-8") and not file.startswith(WHOLE)


class Order(LoadFileScheduling):  # type: ignore[misc]
    """Gives each process the next file, and all those with phones to the same few processes."""

    def _split_scope(self, nodeid: str) -> str:
        """By file; but what is as long as many files (`WHOLE`) stands for itself."""
        return nodeid if nodeid.startswith(WHOLE) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        on_the_phone = [one for one in self.nodes if self._has_had_phones(one)]
        if len(on_the_phone) >= PHONES_AT_ONCE:
            phones = node in on_the_phone
            better = next((file for file in self.workqueue if _has_phones(file) is phones), None)
            if better is not None:
                self.workqueue.move_to_end(better, last=False)
        super()._assign_work_unit(node)

    def _has_had_phones(self, node: WorkerController) -> bool:
        """Then it has offices that run until its end, for all its tests: a further process would start others."""
        return any(_has_phones(file) for file in self.assigned_work[node])
