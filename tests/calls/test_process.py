"""The calls process as a process: killed in the middle of everything, and scanned by strangers."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.street import RealPhone, Street

from svara.calls.events import CallEnded, CallStarted, LegEnded, LegOffered
from svara.calls.journal import read_from
from svara.people.office import Office as Snapshot

CALLS = 200


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    people = [offices.person(f"u{n}", str(1000 + n), f"acme-u{n}") for n in range(2 * CALLS)]
    street = Street(tmp_path / "data", Snapshot(version=1, tenants=(offices.tenant("acme", *people, media="direct"),)))
    yield street
    street.close()


def test_kill_9_in_the_middle_of_two_hundred_calls(street: Street) -> None:
    callers = [RealPhone(street, f"acme-u{n}") for n in range(CALLS)]
    callees = [RealPhone(street, f"acme-u{CALLS + n}") for n in range(CALLS)]
    for phone in (*callers, *callees):
        phone.register()
    for n, caller in enumerate(callers):
        caller.call(str(1000 + CALLS + n))
    street.wait_for(lambda: all(callee.rings for callee in callees))
    for callee in callees:
        callee.answer()
    street.wait_for(
        lambda: all(200 in caller.statuses and callee.heard("ACK") for caller, callee in zip(callers, callees, strict=True))
    )
    ringing, other = RealPhone(street, "acme-u0"), callees[1]
    other.invite = None
    ringing.call(str(1000 + CALLS + 1))
    street.wait_for(lambda: other.rings)

    killed_at = time.monotonic()
    street.kill()
    street.start()
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others who compute on this machine slow us down
    assert time.monotonic() - killed_at < 3 * crowd

    for n in range(CALLS):
        (callers if n % 2 else callees)[n].hang_up()
    left = [(callees if n % 2 else callers)[n] for n in range(CALLS)]
    street.wait_for(lambda: all(phone.heard("BYE") for phone in left))
    assert all(len(phone.heard("BYE")) == 1 for phone in left)
    events = [event for _, event in read_from(street.data.journal, None)]
    started = Counter(event.call for event in events if isinstance(event, CallStarted))
    assert started == Counter(event.call for event in events if isinstance(event, CallEnded))
    assert set(started.values()) == {1}
    outcomes = Counter((event.outcome, event.end_reason) for event in events if isinstance(event, CallEnded))
    assert outcomes == {("answered", "hung up"): CALLS, ("failed", "server restarted"): 1}
    assert len([1 for event in events if isinstance(event, LegOffered)]) == CALLS + 1
    assert len([1 for event in events if isinstance(event, LegEnded)]) == CALLS + 1


def test_registrations_survive_kill_9(street: Street) -> None:
    anna, bob = RealPhone(street, "acme-u0").register(), RealPhone(street, "acme-u1").register()
    street.kill()
    street.start()
    anna.call("1001")
    street.wait_for(lambda: bob.rings)


@pytest.mark.peer
def test_scanners_learn_nothing(street: Street) -> None:
    """sipvicious tries extensions, of which some exist."""
    program = shutil.which("svwar") or shutil.which("sipvicious_svwar")
    assert program is not None
    RealPhone(street, "acme-u0").register()
    port = str(street.udp.getsockname()[1])
    found = subprocess.run(
        [program, "-e", "995-1010", "-p", port, "127.0.0.1", "--maximumtime=20"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    text = found.stdout + found.stderr
    for extension in range(1000, 1011):
        assert f"| {extension} " not in text
