"""Whom somebody waits for stands on their start page, and can be taken back there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.web.office import Company

from svara.calls.commands import Answer, AskCallbacks, Callback, Callbacks, CancelCallback, Done, Refused
from svara.web.pages import callbacks

SignedIn = Callable[[Company, str], Client]


class Calls:
    """The calls process: Bob waits for Anna."""

    def __init__(self, acme: Company) -> None:
        self.wanted = [acme["anna"].id]
        self.me = acme["bob"]
        self.away = False
        self.cancelled: list[Any] = []

    async def ask(self, request: AskCallbacks | CancelCallback) -> Answer | None:
        if self.away:
            return None
        if (request.tenant, request.person) != (self.me.tenant_id, self.me.id):
            return Callbacks() if isinstance(request, AskCallbacks) else Refused("not-found", "")
        if isinstance(request, CancelCallback):
            self.cancelled.append(request)
            self.wanted.remove(request.wanted)
            return Done()
        return Callbacks(tuple(Callback(one, time.time(), time.time() + 600) for one in self.wanted))


@pytest.fixture
def calls(acme: Company, monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls(acme)
    monkeypatch.setattr(callbacks, "ask", calls.ask)
    return calls


def page(browser: Client) -> str:
    answer = browser.get("/my-callbacks/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_bob_sees_for_whom_he_waits_and_waits_no_longer(acme: Company, browser_of: SignedIn, calls: Calls) -> None:
    bob = browser_of(acme, "bob")
    assert 'hx-get="/my-callbacks/"' in bob.get("/").content.decode()
    assert acme["anna"].name in page(bob)
    answer = bob.post("/my-callbacks/anna/cancel/", HTTP_HX_REQUEST="true")
    assert answer.content.decode().strip() == ""
    assert [one.wanted for one in calls.cancelled] == [acme["anna"].id]
    assert page(bob).strip() == ""
    assert bob.post("/my-callbacks/nobody/cancel/").status_code == 200
    assert bob.get("/my-callbacks/anna/cancel/").status_code == 405


def test_others_see_and_cancel_nothing_of_it(acme: Company, beta: Company, browser_of: SignedIn, calls: Calls) -> None:
    for company, name in ((acme, "cecilie"), (beta, "anna")):
        stranger = browser_of(company, name)
        assert page(stranger).strip() == ""
        stranger.post("/my-callbacks/anna/cancel/")
    assert calls.cancelled == []


def test_while_the_phone_system_is_away_there_is_no_list_and_no_error(
    acme: Company, browser_of: SignedIn, calls: Calls
) -> None:
    calls.away = True
    assert page(browser_of(acme, "bob")).strip() == ""
