"""The sounds that Svara brings are made once, in the background, and made new when they have to be."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from svara.media.sounds import form, phrases, prepare, speech
from svara.media.sounds.limits import SoundError

NOWHERE = Path("/nowhere")


class Announcer:
    """A voice that is quick: it "speaks" a file with the text in it, and notes what it was asked to say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.said: list[str] = []
        self.name = "espeak-ng"
        self.fails = False
        monkeypatch.setattr(
            speech, "voice_for", lambda language: speech.Voice("espeak-ng", self.name, f"{self.name}-{language}")
        )
        monkeypatch.setattr(speech, "speak_by", self._speak)
        monkeypatch.setattr(prepare.music, "as_wav", lambda: b"music")

    def _speak(self, voice: speech.Voice, text: str) -> bytes:
        self.said.append(text)
        if self.fails:
            raise SoundError("cannot be spoken")
        return f"{voice.model}: {text}".encode()


@pytest.fixture
def announcer(monkeypatch: pytest.MonkeyPatch) -> Announcer:
    return Announcer(monkeypatch)


def make(sounds: Path, *languages: str, stock: Path = NOWHERE, stop: threading.Event | None = None) -> int:
    return prepare.prepare(sounds, languages, stop, stock)


def test_everything_that_can_be_asked_for_is_made_once(announcer: Announcer, tmp_path: Path) -> None:
    assert make(tmp_path, "nb-NO", "no", "en") == 1 + len(phrases.catalogue("nb")) + len(phrases.catalogue("en"))
    for sound in (*phrases.position(7, "nb"), *phrases.phrase("recorded", "en"), phrases.MUSIC):
        assert (tmp_path / sound.file).read_bytes()
        assert stat.S_IMODE((tmp_path / sound.file).stat().st_mode) == 0o600
    assert (tmp_path / "builtin/nb/position-7.wav").read_bytes() == b"espeak-ng-nb: Du er nummer sju i k\xc3\xb8en."
    assert prepare.prepared(tmp_path, "nb")
    assert not prepare.prepared(tmp_path, "sv")
    announcer.said.clear()
    assert make(tmp_path, "nb", "en") == 0
    assert announcer.said == []


def test_what_is_lost_or_said_otherwise_is_made_anew_and_nothing_else(
    announcer: Announcer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "en")
    (tmp_path / "builtin/en/busy.wav").unlink(missing_ok=True)
    (tmp_path / "builtin/en/goodbye.wav").unlink()
    newer = dict(phrases.catalogue("en")) | {"closed": "We are closed."}
    monkeypatch.setattr(prepare.phrases, "catalogue", lambda language: newer)
    announcer.said.clear()
    assert make(tmp_path, "en") == 2
    assert announcer.said == ["We are closed.", "Goodbye."]


def test_a_better_voice_says_everything_again(announcer: Announcer, tmp_path: Path) -> None:
    make(tmp_path, "en")
    announcer.name = "better"
    assert make(tmp_path, "en") == len(phrases.catalogue("en"))
    assert (tmp_path / "builtin/en/goodbye.wav").read_bytes() == b"better-en: Goodbye."


def test_a_run_that_was_stopped_is_taken_up(announcer: Announcer, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert make(tmp_path, "en", stop=stop) == 1  # the music
    assert make(tmp_path, "en") == len(phrases.catalogue("en"))


def test_a_process_that_was_killed_has_little_to_do_again(
    announcer: Announcer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak = speech.speak_by

    def killed(voice: speech.Voice, text: str) -> bytes:
        if len(announcer.said) == 110:
            raise KeyboardInterrupt
        return speak(voice, text)

    monkeypatch.setattr(speech, "speak_by", killed)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path, "en")
    monkeypatch.setattr(speech, "speak_by", speak)
    assert make(tmp_path, "en") == len(phrases.catalogue("en")) - 100


def test_a_voice_that_fails_is_not_asked_four_hundred_times(announcer: Announcer, tmp_path: Path) -> None:
    announcer.fails = True
    assert make(tmp_path, "en") == 1
    assert len(announcer.said) == prepare.MOST_FAILURES
    assert not prepare.prepared(tmp_path, "en")
    announcer.fails = False
    make(tmp_path, "en")
    assert prepare.prepared(tmp_path, "en")


def test_without_a_voice_there_is_still_music(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(speech, "voice_for", lambda language: None)
    monkeypatch.setattr(prepare.music, "as_wav", lambda: b"music")
    assert make(tmp_path, "en") == 1
    assert (tmp_path / phrases.MUSIC.file).read_bytes() == b"music"


def test_a_damaged_note_means_to_begin_again(announcer: Announcer, tmp_path: Path) -> None:
    make(tmp_path, "en")
    (tmp_path / "builtin/en/made.json").write_text("{")
    assert make(tmp_path, "en") == len(phrases.catalogue("en"))


def test_another_data_folder_takes_them_from_the_stock(announcer: Announcer, tmp_path: Path) -> None:
    stock = tmp_path / "stock"
    make(stock, "en", stock=stock)
    (stock / "builtin/en/goodbye.wav").unlink()
    announcer.said.clear()
    assert make(tmp_path / "data", "en", "sv", stock=stock) == 1 + len(phrases.catalogue("sv"))
    assert announcer.said[0] == "Goodbye."
    assert prepare.prepared(tmp_path / "data", "en")
    stranger = (tmp_path / "data/builtin/en/closed.wav").read_bytes()
    assert stranger == (stock / "builtin/en/closed.wav").read_bytes()


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_a_real_voice_and_the_real_music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = {clip: phrases.catalogue("lv")[clip] for clip in ("position-7", "key-4", "recorded")}
    monkeypatch.setattr(prepare.phrases, "catalogue", lambda language: few)
    assert make(tmp_path, "lv") == 4
    seconds = {}
    for clip in (*few, "../music"):
        samples, rate = form.from_wav((tmp_path / f"builtin/lv/{clip}.wav").read_bytes())
        assert rate == form.RATE_HZ
        seconds[clip] = samples.size / rate
    assert seconds["key-4"] < seconds["recorded"] < seconds["position-7"] < 5 < seconds["../music"]
    assert not [name for _, _, names in os.walk(tmp_path) for name in names if name.startswith(".new-")]
