"""Empties the tables of a test that committed what it wrote: those that hold something, in one transaction.

What Django itself fills after every migration, kinds of contents and permissions, stays: no test changes it.
"""

from __future__ import annotations

from functools import cache

from django.db import connection

KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def empty() -> None:
    """Of the default database. Foreign keys are looked at when all of it is done."""
    from svara.privacy.appendonly import removing

    with removing(), connection.cursor() as cursor:
        cursor.execute(_filled())
        for (table,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@cache
def _filled() -> str:
    """Asks for the names of tables that hold something."""
    tables = [table for table in connection.introspection.django_table_names(only_existing=True) if table not in KEPT]
    each = (f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})" for table in sorted(tables))
    return " UNION ALL ".join(each)
