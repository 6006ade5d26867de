"""What the kernel tells of a process: CPU time and memory; and on which core it may run."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[-1]
LOAD_CORE = CORES[0]


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process (proc(5), /proc/PID/stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def memory_bytes(pid: int) -> int:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def pin(pid: int, core: int) -> None:
    """Let every thread of a process run on one core only."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def go_first(pid: int) -> None:
    """Schedule every thread of a process before all ordinary ones (sched(7)), where the kernel lets us."""
    with contextlib.suppress(PermissionError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(1))


def go_along() -> None:
    """Be an ordinary thread again."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def find_child(parent: int, words: str) -> int:
    """The process below `parent` whose command line contains `words`. Raises LookupError."""
    waiting = [parent]
    while waiting:
        pid = waiting.pop()
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except FileNotFoundError:
            continue
        if pid != parent and words in command:
            return pid
        waiting += [int(child) for child in children]
    raise LookupError(f"no process '{words}' below {parent}")
