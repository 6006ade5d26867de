"""The keys beside the display of a person's phones."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [("people", "0010_codes")]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.AddField(model_name="account", name="keys", field=models.JSONField(default=list)),
    ]
