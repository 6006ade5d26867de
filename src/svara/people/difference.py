"""A tenant as it is, beside what its office file wants: what differs, and making it so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils import timezone

from svara.people import actions, own, routing, snapshot, sounds
from svara.people.changes import OTHER_SECRET, Applied, Change, Invited
from svara.people.models import BY_FILE, Account, Handset, Invitation, Phone, Sound, Tenant, new_id
from svara.people.office import REALM
from svara.people.officefile import OfficeFile, OfficeFileError, PersonSpec, PhoneSpec
from svara.people.officefile.parking import written
from svara.people.prepared import Prepared
from svara.people.values import Problem, short
from svara.people.wording import show
from svara.sip.digest import hashes_for

SETS_ITSELF_UP = "and the phone that sets itself up by it"
_AT_ONCE = 500
"""Databases bound how many values one query may name."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One kind of what calls are routed through: what there shall be, and what there is."""

    kind: routing.Kind
    wanted: Mapping[str, routing.Struct]
    standing: Mapping[str, routing.Standing]

    def changes(self) -> Iterator[Change]:
        for name, wish in self.wanted.items():
            now = self.standing.get(name)
            if now is None:
                yield Change("add", self.kind.name, name, tuple(routing.introduce(wish)))
            elif details := tuple(routing.differences(now.says, routing.settled(wish, now.says))):
                yield Change("change", self.kind.name, name, details)
        for name in self.standing.keys() - self.wanted.keys():
            yield Change("remove", self.kind.name, name)

    def save(self, tenant: Tenant, accounts: Mapping[str, Account], ids: Mapping[tuple[str, str], str]) -> None:
        """Make the rows so; `ids` are for rows that are added again."""
        gone = [self.standing[name].row.pk for name in self.standing.keys() - self.wanted.keys()]
        for start in range(0, len(gone), _AT_ONCE):
            self.kind.model.of(tenant).filter(pk__in=gone[start : start + _AT_ONCE]).delete()
        for name, wish in self.wanted.items():
            now = self.standing.get(name)
            settled = routing.settled(wish, now.says if now is not None else None)
            if now is None:
                row = self.kind.model(id=ids.get((self.kind.name, name)) or new_id(), tenant=tenant)
                routing.save(row, settled, accounts)
            elif settled != now.says:
                routing.save(now.row, settled, accounts)


