"""The `svara` command. Thin: it reads arguments, calls an action, prints what came of it.

Errors are one plain line (of an office file: one a problem) on standard error; exit code 2 for wrong use, 1 for a failure,
never a traceback.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from svara import log
from svara.cli import archive, demo_wipes, letters, privacy, rights, staff
from svara.cli.doctor.command import doctor
from svara.people.errors import PlainError
from svara.people.officefile import OfficeFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from svara.data import DataFolder
    from svara.people.models import Account
    from svara.people.officefile import OfficeFile
    from svara.people.plan import Applied, Change

app = typer.Typer(
    name="svara",
    help="Svara, a self-hosted business phone system.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rights.add_to(privacy.app)
demo_wipes.add_to(privacy.app)
privacy.app.add_typer(archive.app, name="archive")
app.add_typer(privacy.app, name="privacy")
app.add_typer(staff.app, name="staff")
app.add_typer(letters.app, name="letters")

Data = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="SVARA_DATA", help="The folder that holds all state.")]
File = Annotated[Path, typer.Argument(metavar="OFFICE.yaml", help="The office file.")]
DEFAULT_DATA = Path("data")


class CommandError(PlainError):
    """The command failed; the message is what the person at the terminal reads."""


@app.command()
def serve(
    role: Annotated[str | None, typer.Argument(metavar="[ROLE]", help="Run only this part of the office.")] = None,
    data: Data = DEFAULT_DATA,
    http: Annotated[str, typer.Option(metavar="HOST:PORT", help="Web pages and API.")] = "127.0.0.1:8080",
    sip: Annotated[str, typer.Option(metavar="HOST:PORT", help="SIP over UDP and TCP.")] = "127.0.0.1:5060",
    demo: Annotated[bool, typer.Option("--demo", help="Begin with a demo company.")] = False,
) -> None:
    """Start the office; runs until it is told to stop."""
    from svara.cli import serve as serving  # noqa: PLC0415  every command loads only what it needs

    if role is None:
        raise typer.Exit(serving.run(data, http, sip, demo=demo))
    raise typer.Exit(serving.run_role(role, data, http, sip))


@app.command()
def plan(file: File, data: Data = DEFAULT_DATA) -> None:
    """Show what `apply` would change."""
    office = _load(file, data)
    from svara.people import plan as planning  # noqa: PLC0415

    changes = planning.plan(office)
    _print_changes(changes, ("to add", "to change", "to remove"))


@app.command()
def apply(file: File, data: Data = DEFAULT_DATA) -> None:
    """Make the company what the file says."""
    office = _load(file, data)
    from svara.people import plan as planning  # noqa: PLC0415

    applied = planning.apply(office)
    _print_changes(applied.changes, ("added", "changed", "removed"))
    _print_invitations(applied)
    if applied.changes:
        _print_effect(applied)


@app.command()
def token(
    user: Annotated[str, typer.Argument(metavar="USER", help="User name, or username@tenant.")],
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="The person's company.")] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; the company reads it.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Print a new API token that acts as USER. The person and the company see that it was made."""
    _open(data)
    from svara.people import actions  # noqa: PLC0415
    from svara.privacy.audit.port import OPERATOR  # noqa: PLC0415

    print(actions.do_create_token(_person(user, tenant), "svara token", by=OPERATOR, reason=reason))


