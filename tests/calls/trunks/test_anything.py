"""Whatever providers do and whenever the caller gives up: one call, one end, and nothing left."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.calls.phones import Office, Phone
from tests.calls.trunks.carriers import OSLO, Carrier, open_lines

from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered

DOINGS = (
    "ring",
    "early",
    "challenge",
    "stale",
    "move",
    "silence",
    "answer",
    "busy",
    "broken",
    "missing",
    "nonsense",
    "late",
)
CHALLENGE = 'Digest realm="itsp.example", nonce="n{}", qop="auth"'


def act(office: Office, carrier: Carrier, doing: str, turn: int) -> None:
    """The provider does something with the INVITE that it has, if it has one."""
    invite = carrier.invite
    if doing == "silence":
        office.wait(4.5)
    elif invite is None:
        return
    elif doing == "ring":
        carrier.ring()
    elif doing == "early":
        carrier.respond(183, carrier.sdp)
    elif doing == "challenge":
        carrier.respond(407, headers=[("Proxy-Authenticate", CHALLENGE.format(turn))])
    elif doing == "stale":
        carrier.respond(401, headers=[("WWW-Authenticate", CHALLENGE.format(turn) + ", stale=true")])
    elif doing == "move":
        carrier.respond(302, headers=[("Contact", f"<sip:{turn}@{carrier.address[0]}:{carrier.address[1]}>")])
    elif doing == "answer":
        carrier.answer()
    elif doing == "busy":
        carrier.decline(486)
    elif doing == "broken":
        carrier.decline(503)
    elif doing == "missing":
        carrier.decline(404)
    elif doing == "nonsense":
        carrier.respond(200, b"", headers=[("Contact", "<sip:")])
    elif doing == "late":
        first = carrier.heard("INVITE")[0]
        carrier.respond(200, carrier.sdp, request=first)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(DOINGS)), max_size=10),
    st.integers(0, 12),
    st.booleans(),
)
def test_every_call_has_one_end_and_leaves_nothing(
    trunks: int, doings: list[tuple[int, str]], gives_up_at: int, delayed: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        office = Office(Path(folder))
        anna = Phone(office, "acme-anna").register()
        carriers = [Carrier(office, f"203.0.113.{10 + each}") for each in range(trunks)]
        open_lines(
            office,
            *(one.trunk(f"t{each}", login="acme", secret="x", priority=each) for each, one in enumerate(carriers)),
        )
        anna.call(OSLO, sdp=b"" if delayed else None)
        for turn, (which, doing) in enumerate(doings):
            if turn == gives_up_at and anna.statuses and max(anna.statuses) < 200:
                anna.cancel()
            act(office, carriers[which % trunks], doing, turn)
        for call in office.calls:
            if call.state == "talking":
                office.wait(1)
                call.end("system", "the day is over")
        office.wait(700)
        assert office.calls == []
        assert office.switch.dialogs == {}
        assert office.relay.sessions == set()
        assert office.switch.transactions.open == 0
        assert len(office.told(CallStarted)) == len(office.told(CallEnded)) == 1
        offered = [event.leg for event in office.told(LegOffered)]
        ended = [event.leg for event in office.told(LegEnded)]
        assert sorted(ended) == sorted(offered)
        assert len(office.told(LegAnswered)) <= 1
        office.close()
