"""Tests wait longer on a busy machine, and not for ever."""

import pytest

from .patience import patience


@pytest.mark.parametrize(("load", "seconds"), [(0.0, 10), (2.0, 10), (6.0, 30), (10.0, 50), (400.0, 50)])
def test_who_waits_waits_as_long_as_others_make_it(monkeypatch: pytest.MonkeyPatch, load: float, seconds: float) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert patience(10) == seconds
