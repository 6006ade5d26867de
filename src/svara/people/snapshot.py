"""From the tables to the snapshot that call control reads.

The snapshot is built and written while a lock file is held, from what the database holds at that moment: of two writers
the later one sees both changes, and an older picture never replaces a newer one. Versions only grow.
"""

from __future__ import annotations

import time

import msgspec
from django.conf import settings
from django.db import transaction

from svara.bus.announce import ANNOUNCE_SECONDS, announce
from svara.data import DataFolder, locked
from svara.people import objectors, office, own, routing, waking
from svara.people.browserphone import login_of
from svara.people.greeting_rows import greetings_by_owner
from svara.people.models import Account, Phone, PushDevice, Sound, Tenant
from svara.people.officefile.parking import read_parking
from svara.people.officefile.reader import OfficeReader
from svara.people.presence import PresenceTo
from svara.people.yamltree import from_plain
from svara.privacy.catalogue import Recipient
from svara.privacy.functions.models import Consent
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import CALL_PUSH, CALL_RECORDING
from svara.privacy.registers.models import RecipientEntry


def changed() -> None:
    """The office changed in this transaction: once it is committed, write the snapshot and tell whoever serves."""
    transaction.on_commit(_publish)


def function_switched(key: str, **_more: object) -> None:
    """A person switched a function: call control must know of those that it asks for."""
    if key in (CALL_RECORDING, CALL_PUSH):
        changed()


def restriction_changed(**_more: object) -> None:
    """Somebody's data are restricted, or free again: functions are off or on for them."""
    changed()


def device_came_or_went(instance: PushDevice, **_more: object) -> None:
    """The first browser of somebody may be woken, or their last one may not any more."""
    if not PushDevice.all_tenants.filter(account_id=instance.account_id).exclude(pk=instance.pk).exists():
        changed()


def recipient_changed(instance: RecipientEntry, **_more: object) -> None:
    """A company has closed a push service, or opened it again."""
    if instance.kind == Recipient.PUSH_SERVICE:
        changed()


def consent_written(instance: Consent, **_more: object) -> None:
    """Somebody outside withdrew what they had agreed to in a call: they are not recorded any more."""
    if objectors.is_about(instance):
        changed()


def write(data: DataFolder) -> office.Office:
    """Write the snapshot of what the database holds now, and who is not recorded."""
    data.create()
    with locked(data.root / ".office-lock"):
        objectors.write(data)
        built = build(version=max(office.read_version(data.root) + 1, int(time.time() * 1000)))
        office.write_office(built, data.root)
        return built


def of(tenant: Tenant) -> office.Tenant:
    """One company as call control will see it, out of the tables: for who has just changed it, or is about to."""
    return build(0, tenant).tenants[0]


def build(version: int, only: Tenant | None = None) -> office.Office:
    """The whole office as call control sees it; `only` one company of it."""
    one = {} if only is None else {"tenant_id": only.id}
    people: dict[str, list[office.Person]] = {}
    phones: dict[str, list[office.Phone]] = {}
    sounds: dict[str, list[office.Sound]] = {}
    for phone in Phone.all_tenants.filter(**one).order_by("login"):
        phones.setdefault(phone.account_id, []).append(office.Phone(login=phone.login, ha1=phone.ha1, label=phone.label))
    greetings = greetings_by_owner()
    agreed, unrecorded, woken = people_with(CALL_RECORDING), objectors.people(), waking.people()
    tenants = [only] if only is not None else list(Tenant.objects.order_by("slug"))
    shown = {tenant.id: tenant.presence_to for tenant in tenants}
    for account in Account.all_tenants.filter(**one).order_by("username"):
        people.setdefault(account.tenant_id, []).append(
            _person(
                account,
                phones.get(account.id, []),
                greetings.get(account.id, {}),
                shown=shown.get(account.tenant_id, "everybody"),
                recorded=account.record and account.id in agreed,
                unrecorded=account.id in unrecorded,
                wakes=account.id in woken,
            )
        )
    for sound in Sound.all_tenants.filter(**one).exclude(file="").order_by("name"):
        sounds.setdefault(sound.tenant_id, []).append(office.Sound(name=sound.name, file=sound.file))
    parts = {kind.name: routing.everywhere(kind, only) for kind in routing.KINDS}
    return office.Office(
        version=version,
        tenants=tuple(
            office.Tenant(
                id=tenant.id,
                slug=tenant.slug,
                name=tenant.name,
                country=tenant.country,
                timezone=tenant.timezone,
                languages=tuple(tenant.languages),
                media="direct" if tenant.media == "direct" else "relay",
                people=tuple(people.get(tenant.id, ())),
                queues=tuple(parts["queue"].get(tenant.id, ())),
                hours=tuple(parts["hours"].get(tenant.id, ())),
                menus=tuple(parts["menu"].get(tenant.id, ())),
                conferences=tuple(parts["conference"].get(tenant.id, ())),
                trunks=tuple(parts["trunk"].get(tenant.id, ())),
                numbers=tuple(parts["number"].get(tenant.id, ())),
                outbound=tuple(parts["outbound"].get(tenant.id, ())),
                sounds=tuple(sounds.get(tenant.id, ())),
                recording_rule="consent" if tenant.recording_rule == "consent" else "announce",
                hold_music="silence" if tenant.hold_music == "silence" else "music",
                codes=dict(tenant.codes),
                parking=_parking(tenant),
            )
            for tenant in tenants
        ),
    )


def _parking(tenant: Tenant) -> office.Parking:
    if not tenant.parking:
        return office.Parking()
    reader = OfficeReader(known=True)
    return read_parking(reader, from_plain(tenant.parking)[0])


def _person(
    account: Account,
    phones: list[office.Phone],
    greetings: dict[office.GreetingKind, office.Sound],
    *,
    shown: PresenceTo,
    recorded: bool,
    unrecorded: bool,
    wakes: bool,
) -> office.Person:
    """`shown`: to whom presence is shown of who did not choose."""
    unanswered = None
    if account.unanswered_to and account.unanswered_after_seconds is not None:
        unanswered = office.Unanswered(after_seconds=account.unanswered_after_seconds, to=account.unanswered_to)
    return office.Person(
        id=account.id,
        username=account.username,
        name=account.name,
        extension=account.extension,
        phones=(*phones, office.Phone(login=login_of(account.id), ha1={})),
        choice=account.choice,
        presence_to=account.presence_to or shown,
        unanswered=unanswered,
        language=account.language,
        mobile=account.mobile,
        classes=msgspec.convert(account.classes, tuple[office.NumberClass, ...]),
        shows=account.shows,
        forwards=own.forwards_of(account),
        find_me=own.find_me_of(account),
        quiet=own.quiet_of(account),
        keys=own.keys_of(account),
        greetings=greetings,
        voicemail_pin=account.voicemail_pin,
        record=recorded,
        unrecorded=unrecorded,
        admin=account.has_role("admin"),
        intercom=account.intercom,
        pickup=tuple(account.pickup),
        wakes=wakes,
        call_waiting=msgspec.convert(account.call_waiting, office.CallWaiting),
    )


def _publish() -> None:
    write(settings.DATA)
    announcing = announce(settings.DATA, office.TOPIC_OFFICE, [b""])
    if announcing is not None:
        announcing.join(ANNOUNCE_SECONDS)
