"""Which difference between two policies people have to accept anew, and which is only dated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.privacy.policies.facts import External, Facts, Use, changes, is_material

USE = Use("messages", "user.name", "outside-person", "6.1.f", "use", ("participants",), "tenant", 90, "left_at", False)
FACTS = Facts((USE,), ("voicemail",), (), (), "NO", True)


def but(**more: object) -> Use:
    return Use(**{name: getattr(USE, name) for name in USE.__struct_fields__} | more)


def with_uses(*uses: Use, **more: object) -> Facts:
    return Facts(**{name: getattr(FACTS, name) for name in FACTS.__struct_fields__} | {"uses": uses} | more)


@pytest.mark.claim("ONC-10")
@pytest.mark.claim("PHO-14")
@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (with_uses(USE, but(purpose="security")), "purpose"),
        (with_uses(USE, but(category="user.contact.email")), "data"),
        (with_uses(USE, but(subject="employee")), "data"),
        (with_uses(but(basis="6.1.a")), "basis"),
        (with_uses(but(recipients=("colleagues", "participants"))), "recipient"),
        (with_uses(but(days=91)), "retention"),
        (with_uses(but(days=None)), "retention"),
        (with_uses(USE, outsiders=(External("carrier", "itsp, sip.itsp.test", "SE"),)), "recipient"),
        (with_uses(USE, functions=(("statistics", 1),)), "function"),
        (with_uses(USE, country="US"), "place"),
        (with_uses(USE, encrypted=False), "place"),
    ],
)
def test_what_people_have_to_know_is_material(new: Facts, kind: str) -> None:
    found = changes(FACTS, new)
    assert [(change.kind, change.material) for change in found if change.material] == [(kind, True)]
    back = [change for change in changes(new, FACTS) if change.kind == kind]
    if kind not in ("basis", "place") or not new.encrypted:
        assert not is_material(back), "to do less with data asks nobody"


def test_what_stays_the_same_changes_nothing() -> None:
    assert changes(FACTS, FACTS) == ()
    assert changes(FACTS, with_uses(but(days=30)))[0].material is False
    assert not is_material(changes(FACTS, with_uses(USE, features=("voicemail", "api"))))


def test_sealing_is_better_and_unsealing_has_to_be_told() -> None:
    sealed = with_uses(but(vaulted=True))
    assert not is_material(changes(FACTS, sealed))
    assert is_material(changes(sealed, FACTS))


uses = st.builds(
    Use,
    st.sampled_from(["messages", "calls"]),
    st.sampled_from(["user.name", "user.behavior"]),
    st.sampled_from(["employee", "outside-person"]),
    st.sampled_from(["6.1.a", "6.1.b"]),
    st.just("use"),
    st.sampled_from([(), ("colleagues",), ("colleagues", "carrier")]),
    st.just("tenant"),
    st.sampled_from([None, 30, 90]),
    st.just(""),
    st.booleans(),
)


@given(st.lists(uses, max_size=6), st.lists(uses, max_size=3))
def test_a_policy_that_only_grows_never_hides_it(some: list[Use], more: list[Use]) -> None:
    before, after = with_uses(*set(some)), with_uses(*{*some, *more})
    gained = {use.about for use in after.uses} - {use.about for use in before.uses}
    assert is_material(changes(before, after)) or not gained
    assert changes(before, before) == ()
