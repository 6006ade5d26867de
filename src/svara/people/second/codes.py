"""Codes: those that an app shows (TOTP, RFC 6238) and those for when it is not at hand. Pure; time is a parameter."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

import pyotp

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""The clock of a phone may be so many steps before or behind ours (RFC 6238 section 5.2)."""
DIGITS = 6
ISSUER = "Svara"
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
"""Without i, l, o and u, which are read as something else."""
_RECOVERY_LENGTH, _GROUP = 16, 4
_TYPED = re.compile(r"[\s-]+")
MAX_TYPED = 60


def new_secret() -> str:
    """The secret of an app, base32: 160 bits, as long as the hash (RFC 4226 section 4)."""
    return pyotp.random_base32()


def address(secret: str, name: str, company: str) -> str:
    """What a QR code tells an app: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"{ISSUER} {company}".strip().replace(":", " "))


def step_of(secret: str, typed: str, now: float, last_step: int) -> int | None:
    """To which step of time a code belongs; None where it is wrong, too old, too new, or used before."""
    code = _TYPED.sub("", typed[:MAX_TYPED])
    app, here = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS), int(now) // STEP_SECONDS
    found = None
    for step in range(
        here - DRIFT_STEPS, here + DRIFT_STEPS + 1
    ):  # all of them: as long for a wrong code as for a right one
        if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()) and step > last_step:
            found = step
    return found


def looks_like_code(typed: str) -> bool:
    """Whether it can be the code of an app at all: six digits."""
    code = _TYPED.sub("", typed[:MAX_TYPED])
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def new_recovery_codes() -> list[str]:
    """Ten codes as they are shown: `abcd-efgh-jkmn-pqrs`, 80 bits each."""
    signs = ("".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES))
    return ["-".join(each[at : at + _GROUP] for at in range(0, _RECOVERY_LENGTH, _GROUP)) for each in signs]


def recovery_mark(key: str, account_id: str, typed: str) -> str:
    """What is kept of a recovery code: a keyed hash. However it was typed: with or without hyphens, in capital letters."""
    plain = _TYPED.sub("", typed[:MAX_TYPED]).lower()
    return hmac.new(key.encode(), f"recovery\0{account_id}\0{plain}".encode(), hashlib.sha256).hexdigest()
