"""The database plans by how full its tables are: what is found by a call's id is not searched in the whole company."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.history import stories

from svara.calls.events import Party
from svara.cli import query_plans
from svara.history.models import OutsideParty


@pytest.mark.django_db(transaction=True)
def test_a_page_of_calls_finds_its_callers_by_their_calls() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL looks by itself")
    acme = stories.company("acme")
    callers = [Party(number=f"+47220{n:05}") for n in range(400)]
    calls = [stories.call(acme, each, "bob", at=stories.NOON + n, direction="inbound") for n, each in enumerate(callers)]
    ids = stories.happened(*calls)
    query_plans.learn()
    rows = OutsideParty.all_tenants.filter(tenant_id=acme.tenant.id, call__in=ids[:40])
    assert len(rows) == 40
    assert "(call_id=?)" in rows.explain()
