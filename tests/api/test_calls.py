"""Call history over the API: who sees what, page by page; and calls that are started and ended."""

from __future__ import annotations

import msgspec
import pytest
from tests.api.conftest import Caller, ScriptedBus, going_on, news
from tests.history.stories import NOON, Company, call, happened, queue_call, queue_of

from svara.calls.commands import Hangup, HoldCall, LiveSupervisor, Originate, PauseRecording, Supervise, TransferCall
from svara.calls.events import CallRecorded, Party, Supervised
from svara.data import DataFolder
from svara.people.models import Queue
from svara.privacy.audit.models import Entry
from svara.web.live import Live

OSLO = Party(number="+4722000001", name="Kari Nordmann")


def ids(page: dict) -> list[str]:
    return [item["id"] for item in page["items"]]


@pytest.fixture
def day(acme: Company, globex: Company) -> None:
    """Four calls at Acme and one at Globex."""
    happened(
        call(acme, "anna", "bob", call="a1", at=NOON),
        call(
            acme,
            OSLO,
            "bob",
            call="a2",
            at=NOON + 100,
            direction="inbound",
            talks=None,
            outcome="missed",
            reason="no answer",
        ),
        call(acme, "cecilie", "dag", call="a3", at=NOON + 200),
        call(acme, "dag", "anna", call="a4", at=NOON + 300, talks=None, outcome="busy", reason="busy"),
        call(globex, "anna", "bob", call="g1", at=NOON + 400),
    )


def test_one_call_is_one_item_with_the_fields_of_the_contract(acme: Company) -> None:
    happened(call(acme, "anna", "bob", call="a1", phones=3))
    [item] = Caller(acme.anna).get("/calls")["items"]
    assert item == {
        "id": "a1",
        "state": "ended",
        "direction": "internal",
        "from": "101",
        "from_name": "Anna Berg",
        "from_person": "anna",
        "to": "102",
        "to_name": "Bob Lie",
        "to_person": "bob",
        "answered_by": "bob",
        "answered_by_name": "Bob Lie",
        "queue": None,
        "started_at": "2026-10-30T12:00:00+01:00",
        "answered_at": "2026-10-30T12:00:05+01:00",
        "ended_at": "2026-10-30T12:01:05+01:00",
        "wait_seconds": 5.0,
        "talk_seconds": 60.0,
        "outcome": "answered",
        "end_reason": "hung up",
    }


@pytest.mark.claim("ADV-6")
def test_members_see_their_own_calls_and_supervisors_the_companys(day: None, acme: Company, globex: Company) -> None:
    assert ids(Caller(acme.bob).get("/calls")) == ["a2", "a1"]
    assert ids(Caller(acme.dag).get("/calls")) == ["a4", "a3"]
    assert ids(Caller(acme.cecilie).get("/calls")) == ["a4", "a3", "a2", "a1"], "supervisor"
    assert ids(Caller(acme.anna).get("/calls")) == ["a4", "a3", "a2", "a1"], "administrator"
    assert ids(Caller(globex.anna).get("/calls")) == ["g1"]


def test_who_may_not_see_a_call_learns_nothing_of_it(day: None, acme: Company, globex: Company) -> None:
    nothing = Caller(acme.bob).get("/calls/no-such-call", status=404)
    assert Caller(acme.bob).get("/calls/a3", status=404) == nothing, "a colleagues' call"
    assert Caller(globex.anna).get("/calls/a1", status=404) == nothing, "another company's, even for an administrator"
    assert nothing["error_id"] == "not-found"
    assert Caller(acme.bob).get("/calls/a1")["id"] == "a1"


def test_filters(day: None, acme: Company) -> None:
    cecilie = Caller(acme.cecilie)
    assert ids(cecilie.get("/calls", person="bob")) == ["a2", "a1"]
    assert ids(cecilie.get("/calls", person="nobody")) == []
    assert ids(cecilie.get("/calls", outcome="missed")) == ["a2"]
    assert ids(cecilie.get("/calls", direction="inbound")) == ["a2"]
    assert ids(cecilie.get("/calls", queue="support")) == []
    assert ids(cecilie.get("/calls", search="kari")) == ["a2"]
    assert ids(cecilie.get("/calls", search="2200")) == ["a2"]
    assert ids(cecilie.get("/calls", search="Vik")) == ["a4", "a3"], "by a colleague's name"
    assert ids(cecilie.get("/calls", since="2026-10-30T12:01:40+01:00", until="2026-10-30T12:05:00+01:00")) == ["a3", "a2"]
    assert ids(Caller(acme.dag).get("/calls", person="anna")) == ["a4"], "a member: those they shared"
    assert ids(Caller(acme.dag).get("/calls", person="bob")) == []


