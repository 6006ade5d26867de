"""A phone asks for its settings: is it one of ours, may it have them, and what is in them.

It comes with its own secret, with a token that is good for one time, or, while an administrator has opened the door for it,
with its MAC address under the company's name. The last two bind it: it gets a secret of its own, and from then on nothing
else opens its settings. Its SIP secret is made out of that secret (HMAC-SHA256), so it is the same at each fetch and stored
nowhere; the account's HA1 is set to it.

Whatever is wrong gets one answer, so nobody learns which MAC addresses, companies or tokens there are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction

from svara import log
from svara.people import keys, linekeys, snapshot
from svara.people.codes import codes_of
from svara.people.models import Handset, Phone
from svara.people.office import REALM
from svara.people.office import Tenant as Company
from svara.people.provisioning import guard
from svara.people.provisioning.makers import MAKERS, File, mac_in, told
from svara.people.provisioning.setup import Setup, Transport
from svara.privacy import subject
from svara.privacy.audit.port import SYSTEM, record
from svara.sip.digest import hashes_for

PHONEBOOK = "phonebook.xml"
"""Its name, beside a phone's settings."""
How = Literal["secret", "token", "window"]
_NAME_LENGTH = 100
_SLUG = re.compile(r"[a-z0-9-]{1,40}")
_SIP_SECRET_BYTES = 18

