"""Anna's phones register, move, vanish and come back (RFC 3261 10, RFC 5626, RFC 3327)."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import msgspec
import pytest
from tests.keys import keys_in
from tests.sip.net import FakeFlow

from svara.clock import VirtualClock
from svara.sip.bindings import BindingStore
from svara.sip.message import Request, parse
from svara.sip.registrar import RegisterAnswer, Registrar, RegistrarPolicy, flow_to
from svara.sip.transport import Flow, FlowError, Target


class Office:
    """A registrar whose restarts a test can order."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.path = folder / "registrations"
        self.changes: list[tuple[str, int]] = []
        self.cseq = 0
        self.restart()

    def restart(self) -> None:
        """As after kill -9: nothing is closed or flushed."""
        self.registrar = Registrar(
            self.clock,
            BindingStore(self.path, keys_in(self.path.parent)),
            on_change=lambda login, count: self.changes.append((login, count)),
        )

    def register(
        self,
        *contacts: str,
        flow: Flow | None = None,
        call_id: str = "c1",
        cseq: int | None = None,
        extra: tuple[str, ...] = (),
    ) -> RegisterAnswer:
        self.cseq += 1
        lines = [
            "REGISTER sip:svara.test SIP/2.0",
            "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK1",
            "From: <sip:acme-anna@svara.test>;tag=1",
            "To: <sip:acme-anna@svara.test>",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq or self.cseq} REGISTER",
            "User-Agent: Desk/1",
            *(f"Contact: {contact}" for contact in contacts),
            *extra,
        ]
        request = parse(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert isinstance(request, Request)
        return self.registrar.register(request, flow or FakeFlow(), "acme-anna")

    def contacts(self) -> list[str]:
        return [binding.contact for binding in self.registrar.bindings("acme-anna")]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def header(answer: RegisterAnswer, name: str) -> list[str]:
    return [value for key, value in answer.headers if key == name]


DESK = "<sip:anna@192.0.2.10:5060>"


def test_a_phone_registers_and_its_answer_says_for_how_long(office: Office) -> None:
    answer = office.register(DESK, extra=("Expires: 600",))
    assert answer.status == 200
    assert header(answer, "Contact") == ["<sip:anna@192.0.2.10:5060>;expires=600"]
    assert header(answer, "Date")
    assert office.contacts() == ["sip:anna@192.0.2.10:5060"]
    assert office.changes == [("acme-anna", 1)]


def test_a_registration_ends_by_itself_to_the_second_and_presence_hears_of_it(office: Office) -> None:
    office.register(DESK, extra=("Expires: 600",))
    office.clock.advance(300)
    office.register(DESK, extra=("Expires: 600",))
    office.clock.advance(599)
    assert office.contacts()
    office.clock.advance(1)
    assert office.contacts() == []
    assert office.changes == [("acme-anna", 1), ("acme-anna", 0)]
    assert office.clock.pending == 0


def test_asking_changes_nothing(office: Office) -> None:
    office.register(DESK)
    answer = office.register()
    assert header(answer, "Contact") == ["<sip:anna@192.0.2.10:5060>;expires=3600"]


def test_signing_off_one_phone_and_all(office: Office) -> None:
    office.register(DESK, "<sip:anna@192.0.2.11>")
    office.register(f"{DESK};expires=0")
    assert office.contacts() == ["sip:anna@192.0.2.11"]
    assert office.register("*").status == 400
    assert office.register("*", extra=("Expires: 0",)).status == 200
    assert office.contacts() == []
    assert [count for _, count in office.changes] == [2, 1, 0]


def test_too_short_is_refused_whole(office: Office) -> None:
    answer = office.register("<sip:anna@192.0.2.11>", f"{DESK};expires=10")
    assert (answer.status, header(answer, "Min-Expires")) == (423, ["60"])
    assert office.contacts() == []


def test_too_long_is_shortened(office: Office) -> None:
    assert header(office.register(f"{DESK};expires=999999"), "Contact") == ["<sip:anna@192.0.2.10:5060>;expires=7200"]


def test_an_older_request_of_the_same_phone_changes_nothing(office: Office) -> None:
    office.register(DESK, cseq=10)
    assert office.register(f"{DESK};expires=0", cseq=9).status == 500
    assert office.register("*", cseq=9, extra=("Expires: 0",)).status == 500
    assert office.contacts()
    assert office.register(f"{DESK};expires=0", cseq=1, call_id="after-a-reboot").status == 200


def test_equal_addresses_are_one_contact(office: Office) -> None:
    office.register("<sip:anna@192.0.2.10;x=1>")
    office.register("<SIP:anna@192.0.2.10>")
    assert len(office.contacts()) == 1


def test_the_preferred_phone_comes_first(office: Office) -> None:
    office.register("<sip:a@192.0.2.11>;q=0.3", "<sip:b@192.0.2.12>;q=0.9", "<sip:c@192.0.2.13>;q=0.5")
    assert office.contacts() == ["sip:b@192.0.2.12", "sip:c@192.0.2.13", "sip:a@192.0.2.11"]


def test_the_eleventh_phone_takes_the_place_of_the_oldest(office: Office) -> None:
    for number in range(11):
        office.register(f"<sip:anna@192.0.2.{number + 20}>")
        office.clock.advance(1)
    assert len(office.contacts()) == 10
    assert "sip:anna@192.0.2.20" not in office.contacts()


@pytest.mark.parametrize("contact", ["<tel:+4721000000>", "<mailto:anna@acme.test>", "<sip:anna@192.0.2.10>;reg-id=0"])
def test_contacts_that_cannot_be(office: Office, contact: str) -> None:
    assert office.register(contact, extra=("Supported: outbound",)).status in (200, 400)
    assert all(one.startswith("sip:") for one in office.contacts())


class TestConnections:
    def test_a_browser_that_closes_is_gone_at_once(self, office: Office) -> None:
        browser = FakeFlow("WSS", ("203.0.113.5", 40000))
        office.register("<sip:x7@a1.invalid;transport=ws>", flow=browser)
        browser.close()
        assert office.contacts() == []
        assert office.changes == [("acme-anna", 1), ("acme-anna", 0)]

    def test_a_tcp_phone_behind_address_translation_goes_with_its_connection(self, office: Office) -> None:
        phone = FakeFlow("TCP", ("203.0.113.5", 40000))
        office.register("<sip:anna@192.168.1.5:5060;transport=tcp>", flow=phone)
        phone.close()
        assert office.contacts() == []

    def test_a_tcp_phone_that_can_be_connected_to_stays(self, office: Office) -> None:
        phone = FakeFlow("TCP", ("192.0.2.10", 40000))
        office.register("<sip:anna@192.0.2.10:5066;transport=tcp>", flow=phone)
        phone.close()
        (binding,) = office.registrar.bindings("acme-anna")
        assert (binding.flow_id, binding.target) == ("", Target("TCP", "192.0.2.10", 5066))

    def test_a_phone_that_came_back_on_a_new_connection_does_not_go_with_the_old_one(self, office: Office) -> None:
        old, new = FakeFlow("TCP", ("203.0.113.5", 40000)), FakeFlow("TCP", ("203.0.113.5", 40001))
        office.register("<sip:anna@192.168.1.5;transport=tcp>", flow=old)
        office.register("<sip:anna@192.168.1.5;transport=tcp>", flow=new)
        old.close()
        assert len(office.contacts()) == 1

    def test_a_udp_phone_that_sends_from_another_port_than_it_listens_on(self, office: Office) -> None:
        office.register("<sip:anna@192.0.2.10:5062>", flow=FakeFlow("UDP", ("192.0.2.10", 49152)))
        (binding,) = office.registrar.bindings("acme-anna")
        assert binding.flow_id == "udp/192.0.2.10/5062"


class TestOutbound:
    def test_one_device_with_two_flows_rings_once_on_the_freshest(self, office: Office) -> None:
        device = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'
        extra = ("Supported: path, outbound",)
        first = FakeFlow("TCP", ("203.0.113.5", 1))
        second = FakeFlow("TCP", ("203.0.113.5", 2))
        answer = office.register(f"<sip:anna@10.0.0.1;transport=tcp>;reg-id=1;{device}", flow=first, extra=extra)
        assert header(answer, "Require") == ["outbound"]
        assert header(answer, "Flow-Timer")
        office.clock.advance(1)
        office.register(f"<sip:anna@10.0.0.1;transport=tcp>;reg-id=2;{device}", flow=second, extra=extra)
        assert len(office.registrar.all_bindings("acme-anna")) == 2
        assert [one.flow_id for one in office.registrar.bindings("acme-anna")] == [second.id]
        second.close()
        assert [one.flow_id for one in office.registrar.bindings("acme-anna")] == [first.id]

    def test_a_device_with_a_new_address_replaces_its_old_one(self, office: Office) -> None:
        device = '+sip.instance="<urn:uuid:1>"'
        office.register(f"<sip:anna@192.0.2.10>;{device}")
        office.register(f"<sip:anna@192.0.2.77>;{device}", call_id="c2")
        assert office.contacts() == ["sip:anna@192.0.2.77"]

    def test_a_first_hop_that_knows_nothing_of_outbound(self, office: Office) -> None:
        extra = ("Supported: outbound", "Via: SIP/2.0/UDP 192.168.1.5;branch=z9hG4bKfar", "Path: <sip:edge;lr>")
        assert office.register('<sip:a@10.0.0.1>;reg-id=1;+sip.instance="<urn:uuid:1>"', extra=extra).status == 439

    def test_path_is_kept_and_returned(self, office: Office) -> None:
        answer = office.register(DESK, extra=("Path: <sip:edge1;lr>, <sip:edge2;lr>", "Supported: path"))
        assert header(answer, "Path") == ["<sip:edge1;lr>", "<sip:edge2;lr>"]
        assert office.registrar.bindings("acme-anna")[0].path == ("<sip:edge1;lr>", "<sip:edge2;lr>")


_REGISTERS_FOREVER = """
import pathlib, sys
from svara.sip.bindings import Binding, BindingStore
from tests.keys import keys_in
place = pathlib.Path(sys.argv[1])
store = BindingStore(place, keys_in(place.parent), compact_above_bytes=10_000)
for number in range(1_000_000):
    made = Binding("sip:a@x", "udp/1", "UDP", ("192.0.2.1", 1), (), 1e12, 1000, None, None, "", "c", number, 0.0, True)
    store.put(f"login-{number}", (made,))
    print(number, flush=True)
"""


class TestRestart:
    def test_udp_phones_are_still_there_and_browsers_are_not(self, office: Office) -> None:
        office.register(DESK)
        office.register("<sip:x7@a1.invalid;transport=ws>", flow=FakeFlow("WS", ("203.0.113.5", 1)), call_id="c2")
        office.register("<sip:anna@192.0.2.30;transport=tcp>", flow=FakeFlow("TCP", ("192.0.2.30", 9)), call_id="c3")
        office.restart()
        assert sorted(office.contacts()) == ["sip:anna@192.0.2.10:5060", "sip:anna@192.0.2.30;transport=tcp"]
        assert office.registrar.registered() == {"acme-anna": 2}
        office.clock.advance(3600)
        assert office.contacts() == []

    def test_what_expired_meanwhile_is_gone(self, office: Office) -> None:
        office.register(DESK, extra=("Expires: 60",))
        office.clock._now += 61  # nobody runs, time passes
        office.restart()
        assert office.contacts() == []

    def test_torn_at_any_byte_the_file_still_gives_what_was_whole(self, office: Office, tmp_path: Path) -> None:
        office.register(DESK)
        whole = office.path.stat().st_size
        office.register("<sip:anna@192.0.2.11>")
        data = office.path.read_bytes()
        for size in range(len(data) + 1):
            torn = tmp_path / "torn" / "registrations"
            torn.parent.mkdir(exist_ok=True)
            shutil.copytree(tmp_path / "keys", torn.parent / "keys", dirs_exist_ok=True)
            torn.write_bytes(data[:size])
            store = BindingStore(torn, keys_in(torn.parent))
            assert len(store.get("acme-anna")) == (0 if size < whole else 1 if size < len(data) else 2)
            store.close()

    def test_killed_in_the_middle_of_it_nothing_that_was_answered_is_lost(self, tmp_path: Path) -> None:
        path = tmp_path / "killed"
        with subprocess.Popen(
            [sys.executable, "-c", _REGISTERS_FOREVER, str(path)],
            stdout=subprocess.PIPE,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process:
            assert process.stdout is not None
            answered = [int(process.stdout.readline()) for _ in range(300)][-1]
            process.kill()
            rest = process.stdout.read().split(b"\n")[:-1]
        answered = int(rest[-1]) if rest else answered
        store = BindingStore(path, keys_in(tmp_path))
        assert [store.get(f"login-{number}") for number in range(answered + 1)].count(()) == 0
        store.close()

    def test_a_damaged_file_is_read_up_to_the_damage(self, office: Office) -> None:
        office.register(DESK)
        whole = office.path.stat().st_size
        office.register("<sip:anna@192.0.2.11>")
        data = bytearray(office.path.read_bytes())
        data[whole + 20] ^= 0xFF
        office.path.write_bytes(data)
        office.restart()
        assert len(office.contacts()) == 1

    def test_the_file_stays_small_and_whole_whenever_the_process_dies(self, tmp_path: Path) -> None:
        path = tmp_path / "registrations"
        store = BindingStore(path, keys_in(tmp_path), compact_above_bytes=20_000)
        clock = VirtualClock()
        registrar = Registrar(clock, store, policy=RegistrarPolicy())
        flow = FakeFlow()
        largest = 0
        for number in range(3_000):
            login = f"login-{number % 100}"
            lines = [
                "REGISTER sip:x SIP/2.0",
                f"Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK{number}",
                "From: <sip:a@x>;tag=1",
                "To: <sip:a@x>",
                f"Call-ID: {login}",
                f"CSeq: {number} REGISTER",
                f"Contact: <sip:{login}@192.0.2.10>",
            ]
            request = parse(("\r\n".join(lines) + "\r\n\r\n").encode())
            assert isinstance(request, Request)
            registrar.register(request, flow, login)
            largest = max(largest, path.stat().st_size)
            if number % 500 == 499:
                # What another process would read now, in the middle of whatever goes on.
                copy = tmp_path / f"copy-{number}"
                copy.mkdir()
                shutil.copytree(tmp_path / "keys", copy / "keys")
                for file in tmp_path.glob("registrations*"):
                    (copy / file.name).write_bytes(file.read_bytes())
                again = BindingStore(copy / "registrations", keys_in(copy))
                assert len(again.logins()) == 100
                assert all(again.get(one) == store.get(one) for one in again.logins())
                again.close()
        assert largest < 150_000


def test_calling_a_registered_phone(office: Office) -> None:
    class Ways:
        def __init__(self) -> None:
            self.flow = FakeFlow()
            self.connected: list[Target] = []

        def flow_by_id(self, flow_id: str) -> Flow | None:
            return self.flow if flow_id == self.flow.id else None

        def flow_for(self, target: Target, done: object, *, size: int = 0) -> None:
            self.connected.append(target)

    ways = Ways()
    office.register(DESK, flow=ways.flow)
    found: list[Flow | FlowError] = []
    flow_to(office.registrar.bindings("acme-anna")[0], ways, found.append)  # type: ignore[arg-type]
    assert found == [ways.flow]
    office.register("<sip:anna@192.0.2.40:5070;transport=tcp>", flow=FakeFlow("TCP", ("192.0.2.40", 3)), call_id="c2")
    office.restart()
    for binding in office.registrar.bindings("acme-anna"):
        flow_to(binding, ways, found.append)  # type: ignore[arg-type]
    assert ways.connected == [Target("TCP", "192.0.2.40", 5070)]

    def test_nothing_of_a_phone_is_on_the_disk_in_clear(self, office: Office) -> None:
        office.register(DESK)
        content = office.path.read_bytes()
        assert len(content) > 100
        assert not [word for word in (b"acme-anna", b"192.0.2.10", b"sip:") if word in content]

    def test_what_an_earlier_version_left_in_clear_is_read_and_sealed_at_the_next_start(self, office: Office) -> None:
        office.register(DESK)
        [binding] = office.registrar.all_bindings("acme-anna")
        body = msgspec.msgpack.encode(("acme-anna", (binding,)))
        frame = struct.pack("<II", len(body), zlib.crc32(body)) + body
        office.path.write_bytes(frame + frame[:-3])  # the last one was torn
        office.restart()
        assert office.contacts() == ["sip:anna@192.0.2.10:5060"]
        assert b"acme-anna" not in office.path.read_bytes()
        office.restart()
        assert office.contacts() == ["sip:anna@192.0.2.10:5060"]

    def test_without_the_key_phones_register_in_memory_and_those_of_before_are_back_when_it_comes(
        self, office: Office
    ) -> None:
        office.register(DESK)
        before = office.path.read_bytes()
        store = BindingStore(office.path)
        changes: list[tuple[str, int]] = []
        registrar = Registrar(office.clock, store, on_change=lambda login, count: changes.append((login, count)))
        assert registrar.registered() == {}
        [binding] = office.registrar.all_bindings("acme-anna")
        store.put("acme-bob", (binding,))
        assert office.path.read_bytes() == before
        registrar.unlock(keys_in(office.path.parent))
        assert registrar.registered() == {"acme-anna": 1, "acme-bob": 1}
        assert changes == [("acme-anna", 1)]
        office.restart()
        assert office.registrar.registered() == {"acme-anna": 1, "acme-bob": 1}

    def test_a_start_destroys_the_key_of_the_file_before(self, office: Office) -> None:
        office.register(DESK)
        keys = keys_in(office.path.parent)
        [before] = keys.names()
        office.restart()
        [now] = keys.names()
        assert now != before
