"""The calls process as a process: killed in the middle of everything, and scanned by strangers."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.street import RealPhone, Street
from tests.patience import patience

from svara.calls.events import CallEnded, CallStarted, LegEnded, LegOffered
from svara.calls.journal import read_from
from svara.calls.segments import JournalFolder
from svara.cli.rolekey import of_vault
from svara.data import DataFolder
from svara.people.office import Office as Snapshot

CALLS = 200


def journal_of(data: DataFolder) -> JournalFolder:
    """The journal as the process left it, with the key that the vault keeps."""
    return JournalFolder(data.journal, data.call_keys, of_vault(data))


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
    assert time.monotonic() - killed_at < patience(3)

    for n in range(CALLS):
        (callers if n % 2 else callees)[n].hang_up()
    other.ring()  # as a phone says again that hears the INVITE again
    ringing.cancel()
    street.wait_for(lambda: bool(other.heard("CANCEL")))
    left = [(callees if n % 2 else callers)[n] for n in range(CALLS)]
    street.wait_for(lambda: all(phone.heard("BYE") for phone in left))
    assert all(len(phone.heard("BYE")) == 1 for phone in left)
    events = [event for _, event in read_from(journal_of(street.data), None)]
    started = Counter(event.call for event in events if isinstance(event, CallStarted))
    assert started == Counter(event.call for event in events if isinstance(event, CallEnded))
    assert set(started.values()) == {1}
    outcomes = Counter((event.outcome, event.end_reason) for event in events if isinstance(event, CallEnded))
    assert outcomes == {("answered", "hung up"): CALLS, ("abandoned", "caller gave up"): 1}
    assert len([1 for event in events if isinstance(event, LegOffered)]) == CALLS + 1
    assert len([1 for event in events if isinstance(event, LegEnded)]) == CALLS + 1


def test_registrations_survive_kill_9(street: Street) -> None:
    anna, bob = RealPhone(street, "acme-u0").register(), RealPhone(street, "acme-u1").register()
    street.kill()
    street.start()
    anna.call("1001")
    street.wait_for(lambda: bob.rings)


def talk(street: Street) -> tuple[RealPhone, RealPhone]:
    anna, bob = RealPhone(street, "acme-u0").register(), RealPhone(street, "acme-u1").register()
    anna.call("1001")
    street.wait_for(lambda: bob.rings)
    bob.answer()
    street.wait_for(lambda: bool(bob.heard("ACK")))
    return anna, bob


def test_when_the_whole_office_closes_everybody_is_hung_up(street: Street) -> None:
    street.stop()
    street.start(SVARA_SUPERVISOR=str(os.getpid()))
    anna, bob = talk(street)
    assert street.stop() == 0
    street.settle(0.1)
    assert len(anna.heard("BYE")) == len(bob.heard("BYE")) == 1
    [ended] = [event for _, event in read_from(journal_of(street.data), None) if isinstance(event, CallEnded)]
    assert ended.end_reason == "the server was stopped"


def test_a_calls_process_that_is_restarted_alone_hands_its_talks_to_its_successor(street: Street) -> None:
    anna, bob = talk(street)
    assert street.stop() == 0
    assert not anna.heard("BYE")
    street.start()
    anna.hang_up()
    street.wait_for(lambda: bool(bob.heard("BYE")))


def test_a_second_process_on_the_same_folder_says_so(street: Street) -> None:
    command = [sys.executable, "-m", "svara", "serve", "calls", "--data", str(street.data.root), "--sip", "127.0.0.1:0"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "another process serves calls" in second.stderr
    assert "Traceback" not in second.stderr


def test_phones_speak_over_tls(street: Street, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-days",
            "2",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    street.stop()
    street.start(SVARA_TLS_CERT=str(certificate), SVARA_TLS_KEY=str(key), SVARA_SIP_TLS=f"127.0.0.1:{port}")
    context = ssl.create_default_context(cafile=str(certificate))
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(
            b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:1;branch=z9hG4bKtls1\r\nMax-Forwards: 70\r\n"
            b"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: tls1\r\nCSeq: 1 OPTIONS\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        assert line.recv(65_536).startswith(b"SIP/2.0 200 ")


def large(phone: RealPhone) -> bytes:
    """A description with so many codecs that the INVITE is too large for a datagram."""
    payloads = [number for number in range(96, 128) if number != 101]
    lines = "".join(f"a=rtpmap:{number} G7221/16000\r\na=fmtp:{number} bitrate=32000\r\n" for number in payloads)
    codecs = " ".join(["8 0 101", *map(str, payloads)])
    return phone.description(codecs=codecs).replace(b"a=sendrecv", f"{lines}a=sendrecv".encode())


def test_a_large_invite_goes_by_tcp_to_a_phone_that_listens_there(street: Street) -> None:
    anna, bob = RealPhone(street, "acme-u0").register(), RealPhone(street, "acme-u1").register()
    with socket.create_server(bob.own) as listener:
        listener.settimeout(10)
        anna.call("1001", sdp=large(anna))
        street.settle(0.3)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(10)
            received = b""
            while b"\r\n\r\n" not in received or b"a=fmtp:127" not in received:
                received += connection.recv(65_536)
            head = received.partition(b"\r\n\r\n")[0].decode()
            assert head.startswith("INVITE ")
            assert "SIP/2.0/TCP" in head
            assert "transport=tcp" in next(line for line in head.splitlines() if line.startswith("Contact:"))
            copied = [line for line in head.splitlines() if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
            answer = "\r\n".join(["SIP/2.0 486 Busy Here", *copied, "Content-Length: 0"]) + "\r\n\r\n"
            connection.sendall(answer.encode())
            street.wait_for(lambda: 486 in anna.statuses)
    assert not bob.rings


def test_a_large_invite_goes_by_udp_all_the_same_where_nobody_listens_on_tcp(street: Street) -> None:
    anna, bob = RealPhone(street, "acme-u0").register(), RealPhone(street, "acme-u1").register()
    anna.call("1001", sdp=large(anna))
    street.wait_for(lambda: bob.rings)
    bob.answer()
    street.wait_for(lambda: 200 in anna.statuses)


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
    assert "found nothing" in text, "it scanned, and that is what it says"
    for extension in range(1000, 1011):
        assert f"| {extension} " not in text
