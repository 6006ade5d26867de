"""Passkeys (WebAuthn level 2): made on a page of ours, and shown to us instead of a password, or after it.

The signatures are checked by the library `fido2`; here is what a site has to see to. A challenge is in the session, counts
once and for ten minutes; the page must be ours (`Party`), and no frame in another's; a key whose counter goes back may have
been copied and is refused. Whatever a browser sends that is not that, is `Refused`.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from svara import log
from svara.people.errors import PlainError
from svara.people.models import Account, Passkey
from svara.people.models.second import LABEL_LENGTH
from svara.people.second import actions
from svara.people.second.access import has_factor
from svara.privacy import subject
from svara.privacy.audit.port import record
from svara.privacy.errors import Invalid

NOT_CHECKED = "The passkey could not be checked. Try again, or sign in with your password."
NOT_HERE = "The passkey is not one that can be used here."
MAX_PASSKEYS = 20
MAX_BYTES = 16 * 1024
"""The most that a browser's answer may hold."""
CHALLENGE_SECONDS = 600
_MAX_CHALLENGES = 6
"""Of one session: some tabs, each of which may have asked anew."""
_CHALLENGES = "passkey"
_MAX_ID_BYTES = 1023
_ALGORITHMS = (-8, -7, -257)
"""Ed25519, P-256, RSA: what devices have, the best first."""

_log = log.get("people.passkeys")
_Answer = TypeVar("_Answer", RegistrationResponse, AuthenticationResponse)
_Checked = TypeVar("_Checked")


class Refused(PlainError):  # noqa: N818  the browser's answer is refused
    """What the browser sent opens nothing."""


@dataclass(frozen=True, slots=True)
class Party:
    """Where our pages are: the host that passkeys are made for, and the origin as a browser writes it."""

    host: str
    origin: str

    def server(self) -> Fido2Server:
        """What checks signatures for this place."""
        found = Fido2Server(
            PublicKeyCredentialRpEntity(name="Svara", id=self.host), verify_origin=lambda it: it == self.origin
        )
        found.allowed_algorithms = sorted(
            (each for each in found.allowed_algorithms if each.alg in _ALGORITHMS),
            key=lambda each: _ALGORITHMS.index(each.alg),
        )
        return found


def begin_adding(actor: Account, party: Party, session: MutableMapping[str, Any], now: float) -> dict[str, Any]:
    """What a browser needs to make a passkey for the actor. Raises Invalid where there are too many."""
    mine = list(Passkey.of(actor).filter(account=actor))
    if len(mine) >= MAX_PASSKEYS:
        raise Invalid(f"There are {MAX_PASSKEYS} passkeys already: remove one first.")
    options, _state = party.server().register_begin(
        PublicKeyCredentialUserEntity(id=_handle(actor), name=actor.email or actor.username, display_name=actor.name),
        [_data(each) for each in mine if each.party == party.host],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
        challenge=_new_challenge(session, "add", now),
    )
    return _told(options)


@transaction.atomic
def do_add(  # noqa: PLR0917
    actor: Account, party: Party, session: MutableMapping[str, Any], answer: str, label: str, now: float
) -> list[str]:
    """The passkey that the browser made opens the account from now on. Gives recovery codes where they are new. Raises
    Refused, Invalid."""
    response = _parsed(answer, RegistrationResponse)
    state = _state(session, "add", response.response.client_data, verified=True, now=now)
    made = _checked(lambda: party.server().register_complete(state, response))
    data = made.credential_data
    if data is None or data.credential_id != response.raw_id or not 0 < len(data.credential_id) <= _MAX_ID_BYTES:
        raise Refused(NOT_HERE)
    if Passkey.of(actor).filter(account=actor).count() >= MAX_PASSKEYS:
        raise Invalid(f"There are {MAX_PASSKEYS} passkeys already: remove one first.")
    first = not has_factor(actor)
    try:
        with transaction.atomic():
            row = Passkey.all_tenants.create(
                tenant_id=actor.tenant_id,
                account=actor,
                mark=_mark(data.credential_id),
                # Which make of device it is on is nobody's business.
                credential=bytes(AttestedCredentialData.create(Aaguid.NONE, data.credential_id, data.public_key)),
                party=party.host,
                label=" ".join(label.split())[:LABEL_LENGTH] or "Passkey",
                sign_count=made.counter,
                synced=made.is_backed_up(),
                created_at=timezone.now(),
            )
    except IntegrityError:
        raise Refused("There is this passkey already.") from None
    record(actor.tenant_id, actor.id, "grant", subject.person(actor.id), "passkey", row.id)
    actions.tell(actor, "passkey-on")
    return actions.renewed(actor) if first else []


