"""What of the office a privacy policy speaks of, where the company uses it (`svara.privacy.policies.port`)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from svara.people import administration
from svara.people.models import Account, ApiToken, CodeApp, Greeting, Passkey, Tenant, Trunk
from svara.privacy.catalogue import Recipient
from svara.privacy.figures import council
from svara.privacy.figures.models import Choice, Use
from svara.privacy.policies.port import Feature, Outsider, register_feature, register_outsiders
from svara.privacy.policies.presets import Setting, register_setting
from svara.privacy.staff.models import Grant, OperatorKey


def carriers(tenant_id: str) -> Iterator[Outsider]:
    """The telephone providers of a company's trunks."""
    for trunk in Trunk.all_tenants.filter(tenant_id=tenant_id):
        host = urlsplit(trunk.address.replace("sip:", "sip://").replace("sips:", "sips://")).hostname or trunk.address
        yield Outsider(Recipient.CARRIER, f"{trunk.name}, {host}", key=f"trunk:{trunk.id}")


def _by_consent(actor: Account) -> None:
    company = administration.access_document(actor)["tenant"]
    administration.do_save_company(actor, {**company, "recording": "consent"})


def _count_usage(actor: Account) -> None:
    chosen = council.choice_of(actor)
    council.do_choose(actor, usage=True, council=chosen.council, auditors=chosen.auditors)


register_outsiders("trunks", carriers)
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
register_feature(
    Feature(
        "second-factor",
        _("People may prove who they are by an app that shows codes, by passkeys and by recovery codes."),
        frozenset({"people.CodeApp", "people.FactorNews", "people.Passkey", "people.RecoveryCode"}),
        on=lambda tenant_id: (
            CodeApp.all_tenants.filter(tenant_id=tenant_id).exists()
            or Passkey.all_tenants.filter(tenant_id=tenant_id).exists()
        ),
    )
)
register_feature(
    Feature(
        "usage",
        _("Which pages are used is counted under names that change every week, and told of groups of five people or more."),
        frozenset({"figures.Use"}),
        on=lambda tenant_id: Choice.all_tenants.filter(tenant_id=tenant_id, usage=True).exists(),
        held=lambda tenant_id: Use.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
register_feature(
    Feature(
        "council",
        _(
            "Managers see no figures of single people, and talk times of groups alone; figures of one person only after an "
            "auditor agreed to a reason."
        ),
        frozenset({"figures.Reveal"}),
        on=lambda tenant_id: Choice.all_tenants.filter(tenant_id=tenant_id, council=True).exists(),
    )
)
register_setting(
    Setting(
        "recording-consent",
        _("Calls are recorded only after the caller agreed by a key"),
        frozenset({"PHO-1", "TB-7"}),
        is_so=lambda tenant_id: Tenant.objects.filter(id=tenant_id, recording_rule="consent").exists(),
        do=_by_consent,
    )
)
register_setting(
    Setting(
        "usage",
        _("Use of pages is counted here, for groups of five people or more, and by no third party"),
        frozenset({"ADV-4"}),
        is_so=lambda tenant_id: Choice.all_tenants.filter(tenant_id=tenant_id, usage=True).exists(),
        do=_count_usage,
    )
)
register_feature(
    Feature(
        "provider-support",
        _("Support of the provider may look at the company for a few hours, for a reason, when the company lets it."),
        frozenset({"staff.Grant", "staff.OperatorKey", "staff.Rule", "staff.Staff"}),
        on=lambda tenant_id: Grant.all_tenants.filter(tenant_id=tenant_id).exists(),
        held=lambda tenant_id: OperatorKey.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
