"""Logs without personal data.

A log line is a static sentence and structured fields. A field whose name begins with `pii_` holds something about a person
(a number, a name, an address): outside a developer's own machine it is written as a short keyed hash, with a key that lives
only as long as the process, so that lines about the same value can be matched and nothing else can be learned. Exceptions
count as data: their type and place are logged, never their message. What libraries log, and what fails where nobody catches
it, is told in the same form: who says so, from which line, and the kind of error.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import sys
import threading
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

PERSONAL_PREFIX = "pii_"

_KEY = secrets.token_bytes(32)


def hide_personal(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace every personal field by its keyed hash."""
    for key, value in line.items():
        if key.startswith(PERSONAL_PREFIX) and value is not None:
            line[key] = hashlib.blake2s(str(value).encode("utf-8", "replace"), key=_KEY, digest_size=4).hexdigest()
    return line


def describe_exception(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Turn `exc_info` into the exception's type and where it was raised."""
    info = line.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        frames = traceback.extract_tb(info[2])[-6:]
        line["exception"] = info[0].__name__
        line["at"] = " > ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames)  # noqa: PTH119
    return line


class Libraries(logging.Handler):
    """What Django, uvicorn, asyncio and others log, in our form: a static sentence and the kind of error, never the values.

    Answers below 500 are the asker's business and not written at all.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(room="libraries")
        method = logger.error if record.levelno >= logging.ERROR else logger.warning
        status = getattr(record, "status_code", None)
        if status is None:
            place = f"{record.filename}:{record.lineno}"
            method("a library reports a problem", source=record.name, line=place, exc_info=record.exc_info or None)
        elif status >= 500:
            method("a request failed", status=status, exc_info=record.exc_info or None)


def configure(role: str) -> None:
    """Log to standard error, one line an event; `role` names the process."""

    def name_process(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        line["role"] = role
        return line

    processors: list[structlog.typing.Processor] = [
        name_process,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        describe_exception,
    ]
    if os.environ.get("SVARA_LOG_PERSONAL") != "1":
        processors.append(hide_personal)
    processors.append(structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "role", "room", "event"]))
    structlog.configure(
        processors=processors,
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[Libraries()], level=logging.WARNING, force=True)
    for talkative in ("uvicorn.error", "websockets"):
        logging.getLogger(talkative).setLevel(logging.ERROR)  # they warn of whatever a stranger sends
    sys.excepthook = lambda _kind, error, _trace: _uncaught(error)
    threading.excepthook = lambda failed: _uncaught(failed.exc_value)
    sys.unraisablehook = lambda failed: _uncaught(failed.exc_value)


def _uncaught(error: BaseException | None) -> None:
    if not isinstance(error, KeyboardInterrupt | SystemExit):
        structlog.get_logger(room="python").error("an error that nobody caught", exc_info=error)


def get(room: str) -> Any:
    """The logger of a room ("sip.transport"); its methods are `info`, `warning`, `error`, each `(sentence, **fields)`."""
    return structlog.get_logger(room=room)
