"""What of voice messages a privacy policy speaks of, where the company uses them (`svara.privacy.policies.port`)."""

from __future__ import annotations

import json

from django.utils.translation import gettext_lazy as _

from svara.people.document import outline
from svara.people.models import Account, Tenant
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.privacy.policies.port import Feature, register_feature
from svara.voicemail.models import Message, Transcript


def leads_to_a_mailbox(tenant_id: str) -> bool:
    """Whether any rule of the office sends callers to a mailbox."""
    own = Account.all_tenants.filter(tenant_id=tenant_id).values_list("unanswered_to", "forwards", "find_me")
    return '"voicemail:' in json.dumps([outline(Tenant.objects.get(id=tenant_id)), list(own)])


register_feature(
    Feature(
        "voicemail",
        _("Callers may leave a voice message; it is kept for those whose mailbox it is."),
        frozenset({"voicemail.Message", "voicemail.NoticeChoice", "files.messages", "files.mailboxes"}),
        on=leads_to_a_mailbox,
        held=lambda tenant_id: Message.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
register_feature(
    Feature(
        "message-transcripts",
        _(
            "Who wants it has the voice messages of their own mailbox written down by a program, to read them; the text is "
            "sealed like the sound and goes with it."
        ),
        frozenset({"voicemail.Transcript"}),
        on=lambda tenant_id: bool(people_with(MESSAGE_TRANSCRIPTS, tenant_id)),
        held=lambda tenant_id: Transcript.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
