"""What happens during a talk: hold, changes, keys, refreshes, and phones that do it at the same time."""

from __future__ import annotations

import pytest
from tests.calls.phones import RELAY, Office, Phone

from svara.calls.events import CallEnded, CallHeld, CallResumed
from svara.sip.message import Request, new_response


@pytest.fixture
def talk(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.ring()
    bob.answer()
    for phone in (anna, bob):
        phone.received.clear()


def silent_invites(phone: Phone) -> list[Request]:
    """From now on the phone shows re-INVITEs and leaves them unanswered."""
    held: list[Request] = []
    phone.change = held.append  # type: ignore[method-assign]
    return held


@pytest.mark.usefixtures("talk")
def test_hold_and_resume_by_the_caller(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.hold()
    [invite] = bob.heard("INVITE")
    assert b"a=sendonly" in invite.body
    assert RELAY.encode() in invite.body
    assert b"a=recvonly" in anna.heard(200)[0].body
    assert len(bob.heard("ACK")) == 1
    assert at_work.calls[0].live().state == "held"
    anna.resume()
    assert at_work.calls[0].live().state == "answered"
    [held], [resumed] = at_work.told(CallHeld), at_work.told(CallResumed)
    assert held.by == resumed.by == "caller"


@pytest.mark.usefixtures("talk")
def test_both_may_hold_and_each_takes_back_their_own(at_work: Office, anna: Phone, bob: Phone) -> None:
    bob.hold()
    anna.hold()
    assert [event.by for event in at_work.told(CallHeld)] == ["callee", "caller"]
    bob.resume()
    assert at_work.calls[0].held_by == ("caller",)
    assert at_work.calls[0].live().state == "held"
    anna.resume()
    assert at_work.calls[0].held_by == ()


@pytest.mark.usefixtures("talk")
def test_update_goes_over_as_update_to_a_phone_that_takes_it(at_work: Office, anna: Phone, bob: Phone) -> None:
    call = at_work.calls[0]
    assert call.back is not None
    call.back.can_update = True
    anna.request("UPDATE", body=anna.description("sendonly", version=2))
    assert len(bob.heard("UPDATE")) == 1
    assert call.held_by == ("caller",)


@pytest.mark.usefixtures("talk")
def test_update_goes_over_as_invite_to_a_phone_that_does_not(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.request("UPDATE", body=anna.description("sendonly", version=2))
    assert len(bob.heard("INVITE")) == 1
    assert len(bob.heard("ACK")) == 1
    assert b"a=recvonly" in anna.heard(200)[0].body


@pytest.mark.usefixtures("talk")
def test_a_change_of_codec(at_work: Office, anna: Phone, bob: Phone) -> None:
    bob.request("INVITE", body=bob.description(codecs="0 101", version=2))
    [invite] = anna.heard("INVITE")
    assert b"RTP/AVP 0 101" in invite.body
    assert len(bob.heard(200)) == 1
    assert at_work.told(CallHeld) == []


@pytest.mark.usefixtures("talk")
def test_a_reinvite_that_wants_an_offer(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.acks = False
    anna.request("INVITE")
    [invite] = bob.heard("INVITE")
    assert invite.body == b""
    [offer] = anna.heard(200)
    assert RELAY.encode() in offer.body
    assert bob.heard("ACK") == []
    anna.acknowledge(offer, anna.description("sendonly"))
    at_work.settle()
    [ack] = bob.heard("ACK")
    assert RELAY.encode() in ack.body
    assert at_work.calls[0].held_by == ("caller",)
    assert at_work.calls[0].exchange is None


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(("status", "passed"), [(488, 488), (606, 488), (491, 491), (500, 500), (603, 500)])
def test_a_refused_change_leaves_the_talk_as_it_was(
    at_work: Office, anna: Phone, bob: Phone, status: int, passed: int
) -> None:
    bob.change = lambda request: bob.transmit(new_response(request, status))  # type: ignore[method-assign]
    anna.hold()
    assert anna.statuses == [passed]
    assert at_work.told(CallHeld) == []
    assert at_work.calls[0].exchange is None
    at_work.wait(40)
    assert len(at_work.calls) == 1


@pytest.mark.usefixtures("talk")
def test_both_change_at_the_same_moment(at_work: Office, anna: Phone, bob: Phone) -> None:
    waiting = silent_invites(bob)
    anna.hold()
    bob.hold()
    assert bob.statuses == [491]
    bob.respond(200, bob.description("recvonly"), request=waiting[0])
    assert anna.statuses == [200]
    assert [event.by for event in at_work.told(CallHeld)] == ["caller"]


@pytest.mark.usefixtures("talk")
def test_a_second_change_of_the_same_phone_has_to_wait(at_work: Office, anna: Phone, bob: Phone) -> None:
    waiting = silent_invites(bob)
    anna.hold()
    anna.resume()
    assert anna.statuses == [500]
    assert anna.heard(500)[0].has("retry-after")
    bob.respond(200, bob.description("recvonly"), request=waiting[0])
    assert anna.statuses == [500, 200]


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize("status", [408, 481])
def test_a_change_shows_that_the_other_phone_is_gone(at_work: Office, anna: Phone, bob: Phone, status: int) -> None:
    bob.change = lambda request: bob.transmit(new_response(request, status))  # type: ignore[method-assign]
    anna.hold()
    assert anna.statuses == [487]
    assert len(anna.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].end_reason == "a phone is gone"
    assert at_work.calls == []


@pytest.mark.usefixtures("talk")
def test_a_hang_up_in_the_middle_of_a_change(at_work: Office, anna: Phone, bob: Phone) -> None:
    waiting = silent_invites(bob)
    anna.hold()
    anna.hang_up()
    assert anna.statuses == [487]
    assert len(waiting) == len(bob.heard("BYE")) == 1
    bob.respond(200, bob.sdp, request=waiting[0])
    assert bob.heard("ACK") != []
    assert len(at_work.told(CallEnded)) == 1


@pytest.mark.usefixtures("talk")
def test_pressed_keys_pass_as_info(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.request("INFO", [("Content-Type", "application/dtmf-relay")], b"Signal=5\r\nDuration=160\r\n")
    [info] = bob.heard("INFO")
    assert info.body == b"Signal=5\r\nDuration=160\r\n"
    assert info.content_type == "application/dtmf-relay"
    assert len(anna.heard(200)) == 1


@pytest.mark.usefixtures("talk")
def test_info_of_an_unknown_kind_stays_on_its_side(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.request("INFO", [("Content-Type", "text/x-secret")], b"hello")
    assert bob.heard("INFO") == []
    assert len(anna.heard(415)) == 1


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", 200), ("REFER", 400), ("MESSAGE", 405), ("SUBSCRIBE", 489), ("PRACK", 481)]
)
def test_what_has_no_meaning_for_the_other_side_is_answered_here(
    at_work: Office, anna: Phone, bob: Phone, method: str, status: int
) -> None:
    anna.request(method)
    assert len(anna.heard(status)) == 1
    assert bob.received == []
    assert len(at_work.calls) == 1


@pytest.mark.usefixtures("talk")
def test_an_extension_that_is_required_and_unknown(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.request("INVITE", [("Require", "teleport")], anna.sdp)
    assert anna.heard(420)[0].first("unsupported") == "teleport"
    assert bob.received == []


@pytest.mark.usefixtures("talk")
def test_old_requests_are_refused(at_work: Office, anna: Phone, bob: Phone) -> None:
    base = [("From", anna.from_), ("To", anna.to), ("Call-ID", anna.call_id), ("CSeq", "1 BYE")]
    anna.send_new("BYE", anna.target, base)
    assert len(anna.heard(500)) == 1
    assert len(at_work.calls) == 1


@pytest.mark.usefixtures("talk")
def test_nobody_else_can_end_the_talk(at_work: Office, anna: Phone, cecilie: Phone) -> None:
    for from_, call_id in ((cecilie.from_, anna.call_id), (anna.from_, "guessed")):
        cecilie.send_new("BYE", anna.target, [("From", from_), ("To", anna.to), ("Call-ID", call_id), ("CSeq", "99 BYE")])
    assert len(cecilie.heard(481)) == 2
    assert len(at_work.calls) == 1


@pytest.mark.usefixtures("talk")
def test_a_phone_that_lost_its_connection_is_reached_over_the_new_one(at_work: Office, anna: Phone) -> None:
    softphone = Phone(at_work, "acme-cecilie", transport="TCP").register()
    anna.hang_up()
    anna.call("103")
    softphone.answer()
    softphone.wire.close()
    again = Phone(at_work, "acme-cecilie", transport="TCP").register()
    anna.hang_up()
    assert len(again.heard("BYE")) == 1


# --- set-up details that only some phones use


def test_a_call_that_wants_an_offer(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.acks = False
    anna.call("102", sdp=b"")
    assert bob.heard("INVITE")[0].body == b""
    bob.ring()
    bob.answer()
    [offer] = [one for one in anna.heard(200) if one.cseq.method == "INVITE"]
    assert RELAY.encode() in offer.body
    assert bob.heard("ACK") == []
    anna.acknowledge(offer, anna.sdp)
    at_work.settle()
    [ack] = bob.heard("ACK")
    assert RELAY.encode() in ack.body
    assert len(at_work.calls) == 1
    bob.hang_up()


def test_a_call_that_wants_an_offer_and_does_not_answer_it(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", sdp=b"")
    bob.answer()
    assert len(bob.heard("ACK")) == 1
    assert len(bob.heard("BYE")) == 1
    assert len(anna.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].end_reason == "the phones could not agree on sound"


def test_early_sound(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.respond(183, bob.sdp)
    [progress] = anna.heard(183)
    assert RELAY.encode() in progress.body
    tag = progress.to.tag
    bob.answer()
    assert anna.heard(200)[-1].to.tag == tag


def test_early_sound_of_one_phone_and_the_answer_of_another_are_two_dialogs(
    at_work: Office, anna: Phone, bob: Phone
) -> None:
    softphone = Phone(at_work, "acme-bob-soft").register()
    anna.call("102")
    bob.respond(183, bob.sdp)
    softphone.respond(183, softphone.sdp)
    assert len(anna.heard(183)) == 1
    softphone.answer()
    assert anna.heard(200)[-1].to.tag != anna.heard(183)[0].to.tag
    anna.hang_up()
    assert len(softphone.heard("BYE")) == 1
    assert at_work.switch.dialogs == {}


def test_a_caller_that_wants_reliable_ringing(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", headers=[("Require", "100rel")])
    bob.respond(183, bob.sdp)
    [first] = anna.heard(183)
    assert "100rel" in first.require
    at_work.wait(0.6)
    assert len(anna.heard(183)) == 2  # not confirmed yet: again
    bob.answer()
    assert anna.statuses == [183, 183]  # RFC 3262 section 3: the answer waits for the PRACK
    anna.to, anna.target = first.first("to") or "", str(first.contacts[0].uri)
    anna.request("PRACK", [("RAck", "77 1 INVITE")])
    assert len(anna.heard(481)) == 1
    anna.request("PRACK", [("RAck", f"{first.first('rseq')} {first.cseq.number} INVITE")])
    assert anna.statuses == [183, 183, 200]
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1


def test_a_caller_that_never_confirms_the_ringing(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", headers=[("Require", "100rel")])
    bob.ring()
    at_work.wait(33)
    assert anna.statuses[-1] == 504
    assert len(bob.heard("CANCEL")) == 1
    assert len(at_work.told(CallEnded)) == 1


def test_a_phone_that_rings_reliably(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    ringing = [("Require", "100rel"), ("RSeq", "501")]
    bob.respond(180, headers=ringing)
    bob.respond(180, headers=ringing)  # repeated: its PRACK is on the way already
    [prack] = bob.heard("PRACK")
    assert prack.first("rack") == f"501 {bob.heard('INVITE')[0].cseq.number} INVITE"
    bob.respond(183, bob.sdp, headers=[("Require", "100rel"), ("RSeq", "502")])
    assert len(bob.heard("PRACK")) == 2
    assert anna.statuses == [180, 183]
    bob.answer(b"")  # the description was given reliably already
    assert anna.statuses == [180, 183, 200]
    anna.hang_up()
    assert bob.heard("BYE")[0].cseq.number > prack.cseq.number


def test_a_lost_ack(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.acks = False
    anna.call("102")
    bob.answer()
    at_work.wait(5)
    assert len([one for one in anna.heard(200) if one.cseq.method == "INVITE"]) > 3
    at_work.wait(30)
    assert len(bob.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].end_reason == "the caller's phone did not confirm the answer"
    assert at_work.calls == []


def test_a_hang_up_before_the_callers_ack(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.acks = False
    anna.call("102")
    bob.answer()
    bob.hang_up()
    assert anna.heard("BYE") == []  # RFC 3261 section 15: not before the ACK
    anna.acknowledge(anna.heard(200)[-1])
    at_work.settle()
    assert len(anna.heard("BYE")) == 1
    assert at_work.switch.dialogs == {}


def test_a_repeated_answer_is_acknowledged_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    invite = bob.invite
    bob.answer()
    bob.respond(200, bob.sdp, request=invite)
    assert len(bob.heard("ACK")) == 2
    assert anna.statuses == [200]


def test_a_phone_that_answers_without_a_description(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer(b"")
    assert len(bob.heard("ACK")) == 1
    assert len(bob.heard("BYE")) == 1
    assert anna.statuses == [488]
    assert at_work.told(CallEnded)[0].outcome == "failed"


# --- session timers (RFC 4028)


def test_a_phone_that_stops_refreshing_is_gone(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", headers=[("Supported", "timer"), ("Session-Expires", "300;refresher=uac")])
    bob.answer()
    answer = anna.heard(200)[-1]
    assert answer.first("session-expires") == "300;refresher=uac"
    assert "timer" in answer.require
    at_work.wait(200)
    anna.request("UPDATE", [("Supported", "timer"), ("Session-Expires", "300;refresher=uac")])
    assert anna.heard(200)[-1].cseq.method == "UPDATE"
    assert bob.heard("UPDATE") == []
    at_work.wait(260)
    assert len(at_work.calls) == 1
    at_work.wait(20)
    assert at_work.calls == []
    assert len(bob.heard("BYE")) == 1
    assert at_work.told(CallEnded)[0].end_reason == "a phone stopped answering"


def test_we_refresh_where_the_phone_wants_us_to(at_work: Office, anna: Phone, bob: Phone) -> None:
    bob.extra = [("Session-Expires", "200;refresher=uac"), ("Allow", "INVITE, ACK, BYE, UPDATE")]
    anna.call("102")
    assert bob.heard("INVITE")[0].has("session-expires")
    bob.answer()
    at_work.wait(110)
    [update] = bob.heard("UPDATE")
    assert update.body == b""
    assert anna.heard("UPDATE") == []
    bob.deaf = True
    at_work.wait(240)
    assert at_work.calls == []


def test_without_update_we_refresh_by_an_offer_and_answer(at_work: Office, anna: Phone, bob: Phone) -> None:
    bob.extra = [("Session-Expires", "200;refresher=uac")]
    anna.call("102")
    bob.answer()
    at_work.wait(110)
    assert len(bob.heard("INVITE")) == 2
    assert len(bob.heard("ACK")) == 2
    assert len(at_work.calls) == 1
    assert at_work.calls[0].exchange is None


def test_too_small_an_interval(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", headers=[("Supported", "timer"), ("Session-Expires", "20")])
    assert anna.heard(422)[0].first("min-se") == "90"
    assert not bob.rings
    assert at_work.switch.dialogs == {}
