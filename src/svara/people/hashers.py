"""How passwords are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane, as the OWASP Password Storage Cheat Sheet recommends.

    Django's own figures (100 MiB, eight lanes) cost a small server ten times the work at each try, and an office file of
    hundreds of people minutes; hashes with other figures stay valid and are renewed at the next sign-in.
    """

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1
