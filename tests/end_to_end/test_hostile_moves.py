"""What nobody may ask for in or about a talk: each gets its status, the talk and those of others go on as they were."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from tests.peers import sipp
from tests.peers.desk import BOB_HZ, line
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Sipp, asks

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


def is_done(phone: Sipp) -> None:
    outcome = phone.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors


def refer(status: int, *headers: str) -> tuple[str, int, tuple[str, ...]]:
    return "REFER", status, headers


def to(address: str) -> str:
    return f"Refer-To: <sip:{address}>"


def test_anna_s_phone_asks_for_what_it_must_not(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    here = svara.sip
    finn_port = sipp.register(tmp_path, here, "finn-desk")
    dag_port = sipp.register(tmp_path, here, "dag-desk")
    with (
        Sipp(tmp_path, "party", here, login="finn-desk", port=finn_port, timeout_seconds=90) as finn,
        line(svara, tmp_path, "talk", "eva-desk", "102") as eva,
        Sipp(tmp_path, "party", here, login="dag-desk", port=dag_port, timeout_seconds=90) as dag,
        line(svara, tmp_path, "talk", "cecilie-desk", "104") as cecilie,
    ):
        foreign, colleagues = (f"102@{here}?Replaces={quote(one.dialog(), safe='')}" for one in (eva, cecilie))
        requests = (
            refer(400),
            refer(400, to(f"103@{here}"), to(f"104@{here}")),
            refer(400, "Refer-To: <sip:103@>"),
            refer(400, to(f"103@{here}?Replaces=nothing")),
            refer(400, to(f"103@{here}?Replaces={'x' * 600}%3Bto-tag%3D1%3Bfrom-tag%3D2")),
            refer(400, to(f"103@{here}?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2")),
            refer(400, to("1" * 20_000 + f"@{here}")),
            refer(481, to(f"103@{here}?Replaces=nobody%3Bto-tag%3D1%3Bfrom-tag%3D2")),
            refer(481, to(foreign)),
            refer(603, to(colleagues)),
            refer(416, "Refer-To: <http://acme.test/>"),
            refer(603, to(f"103@{here};method=BYE")),
            refer(404, to("103@elsewhere.test")),
            refer(404, to(f"999@{here}")),
            refer(603, to(f"*72103@{here}")),
            refer(400, to(f"103@{here}"), f"Referred-By: <sip:anna@{here}>", f"Referred-By: <sip:bob@{here}>"),
            refer(400, to(f"103@{here}"), "Refer-Sub: perhaps"),
            refer(420, to(f"103@{here}"), "Require: telepathy"),
            ("NOTIFY", 489, ("Event: refer", "Subscription-State: active;expires=60")),
            ("NOTIFY", 489, ("Subscription-State: terminated",)),
            ("SUBSCRIBE", 489, ("Event: refer", "Expires: 60")),
            ("SUBSCRIBE", 489, ("Event: refer;id=3", "Expires: 0")),
            ("SUBSCRIBE", 489, ("Event: dialog",)),
        )
        with line(svara, tmp_path, "within", "anna-desk", "102", asked=asks(requests)) as anna:
            bob.wait_state("incoming")
            bob.answer()
            bob.wait_to_hear(BOB_HZ)  # she gives back what she hears
            anna.wait_for("SIP/2.0 489", 5, 30)
            bob.wait_to_hear(BOB_HZ)
            svara.until(lambda: svara.going_on() == 3)
            anna.go()
            is_done(anna)
            bob.wait_state("idle")
        for caller, callee in ((eva, finn), (cecilie, dag)):
            assert caller.requests("INVITE") == caller.requests("BYE") == callee.requests("BYE") == []
            caller.go()
            is_done(caller)
            is_done(callee)
    svara.wait_quiet()
    with_bob = next(one for one in svara.wait_records(2) if one["answered_by"] == "bob")
    assert (with_bob["outcome"], with_bob["transfers"], with_bob["end_reason"]) == ("answered", [], "hung up")


def test_a_refer_to_as_long_as_a_message_may_be(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    """Over TCP, where nothing cuts it short."""
    asked = asks([refer(400, to("1" * 60_000 + f"@{svara.sip}"))])
    with Sipp(
        tmp_path, "within", svara.sip, login="anna-desk", secret="secret-anna-desk", target="102", transport="tcp",
        timeout_seconds=60, more={"asked": asked},
    ) as anna:  # fmt: skip
        bob.wait_state("incoming")
        bob.answer()
        bob.wait_to_hear(BOB_HZ)
        anna.wait_for("SIP/2.0 400", 1, 30)
        bob.wait_to_hear(BOB_HZ)
        bob.hangup()
        is_done(anna)
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["transfers"]) == ("answered", [])


@pytest.mark.parametrize(
    ("method", "status", "headers", "tagged"),
    [
        ("REFER", 603, "Refer-To: <sip:103@127.0.0.1>", ""),
        ("REFER", 481, "Refer-To: <sip:103@127.0.0.1>", ";tag=guessed"),
        ("INVITE", 400, "Replaces: a;to-tag=1;from-tag=2\nReplaces: b;to-tag=1;from-tag=2", ""),
        ("NOTIFY", 481, "Event: refer\nSubscription-State: active", ""),
        ("NOTIFY", 481, "Event: dialog\nSubscription-State: active", ";tag=guessed"),
        ("SUBSCRIBE", 489, "Event: refer\nExpires: 60", ""),
        ("SUBSCRIBE", 489, "Event: anything\nExpires: 60", ""),
        ("SUBSCRIBE", 481, "Event: dialog\nExpires: 60", ";tag=guessed"),
    ],
)
def test_a_stranger_s_request_that_belongs_to_nothing(
    svara: Svara, tmp_path: Path, method: str, status: int, headers: str, tagged: str
) -> None:
    more = {"method": method, "status": str(status), "headers": headers, "tagged": tagged}
    with line(svara, tmp_path, "stray", "nobody", "102", **more) as stranger:
        is_done(stranger)
    svara.wait_quiet()
