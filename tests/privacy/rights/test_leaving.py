"""When a company is removed its keys go, and the copies of keys beside its backups lose them too."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks
from tests.history.stories import Company

from svara.data import DataFolder
from svara.privacy import vault
from svara.privacy.appendonly import removing
from svara.privacy.rights import keycopy, leaving
from svara.privacy.subject import person
from svara.privacy.vault.port import Unreadable

CONTEXT = b"doctor:1"


@pytest.mark.django_db
def test_nothing_of_a_removed_company_opens(
    acme: Company,
    beta: Company,
    data_folder: DataFolder,
    tmp_path: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    opened = vault.current()
    tenant, other = acme.tenant.id, beta.tenant.id
    sealed = opened.seal(tenant, [person(acme.bob.id)], b"hello", context=CONTEXT)
    kept = opened.seal(other, [person(beta.bob.id)], b"hello", context=CONTEXT)
    copy = keycopy.copy(data_folder, tmp_path)
    before = copy.read_bytes()
    assert leaving.left_behind([tenant, other]) == []
    assert leaving.left_behind([other]) == [tenant]  # a company that went without its keys is found

    with django_capture_on_commit_callbacks(execute=True), removing():
        acme.tenant.delete()
    with pytest.raises(Unreadable):
        opened.open(tenant, sealed, context=CONTEXT)
    assert opened.open(other, kept, context=CONTEXT) == b"hello"
    assert leaving.left_behind([other]) == []
    assert copy.read_bytes() != before
    with zipfile.ZipFile(copy) as file:
        assert tenant.encode() not in file.read(keycopy.STORE)
