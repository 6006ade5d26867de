"""Supervisors in talks of a queue: who hears whom, who is told, what stands in the record, whatever happens at each step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import AskLive, Done, Live, LiveCall, Originated, Refused, SetAgent, Supervise
from svara.calls.events import AgentOffered, CallEnded, CallStarted, LegEnded, LegOffered, Supervised
from svara.calls.service import Service
from svara.media.voice.port import Key
from svara.people.office import Member, Queue
from svara.people.office import Office as Snapshot

TOLD = {"anna": "builtin/nb/supervised.wav", "bob": "builtin/sv/supervised.wav", "cecilie": "builtin/nb/supervised.wav"}


def company(folder: Path, supervision: Any = "announced", **more: Any) -> Office:
    """Bob takes the calls of support; Cecilie looks after them. Anna calls."""
    queue = Queue("q", "support", "600", members=(Member("p-acme-bob"),), supervision=supervision)
    return Office(folder, snapshot(queue, **more))


def snapshot(queue: Queue, **more: Any) -> Snapshot:
    """Acme with this queue; `more` is what else is different about it. Bob speaks Swedish."""
    office = offices.office(bob={"language": "sv"}, acme={"queues": (queue,)})
    acme = msgspec.structs.replace(office.tenants[0], **more)
    return msgspec.structs.replace(office, tenants=(acme, *office.tenants[1:]))


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = company(tmp_path)
    yield office
    office.wait(40)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert office.relay.sessions == set()
    office.close()


class Talk:
    """Anna talks to Bob out of the queue; Cecilie asks."""

    def __init__(self, office: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
        self.office, self.anna, self.bob, self.cecilie = office, anna, bob, cecilie
        self.service = Service(office.switch, office.folder, hall=office.hall)
        office.hall.answer(SetAgent("t-acme", "p-acme-bob", "available"))
        anna.call("600")
        office.wait(0.5)
        bob.answer()
        office.wait(0.5)
        [self.call] = office.calls
        self.id = self.call.id

    def ask(self, how: Any = "listen", by: str = "p-acme-cecilie", tenant: str = "t-acme") -> Any:
        answer = self.service.answer(Supervise(tenant, self.id, by, how))
        self.office.settle()
        return answer

    def joins(self, how: Any = "listen") -> Talk:
        """Cecilie's phone rings, she picks up, and the two are told."""
        answer = self.ask(how)
        assert isinstance(answer, Originated), answer
        self.own = answer.call
        self.cecilie.answer()
        self.office.wait(2.5)
        return self

    @property
    def hears(self) -> dict[str, set[str]]:
        """Who hears whom: caller, agent, supervisor."""
        legs = self.office.voice.legs
        return {self.whose(leg): {self.whose(one) for one in here.hears} for leg, here in legs.items()}

    def whose(self, leg: str) -> str:
        return "bob" if ".mb" in leg else {f"{self.id}.ma": "anna", f"{self.own}.v": "cecilie"}[leg]

    @property
    def audit(self) -> list[str]:
        """What the record says of supervision."""
        told = self.office.told(Supervised)
        assert all(event.call == self.id and event.by.person == "p-acme-cecilie" for event in told)
        return [event.how for event in told]

    @property
    def live(self) -> LiveCall:
        answer = self.service.answer(AskLive("t-acme"))
        assert isinstance(answer, Live)
        return next(call for call in answer.calls if call.id == self.id)

    def goes_on_directly(self) -> bool:
        """The two are put together, as if nobody had been there."""
        self.office.settle()
        legs = [leg for leg in self.office.voice.legs if leg.startswith(self.id)]
        asked = [one for one in self.office.relay.asked if one[1] == self.id]
        goes_on = self.office.switch.calls.get(self.id) is self.call
        return not legs and goes_on and not any("m" in leg for leg in asked[-1][2:])


