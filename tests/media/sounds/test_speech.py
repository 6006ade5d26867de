"""Text is spoken by a voice of this machine, or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
from tests.media.sounds.kinds import file, tone

from svara.media.sounds import form, speech
from svara.media.sounds.limits import SoundError

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")

GREETINGS = {
    "en": "Welcome to Acme. Please hold the line.",
    "cs": "Vítejte ve společnosti Acme. Vyčkejte, prosím.",
    "lv": "Laipni lūdzam uzņēmumā Acme. Lūdzu, uzgaidiet.",
    "nb": "Velkommen til Acme. Vennligst vent.",
    "ru": "Добро пожаловать в компанию Акме. Пожалуйста, подождите.",
    "sv": "Välkommen till Acme. Var god vänta.",
}


@needs_espeak
@pytest.mark.parametrize("language", speech.LANGUAGES)
def test_every_language_is_spoken(language: str) -> None:
    assert speech.available(language)
    samples, rate = form.from_wav(speech.speak(GREETINGS[language], language))
    assert rate == 16_000
    assert 1.5 < samples.size / rate < 6
    assert 20 * np.log10(np.sqrt(np.mean((samples / 32768.0) ** 2))) == pytest.approx(-21, abs=2.5)


@needs_espeak
def test_languages_are_spoken_by_their_own_voices() -> None:
    assert len({speech.speak("Acme 1 2 3", language) for language in speech.LANGUAGES}) == 6


@pytest.mark.parametrize(
    ("tag", "language"),
    [("nb-NO", "nb"), ("no", "nb"), ("nn", "nb"), ("en-US", "en"), ("cs_CZ", "cs"), ("de", "en"), ("", "en"), ("LV", "lv")],
)
def test_the_nearest_language_is_found(tag: str, language: str) -> None:
    assert speech.language_of(tag) == language


@needs_espeak
def test_text_is_no_option_no_markup_and_no_command(tmp_path: Path) -> None:
    for text in (
        "--help",
        "-f /etc/passwd",
        "<speak><audio src='/etc/passwd'/></speak> hello",
        f"$(touch {tmp_path}/x); `id`",
    ):
        assert len(speech.speak(text, "en")) > 5_000
    assert list(tmp_path.glob("x")) == []


@pytest.mark.parametrize(("text", "said"), [("", "no words"), (" \n\0\t", "no words"), ("x" * 2001, "longer than 2000")])
def test_what_cannot_be_said_is_refused(text: str, said: str) -> None:
    with pytest.raises(SoundError, match=said):
        speech.speak_by(speech.Voice("espeak-ng", "espeak-ng", "en-gb"), text)


def test_without_a_voice_nothing_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert not speech.available("en")
    with pytest.raises(SoundError, match="no voice is installed"):
        speech.speak("Hello", "en")


def test_a_voice_that_fails_or_hangs_is_a_plain_refusal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(speech, "SPEAK_SECONDS", 0.2)
    for script in ("exit 1", "exec sleep 20", "echo not a sound", "echo"):
        with pytest.raises(SoundError):
            speech.speak_by(speech.Voice("espeak-ng", str(program(tmp_path, "voice", script)), "en"), "Hello")
    with pytest.raises(SoundError, match="cannot be started"):
        speech.speak_by(speech.Voice("espeak-ng", str(tmp_path / "gone"), "en"), "Hello")


def test_piper_goes_first_where_it_has_a_model_for_the_language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Piper itself stands in here: a program that takes its arguments and writes the file it is told."""
    said = tmp_path / "said.wav"
    said.write_bytes(file(tone(700, 1, rate=22_050), "wav", "pcm_s16le", rate=22_050))
    program(
        tmp_path, "piper", f'test "$1" = --model && test "$3" = --output_file && cat > {tmp_path}/text && cp {said} "$4"'
    )
    voices = tmp_path / "voices"
    voices.mkdir()
    for name in ("no_NO-talesyntese-medium.onnx", "no_NO-talesyntese-medium.onnx.json", "cs_CZ-half.onnx"):
        (voices / name).touch()
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SVARA_PIPER_VOICES", str(voices))

    voice = speech.voice_for("nb")
    assert voice is not None
    assert voice.name == "piper:no_NO-talesyntese-medium.onnx"
    samples, _ = form.from_wav(speech.speak("Hei på deg", "nb"))
    assert samples.size == pytest.approx(16_000, abs=50)
    assert (tmp_path / "text").read_text() == "Hei på deg\n"
    czech = speech.voice_for("cs")
    assert czech is None or czech.kind == "espeak-ng"  # a model without its description is no model


def program(folder: Path, name: str, script: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
