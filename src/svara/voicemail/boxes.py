"""Which boxes there are, and who may open them.

A person's box is that person's alone: nobody else opens it, whatever their role. A queue's box belongs to its members and to
the company's supervisors. Queues are taken from the snapshot that call control works by.
"""

from __future__ import annotations

from django.conf import settings

from svara.people.models import Account
from svara.people.office import Queue, current_office
from svara.privacy.staff.port import may_have_content

PERSON, QUEUE = "person", "queue"


def own_box(account: Account) -> str:
    """The box of a person."""
    return f"{PERSON}:{account.id}"


def queue_box(queue_id: str) -> str:
    """The box of a queue."""
    return f"{QUEUE}:{queue_id}"


def queues_of(tenant_id: str) -> tuple[Queue, ...]:
    """The queues of a tenant."""
    tenant = current_office(settings.DATA.root).by_tenant_id.get(tenant_id)
    return tenant.queues if tenant is not None else ()


def shared_with(account: Account) -> dict[str, str]:
    """The queue boxes that this person may open, and the queues' names. Staff of the provider open none unless the company
    said so."""
    if not may_have_content(account):
        return {}
    sees_all = account.has_role("supervisor")
    return {
        queue_box(queue.id): queue.name
        for queue in queues_of(account.tenant_id)
        if sees_all or any(member.person == account.id for member in queue.members)
    }


def people_of(tenant_id: str, box: str) -> tuple[str, ...]:
    """The ids of all who may open a box."""
    kind, _, owner = box.partition(":")
    if kind == PERSON:
        return (owner,)
    members = [member.person for queue in queues_of(tenant_id) if queue.id == owner for member in queue.members]
    supervisors = [
        account_id
        for account_id, roles in Account.all_tenants.filter(tenant_id=tenant_id).values_list("id", "roles")
        if "supervisor" in roles
    ]
    return tuple(dict.fromkeys(members + supervisors))
