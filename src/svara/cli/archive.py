"""`svara privacy archive`: what a company put away when its calls went (`svara.history.archive`). Thin, as every command."""

from __future__ import annotations

from typing import Annotated

import typer

from svara.cli.privacy import DEFAULT_DATA, Data, open_data

app = typer.Typer(help="The archive of calls of a company that has one.", rich_markup_mode=None)

Slug = Annotated[str | None, typer.Option("--tenant", metavar="SLUG", help="The company.")]


@app.command(name="list")
def list_(tenant: Slug = None, data: Data = DEFAULT_DATA) -> None:
    """The files of each company, oldest first."""
    open_data(data)
    from svara.history import archive  # noqa: PLC0415
    from svara.people.models import Tenant  # noqa: PLC0415

    for company in Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.order_by("slug"):
        for file in archive.archives(company.id):
            span = f"{file.first_at:%Y-%m-%d} to {file.last_at:%Y-%m-%d}"
            print(f"{company.slug}: {file.name} {span}, {file.calls} calls, SHA-256 {file.digest}")


@app.command(name="open")
def open_(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `list` shows it.")], data: Data = DEFAULT_DATA
) -> None:
    """The calls of a file, one line of JSON each; that it was opened is written into the company's log."""
    open_data(data)
    import msgspec  # noqa: PLC0415

    from svara.history import archive  # noqa: PLC0415
    from svara.privacy.audit.port import OPERATOR  # noqa: PLC0415
    from svara.privacy.errors import NotFound, PlainError  # noqa: PLC0415
    from svara.privacy.vault.port import Unreadable  # noqa: PLC0415

    try:
        kept = archive.open_archive(name.partition("/")[0], name, OPERATOR)
    except NotFound:
        raise PlainError("there is no such file in an archive") from None
    except (OSError, Unreadable) as error:
        raise PlainError(f"the file cannot be read: {error}") from None
    for one in kept:
        print(str(one) if isinstance(one, Unreadable) else msgspec.json.encode(one).decode())
