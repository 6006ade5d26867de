"""Keys are renewed, held by companies themselves, and survive whatever ends a process."""

from __future__ import annotations

import base64
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svara.clock import VirtualClock
from svara.data import DataFolder
from svara.privacy.subject import outside, person
from svara.privacy.vault import keeping, keyring
from svara.privacy.vault.master import new_key, write_key
from svara.privacy.vault.port import Unreadable, Vault, VaultError, Why, open_vault

ANNA, BOB = person("a" * 32), person("b" * 32)
ACME, NORD = "1" * 32, "2" * 32
PLACE = b"history.call:17:caller_number"


@pytest.fixture
def sealed(vault: Vault) -> dict[str, bytes]:
    return {tenant: vault.seal(tenant, [ANNA], b"+4722334455", context=PLACE) for tenant in (ACME, NORD)}


def reopened(data: DataFolder, clock: VirtualClock) -> Vault:
    return open_vault(data, clock)


@pytest.mark.claim("K2-7")
def test_a_companys_key_is_renewed_and_content_is_untouched(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_AT_ONCE", 3)
    vault.seal_many(ACME, [([outside(str(n))], b"x", PLACE) for n in range(10)])
    old = vault._store.tenant_key(ACME)
    assert old is not None
    assert old.wrapped is not None
    assert vault.rotate(ACME) == 11
    assert vault.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
    with reopened(data_folder, clock) as fresh:
        assert fresh.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
        assert fresh.open(NORD, sealed[NORD], context=PLACE) == b"+4722334455"
    for file in data_folder.keys.glob("keys.sqlite3*"):
        assert old.wrapped not in file.read_bytes()
    status = {row.tenant: row for row in vault.keeping.status().tenants}
    assert (status[ACME].version, status[NORD].version, status[ACME].living, status[ACME].own) == (2, 1, 11, False)


@pytest.mark.parametrize("batches", [0, 1, 2])
def test_a_renewal_that_was_killed_loses_nothing_and_is_finished_at_the_next_start(
    vault: Vault,
    sealed: dict[str, bytes],
    data_folder: DataFolder,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
    batches: int,
) -> None:
    monkeypatch.setattr(keeping, "_AT_ONCE", 3)
    others = vault.seal_many(ACME, [([outside(str(n))], b"x", PLACE) for n in range(7)])
    rewrap = vault.keeping._rewrap_some
    done = 0

    def killed(*arguments: object) -> int:
        nonlocal done
        if done == batches:
            raise KeyboardInterrupt
        done += 1
        return rewrap(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(vault.keeping, "_rewrap_some", killed)
    with pytest.raises(KeyboardInterrupt):
        vault.rotate(ACME)
    with reopened(data_folder, clock) as fresh:
        assert fresh.open_many(ACME, [(one, PLACE) for one in others]) == [b"x"] * 7
        late = fresh.seal(ACME, [BOB], b"late", context=PLACE)
        fresh.keeping.finish()
        assert len(fresh._store.tenant_keys()) == 2
        assert fresh.open_many(ACME, [(one, PLACE) for one in (*others, sealed[ACME], late)])[-2:] == [
            b"+4722334455",
            b"late",
        ]


def test_a_process_that_still_has_the_old_key_in_memory_makes_new_ones_under_the_new(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock
) -> None:
    other = reopened(data_folder, clock)
    assert other.open(ACME, sealed[ACME], context=PLACE)
    vault.rotate(ACME)
    late = other.seal(ACME, [BOB], b"late", context=PLACE)
    assert vault.open(ACME, late, context=PLACE) == b"late"
    other.close()


@pytest.mark.claim("K2-7")
def test_the_master_key_is_renewed_and_running_processes_follow(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock
) -> None:
    other = reopened(data_folder, clock)
    other.seal(ACME, [BOB], b"x", context=PLACE)
    before = (data_folder.keys / "master").read_bytes()
    assert vault.keeping.rotate_master() == 2
    assert (data_folder.keys / "master").read_bytes() != before
    assert (data_folder.keys / "master").stat().st_mode & 0o777 == 0o600
    clock.advance(keyring.KEEP_SECONDS)
    for one in (vault, other):
        assert one.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
    assert other.seal("3" * 32, [ANNA], b"a company that is new", context=PLACE)
    other.close()


def test_a_renewal_of_the_master_key_that_was_killed_is_finished(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # before the companies' keys are wrapped anew
        patch.setattr(vault.keeping._store, "rewrap_tenant_key", killed)
        with pytest.raises(KeyboardInterrupt):
            vault.keeping.rotate_master()
    with reopened(data_folder, clock) as fresh:
        assert fresh.open(ACME, sealed[ACME], context=PLACE)
        fresh.keeping.finish()
        assert not (data_folder.keys / "master.new").exists()
    with monkeypatch.context() as patch:  # after that, before the new key takes the old one's place
        write = Path.replace
        patch.setattr(Path, "replace", lambda place, to: killed() if place.name == "master.new" else write(place, to))
        with pytest.raises(KeyboardInterrupt):
            vault.keeping.rotate_master()
    with reopened(data_folder, clock) as fresh:
        assert fresh.open(ACME, sealed[ACME], context=PLACE)
        fresh.keeping.finish()
        assert not (data_folder.keys / "master.new").exists()
    with reopened(data_folder, clock) as fresh:
        assert fresh.open(ACME, sealed[ACME], context=PLACE)


@pytest.mark.claim("K2-7")
def test_a_company_brings_its_key_and_takes_it_away(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock
) -> None:
    key = new_key()
    assert vault.keeping.bring(ACME, key) == 1
    assert vault.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
    with pytest.raises(VaultError, match="holds its own key"):
        vault.rotate(ACME)
    other = reopened(data_folder, clock)
    assert other.open(ACME, sealed[ACME], context=PLACE)

    vault.keeping.take_away(ACME)
    clock.advance(keyring.CHECK_SECONDS)
    for one in (vault, other):
        for attempt in (
            lambda one=one: one.open(ACME, sealed[ACME], context=PLACE),
            lambda one=one: one.seal(ACME, [BOB], b"x", context=PLACE),
            lambda one=one: one.index(ACME, "number", "+4722334455"),
        ):
            with pytest.raises(Unreadable, match="the company has taken its key away") as error:
                attempt()
            assert error.value.why is Why.AWAY
        assert one.open(NORD, sealed[NORD], context=PLACE) == b"+4722334455"
    assert [row.here for row in vault.keeping.status().tenants if row.tenant == ACME] == [False]
    assert all(key.hex().encode() not in file.read_bytes() for file in data_folder.keys.rglob("*") if file.is_file())
    with pytest.raises(VaultError, match="not here"):
        vault.keeping.take_away(ACME)
    with pytest.raises(Unreadable):
        vault.keeping.bring(ACME, new_key())
    with pytest.raises(Unreadable):
        vault.keeping.keep(ACME)

    assert vault.keeping.bring(ACME, key) == 0
    clock.advance(keyring.CHECK_SECONDS)
    assert other.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
    assert vault.keeping.bring(ACME, new_key()) == 1
    assert vault.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
    assert vault.keeping.keep(ACME) == 1
    assert list((data_folder.keys / "tenants").iterdir()) == []
    assert vault.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
    with pytest.raises(VaultError, match="already"):
        vault.keeping.keep(ACME)
    with pytest.raises(VaultError, match="bring one first"):
        vault.keeping.take_away(NORD)
    other.close()


def test_keys_that_are_missing_wrong_or_open_to_others_are_named(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock
) -> None:
    vault.close()
    master = data_folder.keys / "master"
    right = master.read_bytes()
    for spoil, words in (
        (master.unlink, "is missing"),
        (lambda: write_key(master, new_key()), "another one"),
        (lambda: master.write_bytes(b"short"), "64 hex digits"),
        (lambda: master.chmod(0o640), "mode 0600"),
    ):
        spoil()
        with reopened(data_folder, clock) as fresh:
            with pytest.raises(Unreadable) as error:
                fresh.open(ACME, sealed[ACME], context=PLACE)
            assert error.value.why is Why.LOCKED
            with pytest.raises(VaultError, match=words):
                fresh.keeping.finish()
            assert words in fresh.keeping.status().fault
    master.chmod(0o600)
    master.write_bytes(right)
    with reopened(data_folder, clock) as fresh:
        assert fresh.open(ACME, sealed[ACME], context=PLACE)


def kms_uri() -> str:
    """A key of Tink's key management service for tests."""
    import tink
    from tink import aead, secret_key_access
    from tink.testing import fake_kms

    aead.register()
    keys = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    uri = "fake-kms://" + base64.urlsafe_b64encode(
        tink.proto_keyset_format.serialize(keys, secret_key_access.TOKEN)
    ).decode().rstrip("=")
    fake_kms.register_client(uri)
    return uri


def test_the_master_key_may_live_in_a_key_management_service(
    tmp_path: Path, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, uri = DataFolder(tmp_path / "office").create(), kms_uri()
    monkeypatch.setenv("SVARA_MASTER_KEY_URI", uri)
    with reopened(data, clock) as vault:
        sealed = vault.seal(ACME, [ANNA], b"x", context=PLACE)
        assert not (data.keys / "master").exists()
    with reopened(data, clock) as vault:
        assert vault.open(ACME, sealed, context=PLACE) == b"x"
        with pytest.raises(VaultError, match="renewed there"):
            vault.keeping.rotate_master()
        assert vault.keeping.rotate_master(data.keys / "master") == 1
        assert vault.open(ACME, sealed, context=PLACE) == b"x"
    monkeypatch.delenv("SVARA_MASTER_KEY_URI")
    with reopened(data, clock) as vault:
        assert vault.open(ACME, sealed, context=PLACE) == b"x"
        assert vault.keeping.rotate_master(uri) == 1
    with pytest.raises(VaultError, match="of no use"):
        open_vault(DataFolder(tmp_path / "other").create(), clock, master_key="fake-kms://nobody-registered-this")
    monkeypatch.setenv("SVARA_MASTER_KEY_URI", uri)
    with reopened(data, clock) as vault:
        assert vault.open(ACME, sealed, context=PLACE) == b"x"


BUSY = """
import random, sys
from pathlib import Path
from svara.data import DataFolder
from svara.privacy.subject import outside
from svara.privacy.vault import SystemTime
from svara.privacy.vault.port import open_vault
vault = open_vault(DataFolder(Path(sys.argv[1])), SystemTime())
vault.keeping.finish()
for n in range(10_000):
    name = f"{sys.argv[2]}-{n}"
    sealed = vault.seal("t", [outside(name)], name.encode(), context=b"place")
    print(name, sealed.hex(), flush=True)
    if n % 5 == 4:
        vault.rotate("t")
    if n % 7 == 6:
        vault.keeping.rotate_master()
    if n % 3 == 2:
        print("going", name, flush=True)
        vault.destroy("t", outside(name))
        print("gone", name, flush=True)
"""


def test_processes_that_are_killed_at_any_moment_lose_no_key_that_sealed_something(
    data_folder: DataFolder, clock: VirtualClock
) -> None:
    """Two processes at a time make, renew and destroy keys, and are killed."""
    dice = random.Random(7)
    said: list[str] = []
    for life in range(3):
        some = [
            subprocess.Popen(
                [sys.executable, "-c", BUSY, str(data_folder.root), f"{life}-{one}"],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            for one in range(2)
        ]
        for process in some:
            assert process.stdout is not None
            said.append(process.stdout.readline())
        time.sleep(dice.uniform(0.02, 0.3))
        for process in some:
            process.send_signal(signal.SIGKILL)
            said += process.communicate()[0].splitlines()
            assert process.returncode == -signal.SIGKILL
    sealed, going, gone = {}, set(), set()
    for line in said:
        words = line.split()
        if len(words) != 2:
            continue
        if words[0] in {"going", "gone"}:
            (going if words[0] == "going" else gone).add(words[1])
        else:
            sealed[words[0]] = words[1]
    assert len(sealed) > 6
    with reopened(data_folder, clock) as vault:
        vault.keeping.finish()
        for name, text in sealed.items():
            if len(text) % 2:
                continue  # the line was cut by the kill
            [opened] = vault.open_many("t", [(bytes.fromhex(text), b"place")])
            if name in gone:
                assert isinstance(opened, Unreadable)
            elif name not in going and len(text) == 2 * (86 + len(name)):
                assert opened == name.encode()


def test_a_company_that_is_gone_has_no_keys_any_more(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder, clock: VirtualClock
) -> None:
    with reopened(data_folder, clock) as other:
        assert other.open(ACME, sealed[ACME], context=PLACE) == b"+4722334455"
        assert vault.keeping.end(ACME) == 1
        clock.advance(keyring.CHECK_SECONDS + 0.1)
        for each in (vault, other):
            with pytest.raises(Unreadable):
                each.open(ACME, sealed[ACME], context=PLACE)
            assert each.open(NORD, sealed[NORD], context=PLACE) == b"+4722334455"
    assert [row.tenant for row in vault.keeping.status().tenants] == [NORD]
    assert vault.keeping.end(ACME) == 0


def test_a_company_that_held_its_own_key_and_is_gone(
    vault: Vault, sealed: dict[str, bytes], data_folder: DataFolder
) -> None:
    vault.keeping.bring(ACME, new_key())
    assert len(list((data_folder.keys / "tenants").iterdir())) == 1
    assert vault.keeping.end(ACME) == 1
    assert list((data_folder.keys / "tenants").iterdir()) == []


def test_the_key_of_the_role_calls_is_made_once_and_outlives_a_new_master_key(
    vault: Vault, data_folder: DataFolder, clock: VirtualClock
) -> None:
    key = vault.keeping.role_key()
    assert len(key) == 32
    vault.keeping.rotate_master()
    assert vault.keeping.role_key() == key
    with reopened(data_folder, clock) as fresh:
        assert fresh.keeping.role_key() == key
    for file in data_folder.keys.glob("keys.sqlite3*"):
        assert key not in file.read_bytes(), "it is wrapped"
    (data_folder.keys / "master").unlink()
    with reopened(data_folder, clock) as locked, pytest.raises(VaultError, match="missing"):
        locked.keeping.role_key()
