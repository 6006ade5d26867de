"""Readers of Acme's news, who signed up as people do, and a mail server that takes the letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from tests.voicemail.mailserver import MailServer, mail_server

from svara.letters import actions
from svara.letters.models import Letter
from svara.people.models import Account, Tenant
from svara.privacy.functions import optin, outside
from svara.privacy.functions.registry import NEWS
from svara.privacy.functions.wayout import token_of
from svara.privacy.subject import Subject

PAGES = "https://svara.acme.test"
TEXTS = {
    "en": (
        "Autumn at Acme",
        "Dear reader,\n\nwe built a bench: https://acme.example/bench?size=2&wood=oak\nCome and see it.",
    ),
    "nb": ("Høst hos Acme", "Kjære leser,\n\nvi har bygd en benk."),
}


@contextmanager
def post_office(settings: Any) -> Iterator[MailServer]:
    """A mail server, and our settings for it; pytest-django puts mail into memory otherwise."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.ADDRESS, settings.DEFAULT_FROM_EMAIL = urlsplit(PAGES), "post@acme.test"
        yield server


def reader(tenant: Tenant, address: str, language: str = "en") -> Subject:
    """Somebody asks for news, and confirms by the link in the letter."""
    asked = optin.do_ask(tenant.id, address, language)
    assert asked is not None
    optin.do_confirm(asked.confirm)
    return outside.subject_of(tenant.id, address)


def leaves(tenant: Tenant, address: str) -> str:
    """The path of somebody's way out."""
    return f"/news/withdraw/{token_of(tenant.id, outside.subject_of(tenant.id, address), NEWS)}"


def sent_by(administrator: Account) -> Letter:
    """A letter that is on its way."""
    return actions.do_send(administrator, actions.do_write(administrator, None, TEXTS).id)
