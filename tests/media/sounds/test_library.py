"""Anna uploads the sounds of her company: all kinds of files, some of them no sounds at all, some of them hostile."""

from __future__ import annotations

import os
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.sounds.kinds import RATE_HZ, file, strength, tone

from svara.data import DataFolder
from svara.media.sounds import decode, form, library
from svara.media.sounds.limits import SoundError

WELCOME = tone(440, 2.0)
KINDS = {
    "welcome.wav": ("wav", "pcm_s16le"),
    "studio.wav": ("wav", "pcm_f32le"),
    "welcome.mp3": ("mp3", "mp3"),
    "welcome.ogg": ("ogg", "vorbis"),
    "welcome.opus": ("ogg", "libopus"),
    "welcome.flac": ("flac", "flac"),
    "iphone.m4a": ("mp4", "aac"),
    "browser.webm": ("webm", "libopus"),
    "mac.aiff": ("aiff", "pcm_s16be"),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_every_kind_of_file_becomes_the_same_sound(data_folder: DataFolder, name: str, layout: str) -> None:
    place = library.store(data_folder, "acme", name, file(WELCOME, *KINDS[name], layout=layout))
    samples, rate = form.from_wav((data_folder.sounds / place).read_bytes())
    assert rate == 16_000
    assert samples.size / rate == pytest.approx(2.0, abs=0.15)
    assert strength(samples, 440) > 0.9
    assert level_dbfs(samples) == pytest.approx(-20, abs=1.0)


def level_dbfs(samples: np.ndarray) -> float:
    return 20 * np.log10(np.sqrt(np.mean((samples / 32768.0) ** 2)))


def test_a_whisper_and_a_shout_come_out_equally_loud_and_nothing_is_clipped() -> None:
    whisper, shout = tone(300, 1, 0.02, 16_000), tone(300, 1, 0.99, 16_000)
    assert level_dbfs(form.shape(whisper)) == pytest.approx(level_dbfs(form.shape(shout)), abs=0.5)
    quiet_with_a_bang = tone(300, 2, 0.01, 16_000)
    quiet_with_a_bang[16_000:16_080] = tone(800, 1, 0.95, 16_000)[:80]
    shaped = form.shape(quiet_with_a_bang)
    assert np.abs(shaped.astype(int)).max() <= 32767 * 10 ** (form.PEAK_DBFS / 20) + 1


def test_noise_is_not_raised_without_bound() -> None:
    hiss = np.random.default_rng(1).normal(0, 0.002, 16_000).astype(np.float32)
    assert level_dbfs(form.shape(hiss)) < -25


def test_an_offset_goes() -> None:
    assert abs(form.shape(tone(300, 1, 0.2, 16_000) + np.float32(0.3)).mean()) < 40


def test_long_silence_at_both_ends_is_cut_and_short_silence_stays() -> None:
    def around(seconds: float) -> np.ndarray:
        silence = np.zeros(int(seconds * 16_000), np.float32)
        return np.concatenate((silence, tone(300, 1, 0.3, 16_000), silence))

    assert form.shape(around(3.0)).size / 16_000 == pytest.approx(1.2, abs=0.03)
    assert form.shape(around(0.4)).size / 16_000 == pytest.approx(1.8, abs=0.03)


@given(st.lists(st.floats(-3, 3, width=32), min_size=1, max_size=3000))
def test_whatever_the_samples_the_form_is_kept(values: list[float]) -> None:
    try:
        shaped = form.shape(np.array(values, np.float32))
    except SoundError:
        return
    assert np.abs(shaped.astype(int)).max() <= 32767 * 10 ** (form.PEAK_DBFS / 20) + 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (b"", "of a kind that can be used"),
        (b"hello", "of a kind that can be used"),
        (b"%PDF-1.7 ...", "of a kind that can be used"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "of a kind that can be used"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "of a kind that can be used"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "damaged"),
        (b"OggS" + bytes(500), "damaged"),
        (b"\x1a\x45\xdf\xa3" + b"\xff" * 2000, "damaged"),
        (b"ID3" + b"\x7f" * 4000, "damaged|holds no sound"),
        (file(np.zeros(RATE_HZ, np.float32), "wav", "pcm_s16le"), "nothing but silence"),
        (file(WELCOME, "wav", "pcm_s16le")[:44], "holds no sound|damaged"),
    ],
)
def test_what_is_no_sound_is_refused_in_plain_words(data_folder: DataFolder, given: bytes, said: str) -> None:
    with pytest.raises(SoundError, match=f"^welcome.mp3 .*({said})"):
        library.store(data_folder, "acme", "welcome.mp3", given)
    assert list(data_folder.sounds.rglob("*.wav")) == []


