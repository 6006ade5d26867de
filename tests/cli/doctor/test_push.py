"""Push services, reached without waking anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.doctor.patients import patient, states
from tests.peers.pushservice import PushService
from tests.people.conftest import acme, anna
from tests.push.conftest import TurnOn, service, sign_in, turn_on

from svara.cli.doctor.push import services
from svara.people.models import Account
from svara.push.services import SETTING

__all__ = ["acme", "anna", "service", "sign_in", "turn_on"]


@pytest.mark.django_db
def test_nobody_uses_it(tmp_path: Path) -> None:
    assert states(services(patient(tmp_path))) == ["none"]


def test_a_service_that_is_there_and_then_is_not(
    tmp_path: Path, anna: Account, turn_on: TurnOn, service: PushService
) -> None:
    turn_on(anna)
    turn_on(anna)
    (found,) = services(patient(tmp_path))
    assert (found.state, found.of) == ("ok", "localhost")
    assert service.messages == [], "nobody is woken"
    service.close()
    (found,) = services(patient(tmp_path))
    assert (found.state, "not reached" in found.found) == ("fault", True)


def test_a_service_that_is_not_allowed_any_more(
    tmp_path: Path, anna: Account, turn_on: TurnOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn_on(anna)
    monkeypatch.setenv(SETTING, "")
    (found,) = services(patient(tmp_path))
    assert found.state == "warning"
