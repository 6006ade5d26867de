"""The words for what the log of views and changes calls by keys."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from svara.privacy.audit.port import OPERATOR, STAFF, SYSTEM
from svara.privacy.staff.access import Visitor

NOBODY: Mapping[str, Visitor] = MappingProxyType({})
DONE: dict[tuple[str, str], Promise] = {
    ("view", "calls"): _("Looked at a list of calls with yours in it"),
    ("view", "call"): _("Looked at one of your calls"),
    ("hear", "recording"): _("Heard the recording of a talk with you"),
    ("hear", "talk"): _("Listened to a talk of yours while it went on, or took part in it"),
    ("create", "case"): _("Wrote down a request of yours"),
    ("view", "cases"): _("Read requests and complaints, with yours among them"),
    ("change", "case"): _("Worked on a request of yours"),
    ("reveal", "figures"): _("Asked for figures of you alone, or decided on that"),
    ("hear", "message"): _("Heard a voice message from you in a shared box"),
    ("view", "message"): _("Looked at a voice message from you in a shared box"),
    ("view", "messages"): _("Looked at voice messages in a shared box, with yours among them"),
    ("change", "message"): _("Marked a voice message from you in a shared box"),
    ("remove", "message"): _("Deleted a voice message from you in a shared box"),
    ("restore", "message"): _("Brought back a voice message from you in a shared box"),
    ("view", "statistics"): _("Looked at figures of agents, with yours among them"),
    ("export", "statistics"): _("Took figures of agents along as a file, with yours among them"),
    ("view", "person"): _("Opened your settings in the administration"),
    ("change", "person"): _("Changed your settings in the administration"),
    ("grant", "roles"): _("Changed your roles"),
    ("grant", "token"): _("Made an API token that acts as you"),
    ("view", "changes"): _("Read the log of changes, with yours among them"),
    ("view", "holdings"): _("Looked at how much is stored about you"),
    ("create", "erasure"): _("Asked for everything about you to be erased"),
    ("change", "correction"): _("Corrected something about you, or took part in it"),
    ("create", "correction"): _("Asked for a correction about you"),
    ("refuse", "correction"): _("Refused a correction about you, and said why"),
    ("remove", "correction"): _("Took back a wish for a correction about you"),
    ("disclose", "correction"): _("Told those who had a wrong value about you of the right one"),
    ("view", "correction"): _("Read corrections, with yours among them"),
    ("create", "restriction"): _("Asked that your data be kept and not used"),
    ("approve", "restriction"): _("Restricted your data: they are kept and not used"),
    ("refuse", "restriction"): _("Refused to restrict your data, and said why"),
    ("change", "restriction"): _("Told you that the restriction of your data ends"),
    ("remove", "restriction"): _("Ended the restriction of your data"),
    ("view", "restriction"): _("Read restrictions, with yours among them"),
    ("create", "objection"): _("Objected to a use of your data, for you"),
    ("approve", "objection"): _("Upheld an objection of yours"),
    ("refuse", "objection"): _("Refused an objection of yours, and said why"),
    ("remove", "objection"): _("Took back an objection of yours"),
    ("view", "objection"): _("Read objections, with yours among them"),
    ("create", "erasure-wish"): _("Asked that you be erased"),
    ("approve", "erasure-wish"): _("Agreed to erase you"),
    ("refuse", "erasure-wish"): _("Refused to erase you, and said why"),
    ("view", "erasure-wish"): _("Read wishes to be erased, with yours among them"),
    ("grant", "link"): _("Made a link by which you read your own data"),
    ("view", "link"): _("Opened the link to your own data"),
    ("create", "hold"): _("Ordered that your data be kept for a time"),
    ("remove", "hold"): _("Lifted the order that your data be kept"),
    ("view", "support-page"): _("Looked at a page of the company with you on it"),
}
"""By act and kind of thing, told to the person whom it is about."""

WHY: dict[str, Promise] = {
    "supervisor": _("as a supervisor"),
    "admin": _("as an administrator"),
    "queue": _("as a member of the queue"),
    "took-part": _("was part of the talk"),
    "page": _("on a page of the administration"),
    "file": _("with an office file"),
    "undo": _("by undoing a change"),
    "privacy-officer": _("as privacy officer"),
}


def done(act: str, what: str) -> str:
    """What was done, in a sentence; the keys themselves where there is none for them."""
    known = DONE.get((act, what))
    return str(known) if known is not None else f"{act}: {what}"


def why(key: str, visitors: Mapping[str, Visitor] = NOBODY) -> str:
    """The reason, in words; "" where there is none. For staff of the provider it is their own."""
    if key in visitors:
        return visitors[key].reason
    return str(WHY.get(key, key))


def who(actor: str, names: Mapping[str, str], visitors: Mapping[str, Visitor] = NOBODY) -> str:
    """Who did it; `names` are those of colleagues by id, `visitors` those of the provider's staff by actor."""
    if actor in visitors:
        visitor = visitors[actor]
        told = {
            "support": gettext("%(name)s, support of the provider"),
            "engineer": gettext("%(name)s, engineer of the provider"),
        }
        return told[visitor.role] % {"name": visitor.name}
    if actor.startswith(STAFF):
        return gettext("Support of the provider")
    if actor == OPERATOR:
        return gettext("Whoever runs the installation")
    if actor == SYSTEM:
        return gettext("Svara itself")
    return names.get(actor) or gettext("Somebody who does not work here any more")
