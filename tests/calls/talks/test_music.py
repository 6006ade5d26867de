"""Who is on hold hears music; who holds, and both who hold each other, hear nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded
from svara.calls.main import relay_lost
from svara.calls.silence import relay_silent
from svara.calls.talks.room import room_of
from svara.people.office import Sound


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, offices.office(acme={"sounds": (Sound("hold-music", "acme/ours.wav"),)}))
    yield office
    office.wait(3)
    assert office.switch.counters.calls_crashed_total == 0
    assert office.switch.guests == office.voice.legs == {}
    office.close()


@pytest.fixture
def talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()


def playing(office: Office) -> dict[str, list[str]]:
    """What is heard, by the leg that hears it."""
    return {name.partition(".")[2]: leg.sounds for name, leg in office.voice.legs.items()}


MUSIC = ["acme/ours.wav"]


@pytest.mark.usefixtures("talk")
def test_the_one_on_hold_hears_music_until_taken_back(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    assert playing(at_work) == {"hb1": MUSIC}
    assert len(bob.heard("INVITE")) == 2  # it was told of the hold, and nothing else
    asked = [one[0] for one in at_work.relay.asked]
    assert "deafen" in asked[-3:]  # whatever Anna's phone goes on sending is not mixed with the music
    anna.resume()
    assert playing(at_work) == {}
    assert at_work.relay.asked[-1][0] != "delete"
    bob.hold()
    assert playing(at_work) == {"ha": MUSIC}
    bob.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("first", ["anna", "bob"])
def test_both_hold_each_other_and_take_back_in_either_order(at_work: Office, anna: Phone, bob: Phone, first: str) -> None:
    one, other = (anna, bob) if first == "anna" else (bob, anna)
    anna.hold()
    bob.hold()
    assert playing(at_work) == {}
    one.resume()
    assert playing(at_work) == {"ha" if first == "anna" else "hb1": MUSIC}
    other.resume()
    assert playing(at_work) == {}
    assert at_work.calls[0].held_by == ()
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_change_of_the_phone_on_hold_does_not_end_the_music(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    bob.request("INVITE", body=bob.description("recvonly", version=7))
    assert playing(at_work) == {"hb1": MUSIC}
    assert at_work.relay.asked[-1][2:] == ("hb1", "b1")  # led there again
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_voice_process_that_comes_back_plays_on(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    at_work.voice.crash()
    assert at_work.calls[0].live().state == "held"
    at_work.voice.come_back()
    assert playing(at_work) == {"hb1": MUSIC}
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_without_a_voice_process_a_hold_is_silent(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.voice.crash()
    anna.hold()
    assert at_work.calls[0].live().state == "held"
    anna.resume()
    anna.hang_up()
    at_work.voice.up = True


@pytest.mark.usefixtures("talk")
def test_a_new_relay_is_told_of_the_music_too(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    relay_lost(at_work.switch)
    at_work.wait(1)
    assert playing(at_work) == {"hb1": MUSIC}
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_the_music_plays_on_while_the_server_is_killed(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    at_work.kill()
    at_work.start()
    at_work.settle()
    at_work.wait(1)
    assert at_work.calls[0].live().state == "held"
    assert playing(at_work) == {"hb1": MUSIC}
    anna.resume()
    assert playing(at_work) == {}
    anna.hang_up()


@pytest.mark.parametrize(("wish", "heard"), [("music", {"hb1": ["builtin/music.wav"]}), ("silence", {})])
def test_without_music_of_its_own_svaras_is_heard_or_nothing_as_the_company_wants(
    tmp_path: Path, wish: str, heard: dict[str, list[str]]
) -> None:
    office = Office(tmp_path, offices.office(acme={"hold_music": wish}))
    anna, bob = Phone(office, "acme-anna").register(), Phone(office, "acme-bob").register()
    anna.call("102")
    bob.answer()
    anna.hold()
    assert playing(office) == heard
    anna.hang_up()
    office.close()


@pytest.mark.usefixtures("talk")
def test_a_long_hold_ends_no_talk_but_a_phone_that_is_gone_does(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    [call] = at_work.calls
    relay_silent(at_work.switch, call.id)
    at_work.wait(61)
    assert len(anna.heard("OPTIONS")) == len(bob.heard("OPTIONS")) == 1
    assert at_work.calls == [call]
    bob.answers_options = 481
    relay_silent(at_work.switch, call.id)
    at_work.wait(1)
    assert at_work.told(CallEnded)[0].end_reason == "a phone stopped answering"


@pytest.mark.usefixtures("talk")
def test_who_was_put_on_hold_while_somebody_was_told_something_hears_music_then(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    class Telling:
        def entered(self) -> None:
            anna.hold()

        def room_lost(self, reason: str) -> None:
            raise AssertionError(reason)

    [call] = at_work.calls
    room, telling = room_of(call), Telling()
    room.use(telling)
    at_work.wait(1)
    assert call.live().state == "held"
    assert MUSIC not in playing(at_work).values()
    room.release(telling)
    at_work.wait(1)
    assert call.room is None
    assert playing(at_work) == {"hb1": MUSIC}
    anna.resume()
    assert playing(at_work) == {}
    bob.hang_up()
