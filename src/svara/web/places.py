"""Where one can go: every page that has a place of its own, by name. The administration's navigation and overview, the
privacy pages' own and the command palette are all made of this, so that a page stands in each of them or in none.

A page that is added to the administration is one `Place` in its group here; `key` is what its view gives as `section`
(below privacy: as `here`). What somebody may do is decided by the pages themselves; here it is only what is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from svara.people import access
from svara.people.models import Account
from svara.web.forms.kinds import ABOUT, TITLES

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its name, what it is for, and the name of its address."""

    key: str
    title: Words
    about: Words
    route: str
    args: tuple[str, ...] = ()
    icon: str = "settings"

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(self.route, args=self.args)


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that belong together."""

    key: str
    title: Words
    places: tuple[Place, ...]

    @property
    def url(self) -> str:
        """Where the group begins."""
        return self.places[0].url


def _section(key: str) -> Place:
    return Place(key, TITLES[key], ABOUT[key], "administration-section", (key,))


PRIVACY: tuple[Group, ...] = (
    Group(
        "data",
        pgettext_lazy("privacy", "Data"),
        (
            Place(
                "stored",
                _("What is stored"),
                _("Every kind of data, why it is kept, on which legal basis, for how long, and who gets to see it"),
                "privacy-stored",
            ),
            Place(
                "outside",
                _("Somebody outside"),
                _("What is stored about a number or address, why, and what can be done. That you looked stands in the log."),
                "privacy-outside",
            ),
            Place(
                "retention",
                _("Retention"),
                _("How long data are kept. What is older goes within the hour, and a proof stays."),
                "privacy-retention",
            ),
        ),
    ),
    Group(
        "seen",
        _("Seen and given out"),
        (
            Place("log", _("Who saw what"), _("Each view and change of what is about others"), "privacy-log"),
            Place("recipients", _("Recipients"), _("Who outside gets data"), "privacy-recipients"),
            Place("disclosures", _("Authorities"), _("Authorities that want data"), "privacy-disclosures"),
            Place(
                "support", _("Support access"), _("What the provider's staff may see, and what they saw"), "privacy-support"
            ),
        ),
    ),
    Group(
        "rights",
        _("People's rights"),
        (
            Place("cases", pgettext_lazy("privacy", "Requests"), _("Requests and complaints"), "privacy-cases"),
            Place(
                "rights",
                _("Corrections and limits"),
                _(
                    "What people want corrected, restricted or stopped. "
                    "What you decide takes effect at once, and they read it."
                ),
                "privacy-rights",
            ),
            Place("erase", _("Erase"), _("Erase somebody"), "privacy-erase"),
        ),
    ),
    Group(
        "consent",
        pgettext_lazy("privacy", "Consent"),
        (
            Place("functions", _("Consents"), _("How many people agreed to which function"), "privacy-functions"),
            Place("notices", _("Notices"), _("What the company says in its own words"), "privacy-notices"),
            Place(
                "figures",
                _("Statistics of groups"),
                _("No figure here is about fewer than five people, and none can be worked out from two"),
                "privacy-figures",
            ),
        ),
    ),
    Group(
        "documents",
        pgettext_lazy("privacy", "Documents"),
        (
            Place(
                "policy",
                _("Privacy policy"),
                _("Written from what is switched on and stored now; what is off is not in it"),
                "privacy-policy",
            ),
            Place(
                "documents",
                _("Documents"),
                _("Written from what is stored and switched on at this moment, with what the company says below"),
                "privacy-documents",
            ),
            Place(
                "presets",
                _("Published policies"),
                _("What five published policies promise, and how each promise stands here. What no test proves is open."),
                "privacy-presets",
            ),
        ),
    ),
)
"""The pages of the privacy officer."""

ADMINISTRATION: tuple[Group, ...] = (
    Group(
        "people",
        pgettext_lazy("administration", "People"),
        (
            _section("people"),
            Place(
                "access",
                _("Requests for access"),
                _("Who asked by the company’s form to be let in"),
                "administration-access",
            ),
            Place(
                "handsets",
                _("Phones"),
                _("A phone that is plugged in fetches its account, its keys and its settings from here."),
                "handsets",
            ),
            Place(
                "phonebooks",
                _("Phonebooks"),
                _("Desk phones, softphones and address books find colleagues and queues of the company by themselves."),
                "administration-phonebooks",
            ),
        ),
    ),
    Group(
        "calls",
        _("Calls"),
        (
            _section("queues"),
            Place("menus", TITLES["menus"], ABOUT["menus"], "administration-menus"),
            _section("hours"),
            _section("sounds"),
            _section("conferences"),
            Place("parking", _("Parking places"), _("Where callers are parked"), "administration-parking"),
            Place("codes", _("Feature codes"), _("What a phone does when these signs are dialled"), "administration-codes"),
        ),
    ),
    Group(
        "lines",
        pgettext_lazy("administration", "Lines outside"),
        (_section("numbers"), _section("trunks"), _section("outbound")),
    ),
    Group("privacy", _("Privacy"), tuple(place for group in PRIVACY for place in group.places)),
    Group(
        "company",
        _("Company"),
        (
            Place(
                "company", _("Company"), _("Name, country, languages and what holds for everybody"), "administration-company"
            ),
            Place(
                "first-steps",
                _("First steps"),
                _("From an empty company to a ringing phone, step by step"),
                "start-done",
            ),
            Place(
                "news",
                pgettext_lazy("administration", "News"),
                _("Letters to readers who agreed to news by e-mail"),
                "administration-news",
            ),
            Place("changes", _("Changes"), _("Who changed what in the company, for a year"), "administration-changes"),
            Place("system", _("System"), _("How this installation is at this moment"), "system"),
        ),
    ),
)
"""The pages of administrators."""


def administration(opens: Collection[str] | None = None) -> tuple[Group, ...]:
    """The groups of the administration; for the provider's staff those that their grant `opens`, by names of addresses."""
    if opens is None:
        return ADMINISTRATION
    open_now = (
        replace(group, places=tuple(place for place in group.places if place.route in opens)) for group in ADMINISTRATION
    )
    return tuple(group for group in open_now if group.places)


