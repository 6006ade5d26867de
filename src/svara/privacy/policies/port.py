"""What rooms above tell this one: which parts of the system a company uses, and to whom its data go outside.

Policies are written from what is really in use. A part that is off, and of which nothing is stored, is in no policy; a part
that is on is in it, and so is one that was switched off as long as something of it is still there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from svara.privacy.registers.outsiders import Outsider, register_outsiders

__all__ = ["Feature", "Outsider", "features", "register_feature", "register_outsiders"]


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of the system that a company uses or not.

    `text`: one sentence of the policy that says what it does. `things`: what is stored because of it: models
    ("people.Queue"), single fields ("people.Account.mobile") or kinds of files ("files.recordings"); what belongs to no
    feature is always stored. `on`: whether the company (by id) has it switched on. `held`: whether something of it is
    stored.
    """

    key: str
    text: Promise
    things: frozenset[str]
    on: Callable[[str], bool]
    held: Callable[[str], bool] = lambda _tenant_id: False

    def in_use(self, tenant_id: str) -> bool:
        """Whether a policy has to speak of it."""
        return self.on(tenant_id) or self.held(tenant_id)


_features: dict[str, Feature] = {}


def register_feature(feature: Feature) -> None:
    """Make a part of the system known; the last one of a key counts."""
    _features[feature.key] = feature


def features() -> tuple[Feature, ...]:
    """Every part of the system, in a stable order."""
    return tuple(_features[key] for key in sorted(_features))
