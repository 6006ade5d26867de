"""A program that writes down what it hears in a WAV file on its standard input: it knows tones, and says how high each is.

What tests set as `SVARA_TRANSCRIBER`. With an argument it misbehaves as that says. It notes each start in the file that the
last argument names, if there are two.
"""

from __future__ import annotations

import io
import os
import sys
import time
import wave
from pathlib import Path

import numpy as np


def heard(wav: bytes) -> str:
    """The strongest tone of the sound, to ten hertz; nothing for silence."""
    with wave.open(io.BytesIO(wav)) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(float)
    if not len(samples) or np.abs(samples).max() < 200:
        return ""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return f"A tone of {round(float(spectrum.argmax()) * rate / len(samples), -1):.0f} hertz"


def say(text: str) -> None:
    """On the standard output."""
    sys.stdout.write(f"{text}\n")


def main() -> None:
    """Behave as the argument says."""
    how = sys.argv[1] if len(sys.argv) > 1 else "well"
    if len(sys.argv) > 2:
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write(f"{os.getpid()}\n")
    if how == "hangs":
        time.sleep(600)
    elif how == "endless":
        while True:
            os.write(1, b"word " * 20_000)
    elif how == "nonsense":
        os.write(1, bytes(range(256)))
    elif how == "markup":
        say("<script>alert('Kari')</script>\x1b[31m\u202ered\x00\r\n\n\n\n  two   words\t")
    elif how == "fails":
        say(f"{heard(sys.stdin.buffer.read())}, and no further")
        sys.stderr.write("Kari Nordmann said something\n")
        sys.exit(1)
    elif how == "environment":
        say(" ".join([*sorted(os.environ), os.environ["SVARA_LANGUAGES"], str(os.nice(0)), str(Path.cwd())]))
    elif how == "slowly":
        wav = sys.stdin.buffer.read()
        time.sleep(3)
        say(heard(wav))
    else:
        say(f"{heard(sys.stdin.buffer.read())}, in {os.environ['SVARA_LANGUAGE']}")


if __name__ == "__main__":
    main()
