"""Which calls may be made at all."""

from __future__ import annotations

from tests.calls.offices import office

from svara.calls.guard import FOREIGN_PHONE, PHONE_FULL, TENANT_FULL, TOO_FAST, Limits, Usage, guard, refill
from svara.calls.routing.route import Asked

ANNA = Asked("t-acme", "p-acme-anna", "acme-anna", "102")
LIMITS = Limits(calls_of_phone=2, calls_of_tenant=5, starts_per_second=10)


def test_an_ordinary_call() -> None:
    assert guard(office(), ANNA, Usage(1, 4, 1.0), LIMITS) is None


def test_a_phone_calls_only_for_its_own_person_and_company() -> None:
    usage = Usage(0, 0, 1.0)
    assert guard(office(), Asked("t-beta", "p-acme-anna", "acme-anna", "101"), usage, LIMITS) is FOREIGN_PHONE
    assert guard(office(), Asked("t-acme", "p-acme-bob", "acme-anna", "101"), usage, LIMITS) is FOREIGN_PHONE
    assert guard(office(), Asked("t-acme", "p-acme-anna", "nobody", "101"), usage, LIMITS) is FOREIGN_PHONE


def test_a_phone_and_a_company_have_a_limit_of_calls_at_once() -> None:
    assert guard(office(), ANNA, Usage(2, 2, 1.0), LIMITS) is PHONE_FULL
    assert guard(office(), ANNA, Usage(0, 5, 1.0), LIMITS) is TENANT_FULL


def test_a_phone_that_dials_like_mad_is_slowed_down_and_recovers() -> None:
    assert guard(office(), ANNA, Usage(0, 0, 0.5), LIMITS) is TOO_FAST
    assert guard(office(), ANNA, Usage(0, 0, refill(0.5, 0.1, LIMITS)), LIMITS) is None
    assert refill(9.0, 1000, LIMITS) == 10
