"""Corrections (GDPR Article 16): what is one's own is corrected at once, the rest is asked for and applied by an officer.

Rooms say what can be corrected (`Correctable`): how a value is read and how another is put in its place. Every correction
keeps what stood there before, who, when and why, sealed under the key of whom it is about, and the person reads it. Who got
the wrong value is listed from what stands, so that they can be told (Article 19).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from svara.privacy.audit.models import Concerned
from svara.privacy.audit.port import SYSTEM, record, record_views
from svara.privacy.catalogue import Recipient, declaration_of, recipients_of
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.rights import said, telling
from svara.privacy.rights.asked import AtOnce, Correction
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.tenancy import id_in

MAX_VALUE = 400
MAX_WAITING = 20
LETTERS_A_DAY = 3
CONFIRM_SECONDS = 2 * 24 * 3600
_SALT = "svara.privacy.rights.corrections"


@dataclass(frozen=True, slots=True)
class Correctable:
    """A value that can be corrected. `title` is a text that can be translated.

    `at_once`: by default its own person does it without anybody; `confirmed`: only once a link that was sent to the new
    value, an address, was opened (without a mail server an officer decides). `of_thing`: `ref` names the thing that it
    belongs to (a call's id). `fields`: model and field in which it stands, for the list of recipients. `write` runs in the
    caller's transaction, and raises Invalid.
    """

    key: str
    title: str
    outside: bool
    read: Callable[[str, Subject, str], str]
    write: Callable[[str, Subject, str, str], None]
    fields: tuple[tuple[str, str], ...]
    at_once: bool = False
    confirmed: bool = False
    of_thing: bool = False
    hint: str = ""
    choices: Callable[[], list[tuple[str, str]]] | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """One's own value, as a page shows it. `at_once`: it is corrected without anybody."""

    of: Correctable
    value: str
    at_once: bool


@dataclass(frozen=True, slots=True)
class Got:
    """Who got a wrong value: `who` is a kind of recipient of the catalogue, or (`act`, `at`) an account's id."""

    who: str
    act: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A correction with what was said."""

    row: Correction
    title: str
    before: str
    after: str
    why: str
    answer: str
    got: tuple[Got, ...] = field(default=())


_known: dict[str, Correctable] = {}


def register(correctable: Correctable) -> None:
    """Make a value known. One that another room has too ("a caller's name") is written by both."""
    first = _known.get(correctable.key)
    if first is None or first.write == correctable.write:
        _known[correctable.key] = correctable
        return

    def read(tenant_id: str, subject: Subject, ref: str) -> str:
        return first.read(tenant_id, subject, ref) or correctable.read(tenant_id, subject, ref)

    def write(tenant_id: str, subject: Subject, ref: str, value: str) -> None:
        first.write(tenant_id, subject, ref, value)
        correctable.write(tenant_id, subject, ref, value)

    _known[correctable.key] = replace(first, read=read, write=write, fields=(*first.fields, *correctable.fields))


def correctables(subject: Subject) -> list[Correctable]:
    """What can be corrected of somebody."""
    outside = account_of(subject) is None
    return [each for each in _known.values() if each.outside is outside]


def known() -> list[str]:
    """Every value that can be corrected."""
    return list(_known)


def title_of(key: str) -> str:
    """What a value is called, to be translated."""
    return _known[key].title if key in _known else key


def at_once(tenant_id: str) -> dict[str, bool]:
    """What people of a company may correct by themselves, by key; only what is theirs to correct stands here."""
    chosen = dict(AtOnce.all_tenants.filter(tenant_id=tenant_id).values_list("key", "allowed"))
    return {key: chosen.get(key, True) for key, each in _known.items() if each.at_once}


def access_own_values(actor: Asker) -> list[Own]:
    """One's own values that can be corrected, as they are now."""
    allowed, subject = at_once(actor.tenant_id), person(actor.id)
    return [
        Own(each, each.read(actor.tenant_id, subject, ""), allowed.get(each.key, False))
        for each in correctables(subject)
        if not each.of_thing
    ]


@transaction.atomic
def do_correct(actor: Asker, key: str, value: str, *, why: str = "", ref: str = "") -> Correction:
    """The actor corrects a value of their own: at once where that is theirs to do, else it waits for an officer, and `why`
    has to be said. Raises Invalid, NotFound."""
    subject = person(actor.id)
    of = _correctable(key, subject)
    own = at_once(actor.tenant_id).get(key, False)
    state = "done" if own else "waiting"
    if own and of.confirmed:
        state = "done" if not value.strip() else "confirm" if settings.EMAIL_HOST else "waiting"
    return _ask(actor.tenant_id, subject, of, value, why=why, ref=ref, state=state, by=actor.id)


@transaction.atomic
def ask(tenant_id: str, subject: Subject, key: str, value: str, *, why: str) -> Correction:
    """Somebody outside wants a value corrected. Raises Invalid, NotFound."""
    return _ask(tenant_id, subject, _correctable(key, subject), value, why=why, ref="", state="waiting", by="")


@transaction.atomic
def do_correct_of(actor: Asker, subject: Subject, key: str, value: str, *, why: str, ref: str = "") -> Correction:
    """An officer corrects a value of somebody. Raises Forbidden, Invalid, NotFound."""
    _officer(actor)
    why = said.words(why, _("Say why."))
    of = _correctable(key, subject)
    return _ask(actor.tenant_id, subject, of, value, why=why, ref=ref, state="done", by=actor.id)


@transaction.atomic
def do_decide(actor: Asker, correction_id: str, *, apply: bool, answer: str = "") -> Correction:
    """Apply what was asked for, or refuse and say why not. Raises Forbidden, NotFound, Invalid."""
    _officer(actor)
    row = Correction.of(actor).select_for_update().filter(pk=id_in(correction_id), state="waiting").first()
    if row is None:
        raise NotFound
    content = said.said(row)
    if not content:
        raise Invalid(_("What was asked cannot be read: it was erased, or the company’s key is away."))
    content["answer"] = " ".join(answer.split())[: said.MAX_WORDS] if apply else said.words(answer, _("Say why not."))
    if apply:
        content["before"] = _apply(row, content["after"])
    _decided(row, "done" if apply else "refused", actor.id, content)
    record(actor.tenant_id, actor.id, "change" if apply else "refuse", Subject(row.subject), "correction", row.id)
    telling.tell(row, lambda: _("It was decided about a correction that you asked for."))
    return row


@transaction.atomic
def do_confirm(actor: Asker, token: str) -> Correction:
    """The link that was sent to the new address was opened by whom it is about: now it counts. Raises NotFound for a link
    that we did not give, that is somebody else's, too old, or used; Invalid where the value cannot be taken any more."""
    try:
        key = str(signing.loads(token[:500], salt=_SALT, max_age=CONFIRM_SECONDS))
    except signing.BadSignature:
        raise NotFound from None
    rows = Correction.of(actor).select_for_update().filter(subject=person(actor.id), state="confirm")
    row = rows.filter(pk=id_in(key)).first()
    if row is None:
        raise NotFound
    content = said.said(row)
    content["before"] = _apply(row, content["after"])
    _decided(row, "done", actor.id, content)
    record(actor.tenant_id, actor.id, "change", Subject(row.subject), "correction", row.id)
    return row


def token_of(row: Correction) -> str:
    """What the link in the mail to the new address carries."""
    return signing.dumps(row.pk, salt=_SALT)


@transaction.atomic
def do_take_back(actor: Asker, correction_id: str) -> None:
    """The actor does not want it any more, as long as it waits. Raises NotFound."""
    take_back(actor.tenant_id, person(actor.id), correction_id)


@transaction.atomic
def take_back(tenant_id: str, subject: Subject, correction_id: str) -> None:
    """As `do_take_back`. Raises NotFound."""
    rows = Correction.all_tenants.select_for_update().filter(tenant_id=tenant_id, subject=subject)
    row = rows.filter(pk=id_in(correction_id), state__in=("waiting", "confirm")).first()
    if row is None:
        raise NotFound
    row.state, row.decided_at = "withdrawn", timezone.now()
    row.save(update_fields=["state", "decided_at"])
    record(tenant_id, account_of(subject) or SYSTEM, "remove", subject, "correction", id_in(correction_id))


@transaction.atomic
def do_tell(actor: Asker, correction_id: str) -> None:
    """Write down that those who got the wrong value were told. Raises Forbidden, NotFound."""
    _officer(actor)
    row = Correction.of(actor).filter(pk=id_in(correction_id), state="done", told_at=None).first()
    if row is None:
        raise NotFound
    row.told_at = timezone.now()
    row.save(update_fields=["told_at"])
    record(actor.tenant_id, actor.id, "disclose", Subject(row.subject), "correction", row.id)


@transaction.atomic
def do_allow(actor: Asker, allowed: Iterable[str]) -> None:
    """Choose what people of the company correct by themselves. Raises Forbidden."""
    _officer(actor)
    wanted = set(allowed)
    for key, own in at_once(actor.tenant_id).items():
        if own is not (key in wanted):
            AtOnce.all_tenants.update_or_create(tenant_id=actor.tenant_id, key=key, defaults={"allowed": key in wanted})
    record(actor.tenant_id, actor.id, "change", None, "correction-rules")


def make_again(row: Correction) -> None:
    """Put the right value in place once more: an older backup had the wrong one. Raises Invalid, NotFound, Unreadable."""
    content = said.said(row)
    if not content:
        raise Invalid(_("What was asked cannot be read: it was erased, or the company’s key is away."))
    _apply(row, content["after"])


def of(tenant_id: str, subject: Subject) -> list[Shown]:
    """Every correction of one person, newest first."""
    return _shown(Correction.all_tenants.filter(tenant_id=tenant_id, subject=subject).order_by("-asked_at")[:200])


def access_own_corrections(actor: Asker) -> list[Shown]:
    """The actor's own, newest first."""
    return of(actor.tenant_id, person(actor.id))


def access_corrections(actor: Asker) -> list[Shown]:
    """Every correction of the company: those that wait first. Raises Forbidden."""
    _officer(actor)
    rows = Correction.of(actor).exclude(state="confirm").order_by(F("decided_at").desc(nulls_first=True), "-asked_at")
    found = _shown(rows[:200])
    if found:
        about = [Subject(each.row.subject) for each in found]
        record_views(actor.tenant_id, actor.id, about, "correction", why="privacy-officer", count=len(found))
    return found


def who_got(row: Correction) -> tuple[Got, ...]:
    """Who got the value that was wrong, from what stands: the recipients of the catalogue, and who exported or disclosed
    something of the person before it was put right (the log of views and changes)."""
    kinds: set[Recipient] = set()
    of = _known.get(row.key)
    for label, name in of.fields if of else ():
        declaration = declaration_of(apps.get_model(label)._meta.get_field(name))
        kinds |= recipients_of(declaration) if declaration is not None else frozenset()
    taken = Concerned.all_tenants.filter(tenant_id=row.tenant_id, subject=row.subject, entry__act__in=("export", "disclose"))
    entries = taken.exclude(entry__actor=account_of(Subject(row.subject)) or "-").exclude(entry__what="correction")
    if row.decided_at is not None:
        entries = entries.filter(entry__at__lte=row.decided_at)
    listed = entries.order_by("-entry__at").values_list("entry__actor", "entry__act", "entry__at")[:50]
    return (*(Got(kind.value) for kind in sorted(kinds)), *(Got(actor, act, at) for actor, act, at in listed))


def _ask(
    tenant_id: str, subject: Subject, of: Correctable, value: str, *, why: str, ref: str, state: str, by: str
) -> Correction:
    value = " ".join(value.replace("\0", "").split())[:MAX_VALUE]
    why = " ".join(why.split())[: said.MAX_WORDS]
    ref = ref.strip()[:64] if of.of_thing else ""
    before = of.read(tenant_id, subject, ref)
    if value == before:
        raise Invalid(_("That is what stands there already."))
    if of.confirmed and value:
        _check_address(value)
    if state == "waiting":
        why = said.words(why, _("Say why."))
        waiting = Correction.all_tenants.filter(tenant_id=tenant_id, subject=subject, state="waiting")
        if waiting.count() >= MAX_WAITING:
            raise Invalid(_("You have many open requests: wait for an answer to one of them."))
    row = Correction(tenant_id=tenant_id, subject=subject, key=of.key, ref=ref, state=state, asked_by=by)
    row.asked_at = timezone.now()
    if state == "confirm":
        today = Correction.all_tenants.filter(subject=subject, key=of.key, asked_at__gt=row.asked_at - timedelta(days=1))
        if today.count() >= LETTERS_A_DAY:
            raise Invalid(_("That was enough letters for today. Try again tomorrow."))
    if state == "done":
        _apply(row, value)
        row.decided_at, row.decided_by = row.asked_at, by
    said.seal(row, before=before, after=value, why=why, answer="")
    row.save(force_insert=True)
    record(tenant_id, by or SYSTEM, "change" if state == "done" else "create", subject, "correction", row.id)
    if state == "waiting":
        telling.tell_officers(row)
    return row


def _check_address(value: str) -> None:
    try:
        validate_email(value)
    except ValidationError:
        raise Invalid(_("That is no e-mail address.")) from None


def _apply(row: Correction, value: str) -> str:
    """Put the value in place; gives the one before. Raises Invalid."""
    of = _correctable(row.key, Subject(row.subject))
    before = of.read(row.tenant_id, Subject(row.subject), row.ref)
    of.write(row.tenant_id, Subject(row.subject), row.ref, value)
    return before


def _decided(row: Correction, state: str, by: str, content: dict[str, str]) -> None:
    said.seal(row, **content)
    row.state, row.decided_by, row.decided_at = state, by, timezone.now()
    row.save(update_fields=["state", "sealed", "decided_by", "decided_at"])


def _correctable(key: str, subject: Subject) -> Correctable:
    found = _known.get(key)
    if found is None or found not in correctables(subject):
        raise NotFound
    return found


def _shown(rows: Iterable[Correction]) -> list[Shown]:
    listed = list(rows)
    return [
        Shown(
            row,
            _(_known[row.key].title) if row.key in _known else row.key,
            content.get("before", ""),
            content.get("after", ""),
            content.get("why", ""),
            content.get("answer", ""),
            who_got(row) if row.state == "done" else (),
        )
        for row, content in zip(listed, said.open_all(listed), strict=True)
    ]


def _officer(actor: Asker) -> None:
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
