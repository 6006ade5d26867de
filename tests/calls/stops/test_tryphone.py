"""Trying a phone: one hears oneself, says so by a key, and whoever asks learns how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import AskTrial, Originate, Originated, Refused, TrialState
from svara.calls.events import CallEnded
from svara.calls.service import Service
from svara.calls.stops import tryphone
from svara.people.office import Office as Snapshot


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office(anna={"language": "nb"}, bob={"language": "en"}))
    yield office
    assert office.switch.counters.calls_crashed_total == 0
    office.close()


def asked(office: Office, call: str, tenant: str = "t-acme") -> TrialState | Refused:
    answer = Service(office.switch, office.folder).answer(AskTrial(tenant, call))
    assert isinstance(answer, TrialState | Refused)
    return answer


def the_call(office: Office) -> str:
    [call] = office.switch.calls
    return call


def test_anna_dials_the_code_and_hears_herself(at_work: Office, anna: Phone) -> None:
    anna.call("*96")
    call = the_call(at_work)
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["builtin/nb/try-phone.wav"], "in her language"
    assert not leg.echoes
    at_work.wait(3)
    assert leg.echoes, "after it was said what to do"
    assert asked(at_work, call) == TrialState("answered")
    at_work.voice.is_heard()
    assert asked(at_work, call) == TrialState("answered", heard=True)
    at_work.voice.press("5")
    assert asked(at_work, call) == TrialState("answered", heard=True)
    at_work.voice.press("1")
    assert asked(at_work, call) == TrialState("answered", heard=True, confirmed=True)
    anna.hang_up()
    assert asked(at_work, call) == TrialState("ended", heard=True, confirmed=True), "it can be asked afterwards"
    (ended,) = at_work.told(CallEnded)
    assert (ended.outcome, ended.by) == ("answered", "caller")


def test_a_trial_ends_by_itself(at_work: Office, anna: Phone) -> None:
    anna.call("*96")
    call = the_call(at_work)
    at_work.wait(tryphone.LONGEST_SECONDS + 5)
    assert anna.heard("BYE")
    assert asked(at_work, call) == TrialState("ended")


def test_a_page_rings_anna_s_phone_for_it(at_work: Office, anna: Phone) -> None:
    anna.register()
    answer = Service(at_work.switch, at_work.folder).answer(Originate("t-acme", "p-acme-anna", "*96"))
    assert isinstance(answer, Originated)
    assert asked(at_work, answer.call) == TrialState("ringing")


def test_what_is_none_of_theirs_nobody_learns(at_work: Office, anna: Phone) -> None:
    anna.call("*96")
    call = the_call(at_work)
    for found in (asked(at_work, call, "t-beta"), asked(at_work, "nothing")):
        assert isinstance(found, Refused)
        assert found.error == "not-found"


def test_without_a_voice_installed_a_tone_says_that_it_begins(at_work: Office, anna: Phone) -> None:
    at_work.switch.has_sound = lambda _file: False
    anna.call("*96")
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["beep"]
    at_work.wait(1)
    assert leg.echoes


def test_the_echo_is_there_again_after_the_voice_process_was_restarted(at_work: Office, anna: Phone) -> None:
    anna.call("*96")
    at_work.wait(3)
    at_work.voice.crash()
    at_work.voice.come_back()
    at_work.wait(1)
    [leg] = at_work.voice.legs.values()
    assert leg.echoes


def test_a_company_may_switch_the_code_off(at_work: Office, anna: Phone) -> None:
    office = at_work.switch.office
    tenants = tuple(msgspec.structs.replace(one, codes={"try-phone": "off"}) for one in office.tenants)
    at_work.switch.office = Snapshot(version=2, tenants=tenants)
    anna.call("*96")
    assert not at_work.voice.legs


def test_only_the_last_trials_are_remembered(at_work: Office) -> None:
    trials = at_work.switch.trials
    for number in range(tryphone.MOST + 10):
        trials.of(f"c{number}", "t-acme")
    assert isinstance(asked(at_work, "c0"), Refused)
    assert asked(at_work, f"c{tryphone.MOST + 9}") == TrialState("answered")
