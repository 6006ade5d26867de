"""The page of voice messages: Bob hears what Oslo said, moves about in it, keeps it, deletes it and takes it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.history.stories import Company as Company_
from tests.history.stories import queue_of
from tests.media.sounds.kinds import file, tone
from tests.voicemail.stories import happen, left, queue
from tests.web.office import Company

from svara.data import DataFolder
from svara.media.sounds import library
from svara.people import snapshot
from svara.people.greeting import do_remove_greeting, do_set_greeting
from svara.people.models import Greeting
from svara.privacy.subject import person
from svara.privacy.vault import tapes
from svara.voicemail.models import Message
from svara.web.pages import voicemail
from svara.web.sound_file import sound_file
from svara.web.words import SENTENCES

SignedIn = Callable[..., Client]


@pytest.fixture
def message(acme: Company) -> Message:
    return happen(left(Company_(acme.tenant, acme.people), f"person:{acme['bob'].id}"))[0]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_bob_sees_the_message_and_its_player(acme: Company, browser_of: SignedIn, message: Message) -> None:
    page = text(browser_of(acme, "bob"), "/voicemail/")
    assert "Kari Nordmann" in page
    assert f'<audio class="player" id="sound-{message.id}" controls preload="none"' in page
    assert '<span class="badge accent">new</span>' in page
    assert 'aria-current="page"><svg class="icon " aria-hidden="true"><use href' in page
    assert "<select" not in page, "with one box there is nothing to choose"


def test_an_empty_box_says_so(acme: Company, browser_of: SignedIn) -> None:
    assert "When a caller leaves a message, it appears here at once." in text(browser_of(acme, "dag"), "/voicemail/")


def test_a_message_is_heard_kept_deleted_and_taken_back(acme: Company, browser_of: SignedIn, message: Message) -> None:
    bob = browser_of(acme, "bob")
    for wish, mark in (({"heard": "yes"}, "Mark as new"), ({"saved": "yes"}, "kept"), ({"heard": "no"}, "new")):
        answer = bob.post(f"/voicemail/{message.id}/mark/", wish)
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "svara:message")
        assert mark in text(bob, "/voicemail/messages/")
    answer = bob.post(f"/voicemail/{message.id}/delete/")
    assert f"/voicemail/{message.id}/restore/" in answer.content.decode()
    assert "Kari Nordmann" not in text(bob, "/voicemail/messages/")
    assert bob.get(f"/voicemail/{message.id}/sound.wav").status_code == 404
    assert "The message is back" in bob.post(f"/voicemail/{message.id}/restore/").content.decode()
    assert "Kari Nordmann" in text(bob, "/voicemail/messages/")


@pytest.mark.parametrize("who", ["anna", "cecilie", "dag"])
def test_for_everybody_else_the_message_is_not_there(
    acme: Company, beta: Company, browser_of: SignedIn, message: Message, who: str
) -> None:
    for browser in (browser_of(acme, who), browser_of(beta, "bosse")):
        assert "Kari Nordmann" not in text(browser, "/voicemail/")
        assert browser.get(f"/voicemail/{message.id}/sound.wav").status_code == 404
        for what in ("mark", "delete", "restore"):
            assert browser.post(f"/voicemail/{message.id}/{what}/", {"heard": "yes"}).status_code == 404


def test_the_box_of_a_queue_can_be_chosen(acme: Company, browser_of: SignedIn, message: Message) -> None:
    company = Company_(acme.tenant, acme.people)
    support = queue(company, "support", "bob", "eva")
    happen(left(company, support, at=message.left_at.timestamp() + 60))
    bob = browser_of(acme, "bob")
    page = text(bob, "/voicemail/")
    assert f'<option value="{support}" >support (1)</option>' in page
    assert page.count('<audio class="player"') == 2
    assert text(bob, f"/voicemail/messages/?box={support}").count("<audio") == 1
    assert text(bob, "/voicemail/messages/?box=person:somebody-else").count("<audio") == 2
    assert text(browser_of(acme, "eva"), "/voicemail/").count("<audio") == 1


def test_older_messages_are_loaded_on_wish(acme: Company, browser_of: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voicemail, "PAGE", 2)
    company = Company_(acme.tenant, acme.people)
    happen(*(left(company, f"person:{acme['bob'].id}", at=1_793_358_000.0 + n) for n in range(3)))
    bob = browser_of(acme, "bob")
    page = text(bob, "/voicemail/")
    cursor = re.search(r'name="cursor" value="([0-9a-f]+)"', page)
    assert cursor is not None
    assert page.count("<audio") == 2
    rest = text(bob, f"/voicemail/messages/?cursor={cursor[1]}")
    assert rest.count("<audio") == 1
    assert 'name="cursor"' not in rest
    assert bob.get("/voicemail/messages/?cursor=nothing").status_code == 404


def test_what_comes_by_mail_is_chosen(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    before = text(bob, "/voicemail/")
    assert 'value="none" checked' in before
    assert "given to the mail server with each such e-mail" in before
    assert bob.post("/voicemail/notice/", {"notice": "caller"}).status_code == 302
    assert 'value="caller" checked' in text(bob, "/voicemail/")
    assert bob.post("/voicemail/notice/", {"notice": "everything"}).status_code == 404


# --- the greeting


def test_bob_hears_his_greeting_until_its_end(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    assert "Callers hear the standard greeting." in text(bob, "/voicemail/")
    do_set_greeting(acme["bob"], file(tone(440, 2), "ogg", "libopus"), datetime(2040, 1, 31, 17, tzinfo=UTC))
    assert "in use until 31 January 2040" in text(bob, "/voicemail/")
    assert bob.get("/voicemail/greetings/sound.wav").content.startswith(b"RIFF")
    assert bob.get("/voicemail/greetings/sound.wav?kind=away").status_code == 404
    assert browser_of(acme, "dag").get("/voicemail/greetings/sound.wav").status_code == 404
    Greeting.of(acme.tenant).filter(account=acme["bob"]).update(until=datetime(2020, 1, 1, tzinfo=UTC))
    assert "Its time is over" in text(bob, "/voicemail/")
    do_remove_greeting(acme["bob"])
    assert bob.get("/voicemail/greetings/sound.wav").status_code == 404


def spoken(seconds: float) -> SimpleUploadedFile:
    return SimpleUploadedFile("spoken.ogg", file(tone(440, seconds), "ogg", "libopus"), "audio/ogg")


@pytest.mark.claim("ADV-14")
def test_bob_has_a_greeting_for_each_case(acme: Company, browser_of: SignedIn) -> None:
    bob = browser_of(acme, "bob")
    day = timezone.localdate() + timedelta(days=30)
    for kind, seconds, more in (("busy", 2, {}), ("name", 1, {}), ("away", 3, {"until": str(day)})):
        answer = bob.post("/voicemail/greetings/", {"kind": kind, "greeting": spoken(seconds), **more})
        assert (answer.status_code, answer["Location"]) == (302, "/voicemail/greetings/")
    greetings = snapshot.build(1).by_tenant_id[acme.tenant.id].by_username["bob"].greetings
    assert sorted(greetings) == ["away", "busy", "name"]
    assert greetings["away"].until is not None
    in_oslo = datetime.fromtimestamp(greetings["away"].until, ZoneInfo("Europe/Oslo"))
    assert (in_oslo.date() - day, in_oslo.hour) == (timedelta(days=1), 0), "to the end of the day"
    assert text(bob, "/voicemail/greetings/").count("<audio") == 3
    assert text(bob, "/voicemail/").count('<span class="badge good">in use') == 3
    bob.post("/voicemail/greetings/", {"kind": "busy", "remove": "yes"})
    assert text(bob, "/voicemail/greetings/").count("<audio") == 2


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("away", {"greeting": spoken(1)}, "needs its last day"),
        ("name", {"greeting": spoken(12)}, "ten seconds"),
        ("name", {"greeting": spoken(1), "until": "2040-01-01"}, "no last day"),
        ("general", {"greeting": spoken(1), "until": "2020-01-01"}, "before it begins"),
        ("general", {"greeting": SimpleUploadedFile("letter.wav", b"no sound")}, "not a sound file"),
        ("busy", {}, "choose a sound file"),
    ],
)
def test_a_greeting_that_makes_no_sense_is_refused_beside_its_file(
    acme: Company, browser_of: SignedIn, kind: str, fields: dict[str, Any], said: str
) -> None:
    for upload in fields.values():
        if not isinstance(upload, str):
            upload.seek(0)
    answer = browser_of(acme, "bob").post("/voicemail/greetings/", {"kind": kind, **fields})
    assert answer.status_code == 422
    assert re.search(rf'id="faults-{kind}".*?{said}', re.sub(r"\s+", " ", answer.content.decode()))


def test_the_greetings_of_a_queue_are_for_those_who_open_its_box(acme: Company, browser_of: SignedIn) -> None:
    queue_of(Company_(acme.tenant, acme.people), "bob")
    bob, dag = browser_of(acme, "bob"), browser_of(acme, "dag")
    assert '<option value="support"' in text(bob, "/voicemail/greetings/")
    bob.post("/voicemail/greetings/?queue=support", {"kind": "general", "greeting": spoken(2)})
    page = text(bob, "/voicemail/greetings/?queue=support")
    assert page.count("<audio") == 1
    assert "When I am busy" not in page
    assert bob.post("/voicemail/greetings/?queue=support", {"kind": "busy", "greeting": spoken(2)}).status_code == 422
    assert dag.get("/voicemail/greetings/?queue=support").status_code == 404
    assert dag.post("/voicemail/greetings/?queue=support", {"kind": "general", "remove": "yes"}).status_code == 404
    [row] = snapshot.build(1).by_tenant_id[acme.tenant.id].queues
    assert list(row.greetings) == ["general"]


def test_what_can_be_wrong_with_a_sound_has_its_words(acme: Company) -> None:
    """Every reason for which a file is refused can be read in one's own language."""
    package = Path(library.__file__).parent
    reasons = set()
    for name in ("form.py", "decode.py", "library.py"):
        for found in re.findall(r'SoundError\(f?"([^"]+)"\)', (package / name).read_text(encoding="utf-8")):
            reasons.add(re.sub(r"{MAX_BYTES // 1024\*\*2}", "20", re.sub(r"{MAX_SECONDS // 60}", "30", found)))
    unseen = {"is not a mono 16-bit WAV file", "is not a WAV file"}
    unseen |= {"{name} {error}", "is not there", "is a folder, not a sound file", "cannot be read"}
    assert len(reasons) > 10
    assert {f"The file {reason}." for reason in reasons - unseen} <= set(SENTENCES)


