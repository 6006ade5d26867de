"""What this room keeps about people: who accepted which policy, and who published one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from svara.privacy.catalogue import Purpose
from svara.privacy.policies.models import Acceptance, Version
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally
from svara.privacy.subject import Subject, account_of


class PoliciesCapability:
    """Acceptances of policies. That somebody published one stays: it is by an id that leads nowhere once they are gone."""

    name = "policies"
    tables = frozenset({"policies.Acceptance", "policies.Particulars", "policies.Version"})
    periods: tuple[Period, ...] = ()

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        person = account_of(subject) or "-"
        text = _("Policies that they accepted")
        if count := Acceptance.all_tenants.filter(tenant_id=tenant_id, account_id=person).count():
            yield Holding("policies.Acceptance", count, "user.privacy_preferences", Purpose.RIGHTS, text)
        if count := Version.all_tenants.filter(tenant_id=tenant_id, published_by=person).count():
            why = _("The company has to show when its policy was published; the id leads to nobody any more")
            text = _("Policies that they published")
            yield Holding("policies.Version", count, "user.unique_id", Purpose.RIGHTS, text, goes=False, why=why)

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        accepted = Acceptance.all_tenants.filter(tenant_id=tenant_id, account_id=account_of(subject) or "-")
        tally = Tally("policies.Acceptance")
        tally.add(accepted.order_by("pk").values_list("pk", flat=True))
        accepted.delete()
        return tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        accepted = Acceptance.all_tenants.filter(tenant_id=tenant_id, account_id=account_of(subject) or "-")
        yield Section(
            "policies",
            _("Policies that they accepted"),
            Purpose.RIGHTS.text,
            _("The person"),
            _("administrators"),
            [
                {"version": each.number, "language": each.language, "sha256": each.digest, "at": each.at.isoformat()}
                for each in accepted.order_by("number")
            ],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        del tenant_id, rules, now, dry
        return ()
