"""Addresses: what people dial, what phones register, and the comparison rules of RFC 3261 19.1.4."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from svara.sip.errors import SipError
from svara.sip.syntax import parse_ipv6
from svara.sip.uri import Uri, parse_uri


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sip:alice@atlanta.com", Uri("sip", "alice", None, "atlanta.com", None)),
        (
            "sip:alice:secretword@atlanta.com;transport=tcp",
            Uri("sip", "alice", "secretword", "atlanta.com", None, {"transport": "tcp"}),
        ),
        (
            "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
            Uri("sips", "alice", None, "atlanta.com", None, {}, "subject=project%20x&priority=urgent"),
        ),
        (
            "sip:+1-212-555-1212:1234@gateway.com;user=phone",
            Uri("sip", "+1-212-555-1212", "1234", "gateway.com", None, {"user": "phone"}),
        ),
        ("sips:1212@gateway.com", Uri("sips", "1212", None, "gateway.com", None)),
        ("sip:alice@192.0.2.4", Uri("sip", "alice", None, "192.0.2.4", None)),
        (
            "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
            Uri("sip", None, None, "atlanta.com", None, {"method": "REGISTER"}, "to=alice%40atlanta.com"),
        ),
        ("sip:alice;day=tuesday@atlanta.com", Uri("sip", "alice;day=tuesday", None, "atlanta.com", None)),
        ("SIP:*55#@Acme.Test:5061;LR", Uri("sip", "*55#", None, "acme.test", 5061, {"lr": None})),
        ("sip:[2001:DB8::1]:5070", Uri("sip", None, None, "2001:db8::1", 5070)),
        ("tel:+47-21-00-00-00;ext=12", Uri("tel", "+47-21-00-00-00", None, "", None, {"ext": "12"})),
        ("urn:service:sos", Uri("urn", "service:sos", None, "", None)),
        ("sip:j%C3%BCrgen@acme.test", Uri("sip", "jürgen", None, "acme.test", None)),
        ("sip:a@my_docker_host", Uri("sip", "a", None, "my_docker_host", None)),
    ],
)
def test_the_parts_of_an_address(text: str, expected: Uri) -> None:
    uri = parse_uri(text)
    assert uri == expected
    assert parse_uri(str(uri)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "sip:", "sip:@", "sip:a@", "alice", "alice@acme.test", ":a", "sip:a@b:", "sip:a@b:99999", "sip:a@b:x"),
        *("sip:a b@c", "sip:a@b c", "sip:a@b;", "sip:a@b;;x", "sip:a@b@c", "sip:a@[::1", "sip:a@::1", "sip:a@[1.2.3]"),
        *("sip:a%@b", "sip:a%4@b", "sip:a%ff@b", "sip:a@b\r\n", "sip:a@b\x00", "<sip:a@b>", 'sip:"a"@b', "tel:", "tel:;x"),
        *("1a:b", "sip:a@b;x=?y?z", "sip:-"),
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(SipError) as caught:
        parse_uri(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        ("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",) * 2,
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
        ("sip:a@[2001:db8:0:0:0:0:0:1]", "sip:a@[2001:DB8::1]"),
        ("tel:+4721000000", "TEL:+4721000000"),
    ],
)
def test_equal_addresses(one: str, other: str) -> None:
    """The examples of RFC 3261 19.1.4."""
    assert parse_uri(one).matches(parse_uri(other))
    assert parse_uri(other).matches(parse_uri(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:a@b", "sips:a@b"),
        ("sip:a@b", "sip:a:@b"),
        ("sip:b", "sip:@b"),
        ("sip:a@b;maddr=1.2.3.4", "sip:a@b"),
        ("sip:a@b", "tel:a"),
    ],
)
def test_different_addresses(one: str, other: str) -> None:
    """The examples of RFC 3261 19.1.4."""
    assert not parse_uri(one).matches(parse_uri(other))
    assert not parse_uri(other).matches(parse_uri(one))


def test_addresses_can_be_keys() -> None:
    assert {parse_uri("sip:a@b;lr"): 1}[parse_uri("sip:a@B;LR")] == 1


hosts = (
    st.from_regex(r"[a-z0-9][a-z0-9.\-]{0,20}", fullmatch=True)
    | st.ip_addresses(v=4).map(str)
    | st.ip_addresses(v=6).map(lambda address: parse_ipv6(str(address)))  # versions of Python write some differently
)
names = st.from_regex(r"[a-z0-9\-_]{1,10}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=15)
uris = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=texts,
    password=st.none() | texts,
    host=hosts,
    port=st.none() | st.integers(0, 65535),
    params=st.dictionaries(names, st.none() | texts, max_size=3),
    headers=st.sampled_from(["", "a=b", "to=sip:b%40c&x=y"]),
)


@given(uris)
@example(Uri("sip", "\x00\r\n@;?%", "x:/?;", "b", None, {"a": "\r\n;=,@?", "b": "", "c": None}))
def test_any_address_survives_being_written(uri: Uri) -> None:
    text = str(uri)
    assert "\r" not in text
    assert "\n" not in text
    assert " " not in text
    again = parse_uri(text)
    assert again == uri
    assert again.matches(uri)
    assert str(again) == text


@given(st.text(max_size=60) | st.text(max_size=60).map("sip:a@b;".__add__))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    try:
        uri = parse_uri(text)
    except SipError:
        return
    assert parse_uri(str(uri)) == uri
