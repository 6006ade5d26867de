"""What of waking browsers a privacy policy speaks of, and to whom data go for it (`svara.privacy.policies.port`)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from svara.people.models import PushDevice
from svara.people.waking import outsider
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import CALL_PUSH
from svara.privacy.policies.port import Feature, Outsider, register_feature, register_outsiders


def services(tenant_id: str) -> Iterator[Outsider]:
    """The push services of the browsers that people of a company let be woken."""
    rows = PushDevice.all_tenants.filter(tenant_id=tenant_id).order_by("service")
    for service in rows.values_list("service", flat=True).distinct():
        yield outsider(service)


register_outsiders("push", services)
register_feature(
    Feature(
        "push",
        _(
            "Who agreed to it is told of calls in a browser although no page is open: the push service of the browser's "
            "maker learns that something came and when, and carries it encrypted."
        ),
        frozenset({"people.PushDevice"}),
        on=lambda tenant_id: bool(people_with(CALL_PUSH, tenant_id)),
        held=lambda tenant_id: PushDevice.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
