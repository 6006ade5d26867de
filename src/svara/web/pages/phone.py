"""The phone in the browser: what a page asks for to register with."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from svara.people import softphone
from svara.people.browserphone import PASS_SECONDS
from svara.privacy.errors import Forbidden
from svara.web.pages.viewing import account_of


@require_POST
def credentials(request: HttpRequest) -> JsonResponse:
    """A pass for this session: `login` and `password` for the digest, `phone` (the user part of the phone's address),
    `address` of the WebSocket, and for how long it is good. 403 for who may have no phone here."""
    try:
        given = softphone.do_issue(account_of(request), request.session)
    except Forbidden:
        return JsonResponse({"error": "forbidden"}, status=403)
    scheme = "wss" if request.is_secure() or settings.ENCRYPTED else "ws"
    return JsonResponse(
        {
            "login": given.username,
            "password": given.password,
            "phone": given.login,
            "address": f"{scheme}://{request.get_host()}/sip",
            "expires_seconds": PASS_SECONDS,
        }
    )
