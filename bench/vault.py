"""The vault alone, on one core: what sealing costs beside what the processor can do, and how fast small fields are opened.

Time is the process's CPU time, as that of `openssl speed` is: another process on the core does not count.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from bench.report import Figure

from svara.data import DataFolder
from svara.people.unrecorded import INDEX_BYTES, Company, Unrecorded
from svara.privacy.subject import Subject, outside, person
from svara.privacy.vault import SystemTime
from svara.privacy.vault.port import Vault, open_vault

OBJECT_BYTES = 1_048_576
FIELDS = 100_000
PERSONS = 1_000
ROUNDS = 5
LEAST_SHARE = 60
LEAST_FIELDS = 100_000
OBJECTORS = 10_000
SLOWEST_LOOKUP_US = 20.0


def measure(folder: Path) -> list[Figure]:
    core = max(os.sched_getaffinity(0))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        with open_vault(DataFolder(folder / "data").create(), SystemTime()) as vault:
            return _objects(vault) + _fields(vault) + _cold(vault) + [objectors()]
    finally:
        os.sched_setaffinity(0, before)


def _objects(vault: Vault) -> list[Figure]:
    content, owners = os.urandom(OBJECT_BYTES), [person("a"), outside("b")]
    sealed = vault.seal("t", owners, content, context=b"c")
    sealing, opening, plain = [], [], []
    for _ in range(ROUNDS):  # in turn, because machines drift
        plain.append(_openssl())
        sealing.append(_rate(lambda: vault.seal("t", owners, content, context=b"c"), 200))
        opening.append(_rate(lambda: vault.open("t", sealed, context=b"c"), 200))
    best = max(plain)
    figures = [Figure("openssl speed aes-256-gcm, 16 kB blocks", best / 1e6, "MB/s")]
    for name, rates in (("sealing 1 MB objects", sealing), ("opening 1 MB objects", opening)):
        rate = max(rates) * OBJECT_BYTES
        figures.append(Figure(name, rate / 1e6, "MB/s"))
        figures.append(Figure(f"{name}, of openssl", 100 * rate / best, "%", LEAST_SHARE, "at least"))
    return figures


def objectors() -> Figure:
    """Whether somebody objected to being recorded, as each call asks it: one number among so many objectors."""
    key = os.urandom(32)
    indexes = frozenset(os.urandom(INDEX_BYTES) for _ in range(OBJECTORS))
    known = Unrecorded({"t": Company(key, indexes)})
    numbers = [f"+47{n:08}" for n in range(FIELDS)]
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for number in numbers:
            known.has("t", number)
        spent.append(1e6 * (time.process_time() - began) / FIELDS)
    return Figure(f"a number among {OBJECTORS:,} who objected to being recorded", min(spent), "µs", SLOWEST_LOOKUP_US)


def _fields(vault: Vault) -> list[Figure]:
    things: list[tuple[list[Subject], bytes, bytes]] = [
        ([outside(str(n % PERSONS))], f"+47{n:08}".encode(), f"history.call:{n}:caller_number".encode())
        for n in range(FIELDS)
    ]
    sealed = vault.seal_many("t", things)
    listed = [(one, context) for one, (_, _, context) in zip(sealed, things, strict=True)]
    one_by_one, pages, seals, indexes = [], [], [], []
    gc.collect()
    gc.disable()
    for _ in range(ROUNDS):
        began = time.process_time()
        for one, context in listed:
            vault.open("t", one, context=context)
        one_by_one.append(FIELDS / (time.process_time() - began))
        began = time.process_time()
        for start in range(0, FIELDS, 500):
            vault.open_many("t", listed[start : start + 500])
        pages.append(FIELDS / (time.process_time() - began))
        seals.append(_rate(lambda: vault.seal_many("t", things[:500]), 50) * 500)
        indexes.append(_rate(lambda: vault.index("t", "number", "+4722334455"), 20_000))
    gc.enable()
    return [
        Figure("small fields opened, keys warm, one by one", max(one_by_one), "1/s", LEAST_FIELDS, "at least"),
        Figure("small fields opened, keys warm, 500 at once", max(pages), "1/s", LEAST_FIELDS, "at least"),
        Figure("small fields sealed, keys warm, 500 at once", max(seals), "1/s"),
        Figure("blind indexes", max(indexes), "1/s"),
        Figure("a sealed number is longer by", len(sealed[0]) - len(things[0][1]), "bytes"),
    ]


def _cold(vault: Vault) -> list[Figure]:
    """A page of fifty persons whose keys are not in memory; and the making of keys."""
    things: list[tuple[list[Subject], bytes, bytes]] = [([outside(f"cold{n}")], b"+4722334455", b"c") for n in range(50)]
    began = time.process_time()
    sealed = [(one, b"c") for one in vault.seal_many("t", things)]
    made = time.process_time() - began
    spent = []
    for _ in range(50):
        vault.forget()
        began = time.process_time()
        vault.open_many("t", sealed)
        spent.append(time.process_time() - began)
    began = time.process_time()
    count = vault.rotate("t")
    rotated = time.process_time() - began
    return [
        Figure("50 fields of 50 persons, no key in memory", 1000 * min(spent), "ms"),
        Figure("50 fields of 50 persons who had no key, sealed", 1000 * made, "ms"),
        Figure("persons' keys wrapped anew when a company's key is renewed", count / rotated, "1/s"),
    ]


def _rate(action: Callable[[], object], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        action()
    return times / (time.process_time() - began)


def _openssl() -> float:
    """Bytes a second of the machine's own openssl, on the same core."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "-bytes", "16384", "-evp", "aes-256-gcm"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"AES-256-GCM\s+([\d.]+)k", done.stdout)
    assert found, "openssl speaks another language"
    return 1000 * float(found[1])
