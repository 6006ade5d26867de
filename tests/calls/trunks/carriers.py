"""Providers for the tests of trunks: each a peer at an address of its own, and Acme and Beta with numbers from them."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.calls import offices
from tests.calls.phones import SERVER, Office, Phone

from svara.people.office import Outbound, PublicNumber, Trunk
from svara.sip.message import Request

MAIN = "+4721000000"
BOBS = "+4721000002"
BETAS = "+4722000000"
OSLO = "+4790000001"
"""The caller from Oslo."""


class Carrier(Phone):
    """A provider. `says` is what it answers to REGISTER and OPTIONS."""

    def __init__(self, office: Office, address: str = "203.0.113.10", login: str = OSLO) -> None:
        super().__init__(office, login, address=address)
        office.transports.places[self.address] = self.wire
        self.says: dict[str, int] = {}
        self.more: list[tuple[str, str]] = []

    @property
    def uri(self) -> str:
        return f"sip:{self.address[0]}:{self.address[1]}"

    def trunk(self, name: str = "itsp", **more: Any) -> Trunk:
        """A trunk to this provider; it is not probed unless the test says so."""
        fields: dict[str, Any] = {"address": self.uri, "match": (self.address[0],), "probe_seconds": 0}
        return Trunk(id=f"t-{name}", name=name, **(fields | more))

    def _request(self, request: Request) -> None:
        status = self.says.get(request.method)
        if status is None:
            super()._request(request)
        elif status:
            self.respond(status, headers=self.more, request=request)


def open_lines(
    office: Office,
    *trunks: Trunk,
    beta: tuple[Trunk, ...] = (),
    outbound: tuple[Outbound, ...] | None = None,
    people: dict[str, dict[str, Any]] | None = None,
    **acme: Any,
) -> None:
    """Acme gets these trunks with the main number for Anna and another for Bob; Beta has a number for its Dora. `people`
    are changes by user name."""
    first = trunks[0].name if trunks else "itsp"
    rules = tuple(Outbound("+", trunk.name) for trunk in trunks) if outbound is None else outbound
    snapshot = offices.office(
        acme={
            "trunks": trunks,
            "numbers": (PublicNumber(MAIN, first, "person:anna"), PublicNumber(BOBS, first, "person:bob")),
            "outbound": rules,
        }
        | acme,
        **(people or {}),
    )
    one, other = snapshot.tenants
    if beta:
        other = msgspec.structs.replace(other, trunks=beta, numbers=(PublicNumber(BETAS, beta[0].name, "person:dora"),))
    change(office, msgspec.structs.replace(snapshot, tenants=(one, other)))


def change(office: Office, snapshot: Any) -> None:
    """A new snapshot of the office comes into effect."""
    office.snapshot = office.switch.office = snapshot
    office.switch.trunks.office(snapshot)
    office.switch.trunks.start()
    office.settle()


def server_uri(number: str) -> str:
    return f"sip:{number}@{SERVER[0]}"
