"""Two small companies for the tests of calls: Acme (Anna, Bob, Cecilie) and Beta, which has an extension 101 of its own."""

from __future__ import annotations

import hashlib
from typing import Any

from svara.people.office import REALM, Office, Person, Phone, Tenant, Unanswered


def phone(login: str, secret: str | None = None) -> Phone:
    text = f"{login}:{REALM}:{secret or 's3cret-' + login}".encode()
    return Phone(
        login=login,
        ha1={
            "MD5": hashlib.md5(text).hexdigest(),
            "SHA-256": hashlib.sha256(text).hexdigest(),
            "SHA-512-256": hashlib.new("sha512_256", text).hexdigest(),
        },
    )


def person(username: str, extension: str, *logins: str, tenant: str = "acme", **more: Any) -> Person:
    fields: dict[str, Any] = {
        "id": f"p-{tenant}-{username}",
        "username": username,
        "name": {"anna": "Anna Berg", "bob": "Bob Lind", "cecilie": "Cecilie Dahl"}.get(username, username.title()),
        "extension": extension,
        "phones": tuple(phone(login) for login in logins or (f"{tenant}-{username}",)),
    }
    return Person(**(fields | more))


def tenant(slug: str, *people: Person, **more: Any) -> Tenant:
    return Tenant(
        id=f"t-{slug}",
        slug=slug,
        name=f"{slug.title()} AS",
        country="NO",
        timezone="Europe/Oslo",
        languages=("nb", "en"),
        people=people,
        **more,
    )


def office(**changes: dict[str, Any]) -> Office:
    """Acme and Beta; `changes` are fields of Acme's people by user name, e.g. `bob={"choice": "dnd"}`."""
    return Office(
        version=1,
        tenants=(
            tenant(
                "acme",
                person("anna", "101", "acme-anna", **changes.get("anna", {})),
                person("bob", "102", "acme-bob", "acme-bob-soft", "acme-bob-dect", **changes.get("bob", {})),
                person("cecilie", "103", "acme-cecilie", **changes.get("cecilie", {})),
                **changes.get("acme", {}),
            ),
            tenant(
                "beta",
                person("anna", "101", "beta-anna", tenant="beta"),
                person("dora", "104", "beta-dora", tenant="beta"),
            ),
        ),
    )


def goes_to(target: str, after_seconds: float = 20.0) -> dict[str, Any]:
    return {"unanswered": Unanswered(after_seconds, target)}
