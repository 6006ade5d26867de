"""The API is as its description says, and no route of it leads to another company."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.conftest import Caller, ScriptedBus, going_on, news
from tests.history.stories import Company, call, happened
from tests.voicemail.stories import happen, left

from svara.calls.commands import AskConferences, AskParked, AskQueues, PersonPresence, SetAgent
from svara.people.provisioning import actions as provisioning
from svara.web.live import Live

OPTIONS = settings(
    max_examples=10,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
METHODS = ("get", "put", "post", "delete", "patch")


def description() -> dict[str, Any]:
    return Client().get("/api/v1/openapi.json").json()


def operations() -> list[tuple[str, str]]:
    return [
        (method, path) for path, operations in description()["paths"].items() for method in operations if method in METHODS
    ]


async def whole(response: Any) -> bytes:
    return b"".join([part async for part in response.streaming_content])


def test_the_description_names_what_the_contract_names(acme: Company) -> None:
    assert set(operations()) == {
        ("get", "/api/v1/calls/running"),
        ("post", "/api/v1/calls/{call_id}/supervise"),
        ("delete", "/api/v1/calls/{call_id}/supervise"),
        ("get", "/api/v1/healthz"),
        ("get", "/api/v1/metrics"),
        ("get", "/api/v1/me"),
        ("put", "/api/v1/me/presence"),
        ("get", "/api/v1/people"),
        ("get", "/api/v1/calls"),
        ("post", "/api/v1/calls"),
        ("get", "/api/v1/calls/{call_id}"),
        ("post", "/api/v1/calls/{call_id}/hangup"),
        ("post", "/api/v1/calls/{call_id}/transfer"),
        ("post", "/api/v1/calls/{call_id}/merge"),
        ("post", "/api/v1/calls/{call_id}/hold"),
        ("post", "/api/v1/calls/{call_id}/resume"),
        ("post", "/api/v1/calls/{call_id}/recording"),
        ("get", "/api/v1/calls/{call_id}/recordings/{number}"),
        ("get", "/api/v1/contacts"),
        ("post", "/api/v1/contacts"),
        ("get", "/api/v1/contacts/{contact_id}"),
        ("put", "/api/v1/contacts/{contact_id}"),
        ("delete", "/api/v1/contacts/{contact_id}"),
        ("post", "/api/v1/contacts/{contact_id}/restore"),
        ("get", "/api/v1/queues"),
        ("get", "/api/v1/queues/{name}"),
        ("put", "/api/v1/queues/{name}/members/me"),
        ("post", "/api/v1/queues/{name}/waiting/{call_id}/keep"),
        ("get", "/api/v1/parked"),
        ("get", "/api/v1/handsets"),
        ("post", "/api/v1/handsets"),
        ("get", "/api/v1/handsets/{handset_id}"),
        ("delete", "/api/v1/handsets/{handset_id}"),
        ("post", "/api/v1/handsets/{handset_id}/token"),
        ("post", "/api/v1/handsets/{handset_id}/open"),
        ("post", "/api/v1/handsets/{handset_id}/revoke"),
        ("get", "/api/v1/conferences"),
        ("get", "/api/v1/conferences/{name}"),
        ("post", "/api/v1/conferences/{name}/{what}"),
        ("post", "/api/v1/conferences/{name}/members/{call_id}/{what}"),
        ("get", "/api/v1/events"),
        ("get", "/api/v1/jobs/{job_id}"),
        ("get", "/api/v1/me/functions"),
        ("put", "/api/v1/me/functions/{key}"),
        ("delete", "/api/v1/me/functions/{key}/collected"),
        ("get", "/api/v1/me/consents"),
        ("get", "/api/v1/me/consents/{receipt_id}"),
        ("post", "/api/v1/receipts/verify"),
        ("post", "/api/v1/people/{username}/erase"),
        ("post", "/api/v1/me/export"),
        ("get", "/api/v1/me/export/{job_id}"),
        ("get", "/api/v1/me/views"),
        ("get", "/api/v1/support/grants"),
        ("post", "/api/v1/support/grants"),
        ("put", "/api/v1/support/grants/{grant_id}"),
        ("delete", "/api/v1/support/grants/{grant_id}"),
        ("get", "/api/v1/support/rule"),
        ("put", "/api/v1/support/rule"),
        ("get", "/api/v1/voicemail"),
        ("get", "/api/v1/voicemail/messages"),
        ("get", "/api/v1/voicemail/messages/{message_id}"),
        ("patch", "/api/v1/voicemail/messages/{message_id}"),
        ("delete", "/api/v1/voicemail/messages/{message_id}"),
        ("get", "/api/v1/voicemail/messages/{message_id}/sound"),
        ("put", "/api/v1/voicemail/messages/{message_id}/transcript"),
        ("post", "/api/v1/voicemail/messages/{message_id}/transcript"),
        ("delete", "/api/v1/voicemail/messages/{message_id}/transcript"),
        ("get", "/api/v1/voicemail/greetings"),
        ("get", "/api/v1/voicemail/greeting"),
        ("post", "/api/v1/voicemail/greeting"),
        ("delete", "/api/v1/voicemail/greeting"),
        ("get", "/api/v1/voicemail/greeting/sound"),
    }


def test_no_route_leads_to_another_company(acme: Company, globex: Company, mirror: Live, bus: ScriptedBus) -> None:
    """Every route, with every id of Globex in every place where an id or a name may stand, asked by Acme's administrator."""
    happened(call(globex, "anna", "bob", call="globex-past"))
    mirror.take(news("call.answered", going_on(globex, "globex-now", "anna", "bob", "answered")))
    mirror.take(news("presence.changed", PersonPresence(globex.tenant.id, globex.bob.id, "in-call", 1)))
    [message] = happen(left(globex, f"person:{globex.bob.id}"))
    stranger = globex.people["bob"]
    stranger.username, stranger.extension, stranger.name = "globex-bob", "777", "Globex Bob"
    stranger.save()
    anna = Caller(acme.anna)
    phone = provisioning.do_add(globex.anna, stranger.username, "baresip").handset
    secrets = ["globex", globex.tenant.id, *(person.id for person in globex.people.values())]
    theirs = [
        "globex-past",
        "globex-now",
        message.id,
        phone.id,
        stranger.id,
        stranger.username,
        "777",
        globex.tenant.id,
        globex.tenant.slug,
    ]
    mirror.close()  # event streams end at once
    walked = 0
    for method, path in operations():
        for theirs_id in theirs:
            url = path.replace("{call_id}", theirs_id).replace("{message_id}", theirs_id).replace("{name}", theirs_id)
            url = (
                url.replace("{what}", "mute")
                .replace("{number}", "0")
                .replace("{key}", theirs_id)
                .replace("{receipt_id}", theirs_id)
            )
            url = url.replace("{username}", theirs_id).replace("{job_id}", theirs_id).replace("{grant_id}", theirs_id)
            url = url.replace("{handset_id}", theirs_id)
            query = "?" + "&".join(f"{name}={theirs_id}" for name in ("person", "queue", "search", "box"))
            body = {"from": theirs_id, "to": "101", "choice": "away", "state": "paused", "paused": True, "enabled": True}
            body |= {"reason": "it was asked for", "agree": True, "with": theirs_id, "text": "mine"}
            response = getattr(anna.client, method)(
                url + query if method == "get" else url, *([] if method == "get" else [json.dumps(body), "application/json"])
            )
            if "{" in path:
                assert response.status_code == 404, (method, url)
            content = async_to_sync(whole)(response) if response.streaming else response.content
            assert response.status_code < 500, (method, url, content)
            if path != "/api/v1/metrics":
                assert not [secret for secret in secrets if secret in content.decode().lower()], (method, url)
            walked += 1
    assert walked == len(operations()) * len(theirs)
    assert {type(request) for request in bus.asked} == {AskQueues, SetAgent, AskConferences, AskParked}
    assert {request.tenant for request in bus.asked} == {acme.tenant.id}, "nothing was asked of anybody else's"  # type: ignore[union-attr]
    for person in globex.people.values():
        before = person.choice
        person.refresh_from_db()
        assert person.choice == before


