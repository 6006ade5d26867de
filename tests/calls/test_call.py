"""Calls from one phone to another, as the people at both ends live through them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import RELAY, SERVER, Office, Phone

from svara.calls.commands import LiveCall
from svara.calls.events import CallEnded, CallQuality, CallStarted, LegAnswered, LegEnded, LegOffered, LegRinging


def ending(office: Office) -> tuple[str, str, str]:
    """How the only call ended."""
    [ended] = office.told(CallEnded)
    assert office.calls == []
    return ended.outcome, ended.by, ended.end_reason


def test_anna_calls_bob_they_talk_and_bob_hangs_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    assert bob.rings
    bob.ring()
    assert anna.statuses == [180]
    bob.answer()
    assert anna.statuses == [180, 200]
    assert len(bob.heard("ACK")) == 1
    [call] = at_work.calls
    assert call.live().state == "answered"
    at_work.wait(65)
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1
    assert at_work.calls == []
    kinds = [type(event) for event in at_work.events]
    assert kinds[:4] == [CallStarted, LegOffered, LegRinging, LegAnswered]
    assert kinds[-1] is CallEnded
    assert ending(at_work) == ("answered", "callee", "hung up")
    [leg] = at_work.told(LegEnded)
    assert leg.status == 200
    started, answered, ended = at_work.events[0], at_work.events[3], at_work.events[-1]
    assert started.at == answered.at
    assert ended.at - answered.at == pytest.approx(65)
    assert {quality.side for quality in at_work.told(CallQuality)} == {"caller", "callee"}


def test_a_description_among_other_parts_is_found_and_goes_on_alone(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call(
        "102",
        sdp=b"--b\r\nContent-Type: application/sdp\r\n\r\n"
        + anna.sdp
        + b"\r\n--b\r\nContent-Type: application/pidf+xml\r\n\r\n"
        b"<presence>Anna is at home</presence>\r\n--b--\r\n",
        headers=[("Content-Type", "multipart/mixed;boundary=b")],
    )
    bob.answer()
    assert anna.statuses == [200]
    [invite] = bob.heard("INVITE")
    assert invite.content_type == "application/sdp"
    assert b"at home" not in invite.to_bytes()


def test_the_caller_hangs_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("bob")
    bob.answer()
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    assert len(anna.heard(200)) == 3  # REGISTER, INVITE, BYE
    assert ending(at_work) == ("answered", "caller", "hung up")


def test_all_phones_ring_and_the_first_answer_wins(at_work: Office, anna: Phone, bob: Phone) -> None:
    softphone = Phone(at_work, "acme-bob-soft", transport="TCP").register()
    dect = Phone(at_work, "acme-bob-dect").register()
    anna.call("102")
    for phone in (bob, softphone, dect):
        phone.ring()
    softphone.answer()
    for phone in (bob, dect):
        [cancel] = phone.heard("CANCEL")
        assert cancel.first("reason") == 'SIP;cause=200;text="Call completed elsewhere"'
        assert not phone.rings
    assert anna.statuses == [180, 200]
    ends = {event.leg: (event.status, event.reason) for event in at_work.told(LegEnded)}
    assert list(ends.values()) == [(487, "answered elsewhere")] * 2
    softphone.hang_up()
    assert len(at_work.told(LegEnded)) == 3
    assert len(at_work.told(CallEnded)) == 1


def test_two_phones_pick_up_at_the_same_moment(at_work: Office, anna: Phone, bob: Phone) -> None:
    softphone = Phone(at_work, "acme-bob-soft").register()
    anna.call("102")
    bob.ring()
    softphone.ring()
    late = softphone.invite
    assert late is not None
    softphone.deaf = True
    bob.answer()
    softphone.deaf = False
    softphone.invite = late
    softphone.answer()  # crosses the CANCEL
    assert len(softphone.heard("ACK")) == 1
    assert len(softphone.heard("BYE")) == 1
    assert anna.statuses == [180, 200]
    assert len(at_work.calls) == 1
    assert [event.reason for event in at_work.told(LegEnded)] == ["answered elsewhere"]


def test_a_phone_that_wants_to_be_asked_less_often_is_asked_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.respond(422, headers=[("Min-SE", "3600")])
    first, second = bob.heard("INVITE")
    assert first.first("session-expires") == "1800"
    assert (second.first("session-expires"), second.first("min-se")) == ("3600", "3600")
    assert (second.call_id, second.cseq.number) == (first.call_id, first.cseq.number + 1)
    bob.answer()
    assert anna.statuses == [200]
    anna.hang_up()
    assert ending(at_work)[0] == "answered"


def test_the_caller_gives_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    anna.cancel()
    assert len(bob.heard("CANCEL")) == 1
    assert anna.statuses == [180, 487]
    assert ending(at_work) == ("abandoned", "caller", "caller gave up")


def test_the_caller_gives_up_before_any_phone_has_said_a_word(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    anna.cancel()
    assert anna.statuses == [487]
    assert bob.heard("CANCEL") == []  # RFC 3261 section 9.1: not before a provisional response
    bob.ring()
    assert len(bob.heard("CANCEL")) == 1
    assert ending(at_work)[0] == "abandoned"


def test_cancel_and_answer_cross(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    invite = bob.invite
    bob.deaf = True
    anna.cancel()
    bob.deaf = False
    bob.invite = invite
    bob.answer()
    assert len(bob.heard("ACK")) == 1
    assert len(bob.heard("BYE")) == 1
    assert anna.statuses == [180, 487]
    assert ending(at_work)[0] == "abandoned"


@pytest.mark.parametrize(
    ("status", "heard", "outcome", "reason"),
    [
        (486, 486, "busy", "busy"),
        (600, 486, "busy", "busy"),
        (603, 603, "rejected", "declined"),
        (480, 480, "missed", "all phones are offline"),
        (404, 480, "missed", "all phones are offline"),
        (488, 488, "failed", "the phones have no codec in common"),
        (500, 480, "failed", "the phone reported an error"),
        (302, 480, "failed", "the phone reported an error"),
    ],
)
def test_what_the_caller_hears_when_the_phone_refuses(
    at_work: Office, anna: Phone, bob: Phone, status: int, heard: int, outcome: str, reason: str
) -> None:
    anna.call("102")
    bob.decline(status)
    assert anna.statuses == [heard]
    assert ending(at_work)[::2] == (outcome, reason)
    assert len(bob.heard("ACK")) == 1


def test_busy_on_one_phone_does_not_stop_the_others(at_work: Office, anna: Phone, bob: Phone) -> None:
    softphone = Phone(at_work, "acme-bob-soft").register()
    anna.call("102")
    bob.decline(486)
    assert anna.statuses == []
    softphone.ring()
    softphone.answer()
    assert anna.statuses == [180, 200]


def test_declined_on_one_phone_stops_all_of_that_person(at_work: Office, anna: Phone, bob: Phone) -> None:
    softphone = Phone(at_work, "acme-bob-soft").register()
    anna.call("102")
    softphone.ring()
    bob.decline(603)
    assert len(softphone.heard("CANCEL")) == 1
    assert anna.statuses == [180, 603]
    assert ending(at_work) == ("rejected", "callee", "declined")


def test_busy_wins_over_no_answer(at_work: Office, anna: Phone, bob: Phone) -> None:
    softphone = Phone(at_work, "acme-bob-soft").register()
    anna.call("102")
    softphone.ring()
    bob.decline(486)
    at_work.wait(61)
    assert anna.statuses == [180, 486]
    assert ending(at_work)[0] == "busy"


def test_nobody_picks_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    at_work.wait(59)
    assert anna.statuses == [180]
    at_work.wait(2)
    assert anna.statuses == [180, 480]
    assert len(bob.heard("CANCEL")) == 1
    assert ending(at_work) == ("missed", "system", "no answer")


def test_a_phone_that_vanished_never_rings(at_work: Office, anna: Phone, bob: Phone) -> None:
    bob.deaf = True
    anna.call("102")
    at_work.wait(33)
    assert anna.statuses == [480]
    assert ending(at_work) == ("missed", "system", "all phones are offline")


def test_unanswered_calls_go_on_to_cecilie(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(bob=offices.goes_to("person:cecilie", 15)))
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    anna.call("102")
    bob.ring()
    office.wait(16)
    assert not bob.rings
    assert cecilie.rings
    cecilie.ring()
    cecilie.answer()
    assert anna.statuses == [180, 200]
    [answered] = office.told(LegAnswered)
    assert answered.to.person == "p-acme-cecilie"
    cecilie.hang_up()
    office.close()


def test_declining_sends_the_caller_on_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(bob=offices.goes_to("person:cecilie")))
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    anna.call("102")
    bob.decline(603)
    assert cecilie.rings
    cecilie.decline(486)
    assert anna.statuses == [603]
    office.close()


@pytest.mark.parametrize(
    ("dialled", "status", "reason"),
    [
        ("999", 404, "nobody has that number"),
        ("104", 404, "nobody has that number"),
        ("103", 480, "all phones are offline"),
        ("101", 486, "that is your own number"),
    ],
)
def test_calls_that_cannot_be(at_work: Office, anna: Phone, dialled: str, status: int, reason: str) -> None:
    anna.call(dialled)
    assert anna.statuses == [status]
    assert ending(at_work)[2] == reason
    [started] = at_work.told(CallStarted)
    assert started.dialled == dialled
    assert (started.callee is None) == (status == 404)


def test_a_number_dialled_as_such(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", uri="tel:102")
    assert anna.statuses == []
    assert bob.rings


def test_nothing_is_asked_of_the_relay_for_a_call_that_cannot_be(at_work: Office, anna: Phone) -> None:
    anna.call("999")
    assert at_work.relay.asked == []


def test_only_the_own_server_is_called(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", host="evil.example")
    assert anna.statuses == [404]
    assert not bob.rings


def test_the_two_sides_see_nothing_of_each_other(at_work: Office) -> None:
    anna = Phone(at_work, "acme-anna", behind_nat=True, address="203.0.113.50").register()
    bob = Phone(at_work, "acme-bob", address="203.0.113.60").register()
    anna.call(
        "102", headers=[("Call-Info", "<http://10.0.0.7/>"), ("Subject", "Lunch"), ("Alert-Info", "<http://10.0.0.7>")]
    )
    bob.ring()
    bob.answer()
    anna.hold()
    anna.hang_up([("Reason", 'Q.850;cause=16;text="phone at 10.0.0.7"')])
    for message in anna.received:
        message.remove("Via")  # her own, and where she was seen
    for one, secrets in (
        (anna, (bob.address[0], "my secret phone", "Secret Phone", *(str(call.call_id) for call in bob.heard("INVITE")))),
        (bob, (anna.address[0], "10.0.0.7", "my secret phone", "Secret Phone", anna.call_id, anna.tag)),
    ):
        for message in one.received:
            text = message.to_bytes().decode()
            assert not [secret for secret in secrets if secret in text], text
    invite = bob.heard("INVITE")[0]
    assert invite.from_.display == "Anna Berg"
    assert invite.from_.uri.user == "101"
    assert invite.asserted_identities[0].uri.user == "101"
    assert invite.first("subject") == "Lunch"
    assert RELAY.encode() in invite.body
    assert bob.heard("BYE")[0].first("reason") == "Q.850;cause=16"
    assert str(invite.contacts[0].uri).startswith(f"sip:{SERVER[0]}:5060")


def test_a_phone_behind_address_translation_is_reached_where_it_registered_from(at_work: Office, bob: Phone) -> None:
    anna = Phone(at_work, "acme-anna", behind_nat=True).register()
    bob.call("101")
    [invite] = anna.heard("INVITE")
    assert invite.uri == "sip:acme-anna@10.0.0.7:5060"
    anna.answer()
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1


def test_a_browser_gets_what_browsers_speak(at_work: Office, anna: Phone) -> None:
    browser = Phone(at_work, "acme-bob-soft", transport="WSS").register()
    anna.call("102")
    assert at_work.relay.kinds["b1"] == "webrtc"
    browser.answer()
    assert at_work.relay.kinds["a"] == "rtp"
    browser.hang_up()
    browser.call("101")
    assert at_work.relay.kinds["b1"] == "rtp"
    anna.answer()
    assert at_work.relay.kinds["a"] == "webrtc"


def test_direct_media_where_the_office_wants_it(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(acme={"media": "direct"}))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("102")
    bob.answer()
    assert office.relay.asked == []
    sdp = bob.heard("INVITE")[0].body.decode()
    assert f"c=IN IP4 {anna.own[0]}" in sdp
    assert "my secret phone" not in sdp
    anna.hang_up()
    office.close()


def test_the_journal_knows_before_any_phone_does(at_work: Office, anna: Phone, bob: Phone) -> None:
    seen: list[int] = []
    receive = bob.receive
    bob.receive = lambda data: (seen.append(len(at_work.told(LegOffered))), receive(data))  # type: ignore[assignment, func-returns-value]
    anna.call("102")
    assert seen == [1]


def test_screens_follow_the_call(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.wait(1)
    at_work.news.clear()
    anna.call("102")
    at_work.wait(1)
    bob.ring()
    at_work.wait(1)
    bob.answer()
    at_work.wait(1)
    bob.hang_up()
    at_work.wait(1)
    calls = [
        (topic, msgspec.msgpack.decode(payload, type=LiveCall))
        for topic, payload in at_work.news
        if topic.startswith("call.")
    ]
    assert [topic for topic, _ in calls] == ["call.started", "call.ringing", "call.answered", "call.ended"]
    last = calls[-1][1]
    assert (last.caller.name, last.callee.name, last.state) == ("Anna Berg", "Bob Lind", "ended")
    assert set(last.people) == {"p-acme-anna", "p-acme-bob"}
    assert any(topic == "presence.changed" for topic, _ in at_work.news)


def test_two_companies_with_the_same_extension_never_meet(at_work: Office, anna: Phone, bob: Phone) -> None:
    other_anna = Phone(at_work, "beta-anna").register()
    dora = Phone(at_work, "beta-dora").register()
    dora.call("101")
    assert other_anna.rings
    assert not anna.rings
    dora.cancel()
    dora.call("bob")
    assert dora.statuses[-1] == 404
    assert not bob.rings


def test_no_timer_dialog_or_relay_session_is_left_when_all_is_over(at_work: Office, anna: Phone, bob: Phone) -> None:
    for ending_ in (bob.hang_up, anna.hang_up):
        anna.call("102")
        bob.ring()
        bob.answer()
        ending_()
    anna.call("102")
    bob.decline()
    anna.call("102")
    anna.cancel()
    bob.ring()
    at_work.registrar.close()
    at_work.wait(200)
    assert at_work.switch.dialogs == {}
    assert at_work.switch.calls_of_phone == at_work.switch.calls_of_tenant == {}
    assert at_work.relay.sessions == set()
    assert at_work.switch.transactions.open == 0
    assert at_work.clock.pending == 0
