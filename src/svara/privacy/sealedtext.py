"""Free text about a person in a table: a column that holds it sealed, and an attribute that is the text.

Whose key it is sealed with the row says (`sealed_for`); destroy that key, and the text is gone wherever copies of the row
lie. It is sealed when the row is saved and opened when it is looked at; what cannot be opened reads as "", and stays as it
is. An empty text is an empty column. Filters can ask for empty or not, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from svara.privacy import vault
from svara.privacy.errors import Invalid
from svara.privacy.subject import Subject, outside
from svara.privacy.vault.port import Unreadable

_BATCH = 500


class Row(Protocol):
    """A row with sealed texts."""

    pk: Any
    tenant_id: str

    def sealed_for(self) -> Subject:
        """With whose key: the person's whom it is about, or the row's own (`own_key`)."""


def own_key(row_id: str) -> Subject:
    """The key of one row, for texts of which nobody knows whom they name; nobody's identity is in it."""
    return outside(row_id)


class _Text(DeferredAttribute):
    """The text: as it was set, or opened once."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, str):
            return value
        name = self.field.attname
        try:
            opened = _opened(instance.tenant_id, bytes(value), _context(instance._meta.label_lower, name, instance.pk))
        except Unreadable:
            return ""
        instance.__dict__[name] = opened
        return opened

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedText(models.BinaryField):  # type: ignore[type-arg]  # no generic at run time
    """A text, sealed. Saving raises Invalid while the company's key is of no use."""

    descriptor_class = _Text

    def pre_save(self, model_instance: Any, add: bool) -> bytes:
        del add
        value = model_instance.__dict__[self.attname]
        if not isinstance(value, str):
            return bytes(value)
        label, row = model_instance._meta.label_lower, model_instance
        try:
            return seal(row.tenant_id, row.sealed_for(), value, _context(label, self.attname, row.pk))
        except Unreadable as error:
            raise Invalid(str(error)) from None

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, str):
            if value:
                raise TypeError("a sealed text is written by saving its row, and found by nothing")
            return b""
        return super().get_prep_value(value)


def seal(tenant_id: str, owner: Subject, text: str, context: bytes) -> bytes:
    """What such a column holds. Raises Unreadable."""
    return vault.current().seal(tenant_id, [owner], text.encode(), context=context) if text else b""


def open_all(rows: Sequence[Any], *names: str) -> None:
    """Open these texts of many rows of one company at once: for who lists them."""
    sealed = [(row, name) for row in rows for name in names if isinstance(row.__dict__.get(name), bytes | memoryview)]
    things = [
        (bytes(row.__dict__[name]), _context(row._meta.label_lower, name, row.pk))
        for row, name in sealed
        if len(row.__dict__[name])
    ]
    if not things:
        return
    opened = iter(vault.current().open_many(rows[0].tenant_id, things))
    for row, name in sealed:
        if len(row.__dict__[name]):
            text = next(opened)
            if not isinstance(text, Unreadable):
                row.__dict__[name] = text.decode()


def seal_column(table: Any, clear: str, name: str, owner: Any) -> None:
    """For a migration: what stands in the column `clear` goes sealed into `name`; `owner` says of a row with whose key."""
    label = table._meta.label_lower
    for row in _filled(table, clear):
        try:
            sealed = seal(row.tenant_id, owner(row), getattr(row, clear), _context(label, name, row.pk))
        except Unreadable:
            raise RuntimeError("a company has taken its key away: it has to be here while what it holds is sealed") from None
        table._base_manager.filter(pk=row.pk).update(**{name: sealed})


def _filled(table: Any, clear: str) -> Iterable[Any]:
    rows = table._base_manager.exclude(**{clear: ""}).order_by("pk")
    return rows.iterator(chunk_size=_BATCH)  # type: ignore[no-any-return]


def _opened(tenant_id: str, sealed: bytes, context: bytes) -> str:
    return vault.current().open(tenant_id, sealed, context=context).decode() if sealed else ""


def _context(label: str, name: str, pk: str) -> bytes:
    return f"{label}:{pk}:{name}".encode()
