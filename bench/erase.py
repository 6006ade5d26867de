"""How long erasing a person takes: it must grow with what there is about them, not with the company they are in.

A company of calls in a database of its own: Anna has a million rows (a sixth as calls with a part in it, a queue's offer and
moments), her colleagues have none, or a million more. Each time she is erased is taken; so is Bob's, who has a tenth.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.report import Figure

MAX_SECONDS = 60.0
MAX_GROWTH = 1.5
"""Of the same person's erasure, where the company has as much again of others'."""
ROWS = 1_000_000

_PROGRAM = """
import sys, time
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from bench.erase import fill
from svara.people.models import Account, Tenant
from svara.privacy.rights import erasing
from svara.privacy.subject import person

others, rows = int(sys.argv[1]), int(sys.argv[2])
tenant = Tenant.objects.create(slug="acme", name="Acme", country="NO", timezone="Europe/Oslo", languages=["nb"])
names = ("anna", "bob", "cecilie", "dag")
anna, bob, cecilie, dag = [Account.all_tenants.create(tenant=tenant, username=name, name=name) for name in names]
fill(tenant, anna, dag, rows)
fill(tenant, bob, dag, rows // 10)
fill(tenant, cecilie, dag, others)
for who in (anna, bob):
    began = time.perf_counter()
    done = erasing.erase(tenant.id, person(who.id), reason="bench", by="bench")
    print("erased", done.receipt["rows"], time.perf_counter() - began)
"""


def fill(tenant: object, one: object, other: object, rows: int) -> None:
    """About `rows` rows about `one`: calls with `other`, their parts, what a queue offered, and states in queues."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415

    from svara.history.models import AgentMoment, Call, Participant, QueueOffer  # noqa: PLC0415

    began, many, batch = datetime(2026, 1, 1, tzinfo=UTC), rows // 4, 5000
    me, they = one.id, other.id  # type: ignore[attr-defined]
    details = (
        '{"legs":[{"leg":"0","to":{"number":"102","person":"PERSON","login":"desk"},"offered_at":1.0,"ended_at":9.0,'
        '"answered_at":3.0}],"quality":[{"side":"caller","packets":5000,"lost":4,"jitter_ms":2.4,"mos":4.3}]}'
    ).replace("PERSON", me)
    for start in range(0, many, batch):
        numbers = range(start, min(start + batch, many))
        ids = {number: f"{me[:12]}-{number}" for number in numbers}
        times = {number: began + timedelta(seconds=number) for number in numbers}
        Call.all_tenants.bulk_create(
            Call(
                id=ids[number],
                tenant=tenant,
                direction="internal",
                caller_number="101",
                caller_person=they,
                callee_number="102",
                callee_person=me,
                answered_person=me,
                answered_number="102",
                started_at=times[number],
                ended_at=times[number],
                wait_seconds=1.0,
                talk_seconds=5.0,
                outcome="answered",
                ended_by="caller",
                details=details,
            )
            for number in numbers
        )
        Participant.objects.bulk_create(
            Participant(call_id=ids[number], person=me, part="answered", started_at=times[number]) for number in numbers
        )
        QueueOffer.all_tenants.bulk_create(
            QueueOffer(
                tenant=tenant,
                call_id=ids[number],
                offer="1",
                queue="q",
                person=me,
                offered_at=times[number],
                ring_seconds=2.0,
            )
            for number in numbers
        )
        AgentMoment.all_tenants.bulk_create(
            AgentMoment(tenant=tenant, person=me, at=times[number], state="available") for number in numbers
        )


def measure(folder: Path, rows: int = ROWS) -> list[Figure]:
    """The figures."""
    alone, crowd = (_ran(folder / name, others, rows) for name, others in (("alone", 0), ("crowd", rows)))
    (count, seconds), (tenth, tenth_seconds) = alone
    crowded = crowd[0][1]
    return [
        Figure("a person is erased", seconds, "s", MAX_SECONDS, note=f"{count:,} rows"),
        Figure("... where others have as many rows again", crowded, "s", seconds * MAX_GROWTH),
        Figure("a person with a tenth of that", tenth_seconds, "s", seconds / 4, note=f"{tenth:,} rows"),
    ]


def _ran(folder: Path, others: int, rows: int) -> list[tuple[int, float]]:
    folder.mkdir()
    root = Path(__file__).resolve().parent.parent
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SVARA_")}
    environment |= {
        "SVARA_DATA": str(folder),
        "DJANGO_SETTINGS_MODULE": "svara.settings",
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
    }
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(others), str(rows)], env=environment, capture_output=True, text=True, check=True
    )
    told = [line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("erased ")]
    return [(int(count), float(seconds)) for count, seconds in told]
