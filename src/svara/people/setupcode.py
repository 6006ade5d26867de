"""The code with which the first company of an installation is made (`svara.people.founding`): 100 random bits in a file of
the data folder, for whoever starts the installation and nobody else."""

from __future__ import annotations

import hmac
import secrets

from svara.data import DataFolder, put

_SIGNS = "23456789abcdefghijkmnpqrstuvwxyz"
"""32 that nobody takes for one another."""
_GROUPS, _GROUP = 4, 5


def make(folder: DataFolder) -> None:
    """There is one from now on."""
    if not read(folder):
        code = "-".join("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        put(folder.setup_code, code.encode())


def read(folder: DataFolder) -> str:
    """The code; "" where there is none (any more)."""
    try:
        return folder.setup_code.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def forget(folder: DataFolder) -> None:
    """It opens nothing any more."""
    folder.setup_code.unlink(missing_ok=True)


def fits(folder: DataFolder, given: str) -> bool:
    """Whether this is the code, however it was typed."""
    code = read(folder)
    signs = "".join(sign for sign in given[:200].casefold() if sign.isalnum())
    return bool(code) and hmac.compare_digest(signs.encode(), code.replace("-", "").encode())