class Difference:
    """A tenant as it is, beside what the file wants."""

    def __init__(self, office: OfficeFile, prepared: Prepared, *, lock: bool = False, spares_handsets: bool = False) -> None:
        """`spares_handsets`: SIP accounts that were made for phones which set themselves up stay, with their people: no
        file speaks of those."""
        self._office = office
        self._prepared = prepared
        tenants = Tenant.objects.select_for_update() if lock else Tenant.objects.all()
        self.tenant = tenants.filter(slug=office.tenant.slug).first()
        self._accounts: dict[str, Account] = {}
        self._phones: dict[str, Phone] = {}
        self._handsets: dict[str, Handset] = {}
        self._invited: set[str] = set()
        if self.tenant is not None:
            self._accounts = {each.username: each for each in Account.of(self.tenant)}
            self._phones = {each.login: each for each in Phone.of(self.tenant).select_related("account")}
            self._handsets = {each.phone_id: each for each in Handset.of(self.tenant)}
            invitations = Invitation.of(self.tenant).filter(expires_at__gt=timezone.now())
            self._invited = set(invitations.values_list("account_id", flat=True))
        self._people = {person.username: person for person in office.people}
        self._targets = own.targets_of(office)
        self._parts = [_Part(kind, self._wanted(kind), self._standing(kind)) for kind in routing.KINDS]
        self._sounds = {} if self.tenant is None else {each.name: each for each in Sound.of(self.tenant)}
        self._wanted_sounds = self._wishes()
        self._wanted_phones = {phone.login: (phone, person) for person in office.people for phone in person.phones}
        if spares_handsets:
            self._phones = {login: phone for login, phone in self._phones.items() if not self._spared(phone)}
        self._refuse_logins_of_others()

    def _spared(self, phone: Phone) -> bool:
        handset = self._handsets.get(phone.id)
        made = handset is not None and handset.made_login
        return made and phone.login not in self._wanted_phones and phone.account.username in self._people

    def _refuse_logins_of_others(self) -> None:
        new = [login for login in self._wanted_phones if login not in self._phones]
        problems: list[Problem] = []
        for start in range(0, len(new), _AT_ONCE):
            # By slug: a company that somebody else adds at this moment is no other one. The rows clash, and `apply` says so.
            taken = Phone.all_tenants.filter(login__in=new[start : start + _AT_ONCE]).exclude(
                tenant__slug=self._office.tenant.slug
            )
            for login in taken.values_list("login", flat=True):
                line = self._wanted_phones[login][0].line
                message = f"login '{login}' is taken by another tenant of this server; it must be unique on the server"
                problems.append(Problem(line, message))
        if problems:
            raise OfficeFileError(self._office.path, problems)

    def _standing(self, kind: routing.Kind) -> dict[str, routing.Standing]:
        return {} if self.tenant is None else routing.standing(self.tenant, kind)

    def _wanted(self, kind: routing.Kind) -> dict[str, routing.Struct]:
        return {kind.key_of(each): each for each in kind.wanted(self._office)}

    def _wishes(self) -> dict[str, sounds.Wish]:
        """The sounds that there shall be; where the file says nothing of sounds, beside those that there are."""
        language = self._office.tenant.languages[0]
        try:
            wishes = {each.name: sounds.wish_of(each, language) for each in self._office.sounds or ()}
        except sounds.CannotMake as error:
            raise self._refuse(error) from None
        known = self._sounds if self._office.sounds is None else wishes
        return wishes | {wish.name: wish for wish in sounds.stand_ins(self._office, known)}

    def _needless_sounds(self) -> list[str]:
        return [] if self._office.sounds is None else sorted(self._sounds.keys() - self._wanted_sounds.keys())

    def _refuse(self, error: sounds.CannotMake) -> OfficeFileError:
        return OfficeFileError(self._office.path, [Problem(error.wish.line, str(error))])

    # --- what differs

    def changes(self) -> Iterator[Change]:
        """In the order in which it is said: the tenant, people, phones, sounds, then what calls are routed through."""
        yield from self._tenant_change()
        for person in self._added():
            yield Change("add", "person", person.username, tuple(_introduce(person)))
        for account, person in self._kept():
            details = self._person_details(account, person)
            if details:
                yield Change("change", "person", person.username, tuple(details))
        for account in self._removed():
            yield Change("remove", "person", account.username, (account.name,))
        for login, (phone, person) in self._wanted_phones.items():
            if login not in self._phones:
                yield Change("add", "phone", login, (f"of {person.username}",))
            elif details := self._phone_details(self._phones[login], phone, person):
                yield Change("change", "phone", login, tuple(details))
        for login in sorted(self._phones.keys() - self._wanted_phones.keys()):
            also = (SETS_ITSELF_UP,) if self._phones[login].id in self._handsets else ()
            yield Change("remove", "phone", login, also)
        yield from self._sound_changes()
        for part in self._parts:
            yield from part.changes()

    def _sound_changes(self) -> Iterator[Change]:
        for name, wish in self._wanted_sounds.items():
            row = self._sounds.get(name)
            if row is None:
                yield Change("add", "sound", name, (f'"{short(wish.text)}"' if wish.text else wish.path_name,))
            elif details := sounds.differences(row, wish):
                yield Change("change", "sound", name, details)
        for name in self._needless_sounds():
            yield Change("remove", "sound", name)

    def _tenant_change(self) -> Iterator[Change]:
        wanted = self._office.tenant
        if self.tenant is None:
            yield Change("add", "tenant", wanted.slug, (wanted.name,))
        elif details := _differences(_tenant_fields(self._office), vars(self.tenant)):
            yield Change("change", "tenant", wanted.slug, details)

    def _added(self) -> list[PersonSpec]:
        return [person for person in self._people.values() if person.username not in self._accounts]

    def _kept(self) -> list[tuple[Account, PersonSpec]]:
        return [
            (self._accounts[person.username], person)
            for person in self._people.values()
            if person.username in self._accounts
        ]

    def _removed(self) -> list[Account]:
        return [account for username, account in self._accounts.items() if username not in self._people]

    def _person_details(self, account: Account, person: PersonSpec) -> list[str]:
        details = list(_differences(self._person_fields(person, account), vars(account)))
        details += own.lost(person, account, self._targets)
        if self._prepared.pin_differs(account.voicemail_pin, person.voicemail_pin):
            details.append("another PIN of the mailbox" if person.voicemail_pin else "no PIN of the mailbox")
        if self._password_differs(account, person):
            details.append("another password")
        if self._to_be_invited(account, person):
            details.append("a new invitation")
        return details

    def _password_differs(self, account: Account, person: PersonSpec) -> bool:
        return person.password is not None and not (
            account.has_usable_password() and self._prepared.matches(account.password, person.password)
        )

    def _to_be_invited(self, account: Account, person: PersonSpec) -> bool:
        return person.password is None and not account.has_usable_password() and account.id not in self._invited

    def _phone_details(self, phone: Phone, wanted: PhoneSpec, person: PersonSpec) -> list[str]:
        details = []
        if phone.account.username != person.username:
            details.append(f"now of {person.username}")
        if phone.label != wanted.label:
            details.append(f'label "{phone.label}" -> "{wanted.label}"')
        if phone.ha1 != self._ha1(phone, wanted):
            details.append(OTHER_SECRET)
        return details

    def _ha1(self, phone: Phone, wanted: PhoneSpec) -> dict[str, str]:
        """What there shall be: where the file gives no secret what there is, and so for a phone that sets itself up, which
        has a secret of its own, or was shut out."""
        if wanted.secret is None or phone.id in self._handsets:
            return phone.ha1
        return hashes_for(wanted.login, REALM, wanted.secret)

    def prepare(self) -> None:
        """Do the slow part beforehand. Raises OfficeFileError for what is no sound."""
        self._prepared.prepare(self._passwords_to_set(), self._passwords_to_check())
        for wish in self._sounds_to_make():
            self._file_of(wish)

    def _passwords_to_check(self) -> list[tuple[str, str]]:
        return [
            (account.password, person.password)
            for account, person in self._kept()
            if person.password is not None and account.has_usable_password()
        ]

    def _passwords_to_set(self) -> list[PersonSpec]:
        changed = [person for account, person in self._kept() if self._password_differs(account, person)]
        return [person for person in (*self._added(), *changed) if person.password is not None]

    def _sounds_to_make(self) -> list[sounds.Wish]:
        changed = {change.name for change in self._sound_changes() if change.verb != "remove"}
        return [wish for name, wish in self._wanted_sounds.items() if name in changed]

    def _file_of(self, wish: sounds.Wish) -> str:
        try:
            return self._prepared.file_of(wish, self._prepared.tenant_id if self.tenant is None else self.tenant.id)
        except sounds.CannotMake as error:
            raise self._refuse(error) from None

    # --- doing it

    def carry_out(self, *, demo: bool, by: str = BY_FILE) -> Applied:
        """Make every change; runs inside a transaction. `by`: the source of what is new (`Account.entered_by`)."""
        changes = tuple(self.changes())
        if not changes:
            return Applied(changes)
        stale = tuple(
            change.name
            for change in changes
            if change.kind == "phone" and (change.verb == "remove" or OTHER_SECRET in change.details)
        )
        tenant = self._save_tenant(demo=demo)
        gone = sorted(self._phones.keys() - self._wanted_phones.keys())
        for start in range(0, len(gone), _AT_ONCE):
            Phone.of(tenant).filter(login__in=gone[start : start + _AT_ONCE]).delete()
        to_invite = [account for account, person in self._kept() if self._to_be_invited(account, person)]
        Account.of(tenant).filter(pk__in=[account.pk for account in self._removed()]).delete()
        accounts = self._save_people(tenant, by)
        to_invite += [accounts[person.username] for person in self._added() if person.password is None]
        self._save_phones(tenant, accounts, by)
        self._save_sounds(tenant)
        for part in self._parts:
            part.save(tenant, accounts, self._prepared.ids)
        snapshot.changed()
        return Applied(changes, tuple(_invite(account) for account in to_invite), stale)

    def _person_fields(self, person: PersonSpec, account: Account | None) -> dict[str, Any]:
        return {
            "name": person.name,
            "email": person.email,
            "extension": person.extension,
            "roles": list(person.roles),
            "classes": list(person.classes),
            "shows": person.shows,
            "record": person.record,
            "pickup": list(person.pickup),
            **own.wished(person, account, self._targets),
        }

    def _save_tenant(self, *, demo: bool) -> Tenant:
        tenant = self.tenant or Tenant(id=self._prepared.tenant_id, slug=self._office.tenant.slug, demo=demo)
        for name, value in _tenant_fields(self._office).items():
            setattr(tenant, name, value)
        tenant.save()
        return tenant

    def _save_people(self, tenant: Tenant, by: str) -> dict[str, Account]:
        accounts: dict[str, Account] = {}
        changed = [(account, person) for account, person in self._kept() if self._person_details(account, person)]
        # What must be unique is let go first, so that two people can swap their extensions.
        Account.of(tenant).filter(pk__in=[account.pk for account, _ in changed]).update(extension=None, email="")
        for account, person in self._kept():
            accounts[person.username] = account
        for account, person in changed:
            if self._password_differs(account, person):
                account.password = self._prepared.hash_for(person)
                Invitation.of(tenant).filter(account=account).delete()
            if self._prepared.pin_differs(account.voicemail_pin, person.voicemail_pin):
                account.voicemail_pin = self._prepared.hash_of_pin(person.voicemail_pin or "")
            for name, value in self._person_fields(person, account).items():
                setattr(account, name, value)
            account.save()
        added = [
            Account(
                id=self._prepared.ids.get(("person", person.username)) or new_id(),
                tenant=tenant,
                username=person.username,
                password=self._prepared.hash_for(person),
                voicemail_pin=self._prepared.hash_of_pin(person.voicemail_pin or ""),
                entered_by=by,
                **self._person_fields(person, None),
            )
            for person in self._added()
        ]
        for account in Account.all_tenants.bulk_create(added):
            accounts[account.username] = account
        return accounts

    def _save_phones(self, tenant: Tenant, accounts: dict[str, Account], by: str) -> None:
        added = []
        for login, (wanted, person) in self._wanted_phones.items():
            phone = self._phones.get(login)
            if phone is not None and not self._phone_details(phone, wanted, person):
                continue
            changed = phone or Phone(tenant=tenant, login=login, entered_by=by)
            changed.account = accounts[person.username]
            changed.label = wanted.label
            changed.ha1 = self._ha1(changed, wanted)
            if phone is None:
                added.append(changed)
            else:
                changed.save()
        Phone.all_tenants.bulk_create(added)

    def _save_sounds(self, tenant: Tenant) -> None:
        for wish in self._sounds_to_make():
            row = self._sounds.get(wish.name) or Sound(tenant=tenant, name=wish.name)
            row.language = wish.language
            if wish.source_hash:
                row.text, row.source_hash, row.file = wish.text, wish.source_hash, self._file_of(wish)
            row.save()
        gone = [self._sounds[name].pk for name in self._needless_sounds()]
        Sound.of(tenant).filter(pk__in=gone).delete()


