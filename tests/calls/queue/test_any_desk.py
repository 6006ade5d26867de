"""A queue with phones, under anything that callers, agents, keys, time and a killed process may do, in any order.

The machine alone is tried in `test_model`; here it is everything around it: whose phones ring, what the record says, what is
left over.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import AskQueues, Queues, SetAgent
from svara.calls.events import (
    AgentOffered,
    AgentOfferEnded,
    CallEnded,
    CallStarted,
    LegEnded,
    LegOffered,
    QueueEntered,
    QueueLeft,
)
from svara.people.office import Member, Queue, Sound
from svara.people.office import Office as Snapshot

CALLERS, AGENTS = ("kari", "lars", "mia"), ("anna", "bob")
actions = st.one_of(
    st.tuples(st.sampled_from(("call", "call", "hang up", "press")), st.sampled_from(CALLERS)),
    st.tuples(
        st.sampled_from(("ring", "answer", "answer", "decline", "busy", "silent answer", "hang up", "unplug", "plug")),
        st.sampled_from(AGENTS),
    ),
    st.tuples(st.sampled_from(("available", "paused", "logged-out")), st.sampled_from(AGENTS)),
    st.tuples(st.sampled_from(("1 s", "6 s", "20 s", "kill", "no voice", "voice")), st.just("")),
)


def company(**rules: Any) -> Snapshot:
    people = [offices.person(name, str(101 + n)) for n, name in enumerate((*CALLERS, *AGENTS))]
    members = tuple(Member(f"p-acme-{name}") for name in AGENTS)
    queue = Queue("q", "support", extension="600", members=members, callback_key="1", ring_seconds=15, **rules)
    return Snapshot(version=1, tenants=(offices.tenant("acme", *people, queues=(queue,), sounds=(Sound("hi", "hi.wav"),)),))


def happens(office: Office, phones: dict[str, Phone], what: str, who: str) -> None:
    phone = phones.get(who)
    match what:
        case "call":
            assert phone is not None
            if not any(call.caller.person == f"p-acme-{who}" for call in office.calls):
                phone.received.clear()
                phone.call("600")
        case "hang up":
            assert phone is not None
            if who in AGENTS or 200 in phone.statuses:
                phone.hang_up() if phone.call_id else None
            elif phone.sent is not None:
                phone.cancel()
        case "press":
            for leg in [leg for leg in office.voice.legs if leg.split(".")[0] in office.switch.calls][:1]:
                office.voice.press("1", leg)
        case "ring" | "answer" | "decline" | "busy" | "silent answer":
            assert phone is not None
            if phone.rings and what == "ring":
                phone.ring()
            elif phone.rings and what == "answer":
                phone.answer()
                phone.invite = None
            elif phone.rings and what == "silent answer":
                phone.answer(sdp=b"")
                phone.invite = None
            elif phone.rings:
                phone.decline(486 if what == "busy" else 603)
        case "unplug":
            office.registrar.remove(f"acme-{who}")
        case "plug":
            assert phone is not None
            phone.register()
        case "available" | "paused" | "logged-out":
            office.hall.answer(SetAgent("t-acme", f"p-acme-{who}", what))
        case "kill":
            office.kill()
            office.start()
        case "no voice":
            office.voice.up = False
        case "voice":
            office.voice.up = True
        case _:
            office.wait(float(what.split(maxsplit=1)[0]))
    office.settle()


@settings(deadline=None, max_examples=100)
@given(
    st.fixed_dictionaries(
        {"strategy": st.sampled_from(("ring-all", "longest-idle", "round-robin"))},
        optional={
            "greeting": st.just("hi"),
            "announce_position": st.just(True),
            "max_wait_seconds": st.just(45.0),
            "max_waiting": st.integers(0, 2),
            "wrap_up_seconds": st.just(5.0),
            "when_empty": st.just("person:anna"),
            "auto_pause_after": st.just(2),
        },
    ),
    st.lists(actions, max_size=40),
)
def test_whatever_happens_everybody_is_told_of_once_and_nothing_is_left(
    tmp_path_factory: pytest.TempPathFactory, rules: dict[str, Any], script: list[tuple[str, str]]
) -> None:
    office = Office(tmp_path_factory.mktemp("desk"), company(**rules))
    phones = {name: Phone(office, f"acme-{name}").register() for name in (*CALLERS, *AGENTS)}
    for what, who in script:
        happens(office, phones, what, who)
    # the evening: all hang up, all log in, and those whose place is kept are called back or given up
    for call in office.calls:
        call.guarded(call.end, "system", "evening")
    office.wait(40)
    for name in AGENTS:
        happens(office, phones, "plug", name)
        happens(office, phones, "paused", name)
        phones[name].invite = None
    for call in office.calls:
        call.guarded(call.end, "system", "evening")
    office.wait(9 * 3600)

    answer = office.hall.answer(AskQueues("t-acme"))
    assert isinstance(answer, Queues)
    assert (answer.queues[0].waiting, answer.queues[0].callers) == (0, ())
    assert {one.state for one in answer.queues[0].members} == {"paused"}
    assert office.switch.counters.calls_crashed_total == 0
    assert office.calls == []
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    started = Counter(event.call for event in office.told(CallStarted))
    assert started == Counter(event.call for event in office.told(CallEnded))
    assert set(started.values()) <= {1}
    assert Counter((e.call, e.leg) for e in office.told(LegOffered)) == Counter(
        (e.call, e.leg) for e in office.told(LegEnded)
    )
    offers = Counter((event.call, event.offer) for event in office.told(AgentOffered))
    assert set(offers.values()) <= {1}
    if ("kill", "") not in script:  # then the end of a ringing that died with the process is its leg's
        assert offers == Counter((event.call, event.offer) for event in office.told(AgentOfferEnded))
        assert Counter(e.call for e in office.told(QueueEntered)) == Counter(e.call for e in office.told(QueueLeft))
    office.close()
