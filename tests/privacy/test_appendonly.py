"""Tables that are only added to are guarded by the database itself: after migrations, and in an older installation too."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connection, transaction
from tests.people.conftest import acme, anna

from svara.people.models import Account
from svara.privacy.appendonly import AppendOnly, missing, removing, trigger_names
from svara.privacy.functions import port
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import STATISTICS

__all__ = ["acme", "anna"]

pytestmark = pytest.mark.django_db

TABLES = [model for model in apps.get_models() if issubclass(model, AppendOnly)]


def refused(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


def test_the_database_guards_every_such_table() -> None:
    assert len(TABLES) >= 6
    assert missing(TABLES) == []


def test_migrations_may_rebuild_the_tables_and_leave_them_guarded() -> None:
    """SQLite refuses to rebuild a table of which a trigger speaks: they go before, and are there again afterwards."""
    emit_pre_migrate_signal(0, interactive=False, db="default")
    assert missing(TABLES) == [name for table in TABLES for name in trigger_names(table)]
    emit_post_migrate_signal(0, interactive=False, db="default")
    assert missing(TABLES) == []


def test_a_database_of_an_earlier_version_is_guarded_as_a_new_one(anna: Account) -> None:
    port.do_switch(anna, STATISTICS, True)
    name = Consent._meta.db_table
    with connection.cursor() as cursor:
        for trigger in trigger_names(Consent):
            cursor.execute(f"DROP TRIGGER {trigger}" + (f" ON {name}" if connection.vendor == "postgresql" else ""))
        if connection.vendor == "postgresql":
            cursor.execute("""CREATE FUNCTION svara_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'never'; END $$""")
            cursor.execute(f"""CREATE TRIGGER {name}_stays BEFORE UPDATE OR DELETE ON {name}
                FOR EACH ROW EXECUTE FUNCTION svara_only_added_to()""")
        else:
            for former, event in (("stays", "UPDATE"), ("is_kept", "DELETE")):
                cursor.execute(f"""CREATE TRIGGER {name}_{former} BEFORE {event} ON {name}
                    BEGIN SELECT RAISE(ABORT, 'never'); END""")
    emit_pre_migrate_signal(0, interactive=False, db="default")
    emit_post_migrate_signal(0, interactive=False, db="default")
    assert refused(f"DELETE FROM {name}")
    assert refused(f"UPDATE {name} SET decision = 'refused'")
    with removing():
        assert Consent.all_tenants.all().delete()[0] == 1


def test_what_is_removed_within_a_removal_does_not_end_it(anna: Account) -> None:
    """A company leaves: its log lets go of its rows, and its consents still have to go after that."""
    port.do_switch(anna, STATISTICS, True)
    port.do_switch(anna, STATISTICS, False)
    with removing():
        with removing():
            Consent.of(anna).filter(number=1).delete()
        Consent.of(anna).delete()
    assert not Consent.of(anna).exists()
    port.do_switch(anna, STATISTICS, True)
    assert refused("DELETE FROM functions_consent")
