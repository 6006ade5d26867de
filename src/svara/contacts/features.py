"""What of contacts a privacy policy speaks of (`svara.privacy.policies.port`).

There is no switch to ask for consent with: nothing is read by itself, and each contact is an act of the person who keeps it.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from svara.contacts.models import Contact
from svara.privacy.policies.port import Feature, register_feature


def in_use(tenant_id: str) -> bool:
    """Whether anybody of a company keeps a contact."""
    return Contact.all_tenants.filter(tenant_id=tenant_id).exists()


register_feature(
    Feature(
        "contacts",
        _(
            "People of the company keep contacts of their own, which they chose one by one; the book of a phone is never "
            "read as a whole. Nobody but the person who keeps a contact sees it."
        ),
        frozenset({"contacts.Contact", "contacts.Reach"}),
        on=in_use,
    )
)
