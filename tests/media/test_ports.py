"""Two offices on one machine: neither takes the other's ports, whoever starts first and however it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from svara.media import ports
from svara.media.ports import USUAL, Claim, PortsTakenError, claim, overlap, taken

HOST, OTHER, ANOTHER = (f"198.18.{os.getpid() >> 8 & 255}.{os.getpid() & 255}/{number}" for number in range(3))
"""Of nobody (RFC 2544) and of this run of the tests alone, so that engines that run now are not in the way."""


@contextlib.contextmanager
def office(wanted: tuple[int, int] | None = None, *addresses: str) -> Iterator[Claim]:
    ours = claim(addresses or [HOST], wanted, pause=time.sleep)
    try:
        yield ours
    finally:
        ours.release()


def test_the_second_office_takes_other_ports_and_the_third_yet_others() -> None:
    with office() as first, office() as second, office() as third:
        assert (first.ports, second.ports) == (USUAL[0], USUAL[1])
        assert sorted(taken([HOST])) == sorted([first.ports, second.ports, third.ports])
        assert not overlap(second.ports, third.ports)
    assert taken([HOST]) == []


def test_ports_that_were_chosen_are_refused_where_another_office_has_one_of_them() -> None:
    with office((20_000, 24_999)):
        for wanted in ((24_999, 26_000), (19_000, 20_000), (21_000, 22_000), (10_000, 30_000)):
            with pytest.raises(PortsTakenError, match="belong to another office on this machine"), office(wanted):
                pass
        with office((25_000, 26_000)):
            pass
        with office() as other:
            assert other.ports == USUAL[1]


def test_another_address_has_ports_of_its_own() -> None:
    """Behind one-to-one NAT it is the address of this machine that counts."""
    with office(None, HOST), office(None, f"{OTHER}!203.0.113.1") as other:
        assert other.ports == USUAL[0]
        with office(None, ANOTHER, f"{OTHER}!203.0.113.2") as third:
            assert third.ports == USUAL[1]


def test_there_are_no_more() -> None:
    with contextlib.ExitStack() as offices:
        for ports in USUAL:
            assert offices.enter_context(office()).ports == ports
        with pytest.raises(PortsTakenError, match="set SVARA_MEDIA_PORTS"), office():
            pass


def test_a_killed_office_leaves_its_ports() -> None:
    code = f"from svara.media.ports import claim; ours = claim(['{HOST}'], pause=print); print('mine', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        with office() as ours:
            assert ours.ports == USUAL[1]
        other.kill()
        other.wait()
    with office() as ours:
        assert ours.ports == USUAL[0]


def test_two_that_start_at_once_wait_for_each_other_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_TURN", "svara-media-turn of a test")
    waited: list[float] = []
    with ports._bound(ports._TURN) as other:

        def comes_to_an_end(pause_seconds: float) -> None:
            waited.append(pause_seconds)
            other.close()

        claim([HOST], pause=comes_to_an_end).release()
        assert len(waited) == 1
    with ports._bound(ports._TURN), pytest.raises(PortsTakenError, match="does not come to an end"):
        claim([HOST], pause=waited.append)
    assert sum(waited) == pytest.approx(5, rel=0.02)