# --- the sound, in parts


def asked(place: Path, range_: str | None, rf: Any) -> tuple[HttpResponse, bytes]:
    request = rf.get("/", headers={} if range_ is None else {"range": range_})
    answer = sound_file(request, place)
    return answer, answer.content


CONTENT = (b"RIFF" + bytes(range(196))) * 1000


@pytest.fixture(params=["sealed", "in clear"])
def place(request: pytest.FixtureRequest, data_folder: DataFolder) -> Path:
    sound = data_folder.recordings / "sound.wav"
    bob = [person("bob")]
    sound.write_bytes(CONTENT if request.param == "in clear" else tapes.sealed(data_folder, sound, "acme", bob, CONTENT))
    return sound


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ("bytes=0-", 0, 199_999),
        ("bytes=0-0", 0, 0),
        ("bytes=1000-1999", 1000, 1999),
        ("bytes=199990-", 199_990, 199_999),
        ("bytes=199990-999999", 199_990, 199_999),
        ("bytes=-10", 199_990, 199_999),
        ("bytes=-999999", 0, 199_999),
    ],
)
def test_a_browser_gets_the_part_that_it_asks_for(place: Path, rf: Any, wanted: str, first: int, last: int) -> None:
    answer, body = asked(place, wanted, rf)
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {first}-{last}/200000"
    assert body == CONTENT[first : last + 1]
    assert answer["Content-Length"] == str(len(body))


