"""Anna and Bob are in a call: what each of their requests must carry (RFC 3261 12)."""

from __future__ import annotations

import msgspec
import pytest
from tests.sip.net import request_bytes

from svara.sip.dialog import Dialog, DialogState, dialog_id
from svara.sip.headers import parse_replaces
from svara.sip.message import Request, Response, SipError, new_response, parse


def received(data: bytes) -> Request:
    request = parse(data)
    assert isinstance(request, Request)
    return request


@pytest.fixture
def invite() -> Request:
    return received(request_bytes(extra=("Record-Route: <sip:p2;lr>, <sip:p1;lr>",)))


@pytest.fixture
def called(invite: Request) -> Dialog:
    return Dialog.uas(invite, "bob-tag", "sip:bob@198.51.100.1", "udp/1")


@pytest.fixture
def calling(invite: Request) -> Dialog:
    return Dialog.uac(invite, answer(invite, 200), "sip:anna@192.0.2.10:5060", "udp/2")


def answer(request: Request, status: int, *, tag: str = "bob-tag", contact: str = "<sip:bob@192.0.2.20>") -> Response:
    return new_response(request, status, headers=[("Contact", contact)] if contact else [], to_tag=tag)


def test_the_called_side_speaks_back_along_the_recorded_route(called: Dialog) -> None:
    sent = called.new_request("BYE")
    sent.set("Via", "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bK1")
    bye = received(sent.to_bytes())
    assert bye.uri == "sip:anna@192.0.2.10:5060"
    assert [str(one.uri) for one in bye.routes] == ["sip:p2;lr", "sip:p1;lr"]
    assert (bye.from_.tag, bye.to.tag, bye.call_id) == ("bob-tag", "anna-tag", "call-1@anna")
    assert bye.to.display == "Anna Berg"
    assert not bye.has("contact")


def test_the_calling_side_goes_the_other_way_round(calling: Dialog) -> None:
    bye = calling.new_request("BYE")
    assert [str(one.uri) for one in bye.routes] == ["sip:p1;lr", "sip:p2;lr"]
    assert bye.uri == "sip:bob@192.0.2.20"
    assert (bye.from_.tag, bye.to.tag) == ("anna-tag", "bob-tag")
    assert calling.next_hop == "sip:p1;lr"


def test_requests_count_up_and_the_ack_has_its_invites_number(calling: Dialog) -> None:
    numbers = [calling.new_request(method).cseq.number for method in ("INFO", "INVITE")]
    assert numbers == [2, 3]
    ack = calling.new_ack(3, headers=[("Authorization", 'Digest username="anna"')])
    assert (ack.cseq.number, ack.cseq.method, ack.first("authorization")) == (3, "ACK", 'Digest username="anna"')
    assert calling.new_request("BYE").cseq.number == 4


def test_a_strict_router_gets_the_address_in_the_request_line(invite: Request) -> None:
    invite.set("Record-Route", "<sip:old@p1>")
    bye = Dialog.uas(invite, "bob-tag", "sip:bob@x", "f").new_request("BYE")
    assert bye.uri == "sip:old@p1"
    assert [str(one.uri) for one in bye.routes] == ["sip:anna@192.0.2.10:5060"]


def test_requests_that_refresh_the_target_carry_our_contact(called: Dialog) -> None:
    assert str(called.new_request("INVITE").contacts[0].uri) == "sip:bob@198.51.100.1"
    assert str(called.new_request("UPDATE").contacts[0].uri) == "sip:bob@198.51.100.1"


def test_what_comes_out_of_order_is_not_accepted(called: Dialog) -> None:
    assert called.accepts(received(request_bytes("INFO", cseq=5)))
    assert not called.accepts(received(request_bytes("INFO", cseq=5)))
    assert not called.accepts(received(request_bytes("BYE", cseq=4)))
    assert called.accepts(received(request_bytes("ACK", cseq=1)))
    assert called.accepts(received(request_bytes("BYE", cseq=6)))


def test_the_phone_moves_during_the_call(called: Dialog) -> None:
    called.refresh_target(received(request_bytes(cseq=2).replace(b"anna@192.0.2.10:5060>\r\n", b"anna@192.0.2.99>\r\n")))
    assert called.new_request("BYE").uri == "sip:anna@192.0.2.99"


def test_forked_ringing_makes_two_early_dialogs_and_the_answer_settles_one(invite: Request) -> None:
    desk = Dialog.uac(invite, answer(invite, 180, tag="desk"), "sip:anna@x", "f")
    mobile = Dialog.uac(invite, answer(invite, 180, tag="mobile", contact=""), "sip:anna@x", "f")
    assert desk.id != mobile.id
    assert not mobile.confirmed
    final = answer(invite, 200, tag="mobile", contact="<sip:bob@192.0.2.33>")
    final.set("Record-Route", "<sip:p9;lr>")
    mobile.confirm(final)
    assert mobile.confirmed
    assert (mobile.remote_target, mobile.route_set) == ("sip:bob@192.0.2.33", ("<sip:p9;lr>",))


def test_a_request_finds_its_dialog(called: Dialog) -> None:
    assert dialog_id(received(request_bytes("BYE", to_tag="bob-tag"))) == called.id
    assert dialog_id(received(request_bytes())) is None


def test_replaces_names_the_dialog_from_our_side(called: Dialog) -> None:
    assert called.matches_replaces(parse_replaces("call-1@anna;to-tag=bob-tag;from-tag=anna-tag"))
    assert called.matches_replaces(parse_replaces("call-1@anna;to-tag=bob-tag;from-tag=anna-tag;early-only"))
    assert not called.matches_replaces(parse_replaces("call-1@anna;to-tag=anna-tag;from-tag=bob-tag"))
    called.confirmed = True
    assert not called.matches_replaces(parse_replaces("call-1@anna;to-tag=bob-tag;from-tag=anna-tag;early-only"))


def test_a_restarted_process_goes_on_where_the_old_one_was(called: Dialog) -> None:
    called.new_request("INFO")
    called.accepts(received(request_bytes("INFO", cseq=7)))
    stored = msgspec.msgpack.encode(called.encode())
    assert len(stored) < 300
    again = Dialog.decode(msgspec.msgpack.decode(stored, type=DialogState))
    assert again.id == called.id
    assert again.new_request("BYE").to_bytes() == called.new_request("BYE").to_bytes()
    assert not again.accepts(received(request_bytes("INFO", cseq=7)))


@pytest.mark.parametrize("contact", ["", "<tel:+47>", "<sip:a@x>, <sip:b@x>"])
def test_a_call_without_a_usable_contact_is_refused(invite: Request, contact: str) -> None:
    invite.remove("contact")
    if contact:
        invite.set("Contact", contact)
    with pytest.raises(SipError, match="400"):
        Dialog.uas(invite, "t", "sip:bob@x", "f")
