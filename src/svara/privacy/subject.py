"""Whom data are about, in one word that every room can store and compare: a data subject (GDPR Article 4(1)).

`person:<account id>` is somebody who works in the company; `outside:<index>` is somebody who does not, known by a number or
address of which only a keyed hash is kept (`svara.privacy.vault`).
"""

from __future__ import annotations

from typing import NewType

Subject = NewType("Subject", str)


def person(account_id: str) -> Subject:
    """A person of the company."""
    return Subject(f"person:{account_id}")


def outside(index: str) -> Subject:
    """A person outside of it, by the blind index of a number or address."""
    return Subject(f"outside:{index}")


def account_of(subject: Subject) -> str | None:
    """The account's id; None for a person outside."""
    kind, _, key = subject.partition(":")
    return key if kind == "person" else None
