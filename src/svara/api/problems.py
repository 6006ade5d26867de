"""Problem documents (RFC 9457): every error of the API is one, whatever went wrong and wherever.

`error_id` is the stable key that programs rely on; `title` is the name of the status (the type is "about:blank") and
`detail` says in a sentence for people what to do. Nothing of the request is repeated, and nothing of the inside is told.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from svara import log
from svara.bus.port import BusError
from svara.history.access import BadFilter
from svara.people.access import Forbidden, NotFound
from svara.people.actions import Invalid
from svara.web.limits import max_body_bytes

CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="svara"'
RETRY_SECONDS = 2

_OUTSIDE_NAMES = ("body", "query", "path", "filters", "wish")
"""Parts of an error's place that are ours, not the caller's."""

_log = log.get("api.problems")


class InvalidField(Schema):
    """One thing that is wrong with a request."""

    field: str
    message: str


class Problem(Schema):
    """An error, RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    error_id: str
    """Stable key of the kind of error."""
    errors: list[InvalidField] | None = None
    """What is wrong, field by field; only for `invalid-request`."""


class ApiError(Exception):
    """An error that an endpoint knows; it becomes a problem document."""

    def __init__(self, status: int, error_id: str, detail: str, retry_seconds: float | None = None) -> None:
        super().__init__(error_id)
        self.status = status
        self.error_id = error_id
        self.detail = detail
        self.retry_seconds = retry_seconds


def problem(
    status: int, error_id: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> HttpResponse:
    """The document as a response."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "error_id": error_id,
        **more,
    }
    response = JsonResponse(document, status=status, content_type=CONTENT_TYPE, headers=dict(headers or {}))
    response["Cache-Control"] = "no-store"
    return response


@csrf_exempt
def not_found(_request: HttpRequest) -> HttpResponse:
    """For every path below `/api/` that is none of ours."""
    return problem(404, "not-found", "There is no such thing here.")


def register(api: NinjaAPI) -> None:
    """Let every exception out of an endpoint become a problem document."""
    handlers: dict[type[Exception], Callable[[Any], HttpResponse]] = {
        Forbidden: lambda _: problem(403, "forbidden", "You may not do this."),
        NotFound: lambda _: problem(404, "not-found", "There is no such thing, or you may not see it."),
        Http404: lambda _: problem(404, "not-found", "There is no such thing, or you may not see it."),
        BadFilter: lambda error: _invalid([{"field": error.field, "message": error.message}]),
        Invalid: lambda error: problem(400, "invalid-request", " ".join(error.messages)),
        ValidationError: lambda error: _invalid([_what(one) for one in error.errors[:20]]),
        AuthenticationError: lambda _: problem(
            401,
            "not-signed-in",
            "Send a valid token: `Authorization: Bearer TOKEN`.",
            headers={"WWW-Authenticate": CHALLENGE},
        ),
        Throttled: lambda error: _throttled(error.wait),
        HttpError: _http_error,
        ApiError: _api_error,
        BusError: lambda _: problem(
            503,
            "calls-unavailable",
            "The part that makes calls does not answer right now; try again.",
            headers={"Retry-After": str(RETRY_SECONDS)},
        ),
        Exception: _failed,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, _ignoring_request(handler))


def only_problems(view: Callable[..., Any]) -> Callable[..., Any]:
    """`view` as the API shows it: HEAD is GET without the body (RFC 9110 section 9.3.2); a method that is not known, a body
    that is too large and whatever is not there are problem documents.
    """
    if inspect.iscoroutinefunction(view):

        @wraps(view)
        async def asynchronous(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            head = _as_get(request)
            try:
                return _shown(_too_large(request) or await view(request, *args, **kwargs), head)
            except Http404:
                return not_found(request)

        return asynchronous

    @wraps(view)
    def synchronous(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        head = _as_get(request)
        try:
            return _shown(_too_large(request) or view(request, *args, **kwargs), head)
        except Http404:
            return not_found(request)

    return synchronous


def _as_get(request: HttpRequest) -> bool:
    """Let a HEAD request pass for GET; gives whether it was one."""
    if request.method != "HEAD":
        return False
    request.method = "GET"
    return True


def _too_large(request: HttpRequest) -> HttpResponse | None:
    announced = request.META.get("CONTENT_LENGTH") or "0"
    most = max_body_bytes(request.path)
    if announced.isdecimal() and int(announced) <= most:
        return None
    return problem(413, "too-large", f"A request may hold {most // 1024**2} MiB at most.")


def _shown(response: HttpResponseBase, head: bool) -> HttpResponseBase:
    if response.status_code == 405:
        allowed = response.headers["Allow"]
        response = problem(405, "method-not-allowed", "This cannot be done with this method.", headers={"Allow": allowed})
    return HttpResponse(status=response.status_code, headers=dict(response.headers)) if head else response


def _ignoring_request(handler: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda _request, error: handler(error)


def _invalid(errors: list[dict[str, str]]) -> HttpResponse:
    detail = "; ".join(f"{one['field']}: {one['message']}" for one in errors) or "The request is not valid."
    return problem(400, "invalid-request", detail, errors=errors)


def _what(error: Mapping[str, Any]) -> dict[str, str]:
    place = [str(part) for part in error["loc"] if part not in _OUTSIDE_NAMES]
    return {"field": ".".join(place) or "body", "message": str(error["msg"])}


def _throttled(wait_seconds: float | None) -> HttpResponse:
    retry = str(max(1, math.ceil(wait_seconds or 1)))
    return problem(429, "too-many-requests", f"Too much at once: try again in {retry} s.", headers={"Retry-After": retry})


def _http_error(error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        return problem(400, "invalid-request", "The body is not valid JSON.")
    return problem(error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"), error.message)


def _api_error(error: ApiError) -> HttpResponse:
    headers = {} if error.retry_seconds is None else {"Retry-After": str(max(1, math.ceil(error.retry_seconds)))}
    return problem(error.status, error.error_id, error.detail, headers=headers)


def _failed(error: Exception) -> HttpResponse:
    _log.error("an endpoint of the API failed", exc_info=error)
    return problem(500, "internal", "Something went wrong here; it was noted in the log.")
