"""`svara doctor`. Thin: it reads arguments, has the checks made, prints what they found."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="SVARA_DATA", help="The folder that holds all state.")]
DEFAULT_DATA = Path("data")


def doctor(  # noqa: PLR0917  the options of the command
    backup: Annotated[
        Path | None, typer.Option("--backup", metavar="FILE", help="Read this backup, not the last one.")
    ] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Restore the backup into a scratch place.")] = False,
    mail: Annotated[str, typer.Option("--mail", metavar="ADDRESS", help="Send a mail to this address.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell of every check what was done.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Try from outside whether everything works, and say what is wrong in plain words. Nobody's phone rings, nothing is
    changed. Ends with 1 when something is wrong."""
    from svara.cli.doctor.opening import open_folder  # noqa: PLC0415  every command loads only what it needs

    folder = open_folder(data)
    if not as_json:
        print(f"svara doctor, {folder.root}: this takes up to half a minute", file=sys.stderr, flush=True)
    raise typer.Exit(asyncio.run(_doctor(folder.root, backup, deep=deep, mail=mail, as_json=as_json, verbose=verbose)))


async def _doctor(root: Path, backup: Path | None, *, deep: bool, mail: str, as_json: bool, verbose: bool) -> int:
    from svara.cli.doctor import backups, kernel, network, office, push, report, signalling, storage, transcriber, trial  # noqa: PLC0415
    from svara.cli.doctor import mail as mails  # noqa: PLC0415
    from svara.cli.doctor.model import Wishes  # noqa: PLC0415
    from svara.cli.doctor.opening import known  # noqa: PLC0415
    from svara.cli.doctor.run import examine, exit_code  # noqa: PLC0415
    from svara.data import DataFolder  # noqa: PLC0415

    rooms = (office, signalling, trial, network, storage, kernel, backups, mails, transcriber, push)
    checks = [check for room in rooms for check in room.CHECKS]
    async with known(DataFolder(root), Wishes(backup, deep, mail)) as patient:
        results = await examine(patient, checks)
    if as_json:
        print(report.for_programs(patient, results, time.time()))
    else:
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print(report.for_people(results, coloured=coloured, verbose=verbose))
        print(f"\n{report.closing_line(results)}")
    return exit_code(results)