def group_of(section: str) -> str:
    """In which group of the administration a page stands that says `section` of itself; "" for none."""
    keys = ((group.key, place.key) for group in ADMINISTRATION for place in group.places if group.key != "privacy")
    return "privacy" if section == "privacy" else next((group for group, key in keys if key == section), "")


def _anybody(_account: Account) -> bool:
    return True


def _answers(account: Account) -> bool:
    return bool(access.queues(account))


def _looks_after(account: Account) -> bool:
    return account.has_role("supervisor", "admin")


def _administers(account: Account) -> bool:
    return account.has_role("admin")


OWN: tuple[tuple[Place, Callable[[Account], bool]], ...] = (
    (Place("home", _("People"), _("Who can be reached now"), "home", icon="users-round"), _anybody),
    (Place("history", _("Call history"), _("Earlier calls, and what became of them"), "history", icon="history"), _anybody),
    (
        Place("voicemail", _("Voicemail"), _("What callers said when nobody could answer"), "voicemail", icon="voicemail"),
        _anybody,
    ),
    (
        Place(
            "contacts",
            _("Contacts"),
            _("People outside whose numbers you keep for yourself"),
            "contacts",
            icon="contact-round",
        ),
        _anybody,
    ),
    (
        Place(
            "contacts-taken",
            _("Take in contacts"),
            _("From your phone’s own book one by one, or from a vCard file"),
            "contacts-taken",
            icon="download",
        ),
        _anybody,
    ),
    (Place("greetings", _("Greetings"), _("What callers of your voicemail hear"), "greetings", icon="voicemail"), _anybody),
    (
        Place(
            "statistics-mine",
            _("My statistics"),
            _("Your own calls by hour and day, talk time and answer rate"),
            "statistics-mine",
            icon="chart-column",
        ),
        _anybody,
    ),
    (Place("queues", _("Queues"), _("Who waits, and who takes the calls"), "queues", icon="headset"), _answers),
    (
        Place(
            "missed-callers",
            _("Missed callers"),
            _("Callers whom your queues did not answer"),
            "missed-callers",
            icon="phone-missed",
        ),
        _answers,
    ),
    (
        Place("statistics", _("Statistics"), _("How callers fared in the queues"), "statistics", icon="chart-column"),
        _looks_after,
    ),
    (
        Place(
            "statistics-company",
            _("Statistics of the company"),
            _("All calls by hour and day, talk time and answer rate"),
            "statistics-company",
            icon="chart-column",
        ),
        _administers,
    ),
    (
        Place(
            "sound", _("Sound quality"), _("How talks sounded lately, and whose network was at fault"), "sound", icon="mic"
        ),
        _looks_after,
    ),
    (
        Place(
            "conferences",
            _("Conferences"),
            _("Who talks with whom in a room at the moment"),
            "conferences",
            icon="messages-square",
        ),
        access.has_conferences,
    ),
    (Place("profile", _("Profile"), _("Password, language, phones and tokens"), "profile", icon="user-round"), _anybody),
    (
        Place("own", _("My calls"), _("Where your calls go, when it is quiet, and what callers hear"), "own", icon="phone"),
        _anybody,
    ),
    (Place("keys", _("Keys of my phones"), _("Lines and lamps beside the display"), "keys", icon="keyboard"), _anybody),
    (
        Place(
            "my-handsets",
            _("My phones that set themselves up"),
            _("With a code for a camera"),
            "my-handsets",
            icon="qr-code",
        ),
        _anybody,
    ),
    (
        Place(
            "calendar",
            _("My calendar"),
            _("So that colleagues see that you are in a meeting"),
            "calendar",
            icon="calendar",
        ),
        _anybody,
    ),
    (
        Place(
            "security",
            _("Sign-in and security"),
            _("Passkeys, an app with codes, recovery codes"),
            "security",
            icon="key-round",
        ),
        _anybody,
    ),
    (
        Place("devices", _("Devices and sessions"), _("Where you are signed in, and ending it"), "devices", icon="monitor"),
        _anybody,
    ),
    (
        Place(
            "browser-phone",
            _("Phone in this browser"),
            _("Calls with this computer or telephone: microphone, loudspeaker, what rings"),
            "browser-phone",
            icon="headphones",
        ),
        _anybody,
    ),
    (
        Place("my-views", _("Who looked"), _("Who saw data of yours, when and why"), "my-views", icon="eye"),
        _anybody,
    ),
    (
        Place("exports", _("Export"), _("All data about you, to take along"), "exports", icon="download"),
        _anybody,
    ),
    (
        Place(
            "my-functions",
            _("My data"),
            _("What you agreed to, your rights, and who looked"),
            "my-functions",
            icon="shield-check",
        ),
        _anybody,
    ),
)
"""Pages of everybody, each with for whom it is there."""