@pytest.mark.timeout(600)  # half a minute of work, four times as long beside others
@pytest.mark.django_db(transaction=True)
def test_the_api_is_as_described(acme: Company, mirror: Live, bus: ScriptedBus) -> None:
    """Schemathesis: hundreds of requests, right and wrong, made up from the description."""
    happened(*(call(acme, "anna", "bob", call=f"c{n}", at=1_793_358_000.0 + n) for n in range(3)))
    happen(*(left(acme, f"person:{acme.anna.id}", at=1_793_358_000.0 + n) for n in range(3)))
    mirror.close()  # event streams end at once
    anna = Caller(acme.anna)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
    ]
    tried = []
    for result in schema.get_all_operations():
        operation = result.ok()

        def one(case: schemathesis.Case) -> None:
            cache.clear()
            response = case.call(headers=anna.headers | {"Accept-Encoding": "identity"})
            case.validate_response(response, checks=checks)
            tried.append(response.status_code)

        OPTIONS(given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))(one))()
        with suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parameters
            OPTIONS(given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))(one))()
    assert len(tried) > 100
    assert {200, 400, 404} <= set(tried)


@pytest.mark.parametrize("name", ["Problem", "Call", "CallDetail", "Person", "Me"])
def test_shapes_are_in_the_description(acme: Company, name: str) -> None:
    assert name in description()["components"]["schemas"]
