"""Voice messages over the API: Bob lists them, hears them, marks them, deletes them; and he speaks a greeting."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import encode_multipart
from tests.api.conftest import Caller
from tests.history.stories import Company, agreed, queue_of
from tests.media.sounds.kinds import file, tone
from tests.voicemail.stories import OSLO, happen, left, queue

from svara.data import DataFolder
from svara.people.models import Greeting
from svara.people.office import read_office
from svara.people.retention import forget_sounds
from svara.privacy import vault
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.privacy.subject import person
from svara.voicemail.models import Message

TUNE = file(tone(440, 3), "ogg", "libopus")


@pytest.fixture
def bob(acme: Company) -> Caller:
    return Caller(acme.bob)


@pytest.fixture
def message(acme: Company) -> Message:
    return happen(left(acme, f"person:{acme.bob.id}", seconds=3.5))[0]


def test_bob_lists_his_boxes_and_messages(acme: Company, bob: Caller, message: Message) -> None:
    support = queue(acme, "support", "bob")
    happen(left(acme, support, caller=acme.party("dag"), at=1_793_358_100.0))
    assert bob.get("/voicemail")["items"] == [
        {"box": f"person:{acme.bob.id}", "queue": None, "new": 1, "heard": 0},
        {"box": support, "queue": "support", "new": 1, "heard": 0},
    ]
    newest, oldest = bob.get("/voicemail/messages")["items"]
    assert (newest["from"], newest["from_name"], newest["from_person"], newest["queue"]) == (
        "104",
        "Dag Vik",
        "dag",
        "support",
    )
    assert oldest == {
        "id": message.id,
        "box": f"person:{acme.bob.id}",
        "queue": None,
        "call": message.call_id,
        "from": OSLO.number,
        "from_name": "Kari Nordmann",
        "from_person": None,
        "left_at": "2026-10-30T12:00:05+01:00",
        "seconds": 3.5,
        "heard_at": None,
        "heard_by": None,
        "saved": False,
        "transcript": None,
    }
    assert bob.get(f"/voicemail/messages/{message.id}") == oldest
    page = bob.get("/voicemail/messages", limit=1)
    assert bob.get("/voicemail/messages", limit=1, cursor=page["next"])["items"] == [oldest]
    assert bob.get("/voicemail/messages", box=support)["items"] == [newest]
    assert bob.get("/voicemail/messages", state="heard")["items"] == []
    assert bob.get("/voicemail/messages", 400, state="lost")["error_id"] == "invalid-request"
    assert bob.get("/voicemail/messages", 400, cursor="x")["error_id"] == "invalid-request"


def test_bob_hears_a_part_of_a_message(bob: Caller, message: Message) -> None:
    answer = bob.client.get(f"/api/v1/voicemail/messages/{message.id}/sound", headers={"range": "bytes=0-3"})
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (206, b"RIFF", "audio/wav")
    assert bob.get(f"/voicemail/messages/{message.id}")["heard_at"] is None


def test_bob_marks_deletes_and_takes_back(bob: Caller, message: Message) -> None:
    path = f"/voicemail/messages/{message.id}"

    def change(**wish: bool) -> dict[str, Any]:
        answer = bob.send("patch", path, wish)
        assert answer.status_code == 200, answer.content
        shown: dict[str, Any] = answer.json()
        return shown

    assert (change(heard=True)["heard_by"], change(saved=True)["saved"]) == ("bob", True)
    assert change(heard=False)["heard_at"] is None
    assert change(deleted=False)["id"] == message.id, "it was not deleted"
    assert bob.send("delete", path).status_code == 204
    bob.get(path, 404)
    assert bob.send("delete", path).status_code == 404
    assert bob.send("patch", path, {"heard": True}).status_code == 404
    assert change(deleted=False, heard=True)["heard_by"] == "bob"
    assert change(deleted=True)["id"] == message.id
    bob.get(path, 404)


@pytest.mark.parametrize("who", ["anna", "cecilie", "dag"])
def test_nobody_else_hears_it(acme: Company, message: Message, who: str) -> None:
    other = Caller(acme.people[who])
    assert other.get("/voicemail/messages")["items"] == []
    for path in (f"/voicemail/messages/{message.id}", f"/voicemail/messages/{message.id}/sound"):
        assert other.get(path, 404)["error_id"] == "not-found"
    for method in ("patch", "delete"):
        assert other.send(method, f"/voicemail/messages/{message.id}", {}).status_code == 404


def test_a_program_puts_what_was_said_in_writing(acme: Company, bob: Caller, message: Message) -> None:
    path = f"/voicemail/messages/{message.id}/transcript"
    refused = bob.send("put", path, {"text": "Ring me back."})
    assert (refused.status_code, refused.json()["error_id"]) == (403, "function-off")
    assert bob.send("post", path, {}).json()["error_id"] == "function-off"
    assert bob.send("delete", path).status_code == 404
    agreed(acme, MESSAGE_TRANSCRIPTS)
    answer = bob.send("put", path, {"text": "  Ring me\x00 back.\u202e"})
    assert answer.status_code == 200
    written = bob.get(f"/voicemail/messages/{message.id}")["transcript"]
    assert (written["state"], written["text"], written["by"]) == ("written", "Ring me back.", "program")
    assert bob.get("/voicemail/messages")["items"][0]["transcript"] == written
    assert bob.send("put", path, {"text": "a" * 20_001}).status_code == 400
    assert bob.send("put", path, {}).status_code == 400
    assert bob.send("put", path, {"text": "Ring me back, please."}).json()["transcript"]["text"] == "Ring me back, please."
    assert bob.send("post", path, {}).status_code == 409, "this installation has no program"
    for who in ("anna", "cecilie", "dag"):
        other = Caller(acme.people[who])
        assert other.send("put", path, {"text": "mine"}).status_code == 404
        assert other.send("post", path, {}).status_code == 404
        assert other.send("delete", path).status_code == 404
    assert bob.send("delete", path).status_code == 204
    assert bob.get(f"/voicemail/messages/{message.id}")["transcript"] is None
    assert bob.send("delete", path).status_code == 404


def test_a_program_asks_for_the_installation_s_own(acme: Company, bob: Caller, message: Message, settings: Any) -> None:
    settings.TRANSCRIBER = "writes"
    agreed(acme, MESSAGE_TRANSCRIPTS)
    path = f"/voicemail/messages/{message.id}/transcript"
    assert bob.send("post", path, {}).status_code == 202
    written = bob.get(f"/voicemail/messages/{message.id}")["transcript"]
    assert (written["state"], written["text"], written["by"]) == ("waiting", None, None)


# --- the greeting


def upload(caller: Caller, sound: bytes, name: str = "hello.opus", **fields: str) -> Any:
    return caller.client.post("/api/v1/voicemail/greeting", {"file": SimpleUploadedFile(name, sound), **fields})


@pytest.mark.django_db(transaction=True)
def test_bob_speaks_a_greeting_with_an_end(acme: Company, bob: Caller, data_folder: DataFolder) -> None:
    bob.get("/voicemail/greeting", 404)
    answer = upload(bob, TUNE, until="2040-01-31T18:00:00")
    assert answer.status_code == 200, answer.content
    assert answer.json() == bob.get("/voicemail/greeting")
    assert answer.json()["until"] == "2040-01-31T18:00:00+01:00", "the company's time"
    assert answer.json()["seconds"] == pytest.approx(3.0, abs=0.1)
    assert bob.client.get("/api/v1/voicemail/greeting/sound").content.startswith(b"RIFF")
    [tenant] = read_office(data_folder.root).tenants
    greeting = tenant.by_username["bob"].greetings["general"]
    assert greeting.until == datetime(2040, 1, 31, 17, tzinfo=UTC).timestamp()
    assert (data_folder.sounds / greeting.file).exists()

    assert upload(bob, file(tone(600, 2), "wav", "pcm_s16le")).json()["until"] is None
    two_hours_on = time.time() + 7200
    assert forget_sounds(two_hours_on) == 1
    assert not (data_folder.sounds / greeting.file).exists(), "what was said before is gone"
    assert bob.client.delete("/api/v1/voicemail/greeting").status_code == 204
    assert bob.client.delete("/api/v1/voicemail/greeting").status_code == 404
    assert read_office(data_folder.root).tenants[0].by_username["bob"].greetings == {}
    assert forget_sounds(time.time()) == 0, "somebody may be about to use the same sound"
    assert forget_sounds(two_hours_on) == 1
    assert list(data_folder.sounds.rglob("*.wav")) == []


@pytest.mark.claim("ADV-14")
@pytest.mark.django_db(transaction=True)
def test_bob_has_greetings_of_several_kinds_and_his_queue_one(acme: Company, bob: Caller, data_folder: DataFolder) -> None:
    assert upload(bob, TUNE, kind="busy").json()["kind"] == "busy"
    assert "needs its last day" in upload(bob, TUNE, kind="away").json()["detail"]
    assert upload(bob, TUNE, kind="away", until="2040-01-31T18:00:00").status_code == 200
    assert upload(bob, TUNE, kind="lunch").status_code == 400
    assert [one["kind"] for one in bob.get("/voicemail/greetings")["items"]] == ["busy", "away"]
    bob.get("/voicemail/greeting", 404)
    assert bob.client.get("/api/v1/voicemail/greeting/sound?kind=away").content.startswith(b"RIFF")
    queue_of(acme, "bob")
    assert upload(bob, TUNE, queue="support").json()["queue"] == "support"
    assert upload(Caller(acme.dag), TUNE, queue="support").status_code == 404
    Caller(acme.dag).get("/voicemail/greetings?queue=support", 404)
    assert bob.client.delete("/api/v1/voicemail/greeting?kind=away").status_code == 204
    assert bob.client.delete("/api/v1/voicemail/greeting?queue=support").status_code == 204
    [tenant] = read_office(data_folder.root).tenants
    assert list(tenant.by_username["bob"].greetings) == ["busy"]
    assert tenant.queues[0].greetings == {}


@pytest.mark.django_db(transaction=True)
def test_the_same_sound_of_two_people_is_sealed_for_each(acme: Company, bob: Caller, data_folder: DataFolder) -> None:
    dag = Caller(acme.dag)
    assert upload(bob, TUNE).status_code == upload(dag, TUNE).status_code == 200
    files = list(data_folder.sounds.rglob("*.wav"))
    assert len(files) == 2
    assert not any(place.read_bytes().startswith(b"RIFF") for place in files)
    vault.current().destroy(acme.tenant.id, person(acme.bob.id))
    gone = bob.client.get("/api/v1/voicemail/greeting/sound")
    assert (gone.status_code, gone.content) == (
        410,
        b"This cannot be heard: it was erased, and its key is destroyed.\n",
    )
    assert dag.client.get("/api/v1/voicemail/greeting/sound").content.startswith(b"RIFF")
    assert bob.client.delete("/api/v1/voicemail/greeting").status_code == 204
    assert forget_sounds(time.time() + 7200) == 1
    assert dag.get("/voicemail/greeting")["seconds"] == pytest.approx(3.0, abs=0.1)


@pytest.mark.parametrize(
    ("sound", "said"),
    [(b"not a sound", "The file is not a sound file"), (file(tone(300, 121), "ogg", "libopus"), "two minutes")],
)
def test_what_is_no_greeting_is_refused(bob: Caller, data_folder: DataFolder, sound: bytes, said: str) -> None:
    answer = upload(bob, sound)
    assert (answer.status_code, answer.json()["error_id"]) == (400, "invalid-request")
    assert said in answer.json()["detail"]
    assert Greeting.all_tenants.count() == 0
    assert list(data_folder.sounds.rglob("*.wav")) == []


def test_a_greeting_does_not_end_before_it_begins(bob: Caller) -> None:
    over = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    assert "before it begins" in upload(bob, TUNE, until=over).json()["detail"]
    assert upload(bob, TUNE, until="soon").status_code == 400


def test_uploads_may_be_large_and_not_larger(bob: Caller) -> None:
    content = encode_multipart("b", {"file": SimpleUploadedFile("a.wav", bytes(3 * 1024 * 1024))})
    answer = bob.client.post("/api/v1/voicemail/greeting", content, content_type="multipart/form-data; boundary=b")
    assert "is not a sound file" in answer.json()["detail"]
    headers = {"content-length": str(21 * 1024 * 1024)}
    answer = bob.client.generic("POST", "/api/v1/voicemail/greeting", b"", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (413, "A request may hold 20 MiB at most.")
