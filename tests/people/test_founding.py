"""The first company of an installation: who has the code makes it, once, and nobody else does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.contrib.auth import hashers
from hypothesis import given
from hypothesis import strategies as st

from svara.data import DataFolder
from svara.people import firststeps, founding, setupcode, signin
from svara.people.administration import Rejected
from svara.people.founding import Founding
from svara.people.models import Account, OfficeChange, Tenant

pytestmark = pytest.mark.django_db(transaction=True)

KARI = Founding(
    "Nordlys & Sønner AS",
    "NO",
    "Europe/Oslo",
    ("nb", "en"),
    "Kari Holm",
    "Kari.Holm@nordlys.example",
    "101",
    "a-walk-in-the-rain",
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = hashers.get_hasher()
    for name, value in (("time_cost", 1), ("memory_cost", 8), ("parallelism", 1)):
        monkeypatch.setattr(hasher, name, value)


@pytest.fixture
def code(data_folder: DataFolder) -> str:
    founding.prepare(data_folder)
    return setupcode.read(data_folder)


def test_kari_makes_the_company_and_is_its_administrator(code: str, data_folder: DataFolder) -> None:
    kari = founding.do_found(code, KARI)
    tenant = kari.tenant
    assert (tenant.slug, tenant.name, tenant.country, tenant.timezone) == (
        "nordlys-sonner-as",
        "Nordlys & Sønner AS",
        "NO",
        "Europe/Oslo",
    )
    assert (tenant.languages, tenant.demo) == (["nb", "en"], False)
    assert (kari.username, kari.extension, kari.roles) == ("kari.holm", "101", ["member", "admin"])
    assert kari.entered_by == kari.id, "she herself is where it is known from"
    found = signin.authenticate("kari.holm@nordlys.example", "a-walk-in-the-rain", "192.0.2.1")
    assert isinstance(found, Account)
    change = OfficeChange.of(kari).get()
    assert (change.account_id, change.before) == (kari.id, {})
    assert firststeps.access_steps(kari).shown
    assert not setupcode.read(data_folder), "the code is used up"


def test_the_code_opens_one_company_and_nothing_afterwards(code: str, data_folder: DataFolder) -> None:
    founding.do_found(code, KARI)
    for again in (code, "", setupcode.read(data_folder)):
        with pytest.raises(founding.Closed):
            founding.do_found(again, replace(KARI, name="Thief AS"))
        with pytest.raises(founding.Closed):
            founding.do_found_demo(again)
    founding.prepare(data_folder)
    assert not setupcode.read(data_folder), "the next start makes no new one"
    assert Tenant.objects.count() == 1


@pytest.mark.parametrize("wrong", ["", "x", "2" * 20, "\0", "é" * 300])
def test_without_the_code_nothing_is_made(code: str, wrong: str) -> None:
    with pytest.raises(founding.Closed):
        founding.do_found(wrong, KARI)
    with pytest.raises(founding.Closed):
        founding.do_found_demo(wrong)
    assert not Tenant.objects.exists()


def test_a_code_left_behind_opens_no_installation_in_use(code: str, data_folder: DataFolder) -> None:
    founding.do_found(code, KARI)
    setupcode.make(data_folder)
    left = setupcode.read(data_folder)
    assert left
    assert not founding.fits(left)


def test_the_code_may_be_typed_as_one_likes(code: str) -> None:
    assert founding.fits(f"  {code.upper().replace('-', ' ')} ")
    assert not founding.fits(code[:-1])


def test_the_code_is_for_its_owner_alone_and_stays_the_same(code: str, data_folder: DataFolder) -> None:
    assert data_folder.setup_code.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"([2-9a-kmnp-z]{5}-){3}[2-9a-kmnp-z]{5}", code)
    founding.prepare(data_folder)
    assert setupcode.read(data_folder) == code


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("country", ""),
        ("country", "no"),
        ("timezone", ""),
        ("timezone", "Oslo"),
        ("owner", ""),
        ("email", ""),
        ("email", "kari"),
        ("extension", "1"),
        ("extension", "zero"),
        ("password", ""),
        ("password", "short"),
        ("password", "kari.holm@nordlys"),
        ("name", "x" * 201),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(code: str, field: str, value: str) -> None:
    with pytest.raises(Rejected) as refused:
        founding.do_found(code, replace(KARI, **{field: value}))
    assert [fault.path for fault in refused.value.faults] == [(field,)]
    assert not Tenant.objects.exists()
    assert founding.fits(code), "it can be tried again"


def test_the_demo_office_is_one_click(code: str, data_folder: DataFolder) -> None:
    ingrid = founding.do_found_demo(code)
    assert (ingrid.username, ingrid.tenant.demo, "admin" in ingrid.roles) == ("ingrid", True, True)
    assert data_folder.demo_phones.exists(), "its phones shall run"
    assert not setupcode.read(data_folder)
    assert not firststeps.access_steps(ingrid).shown


@given(st.text(max_size=80), st.text(max_size=80), st.sets(st.sampled_from(["anna", "person", "office"])))
def test_whatever_somebody_is_called_there_is_a_user_name(name: str, email: str, taken: set[str]) -> None:
    found = founding.username_for(name, email, taken)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", found)
    assert found not in taken
    assert re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", founding.slug_for(name))


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Šárka Nováková", "sarka.novakova"),
        ("Håkon Østby", "hakon.ostby"),
        ("Анна Щукина", "anna.shchukina"),
        ("Žanete Ķirse-Bērziņa", "zanete.kirse-berzina"),
        ("Юлия Ёлкина", "yuliya.elkina"),
    ],
)
def test_names_are_spelt_as_people_would(name: str, plain: str) -> None:
    assert founding.plain(name) == plain
