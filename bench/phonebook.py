"""How long a phone waits for the phonebook of a large company: from the tables to the octets, each way alone.

A database of its own with 5,000 people (half of them with a direct number, a third with a mobile number that is to be
found). What is taken is CPU time, the middle of some runs; HTTP, TLS and the wire are left out.
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

PEOPLE = 5000
MAX_MS = 200.0

_PROGRAM = """
import json, statistics, sys, time
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.phonebook import fill, ways
anna = fill(int(sys.argv[1]))
told = {}
for name, way in ways(anna).items():
    way()
    took = []
    for _run in range(7):
        began = time.process_time()
        size = way()
        took.append(time.process_time() - began)
    told[name] = (statistics.median(took) * 1000, size)
print(json.dumps(told))
"""


def fill(people: int) -> Any:
    """The company; gives one of its people."""
    from svara.people.models import Account, PublicNumber, Tenant  # noqa: PLC0415
    from svara.privacy.functions.port import do_switch  # noqa: PLC0415
    from svara.privacy.functions.registry import MOBILE_IN_PHONEBOOKS  # noqa: PLC0415

    tenant = Tenant.objects.create(slug="acme", name="Acme AS", country="NO", timezone="Europe/Oslo", languages=["nb"])
    given, family = (
        ("Anna", "Bjørn", "Cecilie", "Dag", "Eva", "Filip", "Håkon"),
        ("Berg", "Lund", "Østby", "Nováková", "Vik"),
    )
    accounts = [
        Account(
            tenant=tenant,
            username=f"person{number}",
            name=f"{given[number % 7]} {family[number % 5]} {number}",
            email=f"person{number}@acme.test",
            extension=str(10_000 + number),
            mobile=f"+4790{number:06d}",
        )
        for number in range(people)
    ]
    Account.all_tenants.bulk_create(accounts, batch_size=500)
    PublicNumber.all_tenants.bulk_create(
        PublicNumber(tenant=tenant, number=f"+4721{number:06d}", trunk="itsp", to=f"person:person{number}", record=False)
        for number in range(0, people, 2)
    )
    for account in accounts[::3]:
        do_switch(account, MOBILE_IN_PHONEBOOKS, True)
    return accounts[0]


def ways(anna: Any) -> dict[str, Callable[[], int]]:
    """What is measured; each gives how many octets it told."""
    from svara.phonebooks import vendors  # noqa: PLC0415
    from svara.phonebooks.access import access_phonebook  # noqa: PLC0415
    from svara.phonebooks.dav import answers, asked, names  # noqa: PLC0415
    from svara.phonebooks.dav.library import BOOK, Library  # noqa: PLC0415
    from svara.phonebooks.entries import search  # noqa: PLC0415
    from svara.phonebooks.ldap import filters  # noqa: PLC0415
    from svara.phonebooks.ldap.directory import Directory  # noqa: PLC0415
    from svara.phonebooks.ldap.messages import Search  # noqa: PLC0415

    words = vendors.Words("Acme AS", "Name", "Extension", "Direct", "Mobile")

    def library() -> Library:
        return Library(access_phonebook(anna), "Acme AS", "Phonebook")

    def listed() -> int:
        book = library()
        node = book.find(BOOK)
        assert node is not None
        return len(answers.properties(book, node, "1", asked.Wanted((names.ETAG,))))

    def fetched() -> int:
        book = library()
        places = tuple(book.node(entry).path for entry in book.entries)
        return len(answers.report(book, asked.Multiget(asked.Wanted((names.ETAG, names.DATA)), places)))

    def searched(wanted: filters.Filter) -> int:
        found, _result = Directory(access_phonebook(anna), "acme", "Acme AS").search(
            1, Search("o=acme", 2, 0, False, wanted, ("cn", "telephonenumber", "mobile"))
        )
        return sum(map(len, found))

    typed = filters.Some((filters.Substrings("cn", "hak"), filters.Substrings("sn", "hak")))
    number = filters.Some((filters.Equal("telephonenumber", "+4721000500"), filters.Equal("mobile", "+4790000500")))
    return {
        "read from the tables": lambda: len(access_phonebook(anna)),
        "XML, whole": lambda: len(vendors.yealink(access_phonebook(anna), words)),
        "XML, searched": lambda: len(vendors.yealink(search(access_phonebook(anna), "hak ost"), words)),
        "CardDAV, list of tags": listed,
        "CardDAV, all cards": fetched,
        "LDAP, what is typed": lambda: searched(typed),
        "LDAP, who calls": lambda: searched(number),
        "LDAP, everybody": lambda: searched(filters.Present("cn")),
    }


def measure(folder: Path, people: int = PEOPLE) -> list[Figure]:
    """The figures."""
    root = Path(__file__).resolve().parent.parent
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SVARA_")}
    environment |= {
        "SVARA_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "svara.settings",
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
    }
    command = [sys.executable, "-c", _PROGRAM, str(people)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told: dict[str, tuple[float, int]] = json.loads(ran.stdout.splitlines()[-1])
    return [Figure(name, took, "ms", MAX_MS, note=f"{size:,}") for name, (took, size) in told.items()]
