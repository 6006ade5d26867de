"""Sound files for browsers, in the parts that they ask for (RFC 9110 section 14): so one can move about in a message."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from svara.privacy.vault import tapes
from svara.privacy.vault.errors import StorageAway, VaultError
from svara.sealing.errors import Unreadable, Why
from svara.sealing.stream import Content

MAX_PART_BYTES = 4 << 20
_WHY = {
    Why.CHANGED: gettext_lazy("This cannot be heard: the sound was changed or does not belong here."),
    Why.DESTROYED: gettext_lazy("This cannot be heard: it was erased, and its key is destroyed."),
    Why.AWAY: gettext_lazy("This cannot be heard now: the company has taken its key away."),
    Why.LOCKED: gettext_lazy("This cannot be heard now: the master key of this installation is missing."),
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def sound_file(request: HttpRequest, place: Path) -> HttpResponse:
    """The sound, or the one range of it that is asked for; several ranges at once, and what is no range, get the whole.

    Of a long range only the beginning is sent, as RFC 9110 section 15.3.7 allows: a player asks for the rest when it is
    there. What cannot be opened or reached is told in plain words, which pages show beside the player. Raises OSError when
    the file cannot be read.
    """
    try:
        with tapes.opened(settings.DATA, place) as wav:
            return _part(request, wav)
    except Unreadable as error:
        status, text = (410 if error.why is Why.DESTROYED else 503), str(_WHY[error.why])
    except StorageAway:
        status, text = 503, _("This cannot be heard now: the storage where recordings lie does not answer. Try again later.")
    except VaultError:
        status, text = 503, _("This cannot be heard now: the keys of this installation are not at hand.")
    except FileNotFoundError:
        status, text = 404, _("The sound is not there any more.")
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def _part(request: HttpRequest, wav: Content) -> HttpResponse:
    size = wav.size
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    first, last = 0, size - 1
    partial = asked is not None and (asked[1] or asked[2]) != ""
    if asked is not None and partial:
        if asked[1]:
            first = int(asked[1])
            last = min(int(asked[2]), size - 1) if asked[2] else size - 1
            partial = not asked[2] or int(asked[2]) >= first
        else:
            first = max(0, size - int(asked[2]))
        if partial and (first >= size or last < first):
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        if not partial:
            first, last = 0, size - 1
    if partial:
        last = min(last, first + MAX_PART_BYTES - 1)
    part = wav.read(first, last - first + 1)
    response = HttpResponse(part, status=206 if partial else 200, content_type="audio/wav")
    response["Accept-Ranges"] = "bytes"
    response["Content-Length"] = str(len(part))
    response["Content-Disposition"] = "inline"
    response["Cache-Control"] = "private, no-store"
    if partial:
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response
