"""Leaves those tests that reach the database: what touches none is proven once, whatever the database is."""

from __future__ import annotations

import pytest

_REACHES = {"db", "transactional_db"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test reaches it by a fixture, its own or one of a fixture, or by its mark."""
    others = [item for item in items if not (_REACHES & set(getattr(item, "fixturenames", ())) or _is_marked(item))]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]


def _is_marked(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None
