"""Tables to which rows are only ever added: consents, published policies, the log of who looked.

Guarantees: neither a model, nor a query, nor a hand at the database changes or removes a row; the database itself refuses
by triggers, on SQLite and on PostgreSQL. There is one way for rows to go, `removing()`, for those whose time is over
(retention, a company that leaves); it opens for one transaction of this thread, and is written down by whoever uses it. A
table may ask for more: its `MAY_GO` is a condition on the row that has to hold as well.

The triggers of every `AppendOnly` are taken away before migrations and put back after them: SQLite forgets those of a table
that a migration rebuilds, and refuses to rebuild a table of which another one's trigger speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, NoReturn, Self, TypeVar

from django.apps import AppConfig
from django.db import connection, connections, models, transaction
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate

from svara.privacy.tenancy import TenantOwned

_removing: ContextVar[bool] = ContextVar("svara_removing", default=False)


class Unchangeable(Exception):  # noqa: N818  the row is
    """Somebody tried to change or remove what is only ever added to."""


M = TypeVar("M", bound=models.Model)


class AppendOnlyRows(models.QuerySet[M]):
    """Rows that are read and added."""

    def _refuse(self, *_args: object, **_more: object) -> NoReturn:
        raise Unchangeable(f"{self.model._meta.label} is only ever added to")

    update = bulk_update = update_or_create = _refuse

    def delete(self) -> tuple[int, dict[str, int]]:
        """Only within `removing()`."""
        return super().delete() if _removing.get() else self._refuse()


class AppendOnly(TenantOwned):
    """A row of one tenant that stays as it was written."""

    MAY_GO: ClassVar[str] = ""
    """What has to hold of a row (SQL, in which it is `OLD`) before even `removing()` lets it go; "": nothing more."""

    all_tenants: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(AppendOnlyRows)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **more: Any) -> None:
        """Once."""
        if not self._state.adding:
            raise Unchangeable(f"{self._meta.label} is only ever added to")
        super().save(*args, **more | {"force_insert": True})

    def delete(self, *_args: Any, **_more: Any) -> NoReturn:
        """Never: rows go in bulk, when their time is over."""
        raise Unchangeable(f"{self._meta.label} is only ever added to")


@contextmanager
def removing() -> Iterator[None]:
    """Rows may be deleted in this block (one transaction, this thread); never changed."""
    already = _removing.get()
    token = _removing.set(True)
    try:
        with transaction.atomic():
            _tell_postgres(allowed=True)
            yield
            _tell_postgres(allowed=already)
    finally:
        _removing.reset(token)


def guard(tables: Iterable[type[AppendOnly]], using: str = "default") -> None:
    """Make the database refuse what is not to happen to these tables, where it does not yet."""
    bare = [table for table in tables if missing([table], using)]
    _execute(using, (statement for table in bare for statement in (*_without(table, using), *_with(table, using))))


def unguard(tables: Iterable[type[AppendOnly]], using: str = "default") -> None:
    """Take that away, for migrations."""
    _execute(using, (statement for table in tables for statement in _without(table, using)))


def missing(tables: Iterable[type[AppendOnly]], using: str = "default") -> list[str]:
    """Names of triggers that are not there (any more)."""
    query = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    }[connections[using].vendor]
    with connections[using].cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    return [name for table in tables for name in trigger_names(table) if name not in there]


def trigger_names(table: type[AppendOnly]) -> tuple[str, str]:
    """The triggers that refuse to change, and to delete, its rows."""
    return f"{table._meta.db_table}_no_update", f"{table._meta.db_table}_no_delete"


def _without(table: type[AppendOnly], using: str) -> Iterator[str]:
    name = table._meta.db_table
    on = f' ON "{name}"' if connections[using].vendor == "postgresql" else ""
    for trigger in (*trigger_names(table), f"{name}_stays", f"{name}_is_kept"):  # the last two: as they were called once
        yield f'DROP TRIGGER IF EXISTS "{trigger}"{on}'


def _with(table: type[AppendOnly], using: str) -> Iterator[str]:
    more = f" AND {table.MAY_GO}" if table.MAY_GO else ""
    for trigger, event in zip(trigger_names(table), ("UPDATE", "DELETE"), strict=True):
        words = {"table": table._meta.db_table, "trigger": trigger, "event": event}
        may = {
            "postgresql": f"COALESCE(current_setting('svara.removing', true), '') = 'on'{more}",
            "sqlite": f"svara_removing() = 1{more}",
        }[connections[using].vendor]
        words["allowed"] = may if event == "DELETE" else "1 = 0"
        for statement in _STATEMENTS[connections[using].vendor]:
            yield statement.format(**words)


_STATEMENTS = {
    "sqlite": (
        """CREATE TRIGGER "{trigger}" BEFORE {event} ON "{table}" WHEN NOT ({allowed})
        BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION "{trigger}"() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {allowed} THEN RETURN OLD; END IF;
            RAISE EXCEPTION '{table} is only ever added to' USING ERRCODE = 'restrict_violation';
        END $$""",
        """CREATE TRIGGER "{trigger}" BEFORE {event} ON "{table}" FOR EACH ROW EXECUTE FUNCTION "{trigger}"()""",
    ),
}


def _execute(using: str, statements: Iterable[str]) -> None:
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _tell_postgres(*, allowed: bool) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('svara.removing', %s, true)", ["on" if allowed else "off"])


def _teach_sqlite(connection: Any, **_more: object) -> None:
    """What the triggers ask; a hand that opens the file without us has no such function, and is refused too."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("svara_removing", 0, lambda: int(_removing.get()))


def _tables_of(app: AppConfig) -> list[type[AppendOnly]]:
    return [model for model in app.get_models() if issubclass(model, AppendOnly)]


def _before_migrations(sender: AppConfig, using: str, **_more: object) -> None:
    if tables := _tables_of(sender):
        unguard(tables, using)


def _after_migrations(sender: AppConfig, using: str, **_more: object) -> None:
    if tables := _tables_of(sender):
        there = connections[using].introspection.table_names()  # `migrate` may have been told to go back
        guard([table for table in tables if table._meta.db_table in there], using)


connection_created.connect(_teach_sqlite, dispatch_uid="svara.privacy.appendonly")
pre_migrate.connect(_before_migrations, dispatch_uid="svara.privacy.appendonly")
post_migrate.connect(_after_migrations, dispatch_uid="svara.privacy.appendonly")