PROFILE: tuple[tuple[str, Words, tuple[str, ...]], ...] = (
    ("calls", _("Calls and phones"), ("own", "greetings", "browser-phone", "my-handsets", "keys", "calendar")),
    ("safety", _("Sign-in and devices"), ("security", "devices")),
    ("data", _("My data"), ("my-functions", "my-views", "exports")),
)
"""What one sets for oneself, by group: a title, and keys of `OWN`."""


def profile_groups() -> tuple[Group, ...]:
    """The groups of the profile."""
    own = {place.key: place for place, _there in OWN}
    return tuple(Group(key, title, tuple(own[name] for name in names)) for key, title, names in PROFILE)


def page_around(path: str) -> str:
    """The address of the page in which a part of a page is shown: the nearest above it, else the home page."""
    everywhere = [place for place, _there in OWN] + [place for group in ADMINISTRATION for place in group.places]
    return max((place.url for place in everywhere if path.startswith(place.url) and path != place.url), key=len)


def places_for(account: Account) -> list[Place]:
    """Every page that somebody is offered, the everyday ones first."""
    found = [place for place, there in OWN if there(account)]
    if account.has_role("admin"):
        found += [place for group in ADMINISTRATION for place in group.places]
    elif account.has_role("privacy-officer"):
        found += [place for group in PRIVACY for place in group.places]
    return found
