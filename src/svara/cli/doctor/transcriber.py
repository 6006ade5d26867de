"""The operator's program that writes voice messages down: started as for a message, with a second of silence."""

from __future__ import annotations

import io
import wave

from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning

TRY_SECONDS = 20.0
_RATE_HZ = 16_000
_SETTING = "look at SVARA_TRANSCRIBER, and try the program by hand with a WAV file on its standard input"


async def program(patient: Patient) -> Finding:
    """Whether it can be started, and ends with text."""
    line = patient.settings.get("SVARA_TRANSCRIBER", "").strip()
    if not line:
        return none("no program is set (SVARA_TRANSCRIBER): voice messages are not written down by this installation")
    from svara.voicemail.transcriber import Failed, TooSlow, command_of, write_down  # noqa: PLC0415  only where it is set

    try:
        await write_down(command_of(line), silence(), ["en"], limit_seconds=TRY_SECONDS)
    except TooSlow:
        return warning(
            f"it was started, and a second of silence kept it busy for more than {TRY_SECONDS:.0f} s",
            "take a smaller model or a faster machine: messages are written down late, or not at all",
        )
    except Failed as error:
        return fault(f"voice messages cannot be written down: {error}", _SETTING)
    return ok("it was started, got a second of silence and ended as it should")


def silence() -> bytes:
    """One second of it, as the sound of a message is given."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE_HZ)
        sound.writeframes(bytes(2 * _RATE_HZ))
    return file.getvalue()


CHECKS = (
    Check(
        "transcriber",
        "Transcriber",
        "started the program that writes voice messages down, with a second of silence",
        ask=program,
        seconds=TRY_SECONDS + 5,
    ),
)
