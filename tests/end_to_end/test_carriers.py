"""A company with its main number at two carriers, which are SIPp: calls come in and go out, and one carrier fails."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers import sipp
from tests.peers.linphone import Linphone
from tests.peers.ports import free_port
from tests.peers.server import ANNA, BOB, DAG, Svara, office_file
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

MAIN, SECOND, BETAS = "+4721000000", "+4721000002", "+4722000000"
OSLO = "+4790000001"


class Company:
    """Acme and Beta at one Svara; `main` and `spare` are the ports of the carriers."""

    def __init__(self, svara: Svara) -> None:
        self.svara = svara
        self.main, self.spare = free_port(), free_port()

    def open(
        self,
        *,
        queues: list[dict[str, Any]] | None = None,
        numbers: list[dict[str, Any]] | None = None,
        people: dict[str, dict[str, Any]] | None = None,
        **more: Any,
    ) -> None:
        """Acme with both carriers; `people` adds to persons, `more` goes into the trunk to the first."""
        office = json.loads(office_file((ANNA, BOB)))
        office["people"] = [person | (people or {}).get(person["username"], {}) for person in office["people"]]
        plain = {"match": ["127.0.0.1"], "probe": 0}
        office["trunks"] = [
            {"name": "main", "address": f"sip:127.0.0.1:{self.main}", "format": "plain", "priority": 1, **plain, **more},
            {"name": "spare", "address": f"sip:127.0.0.1:{self.spare}", "priority": 2, **plain},
        ]
        office["queues"] = queues or []
        office["numbers"] = numbers or [
            {"number": MAIN, "trunk": "main", "to": "person:anna"},
            {"number": SECOND, "trunk": "spare", "to": "person:bob"},
        ]
        office["outbound"] = [{"prefix": "+", "trunk": "main"}, {"prefix": "+", "trunk": "spare"}]
        self.svara.apply(json.dumps(office))

    def record(self) -> dict[str, Any]:
        (record,) = self.svara.wait_records(1)
        return record


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara((ANNA, BOB)) as svara:
        beta = json.loads(office_file((DAG,), "beta"))
        beta["trunks"] = [{"name": "theirs", "address": "sip:127.0.0.1:9", "match": ["127.0.0.1"], "probe": 0}]
        beta["numbers"] = [{"number": BETAS, "trunk": "theirs", "to": "person:dag"}]
        svara.apply(json.dumps(beta))
        yield svara


@pytest.fixture
def acme(running: Svara) -> Company:
    running.mark()
    company = Company(running)
    company.open()
    return company


@pytest.fixture
def anna(acme: Company, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, acme.svara.account("anna-desk"), tone_hz=660) as phone:
        yield phone


def header(message: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def click(svara: Svara, wish: dict[str, str]) -> None:
    """Anna asks for a call on a page."""
    asked = urllib.request.Request(f"http://{svara.http}/api/v1/calls", json.dumps(wish).encode(), method="POST")
    asked.add_header("Authorization", f"Bearer {svara.run('token', 'anna').strip()}")
    asked.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(asked, timeout=5) as answer:
        assert answer.status == 202


@pytest.mark.claim("PHO-4")
def test_a_customer_calls_the_main_number_and_talks_with_anna(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    number = MAIN.removeprefix("+")
    with Sipp(
        tmp_path, "carrier", acme.svara.sip, login="4790000001", name="Kari Nordmann", target=number, port=acme.main,
        talk_seconds=4,
    ) as customer:  # fmt: skip
        anna.wait_state("incoming")
        anna.answer()
        anna.wait_state("talking")
        anna.wait_to_hear(660)  # the customer hears her, and sends back what comes
        outcome = customer.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    record = acme.record()
    assert (record["direction"], record["from"], record["answered_by"]) == ("inbound", OSLO, "anna")
    assert record["outcome"] == "answered"


@pytest.mark.claim("PHO-4")
def test_a_customer_calls_the_main_number_and_the_queue_finds_an_agent(
    acme: Company, anna: Linphone, tmp_path: Path
) -> None:
    acme.open(
        queues=[{"name": "support", "members": ["anna"]}],
        numbers=[{"number": MAIN, "trunk": "main", "to": "queue:support"}],
    )
    with Sipp(tmp_path, "carrier", acme.svara.sip, login=OSLO, target=MAIN, port=acme.main, talk_seconds=3) as customer:
        anna.wait_state("incoming")
        anna.answer()
        anna.wait_to_hear(660)
        outcome = customer.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    record = acme.record()
    assert (record["direction"], record["queue"], record["answered_by"]) == ("inbound", "support", "anna")
    assert [offer["answered"] for offer in record["offers"]] == [True]


@pytest.mark.parametrize("how", ["blind", "attended"])
def test_a_customer_of_the_queue_is_sent_on_to_bob(acme: Company, anna: Linphone, tmp_path: Path, how: str) -> None:
    """The carrier's side of the call stays where it is; one record tells the whole way."""
    acme.open(
        queues=[{"name": "support", "members": ["anna"]}],
        numbers=[{"number": MAIN, "trunk": "main", "to": "queue:support"}],
    )
    with (
        Linphone(tmp_path, acme.svara.account("bob-desk"), tone_hz=1150) as bob,
        Sipp(
            tmp_path, "customer", acme.svara.sip, login=OSLO, name="Kari", target=MAIN, port=acme.main, timeout_seconds=90
        ) as customer,
    ):
        anna.wait_state("incoming")
        anna.answer()
        anna.wait_to_hear(660)  # the customer hears her, and sends back what comes
        if how == "blind":
            anna.transfer("102")
            bob.wait_state("incoming")
            bob.answer()
        else:
            anna.hold()
            anna.wait_state("held")
            anna.dial("102")
            bob.wait_state("incoming")
            bob.answer()
            bob.wait_to_hear(660)
            anna.put_together()
        bob.wait_to_hear(1150)
        anna.wait_state("idle")
        bob.hangup()
        outcome = customer.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    through = next(one for one in acme.svara.wait_records(1 if how == "blind" else 2) if one["end_reason"] != "transferred")
    assert (through["direction"], through["from"], through["queue"]) == ("inbound", OSLO, "support")
    assert [(one["by_person"], one["how"]) for one in through["transfers"]] == [("anna", how)]
    assert [leg["person"] for leg in through["legs"] if leg["answered_at"]] == ["anna", "bob"]


