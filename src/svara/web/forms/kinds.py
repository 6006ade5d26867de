"""What the pages of administration ask for, section by section of the document; and what people choose themselves."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from svara.web.forms.fields import Field

TITLES: dict[str, Promise] = {
    "people": pgettext_lazy("administration", "People"),
    "queues": pgettext_lazy("administration", "Queues"),
    "hours": pgettext_lazy("administration", "Opening hours"),
    "menus": pgettext_lazy("administration", "Menus"),
    "conferences": pgettext_lazy("administration", "Conferences"),
    "numbers": pgettext_lazy("administration", "Numbers"),
    "trunks": pgettext_lazy("administration", "Trunks"),
    "outbound": pgettext_lazy("administration", "Outbound rules"),
    "sounds": pgettext_lazy("administration", "Sounds"),
}
NEW: dict[str, Promise] = {
    "people": _("Add a person"),
    "queues": _("Add a queue"),
    "hours": _("Add opening hours"),
    "menus": _("Add a menu"),
    "conferences": _("Add a conference"),
    "numbers": _("Add a number"),
    "trunks": _("Add a trunk"),
    "outbound": _("Add an outbound rule"),
    "sounds": _("Add a sound"),
}
ABOUT: dict[str, Promise] = {
    "people": _("Who works here, with their phones"),
    "queues": _("Lines in which callers wait, and who takes their calls"),
    "hours": _("When the office is open"),
    "menus": _("What callers hear, and which key leads where"),
    "conferences": _("Rooms in which many talk with each other"),
    "numbers": _("Your numbers in the public network, and where their calls go"),
    "trunks": _("The providers by which calls come in and go out"),
    "outbound": _("Which calls go out by which trunk"),
    "sounds": _("Prompts, greetings and music"),
}

RENAMED: dict[str, Promise] = {
    "queues": _("Whatever leads to the queue goes on doing so. Records of earlier calls keep the name that it had."),
    "menus": _("Whatever leads to the menu goes on doing so."),
    "conferences": _("Whatever leads to the conference goes on doing so."),
    "sounds": _("Menus and queues that use the sound go on using it."),
}
"""What can be called otherwise later, and what becomes of what names it."""

_SIGNS_HINT = _("Small letters, digits, dots and hyphens.")
_NAME_HINT = _("Small letters, digits, dots and hyphens. It cannot be changed later.")
_SECONDS = _("Seconds")


def _name(hint: Promise = _NAME_HINT) -> Field:
    return Field(key="name", label=_("Name"), required=True, fixed=True, hint=hint)


def _extension() -> Field:
    return Field(key="extension", label=_("Extension"), kind="tel", hint=_("What is dialled inside the company"))


def _target(key: str, label: Promise) -> Field:
    return Field(key=key, label=label, kind="target", options="targets")


def _record() -> Field:
    return Field(key="record", label=_("Record the calls"), kind="check")


def _seconds(key: str, label: Promise, default: str = "", hint: Promise = _SECONDS) -> Field:
    return Field(key=key, label=label, kind="number", hint=hint, default=default)


def _pin(key: str, label: Promise) -> Field:
    hint = _("Four to ten digits. Left empty, it stays as it is; the word none takes it away.")
    return Field(key=key, label=label, kind="secret", hint=hint)


def _week(key: str, label: Promise) -> Field:
    return Field(
        key=key,
        label=label,
        kind="rows",
        shape="times",
        hint=_("Days such as mon-fri, sat or daily; times such as 08:00-12:00, 13:00-16:00"),
        rows=(
            Field(key="days", label=_("Days"), default="mon-fri"),
            Field(key="times", label=_("Times"), default="08:00-16:00"),
        ),
    )


_FIND_ME = Field(
    key="find_me",
    label=_("Ring these too"),
    kind="rows",
    rows=(
        Field(key="to", label=_("Whom"), kind="target", options="ringable"),
        Field(key="after", label=_("After so many seconds"), kind="number"),
    ),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "people": (
        Field(key="username", label=_("User name"), required=True, fixed=True, hint=_NAME_HINT),
        Field(key="name", label=_("Name"), required=True),
        Field(key="email", label=_("E-mail"), kind="email"),
        _extension(),
        Field(key="roles", label=_("Roles"), kind="choices", options="roles"),
        Field(
            key="phones",
            label=_("Phones"),
            kind="rows",
            hint=_("A new phone gets a secret, which is shown once."),
            rows=(
                Field(key="login", label=_("SIP login")),
                Field(key="label", label=_("Label")),
                Field(key="secret", label=_("Make a new secret"), kind="check"),
            ),
        ),
        Field(key="mobile", label=_("Mobile number"), kind="tel", keep_empty=True),
        Field(key="allow", label=_("May dial"), kind="choices", options="classes"),
        Field(key="shows", label=_("Shows this number outside"), kind="choice", options="numbers"),
        _seconds("unanswered.after", _("Rings so long"), hint=_("Seconds, before a call that nobody takes goes on")),
        _target("unanswered.to", _("Then the call goes to")),
        Field(
            key="pickup",
            label=_("Pick-up groups"),
            kind="list",
            hint=_("Names with commas between them, such as reception. Who is in a group picks up each other's calls."),
        ),
        _record(),
    ),
    "queues": (
        _name(_SIGNS_HINT),
        _extension(),
        Field(key="strategy", label=_("Who is rung"), kind="choice", options="strategies", required=True),
        Field(
            key="members",
            label=_("Members"),
            kind="rows",
            hint=_("Skills are written as norwegian 3, repair 5: the higher, the better."),
            rows=(
                Field(key="person", label=_("Person"), kind="choice", options="people"),
                Field(key="order", label=_("Order"), kind="number"),
                Field(key="weight", label=_("Weight"), kind="number"),
                Field(key="skills", label=_("Skills"), kind="levels", default="norwegian 3"),
            ),
        ),
        _seconds("ring", _("Rings an agent so long"), "15"),
        _seconds("retry", _("Pause after a call that was not taken"), "1"),
        _seconds("wrap_up", _("Time to wrap up after a talk"), "0"),
        _seconds("max_wait", _("Longest wait")),
        _target("when_timeout", _("After the longest wait to")),
        Field(key="max_waiting", label=_("Most callers in the line"), kind="number"),
        _target("when_full", _("When the line is full to")),
        _target("when_empty", _("When nobody is logged in to")),
        Field(key="greeting", label=_("Greeting"), options="sounds"),
        Field(key="music", label=_("Music"), kind="choice", options="sound_choices"),
        Field(key="announce_position", label=_("Say the place in the line"), kind="check"),
        _seconds("announce_every", _("Say it every"), "45"),
        Field(key="callback_key", label=_("Key to be called back"), kind="choice", options="keys"),
        Field(key="priority", label=_("Priority"), kind="number"),
        Field(key="skills", label=_("Skills that a call needs"), kind="levels"),
        _seconds("relax", _("A skill's level falls every"), "30"),
        Field(key="auto_pause_after", label=_("Pause an agent after so many missed offers"), kind="number"),
        _seconds("service_level", _("Goal for the answer"), "20"),
        _record(),
        Field(
            key="supervision",
            label=_("Supervisors in its talks"),
            kind="choice",
            options="supervision",
            hint=_("They may listen, speak to the agent alone, or to both. Both who talk are always told before."),
        ),
    ),
    "hours": (
        _name(),
        _week("open", _("Open")),
        Field(key="holidays", label=_("Holidays of"), hint=_("A country or a part of one, such as NO or DE-BY")),
        Field(
            key="exceptions",
            label=_("Exceptions"),
            kind="rows",
            shape="times",
            hint=_("A day such as 2026-12-24, or 12-24 for each year; times such as 08:00-12:00, or closed"),
            rows=(
                Field(key="day", label=_("Day"), default="12-24"),
                Field(key="times", label=_("Times"), default="closed"),
            ),
        ),
    ),
    "menus": (
        _name(_SIGNS_HINT),
        _extension(),
        Field(key="prompt", label=_("Prompt"), required=True, options="sounds", hint=_("The name of a sound")),
        Field(
            key="keys",
            label=_("Keys"),
            kind="rows",
            shape="map",
            rows=(
                Field(key="key", label=_("Key"), kind="choice", options="keys"),
                Field(key="to", label=_("Leads to"), kind="target", options="targets"),
            ),
        ),
        _target("otherwise", _("Otherwise to")),
        _seconds("timeout", _("Waits for a key"), "5"),
        Field(key="tries", label=_("Tries"), kind="number", default="3"),
        Field(key="direct_dial", label=_("Extensions may be dialled"), kind="check", keep_empty=True, default=True),
    ),
    "conferences": (
        _name(_SIGNS_HINT),
        _extension(),
        _pin("pin", _("PIN")),
        _pin("moderator_pin", _("PIN of the moderator")),
        Field(key="wait_for_moderator", label=_("Music until the moderator comes"), kind="check"),
        Field(key="max_members", label=_("Most people in it"), kind="number", default="50", hint=_("2 to 50")),
        Field(
            key="announce",
            label=_("A tone when somebody comes or leaves"),
            kind="check",
            keep_empty=True,
            default=True,
        ),
        Field(
            key="record",
            label=_("Record it"),
            kind="check",
            hint=_("Everybody is told before, or asked, as the company says. Who is there has the recording in their call."),
        ),
    ),
    "numbers": (
        Field(key="number", label=_("Number"), kind="tel", required=True, fixed=True, hint=_("Such as +4721000000")),
        Field(key="trunk", label=_("Trunk"), kind="choice", options="trunks", required=True),
        _target("to", _("Calls go to")),
        Field(key="hours", label=_("Opening hours"), kind="choice", options="hours"),
        _target("closed", _("Outside them to")),
        _record(),
    ),
    "trunks": (
        _name(),
        Field(key="address", label=_("Address"), required=True, hint=_("Such as sip:sip.provider.example:5060")),
        Field(key="login", label=_("Login")),
        Field(key="secret", label=_("Secret"), kind="secret", hint=_("It is never shown. Left empty, it stays as it is.")),
        Field(key="register", label=_("Register with the provider"), kind="check"),
        Field(
            key="match",
            label=_("Calls come from"),
            kind="list",
            hint=_("IP addresses or networks, with commas between them"),
        ),
        Field(key="priority", label=_("Priority"), kind="number", hint=_("The lowest is tried first")),
        Field(key="format", label=_("Form of numbers"), kind="choice", options="formats"),
        Field(key="identity", label=_("The caller stands in"), kind="choice", options="identities"),
        _seconds("probe", _("Ask whether it lives every"), "30"),
    ),
    "outbound": (
        Field(
            key="prefix",
            label=_("Numbers that begin with"),
            kind="tel",
            required=True,
            fixed=True,
            hint=_("Such as + or +47"),
        ),
        Field(key="trunk", label=_("Trunk"), kind="choice", options="trunks", required=True, fixed=True),
    ),
    "sounds": (
        _name(_SIGNS_HINT),
        Field(key="text", label=_("Text to be spoken"), kind="area"),
        Field(key="language", label=_("Language"), kind="choice", options="languages"),
        Field(key="file", label=_("Or a sound file"), kind="file", hint=_("WAV, MP3, OGG or Opus, at most 20 MB")),
    ),
}

COMPANY: tuple[Field, ...] = (
    Field(key="name", label=_("Name"), required=True),
    Field(key="timezone", label=_("Time zone"), required=True, options="timezones", hint=_("Such as Europe/Oslo")),
    Field(
        key="languages",
        label=_("Languages"),
        kind="list",
        required=True,
        keep_empty=True,
        hint=_("Such as nb, en, with commas between them. Callers are spoken to in the first."),
    ),
    Field(key="recording", label=_("Before a call is recorded"), kind="choice", options="recording_rules"),
    Field(
        key="hold_music",
        label=_("Who is on hold hears"),
        kind="choice",
        options="hold_music",
        hint=_("The music of your own is a sound with the name hold-music."),
    ),
    Field(key="media", label=_("The sound of calls"), kind="choice", options="media"),
    Field(
        key="presence_to",
        label=_("Whether somebody can be reached is seen by"),
        kind="choice",
        options="presence_to",
        hint=_("This holds for all who have not chosen it themselves on their profile."),
    ),
    Field(
        key="second_factor",
        label=_("A second factor is asked of"),
        kind="choice",
        options="second_factor",
        hint=_("Who lacks it is led to set it up after signing in, and can do nothing else before."),
    ),
    Field(
        key="second_factor_from",
        label=_("From this day on"),
        kind="date",
        hint=_("Left empty, at once. Until then people are reminded."),
    ),
    Field(key="own_phones", label=_("People may set up phones of their own"), kind="check", keep_empty=True),
    Field(
        key="country",
        label=_("Country"),
        fixed=True,
        hint=_("Numbers, tones and emergency numbers are those of the country. It is changed by the office file only."),
    ),
    Field(key="slug", label=_("Short name"), fixed=True, hint=_("Office files and sign-in know the company by it.")),
)
"""The company itself."""

KEY: tuple[Field, ...] = (
    Field(key="to", label=_("Leads to"), kind="target", options="key_targets"),
    Field(key="label", label=_("Label"), hint=_("What stands beside the key; left empty, the name of what it leads to.")),
)
"""One key of a phone."""
HANDSET: tuple[Field, ...] = (
    Field(key="username", label=_("Whose"), kind="choice", options="people", required=True),
    Field(key="maker", label=_("Maker"), kind="choice", options="makers", required=True),
    Field(
        key="mac",
        label=_("MAC address"),
        default="00:15:65:aa:bb:cc",
        hint=_("On the back of a desk phone. Softphones have none."),
    ),
    Field(
        key="login",
        label=_("SIP account"),
        kind="choice",
        options="logins",
        hint=_("The secret of an account that is there already is replaced when the phone comes."),
    ),
)
"""A phone that sets itself up; whose it is, is asked of administrators alone."""
PARKING: tuple[Field, ...] = (
    Field(key="extensions", label=_("Extensions"), hint=_("A row such as 801-805. Left empty, nobody is parked.")),
    _seconds("seconds", _("A parked call goes back after"), "120"),
)
"""Where callers are parked."""

OWN: tuple[Field, ...] = (
    _target("forward.always", _("All my calls go to")),
    _target("forward.busy", _("When I am in a call to")),
    _target("forward.offline", _("When my phones are offline to")),
    _seconds("unanswered.after", _("My phones ring so long"), hint=_("Seconds, before a call that nobody takes goes on")),
    _target("unanswered.to", _("Then the call goes to")),
    Field(key="mobile", label=_("Mobile number"), kind="tel", keep_empty=True),
    _FIND_ME,
    _week("quiet", _("Quiet hours")),
    Field(
        key="intercom",
        label=_("Colleagues may speak to me, or to my group, through my phone: it answers by itself"),
        kind="check",
        keep_empty=True,
    ),
    Field(key="call_waiting", label=_("While I am in a call"), kind="choice", options="call_waiting", required=True),
    Field(
        key="voicemail_pin",
        label=_("New PIN of my voicemail"),
        kind="secret",
        hint=_("Four to ten digits, to listen from any phone. Left empty, it stays as it is."),
    ),
)
"""What people choose for themselves: these keys of their own item and no others."""
