"""`svara privacy audit` walks the logs of all companies, and says where one does not hold."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.privacy.audit import offices

from svara.cli import main
from svara.privacy.audit.port import record

pytestmark = pytest.mark.django_db


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("svara.cli.privacy.open_data", lambda _data: None)
    return main._run(["privacy", "audit", *arguments])


@pytest.mark.claim("ONC-7")
def test_a_log_that_was_tampered_with_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    acme, beta = offices.company("acme"), offices.company("beta")
    for tenant in (acme, beta):
        record(tenant.id, "system", "change", None, "office")
    assert run(monkeypatch) == 0
    assert capsys.readouterr().out == "acme: 1 entries, whole\nbeta: 1 entries, whole\n"
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_entry_no_update")
        cursor.execute("UPDATE audit_entry SET actor = 'nobody' WHERE tenant_id = %s", [beta.id])
    assert run(monkeypatch, "--tenant", "beta") == 1
    assert capsys.readouterr().out == "beta: tampered at entry 1: it is not what was written\n"
    assert run(monkeypatch, "--tenant", "nobody") == 1
    assert "there is no company 'nobody'" in capsys.readouterr().err
