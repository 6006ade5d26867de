"""An office whose messages lie in a bucket: heard over the API and at a phone, and calls never wait for it."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.end_to_end.test_menu import with_menu
from tests.peers import mailbox
from tests.peers.baresip import Baresip
from tests.peers.bucket import bucket_server, new_bucket
from tests.peers.server import Svara

from svara.privacy.vault.storage import open_storage

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ = 440


def leave_a_message(svara: Svara, anna: Baresip, count: int) -> str:
    """Anna is put through to Bob's mailbox by the menu, and speaks; gives the message's id."""
    mailbox.leave_a_message(anna)
    anna.wait_state("idle")
    svara.until(lambda: len(svara.get("/voicemail/messages", "bob")["items"]) == count)
    return str(svara.get("/voicemail/messages", "bob")["items"][0]["id"])


def part(svara: Svara, message: str) -> tuple[int, bytes]:
    """What a player gets that begins to play."""
    request = urllib.request.Request(f"http://{svara.http}/api/v1/voicemail/messages/{message}/sound")
    request.add_header("Authorization", f"Bearer {svara.run('token', 'bob').strip()}")
    request.add_header("Range", "bytes=0-99")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_message_in_a_bucket_is_heard_and_calls_go_on_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as bucket:
        server = bucket.enter_context(bucket_server())
        address = f"s3://{new_bucket(server, monkeypatch)}/office?endpoint={server}"
        with Svara(environment={"SVARA_RECORDINGS": address}) as svara:
            svara.apply(with_menu(svara.data.parent))
            lying = open_storage(address, tmp_path)
            folder = svara.data / "recordings" / "voicemail"

            def nothing_here() -> None:
                """As after a quarter of an hour."""
                for place in folder.glob("*.wav"):
                    place.unlink()

            with Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna:
                first = leave_a_message(svara, anna, 1)
                os.kill(svara.pid_of("jobs"), signal.SIGKILL)  # wherever it is with it
                svara.until(lambda: len(list(lying.names())) == 1, 30)
                [name] = lying.names()
                assert lying.open(name).read(1) == b"\2", "it is sealed"
                (note,) = (svara.data / "recordings" / "elsewhere" / "voicemail").glob("*.wav")
                svara.until(lambda: b'"moved":true' in note.read_bytes(), 30)
                nothing_here()
                status, content = part(svara, first)
                assert (status, content[:4], len(content)) == (206, b"RIFF", 100)
                with Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=660) as bob:
                    bob.dial("*97")
                    bob.wait_state("talking")
                    time.sleep(1)
                    for _ in range(10):  # before the mailbox is open a key opens nothing
                        bob.press("1")
                        time.sleep(3)
                        if list(folder.glob("*.wav")):
                            break
                    else:
                        pytest.fail(f"it is not fetched to be played\n{svara.errors()}")
                    bob.press("1")  # it may have come later than somebody waits
                    bob.wait_to_hear(ANNA_HZ, timeout_seconds=30)
                    bob.hangup()
                    bob.wait_state("idle")
                nothing_here()
                bucket.close()
                port = int(server.rpartition(":")[2])
                bucket.enter_context(socket.create_server(("127.0.0.1", port)))  # takes connections, and never answers
                status, content = part(svara, first)
                assert status == 503, svara.errors(200)
                assert content.startswith(b"This cannot be heard now: the storage where recordings lie does not answer.")
                second = leave_a_message(svara, anna, 2)
                assert part(svara, second)[0] == 206, "what is new is here"
                assert "Traceback" not in svara.errors(500)
            svara.stop()
            assert "did not end in time" not in svara.errors(500)
