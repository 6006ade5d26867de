"""The database refuses to change the log, whoever asks: triggers on SQLite and on PostgreSQL.

Installed after every migration, for SQLite forgets triggers when a migration rebuilds a table. An entry may be deleted once
a `Pruned` row names it; such a row only when no entry of its company is left (a company is removed).
"""

from __future__ import annotations

from typing import Any

REFUSAL = "the audit log can only grow"

_MAY_GO = {
    "audit_entry": "EXISTS (SELECT 1 FROM audit_pruned p WHERE p.tenant_id = OLD.tenant_id AND OLD.number <= p.up_to)",
    "audit_concerned": (
        "EXISTS (SELECT 1 FROM audit_entry e JOIN audit_pruned p ON p.tenant_id = e.tenant_id AND e.number <= p.up_to"
        " WHERE e.id = OLD.entry_id)"
    ),
    "audit_pruned": "NOT EXISTS (SELECT 1 FROM audit_entry e WHERE e.tenant_id = OLD.tenant_id)",
}
_PLACES = tuple((table, event) for table in _MAY_GO for event in ("update", "delete"))

NAMES = tuple(f"{table}_no_{event}" for table, event in _PLACES)


def install(connection: Any) -> None:
    """Put the triggers there; harmless where they are."""
    statements = _on_postgres() if connection.vendor == "postgresql" else _on_sqlite()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def missing(connection: Any) -> list[str]:
    """Names of triggers that are not there (any more)."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        there = {row[0] for row in cursor.fetchall()}
    return [name for name in NAMES if name not in there]


def _condition(table: str, event: str) -> str:
    return f"NOT ({_MAY_GO[table]})" if event == "delete" else "1 = 1"


def _on_sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {event.upper()} ON {table}"
        f" WHEN {_condition(table, event)} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        for name, (table, event) in zip(NAMES, _PLACES, strict=True)
    ]


def _on_postgres() -> list[str]:
    statements = []
    for name, (table, event) in zip(NAMES, _PLACES, strict=True):
        gives = "OLD" if event == "delete" else "NEW"
        body = f"BEGIN IF {_condition(table, event)} THEN RAISE EXCEPTION '{REFUSAL}'; END IF; RETURN {gives}; END"
        statements += [
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE {event.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
        ]
    return statements
