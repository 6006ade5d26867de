"""What the tests of phonebooks tell again and again."""

from __future__ import annotations

from svara.people.models import Conference, Queue, Tenant


def queue(tenant: Tenant, name: str, extension: str | None) -> Queue:
    """A queue as the office file makes it."""
    return Queue.all_tenants.create(
        tenant=tenant,
        name=name,
        extension=extension,
        strategy="longest-idle",
        ring_seconds=15.0,
        retry_seconds=1.0,
        wrap_up_seconds=0.0,
        announce_position=False,
        announce_every_seconds=45.0,
        priority=0,
        auto_pause_after=0,
        relax_seconds=30.0,
        service_level_seconds=20.0,
        record=False,
    )


def room(tenant: Tenant, name: str, extension: str | None) -> Conference:
    """A conference room as the office file makes it."""
    return Conference.all_tenants.create(
        tenant=tenant,
        name=name,
        extension=extension,
        wait_for_moderator=False,
        record=False,
        max_members=50,
        announce=True,
    )
