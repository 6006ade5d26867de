"""Opening an installation: whatever it still lacks (folder, keys, tables) is made, once, by whoever comes first."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from svara.data import DataFolder, locked
from svara.people.errors import PlainError
from svara.privacy.vault import SystemTime
from svara.privacy.vault.port import VaultError, open_vault

_SECRET_BYTES = 32
_ADVISORY_LOCK = 0x5356415241
"""Any number will do, as long as it is always the same."""


class InstallationError(PlainError):
    """The installation cannot be used; the message is one plain sentence."""


def open_installation(root: Path) -> DataFolder:
    """The data folder, with Django ready to use its database. Raises InstallationError.

    Call it before anything imports `svara.settings`.
    """
    folder = DataFolder(root.resolve())
    os.environ["SVARA_DATA"] = str(folder.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")
    try:
        folder.create()
        with locked(folder.root / ".setup-lock"):
            _make_secret_key(folder)
            _make_tables()
        open_vault(folder, SystemTime()).close()  # makes its keys if there are none
    except FileExistsError:
        raise InstallationError(f"{folder.root} is not a folder") from None
    except VaultError as error:
        raise InstallationError(str(error)) from None
    except OSError as error:
        raise InstallationError(f"the data folder {folder.root} cannot be used: {error.strerror}") from None
    return folder


def _make_secret_key(folder: DataFolder) -> None:
    if folder.secret_key.exists():
        return
    # Written aside and renamed: a key that is cut short by a crash would be a weak one for ever.
    aside = folder.secret_key.with_suffix(".new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    aside.rename(folder.secret_key)


def _make_tables() -> None:
    import django  # noqa: PLC0415  settings are read from the environment that was just set

    try:
        django.setup()
    except ValueError:
        raise InstallationError(
            "SVARA_DATABASE_URL is no address of a database: expected postgresql://USER:PASSWORD@HOST/NAME"
        ) from None
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import DatabaseError, connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    try:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # other machines may open the same database at this moment
                cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
        else:
            executor.check_replacements()  # notes that a squashed migration is done where all that it replaces is
    except DatabaseError as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InstallationError(f"the database cannot be used: {first_line}") from None
    finally:
        connection.close()
