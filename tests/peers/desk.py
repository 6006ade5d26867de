"""The people whose desks stand in most of these tests, each with a tone of their own, and what their phones do often.

No tone is a multiple of another, so that none is taken for an overtone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.peers import server
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.phone import Phone
from tests.peers.sipp import Sipp

ANNA_HZ, BOB_HZ, CECILIE_HZ, DAG_HZ = 440, 660, 1150, 1480
TEAM = tuple(
    replace(person, more={"pickup": ["team"], "intercom": True})
    for person in (server.ANNA, server.BOB, server.CECILIE, server.DAG)
)
"""Who pick up each other's calls, and may be spoken to through their phones."""
BETA = (server.Person("eva", "101", ("eva-desk",), "Eva Gran"), server.Person("finn", "102", ("finn-desk",), "Finn Hav"))
"""Another company at the same server."""
HOUSE: dict[str, Any] = {
    "queues": [
        {"name": "reception", "extension": "600", "strategy": "longest-idle", "members": ["anna"], "ring": 30, "wrap_up": 0}
    ],
    "parking": {"extensions": "801-803", "seconds": 60},
    "conferences": [{"name": "coffee", "extension": "810", "announce": False}],
}
"""What Anna's reception has beside its people: a line of callers, places to park them, a conference."""


def talk(caller: Phone, callee: Phone, dialled: str) -> None:
    """One calls, the other picks up."""
    caller.dial(dialled)
    callee.wait_state("incoming")
    callee.answer()
    caller.wait_state("talking")


def hear_each_other(one: Phone, other: Phone) -> None:
    """Until the tone of each arrives at the other."""
    one.wait_to_hear(other.tone_hz)
    other.wait_to_hear(one.tone_hz)


def line(svara: server.Svara, folder: Path, scenario: str, login: str, target: str = "", **more: str) -> Sipp:
    """A SIPp with an account, for one call: see `Sipp`."""
    secret = f"secret-{login}"
    return Sipp(folder, scenario, svara.sip, login=login, secret=secret, target=target, timeout_seconds=90, more=more)


def hears_music(phone: Baresip | Linphone) -> None:
    """Until there is sound, and nobody's tone."""
    phone.wait(
        lambda: (
            phone.heard(1.0)[1] > 0.005
            and all(abs(phone.heard(1.0)[0] - hz) > 15 for hz in (ANNA_HZ, BOB_HZ, CECILIE_HZ, DAG_HZ))
        ),
        lambda: f"heard {phone.heard(1.0)}",
    )
