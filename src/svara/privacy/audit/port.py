"""What other rooms call: `record` writes down that somebody saw or changed what is about somebody else.

An entry stands and falls with the caller's transaction. It holds keys and ids, never content: `chain.checked` refuses words.
Looking at one thing again and again within a few minutes (a page that brings itself up to date, a player that seeks) is one
view, and so one entry; changes are always written.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Lock

from django.db import transaction
from django.utils import timezone

from svara.privacy.audit.chain import Act, Facts, checked, genesis, link
from svara.privacy.audit.models import Chain, Concerned, Entry
from svara.privacy.audit.verify import Broken, verify
from svara.privacy.errors import Forbidden
from svara.privacy.subject import Subject

__all__ = ["OPERATOR", "STAFF", "SYSTEM", "Act", "Broken", "record", "record_views", "verify"]

OPERATOR = "operator"
"""Who works at the server's command line."""
SYSTEM = "system"
"""What happens by itself: retention, schedules."""
STAFF = "staff:"
"""What the id of an actor begins with who belongs to the provider; the rest is the grant by which they are here
(`svara.privacy.staff`). They look and change nothing: an entry that says otherwise is refused, and with it what was done."""
SAME_VIEW_SECONDS = 300.0
MAX_SUBJECTS = 500
"""Of one entry; a view of more is several entries."""
_MAX_RECENT = 10_000
_VIEWS = frozenset({"view", "hear"})

_Key = tuple[str, Facts]


def record(  # noqa: PLR0917  who, what, to whom: a sentence
    tenant_id: str, actor_id: str, act: Act, subject: Subject | None, what: str, ref: str = "", why: str = ""
) -> None:
    """Write one entry, in the caller's transaction.

    `actor_id` is an account's id, OPERATOR, SYSTEM, or STAFF with a grant's id (which is then the `why`, too); `what` is the
    kind of thing ("recording"), `ref` its id, `why` a key ("supervisor", "request:17"), no sentence. `subject` None: it is
    about nobody in particular. Raises ValueError for words where a key belongs, Forbidden for staff of the provider that
    would do more than look.
    """
    record_views(tenant_id, actor_id, () if subject is None else (subject,), what, act=act, ref=ref, why=why)


def record_views(
    tenant_id: str,
    actor_id: str,
    subjects: Iterable[Subject],
    what: str,
    *,
    act: Act = "view",
    ref: str = "",
    why: str = "",
    count: int = 1,
) -> None:
    """One entry for all that a page showed: `count` things about `subjects`. Else as `record`."""
    if actor_id.startswith(STAFF):
        why = actor_id
        if act not in _VIEWS and not what.startswith("support-"):
            raise Forbidden
    about = tuple(sorted(set(subjects)))
    base = checked(Facts(actor_id, act, what, ref, why, count, about))
    if act in _VIEWS:
        if _recent.covers(tenant_id, base):
            return
        transaction.on_commit(lambda: _recent.remember(tenant_id, base))
    with transaction.atomic():
        for start in range(0, max(len(about), 1), MAX_SUBJECTS):
            part = about[start : start + MAX_SUBJECTS]
            _append(tenant_id, Facts(actor_id, act, what, ref, why, count, part))


def _append(tenant_id: str, facts: Facts) -> None:
    chain = Chain.all_tenants.select_for_update().filter(tenant_id=tenant_id).first()
    if chain is None:
        Chain.all_tenants.get_or_create(tenant_id=tenant_id, defaults={"hash": genesis(tenant_id)})
        chain = Chain.all_tenants.select_for_update().get(tenant_id=tenant_id)
    number, at = chain.number + 1, _now()
    hashed = link(chain.hash, tenant_id, number, at, facts)
    entry = Entry(
        tenant_id=tenant_id,
        number=number,
        at=at,
        actor=facts.actor,
        act=facts.act,
        what=facts.what,
        ref=facts.ref,
        why=facts.why,
        count=facts.count,
        subjects=list(facts.subjects),
        hash=hashed,
    )
    entry.save()
    if facts.subjects:
        Concerned.all_tenants.bulk_create(
            [Concerned(tenant_id=tenant_id, entry=entry, subject=subject) for subject in facts.subjects]
        )
    Chain.all_tenants.filter(tenant_id=tenant_id).update(number=number, hash=hashed)


def _now() -> datetime:
    return timezone.now()


class Recent:
    """Which views this process has written of late, so that the same view is not written again. Safe between threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._seen: OrderedDict[_Key, tuple[float, frozenset[str]]] = OrderedDict()

    def covers(self, tenant_id: str, facts: Facts) -> bool:
        """Whether this very view, of all of these people, was written within SAME_VIEW_SECONDS."""
        with self._lock:
            until, known = self._seen.get(_key(tenant_id, facts), (0.0, frozenset[str]()))
            return self._monotonic() < until and known.issuperset(facts.subjects)

    def remember(self, tenant_id: str, facts: Facts) -> None:
        key, now = _key(tenant_id, facts), self._monotonic()
        with self._lock:
            until, known = self._seen.pop(key, (0.0, frozenset[str]()))
            fresh = (now + SAME_VIEW_SECONDS, frozenset(facts.subjects))
            self._seen[key] = (until, known.union(facts.subjects)) if now < until else fresh
            while len(self._seen) > _MAX_RECENT:
                self._seen.popitem(last=False)


def _key(tenant_id: str, facts: Facts) -> _Key:
    return tenant_id, Facts(facts.actor, facts.act, facts.what, facts.ref, facts.why, 0, ())


_recent = Recent()
