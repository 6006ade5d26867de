"""Every message of RFC 4475 and RFC 5118, and what we say to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.sip.fixtures.rfc4475_invalid import INVALID
from tests.sip.fixtures.rfc4475_odd import ODD
from tests.sip.fixtures.rfc4475_valid import VALID
from tests.sip.fixtures.rfc5118 import IPV6

from svara.sip.message import Malformed, Request, Response, SipError, new_response, parse
from svara.sip.sdp import parse_sdp
from svara.sip.uri import parse_uri

EVERY = {**VALID, **INVALID, **ODD, **IPV6}


def request(name: str) -> Request:
    message = parse(EVERY[name])
    assert isinstance(message, Request), message
    return message


def response(name: str) -> Response:
    message = parse(EVERY[name])
    assert isinstance(message, Response), message
    return message


def refused(read: Callable[[], Any]) -> str:
    with pytest.raises(SipError) as caught:
        read()
    assert caught.value.status == 400
    return caught.value.reason


def test_all_are_here() -> None:
    assert (len(VALID), len(INVALID), len(ODD), len(IPV6)) == (13, 19, 17, 12)


# -- RFC 4475 3.1.1: valid


@pytest.mark.parametrize("name", VALID)
def test_a_valid_message_is_read_whole(name: str) -> None:
    message = parse(VALID[name])
    assert isinstance(message, Request | Response)
    assert message.call_id
    assert message.cseq.number >= 0
    assert message.from_.uri
    assert message.to.uri
    assert message.vias
    assert message.max_forwards is None or message.max_forwards >= 0
    assert isinstance(message.contacts, list)
    assert isinstance(message.routes, list)


@pytest.mark.parametrize("name", VALID)
def test_every_untouched_line_is_written_back_as_it_came(name: str) -> None:
    message = parse(VALID[name])
    assert isinstance(message, Request | Response)
    start, _, rest = VALID[name].partition(b"\r\n")
    head = rest.partition(b"\r\n\r\n")[0]
    written = message.to_bytes()
    assert written.startswith(start + b"\r\n")
    assert sorted(written.partition(b"\r\n")[2].partition(b"\r\n\r\n")[0].split(b"\r\n")) == sorted(head.split(b"\r\n"))
    again = parse(written)
    assert isinstance(again, Request | Response)
    assert again.body == message.body


def test_wsinv_folds_everything() -> None:
    invite = request("wsinv")
    assert invite.request_uri.params == {"unknownparam": None}
    assert (invite.to.uri.user, invite.to.uri.params, invite.to.tag) == ("vivekg", {}, "1918181833n")
    assert (invite.from_.display, invite.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert invite.max_forwards == 68
    assert (invite.cseq.number, invite.cseq.method) == (9, "INVITE")
    assert [(via.transport, via.host, via.branch) for via in invite.vias] == [
        ("UDP", "192.0.2.2", "390skdjuw"),
        ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
        ("UDP", "192.168.255.111", "z9hG4bK30239"),
    ]
    assert invite.first("subject") == ""
    assert invite.first("newfangledheader") == "newfangled value continued newfangled value"
    assert invite.all("UnknownHeaderWithUnusualValue") == [";;,,;;,;"]
    assert invite.routes[0].uri.params == {"lr": None, "unknownwith": "value", "unknown-no-value": None}
    contact = invite.contacts[0]
    assert (contact.display, contact.q) == ('Quoted string ""', 0.33)
    assert contact.params == {"newparam": "newvalue", "secondparam": None, "q": "0.33"}
    assert len(invite.body) == 150
    assert parse_sdp(invite.body).media[0].port == 49217


def test_intmeth_uses_every_character() -> None:
    odd = request("intmeth")
    assert odd.method == "!interesting-Method0123456789_*+`.%indeed'~"
    assert odd.request_uri.user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
    assert odd.request_uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
    assert odd.via.branch == "z9hG4bK-.!%66*_+`'~"
    assert odd.to.display == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert odd.from_.display == "token1~` token2'+_ token3*%!.-"
    assert odd.from_.params["fromparam''~+*_!.-%"] == "работающий"
    assert odd.from_.tag == "_token~1'+`*%!-."
    assert odd.call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert odd.first("extensionheader-!.%*+_`'~") == "\ufeff大停電"


def test_esc01_escapes_are_equal_to_what_they_stand_for() -> None:
    invite = request("esc01")
    assert (invite.request_uri.user, invite.request_uri.host) == ("sips:user@example.com", "example.net")
    assert str(invite.request_uri) == "sip:sips%3Auser%40example.com@example.net"
    assert invite.to.uri.user == "user"
    assert (invite.from_.uri.user, invite.from_.tag) == ("I have spaces", "938")
    assert invite.contacts[0].uri.user == "caller"
    assert str(invite.contacts[0].uri) == "sip:caller@host5.example.net;lr;name=value%2541"
    assert invite.contacts[0].uri.params == {"lr": None, "name": "value%41"}


def test_escnull_names_are_not_cut_at_a_null() -> None:
    register = request("escnull")
    assert register.to.uri.user == "null-\x00-null"
    one, two = register.contacts
    assert (one.uri.user, two.uri.user) == ("\x00", "\x00\x00")
    assert not one.uri.matches(two.uri)
    assert str(two) == "<sip:%00%00@host5.example.com>"


def test_esc02_percent_is_no_escape_in_methods_and_names() -> None:
    odd = request("esc02")
    assert (odd.method, odd.cseq.method) == ("RE%47IST%45R", "RE%47IST%45R")
    assert odd.from_.display == "%Z%45"
    assert [contact.uri.user for contact in odd.contacts] == ["alias1", "alias3"]
    assert odd.first("c%6fntact") == "<sip:alias2@host2.example.com>"


def test_lwsdisp_no_space_before_the_bracket() -> None:
    assert (request("lwsdisp").from_.display, request("lwsdisp").from_.tag) == ("caller", "323")


def test_longreq_long_values() -> None:
    invite = request("longreq")
    assert invite.to.display.count("extreme") == 10
    assert (invite.to.uri.port, len(invite.to.uri.params)) == (6000, 3)
    assert invite.from_.tag == "12" + "982" * 50 + "424"
    vias = invite.vias
    assert len(vias) == 34
    assert [via.host for via in vias[:33]] == [f"sip{number}.example.com" for number in range(33, 0, -1)]
    assert vias[33].received == "192.0.2.5"


def test_dblreq_what_follows_in_the_datagram_is_ignored() -> None:
    register = request("dblreq")
    assert (register.method, register.body, register.call_id) == (
        "REGISTER",
        b"",
        "dblreq.0ha0isndaksdj99sdfafnl3lk233412",
    )


def test_semiuri_semicolons_before_the_at_sign_belong_to_the_user() -> None:
    uri = request("semiuri").request_uri
    assert (uri.user, uri.host, uri.params) == ("user;par=u@example.net", "example.com", {})
    assert len(request("semiuri").all("accept")) == 6


def test_transports_unknown_ones_are_read() -> None:
    assert [via.transport for via in request("transports").vias] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_mpart01_a_binary_body_is_left_alone() -> None:
    message = request("mpart01")
    assert message.content_type == "multipart/mixed"
    assert len(message.body) == 553
    assert message.body.endswith(b"\xd0\x05\r\n--7a9cbec02ceef655--\r\n")


def test_unreason_and_noreason() -> None:
    assert response("unreason").reason == "= 2**3 * 5**2 но сто девяносто девять - простое"
    assert (response("noreason").status, response("noreason").reason) == (100, "")


# -- RFC 4475 3.1.2: invalid


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("clerr", 400, "Content-Length exceeds the body"),
        ("ncl", 400, "Malformed Content-Length"),
        ("scalar02", 400, "CSeq number out of range"),
        ("ltgtruri", 400, "Malformed request line"),
        ("lwsruri", 400, "Malformed request line"),
        ("lwsstart", 400, "Malformed request line"),
        ("trws", 400, "Malformed request line"),
        ("badvers", 505, "Version not supported"),
        ("mismatch01", 400, "CSeq names another method"),
        ("mismatch02", 400, "CSeq names another method"),
        ("insuf", 400, "Missing mandatory header"),
        ("multi01", 400, "Header came twice"),
        ("mcl01", 400, "Header came twice"),
    ],
)
def test_a_broken_request_is_answered_with_what_is_wrong(name: str, status: int, reason: str) -> None:
    broken = parse(EVERY[name])
    assert isinstance(broken, Malformed)
    assert (broken.status, broken.reason) == (status, reason)
    assert broken.request is not None
    sent = parse(EVERY[name].replace(b"SIP/7.0", b"SIP/2.0"))
    answer = new_response(broken.request, broken.status, broken.reason, to_tag="t").to_bytes()
    assert answer.startswith(f"SIP/2.0 {status} {reason}\r\nVia: ".encode())
    assert answer.endswith(b"\r\nContent-Length: 0\r\n\r\n")
    assert answer.count(b"\r\nVia:") == 1
    assert sent is not None


@pytest.mark.parametrize("name", ["badinv01", "scalarlg", "bigcode"])
def test_a_broken_response_or_a_way_back_that_cannot_be_read_is_dropped(name: str) -> None:
    broken = parse(EVERY[name])
    assert isinstance(broken, Malformed)
    assert (broken.status, broken.request) == (0, None)


def test_quotbal_a_name_whose_quotes_do_not_close() -> None:
    assert refused(lambda: request("quotbal").to) == "Malformed address"
    answer = new_response(request("quotbal"), 400, to_tag="t")
    assert b'\r\nTo: "Mr. J. User <sip:j.user@example.com>;tag=t\r\n' in answer.to_bytes()


def test_escruri_headers_in_the_request_uri() -> None:
    assert refused(lambda: request("escruri").request_uri) == "Request-URI holds headers"


def test_baddate_a_date_is_nothing_we_act_on() -> None:
    assert request("baddate").first("date") == "Fri, 01 Jan 2010 16:00:00 EST"
    assert request("baddate").contacts


def test_regbadct_headers_without_brackets_could_be_anyones() -> None:
    assert refused(lambda: request("regbadct").contacts) == "Malformed address"


def test_badaspec_spaces_in_an_address() -> None:
    assert request("badaspec").from_.display == "Bell, Alexander"
    assert refused(lambda: request("badaspec").to) == "Malformed URI"


def test_baddn_a_comma_outside_of_quotes() -> None:
    assert refused(lambda: request("baddn").from_) == "Malformed address"
    assert refused(lambda: request("baddn").to) == "Malformed address"


# -- RFC 4475 3.2 to 3.4: what the layers above decide on


def test_badbranch_says_that_there_is_no_transaction_in_it() -> None:
    assert request("badbranch").via.branch == "z9hG4bK"


def test_schemes_that_nobody_knows() -> None:
    assert request("unkscm").request_uri.scheme == "nobodyknowsthisscheme"
    assert not request("unkscm").request_uri.is_sip
    assert str(request("novelsc").request_uri) == "soap.beep://192.0.2.103:3002"
    register = request("unksm2")
    assert [address.uri.scheme for address in (register.to, register.from_, *register.contacts)] == ["isbn", "http", "name"]
    assert register.from_.tag == "3234233"


def test_bext01_extensions_that_nobody_supports() -> None:
    options = request("bext01")
    assert options.require == {"nothingsupportsthis", "nothingsupportsthiseither"}
    assert options.proxy_require == {"noproxiessupportthis", "nordoanyproxiessupportthis"}


def test_invut_an_unknown_body() -> None:
    assert (request("invut").content_type, len(request("invut").body)) == ("application/unknownformat", 40)


def test_regaut01_an_unknown_way_to_authenticate() -> None:
    from svara.sip.headers import parse_authorization

    credentials = parse_authorization(request("regaut01").first("authorization") or "")
    assert credentials == {"": "nooneknowsthisscheme", "opaque-data": "here"}


def test_multi01_the_answer_repeats_nothing() -> None:
    broken = parse(ODD["multi01"])
    assert isinstance(broken, Malformed)
    assert broken.request is not None
    answer = new_response(broken.request, 400).to_bytes()
    assert answer.count(b"CSeq:") == answer.count(b"From:") == answer.count(b"To:") == answer.count(b"Call-ID:") == 1


def test_bcast_a_way_back_to_everybody_is_only_read() -> None:
    assert [via.host for via in response("bcast").vias] == ["192.0.2.198", "255.255.255.255"]


def test_zeromf() -> None:
    assert request("zeromf").max_forwards == 0


def test_a_parameter_belongs_to_the_header_or_to_the_address() -> None:
    outside, inside = request("cparam01").contacts[0], request("cparam02").contacts[0]
    assert (outside.params, outside.uri.params) == ({"unknownparam": None}, {})
    assert (inside.params, inside.uri.params) == ({}, {"unknownparam": None})
    assert outside.uri.user == inside.uri.user == "+19725552222"


def test_regescrt_headers_in_a_contact() -> None:
    assert request("regescrt").contacts[0].uri.headers == "Route=%3Csip:sip.example.com%3E"


def test_sdp01_asks_for_what_nobody_has() -> None:
    assert request("sdp01").all("accept") == ["text/nobodyKnowsThis"]


def test_inv2543_an_invite_of_the_last_century() -> None:
    invite = request("inv2543")
    assert (invite.from_.tag, invite.via.branch, invite.max_forwards) == (None, None, None)
    assert invite.to.params == {"user": "phone"}
    assert invite.record_routes[0].uri.params == {"maddr": "ss1.example.com"}
    assert len(invite.body) == 105
    assert b"Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>" in new_response(invite, 180).to_bytes()


# -- RFC 5118


def test_ipv6_addresses_in_uris() -> None:
    assert request("ipv6-good").request_uri.host == "2001:db8::10"
    assert request("ipv6-good").via.sent_by == "[2001:db8::9:1]"
    assert request("ipv6-good").contacts[0].uri.host == "2001:db8::1"
    assert refused(lambda: request("ipv6-bad").request_uri) == "Malformed URI"
    assert (request("port-ambiguous").request_uri.host, request("port-ambiguous").request_uri.port) == (
        "2001:db8::10:5070",
        None,
    )
    assert (request("port-unambiguous").request_uri.host, request("port-unambiguous").request_uri.port) == (
        "2001:db8::10",
        5070,
    )


def test_received_with_and_without_brackets() -> None:
    assert request("via-received-param-with-delim").via.received == "2001:db8::9:255"
    assert request("via-received-param-no-delim").via.received == "2001:db8::9:255"


def test_ipv6_in_session_descriptions() -> None:
    sdp = parse_sdp(request("ipv6-in-sdp").body)
    assert (sdp.origin.address_type, sdp.origin.address, sdp.connection) == ("IP6", "2001:db8::20", "2001:db8::20")
    mixed = parse_sdp(request("mult-ip-in-sdp").body)
    assert [media.connection for media in mixed.media] == ["192.0.2.1", "2001:db8::1"]
    assert mixed.name == ""


def test_several_address_families_in_one_message() -> None:
    assert [(via.transport, via.host, via.port, via.received) for via in request("mult-ip-in-header").vias] == [
        ("UDP", "2001:db8::9:1", 6050, None),
        ("UDP", "192.0.2.1", None, None),
        ("TCP", "2001:db8::9:255", None, "192.0.2.200"),
    ]


def test_ipv4_in_ipv6() -> None:
    invite = request("ipv4-mapped-ipv6")
    assert [(via.host, via.port) for via in invite.vias] == [("::ffff:192.0.2.10", 19823), ("::ffff:192.0.2.2", None)]
    assert str(invite.contacts[0]) == '"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>'


def test_three_colons_are_a_fault_of_the_grammar_and_mean_two() -> None:
    bug, correct = request("ipv6-bug-abnf-3-colons"), request("ipv6-correct-abnf-2-colons")
    assert bug.request_uri == correct.request_uri
    assert bug.to.uri.host == "2001:db8::c000:201"
    assert bug.to_bytes() == IPV6["ipv6-bug-abnf-3-colons"]
    with pytest.raises(SipError):
        parse_uri("sip:user@[2001:db8:::1]")
