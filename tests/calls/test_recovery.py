"""After kill -9 the talks go on, hang-ups work, and every record is whole."""

from __future__ import annotations

from tests.calls.phones import RELAY, Office, Phone

from svara.calls.events import CallEnded, CallStarted, LegEnded


def restarted(office: Office) -> None:
    office.kill()
    office.clock.advance(1.5)
    office.start()


def test_a_talk_goes_on_and_either_side_can_hang_up(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    anna.call("102")
    bob.answer()
    tag_of_anna = (anna.call_id, anna.from_, anna.to, anna.target)
    cecilie.call("102")
    bob.answer()
    restarted(at_work)
    assert len(at_work.calls) == 2
    assert at_work.switch.counters.calls_recovered_total == 2
    bob.hang_up()
    assert len(cecilie.heard("BYE")) == 1
    anna.call_id, anna.from_, anna.to, anna.target = tag_of_anna
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    assert [(end.outcome, end.by) for end in at_work.told(CallEnded)] == [("answered", "callee"), ("answered", "caller")]
    assert len(at_work.told(CallStarted)) == len(at_work.told(LegEnded)) == 2
    assert at_work.switch.dialogs == {}


def test_our_requests_come_after_all_that_went_before(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    for _ in range(3):
        anna.hold()
    before = max(request.cseq.number for request in bob.heard("INVITE"))
    restarted(at_work)
    anna.hang_up()
    assert bob.heard("BYE")[0].cseq.number > before


def test_hold_still_works_and_is_remembered(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    anna.hold()
    restarted(at_work)
    assert at_work.calls[0].live().state == "held"
    anna.resume()
    assert at_work.calls[0].live().state == "answered"
    assert RELAY.encode() in bob.heard("INVITE")[-1].body


def test_a_hang_up_whose_end_was_not_written_is_not_taken_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    at_work.relay.slow = True
    anna.call("102")
    at_work.relay.catch_up()
    at_work.settle()
    bob.answer()
    at_work.relay.catch_up()
    at_work.settle()
    bob.hang_up()  # the relay has not told yet what it measured
    assert at_work.told(CallEnded) == []
    restarted(at_work)
    assert at_work.calls == []
    [ended] = at_work.told(CallEnded)
    assert ended.outcome == "answered"


def test_a_phone_that_is_gone_meanwhile_ends_the_call_by_its_session_timer(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102", headers=[("Supported", "timer"), ("Session-Expires", "120;refresher=uac")])
    bob.answer()
    anna.deaf = True
    restarted(at_work)
    at_work.wait(130)
    assert at_work.calls == []
    assert len(bob.heard("BYE")) == 1


def test_restarts_upon_restarts(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    for _ in range(5):
        restarted(at_work)
    anna.hang_up()
    assert len(bob.heard("BYE")) == 1
    assert len(at_work.told(CallEnded)) == 1
    restarted(at_work)
    assert at_work.calls == []


def test_presence_after_a_restart(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    restarted(at_work)
    states = {one.person: one.availability for one in at_work.switch.news.presence("t-acme")}
    assert states == {"p-acme-anna": "in-call", "p-acme-bob": "in-call", "p-acme-cecilie": "offline"}


def test_the_relay_of_a_call_taken_up_is_watched_again(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    bob.answer()
    [call] = at_work.calls
    at_work.relay.watched.clear()
    restarted(at_work)
    assert at_work.relay.watched == {call.id: ("a", "b1")}
