"""Making the checks: side by side, each in bounded time, and one that fails is a finding, never a traceback."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from svara import log
from svara.cli.doctor.model import Check, Finding, Patient, Result, State, none, warning

T = TypeVar("T")

_log = log.get("cli.doctor")
_AT_ONCE = 4
"""Checks that may block: so many side by side, that none is late because of the others."""


async def examine(patient: Patient, checks: Sequence[Check]) -> list[Result]:
    """What every check found, in the order of the checks."""
    turn = asyncio.Semaphore(_AT_ONCE)
    found = await asyncio.gather(*(_made(patient, check, turn) for check in checks))
    return [result for results in found for result in results]


def exit_code(results: Iterable[Result]) -> int:
    """0 when nothing is wrong; warnings are allowed."""
    return 1 if any(result.finding.state == "fault" for result in results) else 0


def counts(results: Iterable[Result]) -> dict[State, int]:
    """How many findings of each kind there are."""
    states = [result.finding.state for result in results]
    return {state: states.count(state) for state in ("fault", "warning", "ok", "none")}


async def _made(patient: Patient, check: Check, turn: asyncio.Semaphore) -> list[Result]:
    lacking = next((why for need in check.needs if (why := patient.lacks(need))), "")
    if lacking:
        return [Result(check, none(f"not checked: {lacking}"), 0.0)]
    if check.look is None:
        return await _bounded(patient, check)
    async with turn:
        return await _bounded(patient, check)


async def _bounded(patient: Patient, check: Check) -> list[Result]:
    began = time.monotonic()
    try:
        async with asyncio.timeout(check.seconds):
            if check.look is not None:
                findings = await in_thread(check.look, patient)
            else:
                assert check.ask is not None  # noqa: S101  one of the two
                findings = await check.ask(patient)
    except TimeoutError:
        findings = warning(
            f"this did not come to an end within {check.seconds:g} s", "try again when the machine has less to do"
        )
    except Exception as error:
        _log.error("a check failed", exc_info=True, what=check.key)
        findings = warning(
            f"this could not be checked ({type(error).__name__}); the line above says where",
            "please report it: it is our mistake",
        )
    listed = [findings] if isinstance(findings, Finding) else list(findings)
    return [Result(check, finding, time.monotonic() - began) for finding in listed]


async def in_thread(function: Callable[..., T], *args: Any) -> T:
    """In a thread that keeps nobody from ending the program when it is late."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(method: Callable[..., Any], value: object) -> None:
        if not done.done():
            method(value)

    def work() -> None:
        try:
            result: T | Exception = function(*args)
        except Exception as error:
            result = error
        finally:
            _let_go_of_database()
        method = done.set_exception if isinstance(result, Exception) else done.set_result
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, method, result)

    threading.Thread(target=work, name="check", daemon=True).start()
    return await done


def _let_go_of_database() -> None:
    from django.conf import settings  # noqa: PLC0415  loaded only where a check needed it

    if settings.configured:
        from django.db import connections  # noqa: PLC0415

        connections.close_all()
