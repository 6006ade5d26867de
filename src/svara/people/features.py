"""What of the office a privacy policy speaks of, where the company uses it (`svara.privacy.policies.port`)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from svara.people.models import Account, ApiToken, Greeting, Trunk
from svara.privacy.catalogue import Recipient
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.privacy.policies.port import Feature, Outsider, register_feature, register_outsiders


def carriers(tenant_id: str) -> Iterator[Outsider]:
    """The telephone providers of a company's trunks."""
    for trunk in Trunk.all_tenants.filter(tenant_id=tenant_id):
        host = urlsplit(trunk.address.replace("sip:", "sip://").replace("sips:", "sips://")).hostname or trunk.address
        yield Outsider(Recipient.CARRIER, f"{trunk.name}, {host}")


def mail_servers(tenant_id: str) -> Iterator[Outsider]:
    """The mail server, where somebody of the company is told of messages by mail."""
    if settings.EMAIL_HOST and people_with(MESSAGE_NOTICES, tenant_id):
        yield Outsider(Recipient.MAIL_SERVER, settings.EMAIL_HOST)


register_outsiders("trunks", carriers)
register_outsiders("mail", mail_servers)
register_feature(
    Feature(
        "outside-calls",
        _("Calls to and from the public telephone network go by a telephone provider, who learns both numbers."),
        frozenset(),
        on=lambda tenant_id: Trunk.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
register_feature(
    Feature(
        "own-mobile",
        _("People may let their own mobile phone ring too: its number is then called by the telephone provider."),
        frozenset({"people.Account.mobile"}),
        on=lambda tenant_id: Account.all_tenants.filter(tenant_id=tenant_id).exclude(mobile="").exists(),
    )
)
register_feature(
    Feature(
        "greetings",
        _("Greetings that people have spoken are played to callers of their mailboxes."),
        frozenset({"people.Greeting", "files.sounds", "files.spoken"}),
        on=lambda tenant_id: Greeting.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
register_feature(
    Feature(
        "api",
        _("Programs act for people who gave them a key; when a key was last used is kept."),
        frozenset({"people.ApiToken"}),
        on=lambda tenant_id: ApiToken.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
