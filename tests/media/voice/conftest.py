"""The studio of each test."""

from pathlib import Path

import pytest
from tests.media.voice.studio import Studio


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)
