"""Two tests that run beside each other have no port of each other's."""

from __future__ import annotations

import os
import time

import pytest
from tests.peers.ports import FOR_AN_ENGINE, FOR_AN_OFFICE, SoundPorts, free_port

from svara.media.ports import USUAL, claim, overlap

HOST = "198.18.0.1"  # of nobody (RFC 2544)
NOBODYS = [(number, number) for number in (100_000 + 2 * os.getpid(), 100_001 + 2 * os.getpid())]
"""Of no other run of the tests."""


def test_no_two_offices_of_tests_get_the_same_ports_for_sound() -> None:
    first, second = SoundPorts(NOBODYS, HOST), SoundPorts(NOBODYS, HOST)
    assert sorted((first.range, second.range)) == NOBODYS
    with pytest.raises(RuntimeError, match="no free ports"):
        SoundPorts(NOBODYS, HOST)
    first.close()
    third = SoundPorts(NOBODYS, HOST)
    assert third.range == first.range
    second.close()
    third.close()


def test_ports_of_an_office_that_is_no_test_s_are_passed_over() -> None:
    theirs = claim([HOST], NOBODYS[0], pause=time.sleep)
    with pytest.raises(RuntimeError, match="no free ports"):
        SoundPorts(NOBODYS[:1], HOST)
    theirs.release()
    SoundPorts(NOBODYS[:1], HOST).close()


def test_what_tests_take_no_office_takes_by_itself() -> None:
    everything = [*FOR_AN_ENGINE, *FOR_AN_OFFICE]
    assert [one for one in everything for other in everything if one is not other and overlap(one, other)] == []
    assert [one for one in everything for other in USUAL if overlap(one, other)] == []


def test_every_port_is_handed_out_once() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
