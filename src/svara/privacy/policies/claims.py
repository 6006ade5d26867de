"""What is promised, and which tests prove it.

The promises of five published policies stand in `claims.json`. A test that proves one is marked with its id
(`@pytest.mark.claim("PHO-4")`); every run of the tests writes down how those ended. In a checkout marks and results are read
as they are; an installation shows `proofs.json`, which is made from them when the package is built
(`python -m svara.web.build`). A promise without a passing test is open, and shown as open; one of which a part is known to
be lacking is never shown as proved.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from svara.data import put

ROOT = Path(__file__).resolve().parents[4]
"""The checkout, where there is one."""
TESTS, RESULTS = ROOT / "tests", ROOT / "build" / "claims.json"
SHIPPED = Path(__file__).resolve().with_name("proofs.json")
_MARK = "mark.claim("

Outcome = Literal["passed", "failed", "skipped", "not-run"]
State = Literal["proved", "partly", "failed", "not-run", "open"]


class Claim(msgspec.Struct, frozen=True):
    """A promise: what a published policy says, and what Svara must do by running code for it to be true.

    `lacking` says what of that nobody has built or proved yet, though tests prove the rest: whoever does so takes it out.
    """

    id: str
    product: str
    promise: str
    requirement: str
    lacking: str = ""


class Proof(msgspec.Struct, frozen=True, order=True):
    """A test (file and function) and how it ended the last time that it ran."""

    test: str
    outcome: Outcome


class Standing(msgspec.Struct, frozen=True):
    """A promise with the tests that prove it."""

    claim: Claim
    proofs: tuple[Proof, ...]

    @property
    def state(self) -> State:
        """Proved when at least one test passed, none failed, and nothing is known to be lacking."""
        outcomes = {proof.outcome for proof in self.proofs}
        if not outcomes:
            return "open"
        if "failed" in outcomes:
            return "failed"
        if "passed" not in outcomes:
            return "not-run"
        return "partly" if self.claim.lacking else "proved"


@cache
def claims() -> tuple[Claim, ...]:
    """Every promise, in the order of the policies."""
    return msgspec.json.decode(resources.files(__package__).joinpath("claims.json").read_bytes(), type=tuple[Claim, ...])


def standing() -> tuple[Standing, ...]:
    """Every promise with its proofs: from the tests where they are, else from what was shipped."""
    proofs = collect(TESTS, RESULTS) if TESTS.is_dir() else _shipped()
    return tuple(Standing(claim, proofs.get(claim.id, ())) for claim in claims())


def ship() -> bool:
    """Write down what an installation shall show; False where it is written already."""
    wanted = msgspec.json.encode(collect(TESTS, RESULTS), order="deterministic")
    if SHIPPED.exists() and SHIPPED.read_bytes() == wanted:
        return False
    put(SHIPPED, wanted)
    return True


def collect(tests: Path, results: Path) -> dict[str, tuple[Proof, ...]]:
    """The proofs of each promise: marks from the tests' sources, outcomes from the file of results."""
    outcomes = read_results(results)
    found: dict[str, set[Proof]] = {}
    for claim, test in _read_once(tests):
        found.setdefault(claim, set()).add(Proof(test, outcomes.get(test, "not-run")))
    return {claim: tuple(sorted(proofs)) for claim, proofs in sorted(found.items())}


def marks(tests: Path) -> Iterator[tuple[str, str]]:
    """Every mark in the sources of tests: the promise's id, and the test ("tests/sip/test_message.py::test_it_parses")."""
    for path in sorted(tests.rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        if _MARK not in source:
            continue
        place = f"{tests.name}/{path.relative_to(tests).as_posix()}"
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((claim, f"{place}::{node.name}") for claim in _claimed(node))


@cache
def _read_once(tests: Path) -> tuple[tuple[str, str], ...]:
    """The marks, as they were when this process first asked: to read all sources takes a second."""
    return tuple(marks(tests))


def read_results(results: Path) -> Mapping[str, Outcome]:
    """How tests ended, by name; nothing where nobody has run them."""
    try:
        return msgspec.json.decode(results.read_bytes(), type=dict[str, Outcome])
    except (OSError, msgspec.MsgspecError):
        return {}


def write_results(results: Path, ended: Mapping[str, Outcome]) -> None:
    """Add how tests ended to what is known of the others."""
    put(results, msgspec.json.encode({**read_results(results), **ended}, order="deterministic"))


def _claimed(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for each in node.decorator_list:
        if isinstance(each, ast.Call) and ast.unparse(each.func).endswith(_MARK.removesuffix("(")):
            yield from (word.value for word in each.args if isinstance(word, ast.Constant) and isinstance(word.value, str))


def _shipped() -> dict[str, tuple[Proof, ...]]:
    try:
        return msgspec.json.decode(SHIPPED.read_bytes(), type=dict[str, tuple[Proof, ...]])
    except (OSError, msgspec.MsgspecError):
        return {}
