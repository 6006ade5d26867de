"""Spoken text by a voice that is installed on this machine: Piper with a model for the language, else espeak-ng, else none.

Text never leaves the machine. The voice runs as a process of its own, without a shell, takes the text from its standard
input and has bounded time and memory; what it says is brought into the form of all sounds.

`SVARA_PIPER_VOICES` names the folder with Piper's models (`*.onnx` beside `*.onnx.json`, named as Piper names them:
`nb_NO-…`, `cs_CZ-…`).
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from svara.media.sounds.limits import SoundError

LANGUAGES = ("en", "cs", "lv", "nb", "ru", "sv")
MAX_CHARACTERS = 2_000
SPEAK_SECONDS = 30.0
MAX_MEMORY_BYTES = 2 * 1024**3

_WORDS_A_MINUTE = "145"
"""Slower than espeak-ng's own 175: a telephone line swallows consonants."""
_NICE = 10
_ESPEAK = {"en": "en-gb", "cs": "cs", "lv": "lv", "nb": "nb", "ru": "ru", "sv": "sv"}
_PIPER = {
    "en": ("en_GB-", "en_US-", "en_"),
    "cs": ("cs_CZ-",),
    "lv": ("lv_LV-",),
    "nb": ("nb_NO-", "no_NO-"),
    "ru": ("ru_RU-",),
    "sv": ("sv_SE-",),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """A local voice: the program and, for Piper, its model."""

    kind: Literal["piper", "espeak-ng"]
    program: str
    model: str

    @property
    def name(self) -> str:
        """Which voice it is, to tell sounds of different voices apart."""
        return f"{self.kind}:{Path(self.model).name}"


def language_of(tag: str) -> str:
    """The language, of those that we speak, that is nearest to a BCP 47 tag: "nb" for "no" and "nn-NO", "en" for "de"."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    if language in ("no", "nn"):
        return "nb"
    return language if language in LANGUAGES else "en"


def voice_for(language: str) -> Voice | None:
    """The best voice that is installed here for one of `LANGUAGES`."""
    folder, piper = os.environ.get("SVARA_PIPER_VOICES"), shutil.which("piper")
    if folder and piper:
        models = sorted(path for path in Path(folder).glob("*.onnx") if path.with_name(f"{path.name}.json").exists())
        for beginning in _PIPER[language]:
            for model in models:
                if model.name.startswith(beginning):
                    return Voice("piper", piper, str(model))
    espeak = shutil.which("espeak-ng")
    return Voice("espeak-ng", espeak, _ESPEAK[language]) if espeak else None


def available(language: str) -> bool:
    """Whether text in this language (a BCP 47 tag) can be spoken here."""
    return voice_for(language_of(language)) is not None


def speak(text: str, language: str) -> bytes:
    """The text, spoken, as a WAV file in the form of all sounds; `language` is a BCP 47 tag.

    Raises SoundError when there is nothing to say, too much, or no voice to say it.
    """
    voice = voice_for(language_of(language))
    if voice is None:
        raise SoundError("cannot be spoken: no voice is installed here (espeak-ng or Piper)")
    return speak_by(voice, text)


def speak_by(voice: Voice, text: str) -> bytes:
    """The same, by a voice that was found before."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not words:
        raise SoundError("cannot be spoken: there are no words in it")
    if len(words) > MAX_CHARACTERS:
        raise SoundError(f"cannot be spoken: it is longer than {MAX_CHARACTERS} characters")
    said = _espeak(voice, words) if voice.kind == "espeak-ng" else _piper(voice, words)
    from svara.media.sounds.form import at_our_rate, from_wav, shape, to_wav  # noqa: PLC0415  slow to load

    return to_wav(shape(at_our_rate(*from_wav(said))))


def _espeak(voice: Voice, words: str) -> bytes:
    # Without -m, "<" and "&" are words and no markup; --stdin keeps a leading "-" from being an option.
    return _run([voice.program, "-v", voice.model, "-s", _WORDS_A_MINUTE, "-b", "1", "--stdin", "--stdout"], words)


def _piper(voice: Voice, words: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="svara-voice-") as folder:
        file = Path(folder) / "said.wav"
        _run([voice.program, "--model", voice.model, "--output_file", str(file)], f"{words}\n")
        try:
            return file.read_bytes()
        except OSError as error:
            raise SoundError("cannot be spoken: the voice failed") from error


def _run(command: list[str], words: str) -> bytes:
    try:
        process = subprocess.Popen(  # noqa: S603  a program of the machine, no shell, the text not among its arguments
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise SoundError("cannot be spoken: the voice cannot be started") from error
    with process:
        try:
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)  # calls go first
            resource.prlimit(process.pid, resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
            said, _ = process.communicate(words.encode(), timeout=SPEAK_SECONDS)
        except (subprocess.TimeoutExpired, OSError) as error:
            process.kill()
            raise SoundError("cannot be spoken: the voice failed") from error
    if process.returncode != 0:
        raise SoundError("cannot be spoken: the voice failed")
    return said
