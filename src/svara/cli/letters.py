"""`svara letters`: letters of whoever runs the installation, to the people who agreed to them. Thin, as every command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svara.cli.privacy import DEFAULT_DATA, Data, open_data

if TYPE_CHECKING:
    from collections.abc import Iterable

    from svara.letters.models import Letter

app = typer.Typer(help="Letters to the people of all companies who agreed to them.", rich_markup_mode=None)

PURPOSES = {"product-updates": "product_updates", "marketing": "marketing"}
To = Annotated[str, typer.Option("--to", metavar="PURPOSE", help="product-updates or marketing.")]


@app.command()
def send(  # noqa: PLR0917  typer's parameters are options
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML: for each language its subject and text.")],
    to: To,
    test: Annotated[str, typer.Option("--test", metavar="ADDRESS", help="Send it to this address alone.")] = "",
    language: Annotated[str, typer.Option("--lang", metavar="LANGUAGE", help="In which language, with --test.")] = "en",
    yes: Annotated[bool, typer.Option("--yes", help="Send it; otherwise it is only counted who would get it.")] = False,
    data: Data = DEFAULT_DATA,
) -> None:
    """Send a letter. The office sends it, portion by portion; `svara letters list` tells how far it is."""
    open_data(data)
    from svara.letters import actions, audience  # noqa: PLC0415
    from svara.people.models import Tenant  # noqa: PLC0415
    from svara.privacy.tenancy import demo_tenants  # noqa: PLC0415

    purpose = _purpose(to)
    texts = _read(file)
    if test:
        actions.test_by_operator(purpose, texts, test, language)
        print(f"Sent to {test}.")
        return
    if yes:
        _print(actions.do_send_by_operator(purpose, texts))
        return
    from django.conf import settings  # noqa: PLC0415

    from svara.letters import writing  # noqa: PLC0415

    written = writing.checked(texts, dict(settings.LANGUAGES))
    companies = Tenant.objects.exclude(pk__in=demo_tenants())
    number = sum(len(audience.reachable(tenant.id, purpose)) for tenant in companies)
    print(f"{number} people would get it, in {', '.join(sorted(written))}. Nothing was sent: say --yes to do it.")


@app.command(name="list")
def list_(data: Data = DEFAULT_DATA) -> None:
    """The letters of the last time, and how far each is."""
    open_data(data)
    from svara.letters.actions import OF_OPERATOR  # noqa: PLC0415
    from svara.letters.models import Letter  # noqa: PLC0415

    _print(Letter.all_tenants.filter(audience__in=OF_OPERATOR).order_by("-asked_at")[:500])


@app.command()
def stop(
    letter: Annotated[str, typer.Argument(metavar="LETTER", help="Its id, as `svara letters list` prints it.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Send a letter to nobody else. What is sent is sent."""
    open_data(data)
    from svara.letters import actions  # noqa: PLC0415

    _print(actions.do_stop_by_operator(letter))


@app.command()
def withdraw(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The subject of a mail to SVARA_MAIL_UNSUBSCRIBE.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Withdraw a consent for somebody who asked for it by mail."""
    open_data(data)
    from svara.people.errors import PlainError  # noqa: PLC0415
    from svara.privacy.functions import wayout  # noqa: PLC0415

    try:
        done = wayout.do_withdraw(token.strip())
    except wayout.Gone:
        raise PlainError("this is no way out that was given here") from None
    print("Withdrawn." if done else "It was withdrawn before.")


def _purpose(to: str) -> str:
    if to not in PURPOSES:
        raise typer.BadParameter(f"{to} is none of {', '.join(PURPOSES)}", param_hint="--to")
    return PURPOSES[to]


def _read(file: Path) -> dict[str, tuple[str, str]]:
    """Subject and text by language. Raises PlainError."""
    from svara.people import yamltree  # noqa: PLC0415
    from svara.people.errors import PlainError  # noqa: PLC0415

    try:
        with file.open("rb") as opened:
            tree = yamltree.parse(opened.read(yamltree.MAX_BYTES + 1))
    except OSError as error:
        raise PlainError(f"{file} cannot be read: {error.strerror}") from None
    except yamltree.YamlError as error:
        raise PlainError(f"{file}, line {error.line}: {error.message}") from None
    from django.conf import settings  # noqa: PLC0415

    found = {}
    for language, letter in tree.entries if isinstance(tree, yamltree.Mapping) else ():
        parts = {
            key.value: value.value
            for key, value in (letter.entries if isinstance(letter, yamltree.Mapping) else ())
            if isinstance(value, yamltree.Text)
        }
        if language.value not in dict(settings.LANGUAGES) or parts.keys() != {"subject", "text"}:
            raise PlainError(f"{file}, line {language.line}: expected a language, and in it subject and text")
        found[language.value] = parts["subject"], parts["text"]
    return found


def _print(letters: Iterable[Letter]) -> None:
    from svara.letters.access import progress  # noqa: PLC0415

    found = list(letters)
    for letter in found:
        now = progress(letter)
        parts = {"refused": now.refused, "withdrew": now.withdrawn, "unreachable": now.unreachable, "spared": now.spared}
        parts |= {"uncertain": now.uncertain, "stopped": now.stopped}
        rest = "".join(f", {count} {word}" for word, count in parts.items() if count)
        print(f"{letter.sending}  {letter.tenant.slug}: {letter.state}, {now.sent} of {now.total} sent{rest}")
    if not found:
        print("There is none: nobody has agreed, or nothing was sent.")
