"""Tables to which rows are only ever added: consents, the log of who looked.

Guarantees: neither a model, nor a query, nor a hand at the database changes or removes a row; the database itself refuses
by a trigger, on SQLite and on PostgreSQL. There is one way for rows to go, `removing()`, for those whose time is over
(retention, a company that leaves); it opens for one transaction of this thread, and is written down by whoever uses it.

A table is made so in its migration, by `refuse_changes(table)`. A later migration that rebuilds the table on SQLite loses
the trigger: it ends with `refuse_changes` again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, NoReturn, Self, TypeVar

from django.db import connection, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.signals import connection_created

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

    all_tenants: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(AppendOnlyRows)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **more: Any) -> None:
        """Once."""
        if not self._state.adding:
            raise Unchangeable(f"{self._meta.label} is only ever added to")
        super().save(*args, **more)

    def delete(self, *_args: Any, **_more: Any) -> tuple[int, dict[str, int]]:
        """Never: rows go in bulk, when their time is over."""
        raise Unchangeable(f"{self._meta.label} is only ever added to")


@contextmanager
def removing() -> Iterator[None]:
    """Rows may be deleted in this block (one transaction, this thread); never changed."""
    token = _removing.set(True)
    try:
        with transaction.atomic():
            _tell_postgres("on")
            yield
            _tell_postgres("off")
    finally:
        _removing.reset(token)


def refuse_changes(table: str) -> migrations.RunPython:
    """The step of a migration after which the database refuses to change or delete rows of `table`."""

    def refuse(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in _TRIGGERS[editor.connection.vendor]:
            editor.execute(statement.replace("<table>", table), params=None)

    def allow(_apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in _NO_TRIGGERS[editor.connection.vendor]:
            editor.execute(statement.replace("<table>", table), params=None)

    return migrations.RunPython(refuse, allow)


def _tell_postgres(state: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('svara.removing', %s, true)", [state])


def _teach_sqlite(connection: Any, **_more: object) -> None:
    """What the triggers ask; a hand that opens the file without us has no such function, and is refused too."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("svara_removing", 0, lambda: int(_removing.get()))


connection_created.connect(_teach_sqlite, dispatch_uid="svara.privacy.appendonly")

_TRIGGERS = {
    "sqlite": (
        """CREATE TRIGGER "<table>_stays" BEFORE UPDATE ON "<table>"
        BEGIN SELECT RAISE(ABORT, '<table> is only ever added to'); END""",
        """CREATE TRIGGER "<table>_is_kept" BEFORE DELETE ON "<table>" WHEN svara_removing() = 0
        BEGIN SELECT RAISE(ABORT, '<table> is only ever added to'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION svara_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND current_setting('svara.removing', true) = 'on' THEN RETURN OLD; END IF;
            RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$""",
        """CREATE TRIGGER "<table>_stays" BEFORE UPDATE OR DELETE ON "<table>"
        FOR EACH ROW EXECUTE FUNCTION svara_only_added_to()""",
    ),
}
_NO_TRIGGERS = {
    "sqlite": ('DROP TRIGGER IF EXISTS "<table>_stays"', 'DROP TRIGGER IF EXISTS "<table>_is_kept"'),
    "postgresql": ('DROP TRIGGER IF EXISTS "<table>_stays" ON "<table>"',),
}
