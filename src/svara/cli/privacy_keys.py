"""`svara privacy key ...`. Thin: each command calls the room that does it, and prints what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svara.people.errors import PlainError

if TYPE_CHECKING:
    from svara.privacy.vault.keeping import Keeping

app = typer.Typer(help="The keys under which personal data are sealed.", rich_markup_mode=None)

Data = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="SVARA_DATA", help="The folder that holds all state.")]
Slug = Annotated[str, typer.Argument(metavar="COMPANY", help="The company's short name.")]
DEFAULT_DATA = Path("data")


@app.command()
def status(data: Data = DEFAULT_DATA) -> None:
    """Show which keys there are, and whether they can be used."""
    keeping = _keeping(data)
    found = keeping.status()
    print(f"master key   {found.master}" + (f"  NOT USABLE: {found.fault}" if found.fault else ""))
    slugs = _slugs()
    for row in found.tenants:
        made = datetime.fromtimestamp(row.made_at, UTC).strftime("%Y-%m-%d")
        holder = "its own key" if row.own else "kept here"
        if not row.here:
            holder += ", taken away" if row.own else ", not usable"
        name = slugs.get(row.tenant, row.tenant)
        print(f"{name:<12} {holder}; version {row.version} of {made}; {row.living} keys, {row.destroyed} destroyed")


@app.command()
def rotate(
    company: Annotated[
        str | None, typer.Argument(metavar="[COMPANY]", help="The company's short name; without: all.")
    ] = None,
    master: Annotated[bool, typer.Option("--master", help="A new master key instead.")] = False,
    to: Annotated[
        str | None, typer.Option(metavar="FILE|URI", help="With --master: move it into this file or service.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make new keys in place of old ones; nothing has to be sealed again."""
    keeping = _keeping(data)
    if master or to:
        count = keeping.rotate_master(_place(to))
        print(f"The master key is new; {count} keys of companies are wrapped by it.")
        if to:
            print("Tell the installation of it (SVARA_MASTER_KEY_FILE or SVARA_MASTER_KEY_URI) before it is used again.")
        return
    own = {row.tenant for row in keeping.status().tenants if row.own}
    for tenant, slug in _slugs(company).items():
        if tenant in own and company is None:
            print(f"{slug} holds its own key: it has to bring a new one.")
            continue
        print(f"{slug} has a new key; {keeping.rotate(tenant)} keys of persons are wrapped by it.")


@app.command()
def bring(
    company: Slug,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="64 hex digits; made if it is not there.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """The company's own key, from a file: from now on it holds it itself, or it brings it again."""
    from svara.privacy.vault import master as keys  # noqa: PLC0415

    keeping = _keeping(data)
    [tenant] = _slugs(company)
    if not file.exists():
        keys.write_key(file, keys.new_key())
        print(f"A new key is in {file}.")
    count = keeping.bring(tenant, keys.read_key(file))
    print(
        f"{company} holds its own key, and it is here" + (f"; {count} keys of persons are wrapped by it." if count else ".")
    )


@app.command(name="take-away")
def take_away(company: Slug, data: Data = DEFAULT_DATA) -> None:
    """Remove the company's own key: nothing of it can be read until it is brought again."""
    keeping = _keeping(data)
    [tenant] = _slugs(company)
    keeping.take_away(tenant)
    print(f"The key of {company} is gone from here: nothing of it can be read until it is brought again.")


@app.command()
def keep(company: Slug, data: Data = DEFAULT_DATA) -> None:
    """The installation keeps the company's key again: a new one."""
    keeping = _keeping(data)
    [tenant] = _slugs(company)
    print(f"The key of {company} is kept here; {keeping.keep(tenant)} keys of persons are wrapped by it.")


@app.command()
def tidy(
    destroy: Annotated[bool, typer.Option("--destroy", help="Destroy them; without it they are only shown.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Show keys of companies that are gone, or destroy them: what backups hold of these companies cannot be read then."""
    _keeping(data)
    from svara.privacy.rights import leaving  # noqa: PLC0415

    gone = leaving.left_behind(_slugs())
    for tenant in gone:
        print(
            f"{tenant} is gone; {leaving.end_keys(tenant)} keys of its persons are destroyed."
            if destroy
            else f"{tenant} is gone, and its keys are here. Destroyed with --destroy, they do not come back."
        )
    if not gone:
        print("There are no keys of companies that are gone.")


def _keeping(data: Path) -> Keeping:
    from svara.cli.installation import open_installation  # noqa: PLC0415  every command loads only what it needs

    open_installation(data)
    from svara.privacy import vault  # noqa: PLC0415

    return vault.current().keeping


def _slugs(company: str | None = None) -> dict[str, str]:
    """Companies' short names by id; of one or of all. Raises PlainError."""
    from svara.people.models import Tenant  # noqa: PLC0415

    found = dict(Tenant.objects.order_by("slug").values_list("id", "slug"))
    if company is None:
        return found
    one = {tenant: slug for tenant, slug in found.items() if slug == company}
    if not one:
        raise PlainError(f"there is no company '{company}'")
    return one


def _place(to: str | None) -> Path | str | None:
    return to if to is None or "://" in to else Path(to)
