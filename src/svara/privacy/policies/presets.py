"""What each of the five published policies promises, and how Svara keeps it for a company that wants to work by it.

A promise is kept *always* (nothing has to be set), by a *setting* that a preset makes, or by what the company has to *say*
(`svara.privacy.policies.models.Particulars`). Which tests prove a promise stands beside it; a promise that no test proves is
open, and no preset says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise

from svara.privacy.audit.port import record
from svara.privacy.errors import Forbidden, NotFound
from svara.privacy.policies import access
from svara.privacy.policies.claims import Claim, State, standing


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that a preset makes so. `claims` are the promises that need it; `is_so` asks for a company (by id), `do`
    makes it so for the actor's."""

    key: str
    text: Promise
    claims: frozenset[str]
    is_so: Callable[[str], bool]
    do: Callable[[Any], object]


_settings: dict[str, Setting] = {}

PRESETS = {"k2": "K2", "tbcallsoft": "TB", "advoco": "ADV", "phonect": "PHO", "oncall": "ONC"}
"""Each preset with the letters before its promises."""


@dataclass(frozen=True, slots=True)
class Row:
    """A promise, how it stands, and what keeps it here: `settings` that are (or are not yet) so, `missing` particulars."""

    claim: Claim
    state: State
    settings: tuple[tuple[Setting, bool], ...]
    missing: bool

    @property
    def kept(self) -> bool:
        """Proved, and nothing is left to set or to say."""
        return self.state == "proved" and all(so for _setting, so in self.settings) and not self.missing


@dataclass(frozen=True, slots=True)
class Preset:
    """One published policy."""

    key: str
    product: str
    rows: tuple[Row, ...]

    @property
    def to_set(self) -> tuple[Setting, ...]:
        """What applying it would change."""
        return tuple(dict.fromkeys(setting for row in self.rows for setting, so in row.settings if not so))


SAID = frozenset({"TB-4", "ADV-11"})
"""Promises that the company keeps by saying who answers and where data are."""


def register_setting(setting: Setting) -> None:
    """Make a setting known; the last one of a key counts."""
    _settings[setting.key] = setting


def presets(tenant_id: str) -> tuple[Preset, ...]:
    """The five, as they stand for a company."""
    missing = bool(access.missing(access.particulars_of(tenant_id)))
    so = {setting.key: setting.is_so(tenant_id) for setting in _settings.values()}
    stand = standing()
    found = []
    for key, letters in PRESETS.items():
        rows = tuple(
            Row(
                each.claim,
                each.state,
                tuple((setting, so[setting.key]) for setting in _settings.values() if each.claim.id in setting.claims),
                missing and each.claim.id in SAID,
            )
            for each in stand
            if each.claim.id.startswith(f"{letters}-")
        )
        found.append(Preset(key, rows[0].claim.product, rows))
    return tuple(found)


@transaction.atomic
def do_apply(actor: Any, key: str, now: datetime | None = None) -> tuple[Setting, ...]:
    """Make every setting of a preset so; gives those that were changed. Raises Forbidden and NotFound; what a setting itself
    refuses."""
    if not actor.has_role("admin"):
        raise Forbidden
    preset = next((each for each in presets(actor.tenant_id) if each.key == key), None)
    if preset is None:
        raise NotFound
    changed = preset.to_set
    for setting in changed:
        setting.do(actor)
    particulars = access.access_particulars(actor)
    particulars.presets = {**particulars.presets, key: (now or datetime.now(UTC)).date().isoformat()}
    particulars.save()
    record(actor.tenant_id, actor.id, "change", None, "preset", key)
    return changed
