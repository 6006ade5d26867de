"""What the first page of an empty installation asks for, and what there is to choose from."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from functools import cache

from babel import Locale
from babel.core import get_global
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from svara.people.access import folded
from svara.people.countries import COUNTRIES
from svara.people.founding import Founding
from svara.web.forms.fields import Field, Item
from svara.web.forms.searched import Options

COMPANY: tuple[Field, ...] = (
    Field(key="name", label=_("Name of the company"), required=True),
    Field(
        key="country",
        label=_("Country"),
        kind="choice",
        options="countries",
        required=True,
        hint=_("Numbers, tones and emergency numbers are those of the country. It is changed by the office file only."),
    ),
    Field(key="timezone", label=_("Time zone"), options="timezones", hint=_("Such as Europe/Oslo")),
    Field(key="language", label=_("Callers are spoken to in"), kind="choice", options="languages", required=True),
    Field(key="also", label=_("Other languages of the company"), kind="choices", options="languages"),
)
OWNER: tuple[Field, ...] = (
    Field(key="owner", label=_("Your name"), required=True),
    Field(key="email", label=_("Your e-mail"), kind="email", required=True, hint=_("You sign in with it.")),
    Field(key="extension", label=_("Your extension"), kind="tel", hint=_("What is dialled inside the company")),
    Field(
        key="password",
        label=_("Password"),
        kind="secret",
        hint=_("At least ten characters. A few words in a row are easy to remember."),
    ),
)
_COUNTRY_OF = {"cs": "CZ", "lv": "LV", "nb": "NO", "sv": "SE"}
_REGION = re.compile(r"[a-z]{2,3}-([A-Za-z]{2})\b")


def options() -> Mapping[str, Options]:
    """All choices, by the names that the fields use."""
    return {
        "countries": [("", [("", "–"), *_countries(get_language() or "en")])],
        "timezones": [("", [(zone, zone) for zone in sorted(zoneinfo.available_timezones())])],
        "languages": [("", list(settings.LANGUAGES))],
    }


@cache
def _countries(language: str) -> list[tuple[str, str]]:
    names = Locale.parse(language).territories
    return sorted(((code, names.get(code, code)) for code in COUNTRIES), key=lambda pair: folded(pair[1]))


def fresh(accepted: str) -> Item:
    """What the form begins with. `accepted`: the languages of the browser, which often name a country, too."""
    language = get_language() or "en"
    region = _REGION.search(accepted)
    country = region[1].upper() if region else _COUNTRY_OF.get(language, "")
    return {"country": country if country in COUNTRIES else "", "language": language, "extension": "101"}


def founding(item: Item) -> Founding:
    """What was filled in. A country with one time zone needs none."""
    languages = [item.get("language", ""), *item.get("also", [])]
    zones = get_global("territory_zones").get(item.get("country", ""), [])
    return Founding(
        name=item.get("name", ""),
        country=item.get("country", ""),
        timezone=item.get("timezone") or (zones[0] if len(zones) == 1 else ""),
        languages=tuple(dict.fromkeys(filter(None, languages))),
        owner=item.get("owner", ""),
        email=item.get("email", ""),
        extension=item.get("extension", ""),
        password=item.get("password", ""),
    )
