"""The tables of this room. What belongs to a tenant is read through `Model.of(actor)`; the manager that sees every tenant is
called `all_tenants`, so that nobody uses it by accident.
"""

from __future__ import annotations

from svara.people.models.accounts import (
    BY_FILE,
    Account,
    ApiToken,
    Invitation,
    Phone,
    SignInCount,
    every_class_but_premium,
)
from svara.people.models.base import Tenant, TenantOwned, new_id
from svara.people.models.calendars import PersonCalendar
from svara.people.models.changes import OfficeChange
from svara.people.models.greetings import Greeting
from svara.people.models.handsets import Handset
from svara.people.models.pushing import PushDevice
from svara.people.models.routing import (
    Conference,
    Hours,
    Menu,
    Outbound,
    PublicNumber,
    Queue,
    QueueMember,
    Sound,
    Trunk,
)
from svara.people.models.second import CodeApp, FactorNews, Passkey, RecoveryCode
from svara.people.models.signedin import Device, SignedIn
from svara.people.models.wipes import DemoWipe

__all__ = [
    "BY_FILE",
    "Account",
    "ApiToken",
    "CodeApp",
    "Conference",
    "DemoWipe",
    "Device",
    "FactorNews",
    "Greeting",
    "Handset",
    "Hours",
    "Invitation",
    "Menu",
    "OfficeChange",
    "Outbound",
    "Passkey",
    "PersonCalendar",
    "Phone",
    "PublicNumber",
    "PushDevice",
    "Queue",
    "QueueMember",
    "RecoveryCode",
    "SignInCount",
    "SignedIn",
    "Sound",
    "Tenant",
    "TenantOwned",
    "Trunk",
    "every_class_but_premium",
    "new_id",
]
