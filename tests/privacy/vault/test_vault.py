"""The vault as rooms use it: Anna's and Bob's content, a caller from Oslo, two companies, and keys that go."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from svara.clock import VirtualClock
from svara.data import DataFolder
from svara.privacy.subject import Subject, outside, person
from svara.privacy.vault import keyring
from svara.privacy.vault.port import KeyReceipt, Unreadable, Vault, VaultError, Why, open_vault
from svara.sealing.file import Reader, Writer

ANNA, BOB = person("a" * 32), person("b" * 32)
ACME, NORD = "1" * 32, "2" * 32
PLACE = b"history.call:17:caller_number"


def why(error: pytest.ExceptionInfo[Unreadable]) -> Why:
    return error.value.why


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    st.one_of(st.binary(max_size=400), st.sampled_from([65_535, 65_536, 65_537, 200_000]).map(bytes)), st.binary(max_size=40)
)
def test_what_is_sealed_opens_in_its_place_and_its_company_only(vault: Vault, content: bytes, context: bytes) -> None:
    sealed = vault.seal(ACME, [ANNA, BOB], content, context=context)
    assert vault.open(ACME, sealed, context=context) == content
    assert vault.open_many(ACME, [(sealed, context)]) == [content]
    for tenant, place in ((ACME, context + b"."), (NORD, context)):
        with pytest.raises(Unreadable) as error:
            vault.open(tenant, sealed, context=place)
        assert why(error) is Why.CHANGED


def test_a_number_is_nowhere_in_clear_and_never_sealed_the_same_way_twice(vault: Vault, data_folder: DataFolder) -> None:
    number = b"+4722334455"
    one, two = (vault.seal(ACME, [ANNA], number, context=PLACE) for _ in range(2))
    assert one != two
    assert number not in one
    for file in (data_folder.root / "keys").rglob("*"):
        assert not file.is_file() or number not in file.read_bytes()


@pytest.mark.parametrize("gone", [ANNA, BOB])
@pytest.mark.claim("PHO-13")
def test_content_about_two_goes_with_the_key_of_either(vault: Vault, gone: Subject) -> None:
    both = vault.seal(ACME, [ANNA, BOB], b"a talk", context=PLACE)
    kept = vault.seal(ACME, [BOB if gone is ANNA else ANNA], b"the other's", context=PLACE)
    receipt = vault.destroy(ACME, gone)
    with pytest.raises(Unreadable) as error:
        vault.open(ACME, both, context=PLACE)
    assert why(error) is Why.DESTROYED
    assert "erased" in str(error.value)
    assert vault.open(ACME, kept, context=PLACE) == b"the other's"
    assert receipt is not None
    assert vault.destroyed(ACME, receipt)
    assert receipt.matches(ACME, gone)
    assert not receipt.matches(NORD, gone)
    assert not vault.destroyed(ACME, KeyReceipt(receipt.key_id, "0" * 64, receipt.at))


def test_the_order_of_owners_does_not_matter_and_nobody_is_no_owner(vault: Vault) -> None:
    sealed = vault.seal(ACME, [BOB, ANNA, BOB], b"x", context=PLACE)
    again = vault.seal(ACME, [ANNA, BOB], b"x", context=PLACE)
    assert len(sealed) == len(again)
    assert sealed[:18] == again[:18]
    with pytest.raises(ValueError, match="owners"):
        vault.seal(ACME, [], b"x", context=PLACE)
    for hostile in ("", "person:", "index", "person:../x", "outside:a b", "person:" + "a" * 129):
        with pytest.raises(ValueError, match="subject"):
            vault.seal(ACME, [Subject(hostile)], b"x", context=PLACE)
        with pytest.raises(ValueError, match="subject"):
            vault.destroy(ACME, Subject(hostile))


@pytest.mark.claim("PHO-13")
def test_a_destroyed_key_is_in_no_file_any_more(vault: Vault, data_folder: DataFolder) -> None:
    vault.seal(ACME, [ANNA], b"x", context=PLACE)
    store = vault._store
    wrapped = store.by_subjects(ACME, [ANNA])[ANNA].wrapped
    assert wrapped is not None
    assert any(wrapped in file.read_bytes() for file in data_folder.keys.glob("keys.sqlite3*"))
    vault.destroy(ACME, ANNA)
    for file in data_folder.keys.glob("keys.sqlite3*"):
        assert wrapped not in file.read_bytes()
        assert ANNA.encode() not in file.read_bytes()


def test_who_calls_again_after_being_erased_has_a_new_key(vault: Vault) -> None:
    caller = outside(vault.index(ACME, "number", "+4722334455"))
    before = vault.seal(ACME, [caller], b"+4722334455", context=PLACE)
    first = vault.destroy(ACME, caller)
    after = vault.seal(ACME, [caller], b"+4722334455", context=PLACE)
    assert vault.open(ACME, after, context=PLACE) == b"+4722334455"
    assert [type(opened) for opened in vault.open_many(ACME, [(before, PLACE), (after, PLACE)])] == [Unreadable, bytes]
    second = vault.destroy(ACME, caller)
    assert first is not None
    assert second is not None
    assert first.key_id != second.key_id
    assert vault.destroy(ACME, caller) is None
    assert vault.destroy(NORD, caller) is None


def test_another_process_sees_within_a_second_that_a_key_is_gone(
    vault: Vault, data_folder: DataFolder, clock: VirtualClock
) -> None:
    sealed = vault.seal(ACME, [ANNA], b"x", context=PLACE)
    other = open_vault(data_folder, clock)
    assert other.open(ACME, sealed, context=PLACE) == b"x"
    vault.destroy(ACME, ANNA)
    clock.advance(keyring.CHECK_SECONDS)
    with pytest.raises(Unreadable):
        other.open(ACME, sealed, context=PLACE)
    other.close()


def test_keys_stay_in_memory_for_a_minute_and_are_not_many(
    vault: Vault, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.seal(ACME, [ANNA], b"x", context=PLACE)
    assert len(vault._keys) == 1
    clock.advance(keyring.KEEP_SECONDS)
    vault.seal(ACME, [BOB], b"x", context=PLACE)
    assert len(vault._keys) == 1
    monkeypatch.setattr(keyring, "MOST_KEYS", 10)
    sealed = vault.seal_many(ACME, [([outside(str(n))], b"x", PLACE) for n in range(50)])
    assert len(vault._keys) == 10
    assert vault.open_many(ACME, [(one, PLACE) for one in sealed]) == [b"x"] * 50


def test_many_are_sealed_and_opened_at_once_and_what_is_broken_stands_alone(vault: Vault) -> None:
    things = [([outside(f"{n % 7}")], f"+47{n}".encode(), str(n).encode()) for n in range(60)]
    sealed = vault.seal_many(ACME, things)
    assert vault.open_many(ACME, [(one, context) for one, (_, _, context) in zip(sealed, things, strict=True)]) == [
        content for _, content, _ in things
    ]
    opened = vault.open_many(
        ACME, [(sealed[0], b"0"), (b"", b"0"), (b"\x01\x01short", b"0"), (sealed[1], b"0"), (b"x" * 99, b"")]
    )
    assert opened[0] == b"+470"
    assert [isinstance(one, Unreadable) for one in opened] == [False, True, True, True, True]


def test_a_number_is_found_by_its_index_in_its_company_and_kind_only(vault: Vault) -> None:
    index = vault.index(ACME, "number", "+4722334455")
    assert len(index) == 32
    assert index == vault.index(ACME, "number", "+4722334455")
    assert len({index, *(vault.index(*of, "+4722334455") for of in ((NORD, "number"), (ACME, "mail")))}) == 3
    with pytest.raises(ValueError, match="kind"):
        vault.index(ACME, "number:", "1")
    before = index
    vault.rotate(ACME)
    vault.keeping.rotate_master()
    assert vault.index(ACME, "number", "+4722334455") == before


def test_a_file_is_sealed_by_a_process_that_has_its_key_alone(vault: Vault, tmp_path: Path) -> None:
    sound = bytes(range(256)) * 1000
    key = vault.file_key(ACME, [ANNA], context=b"message:1")
    with (tmp_path / "message").open("wb") as file, Writer(file, key) as writer:
        writer.write(sound)
    with (tmp_path / "message").open("rb") as file:
        reader = vault.reader(ACME, file, context=b"message:1")
        assert reader.read(70_000, 1000) == sound[70_000:71_000]
        head = key.head
        assert Reader(file, vault.open_file_key(ACME, head, context=b"message:1")).size == len(sound)
        vault.destroy(ACME, ANNA)
        with pytest.raises(Unreadable):
            vault.reader(ACME, file, context=b"message:1")


def test_a_file_is_written_and_read_with_the_vault(vault: Vault) -> None:
    file = io.BytesIO()
    with vault.writer(ACME, [ANNA], file, context=b"m") as writer:
        writer.write(b"hello")
    assert vault.reader(ACME, file, context=b"m").read(1, 3) == b"ell"
    assert vault.open(ACME, file.getvalue(), context=b"m") == b"hello"


def test_nothing_shows_a_key(vault: Vault, data_folder: DataFolder) -> None:
    vault.seal(ACME, [ANNA], b"x", context=PLACE)
    master = (data_folder.keys / "master").read_text().strip()
    shown = "".join(map(repr, (vault, vault._keys, vault.keeping, vault._store, vault.keeping._masters.current)))
    shown += repr(vault.keeping.status())
    assert master not in shown
    assert bytes.fromhex(master).decode("latin-1") not in shown
    for table in (vault._keys._opening, vault._keys._tenants):
        assert "AESGCM object" in repr(table)  # what holds a key in memory shows its address, not the key


def test_a_tenants_id_is_a_plain_word(vault: Vault) -> None:
    for hostile in ("", "../x", "a/b", "x" * 65, "a\0"):
        with pytest.raises(ValueError, match="tenant"):
            vault.seal(hostile, [ANNA], b"x", context=PLACE)


def test_errors_are_one_plain_sentence(data_folder: DataFolder, vault: Vault, clock: VirtualClock) -> None:
    vault.close()
    (data_folder.keys / "keys.sqlite3").write_bytes(b"no database at all, but long enough to look like one" * 100)
    with pytest.raises(VaultError, match=r"^the key store .* cannot be used"):
        open_vault(data_folder, clock)
