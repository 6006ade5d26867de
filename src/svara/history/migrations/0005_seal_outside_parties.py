"""Numbers and names of people outside that stand in clear in records are sealed (`svara.history.seal_old`)."""

from typing import Any

from django.db import migrations

from svara.history import seal_old


def seal(apps: Any, _schema: Any) -> None:
    seal_old.seal_calls(apps.get_model("history", "Call"), apps.get_model("history", "OutsideParty"))
    seal_old.seal_missed(apps.get_model("history", "MissedCaller"))
    seal_old.seal_open_calls(apps.get_model("history", "OpenCall"))


class Migration(migrations.Migration):
    dependencies = [("history", "0004_outside_parties")]

    operations = [migrations.RunPython(seal)]