def test_a_time_without_offset_is_the_companys(day: None, acme: Company, globex: Company) -> None:
    morning = "2026-10-30T07:06:00"
    assert ids(Caller(globex.anna).get("/calls", since=morning)) == ["g1"]
    assert ids(Caller(acme.anna).get("/calls", since=morning)) == ["a4", "a3", "a2", "a1"]


@pytest.mark.parametrize("who", ["bob", "cecilie"])
def test_pages_stay_whole_while_calls_are_added(acme: Company, who: str) -> None:
    happened(*(call(acme, "anna", "bob", call=f"c{n:02}", at=NOON + n // 3) for n in range(20)))  # many at one moment
    caller, seen, cursor = Caller(acme.people[who]), [], None
    while True:
        page = caller.get("/calls", limit=3, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= 3
        seen += ids(page)
        happened(call(acme, "anna", "bob", at=NOON + 1000))
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"c{n:02}" for n in reversed(range(20))]


@pytest.mark.parametrize(
    "cursor", ["x", "....", "MTIz", "a" * 200, "MTIzLic7RFJPUA", "ÅÄÖ", "OTk5OTk5OTk5OTk5OTk5OTk5OTkuYQ", "%00"]
)
def test_a_cursor_that_is_none_of_ours_is_refused(acme: Company, cursor: str) -> None:
    refused = Caller(acme.anna).get("/calls", status=400, cursor=cursor)
    assert refused["error_id"] == "invalid-request"
    assert refused["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "great"},
        {"limit": "0"},
        {"limit": "9999"},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"person": "x" * 65},
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_by_name(acme: Company, query: dict) -> None:
    refused = Caller(acme.anna).get("/calls", status=400, **query)
    assert [error["field"] for error in refused["errors"]] == list(query)


def test_one_call_in_full(acme: Company) -> None:
    happened(call(acme, OSLO, "bob", call="a1", phones=2, direction="inbound"))
    found = Caller(acme.bob).get("/calls/a1")
    assert (found["from"], found["from_name"], found["from_person"]) == ("+4722000001", "Kari Nordmann", None)
    assert [(leg["phone"], leg["person"], leg["status"]) for leg in found["legs"]] == [
        ("acme-bob", "bob", 200),
        ("acme-bob", "bob", 487),
    ]
    assert found["legs"][0]["answered_at"] == "2026-10-30T12:00:05+01:00"
    [offer] = found["offers"]
    assert (offer["person"], offer["phones"], offer["answered"]) == ("bob", 2, True)
    assert (found["dialled"], found["ended_by"], found["holds"], found["quality"]) == ("102", "caller", [], [])
    assert found["figures"] == []


def test_a_call_to_a_queue_is_one_item_with_its_wait_and_offers_inside(acme: Company, globex: Company) -> None:
    """Bob let it ring, Dag took it: for Bob there is no call at all, least of all a missed one."""
    happened(queue_call(acme, OSLO, [("bob", "no answer"), ("dag", "answered")], call="q1", place=3))
    [item] = Caller(acme.cecilie).get("/calls", queue="support")["items"]
    assert (item["queue"], item["outcome"], item["answered_by"]) == ("support", "answered", "dag")
    assert (item["wait_seconds"], item["talk_seconds"]) == (20.0, 60.0)
    assert Caller(acme.dag).get("/calls")["items"] == [item]
    assert Caller(acme.bob).get("/calls")["items"] == []
    assert Caller(globex.anna).get("/calls", queue="support")["items"] == []
    detail = Caller(acme.dag).get("/calls/q1")
    assert [(one["queue"], one["position"], one["why"]) for one in detail["waits"]] == [("support", 3, "answered")]
    assert [(one["person"], one["queue"], one["answered"], one["reason"], one["phones"]) for one in detail["offers"]] == [
        ("bob", "support", False, "no answer", 1),
        ("dag", "support", True, "answered", 1),
    ]
    assert [(one["to"], one["why"]) for one in detail["stops"]] == [("queue:support", "number")]


def test_a_queue_that_was_renamed_is_found_by_its_new_name(acme: Company) -> None:
    queue = queue_of(acme, "bob")
    happened(queue_call(acme, Party(number="+4722000001"), [("bob", "answered")], call="q1"))
    queue.name, queue.former_names = "help.desk", ["support"]
    queue.save()
    cecilie = Caller(acme.cecilie)
    [found] = cecilie.get("/calls", queue="help.desk")["items"]
    assert (found["id"], found["queue"]) == ("q1", "support"), "it bears the name of that day"
    queue_of(acme, "dag", name="support2")
    Queue.all_tenants.filter(name="support2").update(name="support")
    assert cecilie.get("/calls", queue="help.desk")["items"] == [], "another queue has that name now"


def test_a_colleague_who_left_is_shown_by_number(acme: Company) -> None:
    happened(call(acme, "anna", "bob", call="a1"))
    acme.bob.delete()
    [item] = Caller(acme.anna).get("/calls")["items"]
    assert (item["to"], item["to_name"], item["answered_by"]) == ("102", "", "102")


def test_a_call_that_goes_on_can_be_looked_at(acme: Company, mirror: Live) -> None:
    mirror.take(news("call.ringing", going_on(acme, "live", "anna", "bob")))
    found = Caller(acme.bob).get("/calls/live")
    assert (found["state"], found["from_person"], found["to"], found["outcome"]) == ("ringing", "anna", "102", None)
    assert Caller(acme.dag).get("/calls/live", status=404)
    mirror.take(news("call.ended", going_on(acme, "live", "anna", "bob", "ended")))
    assert Caller(acme.bob).get("/calls/live")["state"] == "ended", "until its record is written"


@pytest.mark.claim("ADV-2")
def test_bob_dials_from_his_browser(acme: Company, bus: ScriptedBus) -> None:
    bob = Caller(acme.bob)
    response = bob.send("post", "/calls", {"to": "+4722000001"})
    assert (response.status_code, response.json()) == (202, {"id": "new-call"})
    assert response["Location"] == "/api/v1/calls/new-call"
    assert bus.asked == [Originate(acme.tenant.id, acme.bob.id, "+4722000001")]
    assert bob.get("/calls/new-call")["state"] == "started", "it can be followed at once"


def test_calls_start_from_ones_own_phone(acme: Company, globex: Company, bus: ScriptedBus) -> None:
    for own in ("bob", "102"):
        assert Caller(acme.bob).send("post", "/calls", {"from": own, "to": "101"}).status_code == 202
    refused = Caller(acme.bob).send("post", "/calls", {"from": "anna", "to": "101"})
    assert (refused.status_code, refused.json()["error_id"]) == (403, "not-your-phone")
    assert Caller(acme.cecilie).send("post", "/calls", {"from": "101", "to": "104"}).status_code == 202
    assert bus.asked[-1] == Originate(acme.tenant.id, acme.anna.id, "104")
    assert Caller(acme.cecilie).send("post", "/calls", {"from": globex.bob.id, "to": "104"}).status_code == 404
    assert len(bus.asked) == 3


def test_calls_start_from_ones_own_mobile_and_nobody_else_s(acme: Company, bus: ScriptedBus) -> None:
    assert Caller(acme.bob).send("post", "/calls", {"to": "101", "via": "mobile"}).status_code == 202
    assert bus.asked == [Originate(acme.tenant.id, acme.bob.id, "101", "mobile")]
    refused = Caller(acme.cecilie).send("post", "/calls", {"from": "101", "to": "104", "via": "mobile"})
    assert (refused.status_code, refused.json()["error_id"]) == (403, "not-your-phone")
    assert Caller(acme.bob).send("post", "/calls", {"to": "101", "via": "pigeon"}).status_code in (400, 422)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        ("no-mobile", 409),
        ("mobile", 409),
        ("offline", 409),
        ("invalid", 400),
        ("not-found", 404),
        ("unavailable", 503),
        ("odd", 409),
    ],
)
def test_a_call_that_cannot_be_made_says_why(acme: Company, bus: ScriptedBus, refusal: str, status: int) -> None:
    bus.refuse(refusal)
    response = Caller(acme.bob).send("post", "/calls", {"to": "104"})
    assert (response.status_code, response.json()["error_id"]) == (status, refusal)


def test_without_a_calls_process_history_still_works(acme: Company, bus: ScriptedBus) -> None:
    bus.calls_up = False
    happened(call(acme, "anna", "bob", call="a1"))
    response = Caller(acme.bob).send("post", "/calls", {"to": "104"})
    assert (response.status_code, response.json()["error_id"]) == (503, "calls-unavailable")
    assert response["Retry-After"] == "2"
    assert ids(Caller(acme.bob).get("/calls")) == ["a1"]


def test_hanging_up(acme: Company, globex: Company, bus: ScriptedBus, mirror: Live) -> None:
    mirror.take(news("call.answered", going_on(acme, "live", "anna", "bob", "answered")))
    assert Caller(acme.dag).send("post", "/calls/live/hangup").status_code == 404
    assert Caller(globex.anna).send("post", "/calls/live/hangup").status_code == 404
    assert bus.asked == []
    for who in ("bob", "anna", "cecilie"):
        assert Caller(acme.people[who]).send("post", "/calls/live/hangup").status_code == 204
    assert bus.asked == [Hangup(acme.tenant.id, "live")] * 3
    mirror.take(news("call.ended", going_on(acme, "live", "anna", "bob", "ended")))
    assert Caller(acme.bob).send("post", "/calls/live/hangup").status_code == 404


def test_a_recording_is_heard_by_who_talked(acme: Company, globex: Company, data_folder: DataFolder) -> None:
    (data_folder.recordings / "calls").mkdir()
    (data_folder.recordings / "calls" / "q1.wav").write_bytes(b"RIFF0123456789")
    tape = CallRecorded("q1", NOON + 30, file="calls/q1.wav", seconds=9.0, why="queue:acme-support")
    happened([*queue_call(acme, OSLO, [("bob", "no answer"), ("dag", "answered")], call="q1"), tape])
    assert Caller(acme.dag).get("/calls/q1")["recordings"] == [{"seconds": 9.0}]
    path = "/api/v1/calls/q1/recordings/0"
    answer = Caller(acme.dag).client.get(path)
    assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "audio/wav", b"RIFF0123456789")
    part = Caller(acme.cecilie).client.get(path, HTTP_RANGE="bytes=4-7")
    assert (part.status_code, part.content) == (206, b"0123")
    for stranger in (acme.bob, globex.anna):
        assert Caller(stranger).client.get(path).status_code == 404
    assert Caller(acme.dag).client.get("/api/v1/calls/q1/recordings/1").status_code == 404


