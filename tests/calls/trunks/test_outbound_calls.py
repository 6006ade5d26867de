"""Anna dials a number outside."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import BOBS, MAIN, OSLO, Carrier, open_lines

from svara.calls.events import CallEnded, CallStarted, LegEnded, LegOffered
from svara.calls.guard import Limits
from svara.sip.message import Request
from svara.sip.transport.flow import Target

CHALLENGE = [("Proxy-Authenticate", 'Digest realm="itsp.example", nonce="n1", qop="auth", algorithm=MD5')]


@pytest.fixture
def carrier(at_work: Office) -> Carrier:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    return carrier


def invites(carrier: Carrier) -> list[Request]:
    return carrier.heard("INVITE")


def asked(carrier: Carrier) -> Request:
    assert carrier.invite is not None
    return carrier.invite


def test_anna_calls_the_caller_from_oslo_back(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call("90.00.00.01")
    assert asked(carrier).request_uri.user == OSLO
    assert asked(carrier).to.uri.user == OSLO
    carrier.ring()
    carrier.answer()
    assert anna.statuses == [180, 200]
    anna.hang_up()
    assert carrier.heard("BYE")
    (started,), (offered,), (ended,) = at_work.told(CallStarted), at_work.told(LegOffered), at_work.told(CallEnded)
    assert (started.direction, started.dialled, started.callee.number) == ("outbound", "90.00.00.01", OSLO)
    assert offered.to.number == OSLO
    assert (ended.outcome, ended.by) == ("answered", "caller")
    assert at_work.relay.sessions == set()


def test_the_provider_hangs_up(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    carrier.answer()
    carrier.hang_up()
    assert anna.heard("BYE")
    assert at_work.told(CallEnded)[0].by == "callee"


def test_holding_and_pressing_keys_cross_to_the_provider(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    carrier.answer()
    anna.hold()
    assert any(b"a=sendonly" in request.body for request in invites(carrier))
    anna.request("INFO", [("Content-Type", "application/dtmf-relay")], b"Signal=5\r\nDuration=160\r\n")
    (info,) = carrier.heard("INFO")
    assert b"Signal=5" in info.body


@pytest.mark.parametrize(
    ("form", "dialled", "written"),
    [
        ("e164", "90000001", "+4790000001"),
        ("plain", "+4790000001", "4790000001"),
        ("national", "004790000001", "90000001"),
        ("00", "90000001", "004790000001"),
        ("national", "+4684650040", "004684650040"),
    ],
)
def test_each_trunk_gets_numbers_in_its_own_manner(
    at_work: Office, anna: Phone, form: str, dialled: str, written: str
) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(format=form))
    anna.call(dialled)
    assert asked(carrier).request_uri.user == written


# --- who calls


def test_the_trunks_number_is_shown(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    request = asked(carrier)
    assert request.from_.uri.user == MAIN
    assert [address.uri.user for address in request.asserted_identities] == [MAIN]
    assert not request.has("privacy")
    assert b"acme-anna" not in request.to_bytes()
    assert b"Berg" not in request.to_bytes()


def test_a_person_may_show_a_number_of_her_own(at_work: Office, bob: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(identity="from", format="plain"), people={"bob": {"shows": BOBS}})
    bob.call(OSLO)
    assert asked(carrier).from_.uri.user == BOBS[1:]
    assert not asked(carrier).has("p-asserted-identity")


@pytest.mark.parametrize(("dialled", "headers"), [("#31#90000001", []), ("*31*90000001", []), (OSLO, [("Privacy", "id")])])
def test_anna_calls_without_showing_her_number(
    at_work: Office, anna: Phone, carrier: Carrier, dialled: str, headers: list[tuple[str, str]]
) -> None:
    anna.call(dialled, uri=f"sip:{dialled.replace('#', '%23')}@192.0.2.1", headers=headers)
    request = asked(carrier)
    assert request.request_uri.user == OSLO
    assert str(request.from_.uri) == "sip:anonymous@anonymous.invalid"
    assert request.first("privacy") == "id"
    assert request.asserted_identities[0].uri.user == MAIN  # for the provider alone


# --- challenges


def test_the_provider_wants_credentials(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="t0psecret"))
    anna.call(OSLO)
    first = asked(carrier)
    assert not first.has("proxy-authorization")
    carrier.respond(407, headers=CHALLENGE)
    second = asked(carrier)
    assert (second.cseq.number, second.call_id, second.from_.tag) == (2, first.call_id, first.from_.tag)
    assert second.via.branch != first.via.branch
    assert 'username="acme"' in (second.first("proxy-authorization") or "")
    assert "t0psecret" not in second.to_bytes().decode()
    assert [ack.cseq.number for ack in carrier.heard("ACK")] == [1]
    carrier.answer()
    assert [ack.cseq.number for ack in carrier.heard("ACK")] == [1, 2]
    assert anna.statuses == [200]
    # ... and again for what comes within the talk
    anna.hold()
    assert len(invites(carrier)) == 3
    anna.hang_up()
    (bye,) = carrier.heard("BYE")
    assert bye.cseq.number == 4


def test_a_re_invite_and_a_bye_may_be_challenged_too(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="t0psecret"))
    anna.call(OSLO)
    carrier.answer()
    plain = carrier.change
    carrier.change = lambda request: (  # type: ignore[method-assign]
        plain(request) if request.has("proxy-authorization") else carrier.respond(407, headers=CHALLENGE, request=request)
    )
    anna.hold()
    assert [request.cseq.number for request in invites(carrier)] == [1, 2, 3]
    assert [ack.cseq.number for ack in carrier.heard("ACK")] == [1, 2, 3]
    assert at_work.calls[0].held_by == ("caller",)
    anna.hang_up()
    assert carrier.heard("BYE")[0].cseq.number == 4


def test_a_refused_secret_is_not_tried_for_ever(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="wrong"))
    anna.call(OSLO)
    carrier.respond(407, headers=CHALLENGE)
    carrier.respond(407, headers=CHALLENGE)
    assert len(invites(carrier)) == 2
    assert anna.statuses == [503]
    assert at_work.told(CallEnded)[0].end_reason == "the provider does not accept our login"


def test_a_stale_nonce_is_replaced(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="t0psecret"))
    anna.call(OSLO)
    carrier.respond(407, headers=CHALLENGE)
    carrier.respond(407, headers=[("Proxy-Authenticate", 'Digest realm="itsp.example", nonce="n2", qop="auth", stale=TRUE')])
    assert 'nonce="n2"' in (invites(carrier)[2].first("proxy-authorization") or "")


# --- what the provider says


@pytest.mark.parametrize(
    ("status", "heard", "outcome", "reason"),
    [
        (486, 486, "busy", "busy"),
        (600, 486, "busy", "busy"),
        (603, 603, "rejected", "declined"),
        (404, 404, "failed", "nobody has that number"),
        (604, 404, "failed", "nobody has that number"),
        (484, 484, "failed", "the number is not complete"),
        (480, 480, "missed", "the number cannot be reached"),
        (403, 403, "failed", "the provider does not carry that call"),
        (402, 403, "failed", "the provider does not carry that call"),
        (488, 488, "failed", "the provider has no codec in common with the phone"),
        (500, 503, "failed", "the provider reported an error"),
        (503, 503, "failed", "the provider cannot be reached"),
    ],
)
def test_a_refusal_is_told_in_plain_words(
    at_work: Office, anna: Phone, carrier: Carrier, status: int, heard: int, outcome: str, reason: str
) -> None:
    anna.call(OSLO)
    carrier.decline(status)
    assert anna.statuses == [heard]
    (ended,) = at_work.told(CallEnded)
    assert (ended.outcome, ended.end_reason) == (outcome, reason)


def test_the_announcement_of_the_network_is_heard_before_the_answer(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    carrier.respond(183, carrier.sdp)
    assert anna.heard(183)[0].body
    carrier.answer()
    assert anna.statuses == [183, 200]


def test_anna_gives_up(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    carrier.ring()
    anna.cancel()
    assert carrier.heard("CANCEL")
    assert anna.statuses == [180, 487]
    assert at_work.told(CallEnded)[0].outcome == "abandoned"


def test_nobody_answers_outside(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    carrier.ring()
    at_work.wait(121)
    assert anna.statuses == [180, 480]
    assert at_work.told(CallEnded)[0].end_reason == "no answer"


def test_a_redirection_stays_with_the_provider(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO)
    host, port = carrier.address
    carrier.respond(302, headers=[("Contact", f"<sip:4790000001@{host}:{port}>")], request=None)
    assert asked(carrier).request_uri.user == "4790000001"
    carrier.answer()
    assert anna.statuses == [200]


def test_a_redirection_to_somebody_else_is_not_followed(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    thief = Carrier(at_work, "203.0.113.66")
    anna.call(OSLO)
    carrier.respond(302, headers=[("Contact", f"<sip:{OSLO}@{thief.address[0]}:{thief.address[1]}>")])
    assert not thief.rings
    assert anna.statuses == [403]


# --- several trunks


def two(office: Office, **second: Any) -> tuple[Carrier, Carrier]:
    one, other = Carrier(office), Carrier(office, "203.0.113.20")
    open_lines(office, one.trunk(priority=1), other.trunk("backup", priority=2, **second))
    return one, other


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_trunk_in_trouble_is_passed_over(at_work: Office, anna: Phone, status: int) -> None:
    one, other = two(at_work)
    anna.call(OSLO)
    one.decline(status)
    assert other.rings
    other.answer()
    assert anna.statuses == [200]
    legs = [(event.leg, event.reason) for event in at_work.told(LegEnded)]
    assert [leg for leg, _ in legs] == ["b1"]
    assert [event.leg for event in at_work.told(LegOffered)] == ["b1", "b2"]


@pytest.mark.parametrize("status", [486, 404, 603, 480])
def test_what_a_trunk_says_of_the_number_holds_for_all(at_work: Office, anna: Phone, status: int) -> None:
    one, other = two(at_work)
    anna.call(OSLO)
    one.decline(status)
    assert not other.rings
    assert anna.statuses == [status]


def test_a_silent_trunk_is_passed_over_while_the_caller_still_waits(at_work: Office, anna: Phone) -> None:
    one, other = two(at_work)
    one.deaf = True
    anna.call(OSLO)
    at_work.wait(3.9)
    assert not other.rings
    at_work.wait(0.2)
    assert other.rings
    other.answer()
    assert anna.statuses == [200]
    one.deaf = False
    at_work.wait(40)  # what is still repeated to the silent one ends by itself
    assert len(at_work.calls) == 1


def test_a_trunk_that_wakes_up_too_late_is_told_to_stop(at_work: Office, anna: Phone) -> None:
    one, other = two(at_work)
    one.deaf = True
    anna.call(OSLO)
    at_work.wait(5)
    late = invites(one)[0]
    one.deaf = False
    one.respond(180, request=late)
    assert one.heard("CANCEL")
    other.answer()
    assert anna.statuses[-1] == 200


def test_a_trunk_that_picks_up_too_late_is_hung_up(at_work: Office, anna: Phone) -> None:
    one, other = two(at_work)
    one.deaf = True
    anna.call(OSLO)
    at_work.wait(5)
    other.answer()
    one.deaf = False
    one.respond(200, one.sdp, request=invites(one)[0])
    assert one.heard("ACK")
    assert one.heard("BYE")
    assert len(at_work.calls) == 1


def test_all_trunks_are_in_trouble(at_work: Office, anna: Phone) -> None:
    one, other = two(at_work)
    anna.call(OSLO)
    one.decline(503)
    other.decline(500)
    assert anna.statuses == [503]
    (ended,) = at_work.told(CallEnded)
    assert (ended.outcome, ended.end_reason) == ("failed", "the provider reported an error")


def test_a_trunk_that_cannot_be_reached_at_all(at_work: Office, anna: Phone) -> None:
    one, other = Carrier(at_work), Carrier(at_work, "203.0.113.20")
    open_lines(at_work, one.trunk(address="sip:203.0.113.99;transport=tcp"), other.trunk("backup"))
    anna.call(OSLO)
    at_work.wait(1)
    assert other.rings


def test_help_is_called_by_every_trunk_and_never_in_silence(at_work: Office, anna: Phone) -> None:
    one, other = two(at_work, format="national")
    anna.call("112", headers=[("Privacy", "id")])
    assert asked(one).request_uri.user == "112"
    assert asked(one).from_.uri.user == MAIN
    one.decline(503)
    assert asked(other).request_uri.user == "112"
    other.answer()
    assert anna.statuses == [200]


def test_two_companies_do_not_share_trunks(at_work: Office) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk())
    stranger = Phone(at_work, "beta-dora").register()
    stranger.call(OSLO)
    assert not carrier.rings
    assert stranger.statuses == [404]


def test_the_own_public_number_does_not_leave_the_house(at_work: Office, anna: Phone, bob: Phone, carrier: Carrier) -> None:
    anna.call(BOBS)
    assert bob.rings
    assert not carrier.rings
    assert at_work.told(CallStarted)[0].direction == "internal"


def test_every_answer_is_one_of_a_growing_cseq(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="t0psecret"))
    anna.call(OSLO)
    carrier.respond(407, headers=CHALLENGE)
    carrier.respond(422, headers=[("Min-SE", "3600")])
    third = asked(carrier)
    assert third.first("min-se") == "3600"
    assert all(one.cseq.number < other.cseq.number for one, other in pairwise(invites(carrier)))
    carrier.answer()
    assert anna.statuses == [200]


def test_what_is_no_number_at_all_stays_a_matter_of_the_house(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call("999")
    assert anna.statuses == [404]
    assert at_work.told(CallStarted)[0].direction == "internal"


@pytest.mark.parametrize("status", [503, 408])
def test_a_provider_with_two_servers_is_one_trunk(at_work: Office, anna: Phone, status: int) -> None:
    one, other, spare = Carrier(at_work), Carrier(at_work, "203.0.113.11"), Carrier(at_work, "203.0.113.20")
    servers = [Target("UDP", *one.address), Target("UDP", *other.address)]
    at_work.switch.trunks.locate = lambda uri, done: done(
        servers if uri.host == "itsp.example" else [Target("UDP", *spare.address)]
    )
    open_lines(at_work, one.trunk(address="sip:itsp.example", priority=1), spare.trunk("spare", priority=2))
    anna.call(OSLO)
    assert asked(one).request_uri.host == "itsp.example"
    if status == 503:
        one.decline(503)
    else:
        one.deaf = True
        at_work.wait(4.1)
    assert asked(other).call_id == invites(one)[0].call_id
    assert asked(other).cseq.number == 2
    other.answer()
    assert anna.statuses == [200]
    assert not spare.rings
    assert [event.leg for event in at_work.told(LegOffered)] == ["b1"]
    anna.hang_up()
    assert other.heard("BYE")


def test_a_talk_goes_on_at_the_machine_that_the_provider_names(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    gateway = Carrier(at_work, "203.0.113.99")
    anna.call(OSLO)
    carrier.own = gateway.address
    carrier.answer()
    assert gateway.heard("ACK")
    assert not carrier.heard("ACK")
    anna.hang_up()
    assert gateway.heard("BYE")


def test_a_private_address_behind_a_public_one_is_not_believed(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work, "8.8.8.8")
    open_lines(at_work, carrier.trunk())
    anna.call(OSLO)
    carrier.own = ("10.0.0.7", 5060)
    carrier.answer()
    assert carrier.heard("ACK")


def test_a_talk_outlives_the_killed_server_and_still_answers_challenges(at_work: Office, anna: Phone) -> None:
    carrier = Carrier(at_work)
    open_lines(at_work, carrier.trunk(login="acme", secret="t0psecret"))
    anna.call(OSLO)
    carrier.answer()
    at_work.kill()
    at_work.start()
    at_work.switch.trunks.start()
    carrier.says["BYE"], carrier.more = 407, CHALLENGE
    anna.hang_up()
    assert [request.has("proxy-authorization") for request in carrier.heard("BYE")][:2] == [False, True]
    assert at_work.told(CallEnded)[0].outcome == "answered"


def test_numbers_and_services_may_be_dialled_by_their_own_schemes(at_work: Office, anna: Phone, carrier: Carrier) -> None:
    anna.call(OSLO, uri="tel:+47-90-00-00-01")
    assert asked(carrier).request_uri.user == OSLO
    anna.cancel()
    anna.call("help", uri="urn:service:sos.ambulance")
    assert asked(carrier).request_uri.user == "112"


def test_no_limit_keeps_anybody_from_calling_for_help(tmp_path: Path) -> None:
    office = Office(tmp_path, limits=Limits(calls_of_phone=1, calls_of_tenant=1, starts_per_second=1))
    carrier = Carrier(office)
    open_lines(office, carrier.trunk())
    anna = Phone(office, "acme-anna").register()
    anna.call(OSLO)
    anna.call(OSLO)
    assert anna.statuses[-1] in (486, 503)
    anna.call("112", host="some.other.example")
    assert asked(carrier).request_uri.user == "112"
    office.close()


def test_a_provider_that_goes_wild_is_slowed(tmp_path: Path) -> None:
    office = Office(tmp_path, limits=Limits(starts_per_second=2))
    carrier = Carrier(office)
    open_lines(office, carrier.trunk())
    for _ in range(3):
        carrier.call(MAIN)
    assert carrier.heard(503)[0].first("retry-after") == "5"
    office.wait(2)
    before = len(carrier.heard(503))
    carrier.call(MAIN)
    assert len(carrier.heard(503)) == before
    office.close()
