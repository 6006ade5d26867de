"""A new office gets its tables in a few long steps, one of long ago by many short ones: both say the same.

That both come to the same tables is proven with an office of long ago (`tests/privacy/old_words.py`).
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from tests import migrated


@pytest.mark.django_db
def test_the_long_steps_say_the_same_as_the_short_ones() -> None:
    long, short = MigrationLoader(None), migrated.one_by_one(connection).loader
    replaced = {step for squashed in long.replacements.values() for step in squashed.replaces}
    assert replaced == short.graph.nodes.keys() - long.graph.nodes.keys()
    assert long.graph.nodes.keys() - short.graph.nodes.keys() == long.replacements.keys() != set()
    assert long.project_state() == short.project_state()
