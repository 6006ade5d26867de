"""How the server is: for load balancers and for Prometheus. Nothing about any person."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from ninja.errors import AuthenticationError
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.process_collector import ProcessCollector

from svara.api import schemas
from svara.api.auth import still_there
from svara.api.problems import ApiError
from svara.bus.port import BusError
from svara.history.health import SERVICE as HISTORY
from svara.history.health import HistoryHealth
from svara.web import live

REMEMBER_SECONDS = 1.0
"""How long an answer of the jobs process stands, however often it is asked for here."""
ASK_SECONDS = 1.0
TRUNK_STATES = ("up", "down", "unregistered", "unknown")

router = Router(tags=["system"])


@router.get(
    "/healthz",
    response={200: schemas.Healthz, 503: schemas.Healthz},
    auth=None,
    exclude_none=True,
    operation_id="getHealth",
    summary="Whether the server lives, with the state of each part",
)
async def healthz(request: HttpRequest) -> Status[dict[str, Any]]:
    """Needs no token. 503 when nothing works at all; a part that is down makes it `degraded`, still 200."""
    del request
    database, history = await asyncio.gather(sync_to_async(_database_answers)(), _jobs.ask())
    calls = live.current().health
    parts = {
        "web": _part(True),
        "database": _part(database),
        "calls": _part(calls is not None),
        "relay": _part(calls is not None and calls.relay == "up"),
        "voice": _part(calls is not None and calls.voice == "up"),
        "jobs": _part(history is not None),
    }
    if history is not None:
        parts["jobs"]["lag_seconds"] = round(history.lag_seconds, 3)
    if calls is not None and calls.trunks:
        parts["trunks"] = _trunks(calls.trunks)
    status = "down" if not database else "ok" if all(part["state"] == "up" for part in parts.values()) else "degraded"
    return Status(503 if status == "down" else 200, {"status": status, "parts": parts})


@router.get(
    "/metrics",
    auth=None,
    operation_id="getMetrics",
    summary="Figures for Prometheus",
    openapi_extra={
        "responses": {200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    },
)
async def metrics(request: HttpRequest) -> HttpResponse:
    """For a program on the same machine (not through a proxy), or with the token of an administrator."""
    if not is_local(request):
        account = await still_there(request)
        if account is None:
            raise AuthenticationError
        if not account.has_role("admin"):
            raise ApiError(403, "not-allowed", "The figures are for administrators, and for programs on this machine.")
    history = await _jobs.ask()
    registry = CollectorRegistry()
    ProcessCollector(namespace="svara_web", registry=registry)
    registry.register(_Figures(live.current(), history))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Jobs:
    """What the jobs process last told of itself."""

    def __init__(self) -> None:
        self._known: HistoryHealth | None = None
        self._asked_at = float("-inf")

    async def ask(self) -> HistoryHealth | None:
        bus = live.current().bus
        if bus is None:
            return None
        if time.monotonic() - self._asked_at >= REMEMBER_SECONDS:
            self._asked_at = time.monotonic()
            try:
                raw = await bus.request(HISTORY, b"", ASK_SECONDS)
                self._known = msgspec.msgpack.decode(raw, type=HistoryHealth)
            except (BusError, msgspec.DecodeError):
                self._known = None
        return self._known


_jobs = _Jobs()


class _Figures:
    """A Prometheus collector over what this process knows."""

    def __init__(self, mirror: live.Live, history: HistoryHealth | None) -> None:
        self._mirror = mirror
        self._history = history

    def collect(self) -> list[Metric]:
        health, history = self._mirror.health, self._history
        up = GaugeMetricFamily("svara_up", "Whether a part answers", labels=["part"])
        relay_up = health is not None and health.relay == "up"
        voice_up = health is not None and health.voice == "up"
        parts = {"calls": health is not None, "relay": relay_up, "voice": voice_up, "jobs": history is not None}
        for part, alive in parts.items():
            up.add_metric([part], float(alive))
        found: list[Metric] = [up, _gauge("svara_event_streams", "Open streams of server-sent events", self._mirror.streams)]
        if health is not None:
            found.append(_gauge("svara_calls", "Calls going on", health.calls))
            found.append(_gauge("svara_registrations", "Phones registered", health.registrations))
            trunks = GaugeMetricFamily("svara_trunks", "Trunks in each state", labels=["state"])
            for state in TRUNK_STATES:
                trunks.add_metric([state], health.trunks.get(state, 0))
            found.append(trunks)
            found += [_counted(name, value) for name, value in sorted(health.counters.items())]
        if history is not None:
            found.append(_gauge("svara_history_lag_seconds", "How far the call history is behind", history.lag_seconds))
            found.append(_counted("history_recorded_total", history.recorded))
        return found


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _counted(name: str, value: float) -> Metric:
    text = name.replace("_", " ")
    if name.endswith("_total"):
        return CounterMetricFamily(f"svara_{name}", text, value=value)
    return GaugeMetricFamily(f"svara_{name}", text, value=value)


def _part(up: bool) -> dict[str, Any]:
    return {"state": "up" if up else "down"}


def _trunks(states: dict[str, int]) -> dict[str, Any]:
    working = states.get("up", 0) + states.get("unknown", 0)
    down, unregistered = states.get("down", 0), states.get("unregistered", 0)
    return _part(working > 0) | {"working": working, "down": down, "unregistered": unregistered}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True


def is_local(request: HttpRequest) -> bool:
    """A peer on this machine that speaks for itself: what came through a proxy may come from anywhere."""
    if any(header in request.headers for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
