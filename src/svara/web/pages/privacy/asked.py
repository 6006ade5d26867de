"""How corrections, restrictions and objections look on a page: the person's own, the officers', or somebody outside's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from svara.privacy.catalogue import Recipient
from svara.privacy.rights import corrections, objections, restriction, wishes
from svara.privacy.words import recipient
from svara.web.audit_words import who

GROUNDS: dict[str, Promise] = {
    "accuracy": gettext_lazy("Something about me is wrong, and it is not clear yet"),
    "unlawful": gettext_lazy("My data are used unlawfully, and I do not want them erased"),
    "claims": gettext_lazy("I need my data for a legal claim, though you need them no longer"),
    "objection": gettext_lazy("I objected, and it is not decided yet"),
}
STATES: dict[str, tuple[Promise, str]] = {
    "done": (pgettext_lazy("correction", "corrected"), "good"),
    "waiting": (pgettext_lazy("correction", "waits for the privacy officer"), "warn"),
    "confirm": (pgettext_lazy("correction", "waits for the link in the mail"), "warn"),
    "asked": (pgettext_lazy("restriction", "waits for the privacy officer"), "warn"),
    "in-force": (pgettext_lazy("restriction", "in force"), "accent"),
    "lifted": (pgettext_lazy("restriction", "ended"), ""),
    "stopped": (pgettext_lazy("objection", "stopped until it is decided"), "accent"),
    "upheld": (pgettext_lazy("objection", "stopped"), "good"),
    "refused": (pgettext_lazy("asked", "refused"), "bad"),
    "agreed": (pgettext_lazy("asked", "agreed"), "good"),
    "withdrawn": (pgettext_lazy("asked", "taken back"), ""),
}


def badge(state: str) -> dict[str, Any]:
    """A state in words, with its colour."""
    words, tone = STATES.get(state, (state, ""))
    return {"state": words, "tone": tone}


def shown_correction(one: corrections.Shown, names: Mapping[str, str]) -> dict[str, Any]:
    """One correction; `names` are those of colleagues by id."""
    return badge(one.row.state) | {"one": one, "by": _by(one.row.decided_by, names), "got": list(_got(one.got, names))}


def shown_restriction(one: restriction.Shown, names: Mapping[str, str]) -> dict[str, Any]:
    """One restriction."""
    ground = GROUNDS.get(one.row.ground, one.row.ground)
    return badge(one.row.state) | {"one": one, "ground": ground, "by": _by(one.row.decided_by, names)}


def shown_objection(one: objections.Shown, names: Mapping[str, str]) -> dict[str, Any]:
    """One objection."""
    return badge(one.row.state) | {"one": one, "by": _by(one.row.decided_by, names)}


def shown_wish(one: wishes.Shown, names: Mapping[str, str]) -> dict[str, Any]:
    """One wish to be erased."""
    state = "agreed" if one.row.state == "done" else one.row.state
    return badge(state) | {"one": one, "by": _by(one.row.decided_by, names)}


def _by(account: str, names: Mapping[str, str]) -> str:
    return who(account, dict(names)) if account else ""


def _got(got: Iterable[corrections.Got], names: Mapping[str, str]) -> Iterable[str]:
    for each in got:
        if not each.act:
            yield recipient(Recipient(each.who))
        elif each.at is not None:
            taken = _("%(name)s took it along in an export on %(day)s")
            if each.act == "disclose":
                taken = _("%(name)s disclosed it on %(day)s")
            yield taken % {"name": who(each.who, dict(names)), "day": each.at.date().isoformat()}
