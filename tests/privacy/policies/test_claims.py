"""Which promise is proved is told by the tests themselves, and a promise that nobody proves is open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from svara.privacy.policies import claims
from svara.privacy.policies.claims import Claim, Proof, Standing

KARI = Claim("PHO-1", "Phonect", "asks", "consent ledger")
SOURCE = '''
import pytest


@pytest.mark.claim("PHO-1")
@pytest.mark.claim("ONC-2")
def test_one():
    assert True


@pytest.mark.claim("PHO-1")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_many(number):
    assert number < 3


@pytest.mark.claim("TB-1")
def test_not_here():
    pytest.skip("no phone")


def test_of_nothing():
    """It says mark.claim("PHO-4") and proves nothing."""
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_story.py").write_text(SOURCE)
    return tmp_path


def test_every_promise_is_told_with_its_id() -> None:
    ids = [claim.id for claim in claims.claims()]
    assert len(ids) == len(set(ids)) == 56
    assert {identity.split("-")[0] for identity in ids} == {"K2", "TB", "ADV", "PHO", "ONC"}
    assert all(claim.requirement and claim.promise for claim in claims.claims())


def test_no_test_claims_to_prove_what_nobody_promised() -> None:
    known = {claim.id for claim in claims.claims()}
    assert [(claim, test) for claim, test in claims.marks(claims.TESTS) if claim not in known] == []


def test_marks_are_read_from_the_sources_and_words_alone_are_none(project: Path) -> None:
    assert sorted(claims.marks(project / "tests")) == [
        ("ONC-2", "tests/test_story.py::test_one"),
        ("PHO-1", "tests/test_story.py::test_many"),
        ("PHO-1", "tests/test_story.py::test_one"),
        ("TB-1", "tests/test_story.py::test_not_here"),
    ]


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ((), "open"),
        (("not-run",), "not-run"),
        (("skipped",), "not-run"),
        (("passed", "skipped"), "proved"),
        (("passed", "failed"), "failed"),
        (("passed", "passed"), "proved"),
    ],
)
def test_a_promise_stands_as_its_worst_test(outcomes: tuple[claims.Outcome, ...], state: str) -> None:
    proofs = tuple(Proof(f"test_{place}", outcome) for place, outcome in enumerate(outcomes))
    assert Standing(KARI, proofs).state == state


def test_what_is_known_to_lack_a_part_is_never_shown_as_proved() -> None:
    half = Claim("PHO-10", "Phonect", "stops misuse", "fraud is noticed and stopped", lacking="fraud")
    assert Standing(half, (Proof("test_bans", "passed"),)).state == "partly"
    assert Standing(half, (Proof("test_bans", "failed"),)).state == "failed"
    assert Standing(half, ()).state == "open"


def test_results_are_kept_beside_those_of_earlier_runs(project: Path) -> None:
    results = project / "build" / "claims.json"
    one, many = "tests/test_story.py::test_one", "tests/test_story.py::test_many"
    assert {proof.outcome for proof in claims.collect(project / "tests", results)["PHO-1"]} == {"not-run"}
    claims.write_results(results, {one: "passed", many: "failed"})
    claims.write_results(results, {many: "passed", "tests/test_story.py::test_gone": "passed"})
    assert claims.collect(project / "tests", results)["PHO-1"] == (Proof(many, "passed"), Proof(one, "passed"))
    results.write_text("{half")
    assert {proof.outcome for proof in claims.collect(project / "tests", results)["PHO-1"]} == {"not-run"}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_run_of_the_tests_writes_down_what_it_proved(project: Path, workers: list[str]) -> None:
    hooks = (claims.TESTS / "conftest.py").read_text(encoding="utf-8")
    ours = hooks[hooks.index("_ended:") : hooks.index("@pytest.fixture(autouse=True)\ndef data_folder")]
    head = "from __future__ import annotations\nfrom pathlib import Path\nimport pytest\nfrom tests import order\n"
    head += "from svara.privacy.policies.claims import Outcome, write_results\nRESULTS = Path('build/claims.json')\n"
    (project / "conftest.py").write_text(head + ours)
    (project / "pytest.ini").write_text("[pytest]\nmarkers = claim(id): it\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:django", *workers]
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
    subprocess.run(command, cwd=project, env=environment, capture_output=True, check=False, timeout=60)
    assert json.loads((project / "build" / "claims.json").read_text()) == {
        "tests/test_story.py::test_one": "passed",
        "tests/test_story.py::test_many": "failed",
        "tests/test_story.py::test_not_here": "skipped",
    }


def test_an_installation_without_tests_shows_what_was_shipped(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = project / "proofs.json"
    for name, value in {"TESTS": project / "tests", "RESULTS": project / "none.json", "SHIPPED": shipped}.items():
        monkeypatch.setattr(claims, name, value)
    claims.write_results(project / "none.json", {"tests/test_story.py::test_one": "passed"})
    assert claims.ship()
    assert not claims.ship(), "it is written already"
    monkeypatch.setattr(claims, "TESTS", project / "nowhere")
    found = {each.claim.id: each.state for each in claims.standing()}
    assert (found["ONC-2"], found["TB-1"], found["PHO-4"]) == ("proved", "not-run", "open")
    shipped.unlink()
    assert {each.state for each in claims.standing()} == {"open"}
