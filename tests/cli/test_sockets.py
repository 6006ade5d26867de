"""Addresses as people type them, and what they are told when one cannot be used."""

from __future__ import annotations

import socket

import pytest

from svara.cli.sockets import Address, AddressError, address_of, bind_sip, bind_tcp, names_of, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("[::1]:0", Address("::1", 0)),
        ("localhost:5060", Address("localhost", 5060)),
    ],
)
def test_an_address(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text", ["8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "h:65536", "::1:8080", "h:-1", ""]
)
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AddressError, match=r"8080"):
        parse_address(text)


def test_sip_gets_one_port_for_udp_and_tcp() -> None:
    udp, tcp = bind_sip(Address("127.0.0.1", 0))
    with udp, tcp:
        assert address_of(udp) == address_of(tcp)
        assert (udp.type, tcp.type) == (socket.SOCK_DGRAM, socket.SOCK_STREAM)


def test_a_port_in_use_is_said_with_the_option_to_change() -> None:
    with bind_tcp(Address("127.0.0.1", 0), "--http") as first:
        port = address_of(first).port
        with pytest.raises(AddressError, match=f"--http: TCP port {port} of 127.0.0.1 is in use"):
            bind_tcp(Address("127.0.0.1", port), "--http")
        with pytest.raises(AddressError, match=f"--sip: TCP port {port} of 127.0.0.1 is in use"):
            bind_sip(Address("127.0.0.1", port))


def test_somebody_elses_address_is_said_to_be_so() -> None:
    with pytest.raises(AddressError, match=r"192\.0\.2\.1 is not an address of this machine"):
        bind_tcp(Address("192.0.2.1", 0), "--http")
    with pytest.raises(AddressError, match=r"the host 'no-such-host.invalid' is not known"):
        bind_tcp(Address("no-such-host.invalid", 0), "--http")


def test_browsers_may_use_the_names_of_the_address_that_was_given() -> None:
    assert names_of(Address("192.0.2.7", 8080)) == ["localhost", "127.0.0.1", "[::1]", "192.0.2.7"]
    assert names_of(Address("2001:db8::7", 8080)) == ["localhost", "127.0.0.1", "[::1]", "[2001:db8::7]"]
    assert names_of(Address("127.0.0.1", 8080)) == ["localhost", "127.0.0.1", "[::1]"]
    assert socket.gethostname().lower() in names_of(Address("0.0.0.0", 8080))