@pytest.fixture
def talk(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> Talk:
    return Talk(at_work, anna, bob, cecilie)


LISTEN = {"anna": {"bob"}, "bob": {"anna"}, "cecilie": {"anna", "bob"}}
WHISPER = {"anna": {"bob"}, "bob": {"anna", "cecilie"}, "cecilie": {"anna", "bob"}}
BARGE = {"anna": {"bob", "cecilie"}, "bob": {"anna", "cecilie"}, "cecilie": {"anna", "bob"}}


@pytest.mark.parametrize(("how", "hearing"), [("listen", LISTEN), ("whisper", WHISPER), ("barge", BARGE)])
def test_who_hears_whom(talk: Talk, how: str, hearing: dict[str, set[str]]) -> None:
    assert talk.joins(how).hears == hearing
    assert talk.audit == [how]
    assert [(one.by.name, one.how) for one in talk.live.supervisors] == [("Cecilie Dahl", how)]
    talk.cecilie.hang_up()
    assert talk.audit == [how, "left"]
    assert talk.live.supervisors == ()
    assert talk.goes_on_directly()
    talk.anna.hang_up()


def test_nobody_listens_before_both_were_told(talk: Talk) -> None:
    talk.own = talk.ask().call
    assert talk.cecilie.rings
    assert talk.office.voice.legs == {}
    talk.cecilie.answer()
    talk.office.wait(1.0)
    legs = talk.office.voice.legs
    assert {talk.whose(leg): legs[leg].sounds for leg in legs} == {name: [sound] for name, sound in TOLD.items()}
    assert talk.hears["cecilie"] == set()
    assert talk.hears["anna"] == {"bob"}
    assert talk.audit == []
    talk.office.wait(1.5)
    assert talk.hears["cecilie"] == {"anna", "bob"}
    talk.anna.hang_up()


def test_where_a_tone_is_enough_both_hear_a_tone(
    tmp_path: Path,
) -> None:
    office = company(tmp_path, "tone", country="GB")
    talk = Talk(office, *(Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))).joins()
    legs = office.voice.legs
    assert [legs[leg].all_sounds for leg in legs] == [["beep"]] * 3
    office.wait(31)
    assert {talk.whose(leg): len(legs[leg].all_sounds) for leg in legs} == {"anna": 3, "bob": 3, "cecilie": 1}
    talk.anna.hang_up()
    office.close()


def test_everybody_is_told_in_a_language_they_know(tmp_path: Path) -> None:
    office = company(tmp_path, languages=("cs",))
    talk = Talk(office, *(Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))).joins()
    told = {leg.split(".")[1][:2]: here.all_sounds[0].split("/")[1] for leg, here in office.voice.legs.items()}
    assert told == {"ma": "cs", "mb": "sv", "v": "cs"}
    talk.anna.hang_up()
    office.close()


def test_the_supervisor_changes_by_keys_and_by_page(talk: Talk) -> None:
    talk.joins()
    for key, hearing in (("5", WHISPER), ("6", BARGE), ("4", LISTEN), ("4", LISTEN), ("9", LISTEN)):
        talk.office.switch.heard(Key(f"{talk.own}.v", key))
        assert talk.hears == hearing
    assert talk.ask("barge") == Originated(talk.own)
    assert talk.hears == BARGE
    assert talk.audit == ["listen", "whisper", "barge", "listen", "barge"]
    assert talk.ask("leave") == Done()
    assert talk.cecilie.heard("BYE")
    assert talk.audit[-1] == "left"
    assert talk.goes_on_directly()
    talk.anna.hang_up()


def test_the_supervisors_keys_reach_nobody(talk: Talk) -> None:
    talk.joins("barge")
    talk.office.switch.heard(Key(f"{talk.own}.v", "7"))
    assert [here.keys for here in talk.office.voice.legs.values()] == [""] * 3
    talk.anna.hang_up()


def test_the_supervisors_own_call_is_an_internal_one_that_says_what_it_was(talk: Talk) -> None:
    talk.joins()
    talk.cecilie.hang_up()
    [started] = [event for event in talk.office.told(CallStarted) if event.call == talk.own]
    assert (started.direction, started.supervises) == ("internal", talk.id)
    assert (started.caller.person, started.callee.number) == ("p-acme-cecilie", "600")
    [ended] = talk.office.told(CallEnded)
    assert (ended.call, ended.outcome, ended.by) == (talk.own, "answered", "caller")
    offered = [event for event in talk.office.told(LegOffered) if event.call == talk.own]
    assert len(offered) == len([event for event in talk.office.told(LegEnded) if event.call == talk.own])
    assert len(talk.office.told(AgentOffered)) == 1
    talk.anna.hang_up()


