"""Getting to know an installation without changing it: nothing is made, migrated or repaired on the way."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from svara import bus
from svara.bus.port import Bus, BusError
from svara.calls import commands
from svara.cli import serving
from svara.cli.doctor.model import Patient, Wishes
from svara.cli.doctor.run import in_thread
from svara.data import DataFolder
from svara.history import health
from svara.people.errors import PlainError

ASK_SECONDS = 3.0
OPEN_SECONDS = 15.0


def open_folder(root: Path) -> DataFolder:
    """The data folder, as its owner: who may be anybody (root) becomes the owner. Raises PlainError."""
    folder = DataFolder(root.resolve())
    try:
        owner = folder.root.stat()
        here = list(folder.root.iterdir())
    except FileNotFoundError:
        raise PlainError(f"there is no data folder {folder.root}: say where it is with --data") from None
    except NotADirectoryError:
        raise PlainError(f"{folder.root} is not a folder") from None
    except OSError:
        raise PlainError(_not_yours(folder.root)) from None
    if not (here and (folder.database.exists() or folder.secret_key.exists())):
        raise PlainError(f"{folder.root} is no data folder of Svara: say where it is with --data")
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    elif os.geteuid() != owner.st_uid:
        raise PlainError(_not_yours(folder.root))
    return folder


def _not_yours(root: Path) -> str:
    try:
        owner = pwd.getpwuid(root.stat().st_uid).pw_name
    except (OSError, KeyError):
        owner = "its owner"
    return f"only {owner} may look into the data folder {root}: run `svara doctor` as {owner}, or as root"


def settings_of(office: serving.Serving | None) -> dict[str, str]:
    """The settings of the office that runs; of this shell where none does. They are this process's from here on."""
    found = serving.environment(office.pid) if office is not None else {}
    if found:
        for name in [name for name in os.environ if name.startswith("SVARA_")]:
            del os.environ[name]
        os.environ.update(found)
    return {name: value for name, value in os.environ.items() if name.startswith("SVARA_")}


def open_database(data: DataFolder, settings: Mapping[str, str]) -> str:
    """Make Django ready; gives why the database cannot be used, in plain words, or nothing."""
    os.environ["SVARA_DATA"] = str(data.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")
    if not settings.get("SVARA_DATABASE_URL") and not data.database.exists():
        return f"there is no database {data.database}: the installation was never started, or the file is gone"
    import django  # noqa: PLC0415  settings are read from the environment that was just set

    try:
        django.setup()
    except ValueError:
        return "SVARA_DATABASE_URL is no address of a database: expected postgresql://USER:PASSWORD@HOST/NAME"
    from django.db import DatabaseError, connection  # noqa: PLC0415

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
    except DatabaseError as error:
        return f"the database cannot be used: {(str(error).strip() or type(error).__name__).splitlines()[0]}"
    finally:
        connection.close()
    return ""


def open_keys(data: DataFolder) -> str:
    """Whether the vault may be opened without making anything; else why not, in plain words."""
    from svara.privacy.vault.errors import VaultError  # noqa: PLC0415
    from svara.privacy.vault.port import open_vault  # noqa: PLC0415

    if not (data.keys / "keys.sqlite3").exists():
        return f"the key store {data.keys / 'keys.sqlite3'} is not there: what is sealed cannot be read without it"
    if not data.intake.exists():
        return f"the file {data.intake} is not there: nothing can be recorded (start the office once, it is made anew)"
    from svara.privacy.vault import SystemTime  # noqa: PLC0415

    try:
        with open_vault(data, SystemTime()) as opened:
            return opened.keeping.status().fault
    except VaultError as error:
        return str(error)


@asynccontextmanager
async def known(data: DataFolder, wishes: Wishes) -> AsyncIterator[Patient]:
    """What there is to know at once; the bus stays open meanwhile."""
    office = serving.read(data)
    settings = settings_of(office)
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            no_database = await in_thread(open_database, data, settings)
    except TimeoutError:
        no_database = "the database does not answer"
    no_keys = await in_thread(open_keys, data)
    line = bus.connect(data) if bus.redis_url() or data.bus_socket.exists() else None
    try:
        yield Patient(
            data,
            wishes,
            settings,
            office,
            line,
            await _calls(line) if line is not None else None,
            await _history(line) if line is not None else None,
            no_database,
            no_keys,
        )
    finally:
        if line is not None:
            await line.close()


async def _calls(line: Bus) -> commands.Health | None:
    try:
        raw = await line.request(commands.SERVICE, msgspec.msgpack.encode(commands.AskHealth()), ASK_SECONDS)
        return msgspec.msgpack.decode(raw, type=commands.Health)
    except (BusError, msgspec.MsgspecError):
        return None


async def _history(line: Bus) -> health.HistoryHealth | None:
    try:
        return msgspec.msgpack.decode(await line.request(health.SERVICE, b"", ASK_SECONDS), type=health.HistoryHealth)
    except (BusError, msgspec.MsgspecError):
        return None
