"""A caller in a menu: hears the prompt, presses keys, and gets somewhere in any case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls import offices
from tests.calls.phones import RELAY, Office, Phone

from svara.calls.events import CallEnded, CallGreeted, CallRouted, CallStarted, LegAnswered, Party
from svara.calls.stops.menu import WRONG, choose
from svara.people.office import Menu, Sound

FRONT = Menu(
    id="m-front",
    name="front",
    extension="700",
    prompt="welcome",
    keys={"1": "person:bob", "2": "menu:night", "9": "person:anna", "0": "hangup"},
    otherwise="person:cecilie",
)
NIGHT = Menu(id="m-night", name="night", prompt="night", keys={"*": "menu:front", "1": "person:bob"}, direct_dial=False)
WELCOME = Sound("welcome", "acme/welcome.wav")


def acme(**changes: Any) -> Any:
    return offices.office(acme={"menus": (FRONT, NIGHT), "sounds": (WELCOME,)}, **changes)


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, acme())
    yield office
    office.close()


def way(office: Office) -> list[tuple[str, str]]:
    return [(event.to, event.why) for event in office.told(CallRouted)]


def test_a_caller_hears_the_prompt_and_presses_a_key(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    assert anna.statuses == [200]
    assert RELAY.encode() in anna.heard(200)[-1].body
    assert (at_work.told(CallStarted)[0].callee or Party("")).name == "front"  # the history shows what 700 is
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    at_work.voice.press("2")
    assert leg.sounds == ["beep"]  # nobody recorded the prompt of the night menu
    at_work.wait(1)
    at_work.voice.press("1")
    at_work.settle()
    assert bob.rings
    bob.ring()
    assert leg.sounds == ["ringback"]
    bob.answer()
    assert at_work.voice.legs == {}
    assert len(anna.heard("INVITE")) == 0  # the sound of the talk fits what the phone was told
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    assert way(at_work) == [("menu:front", "dialled"), ("menu:night", "key 2"), ("person:bob", "key 1")]
    assert len(at_work.told(CallGreeted)) == len(at_work.told(LegAnswered)) == 1
    [ended] = at_work.told(CallEnded)
    assert (ended.outcome, ended.by) == ("answered", "caller")
    assert at_work.switch.guests == {}


def test_an_extension_is_dialled_in_the_menu(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("10")
    at_work.settle()
    assert not bob.rings
    at_work.voice.press("2")
    at_work.settle()
    assert bob.rings
    assert way(at_work)[-1] == ("person:bob", "extension dialled")


def test_a_key_with_which_an_extension_begins_acts_after_a_moment(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1")
    at_work.wait(1)
    assert not bob.rings
    at_work.wait(1.5)
    assert bob.rings


def test_the_hash_key_says_that_nothing_more_comes(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1#")
    at_work.settle()
    assert bob.rings


def test_a_key_sent_by_info(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    anna.request("INFO", [("Content-Type", "application/dtmf-relay")], b"Signal=2\r\nDuration=160\r\n")
    anna.request("INFO", [("Content-Type", "application/dtmf")], b"1")
    assert bob.rings
    assert [one.status for one in anna.heard(200)[-2:]] == [200, 200]


def test_who_presses_nothing_or_nonsense_gets_to_somebody(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("700")
    at_work.wait(6)  # nothing
    at_work.voice.press("5")
    at_work.wait(1)  # a wrong key: the prompt comes once more
    assert not cecilie.rings
    at_work.voice.press("77#")
    at_work.settle()
    assert cecilie.rings
    assert way(at_work)[-1] == ("person:cecilie", "no key")


def test_the_caller_hangs_up_in_the_menu(at_work: Office, anna: Phone) -> None:
    anna.call("700")
    assert {one.person: one.availability for one in at_work.switch.news.presence("t-acme")}["p-acme-anna"] == "in-call"
    anna.hang_up()
    [ended] = at_work.told(CallEnded)
    assert (ended.outcome, ended.by, ended.end_reason) == ("abandoned", "caller", "caller gave up")
    assert at_work.voice.legs == {}
    assert at_work.calls == []
    assert at_work.relay.sessions == set()
    at_work.registrar.close()
    at_work.wait(200)
    assert at_work.clock.pending == 0


def test_nobody_picks_up_after_the_menu(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1#")
    at_work.settle()
    bob.decline(486)
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["busy"]
    assert anna.heard("BYE") == []
    at_work.wait(5)
    assert len(anna.heard("BYE")) == 1
    [ended] = at_work.told(CallEnded)
    assert (ended.outcome, ended.end_reason) == ("busy", "busy")
    assert at_work.voice.legs == {}


def test_a_caller_whose_phone_wants_an_offer(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.acks = False
    anna.call("700", sdp=b"")
    [answer] = [one for one in anna.heard(200) if one.cseq.method == "INVITE"]
    assert RELAY.encode() in answer.body
    anna.acknowledge(answer, anna.sdp)
    at_work.settle()
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["acme/welcome.wav"]
    at_work.voice.press("1#")
    at_work.settle()
    assert RELAY.encode() in bob.heard("INVITE")[0].body
    bob.answer()
    assert at_work.calls[0].live().state == "answered"


def test_an_agent_with_another_codec_makes_both_phones_agree_anew(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    at_work.voice.press("1#")
    at_work.settle()
    bob.answer(bob.description(codecs="0 101"))
    assert len(anna.heard("INVITE")) == 1
    assert len(bob.heard("INVITE")) == 2
    assert at_work.calls[0].live().state == "answered"


def test_a_caller_who_holds_and_comes_back_in_the_menu(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("700")
    anna.hold()
    anna.resume()
    assert [one.status for one in anna.heard(200)][-2:] == [200, 200]
    at_work.voice.press("1#")
    at_work.settle()
    bob.answer()
    assert at_work.calls[0].live().state == "answered"


def test_without_a_voice_process_the_menu_leads_to_its_otherwise(at_work: Office, anna: Phone, cecilie: Phone) -> None:
    at_work.voice.up = False
    anna.call("700")
    assert anna.statuses == []
    assert cecilie.rings
    cecilie.answer()
    assert anna.statuses == [200]
    assert way(at_work)[-1] == ("person:cecilie", "no sound is available")


def test_two_menus_that_lead_to_each_other_do_not_keep_a_caller_for_ever(tmp_path: Path) -> None:
    one = Menu(id="1", name="one", extension="701", prompt="", otherwise="menu:two", tries=1, timeout_seconds=1)
    two = Menu(id="2", name="two", prompt="", otherwise="menu:one", tries=1, timeout_seconds=1)
    office = Office(tmp_path, offices.office(acme={"menus": (one, two)}))
    anna = Phone(office, "acme-anna").register()
    anna.call("701")
    office.wait(20)
    assert len(anna.heard("BYE")) == 1
    assert office.told(CallEnded)[0].end_reason == "the call went in a circle"
    office.close()


keys = st.text("0123456789*#", min_size=1, max_size=3)


@settings(deadline=None)
@given(st.dictionaries(keys, st.just("person:bob")), st.dictionaries(keys, st.just("person:anna")), keys, st.booleans())
def test_a_choice_is_what_was_pressed_or_wrong_or_may_go_on(
    menu: dict[str, str], extensions: dict[str, str], pressed: str, over: bool
) -> None:
    found = choose(menu, extensions, pressed, over=over)
    if found is None:
        assert not over
        assert any(one.startswith(pressed) and one != pressed for one in extensions)
    elif found == WRONG:
        assert pressed not in menu
        assert pressed not in extensions
    else:
        assert found == (menu.get(pressed) or extensions[pressed])