def test_the_number_decides_whose_call_it_is(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    with Linphone(tmp_path, acme.svara.account("dag-desk"), tone_hz=550) as dag:
        with Sipp(tmp_path, "carrier_cancel", acme.svara.sip, login=OSLO, target=BETAS, ring_seconds=1) as customer:
            dag.wait_state("incoming")
            assert anna.state == "idle"
            outcome = customer.wait()
        dag.wait_state("idle")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert acme.svara.records() == []  # the other company's record is not Acme's
    stranger = sipp.run(tmp_path, "carrier", acme.svara.sip, login=OSLO, target="+4721009999", timeout_seconds=5)
    assert (stranger.successful, stranger.failed) == (0, 1)
    assert "404" in stranger.errors


def test_a_customer_gives_up(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    with Sipp(
        tmp_path, "carrier_cancel", acme.svara.sip, login="4790000001", target="21000000", port=acme.main, ring_seconds=1
    ) as customer:
        anna.wait_state("incoming")
        outcome = customer.wait()
        anna.wait_state("idle")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert acme.record()["outcome"] == "abandoned"


@pytest.mark.claim("PHO-4")
def test_anna_calls_out_by_a_carrier_that_wants_credentials(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    acme.open(login="acme", secret="t0psecret")
    with Sipp(tmp_path, "proved", acme.svara.sip, login="acme", secret="t0psecret", port=acme.main) as carrier:
        anna.dial("90000001")
        anna.wait_state("talking")
        anna.wait_to_hear(660)  # the carrier sends back what it gets
        anna.hangup()
        outcome = carrier.wait()
        invite = carrier.requests("INVITE")[-1]
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert invite.startswith("INVITE sip:4790000001@127.0.0.1:")
    assert "sip:4721000000@" in header(invite, "From")
    assert "sip:4721000000@" in header(invite, "P-Asserted-Identity")
    assert "anna" not in invite.lower()
    record = acme.record()
    assert (record["direction"], record["to"], record["outcome"]) == ("outbound", OSLO, "answered")


def test_a_carrier_in_trouble_is_passed_over(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    with (
        Sipp(tmp_path, "broken", acme.svara.sip, login="main", port=acme.main) as broken,
        Sipp(tmp_path, "answer", acme.svara.sip, login="spare", port=acme.spare) as spare,
    ):
        anna.dial(OSLO)
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        anna.hangup()
        assert broken.wait().successful == 1
        outcome = spare.wait()
        assert spare.requests("INVITE")[0].startswith(f"INVITE sip:{OSLO}@127.0.0.1:")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert acme.record()["outcome"] == "answered"


def test_a_carrier_that_speaks_tcp(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    acme.open(address=f"sip:127.0.0.1:{acme.main};transport=tcp")
    with Sipp(tmp_path, "answer", acme.svara.sip, login="main", port=acme.main, transport="tcp") as carrier:
        anna.dial(OSLO)
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        anna.hangup()
        outcome = carrier.wait()
        (invite,) = carrier.requests("INVITE")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert header(invite, "Via").startswith("SIP/2.0/TCP ")
    with Sipp(
        tmp_path, "carrier_cancel", acme.svara.sip, login=OSLO[1:], target=MAIN[1:], transport="tcp", ring_seconds=1
    ) as customer:
        anna.wait_state("incoming")
        outcome = customer.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors


def test_a_silent_carrier_is_passed_over(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", acme.main))
        with Sipp(tmp_path, "answer", acme.svara.sip, login="spare", port=acme.spare) as spare:
            anna.dial(OSLO)
            anna.wait_state("talking", timeout_seconds=12)
            anna.hangup()
            outcome = spare.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors


def test_anna_gives_up_before_anybody_answers_outside(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    with Sipp(tmp_path, "ring", acme.svara.sip, login="main", port=acme.main) as carrier:
        anna.dial(OSLO)
        anna.wait_state("ringing")
        anna.hangup()
        outcome = carrier.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert acme.record()["outcome"] == "abandoned"


def test_a_number_hidden_for_one_call(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    with Sipp(tmp_path, "answer", acme.svara.sip, login="main", port=acme.main) as carrier:
        anna.dial("*31*90000001")
        anna.wait_state("talking")
        anna.hangup()
        carrier.wait()
        (invite,) = carrier.requests("INVITE")
    assert "anonymous.invalid" in header(invite, "From")
    assert header(invite, "Privacy") == "id"
    assert MAIN[1:] in header(invite, "P-Asserted-Identity")


def test_anna_clicks_on_a_number_outside(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    svara = acme.svara
    with Sipp(tmp_path, "answer", svara.sip, login="main", port=acme.main) as carrier:
        click(svara, {"from": "anna", "to": "90000001"})
        anna.wait_state("incoming")
        anna.answer()
        anna.wait_to_hear(660)
        anna.hangup()
        outcome = carrier.wait()
        (invite,) = carrier.requests("INVITE")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert "m=audio" in invite
    record = acme.record()
    assert (record["direction"], record["to"], record["outcome"]) == ("outbound", OSLO, "answered")


def test_anna_calls_bob_by_way_of_her_mobile(acme: Company, tmp_path: Path) -> None:
    svara = acme.svara
    acme.open(people={"anna": {"mobile": "+4791000001"}})
    with (
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob,
        Sipp(tmp_path, "answer", svara.sip, login="main", port=acme.main) as mobile,
    ):
        click(svara, {"to": "102", "via": "mobile"})
        bob.wait_state("incoming")
        bob.answer()
        bob.wait_to_hear(660)  # her mobile sends back what it gets
        bob.hangup()
        outcome = mobile.wait()
        (invite,) = mobile.requests("INVITE")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert invite.startswith("INVITE sip:4791000001@127.0.0.1:")
    assert "sip:4721000000@" in header(invite, "From")
    assert "m=audio" in invite
    record = acme.record()
    assert (record["direction"], record["from_person"], record["answered_by"]) == ("internal", "anna", "bob")
    assert (record["outcome"], record["ended_by"]) == ("answered", "callee")


def test_svara_registers_with_a_carrier_and_its_state_is_told(acme: Company, anna: Linphone, tmp_path: Path) -> None:
    svara = acme.svara
    with Sipp(tmp_path, "registrar", svara.sip, login="acme", secret="t0psecret", port=acme.main) as registrar:
        acme.open(login="acme", secret="t0psecret", register=True, match=[])
        outcome = registrar.wait()
        contact = header(registrar.requests("REGISTER")[-1], "Contact")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    svara.until(lambda: svara.figure(r'trunks\{state="up"\}') >= 1.0)
    found = re.search(r"<sip:acme@[^;>]*((?:;[^>]*)?)>", contact)
    assert found is not None
    assert "line=" in found[1]
    number = MAIN.removeprefix("+")
    with Sipp(
        tmp_path, "carrier_cancel", svara.sip, login=OSLO[1:], target=number, port=acme.main, ring_seconds=1
    ) as customer:
        anna.wait_state("incoming")
        assert customer.wait().successful == 1
