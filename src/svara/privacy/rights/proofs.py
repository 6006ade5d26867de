"""What the rooms below keep to prove what was done: consents, and who looked.

Both name people by id alone, can only grow, and stay when somebody is erased, for as long as they have to be shown; an id
that nobody has any more tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from svara.privacy.audit.models import Concerned, Entry
from svara.privacy.catalogue import Purpose
from svara.privacy.functions import readers
from svara.privacy.functions.models import Consent, OptIn, Reader
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of
from svara.privacy.vault.port import Unreadable


class ConsentCapability:
    """The ledger of consents."""

    name = "consent"
    tables = frozenset({"functions.Consent", "functions.OptIn", "functions.Reader"})
    periods: tuple[Period, ...] = ()

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        if count := Consent.all_tenants.filter(tenant_id=tenant_id, subject=subject).count():
            yield Holding(
                "functions.Consent",
                count,
                "user.privacy_preferences",
                Purpose.CONSENT,
                _("Consents given and withdrawn, by number only"),
                goes=False,
                why=_("Whoever relied on a consent has to show it (GDPR, Articles 7(1) and 17(3)(e))"),
                until=_("three years after the end of the consent"),
            )
        if count := OptIn.all_tenants.filter(tenant_id=tenant_id, subject=subject).count():
            yield Holding(
                "functions.OptIn", count, "user.contact.email", Purpose.CONSENT, _("Requests for news, not confirmed yet")
            )
        if count := Reader.all_tenants.filter(tenant_id=tenant_id, subject=subject).count():
            yield Holding(
                "functions.Reader", count, "user.contact.email", Purpose.LETTERS, _("E-mail address to which news go")
            )

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        for model in (OptIn, Reader):
            rows = model.all_tenants.filter(tenant_id=tenant_id, subject=subject)
            tally = Tally(model._meta.label)
            tally.add(rows.order_by("pk").values_list("pk", flat=True))
            rows.delete()
            yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        rows = Consent.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("number")
        yield Section(
            "consents",
            _("Consents"),
            _("Know what somebody agreed to"),
            _("The person"),
            _("Administrators and privacy officers of the company"),
            (
                {
                    "purpose": row.purpose,
                    "decision": row.decision,
                    "at": row.at.isoformat(),
                    "how": row.how,
                    "language": row.language,
                    "text_version": row.text_version,
                    "text": row.text,
                }
                for row in rows
            ),
        )
        if found := Reader.all_tenants.filter(tenant_id=tenant_id, subject=subject).first():
            yield Section(
                "news",
                _("News by e-mail"),
                str(Purpose.LETTERS.text),
                _("The person"),
                _("The mail server"),
                [
                    {
                        "address": _address(found),
                        "language": found.language,
                        "since": found.since.isoformat(),
                        "no_mail_arrives_since": found.failing_since and found.failing_since.isoformat(),
                    }
                ],
            )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        del tenant_id, rules, now, dry
        return ()  # the ledger lets go of its own


def _address(reader: Reader) -> str:
    try:
        return readers.address_of(reader)
    except Unreadable as error:
        return str(error)


class AuditCapability:
    """The log of views and changes."""

    name = "audit"
    tables = frozenset({"audit.Entry", "audit.Concerned"})
    periods: tuple[Period, ...] = ()

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        count = Concerned.all_tenants.filter(tenant_id=tenant_id, subject=subject).count()
        count += Entry.all_tenants.filter(tenant_id=tenant_id, actor=account_of(subject) or "-").count()
        if count:
            yield Holding(
                "audit.Entry",
                count,
                "user.behavior",
                Purpose.SECURITY,
                _("Log of who looked at what, by number only"),
                goes=False,
                why=_("It must be proven who processed data (GDPR, Articles 5(2) and 32)"),
                until=_("two years after the entry"),
            )

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del tenant_id, subject, reason
        return ()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        actor = account_of(subject) or "-"
        about = Concerned.all_tenants.filter(tenant_id=tenant_id, subject=subject).values("entry_id")
        rows = Entry.all_tenants.filter(tenant_id=tenant_id).filter(Q(pk__in=about) | Q(actor=actor)).order_by("number")
        yield Section(
            "views",
            _("Who looked at your data, and what you looked at"),
            _("Notice and stop misuse"),
            _("Arises when the service is used"),
            _("Privacy officers of the company"),
            (
                {
                    "at": row.at.isoformat(),
                    "act": row.act,
                    "what": row.what,
                    "by_you": row.actor == actor,
                    "why": row.why,
                    "count": row.count,
                }
                for row in rows.iterator(chunk_size=1000)
            ),
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        del tenant_id, rules, now, dry
        return ()  # the chain lets go of its own end
