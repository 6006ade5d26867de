"""The operator's program gets a sound and prints words; whatever else it does, it is ended, and nothing of it is left."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from svara.media.sounds.form import to_wav
from svara.voicemail.transcriber import MAX_CHARACTERS, Failed, cleaned, command_of, text_of, write_down

HEARS_TONES = Path(__file__).with_name("hears_tones.py")


def tone(hz: float, seconds: float = 2.0) -> bytes:
    """A WAV file with one tone."""
    return to_wav((8000 * np.sin(np.arange(int(seconds * 16_000)) * 2 * np.pi * hz / 16_000)).astype(np.int16))


def written(how: str = "well", wav: bytes = b"", limit_seconds: float = 20.0, log: Path | None = None) -> str:
    command = (sys.executable, str(HEARS_TONES), how, *([str(log)] if log is not None else []))
    return asyncio.run(write_down(command, wav or tone(440), ["nb", "en"], limit_seconds=limit_seconds))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("hz", [300, 440, 1250])
def test_what_is_heard_is_written(hz: int) -> None:
    assert written(wav=tone(hz)) == f"A tone of {hz} hertz, in nb"


def test_silence_is_no_failure() -> None:
    silence = to_wav(np.zeros(16_000, np.int16))
    assert written("slowly", silence) == ""


def test_a_long_message_goes_through_whole(tmp_path: Path) -> None:
    """The longest that anybody can leave is more than a pipe holds."""
    del tmp_path
    assert written(wav=tone(600, 180)) == "A tone of 600 hertz, in nb"


def test_a_program_that_hangs_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Failed, match="did not come to an end within 2 s"):
        written("hangs", limit_seconds=2, log=tmp_path / "started")
    assert time.monotonic() - began < 8
    [pid] = (tmp_path / "started").read_text(encoding="utf-8").split()
    assert not is_running(int(pid))


def test_a_program_that_never_stops_printing_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="printed too much"):
        written("endless", log=tmp_path / "started")
    [pid] = (tmp_path / "started").read_text(encoding="utf-8").split()
    assert not is_running(int(pid))


def test_nonsense_is_no_text() -> None:
    with pytest.raises(Failed, match=r"no UTF-8 text"):
        written("nonsense")


def test_an_exit_code_is_a_failure_whatever_was_printed() -> None:
    with pytest.raises(Failed, match="ended with 1") as failed:
        written("fails")
    assert "Kari" not in str(failed.value)
    assert "tone" not in str(failed.value)


def test_what_is_printed_is_words_and_nothing_else() -> None:
    assert written("markup") == "<script>alert('Kari')</script>[31mred\n\ntwo words"


def test_it_learns_nothing_of_our_settings_and_goes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVARA_DATABASE_URL", "postgresql://svara:s3cret@db/svara")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    said = written("environment")
    assert "SVARA_DATABASE_URL" not in said
    assert "AWS" not in said
    assert said.endswith("nb,en 19 /")


def test_who_is_started_is_found_before(tmp_path: Path) -> None:
    program = tmp_path / "with space" / "writes"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho hello; $(echo no shell)\n", encoding="utf-8")
    with pytest.raises(Failed, match="may be run"):
        command_of(f"'{program}' --fast")
    program.chmod(0o700)
    assert command_of(f"'{program}' --fast '$HOME; rm'") == (str(program), "--fast", "$HOME; rm")
    for wrong in ("", "'", "/no/such/program"):
        with pytest.raises(Failed):
            command_of(wrong)


def test_what_cannot_be_run_is_told(tmp_path: Path) -> None:
    program = tmp_path / "writes"
    program.write_text("no interpreter is named\n", encoding="utf-8")
    program.chmod(0o700)
    with pytest.raises(Failed, match="cannot be run"):
        asyncio.run(write_down(command_of(str(program)), tone(440), ["en"], limit_seconds=10))


def test_too_much_text_is_none() -> None:
    assert len(text_of(b"a" * MAX_CHARACTERS)) == MAX_CHARACTERS
    with pytest.raises(Failed):
        text_of("ä".encode() * (MAX_CHARACTERS + 1))


def test_words_of_every_language_stay() -> None:
    said = "Привет, Jānis!\nPříliš žluťoučký; नमस्ते 👩‍👩‍👧"
    assert cleaned(said) == said