def test_too_large_and_too_long_files_are_refused() -> None:
    with pytest.raises(SoundError, match="larger than 20 MB"):
        library.convert(bytes(library.MAX_BYTES + 1))
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 1 << 31)
    hour = header + b"\x90\x70" * (8000 * 1801 // 2)
    with pytest.raises(SoundError, match="longer than 30 minutes"):
        library.convert(hour)


def test_a_strange_sampling_rate_is_refused() -> None:
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 1, 2, 2, 16, b"data", 1000)
    with pytest.raises(SoundError, match=r"sampling rate|damaged"):
        decode.decode(header + b"\x00\x40\x00\xc0" * 250)


def test_a_file_that_was_cut_short_is_used_as_far_as_it_goes() -> None:
    whole = file(tone(440, 10), "mp3", "mp3")
    samples, _ = form.from_wav(library.convert(whole[: len(whole) // 2]))
    assert 3 < samples.size / 16_000 < 6


SCRATCHED = [
    file(tone(440, 0.5), *kind) for kind in (("wav", "adpcm_ms"), ("ogg", "libopus"), ("mp3", "mp3"), ("mp4", "aac"))
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SCRATCHED), st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=20))
def test_scratched_files_give_a_sound_or_a_refusal(whole: bytes, scratches: list[tuple[float, int]]) -> None:
    scratched = bytearray(whole)
    for where, value in scratches:
        scratched[int(where * len(scratched))] = value
    try:
        samples = decode.decode(bytes(scratched))
    except SoundError:
        return
    assert samples.dtype == np.float32
    assert samples.size <= decode.MAX_SECONDS * form.RATE_HZ


def test_the_converter_is_ended_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "CONVERT_SECONDS", 0.01)
    begun = time.monotonic()
    with pytest.raises(SoundError, match="takes too long"):
        library.convert(SCRATCHED[0])
    assert time.monotonic() - begun < 5


def test_the_converter_does_not_get_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SVARA_DATABASE_URL", "postgresql://svara:s3cret@db/svara")
    told = tmp_path / "environment"
    spy = tmp_path / "python"
    spy.write_text(f"#!/bin/sh\nenv > {told}\nexit 1\n")
    spy.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(spy))
    with pytest.raises(SoundError, match="cannot be converted"):
        library.convert(SCRATCHED[0])
    assert "PYTHONPATH" in told.read_text()
    assert "s3cret" not in told.read_text()


@pytest.mark.parametrize("missing", ["nothing-here.wav", "."])
def test_a_file_that_cannot_be_read_is_named(data_folder: DataFolder, tmp_path: Path, missing: str) -> None:
    with pytest.raises(SoundError, match=r"^welcome (is not there|is a folder)"):
        library.store(data_folder, "acme", "welcome", tmp_path / missing)


def test_the_same_sound_is_one_file_and_another_tenants_is_another(data_folder: DataFolder, tmp_path: Path) -> None:
    named = tmp_path / "welcome.wav"
    named.write_bytes(file(WELCOME, "wav", "pcm_s16le"))
    first = library.store(data_folder, "acme", "welcome", named)
    again = library.store(data_folder, "acme", "front", named.read_bytes())
    other = library.store(data_folder, "borealis", "welcome", named)
    assert first == again
    assert first != other
    assert (data_folder.sounds / first).stat().st_mode & 0o077 == 0
    assert len(list(data_folder.sounds.rglob("*"))) == 4  # two folders with a file each: nothing half made


def test_a_tenant_is_no_way_out_of_the_folder(data_folder: DataFolder) -> None:
    with pytest.raises(ValueError, match="tenant"):
        library.store_wav(data_folder, "../other", b"")
    with pytest.raises(ValueError, match="tenant"):
        library.remove_unused(data_folder, "..", (), 0.0)


def test_what_nobody_uses_goes_after_an_hour_and_what_is_wanted_again_stays(data_folder: DataFolder) -> None:
    now = time.time()
    sounds = [library.store(data_folder, "acme", "a tone", file(tone(hz, 1), "wav", "pcm_s16le")) for hz in (300, 400, 500)]
    assert library.remove_unused(data_folder, "acme", sounds[:1], now) == 0
    for sound in sounds:
        os.utime(data_folder.sounds / sound, (now - 7200, now - 7200))
    library.store(data_folder, "acme", "a tone", file(tone(400, 1), "wav", "pcm_s16le"))
    assert library.remove_unused(data_folder, "acme", sounds[:1], now) == 1
    assert [(data_folder.sounds / sound).exists() for sound in sounds] == [True, True, False]
    assert library.remove_unused(data_folder, "nobody", (), now) == 0
