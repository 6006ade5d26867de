"""Writing letters: what may stand in one, and the mail that is made of it. Pure, but for translations.

A mail is plain text, and the same as simple HTML: paragraphs and the links as they were written. There is no picture in it,
nothing that is loaded when it is opened, and no link leads over us: nobody learns whether it was read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from html import escape

import msgspec
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.utils import translation
from django.utils.html import urlize
from django.utils.translation import gettext as _

from svara.privacy.errors import Invalid

MAX_SUBJECT = 150
MAX_TEXT = 20_000
MAX_ADDRESS = 320


class Text(msgspec.Struct, frozen=True):
    """A letter in one language."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Ways:
    """How the reader gets out: `page` is a whole address. `mailto` is an address that takes such wishes, or ""."""

    page: str
    token: str
    mailto: str = ""


def checked(texts: Mapping[str, tuple[str, str]], languages: Iterable[str]) -> dict[str, dict[str, str]]:
    """What somebody wrote, by language, without the languages in which nothing was written.

    Raises Invalid for a text without subject or the other way round, for what is too long or has control characters, and
    where nothing was written at all.
    """
    found = {}
    for language in languages:
        subject, text = texts.get(language, ("", ""))
        subject = subject.strip()
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if not subject and not text:
            continue
        if not subject or not text:
            raise Invalid(_("A letter needs a subject and a text, in each language in which it is written."))
        if len(subject) > MAX_SUBJECT or len(text) > MAX_TEXT:
            raise Invalid(
                _("A subject has at most %(subject)s characters, a text %(text)s.")
                % {"subject": MAX_SUBJECT, "text": MAX_TEXT}
            )
        if _has_control(subject) or _has_control(text.replace("\n", "").replace("\t", "")):
            raise Invalid(
                _("There are characters in it that cannot stand in a letter, such as a line break in the subject.")
            )
        found[language] = {"subject": subject, "text": text}
    if not found:
        raise Invalid(_("Write the letter in one language at least."))
    return found


def is_address(address: str) -> bool:
    """Whether it can be the address of a letter: one, and nothing but an address."""
    if len(address) > MAX_ADDRESS or _has_control(address):
        return False
    try:
        validate_email(address)
    except ValidationError:
        return False
    return True


def chosen_language(texts: Mapping[str, object], wishes: Iterable[str]) -> str:
    """The language of the reader's wishes in which the letter is written, else English, else the first there is."""
    return next((each for each in (*wishes, "en") if each in texts), min(texts))


def body(text: Text, language: str, purpose: str, company: str, ways: Ways) -> tuple[str, str]:
    """The whole letter, plain and as HTML. `purpose` is what the reader agreed to."""
    with translation.override(language):
        why = _("You get this letter of %(company)s because you agreed to “%(purpose)s”.") % {
            "company": company,
            "purpose": purpose,
        }
        out = _("You want no more of them? One click is enough: %(address)s") % {"address": ways.page}
    plain = f"{text.text}\n\n-- \n{why}\n{out}\n"
    paragraphs = "\n".join(f"<p>{_html(each)}</p>" for each in text.text.split("\n\n") if each.strip())
    html = (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head><meta charset="utf-8">'
        f"<title>{escape(text.subject)}</title></head>\n<body>\n{paragraphs}\n<hr>\n<p>{_html(why)}<br>{_html(out)}</p>\n</body>\n</html>\n"
    )
    return plain, html


def mail(  # noqa: PLR0917  a letter has as many parts
    text: Text,
    language: str,
    purpose: str,
    company: str,
    sender: str,
    to: str,
    ways: Ways,
    message_id: str,
    connection: BaseEmailBackend | None = None,
) -> EmailMultiAlternatives:
    """The mail to one reader (RFC 5322), with the way out for its program (RFC 2369, RFC 8058).

    `sender` is an address, with or without name; the company's name stands before it. `message_id` is unique for ever.
    """
    plain, html = body(text, language, purpose, company, ways)
    address = parseaddr(sender)[1] or sender
    out = f"<{ways.page}>"
    if ways.mailto:
        out += f", <mailto:{ways.mailto}?subject={ways.token}>"
    headers = {
        "Message-ID": f"<{message_id}@{address.rpartition('@')[2]}>",
        "Content-Language": language,
        "List-Unsubscribe": out,
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
    }
    if ways.page.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made = EmailMultiAlternatives(
        text.subject,
        plain,
        from_email=formataddr((" ".join(company.split()), address)),
        to=[to],
        connection=connection,
        headers=headers,
    )
    made.attach_alternative(html, "text/html")
    return made


def _html(text: str) -> str:
    return str(urlize(text, nofollow=False, autoescape=True)).replace("\n", "<br>\n")


def _has_control(text: str) -> bool:
    return any(unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} for sign in text)