@app.command("reset-factor")
def reset_factor(
    user: Annotated[str, typer.Argument(metavar="USER", help="User name, or username@tenant.")],
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="The person's company.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Take away the second factor of USER, where no administrator comes in any more. The person and the company see it."""
    _open(data)
    from svara.people.second import actions  # noqa: PLC0415
    from svara.privacy.errors import Invalid  # noqa: PLC0415

    account = _person(user, tenant)
    try:
        actions.do_reset_by_operator(account)
    except Invalid as error:
        raise CommandError(" ".join(error.messages)) from None
    print(f"{account.name} signs in with the password alone now, is signed out everywhere, and is told by mail.")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; the keys go into svara.keys beside it.")],
    keep_days: Annotated[int, typer.Option(metavar="DAYS", help="Older backups beside it go; 0 keeps all.")] = 30,
    data: Data = DEFAULT_DATA,
) -> None:
    """Copy all content to FILE, also while the office serves. Demo companies are left out."""
    folder = _open(data)
    from datetime import UTC, datetime  # noqa: PLC0415

    from svara.privacy.rights import backup as copying  # noqa: PLC0415

    done = copying.backup(folder, file, datetime.now(UTC), keep_days)
    print(f"{done.place}: {done.files} files, {done.size_bytes / 1e6:.1f} MB. Keys (newest state only): {done.keys}")
    if done.elsewhere:
        print(f"{done.elsewhere} recordings and messages lie in a bucket: the backup says where, and does not hold them.")
    for old in done.aged_out:
        print(f"{old} was older than {keep_days} days and is gone.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    keys: Annotated[Path | None, typer.Option(metavar="FILE", help="The copy of the keys (default: beside FILE).")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Bring a backup back, whole or not at all; who was erased since is erased in it first, and what was objected to,
    restricted, withdrawn or corrected since is so in it. The office must not be serving."""
    from datetime import UTC, datetime  # noqa: PLC0415

    from svara.data import DataFolder  # noqa: PLC0415
    from svara.privacy.rights import restore as restoring  # noqa: PLC0415

    folder = DataFolder(data.resolve())
    done = restoring.restore(folder, file, datetime.now(UTC), keys)
    _open(data)
    print(f"Restored the backup of {done.made_at:%Y-%m-%d %H:%M} UTC, {done.files} files; erased again: {len(done.erased)}.")
    print(restoring.told(done.redone))
    if done.former is not None:
        print(f"The state from before lies in {done.former}: delete it when all is right.")


app.command()(doctor)


@app.command()
def setup(data: Data = DEFAULT_DATA) -> None:
    """Print the link with which the first company is made on a page."""
    folder = _open(data)
    from svara.cli import serving  # noqa: PLC0415
    from svara.people import founding, setupcode  # noqa: PLC0415

    founding.prepare(folder)
    code, open_now = setupcode.read(folder), serving.read(folder)
    if not code:
        raise CommandError("there is a company already; who administers it signs in on the pages")
    print(serving.setup_link(code, open_now.http if open_now is not None else ""))
    if open_now is None:
        print("The office is not open: start it with `svara serve`, and open the link then.")


@app.command(hidden=True)
def prepare(data: Data = DEFAULT_DATA, demo: Annotated[bool, typer.Option("--demo")] = False) -> None:
    """What must stand before the office opens: folder, key, tables, snapshot; with --demo the demo company."""
    folder = _open(data)
    from svara.cli import rolekey  # noqa: PLC0415
    from svara.people import snapshot  # noqa: PLC0415
    from svara.privacy import vault  # noqa: PLC0415

    vault.current().keeping.finish()
    rolekey.give(vault.current().keeping.role_key())
    if demo:
        from svara.cli import demo as demo_office  # noqa: PLC0415

        demo_office.install()
    from svara.people import founding  # noqa: PLC0415

    founding.prepare(folder)
    from svara.privacy.functions import asking  # noqa: PLC0415

    asking.ask_again()
    snapshot.write(folder)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    log.configure("cli")
    os.umask(0o077)  # whatever is written is for the owner alone: names, call history, hashes of secrets
    sys.exit(_run((sys.argv[1:] if arguments is None else arguments) or ["--help"]))


def _run(arguments: list[str]) -> int:
    try:
        result = app(arguments, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return 130
    except Exception as error:
        return _explain(error)
    return result if isinstance(result, int) else 0


def _explain(error: Exception) -> int:
    """Say what went wrong in plain words; returns the exit code."""
    from django.db import DatabaseError  # noqa: PLC0415  only now is it worth the time to load

    from svara.privacy.vault.port import Unreadable, VaultError  # noqa: PLC0415

    if hasattr(error, "format_message"):  # what the argument parser raises, whichever library it comes from
        _complain(str(error.format_message()))
        return 2
    if isinstance(error, OfficeFileError):
        print("\n".join(error.lines), file=sys.stderr)
        return 1
    if isinstance(error, PlainError | VaultError | Unreadable):
        _complain(str(error))
        return 1
    if isinstance(error, DatabaseError):
        _complain(f"the database cannot be used: {(str(error).strip() or type(error).__name__).splitlines()[0]}")
        return 1
    if isinstance(error, OSError) and error.strerror:
        _complain(f"{error.filename or 'the system'}: {error.strerror}")
        return 1
    log.get("cli").error("the command crashed", exc_info=error)
    _complain("something went wrong that should not; the line above says where")
    return 1


def _complain(message: str) -> None:
    print("svara: " + " ".join(message.split()), file=sys.stderr)


def _person(user: str, tenant: str | None) -> Account:
    from svara.people import access  # noqa: PLC0415

    found = access.accounts_named(user.casefold(), tenant)
    if not found:
        raise CommandError(f"there is no person '{user}'" + (f" in tenant '{tenant}'" if tenant else ""))
    if len(found) > 1:
        slugs = ", ".join(account.tenant.slug for account in found)
        raise CommandError(f"several tenants have '{user}': say which with --tenant ({slugs})")
    return found[0]


def _open(data: Path) -> DataFolder:
    from svara.cli.installation import open_installation  # noqa: PLC0415

    return open_installation(data)


def _load(file: Path, data: Path) -> OfficeFile:
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}", param_hint="OFFICE.yaml")
    _open(data)
    from svara.people import officefile  # noqa: PLC0415

    office = officefile.load(file)
    for warning in office.warnings:
        print(f"{warning} (warning)", file=sys.stderr)
    return office


def _print_changes(changes: Iterable[Change], words: tuple[str, str, str]) -> None:
    changes = list(changes)
    for change in changes:
        print(change)
    if not changes:
        print("Nothing to change.")
        return
    counts = [sum(change.verb == verb for change in changes) for verb in ("add", "change", "remove")]
    print(", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True)) + ".")


def _print_invitations(applied: Applied) -> None:
    base = os.environ.get("SVARA_URL", "").rstrip("/")
    for invited in applied.invited:
        print(
            f"{invited.name} ({invited.username}) has no password yet. Invitation, until {invited.expires_at:%Y-%m-%d}: "
            f"{base}/invitation/{invited.token}"
        )
    if applied.invited and not base:
        print("Put the address of your web server in front of each invitation, or set SVARA_URL.")


def _print_effect(applied: Applied) -> None:
    from django.conf import settings  # noqa: PLC0415

    from svara.cli.effect import bring_into_effect  # noqa: PLC0415

    match bring_into_effect(settings.DATA, applied.stale_logins):
        case "in-effect":
            print("In effect now.")
        case "nothing-serves":
            print("Saved; it takes effect when the office is started.")
        case "unconfirmed":
            print("svara: saved, but the running office has not yet confirmed that it is in effect", file=sys.stderr)