def test_a_second_supervisor_joins_and_the_two_are_told_again(talk: Talk) -> None:
    talk.joins()
    people = (*talk.office.switch.office.tenants[0].people, offices.person("dag", "104"))
    acme = msgspec.structs.replace(talk.office.switch.office.tenants[0], people=people)
    talk.office.switch.office = msgspec.structs.replace(talk.office.switch.office, tenants=(acme,))
    dag = Phone(talk.office, "acme-dag").register()
    second = talk.ask("barge", by="p-acme-dag")
    dag.answer()
    talk.office.wait(2.5)
    legs = talk.office.voice.legs
    assert legs[f"{talk.id}.ma"].all_sounds == [TOLD["anna"]] * 2
    assert legs[f"{talk.id}.ma"].hears[-1] == f"{second.call}.v"
    assert set(legs[f"{talk.own}.v"].hears) == set(legs) - {f"{talk.own}.v"}
    assert [one.how for one in talk.live.supervisors] == ["listen", "barge"]
    talk.cecilie.hang_up()
    assert [one.how for one in talk.live.supervisors] == ["barge"]
    assert legs[f"{talk.id}.ma"].hears[-1] == f"{second.call}.v"
    talk.anna.hang_up()
    assert dag.heard("BYE")


@pytest.mark.parametrize("who", ["anna", "bob"])
def test_the_talk_ends_and_the_supervisor_is_hung_up(talk: Talk, who: str) -> None:
    talk.joins("barge")
    getattr(talk, who).hang_up()
    assert talk.cecilie.heard("BYE")
    assert talk.audit == ["barge", "left"]
    kinds = [(type(event).__name__, event.call) for event in talk.office.events]
    assert kinds.index(("CallEnded", talk.id)) > max(n for n, kind in enumerate(kinds) if kind == ("Supervised", talk.id))


@pytest.mark.parametrize("who", ["anna", "bob"])
def test_the_talk_ends_while_the_supervisors_phone_rings(talk: Talk, who: str) -> None:
    talk.ask()
    getattr(talk, who).hang_up()
    talk.cecilie.answer()
    assert talk.cecilie.heard("BYE")
    assert talk.audit == []


@pytest.mark.parametrize("who", ["anna", "bob", "cecilie"])
def test_somebody_hangs_up_while_the_two_are_told(talk: Talk, who: str) -> None:
    talk.ask()
    talk.cecilie.answer()
    talk.office.wait(1.0)
    getattr(talk, who).hang_up()
    talk.office.settle()
    assert talk.audit == []
    if who == "cecilie":
        assert talk.goes_on_directly()
        talk.anna.hang_up()
    else:
        assert talk.cecilie.heard("BYE")


def test_the_supervisor_does_not_pick_up(talk: Talk) -> None:
    talk.ask()
    talk.cecilie.decline()
    assert talk.audit == []
    assert talk.office.calls == [talk.call]
    talk.ask()
    talk.cecilie.ring()
    assert talk.ask("leave") == Done()
    assert talk.cecilie.heard("CANCEL")
    talk.anna.hang_up()


def test_the_supervisors_phone_vanishes(talk: Talk) -> None:
    talk.joins()
    talk.cecilie.deaf = True
    own = talk.office.switch.calls[talk.own]
    own.end("system", "no sound for 30 seconds")
    assert talk.audit == ["listen", "left"]
    assert talk.goes_on_directly()
    talk.cecilie.deaf = False
    talk.anna.hang_up()


