"""What `svara serve` notes of itself in the data folder, for other commands on the same machine: where it listens, and how
its processes fare.

The note is a help, never a lock: one of an office that was killed stays behind, so whoever reads it looks whether that
process still lives.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import msgspec

from svara.data import DataFolder, put

State = Literal["starting", "ready", "waiting"]
"""Of a process. "waiting": it ended and is started again in a moment."""


class Process(msgspec.Struct, frozen=True):
    """One process of the office."""

    role: str
    state: State
    pid: int
    started_at: float
    """Of its present run, seconds since the epoch."""
    restarts: int = 0
    last_end: str = ""
    """How it ended last, in plain words."""


class Serving(msgspec.Struct, frozen=True):
    """An office that is open, or opening."""

    pid: int
    version: str
    started_at: float
    http: str
    sip: str
    tls: str = ""
    processes: tuple[Process, ...] = ()


def note(data: DataFolder, serving: Serving) -> None:
    """Write it down. Raises OSError."""
    put(data.serving, msgspec.json.encode(serving), synced=False)


def forget(data: DataFolder) -> None:
    """The office is closed."""
    data.serving.unlink(missing_ok=True)


def read(data: DataFolder) -> Serving | None:
    """The office that serves a data folder on this machine now; None where none does."""
    try:
        serving = msgspec.json.decode(data.serving.read_bytes(), type=Serving)
        command = Path(f"/proc/{serving.pid}/cmdline").read_bytes()
    except (OSError, msgspec.MsgspecError):
        return None
    return serving if b"serve" in command else None


def setup_link(code: str, http: str) -> str:
    """Where the first company is made; `http` is where the pages are served, "" where they are not now."""
    base = os.environ.get("SVARA_URL", "").rstrip("/")
    if not base:
        host, _, port = (http or "127.0.0.1:8080").rpartition(":")
        base = f"http://{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"
    return f"{base}/start/with/{code}"


def environment(pid: int) -> dict[str, str]:
    """The settings with which a process was started, where we may see them."""
    try:
        content = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (entry.partition("=") for entry in content.decode("utf-8", "replace").split("\0"))
    return {name: value for name, _, value in pairs if name.startswith(("SVARA_", "AWS_"))}
