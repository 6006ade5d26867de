"""Anna and Bob of Acme, and another Anna of Beta."""

from __future__ import annotations

from tests.people.conftest import acme, anna, beta, bob, other_anna

__all__ = ["acme", "anna", "beta", "bob", "other_anna"]
