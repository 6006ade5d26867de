"""What was decided before there was a ledger of decisions goes into it, too: it is noted, and the jobs process writes it."""

from typing import Any

from django.db import migrations

TABLES = (
    ("rights", "Restriction"),
    ("rights", "Objection"),
    ("rights", "Correction"),
    ("rights", "ErasureWish"),
    ("functions", "Consent"),
)


def note(apps: Any, _schema_editor: Any) -> None:
    noted = apps.get_model("rights", "Undelivered")._base_manager
    for app, name in TABLES:
        rows = apps.get_model(app, name)._base_manager
        order = "at" if name == "Consent" else "asked_at"
        found = rows.order_by(order).values_list("tenant_id", "pk")
        noted.bulk_create(
            (noted.model(tenant_id=tenant, kind=f"{app}.{name}", row=pk) for tenant, pk in found.iterator()), batch_size=1000
        )


class Migration(migrations.Migration):
    dependencies = [
        ("functions", "0004_readers"),
        ("rights", "0007_undelivered"),
    ]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
