"""The words for what the rooms below call by keys: availability, outcomes, reasons, errors, roles.

Call control and history speak plain English keys and sentences; here they get their translations. A reason that is not
in the table is shown as it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from svara.calls.commands import LiveStop
from svara.people.codes import BY_NAME, NO_CODES, OFF, TABLE, Users, feature_of
from svara.privacy import words as privacy_words
from svara.privacy.catalogue import Purpose
from svara.privacy.functions.registry import FUNCTIONS
from svara.privacy.policies.facts import Change
from svara.privacy.policies.port import features

AVAILABILITY: dict[str, Promise] = {
    "available": pgettext_lazy("presence", "Available"),
    "ringing": pgettext_lazy("presence", "Ringing"),
    "in-call": pgettext_lazy("presence", "In a call"),
    "meeting": pgettext_lazy("presence", "In a meeting"),
    "away": pgettext_lazy("presence", "Away"),
    "dnd": pgettext_lazy("presence", "Do not disturb"),
    "offline": pgettext_lazy("presence", "Offline"),
    "unknown": pgettext_lazy("presence", "Unknown"),
}

CALENDAR_TROUBLES: dict[str, Promise] = {
    "address": _("The calendar is at an address that may not be asked. Ask your administrator, or give another one."),
    "unreachable": _("The calendar did not answer. It is tried again every hour."),
    "answer": _("What the address gives is no calendar. Look whether it is the right one; it may have been changed."),
    "large": _("The calendar is too large to be read (above 5 MB)."),
    "unreadable": _("The address cannot be read any more: give it again."),
}

AGENT_STATES: dict[str, Promise] = {
    "available": pgettext_lazy("agent", "Available"),
    "ringing": pgettext_lazy("agent", "Phone rings"),
    "talking": pgettext_lazy("agent", "Talking"),
    "wrap-up": pgettext_lazy("agent", "Wrapping up"),
    "paused": pgettext_lazy("agent", "Paused"),
    "logged-out": pgettext_lazy("agent", "Logged out"),
}
"""In the order in which they are shown."""

PAUSE_REASONS: dict[str, Promise] = {
    "break": pgettext_lazy("pause", "Break"),
    "lunch": pgettext_lazy("pause", "Lunch"),
    "meeting": pgettext_lazy("pause", "Meeting"),
    "paperwork": pgettext_lazy("pause", "Paperwork"),
    "training": pgettext_lazy("pause", "Training"),
}
AGENT_REASONS: dict[str, Promise] = PAUSE_REASONS | {
    "offline": _("no phone is online"),
    "missed offers": _("did not pick up"),
    "do not disturb": _("do not disturb"),
}

NUMBER_KINDS: dict[str, Promise] = {
    "mobile": pgettext_lazy("telephone number", "Mobile"),
    "work": pgettext_lazy("telephone number", "Work"),
    "home": pgettext_lazy("telephone number", "Home"),
    "fax": pgettext_lazy("telephone number", "Fax"),
    "other": pgettext_lazy("telephone number", "Other"),
}
CARD_FAULTS: dict[str, Promise] = {
    "unfinished": _("The card breaks off: its end is missing in the file."),
    "empty": _("There is neither a name nor a number in it."),
    "group": _("This is a list of people, not a person."),
}
"""Why a card of a file cannot be kept."""

OUTCOMES: dict[str, Promise] = {
    "answered": pgettext_lazy("call", "Answered"),
    "missed": pgettext_lazy("call", "Missed"),
    "abandoned": pgettext_lazy("call", "Caller gave up"),
    "busy": pgettext_lazy("call", "Busy"),
    "rejected": pgettext_lazy("call", "Declined"),
    "failed": pgettext_lazy("call", "Failed"),
    "voicemail": pgettext_lazy("call", "Voicemail"),
}

DIRECTIONS: dict[str, Promise] = {
    "internal": pgettext_lazy("call", "Internal"),
    "inbound": pgettext_lazy("call", "Incoming"),
    "outbound": pgettext_lazy("call", "Outgoing"),
}

REASONS: dict[str, Promise] = {
    "the queue does not exist any more": _("the queue does not exist any more"),
    "keeps the place in the line and is called back": _("keeps the place in the line and is called back"),
    "a phone did not confirm a change": _("a phone did not confirm a change"),
    "a phone is gone": _("a phone is gone"),
    "a phone stopped answering": _("a phone stopped answering"),
    "all phones are offline": _("all phones are offline"),
    "answered elsewhere": _("answered on another phone"),
    "busy": _("busy"),
    "caller gave up": _("the caller gave up"),
    "closed": _("closed"),
    "declined": _("declined"),
    "do not disturb": _("do not disturb"),
    "elsewhere": _("taken by a colleague"),
    "hung up": _("hung up"),
    "internal error": _("an error of the phone system"),
    "left a message": _("left a message"),
    "media relay failed": _("the sound could not be connected"),
    "media relay lost": _("the sound was lost"),
    "no answer": _("no answer"),
    "no codec in common": _("no sound format in common"),
    "no message was left": _("no message was left"),
    "no sound for 30 seconds": _("no sound for 30 seconds"),
    "no sound is available": _("no sound is available"),
    "no trunk carries calls to that number": _("no trunk carries calls to that number"),
    "no trunk leads to that number": _("no trunk leads to that number"),
    "nobody has that number": _("nobody has that number"),
    "nobody is on hold": _("nobody is on hold"),
    "not reached": _("not reached"),
    "offline": _("offline"),
    "only numbers of the own company can be called": _("only numbers of the own company can be called"),
    "queues are not available": _("queues are not available"),
    "rings anew": _("rang again over a new connection"),
    "server restarted": _("server restarted"),
    "that is your own number": _("that is the caller's own number"),
    "that mailbox cannot be opened from here": _("that mailbox cannot be opened from here"),
    "transferred": pgettext_lazy("reason", "transferred"),
    "moved to another phone": pgettext_lazy("reason", "moved to another phone"),
    "that target does not exist any more": _("that target does not exist any more"),
    "removed from the conference": _("removed from the conference"),
    "the conference was ended": _("the conference was ended"),
    "the call went in a circle": _("the call went in a circle"),
    "the caller's phone did not confirm the answer": _("the caller's phone did not confirm the answer"),
    "the caller's phone did not confirm the ringing": _("the caller's phone did not confirm the ringing"),
    "the number cannot be reached": _("the number cannot be reached"),
    "the number could not be reached": _("the number could not be reached"),
    "the number is not complete": _("the number is not complete"),
    "the office hung up": _("the office hung up"),
    "the phone reported an error": _("the phone reported an error"),
    "the phones could not agree on sound": _("the phones could not agree on sound"),
    "the phones have no codec in common": _("no sound format in common"),
    "the provider cannot be reached": _("the provider cannot be reached"),
    "the provider does not accept our login": _("the provider does not accept our login"),
    "the provider does not carry that call": _("the provider does not carry that call"),
    "the provider has no codec in common with the phone": _("the provider has no codec in common with the phone"),
    "the provider reported an error": _("the provider reported an error"),
    "this person may not call colleagues": _("this person may not call colleagues"),
    "this person may not call mobile numbers": _("this person may not call mobile numbers"),
    "this person may not call national numbers": _("this person may not call national numbers"),
    "this person may not call numbers abroad": _("this person may not call numbers abroad"),
    "this person may not call premium rate numbers": _("this person may not call premium rate numbers"),
    "this phone belongs to nobody": _("this phone belongs to nobody"),
    "this phone may not call from here": _("this phone may not call from here"),
    "too many calls in a short time": _("too many calls in a short time"),
    "too many calls in the company": _("too many calls in the company"),
    "too many calls on this phone": _("too many calls on this phone"),
    "withdrawn": _("withdrawn"),
    "that person takes no calls by loudspeaker": _("that person takes no calls by loudspeaker"),
    "nobody of the group can be spoken to now": _("nobody of the group can be spoken to now"),
    "the page is over": _("the announcement is over"),
    "nobody is parked there": _("nobody is parked there"),
    "that parking place is taken": _("that parking place is taken"),
    "nobody took the parked call": _("nobody took the parked call"),
    "no phone rings there": _("no phone rings there"),
    "picked up": _("picked up by a colleague"),
    "taken from park": _("taken from the parking place"),
}
OWN_PHONES = "the caller's own phones: "
"""How a reason begins that is about the phones of who had the server dial."""
OWN_MOBILE = "the caller's mobile phone: "

CALL_ERRORS: dict[str, Promise] = {
    "offline": _("None of your phones is online. Switch one on and try again."),
    "no-mobile": _("You have not set your mobile number. Set it in your profile under “My calls”."),
    "mobile": _("Your mobile phone cannot be called from here."),
    "invalid": _("That is not a number or name that can be called."),
    "not-found": _("This call has already ended."),
    "off": _("Supervisors may not take part in talks of this queue."),
    "own-call": _("You are one of the two who talk."),
    "on-hold": _("The call is on hold, so nobody could be told. Try again when the two talk."),
    "too-many": _("Enough others take part in this talk."),
    "no-words": _("No voice is installed on the server, so the two could not be told."),
    "not-recorded": _("This call is not being recorded."),
    "not-talking": _("Nobody talks in this call yet."),
    "busy": _("The call is just being changed. Try again in a moment."),
    "too-often": _("This call was sent on too often."),
    "on-phone": _("Your phone itself has the call on hold: take it back there."),
    "unavailable": _("The phone system does not answer at the moment. Try again in a few seconds."),
}

DECISIONS: dict[str, Promise] = {
    "given": pgettext_lazy("consent", "Agreed"),
    "refused": pgettext_lazy("consent", "Did not agree"),
    "withdrawn": pgettext_lazy("consent", "Withdrawn"),
    "asked-again": pgettext_lazy("consent", "Asked anew, because the text has changed"),
}
"""About a function, as the ledger of consents has them."""

SUPERVISORS: dict[str, Promise] = {
    "listen": _("%(who)s listens"),
    "whisper": _("%(who)s listens and speaks to the colleague"),
    "barge": _("%(who)s takes part"),
}
"""What a supervisor does in a talk."""

NOTICE_TITLES: dict[str, Promise] = {
    "recording": _("To the staff, about recordings"),
    "news": _("To readers, about the company's news"),
}

ROLES: dict[str, Promise] = {
    "member": pgettext_lazy("role", "Member"),
    "agent": pgettext_lazy("role", "Agent"),
    "supervisor": pgettext_lazy("role", "Supervisor"),
    "admin": pgettext_lazy("role", "Administrator"),
    "privacy-officer": pgettext_lazy("role", "Privacy officer"),
}


PAUSED_BY = "by "
"""How the reason of a pause begins that a supervisor made."""

GREETINGS: dict[str, tuple[Promise, Promise]] = {
    "general": (_("When I do not answer"), _("What callers hear before the tone.")),
    "busy": (_("When I am busy"), _("Without one, callers hear the greeting above.")),
    "name": (_("My name"), _("It is put into the standard words where there is no greeting; ten seconds at most.")),
    "away": (_("While I am away"), _("Instead of all others, to the end of its last day.")),
}
"""Kinds of greetings: what they are called, and when they are heard."""

SENTENCES: dict[str, Promise] = {
    "Choose available, away or do not disturb.": _("Choose available, away or do not disturb."),
    "That is no address of a calendar that may be asked: it begins with https:// and is reached from everywhere.": _(
        "That is no address of a calendar that may be asked: it begins with https:// and is reached from everywhere."
    ),
    "Choose everybody, colleagues or nobody.": _("Choose everybody, colleagues or nobody."),
    "Choose one of the languages of the list.": _("Choose one of the languages of the list."),
    "The old password is not right.": _("The old password is not right."),
    "Choose one of the makers of the list.": _("Choose one of the makers of the list."),
    "The MAC address has twelve digits and letters from A to F; it stands on the back of the phone.": _(
        "The MAC address has twelve digits and letters from A to F; it stands on the back of the phone."
    ),
    "There is a phone with this MAC address already.": _("There is a phone with this MAC address already."),
    "There are too many phones already: take one away first.": _("There are too many phones already: take one away first."),
    "Only a desk phone that has not come yet can be let in by its MAC address.": _(
        "Only a desk phone that has not come yet can be let in by its MAC address."
    ),
    "The office has a fault elsewhere: an administrator has to put that right first.": _(
        "The office has a fault elsewhere: an administrator has to put that right first."
    ),
    "The text is too long: a message has at most 20,000 characters.": _(
        "The text is too long: a message has at most 20,000 characters."
    ),
    "This change cannot be undone.": _("This change cannot be undone."),
    "This was changed again since: undo the later change first.": _(
        "This was changed again since: undo the later change first."
    ),
    "You cannot remove yourself.": _("You cannot remove yourself."),
    "The greeting would end before it begins.": _("The greeting would end before it begins."),
    "A greeting may last two minutes.": _("A greeting may last two minutes."),
    "There is no greeting of that kind.": _("There is no greeting of that kind."),
    "An away greeting needs its last day.": _("An away greeting needs its last day."),
    "A spoken name has no last day.": _("A spoken name has no last day."),
    "A spoken name may last ten seconds.": _("A spoken name may last ten seconds."),
    "The file holds no sound.": _("The file holds no sound."),
    "The file is nothing but silence.": _("The file is nothing but silence."),
    "The file is not a sound file of a kind that can be used (WAV, MP3, OGG, Opus, FLAC, M4A, WebM).": _(
        "The file is not a sound file of a kind that can be used (WAV, MP3, OGG, Opus, FLAC, M4A, WebM)."
    ),
    "The file is damaged, or not the kind of sound file that it says.": _(
        "The file is damaged, or not the kind of sound file that it says."
    ),
    "The file is damaged.": _("The file is damaged."),
    "The file has a sampling rate that cannot be used.": _("The file has a sampling rate that cannot be used."),
    "The file lasts longer than 30 minutes.": _("The file lasts longer than 30 minutes."),
    "The file is larger than 20 MB.": _("The file is larger than 20 MB."),
    "The file takes too long to convert.": _("The file takes too long to convert."),
    "The file cannot be converted.": _("The file cannot be converted."),
}

_SIGNING_IN = (
    gettext_noop("This code is not right, or was used before. Type the one that your app shows now."),
    gettext_noop("The company's key is away, so codes of the app cannot be checked now. Use a passkey or a recovery code."),
    gettext_noop("There is an app already: remove it first."),
    gettext_noop("Recovery codes come with an app or a passkey: add one first."),
    gettext_noop("Your own second factor you change on your own page."),
    gettext_noop("There is no second factor to take away: the password alone opens the account already."),
    gettext_noop("This password is not right."),
    gettext_noop("There is this passkey already."),
    gettext_noop("There are 20 passkeys already: remove one first."),
    gettext_noop("The passkey is not one that can be used here."),
    gettext_noop("This passkey does not open this account, or was removed."),
    gettext_noop("This passkey may have been copied, so it was refused. Remove it, and make a new one."),
    gettext_noop("The passkey was asked for by a page that is not ours."),
    gettext_noop("That took too long, or was used before. Try again."),
    gettext_noop("What the browser sent could not be read. Try again."),
    gettext_noop("The passkey could not be checked. Try again, or sign in with your password."),
)
SENTENCES |= {text: _(text) for text in _SIGNING_IN}


def code(dialled: str, own: Mapping[str, str] = NO_CODES) -> str:
    """What a feature code does, by what was dialled; "" for everything else."""
    feature = feature_of(dialled, own)
    return "" if feature is None else gettext(BY_NAME[feature.name].does)


STOPS: dict[str, Promise] = {
    "menu": _("In the menu %(name)s"),
    "queue": _("Waiting in %(name)s"),
    "message": _("Leaving a message for %(name)s"),
    "mailbox": _("Hearing messages"),
    "conference": _("In the conference %(name)s"),
    "test": _("Test call"),
    "code": _("Using the code %(name)s"),
    "parked": _("Parked at %(name)s"),
    "told": _("Hearing an announcement"),
}


def stop(at: LiveStop) -> str:
    """Where a caller is whom the system itself answered."""
    if at.kind == "conference" and not at.name:
        return gettext("In a conference")
    return str(STOPS[at.kind]) % {"name": at.name}


def feature_codes(*, agent: bool, admin: bool, own: Mapping[str, str] = NO_CODES) -> list[tuple[str, str, str]]:
    """The codes that work for somebody in a company (`own`: its own codes), each with what it does and what may follow."""
    users: set[Users] = {"everybody"}
    if agent:
        users.add("agents")
    if admin:
        users.add("administrators")
    found = [(own.get(row.name, row.initial), row) for row in TABLE if row.of_use in users]
    return [(code, gettext(row.does), row.behind and gettext(row.behind)) for code, row in found if code != OFF]


def sentences(messages: Iterable[str]) -> list[str]:
    """What an action objected to, in the reader's language (Django's own messages already are)."""
    return [str(SENTENCES.get(message, message)) for message in messages]


def reason(text: str) -> str:
    """The reason that call control gave, in the reader's language where it is known."""
    if text.startswith(OWN_PHONES):
        return gettext("the caller's own phones: %(reason)s") % {"reason": reason(text.removeprefix(OWN_PHONES))}
    if text.startswith(OWN_MOBILE):
        return gettext("the caller's mobile phone: %(reason)s") % {"reason": reason(text.removeprefix(OWN_MOBILE))}
    return str(REASONS.get(text, text))


