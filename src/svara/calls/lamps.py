"""The lamp on a phone that says that a message waits (RFC 3842): for phones that subscribe to it, and for those that only
listen.

A subscription is to one's own box, or to that of a queue of which one is a member. It lives in memory: after a restart the
phone is told at its next refresh that there is none (481) and subscribes anew. A phone without a subscription gets a NOTIFY
nobody asked for, which most phones understand: when the count of its person's box changes, and shortly after it registers
while messages wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from svara import log
from svara.calls.boxes import COUNTS_FILE, Counts, box_of, read_counts
from svara.calls.switch import Switch
from svara.clock import Timer
from svara.data import stamp
from svara.people.office import Person, Tenant
from svara.sip.bindings import Binding
from svara.sip.dialog import Dialog
from svara.sip.message import Request, Response, SipError, request_of_lines
from svara.sip.notifier import (
    MESSAGE_SUMMARY,
    MESSAGE_SUMMARY_TYPE,
    MIN_SECONDS,
    accepts,
    active,
    event_of,
    granted_seconds,
    message_summary,
    terminated,
)
from svara.sip.transaction import ServerTransaction
from svara.sip.transport import Flow, FlowError

MAX_SUBSCRIPTIONS_OF_PHONE = 10
"""The oldest makes room."""
AFTER_REGISTRATION_SECONDS = 1.0
"""Some phones take nothing before they have seen the answer to their REGISTER."""

_logger = log.get("calls.lamps")


@dataclass(slots=True, eq=False)
class Subscription:
    """A phone that watches a box."""

    login: str
    box: str
    account: str
    event: str
    dialog: Dialog
    flow: Flow
    expires_at: float = 0.0
    """Monotonic time."""
    timer: Timer | None = None
    telling: bool = False
    """A NOTIFY is on its way; the next one waits for its answer."""
    stale: bool = False
    """... and there is something newer to tell."""


class Lamps:
    """Every subscription of this process, and the counts of every box."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._counts: dict[str, Counts] = {}
        self._seen: tuple[int, int] | None = None
        self._by_tag: dict[str, Subscription] = {}
        self._by_box: dict[str, list[Subscription]] = {}
        self._by_login: dict[str, list[Subscription]] = {}

    # --- how many messages wait

    def look(self, folder: Path) -> None:
        """Read the counts if their file changed since, and tell who watches a box that changed."""
        try:
            seen = stamp(folder / COUNTS_FILE)
            if seen == self._seen or seen is None:
                return
            counts = read_counts(folder)
        except (OSError, msgspec.DecodeError):
            _logger.exception("the counts of voice messages cannot be read; those of before stay")
            return
        first, self._seen = self._seen is None, seen
        before, self._counts = self._counts, counts
        for box in before.keys() | counts.keys():
            if before.get(box) != counts.get(box) and not first:
                self._changed(box)

    def _changed(self, box: str) -> None:
        watching = self._by_box.get(box, [])
        for subscription in list(watching):
            self._tell(subscription)
        kind, _, owner = box.partition(":")
        if kind != "person":
            return
        subscribed = {subscription.login for subscription in watching}
        for tenant in self._switch.office.tenants:
            person = tenant.by_id.get(owner)
            for phone in person.phones if person is not None else ():
                if phone.login not in subscribed:
                    self._tell_unasked(phone.login, box)

    def registered(self, login: str) -> None:
        """A phone has registered: it is told soon, if messages wait and it does not subscribe meanwhile."""
        found = self._switch.office.by_login.get(login)
        if found is not None and self._counts.get(box_of(found[1]), Counts()).new:
            self._switch.clock.call_later(AFTER_REGISTRATION_SECONDS, self._welcome, login, box_of(found[1]))

    def _welcome(self, login: str, box: str) -> None:
        if not any(subscription.box == box for subscription in self._by_login.get(login, ())):
            self._tell_unasked(login, box)

    # --- SUBSCRIBE

    def subscribe(self, transaction: ServerTransaction, login: str) -> None:
        """A phone that is known subscribes. Raises SipError for what cannot be answered otherwise."""
        request = transaction.request
        tenant, person, _ = self._switch.office.by_login[login]
        box = self._box(tenant, person, login, request.request_uri.user or "")
        if box is None:
            transaction.reply(404)
            return
        if not accepts(request, MESSAGE_SUMMARY_TYPE):
            transaction.reply(406, headers=(("Accept", MESSAGE_SUMMARY_TYPE),))
            return
        flow = transaction.flow
        dialog = Dialog.uas(request, transaction.to_tag, flow.contact_uri(), flow.id)
        dialog.confirmed = True
        account = f"sip:{request.request_uri.user or login}@{flow.local[0]}"
        seconds = _granted(transaction)
        if seconds is not None:
            subscription = Subscription(login, box, account, event_of(request)[1], dialog, flow)
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
        elif event_of(request)[0] != MESSAGE_SUMMARY:
            transaction.reply(489, headers=(("Allow-Events", MESSAGE_SUMMARY),))
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
        transaction.reply(200, headers=(("Expires", str(seconds)), contact, ("Allow-Events", MESSAGE_SUMMARY)))
        if subscription.timer is not None:
            subscription.timer.cancel()
        if not seconds:
            self._end(subscription, "timeout")
            return
        clock = self._switch.clock
        subscription.expires_at = clock.monotonic() + seconds
        subscription.timer = clock.call_later(seconds, self._end, subscription, "timeout")
        self._tell(subscription)

    def _box(self, tenant: Tenant, person: Person, login: str, user: str) -> str | None:
        """Which box an address means for this person; None for one that is not theirs to watch."""
        if user in ("", login, person.username, person.extension):
            return box_of(person)
        for queue in tenant.queues:
            if user in (queue.name, queue.extension) and any(member.person == person.id for member in queue.members):
                return box_of(queue)
        return None

    # --- coming and going

    def _add(self, subscription: Subscription) -> None:
        of_phone = self._by_login.setdefault(subscription.login, [])
        if len(of_phone) >= MAX_SUBSCRIPTIONS_OF_PHONE:
            self._end(of_phone[0], "deactivated")
        self._by_tag[subscription.dialog.local_tag] = subscription
        self._by_box.setdefault(subscription.box, []).append(subscription)
        self._by_login.setdefault(subscription.login, []).append(subscription)

    def _remove(self, subscription: Subscription) -> None:
        if subscription.timer is not None:
            subscription.timer.cancel()
            subscription.timer = None
        self._by_tag.pop(subscription.dialog.local_tag, None)
        for table, key in ((self._by_box, subscription.box), (self._by_login, subscription.login)):
            left = [one for one in table.get(key, ()) if one is not subscription]
            if left:
                table[key] = left
            else:
                table.pop(key, None)

    def _end(self, subscription: Subscription, reason: str) -> None:
        """The last NOTIFY, and nothing is left."""
        self._remove(subscription)
        self._send(subscription, terminated(reason))

    # --- NOTIFY

    def _tell(self, subscription: Subscription) -> None:
        found = self._switch.office.by_login.get(subscription.login)
        if found is None or not self._still_theirs(found[0], found[1], subscription.box):
            self._end(subscription, "noresource")
        elif subscription.telling:
            subscription.stale = True
        else:
            subscription.telling = self._send(subscription, active(subscription.expires_at - self._switch.clock.monotonic()))

    @staticmethod
    def _still_theirs(tenant: Tenant, person: Person, box: str) -> bool:
        if box == box_of(person):
            return True
        queue = tenant.queue_by_id.get(box.partition(":")[2])
        return queue is not None and any(member.person == person.id for member in queue.members)

    def _send(self, subscription: Subscription, state: str) -> bool:
        flow = subscription.flow
        if flow.closed:
            newest = self._switch.flow_of(subscription.login)
            if newest is None:
                return False  # told again when it subscribes again
            flow = subscription.flow = newest
        counts = self._counts.get(subscription.box, Counts())
        try:
            request = subscription.dialog.new_request(
                "NOTIFY",
                (("Event", subscription.event), ("Subscription-State", state)),
                message_summary(subscription.account, counts.new, counts.heard),
                MESSAGE_SUMMARY_TYPE,
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
        elif subscription.stale and subscription.dialog.local_tag in self._by_tag:
            subscription.stale = False
            self._tell(subscription)

    def _tell_unasked(self, login: str, box: str) -> None:
        for binding in self._switch.registrar.bindings(login):
            self._switch.reach(binding, partial(self._send_unasked, login, box, binding))

    def _send_unasked(self, login: str, box: str, binding: Binding, flow: Flow | FlowError) -> None:
        if isinstance(flow, FlowError):
            return
        request = self._unasked(login, self._counts.get(box, Counts()), binding, flow)
        self._switch.transactions.request(request, flow, on_response=_ignore, on_failure=_ignore)

    def _unasked(self, login: str, counts: Counts, binding: Binding, flow: Flow) -> Request:
        account = f"sip:{login}@{flow.local[0]}"
        lines = {
            "via": "",  # the transaction layer's
            "max-forwards": "Max-Forwards: 70",
            "from": f"From: <{account}>;tag={self._switch.new_tag()}",
            "to": f"To: <{account}>",
            "call-id": f"Call-ID: {self._switch.new_tag()}",
            "cseq": "CSeq: 1 NOTIFY",
            "contact": f"Contact: <{flow.contact_uri()}>",
            "event": f"Event: {MESSAGE_SUMMARY}",
            "subscription-state": "Subscription-State: active",
            "content-type": f"Content-Type: {MESSAGE_SUMMARY_TYPE}",
        }
        body = message_summary(account, counts.new, counts.heard)
        request = request_of_lines("NOTIFY", binding.contact, lines, body)
        for path in binding.path:
            request.add("Route", path)
        return request


def _granted(transaction: ServerTransaction) -> int | None:
    """For how long; None when the wish was refused as too short."""
    try:
        return granted_seconds(transaction.request)
    except SipError as error:
        transaction.reply(error.status, headers=(("Min-Expires", str(MIN_SECONDS)),))
        return None


def _ignore(_: object) -> None:
    """A phone that does not understand shows no lamp."""
