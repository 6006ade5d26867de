"""How fast history is written, and how fast it is read: the jobs process's own figures.

    python -m bench.history [--calls 100000] [--tenants 20] [--people 50]

Writes a journal of calls (five events each; every second from somebody outside, who is sealed), lets the follower turn it
into rows, and then asks for pages as people do. The database is a fresh SQLite file in a temporary folder, or what
`SVARA_DATABASE_URL` names (its tables are filled!).
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
FOLDER = tempfile.TemporaryDirectory()
os.environ["SVARA_DATA"] = FOLDER.name
os.environ["DJANGO_SETTINGS_MODULE"] = "svara.settings"
django.setup()

from django.core.management import call_command  # noqa: E402  Django has to be set up first

from svara.calls.events import CallEnded, CallStarted, LegAnswered, LegEnded, LegOffered, Party  # noqa: E402
from svara.calls.journal import Journal  # noqa: E402
from svara.calls.segments import JournalFolder  # noqa: E402
from svara.history.access import access_call, access_calls  # noqa: E402
from svara.history.follow import Follower  # noqa: E402
from svara.history.models import Call  # noqa: E402
from svara.people.models import Account, Tenant  # noqa: E402
from svara.privacy import vault  # noqa: E402

Office = tuple[Tenant, list[Account]]
START = 1_793_358_000.0
OUTSIDE = 5_000
"""People outside who call."""


def journal_in(folder: Path) -> JournalFolder:
    """The journal, with the key that the vault keeps for it."""
    return JournalFolder(folder, folder.parent / "keys" / "calls", vault.current().role_key())


def journal(folder: Path, tenants: list[Office], calls: int) -> None:
    """`calls` calls of two minutes each, a hundred beginning every second."""

    dice = random.Random(7)
    writer = Journal(journal_in(folder))
    for n in range(calls):
        tenant, people = dice.choice(tenants)
        one, two = dice.sample(people, 2)
        at, call = START + n / 100, f"{n:012x}"
        side = Party(number=two.extension, person=two.id, login=f"phone-{two.id}")
        caller = Party(number=one.extension, person=one.id)
        if n % 2:
            who = dice.randrange(OUTSIDE)
            caller = Party(number=f"+47{40_000_000 + 7 * who}", name=f"Caller {who}")
        missed = n % 7 == 0
        end = at + 20.0
        events = [
            CallStarted(
                call,
                at,
                tenant=tenant.id,
                direction="inbound" if n % 2 else "internal",
                caller=caller,
                dialled=two.extension,
                callee=side,
            ),
            LegOffered(call, at, leg="1", to=side),
            LegEnded(call, end, leg="1", status=487 if missed else 200, reason="no answer" if missed else "hung up"),
            CallEnded(call, end, outcome="missed" if missed else "answered", by="caller", end_reason="hung up"),
        ]
        if not missed:
            events.insert(2, LegAnswered(call, at + 5.0, leg="1", to=side))
        writer.write(events)
    writer.close()


def timed(action: Callable[[], object], times: int = 30) -> str:
    took, spent = [], []
    for _ in range(times):
        began, cpu = time.perf_counter(), time.process_time()
        action()
        took.append(1000 * (time.perf_counter() - began))
        spent.append(1000 * (time.process_time() - cpu))
    slow = statistics.quantiles(took, n=20)[18]
    return f"p50 {statistics.median(took):7.1f} ms   p95 {slow:7.1f} ms   CPU {statistics.median(spent):6.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--people", type=int, default=50)
    options = parser.parse_args()
    with FOLDER as name:
        measure(Path(name), options.calls, options.tenants, options.people)


def measure(folder: Path, calls: int, tenants: int, people: int) -> None:
    call_command("migrate", verbosity=0)
    offices = []
    for n in range(tenants):
        slug = f"bench-{os.getpid()}-{n}"
        tenant = Tenant.objects.create(slug=slug, name=slug, country="NO", timezone="Europe/Oslo", languages=["nb"])
        staff = [
            Account(
                tenant=tenant,
                username=f"p{m}",
                name=f"Person {m}",
                extension=str(100 + m),
                roles=["admin"] if m == 0 else [],
            )
            for m in range(people)
        ]
        offices.append((tenant, Account.all_tenants.bulk_create(staff)))
    (folder / "journal").mkdir()
    journal(folder / "journal", offices, calls)

    follower = Follower(journal_in(folder / "journal"))
    follower.load()
    began, cpu = time.perf_counter(), time.process_time()
    longest, at_end = 0.0, False
    while not at_end:
        step = time.perf_counter()
        _, at_end = follower.step()
        longest = max(longest, time.perf_counter() - step)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    each = f"{calls / took:.0f} calls/s, {1000 * cpu / calls:.3f} ms CPU a call"
    print(f"written: {calls} calls, {each}, longest step {longest:.2f} s")

    tenant, staff = offices[0]
    admin, member = staff[0], staff[1]
    admin.tenant = member.tenant = tenant
    print(f"reading: {Call.of(tenant).count()} calls in the company, {Call.all_tenants.count()} in all")
    middle = access_calls(admin, limit=200)
    for _ in range(10):
        middle = access_calls(admin, limit=200, cursor=middle.next) if middle.next else middle
    some = access_calls(admin).items[0].id
    number = next(item.caller.number for item in access_calls(admin).items if item.direction == "inbound")

    def cold() -> None:
        vault.current().forget()
        access_calls(admin)

    for what, action in {
        "administrator, first page, no key in memory": cold,
        "administrator, a whole number": lambda: access_calls(admin, search=number),
        "administrator, part of a number": lambda: access_calls(admin, search=number[4:9]),
        "administrator, first page": lambda: access_calls(admin),
        "administrator, 2,000 calls back": lambda: access_calls(admin, cursor=middle.next),
        "administrator, one person's": lambda: access_calls(admin, person="p7"),
        "administrator, missed": lambda: access_calls(admin, outcome="missed"),
        "administrator, an outcome that never was": lambda: access_calls(admin, outcome="rejected"),
        "administrator, search that finds nothing": lambda: access_calls(admin, search="+4799"),
        "administrator, search by name": lambda: access_calls(admin, search="Person 7"),
        "member, first page": lambda: access_calls(member),
        "member with a colleague": lambda: access_calls(member, person="p7"),
        "one call in full": lambda: access_call(admin, some),
    }.items():
        print(f"  {what:42} {timed(action)}")


if __name__ == "__main__":
    main()
