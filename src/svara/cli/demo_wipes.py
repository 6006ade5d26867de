"""Demo companies go when their two weeks are over, and are there again as on the first day (`svara.people.demo`)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from django.db import DatabaseError, connection

from svara import log
from svara.bus.port import Bus
from svara.cli import demo
from svara.cli.privacy import DEFAULT_DATA, Data, open_data
from svara.data import DataFolder
from svara.privacy.errors import PlainError

LOOK_SECONDS = 600.0

_log = log.get("cli.demo_wipes")


async def run(data: DataFolder, _bus: Bus) -> None:
    """Look again and again whether one is due; until cancelled."""
    while True:
        await asyncio.to_thread(_look, data)
        await asyncio.sleep(LOOK_SECONDS)


def step(data: DataFolder, now: datetime) -> int:
    """Wipe what is due and make it anew; gives how many companies that were."""
    from svara.people import demo as companies  # noqa: PLC0415  needs Django's tables

    return len(companies.wipe_due(now, lambda: make_anew(data)))


def make_anew(data: DataFolder) -> None:
    """The demo company as on its first day; its phones place their first calls when they are next started."""
    from svara.cli.demo_phones import PLACED_FILE  # noqa: PLC0415  every command and every role would load SIP

    demo.install()
    (data.root / PLACED_FILE).unlink(missing_ok=True)


def _look(data: DataFolder) -> None:
    try:
        step(data, datetime.now(UTC))
    except (DatabaseError, OSError, PlainError):
        _log.error("a demo company could not be wiped; trying again later", exc_info=True)
    finally:
        connection.close()


def command(
    wipe_now: Annotated[bool, typer.Option("--wipe-now", help="Do not wait for the day.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """When each demo company is wiped, and the receipts of those that were."""
    open_data(data)
    from svara.people import demo as companies  # noqa: PLC0415
    from svara.people.models import DemoWipe, Tenant  # noqa: PLC0415

    folder = DataFolder(data.resolve())
    if wipe_now:
        for tenant in Tenant.objects.filter(demo=True):
            companies.wipe(tenant, datetime.now(UTC), lambda: make_anew(folder))
    for tenant in Tenant.objects.filter(demo=True):
        print(f"{tenant.slug}: everything goes at {companies.next_wipe(tenant):%Y-%m-%d %H:%M} UTC; no backup has it")
    for receipt in DemoWipe.objects.order_by("-at"):
        when, good = f"{receipt.at:%Y-%m-%d %H:%M}", companies.digest_of(receipt) == receipt.digest
        print(f"{receipt.slug}: wiped at {when} UTC, {receipt.keys} keys destroyed, SHA-256 {receipt.digest}")
        if not good:
            print("  this receipt is not as it was written")
        for each in receipt.gone:
            print(f"  {each['table']}: {each['count']}, SHA-256 {each['digest']}")


def add_to(app: typer.Typer) -> None:
    """Make it a command of `svara privacy`."""
    app.command(name="demo")(command)
