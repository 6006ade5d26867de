"""Functions that use personal data are off until their own person switches them on, one by one."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from svara.people import officefile, plan
from svara.people.models import Account, Tenant
from svara.privacy.functions import port, registry
from svara.privacy.functions.models import Consent
from svara.privacy.functions.registry import FUNCTIONS

INSTALLED = [key for key, function in FUNCTIONS.items() if function.available]

TEXTS = {
    "statistics": (1, "dfb8ce5888fe6b69"),
    "call_recording": (2, "c43e4c9ae8fa4a21"),
    "message_notices": (1, "d81368d6c9fe9ce5"),
    "message_transcripts": (1, "c6a7bc937e03ec9c"),
    "calendar_presence": (1, "9730c3c0bcc8cdb3"),
    "mobile_in_phonebooks": (1, "b6f678019daf3804"),
    "call_push": (1, "66da57314c86453e"),
    "call_saving": (1, "d40a56c716997a69"),
    "caller_lookup": (1, "691a054504ddbb91"),
    "location_at_press": (1, "1675771ad6b31db8"),
    "marketing": (2, "0fd019238060be47"),
    "product_updates": (2, "bef97dc355d19fac"),
    "diagnostics": (1, "5997eaec3fbd77c4"),
}
"""The version of each text, and the beginning of its SHA-256. Who changes a text raises its version in the registry and
writes both here; everybody who agreed to the old one is asked again."""

OFFICE = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, extension: "101", password: correct-horse-1, record: true, roles: [admin, agent]}
  - {username: bob, name: Bob Lund, extension: "102", password: correct-horse-2, roles: [agent, supervisor]}
queues:
  - {name: support, extension: "600", strategy: longest-idle, members: [anna, bob], record: true}
"""


def test_who_changes_a_text_raises_its_version() -> None:
    def fingerprint(text: registry.Text) -> str:
        return hashlib.sha256("\n".join((text.title, text.purpose, text.collects)).encode()).hexdigest()[:16]

    assert {key: (function.text_version, fingerprint(function.text)) for key, function in FUNCTIONS.items()} == TEXTS


@pytest.mark.claim("K2-2")
@pytest.mark.claim("K2-3")
@pytest.mark.claim("PHO-1")
def test_every_function_is_off_for_a_new_person(anna: Account) -> None:
    assert {state.function.key: state.state for state in port.states(anna)} == dict.fromkeys(FUNCTIONS, "off")
    assert [key for key in FUNCTIONS if port.enabled(anna.id, key) or port.people_with(key)] == []


@pytest.mark.claim("PHO-1")
@pytest.mark.django_db
def test_no_office_file_switches_a_function_on(tmp_path: Path) -> None:
    """Whatever the employer writes about Anna, she herself has agreed to nothing."""
    (tmp_path / "office.yaml").write_text(OFFICE)
    plan.apply(officefile.load(tmp_path / "office.yaml"))
    people = list(Account.all_tenants.all())
    assert {one.username for one in people} == {"anna", "bob"}
    assert [(one.username, key) for one in people for key in FUNCTIONS if port.enabled(one.id, key)] == []
    assert not Consent.all_tenants.exists()


@pytest.mark.claim("ADV-13")
@pytest.mark.parametrize("key", INSTALLED)
def test_a_switch_works_at_once_in_both_directions(anna: Account, bob: Account, key: str) -> None:
    assert port.do_switch(anna, key, True).enabled
    assert port.enabled(anna.id, key)
    assert port.people_with(key) == {anna.id} == port.people_with(key, anna.tenant_id)
    assert not port.enabled(bob.id, key)
    assert not port.do_switch(anna, key, False).enabled
    assert not port.enabled(anna.id, key)
    assert port.people_with(key) == frozenset()


@pytest.mark.parametrize(("refused", "kept"), list(permutations(INSTALLED, 2)))
def test_refusing_one_function_leaves_every_other_as_it_was(anna: Account, refused: str, kept: str) -> None:
    port.do_switch(anna, kept, True)
    port.do_switch(anna, refused, False)
    assert port.enabled(anna.id, kept)
    port.do_switch(anna, refused, True)
    port.do_switch(anna, refused, False)
    assert port.enabled(anna.id, kept)
    assert not port.enabled(anna.id, refused)


@pytest.mark.parametrize("key", [key for key in FUNCTIONS if key not in INSTALLED])
def test_what_is_not_installed_cannot_be_switched_on(anna: Account, key: str) -> None:
    with pytest.raises(port.NotInstalled):
        port.do_switch(anna, key, True)
    assert not Consent.all_tenants.exists()
    assert not port.do_switch(anna, key, False).enabled  # to say no is always possible


def test_a_function_that_nobody_knows_is_off_and_stays_off(anna: Account) -> None:
    assert not port.enabled(anna.id, "mind_reading")
    assert not port.enabled("nobody", registry.STATISTICS)
    with pytest.raises(port.UnknownFunction):
        port.do_switch(anna, "mind_reading", True)


def test_the_same_choice_twice_is_one_entry(anna: Account) -> None:
    first = port.do_switch(anna, registry.STATISTICS, True)
    assert port.do_switch(anna, registry.STATISTICS, True).id == first.id
    last = port.do_switch(anna, registry.STATISTICS, False)
    assert port.do_switch(anna, registry.STATISTICS, False).id == last.id
    decisions = Consent.all_tenants.order_by("number").values_list("decision", flat=True)
    assert list(decisions) == ["given", "withdrawn"]


@pytest.mark.claim("PHO-1")
def test_a_changed_text_switches_off_until_the_person_agrees_anew(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    port.do_switch(anna, registry.STATISTICS, True)
    newer = replace(FUNCTIONS[registry.STATISTICS], text_version=2)
    for module in (registry, port):
        monkeypatch.setattr(module, "FUNCTIONS", {**FUNCTIONS, registry.STATISTICS: newer})
    assert not port.enabled(anna.id, registry.STATISTICS)
    assert port.people_with(registry.STATISTICS) == frozenset()
    asked = [state.function.key for state in port.states(anna) if state.state == "asked-again"]
    assert asked == [registry.STATISTICS]
    port.do_switch(anna, registry.STATISTICS, True)
    assert port.enabled(anna.id, registry.STATISTICS)


def test_one_company_knows_nothing_of_anothers_choices(anna: Account, other_anna: Account, beta: Tenant) -> None:
    port.do_switch(anna, registry.STATISTICS, True)
    assert not port.enabled(other_anna.id, registry.STATISTICS)
    assert port.people_with(registry.STATISTICS, beta.id) == frozenset()


def test_every_function_that_is_installed_is_really_asked_for_by_code() -> None:
    """Outside of this room some code imports the function's key, and asks `enabled` or `people_with` for it."""
    names = {value: name for name, value in vars(registry).items() if name.isupper() and isinstance(value, str)}
    package = Path(registry.__file__).parents[2]
    asked = set()
    for path in package.rglob("*.py"):
        if Path(registry.__file__).parent not in path.parents:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    keys = {argument.id for argument in node.args if isinstance(argument, ast.Name)}
                    asked |= keys if node.func.id in ("enabled", "people_with") else set()
    assert {names[key] for key in INSTALLED} <= asked
    assert not {names[key] for key in FUNCTIONS if key not in INSTALLED} & asked
