"""Calls from one phone to another, as the people at both ends live through them."""

from __future__ import annotations

import pytest
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered, LegRinging


@pytest.mark.claim("PHO-4")
def test_anna_calls_bob_they_talk_and_bob_hangs_up(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("102")
    assert bob.rings
    bob.ring()
    assert anna.statuses == [180]
    bob.answer()
    assert anna.statuses == [180, 200]
    assert len(bob.heard("ACK")) == 1
    [call] = at_work.calls
    assert call.live().state == "answered"
    at_work.wait(65)
    bob.hang_up()
    assert len(anna.heard("BYE")) == 1
    assert at_work.calls == []
    kinds = [type(event) for event in at_work.events]
    assert kinds[:4] == [CallStarted, LegOffered, LegRinging, LegAnswered]
    assert kinds[-1] is CallEnded
    [ended] = at_work.told(CallEnded)
    assert (ended.outcome, ended.by, ended.end_reason) == ("answered", "callee", "hung up")
    [leg] = at_work.told(LegEnded)
    assert leg.status == 200
