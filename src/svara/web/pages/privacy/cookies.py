"""Every cookie that these pages set, with purpose and time, from the settings that set them; there are no others."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from svara.people.second.actions import TRUST_DAYS
from svara.web.pages.door import LANGUAGE_SECONDS

_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Cookie:
    """What one cookie is for. `days` None: it goes with the next page."""

    name: str
    purpose: str
    days: int | None


def all_cookies() -> list[Cookie]:
    """Those that exist, in the reader's language."""
    return [
        Cookie(
            settings.SESSION_COOKIE_NAME,
            _("Keeps you signed in. It holds a random number and nothing about you."),
            settings.SESSION_COOKIE_AGE // _DAY,
        ),
        Cookie(
            settings.DEVICE_COOKIE_NAME,
            _(
                "Lets us know this browser again when you sign in, so that you are told of one that is not yours. It holds "
                "a random number, is sent to the sign-in page alone, and is needed for the security of your account."
            ),
            settings.DEVICE_COOKIE_AGE // _DAY,
        ),
        Cookie(
            settings.TRUST_COOKIE_NAME,
            _(
                "Spares this browser the second step of signing in, for you alone; set only when you tick that. It holds a "
                "random number and is sent to the sign-in page alone."
            ),
            TRUST_DAYS,
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            _("Protects you from other sites that would send forms in your name. It holds a random number."),
            settings.CSRF_COOKIE_AGE // _DAY,
        ),
        Cookie(
            settings.LANGUAGE_COOKIE_NAME,
            _("Remembers the language that you chose before signing in; set only by that choice."),
            LANGUAGE_SECONDS // _DAY,
        ),
        Cookie(
            CookieStorage.cookie_name,
            _("Carries a sentence such as “Saved” to the next page and is gone."),
            None,
        ),
    ]


@require_GET
@login_not_required
def cookies(request: HttpRequest) -> HttpResponse:
    """The list, for everybody."""
    layout = "web/app.html" if request.user.is_authenticated else "web/door.html"
    return render(request, "web/privacy/cookies.html", {"cookies": all_cookies(), "layout": layout, "here": "cookies"})