def agent_reason(text: str) -> str:
    """Why an agent is paused or logged out, in the reader's language where it is one of ours; else as the agent wrote it."""
    if text.startswith(PAUSED_BY):
        return gettext("by %(name)s") % {"name": text.removeprefix(PAUSED_BY)}
    return str(AGENT_REASONS.get(text, text))


_POLICY_CHANGES: dict[str, tuple[Promise, Promise]] = {
    "purpose": (_("New purpose: %(what)s"), _("No longer a purpose: %(what)s")),
    "data": (_("New kind of data: %(what)s"), _("No longer stored: %(what)s")),
    "basis": (_("Another legal basis: %(what)s"), _("Another legal basis: %(what)s")),
    "recipient": (_("More get to see: %(what)s"), _("Fewer get to see: %(what)s")),
    "retention": (_("Kept longer: %(what)s"), _("Kept for a shorter time: %(what)s")),
    "function": (_("People switched on: %(what)s"), _("Nobody has it switched on any more: %(what)s")),
    "place": (_("Kept or guarded elsewhere: %(what)s"), _("Better guarded: %(what)s")),
    "feature": (_("Used or no longer used: %(what)s"), _("Used or no longer used: %(what)s")),
}
"""By kind: what people have to know, and what is only dated."""


def policy_change(change: Change) -> str:
    """What is different in a policy, in a sentence."""
    what = change.what
    match change.kind:
        case "purpose":
            what = Purpose(what).text if what in set(Purpose) else what
        case "data" | "basis" | "retention" | "recipient" | "place":
            what = privacy_words.category(what)
        case "function":
            what = FUNCTIONS[what].read().title if what in FUNCTIONS else what
        case "feature":
            what = next((str(feature.text) for feature in features() if feature.key == what), what)
    return str(_POLICY_CHANGES[change.kind][0 if change.material else 1]) % {"what": what}
