"""LDAP as phones speak it: messages and filters to the octet, what a search finds, and that garbage gets nowhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.phonebooks.entries import Entry
from svara.phonebooks.ldap import ber, directory, filters, messages
from svara.phonebooks.ldap.ber import BerError
from svara.phonebooks.ldap.filters import All, Equal, Not, Ordered, Present, Some, Substrings, Unknown
from svara.phonebooks.ldap.messages import Bind, Message, Result, Search, Unbind, Writing

ANNA = Entry("a1", "person", "Anna Nováková", "101", ("+4721000009",), "+4790000001", "anna@acme.test")
BOB = Entry("b2", "person", "Bob Østby Lund", "102")
SUPPORT = Entry("s3", "queue", "support", "600")
BOOK = directory.Directory((ANNA, BOB, SUPPORT), "acme", "Acme AS")


def substrings(name: str, *parts: tuple[int, str]) -> bytes:
    inner = ber.encode_all(ber.SEQUENCE, (ber.encode_text(text, tag) for tag, text in parts))
    return ber.encode(0xA4, ber.encode_text(name) + inner)


def equal(name: str, value: str, tag: int = 0xA3) -> bytes:
    return ber.encode(tag, ber.encode_text(name) + ber.encode_text(value))


def present(name: str) -> bytes:
    return ber.encode_text(name, 0x87)


def message(operation: bytes, id_: int = 7, controls: bytes = b"") -> bytes:
    return ber.encode(ber.SEQUENCE, ber.encode_number(id_) + operation + controls)


def search_of(
    asked: bytes, base: str = "o=acme", scope: int = 2, limit: int = 0, attributes: tuple[str, ...] = (), types: bool = False
) -> bytes:
    head = ber.encode_text(base) + ber.encode_number(scope, ber.ENUMERATED) + ber.encode_number(0, ber.ENUMERATED)
    limits = ber.encode_number(limit) + ber.encode_number(5) + ber.encode(ber.BOOLEAN, b"\xff" if types else b"\0")
    wanted = ber.encode_all(ber.SEQUENCE, map(ber.encode_text, attributes))
    return message(ber.encode(0x63, head + limits + asked + wanted))


def read_filter(data: bytes) -> filters.Filter:
    return filters.read(*ber.one(ber.values(data)))


def found(asked: bytes, **more: object) -> tuple[list[str], Result]:
    """The names that a search finds."""
    request = messages.read(search_of(asked, **more)).operation  # type: ignore[arg-type]
    assert isinstance(request, Search)
    told, result = BOOK.search(7, request)
    return [told_entry(each)[0] for each in told], result


def told_entry(data: bytes) -> tuple[str, dict[str, list[str]]]:
    """An entry as it was told: its cn (or its name), and attributes."""
    [(_sequence, whole)] = ber.values(data)
    _id, (tag, content) = ber.values(whole)
    assert tag == 0x64
    (_octets, name), (_list, listed) = ber.values(content)
    attributes = {}
    for _tag, each in ber.values(listed):
        (_octets, key), (_set, given) = ber.values(each)
        attributes[key.decode()] = [value.decode() for _tag, value in ber.values(given)]
    return (attributes.get("cn") or [name.decode()])[0], attributes


def test_a_bind_is_read_as_openldap_writes_it() -> None:
    # ldapsearch -x -D uid=anna,o=acme -w s3cret
    data = bytes.fromhex("3021 020101 601c 020103 040f 7569643d616e6e612c6f3d61636d65 8006 733363726574")
    assert messages.read(data) == Message(1, Bind(3, "uid=anna,o=acme", "s3cret"))
    ours = ber.encode(0x60, ber.encode_number(3) + ber.encode_text("uid=anna,o=acme") + ber.encode_text("s3cret", 0x80))
    assert messages.read(message(ours, 1)) == Message(1, Bind(3, "uid=anna,o=acme", "s3cret"))
    by_sasl = ber.encode(0x60, ber.encode_number(3) + ber.encode_text("") + ber.encode(0xA3, b""))
    assert messages.read(message(by_sasl)).operation == Bind(3, "", None)
    assert messages.read(message(b"\x42\x00")).operation == Unbind()
    assert messages.read(message(b"\x4a\x03abc")).operation == Writing(0x6B)


def test_filters_that_phones_send_are_read() -> None:
    yealink = ber.encode(0xA1, substrings("cn", (0x80, "An")) + substrings("sn", (0x80, "An")))
    with_number = ber.encode(0xA0, yealink + ber.encode(0xA2, equal("objectClass", "group")) + present("telephoneNumber"))
    assert read_filter(with_number) == All(
        (
            Some((Substrings("cn", "an"), Substrings("sn", "an"))),
            Not(Equal("objectclass", "group")),
            Present("telephonenumber"),
        )
    )
    assert read_filter(equal("CN;lang-nb", "Åse", 0xA8)) == Equal("cn", "ase")
    assert read_filter(equal("sn", "b", 0xA5)) == Ordered("sn", "b", at_least=True)
    assert read_filter(ber.encode(0xA9, b"")) == Unknown()


def test_searches_find_without_case_accents_and_spaces() -> None:
    assert found(substrings("cn", (0x80, "ANNA nov"))) == (["Anna Nováková"], Result.SUCCESS)
    assert found(substrings("sn", (0x80, "novak")))[0] == ["Anna Nováková"]
    assert found(substrings("displayName", (0x81, "ost"), (0x82, "lund")))[0] == ["Bob Østby Lund"]
    assert found(equal("telephoneNumber", "+47 21 00-00 09"))[0] == ["Anna Nováková"]
    assert found(equal("mobile", "+4790000001"))[0] == ["Anna Nováková"]
    assert found(substrings("telephoneNumber", (0x81, "60")))[0] == ["support"]
    assert found(present("mail"))[0] == ["Anna Nováková"]
    assert found(equal("objectClass", "inetOrgPerson"))[0] == ["Anna Nováková", "Bob Østby Lund", "support"]
    assert found(ber.encode(0xA1, b"")) == ([], Result.SUCCESS)
    assert len(found(ber.encode(0xA0, b""))[0]) == 3


def test_what_no_entry_has_is_undefined_and_its_opposite_too() -> None:
    unknown = equal("userPassword", "x")
    assert found(unknown)[0] == found(ber.encode(0xA2, unknown))[0] == []
    assert found(ber.encode(0xA1, unknown + present("cn")))[0] != []
    assert found(ber.encode(0xA0, unknown + present("cn")))[0] == []
    assert found(ber.encode(0xA2, present("mail")))[0] == ["Bob Østby Lund", "support"]
    assert found(equal("sn", "m", 0xA5))[0] == ["Anna Nováková", "support"]
    assert found(equal("sn", "m", 0xA6))[0] == ["Bob Østby Lund"]


def test_bases_scopes_and_limits() -> None:
    everybody = present("objectClass")
    assert len(found(everybody, base="")[0]) == len(found(everybody, base="O = Acme", scope=1)[0]) == 3
    assert found(everybody, scope=0) == ([], Result.SUCCESS)
    assert found(everybody, base="uid=a1,o=acme", scope=0)[0] == ["Anna Nováková"]
    assert found(everybody, base="uid=a1,o=acme", scope=1)[0] == []
    assert found(everybody, base="o=beta") == ([], Result.NO_SUCH_OBJECT)
    assert found(everybody, limit=2) == (["Anna Nováková", "Bob Østby Lund"], Result.SIZE_LIMIT_EXCEEDED)
    assert found(everybody, limit=3)[1] == Result.SUCCESS
    [name], _result = found(everybody, base="", scope=0)
    assert name == ""


def test_what_is_asked_for_is_told_and_nothing_else() -> None:
    def told(**more: object) -> dict[str, list[str]]:
        request = messages.read(search_of(equal("uid", "a1"), **more)).operation  # type: ignore[arg-type]
        assert isinstance(request, Search)
        [entry], _result = BOOK.search(7, request)
        return told_entry(entry)[1]

    assert told()["telephoneNumber"] == ["101", "+4721000009"]
    assert told(attributes=("*",)) == told()
    assert told()["objectClass"][-1] == "inetOrgPerson"
    assert told(attributes=("SN", "mobile", "userPassword")) == {"sn": ["Nováková"], "mobile": ["+4790000001"]}
    assert told(attributes=("1.1",)) == {}
    assert told(attributes=("cn",), types=True) == {"cn": []}


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("anna", "anna"),
        ("anna@acme", "anna@acme"),
        ("anna@acme.test", "anna@acme.test"),
        ("uid=anna,o=acme", "anna@acme"),
        ("CN = Anna , O = acme", "anna@acme"),
        ("cn=anna", "anna"),
        ("uid=anna@acme,o=acme", "anna@acme"),
        ("uid=,o=acme", "@acme"),
        ("=", ""),
        ("ou=x", ""),
    ],
)
def test_whom_a_bind_means(name: str, login: str) -> None:
    assert directory.login_of(name) == login


def test_a_critical_control_is_not_passed_over() -> None:
    def with_control(critical: bytes) -> Message:
        control = ber.encode_all(ber.SEQUENCE, (ber.encode_text("1.2.840.113556.1.4.319"), critical, ber.encode_text("x")))
        return messages.read(search_of(present("cn"))[:0] + message(b"\x42\x00", 7, ber.encode(0xA0, control)))

    assert with_control(ber.encode(ber.BOOLEAN, b"\xff")).critical
    assert not with_control(ber.encode(ber.BOOLEAN, b"\0")).critical
    assert not with_control(b"").critical


def deep(levels: int) -> bytes:
    inner = present("cn")
    for _level in range(levels):
        inner = ber.encode(0xA2, inner)
    return inner


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x31\x00",
        b"\x1f\x81\x00",
        message(b"\x42\x00", 0),
        message(b"\x7f\x00"),
        message(b"\x60\x03\x02\x01\x03"),
        message(b"\x63\x00"),
        search_of(deep(filters.MAX_DEPTH)),
        search_of(deep(1000)),
        search_of(ber.encode(0xA1, present("cn") * (filters.MAX_PARTS + 1))),
        search_of(b"\xaf\x00"),
        search_of(ber.encode(0xA2, b"")),
        search_of(substrings("cn", (0x80, "a"), (0x80, "b"))),
        search_of(substrings("cn", (0x99, "a"))),
        search_of(present("cn"), scope=3),
        search_of(present("cn"), limit=-1),
        search_of(present("cn"), attributes=("cn",) * (messages.MAX_ATTRIBUTES + 1)),
    ],
)
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(BerError):
        messages.read(data)


@given(st.binary(max_size=400))
def test_garbage_is_refused_in_order(data: bytes) -> None:
    for wrapped in (data, message(data), search_of(data), message(ber.encode(0x63, data)), message(ber.encode(0x60, data))):
        try:
            messages.read(wrapped)
        except BerError:
            continue


leaves = st.one_of(
    st.builds(present, st.sampled_from(["cn", "sn", "mail", "xyz"])),
    st.builds(
        equal, st.sampled_from(["cn", "telephoneNumber", "xyz"]), st.text(max_size=10), st.sampled_from([0xA3, 0xA5, 0xA6])
    ),
    st.builds(lambda text: substrings("cn", (0x80, text)), st.text(max_size=5)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: ber.encode(0xA0, b"".join(parts))),
        st.lists(inner, max_size=4).map(lambda parts: ber.encode(0xA1, b"".join(parts))),
        inner.map(lambda part: ber.encode(0xA2, part)),
    ),
    max_leaves=12,
)


@given(trees)
def test_a_filter_and_its_opposite_never_both_hold(tree: bytes) -> None:
    try:
        asked, opposite = read_filter(tree), read_filter(ber.encode(0xA2, tree))
    except BerError:
        return
    for entry in BOOK.entries:
        read = directory._reader(entry, "Acme AS")
        one, other = filters.holds(asked, read), filters.holds(opposite, read)
        assert (one, other) in {(True, False), (False, True), (None, None)}


@given(st.integers(-(2**31), 2**31 - 1))
def test_numbers_are_read_as_they_were_written(value: int) -> None:
    assert ber.number(ber.values(ber.encode_number(value))) == value


@given(st.binary(max_size=70_000))
def test_values_are_read_as_they_were_written(content: bytes) -> None:
    data = ber.encode(ber.OCTETS, content)
    assert list(ber.values(data)) == [(ber.OCTETS, content)]
    head = ber.length_of(data[:6])
    assert head is not None
    assert sum(head) == len(data)
