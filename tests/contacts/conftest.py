"""Anna and Bob work at Acme in Norway, another Anna at Beta in Sweden."""

from __future__ import annotations

from tests.people.conftest import acme, anna, beta, bob, other_anna

__all__ = ["acme", "anna", "beta", "bob", "other_anna"]
