"""Bob gets an e-mail when somebody left him a message: in his language, without what was said, and once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.history.stories import NOON, Company, agreed, company
from tests.voicemail.mailserver import MailServer, mail_server
from tests.voicemail.stories import happen, left, queue

from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.voicemail import actions
from svara.voicemail.models import Message
from svara.voicemail.notices import send_notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Company:
    """Bob and Dag agreed to e-mail about messages; Cecilie did not."""
    acme = company("acme")
    agreed(acme, MESSAGE_NOTICES, "bob", "dag")
    return acme


@pytest.fixture
def post(settings: Any) -> Iterator[MailServer]:
    """A mail server, and our settings for it; pytest-django puts mail into memory otherwise."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.ADDRESS = urlsplit("https://svara.acme.test")
        settings.DEFAULT_FROM_EMAIL = "svara@acme.test"
        yield server


def test_bob_is_told_once_and_nothing_of_the_content(acme: Company, post: MailServer) -> None:
    happen(left(acme, f"person:{acme.bob.id}"))
    assert send_notices(NOON + 60) == 1
    assert send_notices(NOON + 61) == 0
    [(to, mail)] = post.mails
    text = mail.get_content()
    assert to == ["bob@acme.test"]
    assert (mail["From"], mail["Auto-Submitted"]) == ("svara@acme.test", "auto-generated")
    assert mail["Subject"] == "Du har en ny talemelding"
    assert "Hei Bob Lie," in text
    assert "https://svara.acme.test/voicemail/" in text
    assert "22000001" not in text
    assert "Kari" not in text
    assert [part.get_content_type() for part in mail.walk()] == ["text/plain"]


def test_who_wants_it_is_told_from_whom_in_the_own_language(acme: Company, post: MailServer) -> None:
    acme.bob.language = "en"
    acme.bob.save()
    actions.do_choose_notice(acme.bob, "caller")
    dag = left(acme, f"person:{acme.bob.id}", caller=acme.party("dag"), at=NOON + 60)
    happen(left(acme, f"person:{acme.bob.id}"), dag)
    assert send_notices(NOON + 100) == 2
    texts = [mail.get_content() for _, mail in post.mails]
    assert "Kari Nordmann +4722000001 left you a voice message (" in texts[0]
    assert "Dag Vik left you a voice message (" in texts[1]
    assert "12:00" in texts[0], "in the company's timezone"


def test_who_wants_nothing_gets_nothing(acme: Company, post: MailServer) -> None:
    actions.do_choose_notice(acme.bob, "none")
    acme.dag.email = ""
    acme.dag.save()
    support = queue(acme, "support", "anna")
    happen(*(left(acme, box) for box in (f"person:{acme.bob.id}", f"person:{acme.dag.id}", support)))
    assert send_notices(NOON + 60) == 0
    assert post.mails == []


@pytest.mark.claim("PHO-1")
def test_who_has_not_agreed_or_has_withdrawn_gets_nothing(acme: Company, post: MailServer) -> None:
    do_switch(acme.dag, MESSAGE_NOTICES, False)
    happen(*(left(acme, f"person:{one.id}", at=NOON + n) for n, one in enumerate((acme.cecilie, acme.dag, acme.bob))))
    assert send_notices(NOON + 60) == 1
    assert [to for to, _ in post.mails] == [["bob@acme.test"]]


def test_what_was_heard_meanwhile_is_no_news(acme: Company, post: MailServer) -> None:
    [message, other] = happen(left(acme, f"person:{acme.bob.id}"), left(acme, f"person:{acme.dag.id}", at=NOON + 1))
    actions.do_mark(acme.bob, message.id, heard=True)
    actions.do_delete(acme.dag, other.id)
    assert send_notices(NOON + 60) == 0


def test_a_mail_server_that_is_away_is_tried_again_for_a_day(acme: Company, post: MailServer, settings: Any) -> None:
    happen(left(acme, f"person:{acme.bob.id}"))
    settings.EMAIL_PORT = 1
    with pytest.raises(OSError, match="refused"):
        send_notices(NOON + 60)
    settings.EMAIL_PORT = post.port
    post.refuse["DATA"] = "451 later"
    with pytest.raises(OSError, match="451"):
        send_notices(NOON + 70)
    post.refuse.clear()
    assert send_notices(NOON + 25 * 3600) == 0
    assert send_notices(NOON + 80) == 1


@pytest.mark.parametrize("refusal", [{"RCPT": "550 no such person"}, {"DATA": "554 no"}])
def test_one_address_that_is_refused_does_not_hold_up_the_others(
    acme: Company, post: MailServer, refusal: dict[str, str]
) -> None:
    happen(left(acme, f"person:{acme.bob.id}"), left(acme, f"person:{acme.dag.id}", at=NOON + 1))
    post.refuse.update(refusal)
    assert send_notices(NOON + 60) == 0
    post.refuse.clear()
    assert send_notices(NOON + 61) == 0
    assert Message.all_tenants.filter(notified_at=None).count() == 0


def test_a_header_cannot_be_smuggled_into_a_mail(acme: Company, post: MailServer) -> None:
    acme.bob.email = "bob@acme.test\nBcc: all@acme.test"
    acme.bob.save()
    happen(left(acme, f"person:{acme.bob.id}"), left(acme, f"person:{acme.dag.id}", at=NOON + 1))
    assert send_notices(NOON + 60) == 1
    assert [to for to, _ in post.mails] == [["dag@acme.test"]]


def test_without_a_mail_server_nothing_is_sent(acme: Company, settings: Any) -> None:
    settings.EMAIL_HOST = ""
    happen(left(acme, f"person:{acme.bob.id}"))
    assert send_notices(NOON + 60) == 0
    assert Message.all_tenants.filter(notified_at=None).count() == 1


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("", ("", 587, "", "", False, False)),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "", "", False, False)),
        ("smtp://mail.acme.test", ("mail.acme.test", 587, "", "", True, False)),
        ("smtps://svara:p%40ss@mail.acme.test", ("mail.acme.test", 465, "svara", "p@ss", False, True)),
    ],
)
def test_the_mail_server_is_set_by_one_address(url: str, wanted: tuple[object, ...]) -> None:
    script = (
        "from svara import settings as s;"
        "print((s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_USER, s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS, s.EMAIL_USE_SSL))"
    )
    environment = os.environ | {"SVARA_SMTP_URL": url, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(wanted)
