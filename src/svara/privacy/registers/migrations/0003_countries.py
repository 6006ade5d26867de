"""Countries that a company gave for its recipients are in the register from now on."""

from typing import Any
from urllib.parse import urlsplit

from django.db import migrations


def move(apps: Any, _schema: Any) -> None:
    """A provider stood there as "trunk, host", a mail server as its host."""
    entries, trunks = apps.get_model("registers", "RecipientEntry"), apps.get_model("people", "Trunk")
    for particulars in apps.get_model("policies", "Particulars").all_tenants.all():
        for trunk in trunks.all_tenants.filter(tenant_id=particulars.tenant_id):
            host = urlsplit(trunk.address.replace("sip:", "sip://").replace("sips:", "sips://")).hostname or trunk.address
            name = f"{trunk.name}, {host}"
            if country := particulars.recipient_countries.pop(name, ""):
                keep(entries, particulars.tenant_id, f"trunk:{trunk.id}", "carrier", name, country, "controller")
        for name, country in particulars.recipient_countries.items():
            if ", " not in name:
                keep(entries, particulars.tenant_id, f"mail-server:{name}", "mail-server", name, country, "")


def keep(entries: Any, tenant_id: str, key: str, kind: str, name: str, country: str, role: str) -> None:  # noqa: PLR0917
    """One entry."""
    entries.all_tenants.create(tenant_id=tenant_id, key=key, kind=kind, name=name[:200], country=country, role=role)


class Migration(migrations.Migration):
    dependencies = [("registers", "0002_recipients"), ("policies", "0001_policies"), ("people", "0006_supervision")]

    operations = [migrations.RunPython(move)]