_log = log.get("people.provisioning")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: what stood in the address, and from where it came. `private`: nobody on the way can read along."""

    key: str
    file: str
    agent: str
    source: str
    private: bool


@dataclass(frozen=True, slots=True)
class Server:
    """What all phones are told: where SIP is, and where settings are fetched (without the secret; it ends with a slash)."""

    host: str
    port: int
    transport: Transport
    address: str


@dataclass(frozen=True, slots=True)
class Given:
    """A file. `stale_login`: this phone must register anew."""

    body: str
    content_type: str
    stale_login: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """ "gone": nothing there, or not for this one; "clear": it has to come encrypted; "often": later."""

    why: Literal["gone", "clear", "often"]
    retry_after_seconds: float = 0.0


def fetch(asked: Asked, server: Server, now: datetime) -> Given | Refused:
    """Give a phone its file."""
    if keys.looks_like(asked.key, keys.PHONE) or keys.looks_like(asked.key, keys.PHONE_TOKEN):
        return _by_key(asked, server, now)
    if not mac_in(asked.file):  # files for all phones of a model, of which there are none
        return Refused("gone")
    return _by_mac(asked, server, now)


def _by_key(asked: Asked, server: Server, now: datetime) -> Given | Refused:
    hashed = keys.hash_of(asked.key)
    own = keys.looks_like(asked.key, keys.PHONE)
    rows = Handset.all_tenants.filter(secret_hash=hashed) if own else Handset.all_tenants.filter(token_hash=hashed)
    handset = (rows if own else rows.filter(token_until__gt=now)).first()
    return _wrong(asked, now) if handset is None else _give(handset.id, "secret" if own else "token", asked, server, now)


def _by_mac(asked: Asked, server: Server, now: datetime) -> Given | Refused:
    wait = guard.wait_for_source(asked.source, now.timestamp())
    if wait > 0:
        return Refused("often", wait)
    slug = asked.key if _SLUG.fullmatch(asked.key) else ""
    rows = Handset.all_tenants.filter(tenant__slug=slug, mac=mac_in(asked.file))
    handset = rows.filter(secret_hash=None, open_until__gt=now).first()
    return _wrong(asked, now) if handset is None else _give(handset.id, "window", asked, server, now)


def _wrong(asked: Asked, now: datetime) -> Refused:
    wait = guard.wait_for_source(asked.source, now.timestamp())
    if wait > 0:
        return Refused("often", wait)
    guard.count_wrong(asked.source, now.timestamp())
    _log.info("settings of a phone were asked for in vain", pii_source=asked.source, pii_file=asked.file[:_NAME_LENGTH])
    return Refused("gone")


@transaction.atomic
def _give(handset_id: str, how: How, asked: Asked, server: Server, now: datetime) -> Given | Refused:
    handset = Handset.all_tenants.select_for_update().filter(pk=handset_id).first()
    if handset is None or not _still(handset, how, asked, now):  # somebody else was faster
        return Refused("gone")
    file = MAKERS[handset.maker].file(asked.file, handset.mac)
    if file is None:
        return Refused("gone")
    wait = guard.count_fetch(handset.id, now.timestamp())
    if wait > 0:
        return Refused("often", wait)
    if not asked.private and not handset.clear:
        return _refuse_clear(handset, how)
    phone = Phone.all_tenants.select_related("account__tenant").get(pk=handset.phone_id)
    secret = asked.key if how == "secret" else ""
    stale = False
    if file.kind == "settings" and how != "secret":
        secret = _bind(handset, now)
        stale = True
    sip_secret = sip_secret_of(secret, phone.login) if secret else ""
    if file.kind == "settings":
        ha1 = hashes_for(phone.login, REALM, sip_secret)
        if phone.ha1 != ha1:
            phone.ha1, stale = ha1, True
            phone.save(update_fields=["ha1"])
            snapshot.changed()
        if any(said := told(asked.agent)):
            handset.told_model, handset.told_firmware = said
        handset.fetched_at = now
        handset.save()
        record(handset.tenant_id, SYSTEM, "disclose", subject.person(phone.account_id), "phone-settings", handset.id, how)
    return _rendered(file, handset, phone, server, secret, sip_secret, phone.login if stale else "")


def _still(handset: Handset, how: How, asked: Asked, now: datetime) -> bool:
    match how:
        case "secret":
            return handset.secret_hash == keys.hash_of(asked.key)
        case "token":
            until = handset.token_until
            return handset.token_hash == keys.hash_of(asked.key) and until is not None and until > now
        case "window":
            return handset.secret_hash is None and handset.open_until is not None and handset.open_until > now


def _refuse_clear(handset: Handset, how: How) -> Refused:
    """Whoever read along has the token now: it opens nothing any more."""
    account = Phone.all_tenants.get(pk=handset.phone_id).account_id
    record(handset.tenant_id, SYSTEM, "refuse", subject.person(account), "phone-settings", handset.id, "clear")
    if how == "token":
        handset.token_hash = handset.token_until = None
        handset.save()
    return Refused("clear")


def _bind(handset: Handset, now: datetime) -> str:
    secret = keys.new_key(keys.PHONE)
    handset.secret_hash, handset.bound_at = keys.hash_of(secret), now
    handset.token_hash = handset.token_until = handset.open_until = None
    return secret


def sip_secret_of(secret: str, login: str) -> str:
    """The SIP secret of the phone that has this secret of its own: 144 bits, text that every phone takes."""
    made = hmac.new(secret.encode(), f"sip {login}".encode(), hashlib.sha256).digest()[:_SIP_SECRET_BYTES]
    return base64.urlsafe_b64encode(made).decode()


def no_secret(login: str) -> dict[str, str]:
    """HA1 of a secret that nobody has."""
    return hashes_for(login, REALM, secrets.token_urlsafe(32))


def reader(asked: Asked, now: datetime) -> Handset | Refused:
    """The phone that asks for its phonebook (PHONEBOOK beside its settings), with its person; by its own secret alone."""
    if not keys.looks_like(asked.key, keys.PHONE):
        return _wrong(asked, now)
    rows = Handset.all_tenants.select_related("phone__account__tenant")
    handset = rows.filter(secret_hash=keys.hash_of(asked.key)).first()
    if handset is None:
        return _wrong(asked, now)
    wait = guard.count_fetch(handset.id, now.timestamp())
    if wait > 0:
        return Refused("often", wait)
    return handset if asked.private or handset.clear else Refused("clear")


def _code(company: Company, name: str) -> str:
    """What is dialled in this company for a feature; "" where it is switched off, or there is none."""
    return next((code for code, row in codes_of(company.codes).items() if row.name == name), "")


def _rendered(  # noqa: PLR0917  what goes into the file
    file: File, handset: Handset, phone: Phone, server: Server, secret: str, sip_secret: str, stale_login: str
) -> Given:
    company = snapshot.of(phone.account.tenant)
    person = company.by_id[phone.account_id]
    setup = Setup(
        name=person.name,
        extension=person.extension or "",
        login=phone.login,
        secret=sip_secret,
        address=f"{server.address}{secret}/",
        host=server.host,
        port=server.port,
        transport=server.transport,
        timezone=company.timezone,
        language=person.language or (company.languages[0] if company.languages else "en"),
        keys=linekeys.shown(company, person),
        mailbox=_code(company, "mailbox"),
        pickup=_code(company, "pick-up-of"),
        phonebook=f"{server.address}{secret}/{PHONEBOOK}",
        mac=handset.mac,
    )
    return Given(file.render(setup), file.content_type, stale_login)
