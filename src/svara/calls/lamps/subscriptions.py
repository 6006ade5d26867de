"""Subscriptions of phones to events (RFC 6665), whatever the package: they come, are refreshed, run out and end here.

They live in memory: after a restart a phone is told at its next refresh that there is none (481) and subscribes anew.
Guarantees: one NOTIFY at a time is on its way to a subscription, and the newest state wins; nobody is told twice the same
unless they asked; a phone that fails to take a NOTIFY is told no more; how many there are is bounded for each phone and each
tenant; a change that many watch is told in slices, so that no call waits for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from svara import log
from svara.clock import Timer
from svara.people.office import Person, Tenant
from svara.sip.dialog import Dialog
from svara.sip.message import Response, SipError
from svara.sip.notifier import MIN_SECONDS, Document, accepts, active, event_of, granted_seconds, terminated
from svara.sip.transaction import ServerTransaction
from svara.sip.transport import Flow

if TYPE_CHECKING:
    from svara.calls.switch import Switch

MAX_OF_PHONE = 250
"""The oldest makes room: three panels of keys beside a phone are 150 lamps."""
MAX_OF_TENANT = 100_000
RETRY_SECONDS = 60
"""When a phone may ask again that found no room."""
SLICE = 50
"""So many are told before others get their turn."""

_logger = log.get("calls.lamps")


class Package(Protocol):
    """An event package: what can be watched, by whom, and its state."""

    event: str
    content_type: str

    def find(self, tenant: Tenant, person: Person, login: str, user: str) -> str | None:
        """What the user part of an address means for this phone of this person; None for what is not theirs to watch."""
        ...

    def still(self, tenant: Tenant, person: Person, login: str, resource: str) -> bool:
        """Whether it still is theirs to watch."""
        ...

    def document(self, tenant: Tenant, person: Person, watching: Subscription) -> Document:
        """How it is now, for who watches."""
        ...


@dataclass(slots=True, eq=False)
class Subscription:
    """A phone that watches something."""

    login: str
    tenant: str
    package: Package
    resource: str
    account: str
    """The SIP URI that is watched, as the phone named it."""
    event: str
    dialog: Dialog
    flow: Flow
    expires_at: float = 0.0
    """Monotonic time."""
    timer: Timer | None = None
    telling: bool = False
    """A NOTIFY is on its way; the next one waits for its answer."""
    stale: bool = False
    """... and there may be something newer to tell."""
    waiting: bool = False
    """Its turn of a change that many are told has not come."""
    version: int = 0
    """Of the next document."""
    told: Document | None = None
    """What it was told last."""


Key = tuple[str, str, str]
"""The event, the tenant's id, the resource."""


