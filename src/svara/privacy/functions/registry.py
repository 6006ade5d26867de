"""The functions that use personal data beyond what calls need: each is off until its own person switches it on.

What a person reads before the choice stands here, in English; translations go by gettext. Whoever changes a word of it
raises `text_version` (a test holds the two together): everybody who agreed to the old text is asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from svara.privacy.catalogue import CATEGORIES, Basis

CALL_SAVING = "call_saving"
CALLER_LOOKUP = "caller_lookup"
CALL_RECORDING = "call_recording"
STATISTICS = "statistics"
MESSAGE_NOTICES = "message_notices"
MESSAGE_TRANSCRIPTS = "message_transcripts"
MOBILE_IN_PHONEBOOKS = "mobile_in_phonebooks"
CALENDAR_PRESENCE = "calendar_presence"
CALL_PUSH = "call_push"
LOCATION_AT_PRESS = "location_at_press"
MARKETING = "marketing"
PRODUCT_UPDATES = "product_updates"
DIAGNOSTICS = "diagnostics"
RECORDED_CALL = "recorded_call"
NEWS = "news"


@dataclass(frozen=True, slots=True)
class Text:
    """What is read before a choice."""

    title: str
    purpose: str
    """What it is for, and what happens without it."""
    collects: str
    """Which data, and for how long."""


@dataclass(frozen=True, slots=True)
class Function:
    """One use of personal data that a person decides on.

    `data_classes` are keys of the fideslang taxonomy. `available`: this installation has it; what is not available cannot be
    switched on. There is no default: every function is off.
    """

    key: str
    data_classes: tuple[str, ...]
    text_version: int
    text: Text
    """In English."""
    available: bool = False
    basis: Basis = Basis.CONSENT

    def __post_init__(self) -> None:
        if unknown := set(self.data_classes) - CATEGORIES:
            raise ValueError(f"no data categories of the catalogue: {sorted(unknown)}")

    def read(self) -> Text:
        """The text in the language that is active now."""
        return Text(gettext(self.text.title), gettext(self.text.purpose), gettext(self.text.collects))


_ALL = (
    Function(
        STATISTICS,
        ("user.behavior", "user.professional_information"),
        text_version=1,
        text=Text(
            _("My own figures in statistics"),
            _(
                "Supervisors and administrators see how many calls of queues you were offered, took and let pass, how long "
                "you talked, and how long you were available or paused. Without it you count only in the figures of a "
                "whole queue."
            ),
            _("When a queue rang you and what came of it, and the times at which you were in which state, for 400 days"),
        ),
        available=True,
    ),
    Function(
        CALL_RECORDING,
        ("user.content.private",),
        text_version=2,
        text=Text(
            _("Recording of my calls"),
            _(
                "If your company asks for it, calls to you and those you make to numbers outside are recorded, so that you, "
                "supervisors and administrators can listen to them again. The other side is told before, or asked. Without "
                "it nobody records your calls; queues and public numbers that your company records are no part of this."
            ),
            _("The sound of both sides of these calls, for 90 days"),
        ),
        available=True,
    ),
    Function(
        MESSAGE_NOTICES,
        ("user.contact.email",),
        text_version=1,
        text=Text(
            _("E-mail about new voice messages"),
            _(
                "You get an e-mail when somebody left you a voice message; who it was stands in it only if you choose so. "
                "Without it messages wait on your phone and on the page of your voice messages."
            ),
            _("Your e-mail address, given to the mail server with each such e-mail; nothing is kept here"),
        ),
        available=True,
    ),
    Function(
        MESSAGE_TRANSCRIPTS,
        ("user.content.private",),
        text_version=1,
        text=Text(
            _("My voice messages in writing"),
            _(
                "A program of those who run this phone system, or one to which you gave an API token, listens to new "
                "messages in your own box and writes down what the caller said. Without it nothing is written down: you "
                "listen to your messages."
            ),
            _("What the program understood of each message, sealed like its sound, until the message goes"),
        ),
        available=True,
    ),
    Function(
        MOBILE_IN_PHONEBOOKS,
        ("user.contact.phone_number",),
        text_version=1,
        text=Text(
            _("My mobile number in phonebooks"),
            _(
                "Colleagues find your mobile number in the phonebooks of their phones and programs, where your company "
                "gives them. Without it they find your name, your extension and the company's numbers that lead to you."
            ),
            _(
                "The mobile number that you entered, for as long as this is on; phones that fetched it may keep a copy "
                "until they fetch the phonebook again"
            ),
        ),
        available=True,
    ),
    Function(
        CALENDAR_PRESENCE,
        ("user.behavior", "user.settings"),
        text_version=1,
        text=Text(
            _("My calendar in my presence"),
            _(
                "Your calendar is read from the address that you give, so that colleagues who may see whether you can be "
                "reached see that you are in a meeting. What you choose yourself goes before it. Without it nobody reads "
                "your calendar."
            ),
            _(
                "The address of your calendar, and from when to when you are busy on the day before, today and the seven "
                "days after; never what a meeting is about, where it is or who comes. Both go when you switch it off"
            ),
        ),
        available=True,
    ),
    Function(
        CALL_PUSH,
        ("user.device.device_id", "user.behavior"),
        text_version=1,
        text=Text(
            _("Ringing while the app is closed"),
            _(
                "When somebody calls you, a browser in which you turn this on is woken and shows it, although no page of "
                "Svara is open. For that the push service of the browser's maker (Google, Mozilla, Apple, Microsoft) "
                "learns that something came for this browser, and when; never who calls: what is sent is encrypted, and "
                "your browser alone reads it. Whether the name of the caller stands in the notification, and whether you "
                "are told of missed calls and voice messages too, you choose for each browser. Without it a browser rings "
                "while a page of Svara is open."
            ),
            _(
                "The address that the push service gave to your browser, and the keys with which we encrypt for it, until "
                "you sign out there or switch this off; when it was last used"
            ),
        ),
        available=True,
    ),
    Function(
        CALL_SAVING,
        ("user.behavior", "user.contact.phone_number"),
        text_version=1,
        text=Text(
            _("Save my calls with the customers"),
            _(
                "Your calls go to your company's record of customers and to its ERP. Without it a call stays in your own "
                "history."
            ),
            _("The start time and the phone number of each of your calls"),
        ),
    ),
    Function(
        CALLER_LOOKUP,
        ("user.contact.phone_number",),
        text_version=1,
        text=Text(
            _("Look up unknown callers"),
            _(
                "The number of an unknown caller is compared with your company's customers, so that you see who calls. "
                "Without it you see the number alone."
            ),
            _("The number of each unknown caller, for the moment of the comparison"),
        ),
    ),
    Function(
        LOCATION_AT_PRESS,
        ("user.location.precise",),
        text_version=1,
        text=Text(
            _("Where I am when I start and end work"),
            _(
                "Your position is taken once, at the moment you press start or end, and stands in your time sheet. Without "
                "it the time sheet has times alone. You are never followed."
            ),
            _("One position at each press, for as long as the time sheet is kept"),
        ),
    ),
    Function(
        MARKETING,
        ("user.contact.email",),
        text_version=2,
        text=Text(
            _("Offers and news"),
            _("You get offers of the provider of this phone system by e-mail. Without it you get none."),
            _("Your e-mail address, for as long as this is on; which letters you were sent, for 90 days"),
        ),
        available=True,
    ),
    Function(
        PRODUCT_UPDATES,
        ("user.contact.email",),
        text_version=2,
        text=Text(
            _("What is new in Svara"),
            _("You get an e-mail when this phone system has learned something new. Without it you find it out by yourself."),
            _("Your e-mail address, for as long as this is on; which letters you were sent, for 90 days"),
        ),
        available=True,
    ),
    Function(
        DIAGNOSTICS,
        ("user.device.telemetry",),
        text_version=1,
        text=Text(
            _("Help with errors"),
            _(
                "When something fails on your device, what happened is told to those who run this phone system. Without it "
                "they learn of it only from you."
            ),
            _("Kind and version of your browser, the page and the error, for 30 days"),
        ),
    ),
)
_OUTSIDE = (
    Function(
        RECORDED_CALL,
        ("user.content.private", "user.contact.phone_number"),
        text_version=1,
        text=Text(
            _("Recording of one call"),
            _(
                "Before anybody was rung, a voice asked whether this call may be recorded; the key 1 is a yes. Without it "
                "the call went on and was not recorded."
            ),
            _("The sound of both sides of the call, for 90 days"),
        ),
        available=True,
    ),
    Function(
        NEWS,
        ("user.contact.email",),
        text_version=2,
        text=Text(
            _("News and offers by e-mail"),
            _("The company may send news and offers to this e-mail address. Without it, it sends none."),
            _("The e-mail address, until the consent is withdrawn; which letters were sent there, for 90 days"),
        ),
        available=True,
    ),
)
OUTSIDE: Mapping[str, Function] = MappingProxyType({function.key: function for function in _OUTSIDE})
"""What people outside the company are asked for, by key."""
FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.key: function for function in _ALL})
"""By key, in the order in which people see them."""
