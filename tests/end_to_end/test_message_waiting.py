"""Anna leaves Bob a message with a real phone: his lamp lights, he gets a mail, and what he hears is what she said."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import soxr
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.server import Svara, office_file
from tests.voicemail.mailserver import MailServer, mail_server

from svara.media.sounds.prepare import prepared

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ = 440


@pytest.fixture(scope="module")
def post() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def svara(post: MailServer) -> Iterator[Svara]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SVARA_SMTP_URL", f"smtp://127.0.0.1:{post.port}")
        environment.setenv("SVARA_URL", "http://127.0.0.1")
        server = Svara()
    with server:
        office = json.loads(office_file(server.people))
        office["people"][1]["unanswered"] = {"after": 1, "to": "voicemail:bob"}
        server.apply(json.dumps(office))
        server.until(lambda: prepared(server.data / "sounds", "en"), timeout_seconds=60)
        yield server


def likeness(phone: Baresip, svara: Svara, phrase: str) -> float:
    """How well the phone heard a phrase of ours."""
    recording = phone.recording()
    assert recording is not None
    heard, rate_hz = sound.read_wav(recording)
    said, said_hz = sound.read_wav(svara.data / "sounds" / "builtin" / "en" / f"{phrase}.wav")
    return sound.likeness(heard, soxr.resample(said, said_hz, rate_hz), rate_hz)


def ask(svara: Svara, method: str, path: str, user: str = "bob", body: object = None) -> bytes:
    request = urllib.request.Request(f"http://{svara.http}/api/v1{path}", method=method)
    request.add_header("Authorization", f"Bearer {svara.run('token', user).strip()}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=10) as answer:
        content: bytes = answer.read()
        return content


@pytest.mark.claim("PHO-4")
def test_a_message_reaches_bob_in_every_way(svara: Svara, post: MailServer, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=660, lamp=True) as bob,
    ):
        ask(svara, "PUT", "/me/functions/message_notices", body={"enabled": True})
        svara.until(lambda: "Voice-Message: 0/0" in bob.lamp, what=lambda: bob.lamp)
        anna.dial("102")
        anna.wait_state("talking")
        recordings = svara.data / "recordings" / "voicemail"
        svara.until(lambda: any(place.stat().st_size > 60_000 for place in recordings.glob("*")), timeout_seconds=25)
        anna.hangup()
        anna.wait_state("idle")
        for phrase in ("person-not-available", "leave-message"):
            assert likeness(anna, svara, phrase) > 0.9, phrase
        assert likeness(anna, svara, "message-menu") < 0.5
        svara.until(lambda: bool(svara.get("/voicemail/messages", "bob")["items"]))
        [message] = svara.get("/voicemail/messages", "bob")["items"]
        assert (message["from_person"], message["heard_at"]) == ("anna", None)
        svara.until(lambda: "Messages-Waiting: yes" in bob.lamp and "Voice-Message: 1/0" in bob.lamp, what=lambda: bob.lamp)

        place = tmp_path / "heard.wav"
        place.write_bytes(ask(svara, "GET", f"/voicemail/messages/{message['id']}/sound"))
        samples, rate_hz = sound.read_wav(place)
        assert samples.size / rate_hz == pytest.approx(message["seconds"], abs=0.2)
        assert sound.strength(samples[rate_hz : 2 * rate_hz], ANNA_HZ, rate_hz) > 0.95

        svara.until(lambda: bool(post.mails), timeout_seconds=15)
        [(to, mail)] = post.mails
        assert (to, mail["Subject"]) == (["bob@acme.test"], "You have a new voice message")
        assert "anna" not in mail.get_content().lower()

        ask(svara, "PATCH", f"/voicemail/messages/{message['id']}", body={"heard": True})
        svara.until(lambda: "Voice-Message: 0/1" in bob.lamp, what=lambda: bob.lamp)
        killed = svara.kill("calls")
        svara.until(lambda: svara.is_anew("calls", killed), timeout_seconds=8)
        ask(svara, "DELETE", f"/voicemail/messages/{message['id']}")
        assert svara.get("/voicemail", "bob")["items"][0]["heard"] == 0
