"""The lamp that says that a message waits (RFC 3842): for phones that subscribe to it, and for those that only listen.

A subscription is to one's own box, or to that of a queue of which one is a member. A phone without a subscription gets a
NOTIFY nobody asked for, which most phones understand: when the count of its person's box changes, and shortly after it
registers while messages wait.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from svara import log
from svara.calls.boxes import COUNTS_FILE, Counts, box_of, read_counts
from svara.data import stamp
from svara.people.office import Person, Tenant
from svara.sip.bindings import Binding
from svara.sip.message import Request, request_of_lines
from svara.sip.notifier import MESSAGE_SUMMARY, MESSAGE_SUMMARY_TYPE, Document, message_summary
from svara.sip.transport import Flow, FlowError

if TYPE_CHECKING:
    from svara.calls.lamps.subscriptions import Subscription, Subscriptions
    from svara.calls.switch import Switch

AFTER_REGISTRATION_SECONDS = 1.0
"""Some phones take nothing before they have seen the answer to their REGISTER."""

_logger = log.get("calls.lamps")


class Messages:
    """The counts of every box, as an event package."""

    event = MESSAGE_SUMMARY
    content_type = MESSAGE_SUMMARY_TYPE

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._counts: dict[str, Counts] = {}
        self._seen: tuple[int, int] | None = None

    # --- the package

    def find(self, tenant: Tenant, person: Person, login: str, user: str) -> str | None:
        """Which box an address means for this person; None for one that is not theirs to watch."""
        if user in ("", login, person.username, person.extension):
            return box_of(person)
        for queue in tenant.queues:
            if user in (queue.name, queue.extension) and any(member.person == person.id for member in queue.members):
                return box_of(queue)
        return None

    def still(self, tenant: Tenant, person: Person, login: str, resource: str) -> bool:  # noqa: ARG002 - see `Package`
        """Whether it is their own box, or that of a queue of theirs."""
        if resource == box_of(person):
            return True
        queue = tenant.queue_by_id.get(resource.partition(":")[2])
        return queue is not None and any(member.person == person.id for member in queue.members)

    def document(self, tenant: Tenant, person: Person, watching: Subscription) -> Document:  # noqa: ARG002 - see `Package`
        """How many messages wait."""
        counts = self._counts.get(watching.resource, Counts())
        return Document(message_summary(watching.account, counts.new, counts.heard))

    # --- how many messages wait

    def look(self, folder: Path, subscriptions: Subscriptions) -> None:
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
                self._changed(box, subscriptions)

    def _changed(self, box: str, subscriptions: Subscriptions) -> None:
        kind, _, owner = box.partition(":")
        for tenant in self._switch.office.tenants:
            person = tenant.by_id.get(owner) if kind == "person" else None
            if person is None and owner not in tenant.queue_by_id:
                continue
            subscribed = {one.login for one in subscriptions.watchers(MESSAGE_SUMMARY, tenant.id, box)}
            subscriptions.changed(MESSAGE_SUMMARY, tenant.id, box)
            for phone in person.phones if person is not None else ():
                if phone.login not in subscribed:
                    self._tell_unasked(phone.login, box)

    # --- phones that only listen

    def registered(self, login: str, subscriptions: Subscriptions) -> None:
        """A phone has registered: it is told soon, if messages wait and it does not subscribe meanwhile."""
        found = self._switch.office.by_login.get(login)
        if found is not None and self._counts.get(box_of(found[1]), Counts()).new:
            box = box_of(found[1])
            self._switch.clock.call_later(AFTER_REGISTRATION_SECONDS, self._welcome, login, box, subscriptions)

    def _welcome(self, login: str, box: str, subscriptions: Subscriptions) -> None:
        if not any(one.package is self and one.resource == box for one in subscriptions.of_phone(login)):
            self._tell_unasked(login, box)

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


def _ignore(_: object) -> None:
    """A phone that does not understand shows no lamp."""