def test_the_recording_pauses_while_card_digits_are_said(
    acme: Company, globex: Company, bus: ScriptedBus, mirror: Live
) -> None:
    mirror.take(news("call.answered", going_on(acme, "live", "anna", "bob", "answered")))
    for stranger in (acme.dag, globex.anna):
        assert Caller(stranger).send("post", "/calls/live/recording", {"paused": True}).status_code == 404
    assert Caller(acme.bob).send("post", "/calls/live/recording", {"paused": True}).status_code == 204
    assert Caller(acme.bob).send("post", "/calls/live/recording", {"paused": False}).status_code == 204
    assert bus.asked == [PauseRecording(acme.tenant.id, "live", paused) for paused in (True, False)]
    bus.refuse("not-found")
    assert Caller(acme.bob).send("post", "/calls/live/recording", {"paused": True}).status_code == 409


def test_a_supervisor_takes_part_in_a_talk(acme: Company, globex: Company, bus: ScriptedBus, mirror: Live) -> None:
    path = "/calls/live/supervise"
    assert Caller(acme.cecilie).send("post", path, {"how": "listen"}).status_code == 404, "no such call"
    mirror.take(news("call.answered", going_on(acme, "live", "anna", "bob", "answered")))
    for stranger in (globex.anna, globex.people["cecilie"], acme.dag):
        for method, body in (("post", {"how": "listen"}), ("delete", None)):
            assert Caller(stranger).send(method, path, body).status_code == 404
    refused = Caller(acme.bob).send("post", path, {"how": "barge"})
    assert (refused.status_code, refused.json()["error_id"]) == (403, "not-a-supervisor")
    assert bus.asked == []
    started = Caller(acme.cecilie).send("post", path, {"how": "listen"})
    assert (started.status_code, started.json(), started["Location"]) == (202, {"id": "own-call"}, "/api/v1/calls/own-call")
    assert Caller(acme.cecilie).send("post", path, {"how": "barge"}).status_code == 202
    assert Caller(acme.cecilie).send("post", path, {"how": "leave"}).status_code == 204
    assert Caller(acme.cecilie).send("delete", path).status_code == 204
    assert bus.asked == [
        Supervise(acme.tenant.id, "live", acme.cecilie.id, how) for how in ("listen", "barge", "leave", "leave")
    ]
    heard = Entry.of(acme.cecilie).filter(act="hear", what="talk", actor=acme.cecilie.id, ref="live")
    assert {tuple(entry.subjects) for entry in heard} == {
        tuple(sorted(f"person:{acme.people[name].id}" for name in ("anna", "bob")))
    }
    assert Caller(acme.cecilie).send("post", path, {"how": "spy"}).status_code == 400


