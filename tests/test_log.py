"""Logs hold nothing about anybody: not in a line of ours, not in one of a library, not in an error that nobody caught."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "svara"
FAILS_IN_A_LOOP = """
import asyncio
async def fail():
    asyncio.get_running_loop().call_soon(int, anna)
    await asyncio.sleep(0)
"""
HIDDEN = "Anna Berg +4721000000"


def logged(program: str, **environment: str) -> str:
    """What a process writes on standard error."""
    done = subprocess.run(
        [sys.executable, "-c", f"from svara import log\nlog.configure('calls')\nanna = {HIDDEN!r}\n{program}"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "SVARA_LOG_PERSONAL": ""} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stderr


def test_a_line_says_who_where_and_what() -> None:
    (line,) = logged("log.get('calls.desk').warning('a phone was refused', status=403)").splitlines()
    assert re.fullmatch(
        r'timestamp=\S+Z level=warning role=calls room=calls\.desk event="a phone was refused" status=403', line
    )


def test_the_same_person_can_be_followed_through_one_run_and_not_known() -> None:
    program = "for who in (anna, anna, 'Bob'): log.get('x').info('a sentence', pii_name=who)"
    first, again, other = (line.rpartition("pii_name=")[2] for line in logged(program).splitlines())
    assert first == again != other
    assert re.fullmatch(r"[0-9a-f]{8}", first)
    assert first not in logged(program), "another run, another key"
    assert HIDDEN in logged(program, SVARA_LOG_PERSONAL="1")


@pytest.mark.parametrize(
    "program",
    [
        "try: int(anna)\nexcept ValueError: log.get('x').exception('a sentence')",
        "import logging; logging.getLogger('library').error('%s is away', anna)",
        "import logging; logging.getLogger('library').warning(anna)",
        FAILS_IN_A_LOOP + "asyncio.run(fail())",
        FAILS_IN_A_LOOP + "import uvloop; uvloop.run(fail())",
        "import threading; threading.Thread(target=int, args=(anna,)).start()",
        "class A:\n def __del__(self): int(anna)\nA()",
        "int(anna)",
    ],
)
def test_whoever_fails_the_values_stay_unsaid(program: str) -> None:
    said = logged(program)
    assert said.count("\n") == 1, said
    assert "level=error" in said or "level=warning" in said
    assert "Anna" not in said
    assert "4721000000" not in said


def django_says(name: str, status: int) -> str:
    return logged(
        "import logging, sys\ntry: int(anna)\nexcept ValueError:\n"
        f" logging.getLogger({name!r}).error('%s: %s', 'x', anna, exc_info=True, extra={{'status_code': {status}}})"
    )


def test_a_failed_request_is_told_without_its_address() -> None:
    (line,) = django_says("django.request", 500).splitlines()
    assert 'event="a request failed" status=500 exception=ValueError' in line
    assert "Anna" not in line


def test_what_the_asker_did_wrong_is_not_worth_a_line() -> None:
    assert django_says("django.request", 404) == ""
    assert django_says("django.security.DisallowedHost", 400) == ""
    assert logged("import logging; logging.getLogger('uvicorn.error').warning('Invalid HTTP request received.')") == ""


METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
NOT_PERSONAL = {
    *("exc_info", "error", "service", "topic", "room", "source", "line", "transport"),
    *("bytes", "calls", "talks", "failures", "limit", "segment", "status", "errno", "wait_seconds", "exit_code"),
    "text",  # of rtpengine: while it starts and knows of no phone, and why it refuses a command
    *("call", "method"),  # our own id of a call; one of the methods of SIP
    *("tenant", "trunk", "message", "owner"),  # our own ids
    *(
        "state",
        "reason",
        "kind",
        "what",
        "count",
        "rows",
        "people",
        "receipts",
        "phrases",
        "language",
        "voice",
    ),  # words and numbers of our own
    *("first", "last"),  # ports
    *("entry", "hash"),  # of the audit log: a number and a digest
}
"""Fields that say nothing about anybody. Think before adding one: a number, a name, an address or a header is personal."""


def lines_of_code() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in METHODS
                and "log" in ast.unparse(node.func.value).lower()
            ):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node


def test_every_log_line_is_a_fixed_sentence_with_fields_that_are_no_ones() -> None:
    seen, wrong = 0, []
    for place, node in lines_of_code():
        seen += 1
        if len(node.args) != 1 or not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)):
            wrong.append(f"{place}: the sentence has to be fixed")
        wrong += [
            f"{place}: {field.arg} may be about a person: name it pii_{field.arg}"
            for field in node.keywords
            if field.arg is None or not (field.arg in NOT_PERSONAL or field.arg.startswith("pii_"))
        ]
    assert wrong == []
    assert seen > 40
