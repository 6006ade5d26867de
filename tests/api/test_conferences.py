"""Conferences over the API: who sees what, and who conducts."""

from __future__ import annotations

import time

import msgspec
import pytest
from tests.api.conftest import Caller, ScriptedBus, news
from tests.history.stories import Company

from svara.calls.commands import (
    AskConferences,
    ConferenceChanged,
    ConferenceMember,
    Conferences,
    ConferenceState,
    ControlConference,
    Done,
    Refused,
    Request,
)
from svara.calls.events import Party
from svara.web import live


@pytest.fixture
def monday(acme: Company, bus: ScriptedBus) -> list[Request]:
    """Bob moderates, Dag and a caller from Oslo are there; gives what was asked of the calls process."""
    came = time.time() - 40
    members = (
        ConferenceMember("c1", acme.party("bob"), came, moderator=True),
        ConferenceMember("c2", acme.party("dag"), came + 5, muted=True),
        ConferenceMember("c3", Party("+4722000001", "Kari"), came + 10),
    )
    rooms = (
        ConferenceState("r1", "monday", "800", members, 50, locked=True, recorded=True),
        ConferenceState("r2", "coffee", "801", (), 5),
    )

    def answer(request: Request) -> msgspec.Struct:
        match request:
            case AskConferences(tenant=acme.tenant.id, name=name):
                return Conferences(tuple(one for one in rooms if name in (None, one.name)))
            case ControlConference(tenant=acme.tenant.id, name="monday", call=call) if call in ("", "c1", "c2", "c3"):
                return Done()
        return Refused("not-found", "no")

    bus.answer = answer
    return bus.asked


def done(asked: list[Request]) -> list[tuple[str, str]]:
    return [(one.do, one.call) for one in asked if isinstance(one, ControlConference)]


def test_who_is_in_it_sees_who_else_is(monday: list[Request], acme: Company) -> None:
    room = Caller(acme.dag).get("/conferences/monday")
    assert (room["name"], room["extension"], room["count"]) == ("monday", "800", 3)
    assert room["locked"]
    assert room["recorded"]
    assert [(one["name"], one["person"], one["moderator"], one["muted"]) for one in room["members"]] == [
        ("Bob Lie", "bob", True, False),
        (acme.dag.name, "dag", False, True),
        ("Kari", None, False, False),
    ]
    assert not room["may_conduct"]


def test_a_colleague_sees_how_many_are_there_and_not_who(monday: list[Request], acme: Company, bus: ScriptedBus) -> None:
    kari = ConferenceMember("c3", Party("+4722000001", "Kari"), time.time())
    bob = ConferenceMember("c1", acme.party("bob"), time.time(), moderator=True)
    bus.answer = lambda _request: Conferences((ConferenceState("r1", "monday", "800", (bob, kari), 50),))
    text = str(items := Caller(acme.dag).get("/conferences")["items"])
    assert [(one["name"], one["count"], one["members"]) for one in items] == [("monday", 2, None)]
    assert "Kari" not in text
    assert "bob" not in text.lower()


def test_whoever_moderates_conducts_it(monday: list[Request], acme: Company) -> None:
    bob = Caller(acme.bob)
    assert bob.get("/conferences/monday")["may_conduct"]
    for what in ("lock", "unlock", "mute", "unmute", "end"):
        assert bob.send("post", f"/conferences/monday/{what}").status_code == 204
    for what in ("mute", "unmute", "remove"):
        assert bob.send("post", f"/conferences/monday/members/c3/{what}").status_code == 204
    assert done(monday)[:2] == [("lock", ""), ("unlock", "")]
    assert done(monday)[-1] == ("remove", "c3")
    assert bob.send("post", "/conferences/monday/members/c9/mute").status_code == 404
    assert bob.send("post", "/conferences/tuesday/lock").status_code == 404


def test_others_mute_themselves_alone(monday: list[Request], acme: Company) -> None:
    dag = Caller(acme.dag)
    assert dag.send("post", "/conferences/monday/members/c2/unmute").status_code == 204
    for path in ("members/c2/remove", "members/c3/mute", "lock", "end"):
        refused = dag.send("post", f"/conferences/monday/{path}")
        assert refused.status_code == 403, path
        assert refused.json()["error_id"] == "not-a-moderator"
    assert done(monday) == [("unmute", "c2")]


def test_where_nobody_is_there_is_nothing_to_conduct(monday: list[Request], acme: Company) -> None:
    anna = Caller(acme.anna)  # an administrator
    assert anna.send("post", "/conferences/coffee/end").status_code == 409


def test_changes_come_as_events(acme: Company, mirror: live.Live) -> None:
    with mirror.subscribe(live.viewer_of(acme.dag)) as stream:
        mirror.take(news("conference.changed", ConferenceChanged(acme.tenant.id, "r1", "monday", 3)))
        mirror.take(news("conference.changed", ConferenceChanged("another company", "r1", "monday", 3)))
        assert [one.name for one in stream._waiting] == ["conference.changed"]
