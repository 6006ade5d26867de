"""The process in which a restored database is gone through with the ledgers (`svara.privacy.rights.restore`).

`python -m svara.privacy.rights.replay FOLDER [FORMER DATABASE]`: the folder holds the database, the keys and what is to be
done again (`.replay`); what was done is printed as one line of JSON.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import msgspec

from svara import log
from svara.data import DataFolder


def main(folder: Path, former: str) -> None:
    """Bring the tables up to date, do again what was decided, erase everybody of the list, and print what there was."""
    os.environ |= {"SVARA_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "svara.settings"}
    log.configure("restore")
    import django  # noqa: PLC0415  the environment was just set

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    DataFolder(folder).create()
    known = MigrationExecutor(connection).loader
    unknown = [name for name in known.applied_migrations if name not in known.disk_migrations and name[0] in _apps(known)]
    if unknown:
        print("svara: the backup was made by a newer version of Svara: update this one first", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    from svara.privacy.errors import PlainError  # noqa: PLC0415
    from svara.privacy.rights import going_through  # noqa: PLC0415
    from svara.privacy.rights.restore import Task  # noqa: PLC0415

    receipts = _bring_receipts(connection, former)
    try:
        replayed = going_through.go_through(msgspec.json.decode((folder / ".replay").read_bytes(), type=Task))
    except PlainError as error:
        print(f"svara: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    log.get("rights.replay").info("erasures were replayed", people=len(replayed.found), receipts=receipts)
    print(msgspec.json.encode(replayed).decode())  # noqa: T201  what the caller reads


def _apps(loader: object) -> set[str]:
    return set(getattr(loader, "migrated_apps", ()))


def _tenants(connection: object) -> list[str]:
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT id FROM people_tenant")
        return [row[0] for row in cursor.fetchall()]


def _bring_receipts(connection: object, former: str) -> int:
    """Receipts of erasures that were made since the backup come along from the database that it replaces."""
    if not former:
        return 0
    from svara.privacy.rights.models import Erasure  # noqa: PLC0415

    columns = [str(field.column) for field in Erasure._meta.local_concrete_fields]
    named = ", ".join(f'"{column}"' for column in columns)
    try:
        with closing(sqlite3.connect(f"file:{former}?mode=ro", uri=True)) as source:
            rows = source.execute(f"SELECT {named} FROM rights_erasure").fetchall()  # noqa: S608  names of our own
    except sqlite3.DatabaseError:
        return 0  # an older version, which kept none
    tenants = set(_tenants(connection))
    places = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        for row in rows:
            if row[columns.index("tenant_id")] in tenants:
                cursor.execute(f"INSERT OR IGNORE INTO rights_erasure ({named}) VALUES ({places})", row)  # noqa: S608
    return len(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
