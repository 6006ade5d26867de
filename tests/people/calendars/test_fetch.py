"""Where a calendar may be fetched from, and where an address must not lead."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from svara.people.calendars import fetch as fetching
from svara.people.calendars.fetch import NETWORKS, Fetched, Refused, checked, fetch


class Host:
    """A host of calendars on this machine. `answers`: by path, status, headers and body."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str | None]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append((self.path, self.headers.get("If-None-Match")))
                status, headers, body = host.answers.get(self.path, (404, {}, b""))
                if status == 200 and headers.get("ETag") and headers["ETag"] == self.headers.get("If-None-Match"):
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def host() -> Iterator[Host]:
    found = Host()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NETWORKS, "nonsense, 127.0.0.0/8")


def why(url: str) -> str:
    with pytest.raises(Refused) as refused:
        fetch(url)
    return refused.value.why


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in addresses]
    monkeypatch.setattr(fetching.socket, "getaddrinfo", lambda *_a, **_k: found)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "fe80::1",
     "fd00::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::a00:1"],
)  # fmt: skip
def test_no_private_address_is_asked_whatever_name_it_has(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    def connected(*_: object) -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(fetching.socket, "create_connection", connected)
    resolves_to(monkeypatch, address)
    assert why("https://calendar.example.com/anna.ics") == "address"
    resolves_to(monkeypatch, "93.184.216.34", address)
    assert why("https://calendar.example.com/anna.ics") == "address", "not one of several, either"


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def connect(place: object, _seconds: float) -> None:
        asked.append(place)
        raise OSError

    monkeypatch.setattr(fetching.socket, "create_connection", connect)
    resolves_to(monkeypatch, "93.184.216.34")
    assert why("https://calendar.example.com/anna.ics") == "unreachable"
    assert asked == [("93.184.216.34", 443)]


@pytest.mark.parametrize(
    "url",
    ["http://calendar.example.com/a", "ftp://example.com/a", "file:///etc/passwd", "https://user:word@example.com/a", "https://",
     "https://example.com:22/a", "https://example.com:99999/a", "https://127.0.0.1/a", "https://[::1]/a",
     "https://exa mple.com/", "https://example.com/" + "a" * 2000, "https://ex\x00ample.com/", "", "anna.ics"],
)  # fmt: skip
def test_addresses_that_are_refused_when_they_are_given(url: str) -> None:
    with pytest.raises(Refused) as refused:
        checked(url)
    assert refused.value.why == "address"


def test_an_address_as_programs_write_it() -> None:
    assert checked(" webcal://calendar.example.com/anna.ics?key=1 ") == "https://calendar.example.com/anna.ics?key=1"


@pytest.mark.usefixtures("allowed")
def test_a_calendar_of_an_allowed_network_is_read_and_read_again_only_when_it_changed(host: Host) -> None:
    host.answers["/anna.ics?key=1"] = (200, {"ETag": '"v1"'}, b"BEGIN:VCALENDAR")
    url = checked(f"{host.url}/anna.ics?key=1")
    assert fetch(url) == Fetched(b"BEGIN:VCALENDAR", '"v1"')
    assert fetch(url, '"v1"') == Fetched(None, '"v1"')
    assert host.asked == [("/anna.ics?key=1", None), ("/anna.ics?key=1", '"v1"')]


def test_without_the_administrator_s_word_it_is_not(host: Host) -> None:
    assert why(f"{host.url}/anna.ics") == "address"
    assert host.asked == []


@pytest.mark.usefixtures("allowed")
def test_a_redirect_leads_nowhere_else(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.answers["/moved"] = (302, {"Location": "/anna.ics"}, b"")
    host.answers["/anna.ics"] = (200, {}, b"here")
    host.answers["/inside"] = (302, {"Location": "http://10.0.0.1/secret"}, b"")
    host.answers["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    host.answers["/circle"] = (302, {"Location": "/circle"}, b"")
    assert fetch(f"{host.url}/moved").content == b"here"
    assert [why(f"{host.url}/{path}") for path in ("inside", "file", "circle")] == ["address", "address", "answer"]


@pytest.mark.usefixtures("allowed")
def test_what_is_too_much_or_no_answer(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 1000)
    host.answers["/large"] = (200, {}, b"x" * 100_000)
    host.answers["/packed"] = (200, {"Content-Encoding": "gzip"}, b"x")
    host.answers["/tagged"] = (200, {"ETag": "x" * 500}, b"x")
    assert [why(f"{host.url}/{path}") for path in ("large", "packed", "gone")] == ["large", "answer", "answer"]
    assert fetch(f"{host.url}/tagged").etag == ""
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.0)
    assert why(f"{host.url}/tagged") == "unreachable"
