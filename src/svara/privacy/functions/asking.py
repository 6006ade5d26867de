"""A text that has changed asks again: who agreed to the older one has to decide anew.

The function is off from the moment at which the newer text is there (`port.enabled` compares versions); what is written here
is that the person was asked, so that the ledger tells why it went off.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from svara.privacy.functions import ledger
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import FUNCTIONS
from svara.privacy.subject import Subject


def ask_again(now: datetime | None = None) -> int:
    """Write down who is asked anew; gives how many. Once for each change of a text: each start of the office does it."""
    asked = 0
    for function in FUNCTIONS.values():
        later = Consent.all_tenants.filter(
            tenant_id=OuterRef("tenant_id"), subject=OuterRef("subject"), purpose=function.key, number__gt=OuterRef("number")
        )
        old = Consent.all_tenants.filter(
            ~Exists(later),
            purpose=function.key,
            decision="given",
            subject__startswith="person:",
            text_version__lt=function.text_version,
        )
        for entry in list(old):
            text = function.text
            ledger.add(
                entry.tenant_id,
                Subject(entry.subject),
                function.key,
                "asked-again",
                how="the text has changed",
                language="en",
                text_version=function.text_version,
                text={"title": text.title, "purpose": text.purpose, "collects": text.collects},
                now=now,
            )
            asked += 1
    return asked
