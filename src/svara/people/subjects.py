"""What this room keeps about people, for their rights (`svara.privacy.rights.port`): the account and all that stands on it.

Erasing takes the account, its phones, keys, sessions and greeting; calls that the office sends to the person are hung up
from then on. The log of changes stays, without who it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from svara.people import signin, snapshot
from svara.people.calendars.subscribing import busy_of, url_of
from svara.people.models import (
    BY_FILE,
    Account,
    ApiToken,
    CodeApp,
    Device,
    FactorNews,
    Greeting,
    Handset,
    Invitation,
    OfficeChange,
    Passkey,
    PersonCalendar,
    Phone,
    PushDevice,
    QueueMember,
    RecoveryCode,
    SignedIn,
    SignInCount,
)
from svara.people.models.changes import KEPT_DAYS
from svara.people.own import SHAPES
from svara.people.provisioning.guard import key_of_handset
from svara.people.second.codes import STEP_SECONDS
from svara.people.second.tries import key_of as second_key_of
from svara.people.traces import about, free_changes, free_targets, led_here, mentions
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.port import Gone, Holding, Period, Rules, Section, Tally, file_at
from svara.privacy.subject import Subject, account_of
from svara.sealing.errors import Unreadable

CHANGES = "people.changes"


class PeopleCapability:
    """The account."""

    name = "people"
    tables = frozenset(
        {
            "people.Account",
            "people.Phone",
            "people.Handset",
            "people.Greeting",
            "people.Invitation",
            "people.ApiToken",
            "people.QueueMember",
            "people.OfficeChange",
            "people.PersonCalendar",
            "people.PushDevice",
            "people.SignInCount",
            "people.Device",
            "people.SignedIn",
            "people.CodeApp",
            "people.Passkey",
            "people.RecoveryCode",
            "people.FactorNews",
            "sessions.Session",
        }
    )
    periods: tuple[Period, ...] = (Period(CHANGES, gettext_noop("Log of changes of the office"), KEPT_DAYS),)

    def holdings(self, tenant_id: str, subject: Subject) -> Iterable[Holding]:
        account = _account(tenant_id, subject)
        if account is None:
            return
        sign_in, calls = Purpose.SIGN_IN, Purpose.CALLS
        yield Holding("people.Account", 1, "user.account", Purpose.DIRECTORY, _("Name, addresses, roles and own settings"))
        for model, purpose, category, text in (
            (Phone, calls, "user.device", _("Phones")),
            (QueueMember, calls, "user.professional_information", _("Places in queues")),
            (ApiToken, sign_in, "user.authorization.credentials", _("API tokens")),
            (Invitation, sign_in, "user.authorization.credentials", _("Invitations")),
            (Device, Purpose.SECURITY, "user.device", _("Browsers in which they have signed in")),
            (SignedIn, Purpose.SECURITY, "user.behavior", _("Where they are signed in")),
            (PushDevice, calls, "user.device.device_id", _("Browsers that may be woken for their calls")),
            (CodeApp, sign_in, "user.authorization.credentials", _("App that shows codes for signing in")),
            (Passkey, sign_in, "user.authorization.credentials", _("Passkeys")),
            (RecoveryCode, sign_in, "user.authorization.credentials", _("Recovery codes")),
            (FactorNews, Purpose.SECURITY, "user.behavior", _("What they are to be told about signing in")),
            (PersonCalendar, Purpose.DIRECTORY, "user.behavior", _("Address of their calendar, and when they are busy")),
        ):
            if count := model.all_tenants.filter(account=account).count():
                yield Holding(model._meta.label, count, category, purpose, text)
        if handsets := Handset.of(account).filter(phone__account=account).count():
            yield Holding("people.Handset", handsets, "user.device", calls, _("Phones that are set up by themselves"))
        if sessions := _sessions(account.id):
            yield Holding("sessions.Session", len(sessions), "user.authorization.credentials", sign_in, _("Sessions"))
        if greetings := Greeting.of(account).filter(account=account).count():
            yield Holding("people.Greeting", greetings, "user.content.private", calls, _("Greetings of the mailbox"))
        if led := sum(1 for _each in led_here(account)):
            yield Holding(
                "people.Routing",
                led,
                "user.account.username",
                calls,
                _("Rules that send calls to them: hung up afterwards"),
                how="freed",
            )
        if changes := sum(1 for _each in mentions(account)):
            yield Holding(
                "people.OfficeChange",
                changes,
                "user.account",
                Purpose.SECURITY,
                _("Log of changes of the office: stays, without who it was"),
                how="freed",
                why=_("Security: who changed what must be found"),
                until=_("a year after the change"),
            )

    def erase(self, tenant_id: str, subject: Subject, *, reason: str) -> Iterable[Gone]:
        del reason
        account = _account(tenant_id, subject)
        if account is None:
            return
        yield from free_changes(account)
        yield from free_targets(account)
        sessions = _sessions(account.id)
        for model, rows in (
            (Session, Session.objects.filter(pk__in=sessions)),
            (SignInCount, SignInCount.objects.filter(key__in=_counts(account))),
            (Handset, Handset.of(account).filter(phone__account=account)),
            *(
                (model, model.all_tenants.filter(account=account))
                for model in (Phone, QueueMember, ApiToken, Invitation, PushDevice, SignedIn, Device, PersonCalendar)
            ),
            *((model, model.all_tenants.filter(account=account)) for model in (CodeApp, Passkey, RecoveryCode, FactorNews)),
        ):
            tally = Tally(model._meta.label)
            tally.add(rows.order_by("pk").values_list("pk", flat=True))
            rows.delete()
            yield from tally.gone()
        own_greetings = Greeting.of(account).filter(account=account)
        files = set(own_greetings.exclude(file="").values_list("file", flat=True))
        tally = Tally("people.Greeting")
        tally.add(own_greetings.order_by("pk").values_list("pk", flat=True))
        own_greetings.delete()
        yield from tally.gone()
        for file in files - set(Greeting.of(account).filter(file__in=files).values_list("file", flat=True)):
            transaction.on_commit(partial(_unlink, settings.DATA.sounds / file))
        for entered in (Account, Phone, Handset):
            entered.all_tenants.filter(tenant_id=tenant_id, entered_by=account.id).update(entered_by="")
        tally = Tally("people.Account")
        tally.add([account.pk])
        account.delete()
        snapshot.changed()
        yield from tally.gone()

    def export(self, tenant_id: str, subject: Subject) -> Iterable[Section]:
        account = _account(tenant_id, subject)
        if account is None:
            return
        colleagues, nobody = _("Colleagues of the company"), _("Nobody outside the company")
        employer, person = _("The employer"), _("The employer, and the person")
        own_greetings = Greeting.of(account).filter(account=account)
        places = {each.kind: settings.DATA.sounds / each.file for each in own_greetings.exclude(file="")}
        files = [file_at(f"greeting-{kind}.wav", place) for kind, place in places.items() if place.is_file()]
        yield Section(
            "profile",
            _("Profile and settings"),
            _("Connect calls to the right person, and let colleagues see who can be reached"),
            person,
            colleagues,
            [_profile(account)],
            files,
        )
        yield Section(
            "phones",
            _("Phones"),
            _("Connect calls to the right person"),
            employer,
            nobody,
            [
                {
                    "login": phone.login,
                    "label": phone.label,
                    "created_at": phone.created_at.isoformat(),
                    "entered_by": entered_by(phone),
                }
                for phone in Phone.all_tenants.filter(account=account).order_by("login")
            ],
        )
        yield Section(
            "handsets",
            _("Phones that are set up by themselves"),
            _("Connect calls to the right person"),
            employer,
            _("Administrators of the company"),
            [
                {
                    "login": handset.phone.login,
                    "maker": handset.maker,
                    "mac": handset.mac,
                    "unencrypted_allowed": handset.clear,
                    "bound_at": handset.bound_at and handset.bound_at.isoformat(),
                    "fetched_at": handset.fetched_at and handset.fetched_at.isoformat(),
                    "model": handset.told_model,
                    "firmware": handset.told_firmware,
                    "created_at": handset.created_at.isoformat(),
                    "entered_by": entered_by(handset),
                }
                for handset in Handset.of(account).filter(phone__account=account).select_related("phone")
            ],
        )
        yield Section(
            "queues",
            _("Places in queues"),
            _("Connect calls to the right person"),
            employer,
            colleagues,
            [
                {"queue": member.queue.name, "order": member.order, "weight": member.weight, "skills": member.skills}
                for member in QueueMember.all_tenants.filter(account=account).select_related("queue")
            ],
        )
        yield Section(
            "access",
            _("API tokens and sessions"),
            _("Know who signs in"),
            _("Arises when the service is used"),
            nobody,
            [
                *(
                    {
                        "token": token.label,
                        "created_at": token.created_at.isoformat(),
                        "last_used_at": token.last_used_at and token.last_used_at.isoformat(),
                    }
                    for token in ApiToken.all_tenants.filter(account=account)
                ),
                *(
                    {
                        "browser": device.browser,
                        "system": device.system,
                        "network": device.network,
                        "no_second_step_until": device.trusted_until and device.trusted_until.isoformat(),
                        "first_at": device.first_at.isoformat(),
                        "last_at": device.last_at.isoformat(),
                    }
                    for device in Device.all_tenants.filter(account=account).order_by("first_at")
                ),
                *(
                    {
                        "signed_in_at": row.at.isoformat(),
                        "last_seen_at": row.last_at.isoformat(),
                        "network": row.network,
                        "version": row.version,
                        "screen": row.screen,
                    }
                    for row in SignedIn.all_tenants.filter(account=account).order_by("at")
                ),
                *_factors(account),
                *(
                    {"session_until": session.expire_date.isoformat()}
                    for session in Session.objects.filter(pk__in=_sessions(account.id))
                ),
            ],
        )
        yield Section(
            "calendar",
            _("My calendar"),
            _("Let colleagues see who works here and whether they can be reached"),
            _("You"),
            colleagues,
            list(_calendars(account)),
        )
        yield Section(
            "push",
            _("Browsers that may be woken for your calls"),
            _("Connect calls to the right person"),
            _("You"),
            _("The push service of the browser"),
            [
                {
                    "service": row.service,
                    "caller_named": row.names,
                    "missed_calls": row.missed,
                    "voice_messages": row.messages,
                    "language": row.language,
                    "created_at": row.created_at.isoformat(),
                    "last_at": row.last_at and row.last_at.isoformat(),
                }
                for row in PushDevice.all_tenants.filter(account=account).order_by("created_at")
            ],
        )
        yield Section(
            "changes",
            _("Log of changes of the office"),
            _("Notice and stop misuse"),
            _("Arises when the service is used"),
            _("Administrators of the company"),
            [
                {
                    "at": change.created_at.isoformat(),
                    "by_me": change.account_id == account.id,
                    "lines": change.lines if change.account_id == account.id else about(account, change.lines),
                }
                for change in mentions(account)
            ],
        )

    def expire(self, tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterable[Gone]:
        before = rules.before(CHANGES, now)
        if before is None:
            return
        old = OfficeChange.all_tenants.filter(tenant_id=tenant_id, created_at__lt=before).exclude(account__in=rules.people)
        tally = Tally("people.OfficeChange")
        tally.add(old.order_by("pk").values_list("pk", flat=True))
        if not dry:
            old.delete()
        yield from tally.gone()


def _factors(account: Account) -> Iterator[dict[str, Any]]:
    """With what they sign in; no secret, and nothing that opens the account."""
    for app in CodeApp.of(account).filter(account=account):
        yield {
            "code_app": "" if app.confirmed_at is None else app.confirmed_at.isoformat(),
            "created_at": app.created_at.isoformat(),
            "last_code_at": datetime.fromtimestamp(app.last_step * STEP_SECONDS, UTC).isoformat() if app.last_step else None,
        }
    for passkey in Passkey.of(account).filter(account=account).order_by("created_at"):
        yield {
            "passkey": passkey.label,
            "for": passkey.party,
            "on_several_devices": passkey.synced,
            "used_times_it_says": passkey.sign_count,
            "created_at": passkey.created_at.isoformat(),
            "last_used_at": passkey.last_used_at and passkey.last_used_at.isoformat(),
        }
    if left := RecoveryCode.of(account).filter(account=account).count():
        yield {"recovery_codes_left": left}
    for news in FactorNews.of(account).filter(account=account):
        yield {"to_be_told": news.what, "at": news.at.isoformat()}


def _calendars(account: Account) -> Iterator[dict[str, Any]]:
    """The address of the calendar, and the busy times, of who has one."""
    for row in PersonCalendar.of(account).filter(account=account):
        try:
            times = [[datetime.fromtimestamp(at, UTC).isoformat() for at in span] for span in busy_of(row)]
            yield {"address": url_of(row), "busy": times, "read_at": row.read_at and row.read_at.isoformat()}
        except Unreadable:
            yield {"address": _("It cannot be read."), "busy": [], "read_at": None}


def _account(tenant_id: str, subject: Subject) -> Account | None:
    return Account.all_tenants.filter(tenant_id=tenant_id, pk=account_of(subject) or "-").first()


def _profile(account: Account) -> dict[str, Any]:
    own = {name: getattr(account, name) for name in SHAPES}
    return own | {
        "username": account.username,
        "name": account.name,
        "email": account.email,
        "extension": account.extension,
        "mobile": account.mobile,
        "roles": account.roles,
        "language": account.language,
        "choice": account.choice,
        "unanswered_after_seconds": account.unanswered_after_seconds,
        "unanswered_to": account.unanswered_to,
        "number_classes": account.classes,
        "number_shown": account.shows,
        "calls_recorded": account.record,
        "has_mailbox_pin": bool(account.voicemail_pin),
        "last_login": account.last_login and account.last_login.isoformat(),
        "created_at": account.created_at.isoformat(),
        "entered_by": entered_by(account),
    }


def entered_by(row: Account | Phone | Handset) -> str:
    """The source of a record, in words: the office file, or the administrator who entered it."""
    if row.entered_by == BY_FILE:
        return _("the company, with its office file")
    by = Account.all_tenants.filter(tenant_id=row.tenant_id, pk=row.entered_by or "-").values_list("name", flat=True).first()
    if by:
        return _("%(name)s, in the administration") % {"name": by}
    return _("the company")


def _sessions(account_id: str) -> list[str]:
    """Keys of the sessions in which somebody is signed in. They are all looked at, those of other people too: a session says
    whose it is only inside."""
    return [
        session.session_key
        for session in Session.objects.iterator(chunk_size=1000)
        if session.get_decoded().get("_auth_user_id") == account_id
    ]


def _counts(account: Account) -> list[str]:
    handsets = Handset.of(account).filter(phone__account=account).values_list("id", flat=True)
    return [*signin.keys_of(account), second_key_of(account.id), *map(key_of_handset, handsets)]


def _unlink(place: Path) -> None:
    place.unlink(missing_ok=True)


def files_of(tenant_id: str) -> list[str]:
    """The sounds of a company."""
    data = settings.DATA
    return [place.relative_to(data.root).as_posix() for place in (data.sounds / tenant_id).glob("*")]