def begin_showing(
    party: Party, session: MutableMapping[str, Any], now: float, account: Account | None = None
) -> dict[str, Any]:
    """What a browser needs to show a passkey: one of this person, or (None) of whoever sits there, who then has to unlock
    it."""
    mine = None if account is None else [_data(each) for each in _here(account, party)]
    options, _state = party.server().authenticate_begin(
        mine,
        user_verification=UserVerificationRequirement.REQUIRED if account is None else UserVerificationRequirement.PREFERRED,
        challenge=_new_challenge(session, "" if account is None else account.id, now),
    )
    return _told(options)


def shown(
    party: Party, session: MutableMapping[str, Any], answer: str, now: float, account: Account | None = None
) -> Account:
    """Whose passkey the browser has shown: this person's, or (None) that of somebody who unlocked it. Raises Refused."""
    response = _parsed(answer, AuthenticationResponse)
    client = response.response.client_data
    state = _state(session, "" if account is None else account.id, client, verified=account is None, now=now)
    rows = Passkey.all_tenants.select_related("account__tenant").filter(mark=_mark(response.raw_id), party=party.host)
    row = rows.first()
    if row is None or (account is not None and row.account_id != account.id):
        raise Refused("This passkey does not open this account, or was removed.")
    handle = response.response.user_handle
    if handle != _handle(row.account) and (handle is not None or account is None):
        raise Refused("This passkey does not open this account, or was removed.")
    _checked(lambda: party.server().authenticate_complete(state, [_data(row)], response))
    _use(row, response.response.authenticator_data.counter, synced=response.response.authenticator_data.is_backed_up())
    return row.account


def _use(row: Passkey, count: int, *, synced: bool, now: datetime | None = None) -> None:
    """Note that a passkey was used. Raises Refused where its counter went back, or somebody else used it this moment."""
    if (count or row.sign_count) and count <= row.sign_count:
        record(row.tenant_id, row.account_id, "refuse", subject.person(row.account_id), "passkey", row.id)
        _log.warning("A passkey's counter went back", pii_account=row.account_id)
        raise Refused("This passkey may have been copied, so it was refused. Remove it, and make a new one.")
    used = Passkey.all_tenants.filter(pk=row.pk, sign_count=row.sign_count)
    if not used.update(sign_count=count, synced=synced, last_used_at=now or timezone.now()):
        raise Refused("This passkey does not open this account, or was removed.")


def usable(account: Account, party: Party | None) -> bool:
    """Whether the person has a passkey that works at this place."""
    return party is not None and bool(_here(account, party))


def _told(options: Mapping[str, Any]) -> dict[str, Any]:
    return dict(options["publicKey"]) | {"timeout": CHALLENGE_SECONDS * 1000}


def _here(account: Account, party: Party) -> Iterable[Passkey]:
    return list(Passkey.of(account).filter(account=account, party=party.host))


def _new_challenge(session: MutableMapping[str, Any], what: str, now: float) -> bytes:
    fresh = secrets.token_bytes(32)
    there = [each for each in session.get(_CHALLENGES, []) if now - each[2] < CHALLENGE_SECONDS]
    session[_CHALLENGES] = [*there[1 - _MAX_CHALLENGES :], [websafe_encode(fresh), what, now]]
    return fresh


def _state(
    session: MutableMapping[str, Any], what: str, client: CollectedClientData, *, verified: bool, now: float
) -> dict[str, Any]:
    """What was asked of the browser: found by the challenge in its answer, and forgotten. Raises Refused."""
    answered = websafe_encode(client.challenge)
    there = session.get(_CHALLENGES, [])
    session[_CHALLENGES] = [each for each in there if each[0] != answered]
    if client.cross_origin:
        raise Refused("The passkey was asked for by a page that is not ours.")
    if not any(each[:2] == [answered, what] and 0 <= now - each[2] < CHALLENGE_SECONDS for each in there):
        raise Refused("That took too long, or was used before. Try again.")
    wanted = UserVerificationRequirement.REQUIRED if verified else UserVerificationRequirement.PREFERRED
    return {"challenge": answered, "user_verification": wanted}


def _parsed(answer: str, kind: type[_Answer]) -> _Answer:
    try:
        found = kind.from_dict(json.loads(answer)) if len(answer) <= MAX_BYTES else None
    except Exception:  # CBOR and JSON of anybody: whatever they make the parsers raise
        found = None
    if not isinstance(found, kind):
        raise Refused("What the browser sent could not be read. Try again.")
    return found


def _checked(check: Callable[[], _Checked]) -> _Checked:
    try:
        return check()
    except Exception as error:  # keys and signatures of anybody
        _log.info("A passkey was refused", exc_info=error)
        raise Refused(NOT_CHECKED) from None


def _data(row: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(bytes(row.credential))


def _handle(account: Account) -> bytes:
    """How a passkey knows whose it is: the random id of the account, which names nobody (WebAuthn section 14.6.1)."""
    return account.id.encode()


def _mark(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()
