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
    ("view", "audit"): _("Read in the log who saw what of you"),
    ("view", "calls"): _("Looked at a list of calls with yours in it"),
    ("view", "call"): _("Looked at one of your calls"),
    ("view", "archive"): _("Read calls of yours in the company’s archive"),
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
    ("view", "sound"): _("Looked at whose networks spoil the sound, with yours among them"),
    ("view", "person"): _("Opened your settings in the administration"),
    ("change", "person"): _("Changed your settings in the administration"),
    ("grant", "roles"): _("Changed your roles"),
    ("grant", "code-app"): _("Added an app that shows codes for your signing in"),
    ("revoke", "code-app"): _("Removed the app that shows codes for your signing in"),
    ("grant", "passkey"): _("Added a passkey to your account"),
    ("revoke", "passkey"): _("Removed a passkey of your account"),
    ("refuse", "passkey"): _("Refused a passkey of yours whose counter went back: it may have been copied"),
    ("grant", "recovery-codes"): _("Made new recovery codes for your account"),
    ("sign-in", "recovery-codes"): _("Signed in as you with a recovery code"),
    ("refuse", "second-step"): _("Typed wrong codes at your second step, after the right password"),
    ("revoke", "second-factor"): _("Took away your app, your passkeys and your recovery codes"),
    ("sign-in", "new-device"): _("Signed in with your password on a device that was not seen before"),
    ("revoke", "session"): _("Signed you out on a device"),
    ("revoke", "device"): _("Forgot a device of yours"),
    ("grant", "phonebook-password"): _("Made a password with which a phone reads the phonebook as you"),
    ("revoke", "phonebook-password"): _("Took back a password with which a phone read the phonebook as you"),
    ("sign-in", "phonebook"): _("Read the phonebook as you, for the first time or from another network"),
    ("grant", "token"): _("Made an API token that acts as you"),
    ("create", "handset"): _("Added a phone of yours that is set up by itself"),
    ("view", "handset"): _("Looked at your phones that are set up by themselves"),
    ("grant", "handset"): _("Let a phone of yours in anew"),
    ("revoke", "handset"): _("Shut out a phone of yours"),
    ("remove", "handset"): _("Took away a phone of yours that is set up by itself"),
    ("disclose", "phone-settings"): _("Gave a phone of yours its settings"),
    ("refuse", "phone-settings"): _("Refused a phone of yours its settings, because it asked without encryption"),
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
    "secret": _("by the phone’s own secret"),
    "token": _("by a token that is good for one time"),
    "window": _("by its MAC address, while the door was open"),
    "clear": _("without encryption"),
    "privacy-officer": _("as privacy officer"),
    "let-in": _("was let in"),
    "refused": _("was refused"),
    "waits": _("waits again"),
}


ACTS: dict[str, Promise] = {
    "view": _("Looked at"),
    "hear": _("Listened to"),
    "create": _("Made"),
    "change": _("Changed"),
    "remove": _("Removed"),
    "export": _("Took along"),
    "erase": _("Erased"),
    "grant": _("Allowed"),
    "revoke": _("Took back"),
    "approve": _("Agreed to"),
    "refuse": _("Refused"),
    "sign-in": _("Signed in to"),
    "restore": _("Brought back"),
    "disclose": _("Gave out"),
    "reveal": _("Uncovered"),
    "prune": _("Let go by age"),
}

THINGS: dict[str, Promise] = {
    "access-request": _("a request for access"),
    "access-requests": _("requests for access"),
    "account": _("an account"),
    "archive": _("the archive of calls"),
    "audit": _("this log"),
    "backup": _("the office, from a backup"),
    "basis": _("the legal basis of a contact"),
    "call": _("a call"),
    "calls": _("a list of calls"),
    "case": _("a request or complaint"),
    "cases": _("requests and complaints"),
    "changes": _("the log of changes of the office"),
    "code-app": _("an app that shows codes for signing in"),
    "correction": _("a correction"),
    "correction-rules": _("what people correct themselves"),
    "device": _("a device where somebody was signed in"),
    "disclosure": _("a disclosure to an authority"),
    "disclosures": _("disclosures to authorities"),
    "erasure": _("an erasure"),
    "erasure-wish": _("a wish to be erased"),
    "figures": _("figures of single people"),
    "handset": _("a phone that is set up by itself"),
    "hold": _("an order to keep data"),
    "holdings": _("how much is stored about somebody"),
    "letter": _("a letter to many"),
    "link": _("a link to one's own data"),
    "message": _("a voice message"),
    "messages": _("voice messages"),
    "missed-caller": _("a missed caller"),
    "missed-callers": _("missed callers"),
    "new-device": _("an account, on a device not seen before"),
    "objection": _("an objection"),
    "office": _("the office"),
    "package": _("a package for an authority"),
    "particulars": _("who answers for the data"),
    "passkey": _("a passkey"),
    "party": _("what there is about a number or address"),
    "person": _("a person"),
    "phonebook": _("the phonebook, from a phone or program"),
    "phonebook-password": _("a phonebook password"),
    "phonebooks": _("how phones and programs get the phonebook"),
    "phone-settings": _("the settings of a phone"),
    "policy": _("the privacy policy"),
    "preset": _("a published policy"),
    "reception": _("whether requests for access are taken"),
    "recipient": _("a recipient of data"),
    "recording": _("the recording of a talk"),
    "recovery-codes": _("recovery codes"),
    "restriction": _("a restriction"),
    "retention": _("how long data are kept"),
    "roles": _("somebody's roles"),
    "second-factor": _("somebody's second factor"),
    "second-step": _("a second step of signing in"),
    "session": _("somebody's session"),
    "share": _("an export without names for others"),
    "sound": _("whose networks spoil the sound"),
    "statistics": _("figures of agents"),
    "support-access": _("access of the provider's support"),
    "support-emergency": _("access of the provider's support, in an emergency"),
    "support-page": _("a page, as support of the provider"),
    "support-rule": _("how support gets in"),
    "talk": _("a talk that went on"),
    "token": _("an API token"),
}
"""For officers, who read of everybody: what was done, and to what."""


def told(act: str, what: str, count: int) -> str:
    """What was done, for officers: "Looked at: a list of calls (12)"; keys themselves where there are no words."""
    done = f"{ACTS.get(act, act)}: {THINGS.get(what, what)}"
    return f"{done} ({count})" if count > 1 else done


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