def _tenant_fields(office: OfficeFile) -> dict[str, Any]:
    wanted, rule = office.tenant, {}
    if wanted.second_factor is not None:
        rule = {"second_factor": wanted.second_factor, "second_factor_from": wanted.second_factor_from}
    return rule | {
        "name": wanted.name,
        "country": wanted.country,
        "timezone": wanted.timezone,
        "languages": list(wanted.languages),
        "media": wanted.media,
        "recording_rule": wanted.recording_rule,
        "hold_music": wanted.hold_music,
        "codes": dict(wanted.codes),
        "parking": written(office.parking),
        "own_phones": wanted.own_phones,
        "presence_to": wanted.presence_to,
    }


def _differences(wanted: dict[str, Any], now: dict[str, Any]) -> tuple[str, ...]:
    def shown(name: str, value: Any) -> str:
        return show(msgspec.convert(value, own.SHAPES[name]) if name in own.SHAPES else value)

    return tuple(
        f"{name.replace('_', ' ')} {shown(name, now[name])} -> {shown(name, value)}"
        for name, value in wanted.items()
        if now[name] != value
    )


def _introduce(person: PersonSpec) -> Iterable[str]:
    yield person.name
    if person.extension:
        yield f"extension {person.extension}"
    if person.password is None:
        yield "will be invited"


def _invite(account: Account) -> Invited:
    token = actions.do_invite(account)
    return Invited(
        username=account.username,
        name=account.name,
        token=token,
        expires_at=timezone.now() + actions.INVITATION_LIFETIME,
    )
