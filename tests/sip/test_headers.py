"""Header values, one by one: what phones and trunks write, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.sip.errors import SipError
from svara.sip.headers import (
    CSeq,
    NameAddr,
    RAck,
    Reason,
    Replaces,
    SessionExpires,
    Via,
    parse_authorization,
    parse_cseq,
    parse_min_se,
    parse_name_addr,
    parse_privacy,
    parse_rack,
    parse_reason,
    parse_replaces,
    parse_rseq,
    parse_session_expires,
    parse_via,
)
from svara.sip.syntax import format_params, parse_params, split_list
from svara.sip.uri import Uri, parse_uri


def refused(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(SipError) as caught:
        read(text)
    assert caught.value.status == 400


def test_addresses_with_names() -> None:
    anna = parse_name_addr('"Anna \\"Bee\\" Berg"<sip:101@acme.test;user=phone>;tag=a1;x="y;z"')
    assert anna.display == 'Anna "Bee" Berg'
    assert anna.uri == Uri("sip", "101", None, "acme.test", None, {"user": "phone"})
    assert (anna.tag, anna.params["x"]) == ("a1", "y;z")
    assert str(anna) == '"Anna \\"Bee\\" Berg" <sip:101@acme.test;user=phone>;tag=a1;x="y;z"'
    assert parse_name_addr("Jūratė Ozola <sip:j@acme.test>").display == "Jūratė Ozola"
    assert parse_name_addr("  <sip:a@b> ; tag = 1 ").tag == "1"
    assert parse_name_addr("sip:a@b;tag=1").uri.params == {}
    assert parse_name_addr("sip:a@b;tag=1").tag == "1"
    assert parse_name_addr("<sip:a@b>").with_tag("t") == NameAddr("", parse_uri("sip:a@b"), {"tag": "t"})


@pytest.mark.parametrize(
    "text",
    [
        *("", "<>", "Anna", '"Anna" sip:a@b', '"Anna <sip:a@b>', "Berg, Anna <sip:a@b>", "<sip:a@b", "sip:a@b>"),
        *("<sip:a@b>x", "<sip:a@b>;", "<sip:a@b>;;tag=1", "<sip:a@b>;=1", "<sip:a@b>, <sip:c@d>", "sip:a@b?x=y"),
        *("<<sip:a@b>>", '<sip:a@b>;x="', "sip:a@b;x=\x00", '"\x00" x <sip:a@b>', "a\x00b <sip:a@b>"),
    ],
)
def test_what_is_no_address_with_a_name(text: str) -> None:
    refused(parse_name_addr, text)


def test_a_phone_says_how_long_and_how_much_it_wants_to_be_called() -> None:
    contact = parse_name_addr(
        '<sip:anna@192.0.2.7;ob>;q=0.7;expires=600;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
    )
    assert (contact.q, contact.expires, contact.reg_id) == (0.7, 600, 1)
    assert contact.instance == "urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF"
    assert contact.uri.params == {"ob": None}
    plain = parse_name_addr("<sip:anna@192.0.2.7>")
    assert (plain.q, plain.expires, plain.reg_id, plain.instance) == (1.0, None, None, None)
    assert parse_name_addr("<sip:a@b>;expires=99999999999999").expires == 2**32 - 1
    assert parse_name_addr("<sip:a@b>;expires=soon").expires == 3600
    for wrong in ("2", "1.5", "-1", "0.1234", "", "½"):
        refused(lambda text: parse_name_addr(text).q, f"<sip:a@b>;q={wrong}")
    for wrong in ("0", "-1", "x", "2147483648"):
        refused(lambda text: parse_name_addr(text).reg_id, f"<sip:a@b>;reg-id={wrong}")


def test_names_for_peoples_eyes() -> None:
    assert parse_name_addr('"Anna\\\x00 \u202eBerg" <sip:a@b>').name == "Anna\ufffd \ufffdBerg"
    assert parse_name_addr(f'"{"x" * 300}" <sip:a@b>').name == "x" * 128
    assert parse_name_addr('"Jūratė" <sip:a@b>').name == "Jūratė"
    assert parse_name_addr("anna@acme.test <sip:a@b>").name == "anna@acme.test", "no token, but some phones write it"


def test_via() -> None:
    via = parse_via("SIP/2.0/udp Pc33.Atlanta.com:5066;branch=z9hG4bK776;rport;received=[2001:db8::9]")
    assert via == Via("UDP", "pc33.atlanta.com", 5066, {"branch": "z9hG4bK776", "rport": None, "received": "[2001:db8::9]"})
    assert (via.branch, via.rport, via.received, via.sent_by) == ("z9hG4bK776", None, "2001:db8::9", "pc33.atlanta.com:5066")
    assert "rport" in via.params
    assert str(via) == "SIP/2.0/UDP pc33.atlanta.com:5066;branch=z9hG4bK776;rport;received=[2001:db8::9]"
    assert parse_via("SIP/2.0/UDP a;rport=5060").rport == 5060
    assert parse_via("SIP/2.0/UDP a;rport=x").rport is None
    assert parse_via("SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bK56sdasks").transport == "WSS"


@pytest.mark.parametrize("text", ["", "SIP/2.0/UDP", "SIP/2.0 a", "SIP/2.0/UDP a:", "SIP/2.0/UDP a:70000", "a/b/c d e"])
def test_what_is_no_via(text: str) -> None:
    refused(parse_via, text)
    refused(parse_via, text + ";;")


def test_cseq() -> None:
    assert parse_cseq("4711 INVITE") == CSeq(4711, "INVITE")
    assert parse_cseq(" 0009   INVITE ") == CSeq(9, "INVITE")
    assert parse_cseq("2147483647\tBYE").number == 2**31 - 1
    for wrong in ("2147483648 BYE", "-1 BYE", "BYE", "1", "1 B Y E", "1 BYE\x00", "+1 BYE", "١ BYE", "1" * 200 + " BYE"):
        refused(parse_cseq, wrong)


def test_reasons_for_the_end_of_a_call() -> None:
    elsewhere = parse_reason('SIP ;cause=200 ;text="Call completed elsewhere"')
    assert elsewhere == Reason("SIP", 200, "Call completed elsewhere")
    assert str(elsewhere) == 'SIP;cause=200;text="Call completed elsewhere"'
    assert parse_reason("Q.850;cause=16") == Reason("Q.850", 16)
    assert parse_reason("preemption;cause=x") == Reason("preemption", None)
    refused(parse_reason, "")
    refused(parse_reason, ";cause=1")


def test_replaces() -> None:
    """The examples of RFC 3891 6.1."""
    early = parse_replaces("98732@sip.example.com;from-tag=r33th4x0r;to-tag=ff87ff;early-only")
    assert early == Replaces("98732@sip.example.com", "ff87ff", "r33th4x0r", early_only=True)
    assert parse_replaces("12adf2f34456gs5;to-tag=12345;from-tag=54321;x=y").early_only is False
    assert parse_replaces(str(early)) == early
    for wrong in ("", "a;to-tag=1", "a;from-tag=1", ";to-tag=1;from-tag=2", "a b;to-tag=1;from-tag=2"):
        refused(parse_replaces, wrong)


def test_reliable_provisional_responses() -> None:
    assert parse_rack("776656 1 INVITE") == RAck(776656, 1, "INVITE")
    assert str(RAck(776656, 1, "INVITE")) == "776656 1 INVITE"
    assert parse_rseq("988789") == 988789
    for wrong in ("", "1 INVITE", "1 2 3 4", "a 1 INVITE", "4294967296 1 INVITE", "1 2147483648 INVITE", "1 1 IN/VITE"):
        refused(parse_rack, wrong)
    for wrong in ("", "0", "-1", "4294967296", "x"):
        refused(parse_rseq, wrong)


def test_session_timers() -> None:
    assert parse_session_expires("1800;refresher=uac") == SessionExpires(1800, "uac")
    assert parse_session_expires("4000 ; Refresher=UAS;x") == SessionExpires(4000, "uas")
    assert parse_session_expires("90;refresher=nobody") == SessionExpires(90)
    assert (str(SessionExpires(1800, "uas")), str(SessionExpires(90))) == ("1800;refresher=uas", "90")
    assert parse_min_se("60;x=y") == 60
    for wrong in ("", "x", "-1", "1.5", ";refresher=uac", "99999999999"):
        refused(parse_session_expires, wrong)
        refused(parse_min_se, wrong)


def test_privacy() -> None:
    assert parse_privacy("id; Critical") == {"id", "critical"}
    assert parse_privacy("none") == {"none"}
    refused(parse_privacy, "")
    refused(parse_privacy, "id;;x")


def test_credentials() -> None:
    """The example of RFC 3261 20.7 and 20.27."""
    assert parse_authorization(
        'Digest username="Alice", realm="atlanta.com",\t nonce="84a4cc6f3082121f32b42a2187831a9e",'
        ' response="7587245234b3434cc3412213e5f113a5432", Algorithm=MD5'
    ) == {
        "": "digest",
        "username": "Alice",
        "realm": "atlanta.com",
        "nonce": "84a4cc6f3082121f32b42a2187831a9e",
        "response": "7587245234b3434cc3412213e5f113a5432",
        "algorithm": "MD5",
    }
    assert parse_authorization('Digest realm="a, \\"b\\"",stale=FALSE')["realm"] == 'a, "b"'
    assert parse_authorization('qop=auth,rspauth="x"') == {"": "", "qop": "auth", "rspauth": "x"}
    for wrong in ("", "Digest a", 'Digest a="', "Digest a=b c=d", "Digest a=1,a=2", "Digest a=1, A=2", "Digest \x00=1"):
        refused(parse_authorization, wrong)


def test_lists() -> None:
    assert split_list("a, b ,,c") == ["a", "b", "c"]
    assert split_list('"Berg, Anna" <sip:a,b@c>, <sip:d>;x="1,2"') == ['"Berg, Anna" <sip:a,b@c>', '<sip:d>;x="1,2"']
    assert split_list('"\\",", "b"') == ['"\\","', '"b"']
    assert split_list("") == split_list(" , ,") == []
    for wrong in ('a, "b', "a, <b", '"a\\", b'):
        refused(split_list, wrong)


names = st.from_regex(r"[a-z0-9\-.!%*_+`'~]{1,10}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
all_params = st.dictionaries(names, st.none() | texts, max_size=4)


@given(all_params)
def test_any_parameters_survive_being_written(params: dict[str, str | None]) -> None:
    assert parse_params(format_params(params)) == params


@given(texts, all_params)
def test_any_name_survives_being_written(display: str, params: dict[str, str | None]) -> None:
    address = NameAddr(display, parse_uri("sip:a@b"), params)
    assert parse_name_addr(str(address)) == address


@given(st.lists(st.builds(NameAddr, texts, st.just(parse_uri("sip:a,b@c")), all_params), max_size=5))
def test_any_list_of_addresses_can_be_taken_apart(addresses: list[NameAddr]) -> None:
    assert [parse_name_addr(text) for text in split_list(", ".join(map(str, addresses)))] == addresses