class Subscriptions:
    """See the module."""

    def __init__(self, switch: Switch, packages: Iterable[Package]) -> None:
        self._switch = switch
        self.packages: Mapping[str, Package] = {package.event: package for package in packages}
        self.allowed = ", ".join(self.packages)
        """The value of Allow-Events."""
        self._by_tag: dict[str, Subscription] = {}
        self._by_resource: dict[Key, dict[str, Subscription]] = {}
        self._by_login: dict[str, dict[str, Subscription]] = {}
        self._of_tenant: dict[str, int] = {}
        self._due: deque[Subscription] = deque()
        self._timer: Timer | None = None

    def __len__(self) -> int:
        return len(self._by_tag)

    # --- asking

    def of_phone(self, login: str) -> Iterable[Subscription]:
        """What a phone watches."""
        return tuple(self._by_login.get(login, {}).values())

    def watched(self, event: str, tenant: str, resource: str) -> bool:
        """Whether anybody watches it."""
        return (event, tenant, resource) in self._by_resource

    def watchers(self, event: str, tenant: str, resource: str) -> Iterable[Subscription]:
        """Who watches it."""
        return tuple(self._by_resource.get((event, tenant, resource), {}).values())

    def of_tenant(self, tenant: str) -> Iterable[Subscription]:
        """Everything that phones of a tenant watch."""
        return [one for one in self._by_tag.values() if one.tenant == tenant]

    # --- SUBSCRIBE

    def subscribe(self, transaction: ServerTransaction, login: str) -> None:
        """A phone that is known subscribes to an event that there is. Raises SipError for what is not answered here."""
        request, flow = transaction.request, transaction.flow
        tenant, person, _ = self._switch.office.by_login[login]
        name, event = event_of(request)
        package = self.packages[name]
        user = request.request_uri.user or ""
        resource = package.find(tenant, person, login, user)
        if resource is None:
            transaction.reply(404)
            return
        if not accepts(request, package.content_type):
            transaction.reply(406, headers=(("Accept", package.content_type),))
            return
        if self._of_tenant.get(tenant.id, 0) >= MAX_OF_TENANT:
            _logger.warning("a company has too many subscriptions; another one was refused")
            transaction.reply(503, headers=(("Retry-After", str(RETRY_SECONDS)),))
            return
        dialog = Dialog.uas(request, transaction.to_tag, flow.contact_uri(), flow.id)
        dialog.confirmed = True
        account = f"sip:{user or login}@{flow.local[0]}"
        seconds = _granted(transaction)
        if seconds is not None:
            subscription = Subscription(login, tenant.id, package, resource, account, event, dialog, flow)
            self._add(subscription)
            self._grant(subscription, transaction, seconds)

    def in_dialog(self, transaction: ServerTransaction, tag: str) -> bool:
        """A request within a subscription's dialog; False when `tag` is none's."""
        subscription, request = self._by_tag.get(tag), transaction.request
        if (
            subscription is None
            or subscription.dialog.call_id != request.call_id
            or subscription.dialog.remote_tag != (request.from_.tag or "")
        ):
            return False
        if request.method != "SUBSCRIBE":
            transaction.reply(405, headers=(("Allow", "SUBSCRIBE"),))
        elif event_of(request)[0] != subscription.package.event:
            transaction.reply(489, headers=(("Allow-Events", self.allowed),))
        elif not subscription.dialog.accepts(request):
            transaction.reply(500, headers=(("Retry-After", "2"),))
        elif (seconds := _granted(transaction)) is not None:
            subscription.flow = transaction.flow
            subscription.dialog.refresh_target(request)
            self._grant(subscription, transaction, seconds)
        return True

    def _grant(self, subscription: Subscription, transaction: ServerTransaction, seconds: int) -> None:
        """Say yes to a SUBSCRIBE, and tell the state, as every one of them wants."""
        contact = ("Contact", f"<{transaction.flow.contact_uri()}>")
        transaction.reply(200, headers=(("Expires", str(seconds)), contact, ("Allow-Events", self.allowed)))
        if subscription.timer is not None:
            subscription.timer.cancel()
        if not seconds:
            self._end(subscription, "timeout")
            return
        clock = self._switch.clock
        subscription.expires_at = clock.monotonic() + seconds
        subscription.timer = clock.call_later(seconds, self._end, subscription, "timeout")
        subscription.told = None
        self._tell(subscription)

    # --- coming and going

    def _add(self, subscription: Subscription) -> None:
        of_phone = self._by_login.setdefault(subscription.login, {})
        if len(of_phone) >= MAX_OF_PHONE:
            self._end(next(iter(of_phone.values())), "deactivated")
        tag, tenant = subscription.dialog.local_tag, subscription.tenant
        self._by_tag[tag] = subscription
        self._by_resource.setdefault(_key(subscription), {})[tag] = subscription
        self._by_login.setdefault(subscription.login, {})[tag] = subscription
        self._of_tenant[tenant] = self._of_tenant.get(tenant, 0) + 1

    def _remove(self, subscription: Subscription) -> None:
        if subscription.timer is not None:
            subscription.timer.cancel()
            subscription.timer = None
        tag, tenant = subscription.dialog.local_tag, subscription.tenant
        if self._by_tag.pop(tag, None) is None:
            return
        watching, of_phone = self._by_resource[_key(subscription)], self._by_login[subscription.login]
        del watching[tag], of_phone[tag]
        if not watching:
            del self._by_resource[_key(subscription)]
        if not of_phone:
            del self._by_login[subscription.login]
        self._of_tenant[tenant] -= 1
        if not self._of_tenant[tenant]:
            del self._of_tenant[tenant]

    def _end(self, subscription: Subscription, reason: str) -> None:
        """The last NOTIFY, and nothing is left."""
        self._remove(subscription)
        found = self._theirs(subscription)
        self._send(subscription, terminated(reason), Document(b"") if found is None else self._document(subscription, found))

    def look_again(self, subscriptions: Iterable[Subscription]) -> None:
        """These may watch no more, or see something else than before."""
        for subscription in subscriptions:
            self._queue(subscription)
        self._go()

    # --- NOTIFY

    def changed(self, event: str, tenant: str, resource: str) -> None:
        """Something that may be watched changed: everybody who watches it is told, some at once, the others soon."""
        self.look_again(self.watchers(event, tenant, resource))

    def _queue(self, subscription: Subscription) -> None:
        if subscription.telling:
            subscription.stale = True
        elif not subscription.waiting:
            subscription.waiting = True
            self._due.append(subscription)

    def _go(self) -> None:
        if self._timer is None:
            self._tell_some()

    def _tell_some(self) -> None:
        self._timer = None
        for _ in range(min(SLICE, len(self._due))):
            subscription = self._due.popleft()
            subscription.waiting = False
            if subscription.dialog.local_tag in self._by_tag:
                self._tell(subscription)
        if self._due:
            self._timer = self._switch.clock.call_later(0, self._tell_some)

    def _theirs(self, subscription: Subscription) -> tuple[Tenant, Person] | None:
        """Whose phone watches; None where what it watches is not theirs to watch any more."""
        found = self._switch.office.by_login.get(subscription.login)
        if found is None or found[0].id != subscription.tenant:
            return None
        still = subscription.package.still(found[0], found[1], subscription.login, subscription.resource)
        return (found[0], found[1]) if still else None

    @staticmethod
    def _document(subscription: Subscription, found: tuple[Tenant, Person]) -> Document:
        return subscription.package.document(*found, subscription)

    def _tell(self, subscription: Subscription) -> None:
        """Tell the state as it is now, unless the phone knows it already."""
        found = self._theirs(subscription)
        if found is None:
            self._end(subscription, "noresource")
        elif subscription.telling:
            subscription.stale = True
        elif (document := self._document(subscription, found)) != subscription.told:
            left = subscription.expires_at - self._switch.clock.monotonic()
            subscription.told = document
            subscription.telling = self._send(subscription, active(left), document)

    def _send(self, subscription: Subscription, state: str, document: Document) -> bool:
        flow = subscription.flow
        if flow.closed:
            newest = self._switch.flow_of(subscription.login)
            if newest is None:
                subscription.told = None
                return False  # told again when it subscribes again, or when it is here again and something changes
            flow = subscription.flow = newest
        body = document.at(subscription.version)
        subscription.version += 1
        try:
            request = subscription.dialog.new_request(
                "NOTIFY",
                (("Event", subscription.event), ("Subscription-State", state)),
                body,
                subscription.package.content_type if body else None,
            )
        except SipError:  # a Contact that nothing can be sent to
            self._remove(subscription)
            return False
        self._switch.transactions.request(
            request,
            flow,
            on_response=partial(self._answered, subscription),
            on_failure=lambda _: self._remove(subscription),  # RFC 6665 section 4.2.2
        )
        return True

    def _answered(self, subscription: Subscription, response: Response) -> None:
        if response.status < 200:
            return
        subscription.telling = False
        if response.status >= 300 and response.status not in (401, 407, 500, 503):
            self._remove(subscription)
            return
        if response.status >= 300:
            subscription.told = None
        if subscription.stale and subscription.dialog.local_tag in self._by_tag:
            subscription.stale = False
            self._tell(subscription)


def _key(subscription: Subscription) -> Key:
    return subscription.package.event, subscription.tenant, subscription.resource


def _granted(transaction: ServerTransaction) -> int | None:
    """For how long; None when the wish was refused as too short."""
    try:
        return granted_seconds(transaction.request)
    except SipError as error:
        transaction.reply(error.status, headers=(("Min-Expires", str(MIN_SECONDS)),))
        return None
