"""Who is rung and for whom it is over, from the news of calls."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from svara.calls.boxes import BoxChanged, Counts
from svara.calls.commands import LiveCall
from svara.calls.events import Party
from svara.push import ringing
from svara.push.ringing import Rung, Watch, Wish

KARI = Party(number="+4722000001", name="Kari Nordmann")
NOW = 1_000.0


def news(**rings: float) -> Rung:
    return Rung("c1", "acme", KARI, rings)


def short(wishes: list[Wish]) -> list[tuple[str, str]]:
    return sorted((wish.kind, wish.person) for wish in wishes)


def test_anna_is_rung_once_and_told_when_it_is_over() -> None:
    watch = Watch()
    (ring,) = watch.call(news(anna=NOW + 20), NOW)
    assert ring == Wish("ring", "acme", "anna", "c1", NOW + 20, KARI)
    assert watch.call(news(anna=NOW + 20), NOW + 1) == []
    assert short(watch.call(news(), NOW + 5)) == [("over", "anna")]
    assert watch.call(news(), NOW + 6) == []
    assert watch.ringing == 0


def test_a_queue_goes_from_one_agent_to_the_next() -> None:
    watch = Watch()
    watch.call(news(anna=NOW + 15), NOW)
    assert short(watch.call(news(bob=NOW + 30), NOW + 15)) == [("over", "anna"), ("ring", "bob")]
    assert short(watch.call(news(anna=NOW + 45), NOW + 30)) == [("over", "bob"), ("ring", "anna")]
    assert short(watch.call(news(), NOW + 33)) == [("over", "anna")]


def test_who_calls_is_not_told_of_the_own_phones_that_ring_first() -> None:
    own = Rung("c1", "acme", Party(number="101", person="anna"), {"anna": NOW + 20})
    assert Watch().call(own, NOW) == []


def test_all_are_rung_at_once_and_one_takes_it() -> None:
    watch = Watch()
    assert short(watch.call(news(anna=NOW + 20, bob=NOW + 20), NOW)) == [("ring", "anna"), ("ring", "bob")]
    assert short(watch.call(news(), NOW + 4)) == [("over", "anna"), ("over", "bob")]


def test_the_news_are_those_of_call_control() -> None:
    caller = Party(number="101", person="anna")
    live = LiveCall("c1", "acme", "internal", "ringing", caller, KARI, NOW, people=("anna", "bob"), rings={"bob": NOW + 9})
    read = msgspec.msgpack.decode(msgspec.msgpack.encode(live), type=Rung)
    assert Watch().call(read, NOW) == [Wish("ring", "acme", "bob", "c1", NOW + 9, caller)]
    over = msgspec.msgpack.encode(msgspec.structs.replace(live, state="answered", rings={}))
    assert msgspec.msgpack.decode(over, type=Rung).rings == {}


def test_after_a_gap_what_is_not_there_rings_no_more() -> None:
    watch = Watch()
    watch.call(news(anna=NOW + 20), NOW)
    other = Rung("c2", "acme", KARI, {"bob": NOW + 20})
    assert short(watch.all_calls((other,), NOW + 2)) == [("over", "anna"), ("ring", "bob")]


def test_who_called_is_known_until_it_is_recorded() -> None:
    watch = Watch()
    watch.call(news(anna=NOW + 20), NOW)
    watch.call(news(), NOW + 9)
    assert watch.caller_of("c1") == KARI
    assert watch.caller_of("c1") is None


def test_what_is_recorded_rings_no_more_and_its_end_is_told_once() -> None:
    watch = Watch()
    watch.call(news(anna=NOW + 20), NOW)
    assert short(watch.recorded("c1", "acme", NOW + 5)) == [("over", "anna")]
    assert watch.recorded("c1", "acme", NOW + 5) == []
    assert watch.call(news(), NOW + 6) == []


def test_a_message_is_news_once_and_hearing_one_is_none() -> None:
    watch = Watch({"person:anna": Counts(new=2)})

    def box(new: int, name: str = "person:anna") -> list[Wish]:
        return watch.box(BoxChanged("acme", name, new, 0, ("anna",)), NOW, 60)

    assert short(box(3)) == [("message", "anna")]
    assert box(3) == box(2) == box(0) == []
    assert short(box(1)) == [("message", "anna")]
    assert box(1, "queue:support") == [], "a shared box is nobody's own"


def test_what_is_known_is_bounded() -> None:
    watch = Watch()
    for number in range(ringing.MAX_CALLS + 50):
        watch.call(Rung(f"c{number}", "acme", KARI, {"anna": NOW + 20}), NOW)
    assert watch.ringing <= ringing.MAX_CALLS


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sets(st.sampled_from(["anna", "bob", "dag"]))), max_size=40))
def test_whatever_comes_each_ringing_ends_once(steps: list[tuple[str, set[str]]]) -> None:
    watch, rung = Watch(), set[tuple[str, str]]()
    for call, people in [*steps, *((call, set[str]()) for call in "abc")]:
        for wish in watch.call(Rung(call, "acme", KARI, dict.fromkeys(people, NOW)), NOW):
            key = (wish.about, wish.person)
            assert (key in rung) == (wish.kind == "over")
            (rung.remove if wish.kind == "over" else rung.add)(key)
    assert rung == set()
