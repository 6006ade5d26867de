"""What Django and uvicorn say in the log: a static sentence and the kind of error, never a path, a name or a value."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from svara.web.main import FrameworkLogs

SECRET = "/invitation/secret"


@pytest.fixture
def said() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as lines:
        yield lines


def log(name: str, level: int, sentence: str, *values: object, status: int | None = None) -> None:
    record = logging.LogRecord(name, level, "x.py", 1, sentence, values, sys.exc_info() if sys.exc_info()[0] else None)
    if status is not None:
        record.status_code = status
    handler = FrameworkLogs()
    if level >= handler.level:
        handler.handle(record)


def test_a_failed_request_is_told_without_its_address(said: list[Any]) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        log("django.request", logging.ERROR, "%s: %s", "Internal Server Error", SECRET, status=500)
    (line,) = said
    assert line["event"] == "a request failed"
    assert line["status"] == 500
    assert line["exc_info"][0] is ValueError


def test_what_the_asker_did_wrong_is_not_written(said: list[Any]) -> None:
    log("django.request", logging.WARNING, "%s: %s", "Not Found", SECRET, status=404)
    log("django.security.DisallowedHost", logging.ERROR, "Invalid HTTP_HOST header: 'anna.example'", status=400)
    assert said == []


def test_a_library_s_own_words_are_not_trusted(said: list[Any]) -> None:
    log("asyncio", logging.ERROR, f"Task exception was never retrieved: {SECRET}")
    log("uvicorn.error", logging.WARNING, "Invalid HTTP request received.")
    log("uvicorn.error", logging.INFO, "Started server process [%d]", 1)
    assert [(line["event"], line["source"]) for line in said] == [
        ("a library reports a problem", "asyncio"),
        ("Invalid HTTP request received.", "uvicorn.error"),
    ]