@pytest.mark.parametrize(
    "wanted", [None, "", "bytes=-", "bytes=5-4", "bytes=0-1,5-6", "seconds=1-2", "bytes=٣-", "bytes=a-b"]
)
def test_what_is_no_single_range_gets_the_whole(place: Path, rf: Any, wanted: str | None) -> None:
    answer, body = asked(place, wanted, rf)
    assert (answer.status_code, answer["Accept-Ranges"], answer["Content-Type"]) == (200, "bytes", "audio/wav")
    assert body == CONTENT


@pytest.mark.parametrize("wanted", ["bytes=200000-", "bytes=200000-200001", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(place: Path, rf: Any, wanted: str) -> None:
    answer, body = asked(place, wanted, rf)
    assert (answer.status_code, answer["Content-Range"], body) == (416, "bytes */200000", b"")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=st.text("0123456789-=bytes, ", max_size=20))
def test_no_range_breaks_it(place: Path, wanted: str) -> None:
    answer, _ = asked(place, wanted, RequestFactory())
    assert answer.status_code in {200, 206, 416}


def test_sound_is_not_compressed_on_its_way(acme: Company, browser_of: SignedIn, message: Message) -> None:
    answer = browser_of(acme, "bob").get(f"/voicemail/{message.id}/sound.wav", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.content.startswith(b"RIFF")
