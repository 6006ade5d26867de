"""What of phonebooks a privacy policy speaks of (`svara.privacy.policies.port`)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from svara.phonebooks.models import Opening, Password
from svara.privacy.policies.port import Feature, register_feature


def in_use(tenant_id: str) -> bool:
    """Whether a company gives phonebooks to phones and programs in any way."""
    return Opening.all_tenants.filter(Q(xml=True) | Q(carddav=True) | Q(ldap=True), tenant_id=tenant_id).exists()


register_feature(
    Feature(
        "phonebooks",
        _(
            "Phones and programs of colleagues read the company's phonebook: names, extensions, e-mail addresses and the "
            "company's numbers of each person; mobile numbers of those alone who switched that on. Copies lie on these "
            "devices."
        ),
        frozenset({"phonebooks.Opening", "phonebooks.Password"}),
        on=in_use,
        held=lambda tenant_id: Password.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