@pytest.mark.parametrize("step", range(8))
def test_the_voice_process_dies_at_any_step_and_the_talk_goes_on(talk: Talk, step: int) -> None:
    talk.ask()
    talk.office.relay.slow = True
    talk.cecilie.answer()
    for _ in range(step):
        if talk.office.relay._later:
            talk.office.relay._later.pop(0)()
            talk.office.settle()
    talk.office.voice.crash()
    talk.office.relay.slow = False
    talk.office.relay.catch_up()
    talk.office.wait(10)
    assert talk.office.voice.legs == {}
    assert talk.goes_on_directly()
    talk.office.voice.come_back()
    talk.office.wait(10)
    assert talk.audit == []
    assert talk.office.switch.calls[talk.id] is talk.call
    talk.anna.hang_up()
    talk.cecilie.hang_up()


def test_the_voice_process_dies_while_she_listens(talk: Talk) -> None:
    talk.joins()
    talk.office.voice.crash()
    assert talk.goes_on_directly()
    assert talk.audit == ["listen", "left"]
    assert talk.cecilie.heard("BYE")
    talk.office.voice.come_back()
    talk.anna.hang_up()


def test_after_kill_9_of_calls_the_two_talk_on_and_nobody_listens(talk: Talk) -> None:
    talk.joins("whisper")
    talk.office.kill()
    talk.office.start()
    talk.office.wait(1)
    assert talk.audit == ["whisper", "left"]
    [again] = talk.office.calls
    assert again.id == talk.id
    assert again.room is None
    assert talk.office.voice.legs == {}
    assert talk.cecilie.heard("BYE")
    [ended] = talk.office.told(CallEnded)
    assert (ended.call, ended.end_reason, ended.outcome) == (talk.own, "server restarted", "answered")
    talk.anna.hang_up()
    assert talk.bob.heard("BYE")


def test_what_stands_against_it_is_said_in_plain_words(talk: Talk, tmp_path: Path) -> None:
    def refused(**more: Any) -> str:
        answer = talk.ask(**more)
        assert isinstance(answer, Refused)
        return answer.error

    assert refused(tenant="t-beta", by="p-beta-dora") == "not-found"
    assert refused(tenant="t-beta") == "not-found"
    assert refused(by="p-beta-dora") == "not-found"
    assert refused(how="leave") == "not-found"
    assert refused(by="p-acme-bob") == "own-call"
    assert refused(by="p-acme-anna") == "own-call"
    talk.office.switch.has_sound = lambda _file: False
    assert refused() == "no-words"
    talk.office.switch.has_sound = lambda _file: True
    talk.office.voice.up = False
    assert refused() == "unavailable"
    talk.office.voice.up = True
    talk.cecilie.register(expires=0)
    assert refused() == "offline"
    talk.cecilie.register()
    talk.bob.hold()
    assert refused() == "on-hold"
    talk.bob.resume()
    talk.call.queue = ""
    assert refused() == "off", "only talks of a queue"
    talk.call.queue = "q"
    talk.office.switch.office = offices.office(acme={"queues": (Queue("q", "support", "600"),)})
    assert refused() == "off", "off is what a queue is when nothing is said"
    talk.anna.hang_up()
    assert refused() == "not-found"


def test_the_queue_is_changed_while_the_phone_rings(talk: Talk) -> None:
    talk.ask()
    talk.office.switch.office = offices.office(acme={"queues": (Queue("q", "support", "600"),)})
    talk.cecilie.answer()
    talk.office.wait(3)
    assert talk.audit == []
    assert talk.cecilie.heard("BYE")
    assert talk.goes_on_directly()
    talk.anna.hang_up()


def test_on_hold_while_the_two_are_told_means_not_told(talk: Talk) -> None:
    """The agent's phone gets nothing while it holds: whoever is not told is not listened to."""
    talk.ask()
    talk.cecilie.answer()
    talk.office.wait(0.5)
    bob = next(leg for leg in talk.office.voice.legs if ".mb" in leg)
    talk.office.voice._stop(talk.office.voice.legs[bob])
    talk.office.wait(25)
    assert talk.audit == []
    assert talk.cecilie.heard("BYE")
    assert talk.goes_on_directly()
    talk.anna.hang_up()
