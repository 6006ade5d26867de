"""The demo office: a small company to look around in, made through the same office file as any other.

Its first calls are not written anywhere: phones of its own really place them (`svara serve --demo`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import resources

from svara.people.officefile import OfficeFile, PersonSpec, read

OFFICE_NAME = "demo_office.yaml"
ECHO = "elias"
"""Who answers any call and says back what was said."""
AWAY = "petra"
_furnishing: list[Callable[[], None]] = []


@cache
def office() -> OfficeFile:
    """The demo company as its file says."""
    return read(resources.files("svara.people").joinpath(OFFICE_NAME).read_bytes(), OFFICE_NAME)


def person(username: str) -> PersonSpec:
    """One of its people. KeyError for others."""
    return {each.username: each for each in office().people}[username]


def furnished_by(furnish: Callable[[], None]) -> None:
    """What a room above puts into the demo company as soon as that is made."""
    if furnish not in _furnishing:
        _furnishing.append(furnish)


def install() -> bool:
    """Add the demo company, marked as such; what people changed in it since is left alone. True when it was added."""
    from svara.people import access, actions, plan  # noqa: PLC0415  needs an open installation
    from svara.people.models import Tenant  # noqa: PLC0415

    if Tenant.objects.filter(slug=office().tenant.slug).exists():
        return False
    plan.apply(office(), demo=True)
    (away,) = access.accounts_named(f"{AWAY}@{office().tenant.slug}")
    actions.do_choose_presence(away, "away")
    for furnish in _furnishing:
        furnish()
    return True
