"""Addresses, ports, certificates and trunks: what is well, and what the doctor says where it is not."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from tests.cli.doctor.certificates import certificate, written
from tests.cli.doctor.patients import health, patient, serving, states

from svara.calls.commands import TrunkState
from svara.cli.doctor import network
from svara.people.office import Trunk

OWN = ["10.0.0.5", "127.0.0.1"]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sip", "set_to", "trunks", "state", "words"),
    [
        ("10.0.0.5:5060", {}, False, "ok", "phones are told: SIP at 10.0.0.5, sound at 10.0.0.5"),
        ("127.0.0.1:5060", {}, False, "warning", "from this machine alone"),
        ("10.0.0.5:5060", {}, True, "warning", "only private addresses are told"),
        (
            "10.0.0.5:5060",
            {"SVARA_MEDIA_ADDRESS": "10.0.0.9"},
            False,
            "fault",
            "10.0.0.9, which is no address",
        ),
        ("10.0.0.5:5060", {"SVARA_MEDIA_ADDRESS": "phone.acme.test"}, False, "fault", "names no IP addresses"),
        ("10.0.0.5:5060", {"SVARA_SIP_ADDRESS": "203.0.113.7"}, True, "warning", "but the sound is offered at 10.0.0.5"),
        (
            "10.0.0.5:5060",
            {"SVARA_SIP_ADDRESS": "203.0.113.7", "SVARA_MEDIA_ADDRESS": "10.0.0.5!203.0.113.7"},
            True,
            "ok",
            "SIP at 203.0.113.7, sound at 203.0.113.7",
        ),
    ],
)
def test_addresses_that_phones_are_told(sip: str, set_to: dict[str, str], trunks: bool, state: str, words: str) -> None:
    [found] = network.reachable(sip, set_to, OWN, has_trunks=trunks)
    assert (found.state, words in found.found) == (state, True), found


def test_behind_a_router_the_advice_is_the_setting() -> None:
    [found] = network.reachable("10.0.0.5:5060", {"SVARA_SIP_ADDRESS": "203.0.113.7"}, OWN, has_trunks=False)
    assert "SVARA_MEDIA_ADDRESS=10.0.0.5!203.0.113.7" in found.advice


@pytest.mark.parametrize(
    ("ours", "ephemeral", "used", "state", "words"),
    [
        ((20_000, 30_000), (32_768, 60_999), 12, "ok", "12 of 10001 in use"),
        ((20_000, 20_039), (32_768, 60_999), 0, "warning", "10 talks at one time"),
        ((30_000, 40_000), (32_768, 60_999), 0, "warning", "hands out ports 32768-60999"),
        ((20_000, 21_000), (32_768, 60_999), 950, "fault", "new calls get none"),
    ],
)
def test_ports_for_sound(ours: tuple[int, int], ephemeral: tuple[int, int], used: int, state: str, words: str) -> None:
    bound = [ours[0] + number for number in range(used)] + [53, 5060]
    [found] = network.ranged(ours, ephemeral, bound)
    assert (found.state, words in found.found) == (state, True), found


def test_a_machine_without_a_relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "taken", lambda _hosts: [])
    assert states(network.ports(patient(tmp_path, serving=serving()))) == ["fault"]


@pytest.mark.parametrize(
    ("days", "names", "wanted", "stale", "state", "words"),
    [
        (90, ["phone.acme.test"], ["phone.acme.test"], "", "ok", "valid until 2027-02-20, for phone.acme.test"),
        (90, ["*.acme.test"], ["phone.acme.test"], "", "ok", "for *.acme.test"),
        (90, ["*.acme.test"], ["a.b.acme.test"], "", "warning", "is not for a.b.acme.test"),
        (90, ["phone.acme.test"], ["sip.acme.test"], "", "warning", "is not for sip.acme.test, but for phone.acme.test"),
        (5, ["phone.acme.test"], [], "", "warning", "expires on 2026-11-27, in 5 days"),
        (-1, ["phone.acme.test"], [], "", "fault", "has expired on 2026-11-21"),
        (90, ["phone.acme.test"], [], "/etc/cert.pem", "warning", "it was renewed, and the office does not know yet"),
    ],
)
def test_a_certificate(days: int, names: list[str], wanted: list[str], stale: str, state: str, words: str) -> None:
    shown = certificate(names, NOW - timedelta(days=30), NOW + timedelta(days=days))[0]
    found = network.shown_certificate(shown, wanted, NOW, stale, "SIP over TLS")
    assert (found.state, words in found.found) == (state, True), found


def test_a_certificate_of_the_future_and_one_without_names() -> None:
    shown = certificate([], NOW + timedelta(days=1), NOW + timedelta(days=90))[0]
    assert network.shown_certificate(shown, [], NOW, "", "").state == "fault"
    assert network.names_of(shown) == []
    assert isinstance(shown, x509.Certificate)


def test_what_is_shown_is_what_a_phone_sees(tmp_path: Path) -> None:
    file, key = written(
        tmp_path, certificate(["phone.acme.test"], datetime.now(UTC), datetime.now(UTC) + timedelta(days=99))
    )
    renewed, _ = written(tmp_path / "new", certificate(["phone.acme.test"], datetime.now(UTC), datetime.now(UTC)))

    async def story() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, key)
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        office = serving(tls=f"127.0.0.1:{port}")

        async def seen(**settings: str) -> str:
            [found] = await network.certificates(patient(tmp_path, serving=office, settings=settings))
            return f"{found.state}: {found.found}"

        assert (await seen(SVARA_TLS_CERT=str(file))).startswith("ok: valid until")
        assert "which is" not in await seen()
        assert "another certificate than the one that is shown" in await seen(SVARA_TLS_CERT=str(renewed))
        assert "is not for sip.acme.test" in await seen(SVARA_SIP_HOSTS="sip.acme.test")
        assert "cannot be read" in await seen(SVARA_TLS_CERT=str(tmp_path / "none.pem"))
        server.close()
        await server.wait_closed()
        assert "does not answer with TLS" in await seen()
        assert states(await network.certificates(patient(tmp_path, serving=serving()))) == ["none"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("state", "not_found", "expected"),
    [
        ("up", "", "ok"),
        ("unknown", "", "ok"),
        ("down", "", "fault"),
        ("unregistered", "", "fault"),
        ("up", "no server was found", "fault"),
    ],
)
def test_trunks(state: str, not_found: str, expected: str) -> None:
    told = TrunkState("t", "1", "itsp", state, "the login is refused")  # type: ignore[arg-type]
    found = network.trunk_state(told, not_found, "acme, itsp")
    assert (found.state, found.of) == (expected, "acme, itsp")
    if expected == "fault":
        assert found.advice
        assert ("the login is refused" in found.found) != bool(not_found)
    assert network.trunk_state(None, "", "acme, itsp").state == "warning"


def test_the_name_of_a_provider_is_looked_up() -> None:
    async def story() -> None:
        assert await network._located(Trunk("1", "itsp", "sip:127.0.0.1:5090")) == ""
        assert await network._located(Trunk("1", "itsp", "nonsense"))
        invented = await network._located(Trunk("1", "itsp", "sip:carrier.example"))
        assert network.trunk_state(None, invented, "acme, itsp").state == "warning"

    asyncio.run(story())


def test_an_office_without_trunks(tmp_path: Path) -> None:
    assert states(asyncio.run(network.trunks(patient(tmp_path, health=health())))) == ["none"]
