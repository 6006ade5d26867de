"""What of voice messages a privacy policy speaks of, where the company uses them (`svara.privacy.policies.port`)."""

from __future__ import annotations

import json

from django.utils.translation import gettext_lazy as _

from svara.people.document import export
from svara.people.models import Tenant
from svara.privacy.policies.port import Feature, register_feature
from svara.voicemail.models import Message


def leads_to_a_mailbox(tenant_id: str) -> bool:
    """Whether any rule of the office sends callers to a mailbox."""
    return '"voicemail:' in json.dumps(export(Tenant.objects.get(id=tenant_id)))


register_feature(
    Feature(
        "voicemail",
        _("Callers may leave a voice message; it is kept for those whose mailbox it is."),
        frozenset({"voicemail.Message", "voicemail.NoticeChoice", "files.messages", "files.mailboxes"}),
        on=leads_to_a_mailbox,
        held=lambda tenant_id: Message.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
