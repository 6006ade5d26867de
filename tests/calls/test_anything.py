"""Whatever phones do, every call is told exactly once, and nothing of it is left.

Anna, Bob's three phones, and Cecilie do random things in a random order, also what no decent phone does, while the relay
dawdles or fails and the server is killed now and then.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import Hangup, Originate
from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered
from svara.calls.main import relay_lost
from svara.calls.service import Service
from svara.calls.silence import relay_silent
from svara.history.fold import Fold
from svara.people.office import Menu
from svara.sip.message import SipError

LOGINS = ("acme-anna", "acme-bob", "acme-bob-soft", "acme-bob-dect", "acme-cecilie")
WITH_PHONE = (
    "talk",
    "talk",
    "call-bob",
    "call-cecilie",
    "call-anna",
    "call-700",
    "call-700",
    "call-*97",
    "call-without-sdp",
    "call-reliably",
    "cancel",
    "ring",
    "early",
    "answer",
    "answer-without-sdp",
    "busy",
    "decline",
    "fail",
    "hang-up",
    "hold",
    "resume",
    "ask-offer",
    "update",
    "repeat",
    "vanish",
    "come-back",
    "no-acks",
    "prack",
    "reconnect",
)
ALONE = (
    "wait-1",
    "wait-20",
    "wait-70",
    "slow-relay",
    "catch-up",
    "relay-fails",
    "relay-works",
    "relay-lost",
    "silence",
    "press-1",
    "press-2",
    "press-9",
    "press-#",
    "speak",
    "voice-lost",
    "voice-away",
    "voice-back",
)
FRONT = Menu(
    "m",
    "front",
    "",
    keys={"1": "person:bob", "2": "voicemail:bob", "9": "menu:front"},
    otherwise="person:cecilie",
    extension="700",
    direct_dial=False,
)
RARE = ("kill", "click", "screen-hang-up")
actions = st.one_of(
    st.tuples(st.sampled_from(WITH_PHONE), st.integers(0, len(LOGINS) - 1)),
    st.tuples(st.sampled_from(WITH_PHONE), st.integers(0, len(LOGINS) - 1)),
    st.tuples(st.sampled_from(ALONE), st.just(0)),
    st.tuples(st.sampled_from(RARE), st.just(0)),
)


def act(office: Office, phones: list[Phone], phone: Phone, what: str) -> None:
    match what.split("-"):
        case ["talk"]:
            phone.call("102")
            for other in phones:
                if other.rings and other is not phone:
                    other.answer()
                    break
        case ["call", "without", "sdp"]:
            phone.call("102", sdp=b"")
        case ["call", "reliably"]:
            phone.call("102", headers=[("Require", "100rel")])
        case ["call", whom]:
            phone.call(whom)
        case ["cancel"] if phone.sent is not None and phone.sent.method == "INVITE":
            phone.cancel()
        case ["ring"] if phone.rings:
            phone.ring()
        case ["early"] if phone.rings:
            phone.respond(183, phone.sdp)
        case ["answer"] if phone.rings:
            phone.answer()
        case ["answer", *_] if phone.rings:
            phone.answer(b"")
        case ["busy" | "decline" | "fail"] if phone.rings:
            phone.decline({"busy": 486, "decline": 603, "fail": 500}[what])
        case ["hang", "up"] if phone.call_id:
            phone.hang_up()
        case ["hold"] if phone.call_id:
            phone.hold()
        case ["resume"] if phone.call_id:
            phone.resume()
        case ["ask", "offer"] if phone.call_id:
            phone.request("INVITE")
        case ["update"] if phone.call_id:
            phone.request("UPDATE", body=phone.sdp)
        case ["repeat"]:
            phone.repeat()
        case ["vanish"]:
            phone.deaf = True
        case ["come", "back"]:
            phone.deaf = False
        case ["no", "acks"]:
            phone.acks = not phone.acks
        case ["prack"] if early := [one for one in phone.heard(183) + phone.heard(180) if one.has("rseq")]:
            phone.to = early[-1].first("to") or ""
            phone.request("PRACK", [("RAck", f"{early[-1].first('rseq')} {early[-1].cseq.number} INVITE")])
        case ["reconnect"] if phone.wire.transport == "TCP":
            phone.wire.close()
            if not phone.deaf:
                phone.connect().register()
        case _:
            pass


def happen(office: Office, what: str) -> None:
    service = Service(office.switch, office.folder)
    match what.split("-"):
        case ["wait", seconds]:
            office.wait(int(seconds))
        case ["slow", "relay"]:
            office.relay.slow = True
        case ["catch", "up"]:
            office.relay.slow = False
            office.relay.catch_up()
        case ["relay", "fails"]:
            office.relay.fails = "away"
        case ["relay", "works"]:
            office.relay.fails = None
        case ["relay", "lost"]:
            relay_lost(office.switch)
        case ["press", key]:
            for leg in list(office.voice.legs):
                office.voice.press(key, leg)
        case ["speak"]:
            for leg in office.voice.legs:
                office.voice.say(2, leg)
        case ["voice", "lost"]:
            office.voice.crash()
            office.voice.come_back()
        case ["voice", "away"]:
            office.voice.crash()
        case ["voice", "back"] if not office.voice.up:
            office.voice.come_back()
        case ["silence"]:
            for call in office.calls[:1]:
                if call.state == "talking":
                    relay_silent(office.switch, call.id)
        case ["kill"]:
            office.relay.slow = False
            office.relay._later.clear()
            assert office.switch.counters.calls_crashed_total == 0
            office.kill()
            office.start()
        case ["click"]:
            service.answer(Originate("t-acme", "p-acme-anna", "102"))
        case ["screen", *_]:
            for call in office.calls[:1]:
                service.answer(Hangup("t-acme", call.id))
    office.settle()


@settings(
    max_examples=int(os.environ.get("SVARA_EXAMPLES", "150")), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.lists(actions, max_size=40))
def test_every_call_is_told_exactly_once_and_leaves_nothing(script: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bob, cecilie = offices.goes_to("person:cecilie", 25), offices.goes_to("voicemail:cecilie", 20)
        office = Office(Path(folder), offices.office(bob=bob, cecilie=cecilie, acme={"menus": (FRONT,)}))
        phones = [Phone(office, login, transport="TCP" if "soft" in login else "UDP").register() for login in LOGINS]
        for what, who in script:
            if what in WITH_PHONE:
                with suppress(SipError):  # the script's own phone got confused
                    act(office, phones, phones[who], what)
            else:
                happen(office, what)
        close_down(office, phones)
        check(office)
        office.close()


def close_down(office: Office, phones: list[Phone]) -> None:
    """Everybody goes home; what still talks then is noticed by its silence."""
    for phone in phones:
        phone.deaf = True
    happen(office, "relay-works")
    happen(office, "catch-up")
    happen(office, "voice-back")
    office.wait(100)
    for call in office.calls:
        relay_silent(office.switch, call.id)
    office.registrar.close()
    office.wait(400)


def check(office: Office) -> None:
    events = office.events
    started = Counter(event.call for event in events if isinstance(event, CallStarted))
    ended = Counter(event.call for event in events if isinstance(event, CallEnded))
    assert started == ended
    assert set(started.values()) <= {1}
    offered = Counter((event.call, event.leg) for event in events if isinstance(event, LegOffered))
    left = Counter((event.call, event.leg) for event in events if isinstance(event, LegEnded))
    assert offered == left
    assert set(offered.values()) <= {1}
    for call in started:
        fold = Fold(call)
        own = [event for event in events if event.call == call]
        assert isinstance(own[-1], CallEnded)
        for event in own:
            fold.add(event)
        record = fold.record()
        assert record is not None
        answered = [event for event in own if isinstance(event, LegAnswered) and event.leg[0] in "bv"]
        assert len(answered) <= 1
        assert (record.outcome == "answered") == bool(answered)
    switch = office.switch
    assert switch.counters.calls_crashed_total == 0
    assert switch.calls == {}
    assert switch.dialogs == {}
    assert switch.calls_of_phone == switch.calls_of_tenant == {}
    assert switch.transactions.open == 0
    assert office.relay.sessions == set()
    assert office.voice.legs == switch.guests == {}
    assert {one.availability for one in switch.news.presence("t-acme")} <= {"available", "offline"}
    assert office.clock.pending == 0
