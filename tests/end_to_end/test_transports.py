"""Phones over TCP and TLS, and calls between phones that reach the server in different ways."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def test_a_phone_on_tcp_and_one_on_udp(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk", "tcp"), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660, auto_answer=True) as bob,
    ):
        anna.dial("102")
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        bob.wait_to_hear(440)
        bob.hangup()
        anna.wait_state("idle")
        svara.wait_records(1)


def test_linphone_on_tcp_is_called(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("bob-desk", "tcp"), tone_hz=660, auto_answer=True) as bob,
    ):
        anna.dial("102")
        anna.wait_state("talking")
        bob.wait_to_hear(440)
        anna.hangup()
        bob.wait_state("idle")


def test_two_phones_on_tls(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk", "tls"), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("bob-desk", "tls"), tone_hz=660) as bob,
    ):
        anna.dial("102")
        bob.wait_state("incoming")
        bob.answer()
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        bob.wait_to_hear(440)
        anna.hangup()
        bob.wait_state("idle")
        (record,) = svara.wait_records(1)
        assert record["outcome"] == "answered"
