"""What was wrong with the sound of a talk, and with whose network, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from svara.history.networks import Trouble

WORDS: dict[str, Promise] = {
    "sent": _(
        "%(value)s %% of what %(who)s said got lost on the way to us: look at the network of %(who)s, or the line to the "
        "Internet."
    ),
    "received": _(
        "%(value)s %% of what %(other)s said got lost on the way from us to %(who)s: look at the network of %(who)s, or the "
        "line to the Internet."
    ),
    "unclear": _("%(value)s %% of what %(who)s said did not reach %(other)s. On which of the two ways cannot be said."),
    "delay": _(
        "What is said takes %(value)s ms to %(who)s and back: a long or crowded line makes people talk across each other."
    ),
    "uneven": _(
        "What %(who)s said came unevenly (%(value)s ms): wireless or crowded networks do that. Whose it was cannot be said."
    ),
}
"""By what was wrong (`svara.history.networks.Trouble.how`)."""


def sentences(troubles: Iterable[Trouble], names: Mapping[str, str]) -> list[str]:
    """One sentence for each; `names` are those of the two sides."""
    told = []
    for one in troubles:
        other = "callee" if one.side == "caller" else "caller"
        words = {"who": names.get(one.side, ""), "other": names.get(other, ""), "value": f"{one.value:.0f}"}
        told.append(str(WORDS[one.how]) % words)
    return told
