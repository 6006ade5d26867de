"""Callers in a queue, with phones: what they hear, whose phone rings, and what the record says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone
from tests.keys import keys_in

from svara.calls.commands import AskQueues, Done, KeepPlace, QueueChanged, Queues, QueueState, Refused, SetAgent
from svara.calls.events import (
    AgentChanged,
    AgentOffered,
    AgentOfferEnded,
    AnyEvent,
    CallbackAsked,
    CallEnded,
    CallGreeted,
    CallRouted,
    LegAnswered,
    LegEnded,
    LegOffered,
    QueueEntered,
    QueueLeft,
)
from svara.calls.queue.store import read
from svara.people.office import Member, Queue, Sound

MUSIC = "builtin/music.wav"
GREETING = Sound("welcome", "acme/welcome.wav")


def support(*members: str, **rules: Any) -> Queue:
    listed = tuple(Member(f"p-acme-{name}") for name in members)
    return Queue("q-support", "support", extension="600", members=listed, **{"ring_seconds": 15.0} | rules)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., tuple[Office, Phone, Phone, Phone]]]:
    """An office with that queue, and the phones of Anna, Bob and Cecilie, who are registered."""
    made: list[Office] = []

    def make(*queues: Queue, **changes: Any) -> tuple[Office, Phone, Phone, Phone]:
        company = {"queues": queues, "sounds": (GREETING,)} | changes.pop("acme", {})
        office = Office(tmp_path, offices.office(acme=company, **changes))
        made.append(office)
        phones = [Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie")]
        office.settle()
        return office, phones[0], phones[1], phones[2]

    yield make
    for office in made:
        office.close()


Desk = Callable[..., tuple[Office, Phone, Phone, Phone]]


def board(office: Office) -> QueueState:
    answer = office.hall.answer(AskQueues("t-acme", "support"))
    assert isinstance(answer, Queues)
    return answer.queues[0]


def states(office: Office) -> dict[str, tuple[str, str]]:
    return {one.person.removeprefix("p-acme-"): (one.state, one.reason) for one in board(office).members}


def ends(office: Office) -> list[tuple[str, str, str]]:
    return [(one.outcome, one.by, one.end_reason) for one in office.told(CallEnded)]


def offers(office: Office) -> list[tuple[str, str]]:
    who = {one.offer: one.agent.person or "" for one in office.told(AgentOffered)}
    return [(who[one.offer].removeprefix("p-acme-"), one.how) for one in office.told(AgentOfferEnded)]


@pytest.mark.claim("PHO-4")
def test_a_free_agent_is_rung_through_at_once(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob", wrap_up_seconds=5))
    anna.call("600")
    assert bob.rings
    assert states(office) == {"bob": ("ringing", "")}
    bob.ring()
    assert anna.statuses == [180]
    bob.answer()
    assert anna.statuses == [180, 200]
    assert office.voice.legs == {}, "nobody heard music for nothing"
    assert states(office) == {"bob": ("talking", "")}
    office.wait(60)
    anna.hang_up()
    assert states(office) == {"bob": ("wrap-up", "")}
    office.wait(5)
    assert states(office) == {"bob": ("available", "")}
    office.wait(1)
    [entered], [left] = office.told(QueueEntered), office.told(QueueLeft)
    assert (entered.queue, entered.name, entered.position, left.why) == ("q-support", "support", 1, "answered")
    assert offers(office) == [("bob", "answered")]
    assert ends(office) == [("answered", "caller", "hung up")]
    assert [one.state for one in office.told(AgentChanged)][-4:] == ["ringing", "talking", "wrap-up", "available"]


def test_who_has_to_wait_hears_music_and_then_the_agent(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie"))
    anna.call("600")
    cecilie.answer()
    bob.call("600")
    assert bob.statuses == [200]
    [leg] = office.voice.legs.values()
    assert leg.sounds == [MUSIC]
    assert len(office.told(CallGreeted)) == 1
    state = board(office)
    assert (state.waiting, [(one.position, one.caller.name) for one in state.callers]) == (1, [(1, "Bob Lind")])
    office.wait(30)
    assert len(cecilie.heard("INVITE")) == 1, "she talks"
    anna.hang_up()
    assert len(cecilie.heard("INVITE")) == 2
    cecilie.ring()
    assert leg.sounds == [MUSIC], "the music goes on until she picks up"
    cecilie.answer()
    assert office.voice.legs == {}
    assert [call.live().state for call in office.calls] == ["answered"]
    bob.hang_up()
    assert [one.outcome for one in office.told(CallEnded)] == ["answered", "answered"]
    assert board(office).waiting == 0


def test_the_place_and_the_wait_are_told(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie", announce_position=True, announce_every_seconds=30))
    anna.call("600")
    cecilie.answer()
    bob.call("600")
    [leg] = office.voice.legs.values()
    assert leg.all_sounds == ["builtin/nb/next-in-line.wav"]
    assert leg.playing is not None
    assert [item.file for item in leg.playing.then] == [MUSIC]  # type: ignore[union-attr]
    office.wait(30)
    assert leg.all_sounds == ["builtin/nb/next-in-line.wav"] * 2


def test_the_greeting_is_heard_to_its_end_before_anybodys_phone_rings(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob", greeting="welcome"))
    anna.call("600")
    assert anna.statuses == [200]
    [leg] = office.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    assert not bob.rings
    office.wait(2)
    assert bob.rings
    bob.answer()
    anna.hang_up()
    assert ends(office) == [("answered", "caller", "hung up")]


def test_giving_up_in_the_greeting_in_the_line_and_while_it_rings(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("bob", greeting="welcome"))
    anna.call("600")
    anna.hang_up()
    cecilie.call("600")
    office.wait(3)
    bob.ring()
    cecilie.hang_up()
    assert not bob.rings
    assert [one.why for one in office.told(QueueLeft)] == ["abandoned", "abandoned"]
    assert [one[0] for one in ends(office)] == ["abandoned", "abandoned"]
    assert offers(office) == [("bob", "withdrawn")]
    assert (board(office).waiting, states(office)) == (0, {"bob": ("available", "")})
    assert office.voice.legs == {}


def test_giving_up_before_anything_was_answered(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob"))
    anna.call("600")
    bob.ring()
    anna.cancel()
    assert anna.statuses[-1] == 487
    assert not bob.rings
    assert (ends(office)[0][0], offers(office)) == ("abandoned", [("bob", "withdrawn")])


def test_phones_that_rang_in_vain_hold_nothing_at_the_relay(desk: Desk) -> None:
    rules = {"strategy": "ring-all", "ring_seconds": 10.0, "retry_seconds": 1.0, "auto_pause_after": 0}
    office, anna, bob, cecilie = desk(support("bob", "cecilie", **rules))
    anna.call("600")
    for _ in range(8):
        office.wait(11)
    [call] = office.calls
    assert call.legs_rung > 8
    assert len(office.relay.legs[call.id]) <= 4, "Anna, our own sound, and the phones that ring now"
    bob.ring()
    cecilie.ring()
    bob.answer()
    assert call.back is not None
    assert office.relay.legs[call.id] == {"a", call.back.id}
    anna.hang_up()


def test_an_agent_who_does_not_pick_up_has_missed_nothing_and_the_next_is_rung(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("bob", "cecilie", retry_seconds=2))
    anna.call("600")
    bob.ring()
    office.wait(15)
    assert not bob.rings
    assert cecilie.rings
    cecilie.ring()
    cecilie.decline()
    assert offers(office) == [("bob", "no answer"), ("cecilie", "declined")]
    [leg] = office.voice.legs.values()
    assert leg.sounds == [MUSIC], "nobody is free for two seconds: the caller hears music meanwhile"
    office.wait(2)
    bob.answer()
    assert [one.to.person for one in office.told(LegAnswered)] == ["p-acme-bob"]
    anna.hang_up()
    assert ends(office)[0][0] == "answered"


def test_ring_all_rings_all_and_tells_each_ones_end(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("bob", "cecilie", "anna", strategy="ring-all"))
    dora = Phone(office, "acme-bob-soft").register()
    anna.call("600")
    assert bob.rings
    assert cecilie.rings
    assert dora.rings
    assert states(office)["anna"] == ("talking", ""), "who calls is not rung by the own call"
    cecilie.decline()
    assert states(office)["cecilie"] == ("available", "")
    bob.ring()
    dora.answer()
    assert not bob.rings
    assert offers(office) == [("cecilie", "declined"), ("bob", "answered")]
    anna.hang_up()


def test_that_all_of_them_ring_is_written_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    office, anna, bob, cecilie = desk(support("bob", "cecilie", strategy="ring-all"))
    written: list[list[str]] = []
    write = office.switch.journal.write

    def counted(happened: Sequence[AnyEvent], *state: Any) -> None:
        written.append([one.to.login or "" for one in happened if isinstance(one, LegOffered)])
        write(happened, *state)

    monkeypatch.setattr(office.switch.journal, "write", counted)
    anna.call("600")
    assert bob.rings
    assert cecilie.rings
    assert [legs for legs in written if legs] == [["acme-bob", "acme-cecilie"]]


def test_ring_all_withdraws_one_who_pauses(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("bob", "cecilie", strategy="ring-all"))
    anna.call("600")
    bob.ring()
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused", "lunch"))
    office.settle()
    assert not bob.rings
    assert cecilie.rings
    assert offers(office) == [("bob", "withdrawn")]
    cecilie.answer()
    assert offers(office)[-1] == ("cecilie", "answered")


@pytest.mark.parametrize("strategy", ["ring-all", "longest-idle"])
def test_agents_miss_nothing_when_our_own_relay_fails(desk: Desk, strategy: str) -> None:
    office, anna, bob, _cecilie = desk(support("bob", "cecilie", strategy=strategy, auto_pause_after=1))
    office.relay.fails = "the media relay does not answer"
    anna.call("600")
    office.wait(9)
    assert states(office) == {"bob": ("available", ""), "cecilie": ("available", "")}
    assert {how for _, how in offers(office)} == {"withdrawn"}
    assert len(offers(office)) <= 10, "nobody is tried again and again meanwhile"
    office.relay.fails = None
    office.wait(2)
    assert bob.rings
    bob.answer()
    assert [one.to.person for one in office.told(LegAnswered)] == ["p-acme-bob"]
    anna.hang_up()


def test_an_agent_who_picks_up_in_vain_because_of_our_relay_missed_nothing(desk: Desk) -> None:
    office, anna, bob, _cecilie = desk(support("bob", auto_pause_after=1))
    anna.call("600")
    bob.ring()
    office.relay.fails = "the media relay does not answer"
    bob.answer()
    assert states(office) == {"bob": ("available", "")}
    assert offers(office) == [("bob", "withdrawn")]


def test_each_ones_end_is_their_own_also_the_last_ones(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("bob", "cecilie", strategy="ring-all"))
    anna.call("600")
    cecilie.decline()
    bob.ring()
    office.wait(15)
    assert offers(office) == [("cecilie", "declined"), ("bob", "no answer")]


def test_a_phone_that_answers_without_sound_does_not_cost_the_caller_the_call(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("bob", "cecilie"))
    anna.call("600")
    bob.answer(sdp=b"")
    assert cecilie.rings
    cecilie.answer()
    assert [call.live().state for call in office.calls] == ["answered"]
    anna.hang_up()
    assert office.switch.counters.calls_crashed_total == 0


def test_waiting_too_long_goes_on_to_another_target(desk: Desk) -> None:
    office, anna, _bob, cecilie = desk(
        support("bob", max_wait_seconds=10, when_timeout="person:cecilie"), bob={"choice": "dnd"}
    )
    anna.call("600")
    assert states(office) == {"bob": ("paused", "do not disturb")}
    office.wait(9)
    assert not cecilie.rings
    office.wait(1)
    assert cecilie.rings
    assert [(one.to, one.why) for one in office.told(CallRouted)] == [
        ("queue:support", "dialled"),
        ("person:cecilie", "timeout"),
    ]
    cecilie.answer()
    anna.hang_up()
    assert ([one.why for one in office.told(QueueLeft)], ends(office)[0][0]) == (["timeout"], "answered")


def test_a_full_line_and_an_empty_desk(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie", max_waiting=0, when_full="hangup", when_empty="person:bob"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "logged-out"))
    anna.call("600")
    assert bob.rings
    anna.cancel()
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "available"))
    anna.call("600")
    cecilie.answer()
    bob.call("600")
    assert bob.statuses == [480]
    assert [one.why for one in office.told(QueueLeft)] == ["empty", "answered", "full"]
    assert ends(office)[-1] == ("missed", "system", "the office hung up")


def test_without_a_voice_callers_wait_ringing(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob"))
    office.voice.up = False
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused"))
    anna.call("600")
    assert anna.statuses == [180]
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "available"))
    office.settle()
    bob.answer()
    assert anna.statuses == [180, 200]
    anna.hang_up()


def test_an_agent_who_dials_or_talks_elsewhere_is_not_offered_calls(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie"))
    cecilie.call("102")
    assert states(office) == {"cecilie": ("talking", "")}
    anna.call("600")
    assert not cecilie.rings
    bob.answer()
    assert not cecilie.rings
    cecilie.hang_up()
    assert cecilie.rings


def test_phones_that_go_offline(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob"))
    office.registrar.remove("acme-bob")
    assert states(office) == {"bob": ("logged-out", "offline")}
    anna.call("600")
    assert not bob.rings
    bob.register()
    assert bob.rings


def test_log_in_pause_and_log_out_last_over_a_restart(desk: Desk) -> None:
    office, *_ = desk(support("bob", "cecilie"))
    assert isinstance(office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused", "lunch", "support")), Done)
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "logged-out", queue="support"))
    assert isinstance(office.hall.answer(SetAgent("t-acme", "p-acme-anna", "paused", queue="support")), Refused)
    assert isinstance(office.hall.answer(SetAgent("t-beta", "p-acme-bob", "available", queue="support")), Refused)
    office.kill()
    office.start()
    assert states(office) == {"bob": ("paused", "lunch"), "cecilie": ("logged-out", "")}


# --- keeping the place


def test_a_kept_place_is_called_back_when_an_agent_is_free(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie", callback_key="1"))
    bob.call("600")
    cecilie.answer()
    anna.call("600")
    [leg] = office.voice.legs.values()
    assert leg.all_sounds == ["builtin/nb/keep-place-1.wav"]
    office.voice.press("1")
    said = [sound.removeprefix("builtin/nb/").removesuffix(".wav") for sound in leg.all_sounds]
    assert said[-5:] == ["callback-number", "key-1", "key-0", "key-1", "callback-choices"]
    office.voice.press("#")
    assert leg.sounds == ["builtin/nb/callback-kept.wav"]
    office.wait(3)
    assert len(anna.heard("BYE")) == 1
    assert [(one.position, one.kept_for) for one in board(office).callers] == [(1, "101")]
    [asked] = office.told(CallbackAsked)
    assert (asked.number, office.told(QueueLeft)[-1].why, ends(office)[-1][0]) == ("101", "kept", "abandoned")

    cecilie.invite = None
    bob.hang_up()
    assert cecilie.rings
    assert states(office) == {"cecilie": ("ringing", "")}
    cecilie.answer()
    office.settle()
    [leg] = office.voice.legs.values()
    assert leg.sounds[0] == "builtin/nb/call-back-to.wav", "she hears whom she calls"
    assert not anna.rings
    office.wait(10)
    assert anna.rings
    anna.answer()
    office.settle()
    assert [call.live().state for call in office.calls] == ["answered"]
    assert board(office).callers == ()
    assert states(office) == {"cecilie": ("talking", "")}
    cecilie.hang_up()
    assert states(office) == {"cecilie": ("available", "")}


def test_keeping_the_place_by_request_and_over_a_restart(desk: Desk) -> None:
    office, anna, _bob, cecilie = desk(support("cecilie"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "paused"))
    anna.call("600")
    [call] = office.calls
    assert isinstance(office.hall.answer(KeepPlace("t-beta", call.id)), Refused)
    assert isinstance(office.hall.answer(KeepPlace("t-acme", call.id)), Done)
    office.wait(3)
    assert office.calls == []
    office.kill()
    office.start()
    assert [one.kept_for for one in board(office).callers] == ["101"]
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "available"))
    office.settle()
    assert cecilie.rings


def test_a_call_back_that_our_relay_spoils_is_no_missed_offer(desk: Desk) -> None:
    office, anna, bob, _cecilie = desk(support("bob", auto_pause_after=1))
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused"))
    anna.call("600")
    office.hall.answer(KeepPlace("t-acme", office.calls[0].id))
    office.wait(3)
    office.relay.fails, office.relay.up = "the media relay does not answer", False
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "available"))
    office.settle()
    bob.answer()
    office.settle()
    assert states(office) == {"bob": ("available", "")}
    assert offers(office)[-1] == ("bob", "withdrawn")
    office.relay.fails, office.relay.up = None, True
    office.wait(2)
    assert bob.rings


def test_a_call_back_that_nobody_takes_keeps_the_place(desk: Desk) -> None:
    office, anna, bob, _cecilie = desk(support("bob", "cecilie", callback_key="1"))
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "paused"))
    anna.call("600")
    office.voice.press("1#")
    office.wait(3)
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "available"))
    office.settle()
    bob.ring()
    office.wait(15.5)
    assert not bob.rings
    assert offers(office)[-1] == ("bob", "no answer")
    assert [one.kept_for for one in board(office).callers] == ["101"]
    office.wait(1)
    bob.answer()
    office.settle()
    office.voice.press("5")
    office.settle()
    assert anna.rings, "a key goes on at once"
    anna.decline()
    office.settle()
    office.wait(4)
    assert states(office)["bob"] == ("available", ""), "it was not his fault"
    assert [one.kept_for for one in board(office).callers] == ["101"]
    office.wait(301)
    assert bob.rings


def test_a_company_that_is_gone_leaves_no_numbers_and_no_choices(desk: Desk) -> None:
    office, anna, _bob, _ = desk(support("bob", "cecilie"))
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused", "lunch"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "paused", "dentist"))
    anna.call("600")
    office.hall.answer(KeepPlace("t-acme", office.calls[0].id))
    office.wait(3)
    written = office.folder / "queues"
    before = read(written, keys_in(office.folder))["t-acme"]
    assert ({one.reason for one in before.choices.values()}, len(before.kept)) == ({"lunch", "dentist"}, 1)
    assert not [word for word in (b"t-acme", b"dentist", b"p-acme") if word in written.read_bytes()], "not in clear"
    office.hall.office(msgspec.structs.replace(office.snapshot, tenants=office.snapshot.tenants[1:]))
    assert read(written, keys_in(office.folder)) == {}
    assert office.hall.answer(AskQueues("t-acme")) == Queues()


# --- a server that is killed


def test_callers_stand_in_the_same_order_after_a_kill_and_hear_music(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "paused", "lunch"))
    anna.call("600")
    office.wait(1)
    bob.call("600")
    office.wait(1)
    before = [(one.position, one.caller.name) for one in board(office).callers]
    assert before == [(1, "Anna Berg"), (2, "Bob Lind")]
    office.kill()
    office.start()
    assert [(one.position, one.caller.name) for one in board(office).callers] == before
    assert [leg.sounds for leg in office.voice.legs.values()] == [[MUSIC], [MUSIC]]
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "available"))
    office.settle()
    cecilie.answer()
    anna.hang_up()
    assert [one.to.person for one in office.told(LegAnswered)] == ["p-acme-cecilie"]
    office.settle()
    cecilie.answer()
    bob.hang_up()
    assert [one[0] for one in ends(office)] == ["answered", "answered"]
    assert len(office.told(QueueEntered)) == len(office.told(QueueLeft)) == 2
    assert office.voice.legs == {}


def test_an_agent_free_at_the_restart_gets_the_first_of_the_line(desk: Desk) -> None:
    office, anna, bob, cecilie = desk(support("cecilie"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "paused"))
    bob.call("600")
    office.wait(1)
    anna.call("600")
    office.kill()
    (office.folder / "queues").unlink()
    office.start()
    office.settle()
    cecilie.answer()
    assert [(one.position, one.caller.name) for one in board(office).callers] == [(1, "Anna Berg")]
    bob.hang_up()


def test_a_talk_out_of_the_queue_goes_on_after_a_kill_and_ends_in_wrap_up(desk: Desk) -> None:
    office, anna, _bob, cecilie = desk(support("cecilie", wrap_up_seconds=5))
    anna.call("600")
    cecilie.answer()
    office.kill()
    office.start()
    assert states(office) == {"cecilie": ("talking", "")}
    anna.hang_up()
    assert states(office) == {"cecilie": ("wrap-up", "")}
    office.wait(5)
    assert states(office) == {"cecilie": ("available", "")}


def test_phones_that_rang_when_the_server_was_killed(desk: Desk) -> None:
    office, anna, _bob, cecilie = desk(support("cecilie", "bob"))
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "paused"))
    office.hall.answer(SetAgent("t-acme", "p-acme-bob", "paused"))
    anna.call("600")
    office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "available"))
    office.settle()
    cecilie.ring()
    office.kill()
    office.start()
    office.settle()
    assert len(cecilie.heard("INVITE")) == 2, "she is rung again: nobody knows of the first call any more"
    cecilie.answer()
    anna.hang_up()
    legs = [one.leg for one in office.told(LegEnded)]
    assert len(legs) == len(set(legs))


def test_what_boards_are_told(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob"))
    office.wait(1)
    office.news.clear()
    anna.call("600")
    office.wait(1)
    topics = [topic for topic, _ in office.news]
    assert "queue.changed" in topics
    assert "queue.agent" in topics
    bob.answer()
    anna.hang_up()
    assert board(office).members[0].calls == 1


def test_boards_are_told_of_who_logs_out_and_of_the_talk(desk: Desk) -> None:
    office, anna, bob, _ = desk(support("bob", "cecilie"))
    anna.call("600")
    bob.answer()
    office.wait(1)
    [talk] = [call for call in (call.live() for call in office.switch.calls.values()) if call.state == "answered"]
    assert (talk.queue, talk.callee.person) == ("q-support", "p-acme-bob")
    office.news.clear()
    assert office.hall.answer(SetAgent("t-acme", "p-acme-cecilie", "logged-out")) == Done()
    office.wait(1)
    [changed] = [msgspec.msgpack.decode(news, type=QueueChanged) for topic, news in office.news if topic == "queue.changed"]
    assert changed.agents == {"talking": 1, "logged-out": 1}
