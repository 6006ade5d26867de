"""What a notifier reads and writes (RFC 6665, RFC 3842)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.sip.message import Request, SipError, new_request, parse
from svara.sip.notifier import accepts, active, event_of, granted_seconds, message_summary, terminated


def subscribe(*headers: tuple[str, str]) -> Request:
    base = [
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
        ("From", "<sip:bob@example.org>;tag=1"),
        ("To", "<sip:bob@example.org>"),
        ("Call-ID", "1"),
        ("CSeq", "1 SUBSCRIBE"),
    ]
    message = parse(new_request("SUBSCRIBE", "sip:bob@example.org", [*base, *headers]).to_bytes())
    assert isinstance(message, Request)
    return message


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (("Event", "message-summary"), ("message-summary", "message-summary")),
        (("o", "Message-Summary;id=5"), ("message-summary", "Message-Summary;id=5")),
        (("Event", " dialog ;sla"), ("dialog", "dialog ;sla")),
        (("Event", ""), ("", "")),
        (("Event", "é"), ("", "")),
        (("Event", "x" * 129), ("", "")),
        (("Subject", "none"), ("", "")),
    ],
)
def test_the_package_is_read(header: tuple[str, str], wanted: tuple[str, str]) -> None:
    assert event_of(subscribe(header)) == wanted


@pytest.mark.parametrize(("asked", "granted"), [("0", 0), ("60", 60), ("3600", 3600), ("999999", 7200)])
def test_the_time_is_granted_within_bounds(asked: str, granted: int) -> None:
    assert granted_seconds(subscribe(("Expires", asked))) == granted


def test_without_a_wish_it_is_an_hour_and_less_than_a_minute_is_too_brief() -> None:
    assert granted_seconds(subscribe()) == 3600
    with pytest.raises(SipError) as refused:
        granted_seconds(subscribe(("Expires", "59")))
    assert refused.value.status == 423


@pytest.mark.parametrize(
    ("accept", "fits"),
    [
        ((), True),
        (("application/simple-message-summary",), True),
        (("text/plain", "application/simple-message-summary;q=0.1"), True),
        (("application/pidf+xml, */*",), True),
        (("application/pidf+xml",), False),
    ],
)
def test_a_phone_says_what_it_takes(accept: tuple[str, ...], fits: bool) -> None:
    assert accepts(subscribe(*(("Accept", value) for value in accept)), "application/simple-message-summary") is fits


def test_states_and_bodies_are_written_as_the_standard_says() -> None:
    assert active(599.6) == "active;expires=600"
    assert active(-1) == "active;expires=0"
    assert terminated("timeout") == "terminated;reason=timeout"
    assert message_summary("sip:bob@example.org", 0, 3) == (
        b"Messages-Waiting: no\r\nMessage-Account: sip:bob@example.org\r\nVoice-Message: 0/3 (0/0)\r\n"
    )


@given(st.text(max_size=200))
def test_no_event_header_breaks_it(value: str) -> None:
    if "\r" in value or "\n" in value:
        return
    package, whole = event_of(subscribe(("Event", value)))
    assert package in whole.lower()
