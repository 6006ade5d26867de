"""`svara privacy erase` and its sisters: what people may demand of their data. Thin, as every command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from svara.cli.privacy import DEFAULT_DATA, Data, Language, open_data, speak


def erase(  # noqa: PLR0917  typer's parameters are options
    who: Annotated[
        str, typer.Argument(metavar="WHO", help="User name, username@tenant, or the number of somebody outside.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands on the receipt: name nobody.")],
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="The company.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; otherwise it is only shown what would go.")] = False,
    language: Language = "en",
    data: Data = DEFAULT_DATA,
) -> None:
    """Erase somebody, for good; prints the receipt. Without --yes it shows what would go and what would stay."""
    open_data(data)
    speak(language)
    from svara.cli.subjects import subject_named  # noqa: PLC0415
    from svara.privacy.audit.port import OPERATOR  # noqa: PLC0415
    from svara.privacy.rights import erasing  # noqa: PLC0415

    tenant_id, subject = subject_named(who, tenant)
    if not yes:
        shown = erasing.preview(tenant_id, subject)
        for holding in shown.holdings:
            word = "stays" if not holding.goes else "stays without the person" if holding.how == "freed" else "goes"
            why = f" ({holding.why}; {holding.until})" if holding.why else ""
            print(f"{holding.count:>9}  {holding.text}: {word}{why}")
        print(shown.hold or "Nothing was erased: say --yes to do it.")
        return
    done = erasing.erase(tenant_id, subject, reason=reason, by=OPERATOR)
    print(json.dumps({"receipt": done.receipt, "sha256": done.digest, "key": done.key}, indent=2, sort_keys=True))


def verify_erasure(
    backup: Annotated[Path | None, typer.Option("--backup", metavar="FILE", help="Default: the last backup.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Restore a backup into a scratch place, and show that nobody who was erased can be read there."""
    open_data(data)
    from svara.data import DataFolder  # noqa: PLC0415
    from svara.people.errors import PlainError  # noqa: PLC0415
    from svara.privacy.rights import restore  # noqa: PLC0415
    from svara.privacy.rights.backup import last_backup  # noqa: PLC0415
    from svara.privacy.rights.bucket import InBucket  # noqa: PLC0415

    folder = DataFolder(data.resolve())
    place = backup or last_backup(folder)
    done = restore.verify(folder, place)
    print(f"{place}, of {done.made_at:%Y-%m-%d %H:%M} UTC, restored into a scratch place with the keys as they are now.")
    for found in done.erased:
        key = {True: "key destroyed", False: "KEY STILL THERE", None: "no key"}[found.key_gone]
        print(f"{found.subject}, erased {found.at}: {found.before} items in the backup, {found.after} after replay; {key}")
    if done.bucket != InBucket():
        told = f"{done.bucket.deleted} deleted, {done.bucket.waiting} about to be deleted, {done.bucket.left} left there"
        away = f", {done.bucket.unknown} not known: the bucket does not answer" if done.bucket.unknown else ""
        print(f"Of their recordings and messages in the bucket: {told}{away}.")
    if done.bucket.left:
        raise PlainError("recordings or messages of somebody who was erased lie in the bucket still")
    if any(found.after or found.key_gone is False for found in done.erased):
        raise PlainError("somebody who was erased can still be read")
    print(f"{len(done.erased)} erased, none can be read.")


def replay(
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="FILE", help="A copy of the keys whose ledgers are read, too.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """After a database was brought back by other means (pg_restore): erase again who was erased since, and put in force what
    was decided since. Before the office serves."""
    open_data(data)
    from svara.data import DataFolder  # noqa: PLC0415
    from svara.privacy.rights import restore  # noqa: PLC0415

    done = restore.go_through(DataFolder(data.resolve()), keys)
    print(f"Erased again: {len(done.found)}.")
    print(restore.told(done.redone))


def export(
    who: Annotated[
        str, typer.Argument(metavar="WHO", help="User name, username@tenant, or the number of somebody outside.")
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to (ZIP).")],
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="The company.")] = None,
    language: Language = "en",
    data: Data = DEFAULT_DATA,
) -> None:
    """Write everything about somebody to FILE: a page to read, JSON for machines, the sounds."""
    open_data(data)
    speak(language)
    from svara.cli.subjects import subject_named  # noqa: PLC0415
    from svara.privacy.audit import port as audit  # noqa: PLC0415
    from svara.privacy.rights import exporting  # noqa: PLC0415

    tenant_id, subject = subject_named(who, tenant)
    with file.open("xb") as target:
        chapters = exporting.write(tenant_id, subject, language, target)
    audit.record(tenant_id, audit.OPERATOR, "export", subject, "person")
    print(f"{file}: {', '.join(chapters)}")


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="Only this company.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Let go of what is older than the rules of its company say; the jobs process does so every hour."""
    open_data(data)
    from django.utils import timezone  # noqa: PLC0415

    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.rights import retention as keeping  # noqa: PLC0415

    for company in Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.order_by("slug"):
        for each in keeping.chosen(company.id):
            held = ", held" if each.held else ""
            whose = " (own rule)" if each.own else f" ({each.law.law})" if each.law else ""
            print(f"{company.slug}: {each.period.key} {each.days} days{whose}{held}")
        done = keeping.run(company.id, timezone.now(), dry=dry_run)
        for gone in done.gone:
            print(f"{company.slug}: {gone.table} {gone.count} {'would go' if dry_run else 'went'}, SHA-256 {gone.digest}")
        if not done.gone:
            print(f"{company.slug}: nothing is too old")


def add_to(app: typer.Typer) -> None:
    """Make them commands of `svara privacy`."""
    for command in (erase, export, replay, retention):
        app.command()(command)
    app.command(name="verify-erasure")(verify_erasure)
