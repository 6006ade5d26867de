"""The program that writes voice messages down, tried with a second of silence."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from tests.cli.doctor.patients import patient
from tests.voicemail.test_transcriber import HEARS_TONES

from svara.cli.doctor import transcriber
from svara.cli.doctor.model import Finding


def tried(folder: Path, line: str) -> Finding:
    return asyncio.run(transcriber.program(patient(folder, settings={"SVARA_TRANSCRIBER": line})))


def hears_tones(how: str) -> str:
    return f"'{sys.executable}' '{HEARS_TONES}' {how}"


def test_no_program_is_no_fault(tmp_path: Path) -> None:
    assert tried(tmp_path, "").state == "none"


def test_one_that_works(tmp_path: Path) -> None:
    found = tried(tmp_path, hears_tones("well"))
    assert (found.state, found.found) == ("ok", "it was started, got a second of silence and ended as it should")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("/no/such/whisper -m model", "there is no program /no/such/whisper that may be run"),
        ("'whisper", "quotation mark"),
        (hears_tones("fails"), "the program ended with 1"),
        (hears_tones("nonsense"), "no UTF-8 text"),
    ],
    ids=["no program", "no end of a quotation", "fails", "nonsense"],
)
def test_one_that_does_not(tmp_path: Path, line: str, why: str) -> None:
    found = tried(tmp_path, line)
    assert found.state == "fault"
    assert why in found.found
    assert "Kari" not in found.found


def test_one_that_is_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcriber, "TRY_SECONDS", 1.0)
    assert tried(tmp_path, hears_tones("hangs")).state == "warning"
