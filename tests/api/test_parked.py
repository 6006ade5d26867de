"""Who is parked, over the API."""

from __future__ import annotations

import msgspec
from tests.api.conftest import Caller, ScriptedBus
from tests.history.stories import Company

from svara.calls.commands import AskParked, ParkedCall, ParkedCalls, Refused, Request
from svara.calls.events import Party


def test_everybody_of_the_company_sees_who_is_parked_and_nobody_else(
    acme: Company, globex: Company, bus: ScriptedBus
) -> None:
    kari = ParkedCall("801", "c1", Party("+4722000001", "Kari"), acme.party("bob"), 1_700_000_000.0, 1_700_000_120.0)

    def answer(request: Request) -> msgspec.Struct:
        return ParkedCalls((kari,) if request == AskParked(acme.tenant.id) else ())

    bus.answer = answer
    [one] = Caller(acme.dag).get("/parked")["items"]
    assert (one["extension"], one["call"], one["from"], one["from_name"], one["by"]) == (
        "801",
        "c1",
        "+4722000001",
        "Kari",
        "bob",
    )
    assert one["until"] > one["since"]
    assert Caller(globex.anna).get("/parked") == {"items": []}
    bus.answer = lambda _request: Refused("unavailable", "away")
    Caller(acme.dag).get("/parked", status=503)
