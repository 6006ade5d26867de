"""Every stored field says what it is for, and nobody can forget to say it."""

from __future__ import annotations

import pytest
from django.db import models
from django.test.utils import isolate_apps

from svara.privacy.catalogue import (
    WITH_ACCOUNT,
    Basis,
    Declaration,
    Purpose,
    Source,
    Subject,
    catalogue,
    declared,
    entries,
    not_personal,
)

NAME = Declaration("user.name", Purpose.DIRECTORY, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.EMPLOYER)


@pytest.mark.claim("PHO-2")
def test_every_field_of_every_table_is_declared() -> None:
    rows = catalogue()
    forgotten = [f"{row.model}.{row.field}" for row in rows if row.declaration is None]
    assert forgotten == []
    assert {"people.Account", "people.Phone", "sessions.Session"} <= {row.model for row in rows}


@isolate_apps("svara.people")
def test_a_forgotten_field_is_found() -> None:
    class Guest(models.Model):
        id = declared(models.BigAutoField(primary_key=True), not_personal(WITH_ACCOUNT))
        name = declared(models.CharField(max_length=100), NAME)
        shoe_size = models.IntegerField()

        class Meta:
            app_label = "people"

    assert [row.field for row in entries(Guest) if row.declaration is None] == ["shoe_size"]


@isolate_apps("svara.people")
def test_a_field_of_an_abstract_model_keeps_its_declaration() -> None:
    class Named(models.Model):
        id = declared(models.BigAutoField(primary_key=True), not_personal(WITH_ACCOUNT))
        name = declared(models.CharField(max_length=100), NAME)

        class Meta:
            abstract = True
            app_label = "people"

    class Guest(Named):
        class Meta(Named.Meta):
            abstract = False

    assert {row.field: row.declaration for row in entries(Guest)}["name"] is NAME


def test_personal_data_without_a_legal_basis_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="legal basis"):
        Declaration("user.name", Purpose.DIRECTORY, Basis.NOT_PERSONAL, WITH_ACCOUNT, Subject.EMPLOYEE, Source.EMPLOYER)
    with pytest.raises(ValueError, match="say whom"):
        Declaration("user.name", Purpose.DIRECTORY, Basis.NOT_PERSONAL, WITH_ACCOUNT, Subject.NOBODY, Source.SYSTEM)
    with pytest.raises(ValueError, match="not a data category"):
        Declaration("user.nmae", Purpose.DIRECTORY, Basis.CONTRACT, WITH_ACCOUNT, Subject.EMPLOYEE, Source.EMPLOYER)
