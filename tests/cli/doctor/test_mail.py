"""The mail server, tried up to the point where a mail would be sent."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from tests.cli.doctor.patients import patient
from tests.voicemail.mailserver import mail_server

from svara.cli.doctor import mail
from svara.cli.doctor.model import Finding, Wishes


def tried(folder: Path, settings: Any, port: int, *, user: str = "", tls: bool = False, to: str = "") -> Finding:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = user, "secret of the mail server"
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = tls, False
    found = mail.smtp(patient(folder, settings={"SVARA_SMTP_URL": "smtp://..."}, wishes=Wishes(mail=to)))
    assert "secret of the mail server" not in found.found
    return found


def test_no_mail_server_is_no_fault(tmp_path: Path) -> None:
    assert mail.smtp(patient(tmp_path)).state == "none"


def test_it_answers_and_no_mail_is_sent(tmp_path: Path, settings: Any) -> None:
    with mail_server() as server:
        found = tried(tmp_path, settings, server.port)
        assert found.state == "ok"
        assert "no mail was sent" in found.found
        assert server.mails == []
        assert server.connections == 1


def test_a_mail_where_it_is_wanted(tmp_path: Path, settings: Any) -> None:
    with mail_server() as server:
        found = tried(tmp_path, settings, server.port, to="anna@acme.test")
        assert (found.state, "it took a mail" in found.found) == ("ok", True)
        [(to, sent)] = server.mails
        assert to == ["anna@acme.test"]
        assert sent["Subject"] == "Svara can send mail"
        assert "anna" not in found.found


def test_an_address_that_is_refused(tmp_path: Path, settings: Any) -> None:
    with mail_server() as server:
        server.refuse["RCPT"] = "550 there is no anna@acme.test here"
        found = tried(tmp_path, settings, server.port, to="anna@acme.test")
        assert (found.state, found.found) == ("fault", "the mail server does not take a mail: it refuses that address")


def test_it_is_not_reached(tmp_path: Path, settings: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        found = tried(tmp_path, settings, taken.getsockname()[1])
    assert found.state == "fault"
    assert found.found.endswith("is not reached: Connection refused")


@pytest.mark.parametrize(
    ("user", "tls", "words"),
    [("", True, "does not encrypt (STARTTLS)"), ("svara", False, "refuses our login")],
)
def test_steps_that_fail(tmp_path: Path, settings: Any, user: str, tls: bool, words: str) -> None:
    with mail_server() as server:
        found = tried(tmp_path, settings, server.port, user=user, tls=tls)
        assert (found.state, words in found.found) == ("fault", True), found


def test_a_setting_that_names_nobody(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    assert mail.smtp(patient(tmp_path, settings={"SVARA_SMTP_URL": "smtp:"})).state == "fault"