@pytest.mark.parametrize("error", ["off", "own-call", "on-hold", "too-many", "no-words", "offline"])
def test_a_talk_that_cannot_be_supervised_says_why(acme: Company, bus: ScriptedBus, mirror: Live, error: str) -> None:
    mirror.take(news("call.answered", going_on(acme, "live", "anna", "bob", "answered")))
    bus.refuse(error)
    refused = Caller(acme.cecilie).send("post", "/calls/live/supervise", {})
    assert (refused.status_code, refused.json()["error_id"]) == (409, error)


def test_who_talks_sees_who_listens_and_afterwards_too(acme: Company, bus: ScriptedBus, mirror: Live) -> None:
    by = Party(number="103", name="C", person=acme.cecilie.id)
    talk = msgspec.structs.replace(
        going_on(acme, "live", "anna", "bob", "answered"), supervisors=(LiveSupervisor(by, "whisper"),)
    )
    mirror.take(news("call.supervised", talk))
    [running] = Caller(acme.bob).get("/calls/running")["items"]
    assert running["id"] == "live"
    assert Caller(acme.dag).get("/calls/running")["items"] == []
    [seen] = Caller(acme.bob).get("/calls/live")["supervisions"]
    assert (seen["by_person"], seen["how"], seen["ended_at"]) == ("cecilie", "whisper", None)
    told = [Supervised("s1", NOON + 20, by=by, how="listen"), Supervised("s1", NOON + 25, by=by, how="barge")]
    happened([*call(acme, "anna", "bob", call="s1"), *told, Supervised("s1", NOON + 28, by=by, how="left")])
    ways = Caller(acme.bob).get("/calls/s1")["supervisions"]
    assert [(one["by_name"], one["how"]) for one in ways] == [("Cecilie Moe", "listen"), ("Cecilie Moe", "barge")]
    assert ways[0]["ended_at"] == ways[1]["started_at"] < ways[1]["ended_at"]


