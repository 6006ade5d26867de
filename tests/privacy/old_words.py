"""An office whose tables hold words about people in clear, as before they were sealed, and what it says after an update.

Both are programs for a process of its own, on whatever database the environment names.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

WORDS = ("Planted Karin", "planted@outside.test", "Planted: you have my number wrong", "Planted answer", "Planted reason")
OLD = """
import django
django.setup()
from datetime import UTC, date, datetime
from django.db import connection
from tests.migrated import one_by_one
executor = one_by_one(connection)
last = {"registers": "0003_countries", "staff": "0001_staff", "rights": "0008_decisions_before", "figures": "0001_figures"}
before = list((dict(executor.loader.graph.leaf_nodes()) | last).items())
executor.migrate(before)
tables = one_by_one(connection).loader.project_state(before).apps
from tests.history.stories import company
from svara.privacy.functions.outside import subject_of
acme = company("acme")
tenant, now, day = acme.tenant.id, datetime(2026, 11, 1, 12, tzinfo=UTC), date(2026, 12, 1)
kari = subject_of(tenant, "planted@outside.test")
def add(label, **fields):
    tables.get_model(label)._base_manager.create(tenant_id=tenant, **fields)
add("registers.Case", id="a" * 32, kind="rectify", name="Planted Karin", contact="planted@outside.test",
    index=kari.partition(":")[2], text="Planted: you have my number wrong", answer="Planted answer", opened_at=now,
    due_on=day)
add("registers.Case", id="b" * 32, kind="question", person=acme.bob.id, text="Planted reason", opened_at=now, due_on=day)
add("registers.Case", id="c" * 32, kind="question", contact="planted@outside.test", text="Planted reason", opened_at=now,
    due_on=day)
add("registers.Disclosure", id="d" * 32, authority="Oslo police", basis="Law 1", scope="Planted reason", asked_at=now,
    opened_by=acme.anna.id)
add("staff.Grant", id="e" * 32, role="support", how="asked", reason="Planted reason", minutes=60, asked_at=now)
add("staff.OperatorKey", id="f" * 32, token_id="t", person=acme.bob.id, reason="Planted reason", asked_at=now)
add("rights.Hold", id="1" * 32, period="calls", reason="Planted reason", made_by=acme.anna.id, until=now)
add("rights.Link", id="2" * 32, subject=kari, way="officer", verified="Planted reason", made_at=now, token_hash="h")
add("figures.Reveal", id="3" * 32, asked_by=acme.anna.id, person=acme.bob.id, reason="Planted reason", asked_at=now)
"""
UPDATED = """
import django, json
django.setup()
from django.apps import apps
from svara.privacy.sealedtext import SealedText
found = {}
for table in apps.get_models():
    names = [field.attname for field in table._meta.local_concrete_fields if isinstance(field, SealedText)]
    for row in table._base_manager.order_by("pk") if names else ():
        found[row.pk[:1]] = [getattr(row, name) for name in names if getattr(row, name)]
print(json.dumps(found))
"""
READ = {
    "a": ["Planted Karin", "planted@outside.test", "Planted: you have my number wrong", "Planted answer"],
    "b": ["Planted reason"],
    "c": ["planted@outside.test", "Planted reason"],
    "d": ["Oslo police", "Law 1", "Planted reason"],
} | {row: ["Planted reason"] for row in "ef123"}


def run(data: Path, *arguments: str, url: str = "") -> str:
    """Python with the office in `data`; `url`: of another database than its own."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {"SVARA_DATA": str(data), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    environment |= {"PYTHONPATH": os.pathsep.join([*sys.path, root])} | ({"SVARA_DATABASE_URL": url} if url else {})
    inherited = {key: value for key, value in os.environ.items() if key != "SVARA_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, *arguments], env=inherited | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
