"""Two companies behind one API, and a calls process that answers from a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.test import Client
from tests.history.stories import Company, company

from svara.bus.port import BusError, Event
from svara.calls.boxes import BoxChanged
from svara.calls.commands import (
    AskConferences,
    AskHealth,
    AskLive,
    AskParked,
    AskQueues,
    ConferenceChanged,
    Conferences,
    ConferenceState,
    Done,
    Health,
    LiveAgent,
    LiveCall,
    Originate,
    Originated,
    ParkedCalls,
    PersonPresence,
    QueueChanged,
    Queues,
    QueueState,
    Refused,
    Request,
    SetAgent,
    Supervise,
)
from svara.calls.commands import Live as WholeState
from svara.history.health import SERVICE as HISTORY
from svara.history.health import HistoryHealth
from svara.people.actions import do_create_token
from svara.people.models import Account
from svara.web import live


class ScriptedBus:
    """The bus, with a calls and a jobs process behind it that do what the test says."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.answer: Callable[[Request], msgspec.Struct] = self.usual
        self.calls_up = self.jobs_up = True

    def usual(self, request: Request) -> msgspec.Struct:
        match request:
            case AskLive():
                return WholeState()
            case AskHealth():
                return Health(1, 3, 5, "up", counters={"calls_total": 7.0})
            case Originate():
                return Originated("new-call")
            case Supervise(how=how) if how != "leave":
                return Originated("own-call")
            case AskQueues(name=name):
                return Queues((QueueState("q-support", "support"),) if name in (None, "support") else ())
            case SetAgent():
                return Refused("not-found", "no member of it")
            case AskConferences(name=name):
                return Conferences((ConferenceState("c-monday", "monday"),) if name in (None, "monday") else ())
            case AskParked():
                return ParkedCalls()
            case _:
                return Done()

    async def request(self, service: str, payload: bytes, timeout_seconds: float = 5.0) -> bytes:
        if service == HISTORY and self.jobs_up:
            return msgspec.msgpack.encode(HistoryHealth(0.05, 2, 99))
        if service != "calls" or not self.calls_up:
            raise BusError("unavailable", service)
        request = msgspec.msgpack.decode(payload, type=Request)
        self.asked.append(request)
        return msgspec.msgpack.encode(self.answer(request))

    def refuse(self, error: str) -> None:
        self.answer = lambda _request: Refused(error, "no")


class Caller:
    """Somebody with an API token."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.token = do_create_token(account, "test")
        self.headers = {"Authorization": f"Bearer {self.token}"}
        self.client = Client(headers=self.headers, raise_request_exception=False)

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        response = self.client.get(f"/api/v1{path}", query)
        assert response.status_code == status, response.content
        return json.loads(response.content)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        sender = getattr(self.client, method)
        return sender(f"/api/v1{path}", json.dumps(body), content_type="application/json")


@pytest.fixture(autouse=True)
def _nobody_is_throttled() -> None:
    cache.clear()


@pytest.fixture
def bus() -> ScriptedBus:
    return ScriptedBus()


@pytest.fixture
def mirror(bus: ScriptedBus) -> Iterator[live.Live]:
    before = live.current()
    mirror = live.Live(bus)
    mirror.health = Health(1, 3, 5, "up", counters={"calls_total": 7.0})
    mirror.up = True
    live.install(mirror)
    yield mirror
    mirror.close()
    live.install(before)


@pytest.fixture
def acme(db: None, mirror: live.Live) -> Company:
    return company("acme")


@pytest.fixture
def globex(db: None, mirror: live.Live) -> Company:
    return company("globex", timezone="America/New_York")


Payload = LiveCall | PersonPresence | QueueChanged | LiveAgent | BoxChanged | ConferenceChanged


def news(topic: str, payload: Payload) -> Event:
    return Event(topic, msgspec.msgpack.encode(payload))


def going_on(company: Company, call: str, caller: str, callee: str, state: Any = "ringing") -> LiveCall:
    """A live call between two of a company."""
    return LiveCall(
        call,
        company.tenant.id,
        "internal",
        state,
        company.party(caller),
        company.party(callee),
        started_at=1_793_358_000.0,
        people=(company.people[caller].id, company.people[callee].id),
    )