def test_a_phone_that_merely_rings_does_not_end_others_calls(acme: Company, bus: ScriptedBus, mirror: Live) -> None:
    rings_dag_too = msgspec.structs.replace(
        going_on(acme, "live", "anna", "bob"), people=(acme.anna.id, acme.bob.id, acme.dag.id)
    )
    mirror.take(news("call.ringing", rings_dag_too))
    refused = Caller(acme.dag).send("post", "/calls/live/hangup")
    assert (refused.status_code, refused.json()["error_id"]) == (403, "not-your-call")
    assert bus.asked == []


@pytest.mark.parametrize(
    ("path", "body", "status"), [("transfer", {"to": "103"}, 202), ("hold", {}, 204), ("resume", {}, 204)]
)
def test_a_talk_is_sent_on_held_and_taken_back(
    acme: Company, globex: Company, bus: ScriptedBus, mirror: Live, path: str, body: dict[str, str], status: int
) -> None:
    mirror.take(news("call.answered", going_on(acme, "live", "anna", "bob", "answered")))
    assert Caller(acme.dag).send("post", f"/calls/live/{path}", body).status_code == 404
    assert Caller(globex.anna).send("post", f"/calls/live/{path}", body).status_code == 404
    assert bus.asked == []
    for who in ("bob", "cecilie"):
        assert Caller(acme.people[who]).send("post", f"/calls/live/{path}", body).status_code == status
    for who, request in zip(("bob", "cecilie"), bus.asked, strict=True):
        by = acme.people[who].id
        if path == "transfer":
            assert request == TransferCall(acme.tenant.id, "live", by, "103")
        else:
            assert request == HoldCall(acme.tenant.id, "live", by, path == "hold")


@pytest.mark.parametrize(("error", "status"), [("invalid", 400), ("not-found", 404), ("busy", 409), ("on-phone", 409)])
def test_a_talk_that_cannot_be_changed_says_why(
    acme: Company, bus: ScriptedBus, mirror: Live, error: str, status: int
) -> None:
    mirror.take(news("call.answered", going_on(acme, "live", "anna", "bob", "answered")))
    bus.refuse(error)
    refused = Caller(acme.bob).send("post", "/calls/live/transfer", {"to": "103"})
    assert (refused.status_code, refused.json()["error_id"]) == (status, error)
