"""The operator's own program that writes down what is said in a sound: started, fed, bounded and ended.

It gets a WAV file on its standard input, so that nothing that was said lies on the disk in clear, and prints UTF-8 text. No
shell is between; its environment holds none of our settings and secrets; it goes after everything else that wants the
processor; it leaves no core dump, and ends when we end. Whatever it does, this comes to an end in bounded time with a text
of bounded length, or with `Failed`. What it prints is nobody's markup.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

MAX_CHARACTERS = 20_000
"""More than anybody says in a message."""
MAX_OUTPUT_BYTES = 4 * MAX_CHARACTERS + 4096
_PART_BYTES = 65_536
_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
"""What it gets of our own environment."""
_BIDIRECTIONAL = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)))
"""They can make a text read as what it is not."""
_NOT_STARTED = 127
_LAUNCH = f"""
import ctypes, os, resource, sys
ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)})  # PR_SET_PDEATHSIG
os.nice(19)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    os.execv(sys.argv[1], sys.argv[2:])
except OSError:
    os._exit({_NOT_STARTED})
"""
"""In the child, before it becomes the program: a fork of a process with threads must not run Python of ours."""


class Failed(Exception):  # noqa: N818  the program did
    """There is no text. The message says why in plain words, and nothing of what was said."""


class TooSlow(Failed):
    """It was ended because it took too long."""


def command_of(line: str) -> tuple[str, ...]:
    """The program, found, and its arguments. Raises Failed where it cannot be started."""
    try:
        words = shlex.split(line)
    except ValueError:
        raise Failed("the command line has a quotation mark too few") from None
    if not words:
        raise Failed("the command line is empty")
    found = shutil.which(words[0])
    if found is None:
        raise Failed(f"there is no program {words[0]} that may be run")
    return str(Path(found).absolute()), *words[1:]


async def write_down(command: Sequence[str], wav: bytes, languages: Sequence[str], *, limit_seconds: float) -> str:
    """What the program says is said in a WAV file; "" for nothing. `languages`: in which one may expect it to be, the
    likeliest first. Raises Failed."""
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", _LAUNCH, command[0], *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # it may hold what was said
            cwd="/",
            env=environment(languages),
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise Failed(f"no process can be started: {error.strerror}") from None
    feeding = asyncio.create_task(_feed(process, wav))
    try:
        async with asyncio.timeout(limit_seconds):
            printed = await _read(process)
            code = await process.wait()
    except TimeoutError:
        raise TooSlow(f"the program did not come to an end within {limit_seconds:.0f} s") from None
    finally:
        feeding.cancel()
        await _end(process)
        await asyncio.wait([feeding])
    if code == _NOT_STARTED:
        raise Failed("the program cannot be run")
    if code:
        raise Failed(f"the program ended with {code}" if code > 0 else f"the program was ended by signal {-code}")
    return text_of(printed)


def text_of(printed: bytes) -> str:
    """What was printed, as text. Raises Failed where it is none."""
    try:
        text = cleaned(printed.decode())
    except UnicodeDecodeError:
        raise Failed("what the program printed is no UTF-8 text") from None
    if len(text) > MAX_CHARACTERS:
        raise Failed(f"the program printed more than {MAX_CHARACTERS} characters")
    return text


def cleaned(text: str) -> str:
    """A text without control characters, in lines without space around them, no two empty ones in a row."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        words = "".join(" " if character == "\t" else character for character in line if _is_written(character))
        words = " ".join(words.split())
        if words or (lines and lines[-1]):
            lines.append(words)
    return "\n".join(lines).strip()


def environment(languages: Sequence[str]) -> Mapping[str, str]:
    """What the program finds in its environment."""
    own = {name: os.environ[name] for name in _KEPT if name in os.environ}
    told = {"SVARA_LANGUAGE": languages[0] if languages else "", "SVARA_LANGUAGES": ",".join(languages)}
    return own | told | {"LANG": "C.UTF-8"}


def _is_written(character: str) -> bool:
    return character == "\t" or (unicodedata.category(character) not in ("Cc", "Cs") and character not in _BIDIRECTIONAL)


async def _feed(process: asyncio.subprocess.Process, wav: bytes) -> None:
    stdin = process.stdin
    assert stdin is not None  # noqa: S101  we made it
    with suppress(BrokenPipeError, ConnectionResetError):  # it need not read all
        for offset in range(0, len(wav), _PART_BYTES):
            stdin.write(wav[offset : offset + _PART_BYTES])
            await stdin.drain()
    with suppress(BrokenPipeError, ConnectionResetError):
        stdin.close()
        await stdin.wait_closed()


async def _read(process: asyncio.subprocess.Process) -> bytes:
    stdout = process.stdout
    assert stdout is not None  # noqa: S101  we made it
    printed = bytearray()
    while part := await stdout.read(_PART_BYTES):
        printed += part
        if len(printed) > MAX_OUTPUT_BYTES:
            raise Failed("the program printed too much")
    return bytes(printed)


async def _end(process: asyncio.subprocess.Process) -> None:
    """It and all that it started: nothing of it is left, however this ended."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    await process.wait()
