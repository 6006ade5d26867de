"""The doctor's trial call: let in once, through everything that sound goes through, and in nobody's record."""

from __future__ import annotations

import msgspec
import pytest
from tests.calls.phones import RELAY, SERVER, Office, Phone
from tests.calls.voice import FakeVoice

from svara.calls import probe
from svara.calls.commands import AdmitProbe, AskHealth, AskProbe, Health, ProbeAdmitted, ProbeState, Refused
from svara.calls.service import Service
from svara.media.voice.port import Key
from svara.sip.digest import respond


class Doctor(Phone):
    """A phone with a secret of its own."""

    secret = ""

    def _asked(self, method, uri, to, headers, body=b""):
        self.from_ = f"<sip:{self.login}@{SERVER[0]}>;tag={self.tag}"
        self.to = f"<{to}>"

        def send(credentials: list[tuple[str, str]]) -> None:
            base = [("From", self.from_), ("To", self.to), ("Call-ID", self.call_id or "reg@doctor")]
            base += [("CSeq", f"{next(self.cseq)} {method}"), ("Contact", self.contact())]
            self.send_new(method, uri, [*base, *credentials, *headers], body)

        before = len(self.received)
        send([])
        asked = self.received[before]
        name, header = {401: ("Authorization", "www-authenticate"), 407: ("Proxy-Authorization", "proxy-authenticate")}[
            asked.status
        ]
        send([(name, respond(asked.all(header), method, uri, self.login, self.secret))])


def ask(office: Office, request: AdmitProbe | AskProbe) -> ProbeAdmitted | ProbeState | Refused:
    answer = Service(office.switch, office.folder).answer(request)
    assert isinstance(answer, ProbeAdmitted | ProbeState | Refused)
    return answer


@pytest.fixture
def doctor(at_work: Office) -> Doctor:
    admitted = ask(at_work, AdmitProbe())
    assert isinstance(admitted, ProbeAdmitted)
    phone = Doctor(at_work, admitted.login)
    phone.secret = admitted.secret
    return phone


def leg_of(voice: FakeVoice) -> str:
    [leg] = voice.legs
    return leg


def press(office: Office, key: str) -> None:
    leg = leg_of(office.voice)
    office.switch.heard(Key(leg, key))
    office.settle()


def test_it_hears_the_tone_and_the_greeting_and_gets_its_key_back(at_work: Office, doctor: Doctor) -> None:
    doctor.call("trial")
    assert doctor.statuses == [200]
    assert RELAY.encode() in doctor.heard(200)[-1].body  # the sound goes through the relay, as everybody's
    [leg] = at_work.voice.legs.values()
    assert leg.sounds == ["busy"]
    press(at_work, "1")
    assert leg.sounds == ["builtin/en/person-not-available.wav"]
    press(at_work, "5")
    assert leg.keys == "5"
    assert ask(at_work, AskProbe(doctor.login)) == ProbeState("answered", "15")
    doctor.hang_up()
    assert ask(at_work, AskProbe(doctor.login)) == ProbeState("ended", "15")
    assert at_work.voice.legs == {}
    assert at_work.relay.sessions == set()
    at_work.wait(probe.REMEMBERED_SECONDS + 40)
    assert ask(at_work, AskProbe(doctor.login)) == Refused("not-found", "there is no such call")
    assert at_work.clock.pending == 0 or at_work.calls == []


def test_it_is_nobodys_call(at_work: Office, doctor: Doctor, bob: Phone) -> None:
    at_work.wait(1)  # Bob's registration is told
    at_work.news.clear()
    before = len(at_work.events)
    doctor.call("trial")
    press(at_work, "1")
    health = Service(at_work.switch, at_work.folder).answer(AskHealth())
    assert isinstance(health, Health)
    assert health.calls == 0
    doctor.hang_up()
    at_work.wait(5)
    assert len(at_work.events) == before  # nothing in the journal: no record, no statistics
    assert at_work.news == []
    assert at_work.switch.counters.calls_started_total == 0
    assert bob.heard("INVITE") == []


def test_the_login_is_good_for_one_call(at_work: Office, doctor: Doctor) -> None:
    doctor.call("trial")
    doctor.hang_up()
    again = Doctor(at_work, doctor.login)
    again.secret = doctor.secret
    again.call("trial")
    assert [one.status for one in again.received] == [407, 407]


