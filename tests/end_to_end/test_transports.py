"""Phones over TCP and TLS, and calls between phones that reach the server in different ways."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.ports import free_port
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Svara, str]]:
    """A server that also listens for TLS, and where."""
    assert shutil.which("openssl"), "openssl makes the test's certificate"
    folder = tmp_path_factory.mktemp("tls")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    make += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    make += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(make, check=True, capture_output=True)
    where = f"127.0.0.1:{free_port()}"
    environment = {"SVARA_TLS_CERT": str(folder / "cert.pem"), "SVARA_TLS_KEY": str(folder / "key.pem")}
    with Svara(environment={**environment, "SVARA_SIP_TLS": where}) as svara:
        yield svara, where


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


def test_two_phones_on_tls(secure: tuple[Svara, str], tmp_path: Path) -> None:
    svara, where = secure
    svara.mark()
    with (
        Baresip(tmp_path, svara.account("anna-desk", "tls", server=where), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("bob-desk", "tls", server=where), tone_hz=660) as bob,
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
