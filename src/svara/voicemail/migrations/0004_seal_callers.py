"""Numbers and names of callers from outside that stand in clear at messages are sealed."""

from typing import Any

from django.db import migrations

from svara.history.outside import seal_one
from svara.voicemail.callers import context


def seal(apps: Any, _schema: Any) -> None:
    messages = apps.get_model("voicemail", "Message").all_tenants
    for message in messages.filter(caller_person="").exclude(caller_number="").iterator(chunk_size=500):
        index, sealed = seal_one(message.tenant_id, message.caller_number, message.caller_name, context(message.id))
        if index or message.caller_number == "anonymous":
            messages.filter(pk=message.pk).update(caller_index=index, caller_sealed=sealed, caller_number="")


class Migration(migrations.Migration):
    dependencies = [("voicemail", "0003_callers_outside"), ("history", "0006_no_clear_numbers")]

    operations = [migrations.RunPython(seal)]