def test_the_login_cannot_call_anybody_and_cannot_register(at_work: Office, doctor: Doctor, bob: Phone) -> None:
    doctor.register()
    assert [one.status for one in doctor.received] == [401, 401]
    doctor.received.clear()
    doctor.call("102")  # whatever it dials, it reaches the tone
    assert doctor.statuses == [200]
    assert bob.heard("INVITE") == []


def test_a_wrong_secret_is_like_any_wrong_secret(at_work: Office, doctor: Doctor) -> None:
    doctor.secret = "guessed"
    doctor.call("trial")
    assert [one.status for one in doctor.received] == [407, 407]
    assert at_work.voice.legs == {}


def test_who_does_not_come_in_time_is_not_let_in(at_work: Office, doctor: Doctor) -> None:
    at_work.wait(probe.ADMITTED_SECONDS + 1)
    doctor.call("trial")
    assert [one.status for one in doctor.received] == [407, 407]


def test_a_doctor_who_was_killed_leaves_nothing_behind(at_work: Office, doctor: Doctor) -> None:
    doctor.call("trial")
    doctor.deaf = True
    at_work.wait(probe.LONGEST_SECONDS + 1)
    assert doctor.heard("BYE")
    assert at_work.voice.legs == {}
    assert at_work.relay.sessions == set()
    at_work.wait(probe.REMEMBERED_SECONDS + 60)
    assert at_work.switch.probes._by_login == {}


def test_only_some_at_one_time(at_work: Office) -> None:
    for _ in range(probe.MOST):
        assert isinstance(ask(at_work, AdmitProbe()), ProbeAdmitted)
    assert ask(at_work, AdmitProbe()) == Refused("unavailable", "other trials are under way; try again in half a minute")
    at_work.wait(probe.ADMITTED_SECONDS + 1)
    assert isinstance(ask(at_work, AdmitProbe()), ProbeAdmitted)


@pytest.mark.parametrize(
    ("part", "reason"), [("relay", "the relay is gone"), ("voice", "the voice process does not answer")]
)
def test_it_says_which_part_is_down(at_work: Office, doctor: Doctor, part: str, reason: str) -> None:
    if part == "relay":
        at_work.relay.fails = reason
    else:
        at_work.voice.up = False
    doctor.call("trial")
    assert doctor.statuses == [480]
    assert ask(at_work, AskProbe(doctor.login)) == ProbeState("failed", "", reason)
    assert at_work.relay.sessions == set()


def test_a_relay_that_takes_too_long(at_work: Office, doctor: Doctor) -> None:
    at_work.relay.slow = True
    doctor.call("trial")
    at_work.wait(probe.LONGEST_SECONDS + 1)
    assert doctor.statuses == [480]
    at_work.relay.catch_up()  # its answer comes when nobody waits any more
    assert at_work.voice.legs == {}


def test_what_it_does_not_take_in_the_call(at_work: Office, doctor: Doctor) -> None:
    doctor.call("trial")
    doctor.request("INVITE", body=doctor.sdp)
    assert doctor.received[-1].status == 488
    doctor.request("INFO")
    assert doctor.received[-1].status == 405
    stranger = Phone(at_work, "acme-anna")
    stranger.call_id, stranger.from_ = "another@call", "<sip:x@y>;tag=other"
    stranger.to = doctor.received[-1].first("to") or ""
    stranger.request("BYE")
    assert stranger.received[-1].status == 481


def test_a_call_that_is_given_up(at_work: Office, doctor: Doctor) -> None:
    at_work.relay.slow = True
    doctor.call("trial")
    doctor.cancel()
    assert doctor.statuses == [487]
    assert ask(at_work, AskProbe(doctor.login)) == ProbeState("failed", "", "it was given up")


def test_the_requests_travel_over_the_bus() -> None:
    from svara.calls.commands import Answer, Request

    for request in (AdmitProbe(), AskProbe("trial-1")):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(request), type=Request) == request
    for answer in (ProbeAdmitted("trial-1", "secret", True), ProbeState("answered", "15")):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(answer), type=Answer) == answer
