"""A machine of its own that moves from network to network: a network namespace of Linux with two ways to this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

NAME = f"svara-{os.getpid()}"
_LINKS = (f"sva{os.getpid() % 100000}", f"svb{os.getpid() % 100000}")
_NET = 64 + os.getpid() % 128
"""Of 10.x.0.0/16, so that runs beside each other do not meet."""


class Networks:
    """The two networks are 0 and 1; this machine is `address` on the first, and reached there by way of both."""

    address = f"10.{_NET}.0.1"

    def __enter__(self) -> Self:
        """Raises OSError where namespaces cannot be made."""
        try:
            _run("ip", "netns", "add", NAME)
            self._inside("ip", "link", "set", "lo", "up")
            for number, link in enumerate(_LINKS):
                _run("ip", "link", "add", link, "type", "veth", "peer", "name", f"way{number}", "netns", NAME)
                _run("ip", "address", "add", f"10.{_NET}.{number}.1/24", "dev", link)
                _run("ip", "link", "set", link, "up")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for command in (("ip", "netns", "delete", NAME), *(("ip", "link", "delete", link) for link in _LINKS)):
            subprocess.run(command, capture_output=True, check=False)

    def join(self, number: int) -> None:
        """From now on the machine goes by this network."""
        self._inside("ip", "address", "replace", f"10.{_NET}.{number}.2/24", "dev", f"way{number}")
        self._inside("ip", "link", "set", f"way{number}", "up")
        self._inside("ip", "route", "replace", "default", "via", f"10.{_NET}.{number}.1")

    def leave(self, number: int) -> None:
        """This network is gone, and the address that the machine had there."""
        self._inside("ip", "link", "set", f"way{number}", "down")
        self._inside("ip", "address", "flush", "dev", f"way{number}")

    def program(self, folder: Path, path: str) -> Path:
        """A program that runs `path` on that machine."""
        script = folder / "on-another-machine"
        script.write_text(f'#!/bin/sh\nexec nsenter --net=/run/netns/{NAME} {path} "$@"\n', "ascii")
        script.chmod(0o755)
        return script

    def _inside(self, *command: str) -> None:
        _run("ip", "netns", "exec", NAME, *command)


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except subprocess.CalledProcessError as error:
        raise OSError(error.stderr.decode("utf-8", "replace").strip()) from None
