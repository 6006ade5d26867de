"""The slow part of a change, before anything is locked: hashing passwords and making sounds, each once, many at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import check_password, make_password

from svara.people import sounds
from svara.people.models import new_id
from svara.people.officefile import PersonSpec
from svara.people.pin import check_pin, hash_pin


class Prepared:
    """What was worked out already is not worked out again."""

    def __init__(self) -> None:
        self.tenant_id = new_id()
        """Of a tenant that is added."""
        self.ids: dict[tuple[str, str], str] = {}
        """Ids for what is added again, by kind and name: what history says of it then is of this one."""
        self._matches: dict[tuple[str, str], bool] = {}
        self._hashes: dict[str, str] = {}
        self._pins: dict[tuple[str, str], bool] = {}
        self._sounds: dict[sounds.Wish, str] = {}

    def matches(self, encoded: str, password: str) -> bool:
        """Whether a stored hash is this password's."""
        key = encoded, password
        if key not in self._matches:
            self._matches[key] = check_password(password, encoded)
        return self._matches[key]

    def hash_for(self, person: PersonSpec) -> str:
        """A hash to store: of the password, or an unusable one for who will be invited."""
        if person.password is None:
            return make_password(None)
        if person.username not in self._hashes:
            self._hashes[person.username] = make_password(person.password)
        return self._hashes[person.username]

    def pin_differs(self, encoded: str, pin: str | None) -> bool:
        """Whether another PIN is wished than the stored hash is of; None: whatever there is."""
        if pin is None or not pin:
            return pin is not None and encoded != ""
        key = encoded, pin
        if key not in self._pins:
            self._pins[key] = check_pin(pin, encoded)
        return not self._pins[key]

    @staticmethod
    def hash_of_pin(pin: str) -> str:
        """What is stored of it; nothing of none."""
        return hash_pin(pin) if pin else ""

    def file_of(self, wish: sounds.Wish, folder: str) -> str:
        """The sound file for a wish, made now unless it was before. Raises OfficeFileError."""
        if wish not in self._sounds:
            self._sounds[wish] = sounds.make(wish, folder)
        return self._sounds[wish]

    def prepare(self, people: Iterable[PersonSpec], checks: Iterable[tuple[str, str]]) -> None:
        """Hash the passwords of `people`, and look whether those of `checks` (hash, password) match."""
        with ThreadPoolExecutor(max(2, os.cpu_count() or 2)) as pool:
            list(pool.map(lambda pair: self.matches(*pair), checks))
            list(pool.map(self.hash_for, people))
