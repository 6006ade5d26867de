"""How long the server thinks for somebody who keeps 5,000 contacts: each page that names, lists or finds them, and reading
10,000 cards of a file.

A database of its own. What is taken is CPU time of one request from the first to the last octet, through all of Django; the
middle of some runs, and the first one, for which every card is opened; the wire is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.report import Figure

CONTACTS = 5000
CARDS = 10_000
MAX_MS, MAX_CARD_MS = 100.0, 1.0

_PROGRAM = """
import json, statistics, sys, time
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.contacts import asked, cards, fill
from svara.contacts import book, vcard
from svara.privacy import vault
anna = fill(int(sys.argv[1]))
told = {}
for name, ask in asked(anna).items():
    ask()  # templates and modules are loaded
    took = []
    for run in range(11):
        if run == 0:
            book._books.clear()
            vault.current().forget()
        began = time.process_time()
        ask()
        took.append(time.process_time() - began)
    told[name] = (took[0] * 1000, statistics.median(took[1:]) * 1000)
data = cards(int(sys.argv[2]))
began = time.process_time()
count = sum(1 for found in vcard.read(data, "NO") if found.card is not None)
told["read"] = ((time.process_time() - began) * 1000 / count, count)
print(json.dumps(told))
"""


def cards(count: int) -> bytes:
    """A file of vCards, each with three numbers."""
    return b"".join(
        b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Nordmann;Kari %d;;;\r\nFN:Kari %d Nordmann\r\nORG:Nordmann AS;\r\n"
        b"TEL;TYPE=CELL:+4741%06d\r\nTEL;TYPE=WORK:22 %06d\r\nTEL;TYPE=HOME:+4733%06d\r\n"
        b"EMAIL:kari%d@nordmann.example\r\nNOTE:met at the fair\r\nEND:VCARD\r\n" % (n, n, n, n, n, n)
        for n in range(count)
    )


def fill(contacts: int) -> Any:
    """Anna, who keeps so many."""
    from svara.contacts import actions, vcard  # noqa: PLC0415
    from svara.people.models import Account, Tenant  # noqa: PLC0415

    tenant = Tenant.objects.create(slug="acme", name="Acme AS", country="NO", timezone="Europe/Oslo", languages=["nb"])
    anna = Account.all_tenants.create(tenant=tenant, username="anna", name="Anna Berg", extension="101", roles=["member"])
    found = [found.card for found in vcard.read(cards(contacts), "NO") if found.card is not None]
    assert actions.do_take(anna, found, "add", "file").added == contacts
    return anna


def asked(anna: Any) -> dict[str, Callable[[], None]]:
    """What Anna asks for."""
    from django.test import Client  # noqa: PLC0415

    from svara.contacts.access import access_names  # noqa: PLC0415
    from svara.people import signin  # noqa: PLC0415

    browser = Client(SERVER_NAME="localhost")
    browser.force_login(anna, backend=signin.BACKEND)

    def get(path: str, **query: str) -> Callable[[], None]:
        def ask() -> None:
            answer = browser.get(path, query)
            assert answer.status_code == 200, answer.status_code
            assert b"Kari" in answer.content

        return ask

    def name() -> None:
        assert len(access_names(anna, [f"+4741{n:06d}" for n in range(50)])) == 50

    return {
        "list": get("/contacts/"),
        "search": get("/contacts/", q="kari 4999", part="1"),
        "palette": get("/palette/", q="kari 4999"),
        "send on": get("/phone/found/", to="kari 4999"),
        "50 names": name,
    }


def measure(folder: Path, contacts: int = CONTACTS) -> list[Figure]:
    """The figures."""
    root = Path(__file__).resolve().parent.parent
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SVARA_")}
    environment |= {
        "SVARA_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "svara.settings",
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
    }
    command = [sys.executable, "-c", _PROGRAM, str(contacts), str(CARDS)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, tuple[float, float]] = json.loads(ran.stdout.splitlines()[-1])
    each, count = told.pop("read")
    figures = [Figure(f"{name}, first", first, "ms", MAX_MS) for name, (first, _then) in told.items()]
    figures += [Figure(f"{name}, then", then, "ms", MAX_MS) for name, (_first, then) in told.items()]
    return [*figures, Figure("a card of a file", each, "ms", MAX_CARD_MS, note=f"{count:,.0f}")]
