"""All lamps of this process: the event packages, what they are told of, and what other rooms add to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from svara.calls.lamps.dialogs import Dialogs
from svara.calls.lamps.lines import Lines, key_of
from svara.calls.lamps.messages import Messages
from svara.calls.lamps.port import Lamp, Resolver
from svara.calls.lamps.presences import Presences
from svara.calls.lamps.registrations import Registrations
from svara.calls.lamps.subscriptions import Subscriptions
from svara.calls.lamps.waiting import Waiting
from svara.calls.lamps.waiting import key_of as key_of_queue
from svara.people.office import Office, Person, Tenant
from svara.sip.dialoginfo import DIALOG
from svara.sip.notifier import event_of
from svara.sip.pidf import PRESENCE
from svara.sip.reginfo import REG
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.switch import Switch


class Lamps:
    """See the module. Other rooms register what has an extension of theirs, and tell when it changed."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self.lines = Lines(switch.clock, lambda: switch.office.by_tenant_id, self.changed)
        self._dialogs = Dialogs()
        self._messages = Messages(switch)
        self.subscriptions = Subscriptions(
            switch, (self._dialogs, Presences(switch.news), self._messages, Registrations(switch))
        )
        self.register("person", self.lines)
        self.register("queue", Waiting(switch))
        switch.news.on_line, switch.news.on_presence = self.lines.touch, self._presence

    # --- for other rooms

    def register(self, kind: str, resolver: Resolver) -> None:
        """The lamps of everything of this `kind` ("person", "queue", "park", "conference") are known by `resolver`."""
        self._dialogs.register(kind, resolver)

    def changed(self, tenant: str, extension: str) -> None:
        """Something goes on, or ended, at this extension of the tenant (its id)."""
        self.subscriptions.changed(DIALOG, tenant, extension)

    def watched(self, tenant: str, extension: str) -> bool:
        """Whether any lamp shows it."""
        return self.subscriptions.watched(DIALOG, tenant, extension)

    def state_of(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:
        """What goes on at an extension, as far as `watcher` may see it; empty: nothing."""
        return self._dialogs.lamps(tenant, extension, watcher)

    # --- SUBSCRIBE

    @property
    def allowed(self) -> str:
        """The value of Allow-Events."""
        return self.subscriptions.allowed

    def serves(self, transaction: ServerTransaction) -> bool:
        """Whether there is the event that a SUBSCRIBE asks for; else it was refused."""
        known = event_of(transaction.request)[0] in self.subscriptions.packages
        if not known:
            transaction.reply(489, headers=(("Allow-Events", self.allowed),))
        return known

    def subscribe(self, transaction: ServerTransaction, login: str) -> None:
        """A phone that is known subscribes to what `serves`. Raises SipError for what cannot be answered otherwise."""
        self.subscriptions.subscribe(transaction, login)

    def in_dialog(self, transaction: ServerTransaction, tag: str) -> bool:
        """A request within a subscription's dialog; False when `tag` is none's."""
        return self.subscriptions.in_dialog(transaction, tag)

    # --- what changes

    def look(self, folder: Path) -> None:
        """Read how many messages wait, if that changed since, and tell."""
        self._messages.look(folder, self.subscriptions)

    def queue(self, tenant_id: str, queue_id: str) -> None:
        """Callers came to a queue, or left it."""
        tenant = self._switch.office.by_tenant_id.get(tenant_id)
        queue = tenant.queue_by_id.get(queue_id) if tenant is not None else None
        if queue is not None:
            self.changed(tenant_id, key_of_queue(queue))

    def phone(self, login: str, count: int) -> None:
        """A phone has `count` registrations now."""
        found = self._switch.office.by_login.get(login)
        if found is not None:
            self.subscriptions.changed(REG, found[0].id, login)
        if count:
            self._messages.registered(login, self.subscriptions)

    def _presence(self, tenant_id: str, person_id: str) -> None:
        """Whether this person can be reached changed."""
        tenant = self._switch.office.by_tenant_id.get(tenant_id)
        person = tenant.by_id.get(person_id) if tenant is not None else None
        if person is not None:
            self.subscriptions.changed(PRESENCE, tenant_id, key_of(person))

    def office(self, before: Office, now: Office) -> None:
        """A new snapshot: whoever may watch no more is told so, and everybody whose view of somebody changed."""
        subscriptions = self.subscriptions
        for old in before.tenants:
            new = now.by_tenant_id.get(old.id)
            if new is old:
                continue
            if new is None or replace(new, people=()) != replace(old, people=()):
                subscriptions.look_again(subscriptions.of_tenant(old.id))
                continue
            for person in old.people:
                other = new.by_id.get(person.id)
                if other == person:
                    continue
                for phone in person.phones:
                    subscriptions.look_again(subscriptions.of_phone(phone.login))
                subscriptions.changed(DIALOG, old.id, key_of(person))
                subscriptions.changed(PRESENCE, old.id, key_of(person))
