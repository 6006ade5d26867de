"""Voice messages in writing, on the page: Bob switches it on, reads, corrects, takes away, and has it tried again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.history.stories import Company as Company_
from tests.history.stories import agreed
from tests.voicemail.stories import happen, left, queue
from tests.web.office import Company

from svara.privacy.functions.port import enabled
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.voicemail import actions
from svara.voicemail.models import Message, Transcript

SignedIn = Callable[..., Client]
LONG = "Please ring me back, it is about the green bicycle. " * 10


@pytest.fixture
def message(acme: Company) -> Message:
    return happen(left(Company_(acme.tenant, acme.people), f"person:{acme['bob'].id}"))[0]


@pytest.fixture
def wanted(acme: Company) -> None:
    agreed(Company_(acme.tenant, acme.people), MESSAGE_TRANSCRIPTS, "bob")


def text(client: Client, path: str = "/voicemail/messages/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def said(acme: Company, message: Message, words: str) -> None:
    actions.do_write_transcript(acme["bob"], message.id, words, "program")


def test_nothing_is_shown_where_nothing_is_wanted(acme: Company, browser_of: SignedIn, message: Message) -> None:
    page = text(browser_of(acme, "bob"), "/voicemail/")
    assert 'class="said"' not in page
    assert "My voice messages in writing" in page
    assert "has no program of its own" in page
    assert "I agree: switch on" in page


def test_bob_switches_it_on_and_off(acme: Company, browser_of: SignedIn, settings: Any) -> None:
    settings.TRANSCRIBER = "writes"
    bob = browser_of(acme, "bob")
    assert "has no program of its own" not in text(bob, "/voicemail/")
    answer = bob.post("/voicemail/writing/", {"wanted": "yes"}, follow=True)
    assert "Your choice is kept." in answer.content.decode()
    assert enabled(acme["bob"].id, MESSAGE_TRANSCRIPTS)
    assert bob.post("/voicemail/writing/", {"wanted": "perhaps"}).status_code == 404
    bob.post("/voicemail/writing/", {"wanted": "no"})
    assert not enabled(acme["bob"].id, MESSAGE_TRANSCRIPTS)


@pytest.mark.usefixtures("wanted")
def test_how_far_it_is(acme: Company, browser_of: SignedIn, message: Message, settings: Any) -> None:
    bob, now = browser_of(acme, "bob"), timezone.now()
    assert "Write it down" not in text(bob), "there is no program"
    settings.TRANSCRIBER = "writes"
    assert "Write it down" in text(bob)
    assert bob.post(f"/voicemail/{message.id}/text/ask/").status_code == 204
    assert "It is being written down…" in text(bob)
    Transcript.all_tenants.update(state="failed", tries=3, changed_at=now)
    page = text(bob)
    assert "This message could not be written down." in page
    assert "Try again" in page
    assert "Write it yourself" in page
    answer = bob.post(f"/voicemail/{message.id}/text/ask/")
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "svara:message")
    assert "It is being written down…" in text(bob)
    said(acme, message, "Ring me <b>back</b>")
    page = text(bob)
    assert "Ring me &lt;b&gt;back&lt;/b&gt;" in page
    assert "Written by a machine: listen before you rely on it." in page
    assert bob.post(f"/voicemail/{message.id}/text/ask/").status_code == 404, "it is there"
    said(acme, message, " \n ")
    assert "No words could be made out." in text(bob)


@pytest.mark.usefixtures("wanted")
def test_a_long_text_is_folded(acme: Company, browser_of: SignedIn, message: Message) -> None:
    bob = browser_of(acme, "bob")
    said(acme, message, "Ring me back.")
    assert "<details" not in text(bob)
    said(acme, message, LONG)
    page = text(bob)
    assert "<summary>Show all of it" in page
    assert page.count("green bicycle") == 10, "all of it is there, once"


@pytest.mark.usefixtures("wanted")
def test_bob_corrects_it_and_undoes_that(acme: Company, browser_of: SignedIn, message: Message) -> None:
    bob = browser_of(acme, "bob")
    said(acme, message, "Bring me black peas.")
    page = text(bob, f"/voicemail/{message.id}/text/")
    assert ">Bring me black peas.</textarea>" in page
    assert f"/voicemail/{message.id}/sound.wav" in page
    answer = bob.post(f"/voicemail/{message.id}/text/", {"text": "Ring me back, please."})
    assert (answer.status_code, answer["Location"]) == (302, f"/voicemail/#message-{message.id}")
    page = text(bob)
    assert "Ring me back, please." in page
    assert "Corrected by you." in page
    assert "The text is as it was before" in bob.post(f"/voicemail/{message.id}/text/undo/").content.decode()
    assert "Bring me black peas." in text(bob)


@pytest.mark.usefixtures("wanted")
def test_what_was_typed_stays_where_it_cannot_be_saved(acme: Company, browser_of: SignedIn, message: Message) -> None:
    bob = browser_of(acme, "bob")
    said(acme, message, "Bring me black peas.")
    answer = bob.post(f"/voicemail/{message.id}/text/", {"text": "typed " * 5000})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "The text is too long: a message has at most 20,000 characters." in page
    assert "typed " * 5000 in page


@pytest.mark.usefixtures("wanted")
def test_bob_takes_it_away_and_brings_it_back(acme: Company, browser_of: SignedIn, message: Message) -> None:
    bob = browser_of(acme, "bob")
    said(acme, message, "Ring me back.")
    answer = bob.post(f"/voicemail/{message.id}/text/remove/").content.decode()
    assert f"/voicemail/{message.id}/text/undo/" in answer
    assert "Ring me back." not in text(bob)
    assert bob.get(f"/voicemail/{message.id}/text/").status_code == 404
    bob.post(f"/voicemail/{message.id}/text/undo/")
    assert "Ring me back." in text(bob)


@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize("who", ["anna", "cecilie", "bosse"])
def test_nobody_else_reads_it(
    acme: Company, beta: Company, browser_of: SignedIn, message: Message, who: str, settings: Any
) -> None:
    settings.TRANSCRIBER = "writes"
    said(acme, message, "Ring me back.")
    other = browser_of(beta, who) if who == "bosse" else browser_of(acme, who)
    assert "Ring me back." not in text(other, "/voicemail/")
    assert other.get(f"/voicemail/{message.id}/text/").status_code == 404
    for what in ("text/", "text/ask/", "text/remove/", "text/undo/"):
        assert other.post(f"/voicemail/{message.id}/{what}", {"text": "mine"}).status_code == 404
    assert "Ring me back." in text(browser_of(acme, "bob"))


@pytest.mark.usefixtures("wanted")
def test_messages_of_queues_offer_nothing_to_write(acme: Company, browser_of: SignedIn, settings: Any) -> None:
    settings.TRANSCRIBER = "writes"
    company = Company_(acme.tenant, acme.people)
    [message] = happen(left(company, queue(company, "support", "bob")))
    bob = browser_of(acme, "bob")
    assert 'class="said"' not in text(bob)
    assert bob.get(f"/voicemail/{message.id}/text/").status_code == 404
    assert bob.post(f"/voicemail/{message.id}/text/ask/").status_code == 404
