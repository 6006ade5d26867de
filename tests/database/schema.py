"""What a database says of its tables, so that two can be compared: columns and rules of a table stand in no order."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

Schema = set[frozenset[str]]
"""By statement that makes it, the lines or parts of that statement; which migrations are done, too."""


def of_sqlite(file: Path) -> Schema:
    """Of a database in a file."""
    with closing(sqlite3.connect(file)) as database:
        made = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        done = database.execute("SELECT app || ' ' || name FROM django_migrations").fetchall()
    return {frozenset(_parts(sql)) for (sql,) in made} | {frozenset(row) for row in done}


def of_postgres(dumped: str) -> Schema:
    """Of what `pg_dump --schema-only` writes."""
    lines = [line for line in dumped.splitlines() if line and not line.startswith(("--", "\\"))]
    statements = re.split(r";$", "\n".join(lines), flags=re.MULTILINE)
    return {frozenset(line.strip(" ,") for line in statement.strip().splitlines()) for statement in statements}


def _parts(sql: str) -> list[str]:
    """A table's name and what stands between its outermost commas; of anything else, all of it."""
    begin, end = sql.find("("), sql.rfind(")")
    if not sql.startswith("CREATE TABLE"):
        return [sql]
    depth, parts = 0, [""]
    for sign in sql[begin + 1 : end]:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [sql[:begin].strip(), *(part.strip() for part in parts)]
