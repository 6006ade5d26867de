"""Lamps and presence with real phones: SIPp watches a line through a call, baresip shows what a colleague does."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.mark.claim("PHO-6")
def test_the_receptionist_s_lamp_follows_bob_through_a_call(svara: Svara, tmp_path: Path) -> None:
    with (
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob,
        Sipp(tmp_path, "watch", svara.sip, login="cecilie-desk", secret="secret-cecilie-desk", target="102",
             timeout_seconds=60) as lamp,
    ):  # fmt: skip
        svara.until(lambda: len(lamp.requests("NOTIFY")) == 1)
        anna.dial("102")
        bob.wait_state("incoming")
        svara.until(lambda: len(lamp.requests("NOTIFY")) == 2)
        bob.answer()
        anna.wait_state("talking")
        svara.until(lambda: len(lamp.requests("NOTIFY")) == 3)
        anna.hangup()
        outcome = lamp.wait()
        assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
        assert len(lamp.requests("NOTIFY")) == 5, "each state once, and the end"


@pytest.mark.claim("PHO-6")
def test_baresip_shows_what_a_colleague_does(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("cecilie-desk"), tone_hz=880, watches=("102",)) as cecilie,
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
    ):
        svara.until(lambda: cecilie.shows("102") == "Offline", what=lambda: cecilie.ask("contacts"))
        with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob:
            svara.until(lambda: cecilie.shows("102") == "Online", what=lambda: cecilie.ask("contacts"))
            anna.dial("102")
            bob.wait_state("incoming")
            bob.answer()
            anna.wait_state("talking")
            svara.until(lambda: cecilie.shows("102") == "Busy", what=lambda: cecilie.ask("contacts"))
            anna.hangup()
            svara.until(lambda: cecilie.shows("102") == "Online", what=lambda: cecilie.ask("contacts"))


class Browser:
    """Signs in as a person does, and sends forms."""

    def __init__(self, svara: Svara, name: str, password: str) -> None:
        self._base = f"http://{svara.http}"
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open
        self.send("/sign-in/", name=name, password=password)

    def send(self, path: str, *, page: str = "", **fields: str) -> str:
        """The page that follows a form, which stands on `page` where that is not its own address."""
        with self._open(self._base + (page or path), timeout=10) as shows:
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shows.read().decode())
        assert token is not None
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        request = urllib.request.Request(self._base + path, body, {"Referer": self._base + path})
        with self._open(request, timeout=10) as answer:
            shown: str = answer.read().decode()
            return shown


@pytest.fixture
def calendar_host() -> Iterator[str]:
    """Serves Bob's calendar: he is in a meeting from now on."""
    now = datetime.now(UTC)
    begins, ends = now - timedelta(minutes=5), now + timedelta(minutes=55)
    text = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Secret plans\r\n"
        f"DTSTART:{begins:%Y%m%dT%H%M%SZ}\r\nDTEND:{ends:%Y%m%dT%H%M%SZ}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/token/bob.ics"
    server.shutdown()
    server.server_close()


@pytest.mark.claim("PHO-6")
def test_bob_s_calendar_shows_on_pages_and_phones(calendar_host: str, tmp_path: Path) -> None:
    with (
        Svara(environment={"SVARA_CALENDAR_NETWORKS": "127.0.0.0/8"}) as svara,
        Baresip(tmp_path, svara.account("bob-desk")),
        Baresip(tmp_path, svara.account("cecilie-desk"), watches=("102",)) as cecilie,
    ):
        svara.until(lambda: cecilie.shows("102") == "Online", what=lambda: cecilie.ask("contacts"))
        bob = Browser(svara, "bob@acme.test", "password-of-bob")
        assert "My meetings show in my presence" in bob.send("/profile/calendar/", url=calendar_host)
        svara.until(lambda: svara.presence("bob") == "meeting", timeout_seconds=60)
        kept = b"".join(place.read_bytes() for place in svara.data.rglob("*") if place.is_file())
        assert b"Secret plans" not in kept
        assert b"/token/bob.ics" not in kept
        bob.send("/profile/calendar/off/", page="/profile/calendar/")
        svara.until(lambda: svara.presence("bob") == "available", timeout_seconds=30)
