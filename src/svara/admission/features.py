"""What of requests for access a privacy policy speaks of (`svara.privacy.policies.port`)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from svara.admission.models import Reception, Request
from svara.privacy.policies.port import Feature, register_feature

register_feature(
    Feature(
        "admission",
        _(
            "Who asks for access by the company's form gives a name, an e-mail address and a company. Administrators "
            "decide; what was asked goes when somebody is let in, at the latest after 90 days."
        ),
        frozenset({"admission.Reception", "admission.Request"}),
        on=lambda tenant_id: Reception.all_tenants.filter(tenant_id=tenant_id, open=True).exists(),
        held=lambda tenant_id: Request.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
