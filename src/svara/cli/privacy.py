"""`svara privacy`: what is stored and why, policies, and which promises are proved. Thin, as every command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from svara.cli import privacy_keys

app = typer.Typer(help="What is stored and why, and which promises are kept.", rich_markup_mode=None)
app.add_typer(privacy_keys.app, name="key")

Data = Annotated[Path, typer.Option("--data", metavar="DIR", envvar="SVARA_DATA", help="The folder that holds all state.")]
DEFAULT_DATA = Path("data")
Language = Annotated[str, typer.Option("--lang", metavar="LANGUAGE", help="cs, en, lv, nb, ru or sv.")]


def speak(language: str) -> None:
    """Say everything in a language. Raises BadParameter for one that we do not speak."""
    from django.conf import settings  # noqa: PLC0415
    from django.utils import translation  # noqa: PLC0415

    if language not in dict(settings.LANGUAGES):
        raise typer.BadParameter(f"{language} is none of {', '.join(dict(settings.LANGUAGES))}", param_hint="--lang")
    translation.activate(language)


def open_data(data: Path) -> None:
    """Make the installation's tables usable."""
    from svara.cli.installation import open_installation  # noqa: PLC0415

    open_installation(data)


@app.command()
def catalogue(
    search: Annotated[str, typer.Argument(metavar="[WORDS]", help="Only what these words are about.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Every item, for machines.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also what is about nobody.")] = False,
    language: Language = "en",
    data: Data = DEFAULT_DATA,
) -> None:
    """What is stored, by purpose: about whom, on which basis, for how long, and who sees it."""
    open_data(data)
    speak(language)
    from django.utils.translation import pgettext  # noqa: PLC0415

    from svara.privacy import catalogue as stored  # noqa: PLC0415
    from svara.privacy.overview import as_plain, overview  # noqa: PLC0415

    if as_json:
        print(json.dumps([as_plain(item) for item in stored.items()], ensure_ascii=False, indent=2))
        return
    for group in overview(search, personal=not everything):
        print(f"\n{group.title}")
        for row in group.rows:
            fields = f" ({', '.join(row.item.fields)})" if row.item.fields else ""
            sealed = f" [{pgettext('catalogue', 'sealed')}]" if row.item.declaration.vaulted else ""
            print(f"  {row.category}: {row.thing}{fields}{sealed}")
            about = " · ".join((row.subject, row.basis, row.source, ", ".join(row.recipients) or "–"))
            print(f"      {about}\n      {row.retention}")


@app.command()
def policy(
    tenant: Annotated[str | None, typer.Option(metavar="SLUG", help="The company; needed where there are several.")] = None,
    language: Language = "en",
    version: Annotated[int | None, typer.Option(metavar="N", help="A published version instead of the draft.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="What differs from the version before.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """The company's privacy policy as it would be published now, or as it was published."""
    open_data(data)
    speak(language)
    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.errors import NotFound, PlainError  # noqa: PLC0415
    from svara.privacy.policies import access  # noqa: PLC0415
    from svara.privacy.policies.document import difference, lines  # noqa: PLC0415

    found = list(Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.all()[:2])
    if len(found) != 1:
        raise PlainError(f"there is no company '{tenant}'" if tenant else "say which company with --tenant")
    try:
        shown = access.published(found[0].slug, version) if version is not None else None
        number = (version or 0) - 1 if shown else None
        before = access.published(found[0].slug, number) if diff else None
    except NotFound:
        raise PlainError("no such version is published") from None
    text = access.document_of(shown, language) if shown else access.draft(found[0].id).texts[language]
    if before is not None:
        marks = {"new": "+ ", "gone": "- ", "same": "  "}
        print("\n".join(marks[line.how] + line.text for line in difference(access.document_of(before, language), text)))
        return
    if shown:
        print(f"# {shown.number}, {shown.published_at:%Y-%m-%d}, SHA-256 {shown.digest}\n")
    print("\n".join(lines(text)))


@app.command()
def claims(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that no passing test proves.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Every promise with the tests that prove it; one without a passing test is open."""
    del data  # as all commands take it
    from svara.privacy.policies.claims import standing  # noqa: PLC0415

    found = [each for each in standing() if not only_open or each.state != "proved"]
    if as_json:
        plain = [
            {
                "id": each.claim.id,
                "state": each.state,
                "requirement": each.claim.requirement,
                "lacking": each.claim.lacking,
                "tests": [{"test": proof.test, "outcome": proof.outcome} for proof in each.proofs],
            }
            for each in found
        ]
        print(json.dumps(plain, ensure_ascii=False, indent=2))
        return
    for each in found:
        print(f"{each.claim.id:7} {each.state.upper():8} {each.claim.requirement}")
        if each.claim.lacking:
            print(f"                 lacking: {each.claim.lacking}")
        for proof in each.proofs:
            print(f"                 {proof.outcome:8} {proof.test}")
    states = [each.state for each in found]
    counts = ((state, states.count(state)) for state in ("proved", "partly", "failed", "not-run", "open"))
    print(", ".join(f"{count} {state}" for state, count in counts if count) + ".")


@app.command()
def receipt(
    file: Annotated[Path, typer.Argument(metavar="RECEIPT", help="The receipt of a consent, as it was downloaded.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Whether a receipt of a consent is genuine, and whether that decision still holds."""
    open_data(data)
    from svara.privacy.errors import PlainError  # noqa: PLC0415
    from svara.privacy.functions import receipts  # noqa: PLC0415

    with file.open("rb") as opened:
        content = opened.read(receipts.MAX_BYTES + 1)
    try:
        document = json.loads(content) if len(content) <= receipts.MAX_BYTES else None
    except (ValueError, RecursionError):
        document = None
    verdict = receipts.check(document)
    if verdict.outcome == "forged":
        raise PlainError(f"this receipt is not genuine: {verdict.why}")
    print(f"genuine: {verdict.purpose}, {verdict.decision}; {'in force' if verdict.in_force else 'decided anew since'}")


@app.command()
def audit(
    tenant: Annotated[str, typer.Option("--tenant", metavar="SLUG", help="Only this company.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Walk the log of views and changes of each company: is every entry there, as it was written?"""
    open_data(data)
    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.audit.models import Entry  # noqa: PLC0415
    from svara.privacy.audit.port import verify  # noqa: PLC0415
    from svara.privacy.errors import PlainError  # noqa: PLC0415

    companies = Tenant.objects.filter(slug=tenant) if tenant else Tenant.objects.order_by("slug")
    if tenant and not companies:
        raise PlainError(f"there is no company '{tenant}'")
    broken = 0
    for company in companies:
        found = verify(company.id)
        broken += found is not None
        print(f"{company.slug}: {found or f'{Entry.of(company).count()} entries, whole'}")
    if broken:
        raise typer.Exit(1)
