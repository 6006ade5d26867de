"""What a newcomer to the demo office reads (`svara.people.demooffice`)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from svara.people.demooffice import ECHO, install, office, person

if TYPE_CHECKING:
    from svara.data import DataFolder
    from svara.people.officefile import PersonSpec

__all__ = ["ECHO", "install", "office", "person", "welcome"]


def welcome(data: DataFolder, http: str, sip: str) -> str:
    """What a newcomer reads once the office is open: where it is, who is who, what to try first."""
    people = office().people
    widths = [max(len(row[column]) for row in map(_row, people)) for column in range(6)]
    head = ("name", "ext.", "sign in as", "password", "SIP login", "SIP secret")
    widths = [max(width, len(title)) for width, title in zip(widths, head, strict=True)]

    def line(cells: tuple[str, ...]) -> str:
        return ("  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))).rstrip()

    echo = person(ECHO)
    text = f"""
Demo office "{office().tenant.name}" (invented people, public passwords: for trying, not for work)

  Web pages  http://{http}/
  SIP        {sip} (UDP and TCP), domain {_host(sip)}; WebSocket ws://{http}/sip
  Data       {data.root}

{line(head)}
{chr(10).join(line(_row(each)) for each in people)}

What to try first
  1. Open http://{http}/ and sign in as {people[0].email} with {people[0].password}.
  2. Register a softphone: user {people[0].phones[0].login}, secret {people[0].phones[0].secret}, server {sip}.
  3. Call {echo.extension}: {echo.name} answers at once and says back whatever you say.
  4. Register a second softphone as {people[1].phones[0].login} and call {people[0].extension}: the first one rings.
  5. Call 800 from two phones and press the hash key: they are in a conference, which the page shows.
  6. Call 600, the workshop's queue, or 700, the menu; press its keys; leave a message for somebody who does not answer.
  7. Look at the call history: each call is one true record. The first ones are being placed right now.
"""
    if not _is_loopback(http) or not _is_loopback(sip):
        text += "\nOther machines can reach this demo, and everybody knows its passwords: use it with care.\n"
    return text.strip("\n")


def _row(person: PersonSpec) -> tuple[str, ...]:
    phone = person.phones[0]
    return person.name, person.extension or "", person.email, person.password or "", phone.login, phone.secret or ""


def _host(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(_host(address)).is_loopback
    except ValueError:
        return _host(address) == "localhost"
