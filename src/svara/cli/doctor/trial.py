"""A call from the doctor's own phone to nobody, from the first message to the sound: what came of it, and what that means.

The calls process lets it in by a request over the bus (`svara.calls.probe`), so it is in no record and rings nobody's phone.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import msgspec

from svara.bus.port import Bus, BusError
from svara.calls import commands
from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.doctor.phone import SILENCE, Heard, TrialCall
from svara.cli.doctor.signalling import outward
from svara.cli.softphone import Credentials, UserAgent
from svara.media.addresses import local_address, own_addresses
from svara.media.sounds.speech import available

TONE_HZ = 425.0
"""`svara.calls.probe.TONE`."""
_NEAR_HZ = 15.0
ANSWER_SECONDS = 8.0
SOUND_SECONDS = 4.0
GREETING_SECONDS = 5.0
KEY_SECONDS = 2.0
_ASK_SECONDS = 3.0
_QUIET_DBFS = -40.0


@dataclass(slots=True)
class Trial:
    """What came of the call; what was not reached is as it is here."""

    refused: str = ""
    """Why no such call was let in."""
    status: int = 0
    """The final SIP answer; 0: none came."""
    reason: str = ""
    """Why the office could not answer, in its own words."""
    answer_seconds: float = 0.0
    told: tuple[str, int] | None = None
    """Where the office said that it takes our sound."""
    own: bool = True
    """Whether that is an address of this machine."""
    packets: int = 0
    missing: int = 0
    sound_seconds: float | None = None
    """From the answer to the first packet of sound."""
    tone: Heard = SILENCE
    speaks: bool = True
    """Whether there is a greeting to be said at all."""
    has_voice: bool = True
    """Whether one is installed that could say it."""
    greeting: Heard = SILENCE
    keys_there: str = ""
    """Keys of ours that reached the voice process."""
    key_back: bool = False


async def place(bus: Bus, server: tuple[str, int]) -> Trial:
    """Call, listen, press keys, hang up. Raises OSError where this machine does not let us."""
    trial = Trial()
    admitted = await _ask(bus, commands.AdmitProbe())
    if not isinstance(admitted, commands.ProbeAdmitted):
        trial.refused = admitted.message if isinstance(admitted, commands.Refused) else "it does not know such calls"
        return trial
    trial.speaks = admitted.speaks
    agent = UserAgent(server, local_host=local_address(server[0]) or server[0])
    await agent.open()
    try:
        call = TrialCall(agent.phone(Credentials(admitted.login, admitted.secret, "Trial")))
        await _call(call, trial)
        state = await _ask(bus, commands.AskProbe(admitted.login))
        if isinstance(state, commands.ProbeState):
            trial.keys_there, trial.reason = state.keys, state.reason
        call.hang_up()
    finally:
        await agent.close()
    return trial


async def _call(call: TrialCall, trial: Trial) -> None:
    ear, began = call.ear, time.monotonic()
    await call.dial("trial")
    waiting = [asyncio.create_task(event.wait()) for event in (call.answered, call.ended)]
    await asyncio.wait(waiting, timeout=ANSWER_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    trial.answer_seconds = time.monotonic() - began
    trial.status = 200 if call.answered.is_set() else call.status
    if not call.answered.is_set():
        return
    answered_at = time.monotonic()
    trial.told = ear.told
    trial.own = ear.told is not None and ear.told[0] in own_addresses()
    await ear.until(lambda: is_tone(ear.hears()), SOUND_SECONDS)
    trial.tone = ear.hears()
    trial.sound_seconds = None if ear.first_at is None else max(0.0, ear.first_at - answered_at)
    ear.forget()
    await ear.press("1")
    if trial.speaks:
        await ear.until(lambda: is_speech(ear.hears()), GREETING_SECONDS)
        trial.greeting = ear.hears()
    await ear.press("5")
    trial.key_back = await ear.until(lambda: "5" in ear.keys, KEY_SECONDS)
    trial.packets, trial.missing = ear.received, ear.missing


def is_tone(heard: Heard) -> bool:
    """Whether it is the tone that we wait for."""
    return heard.seconds >= 0.2 and abs(heard.frequency_hz - TONE_HZ) <= _NEAR_HZ and heard.purity > 0.8


def is_speech(heard: Heard) -> bool:
    """Whether somebody speaks: half a second of sound that is no tone."""
    return heard.seconds >= 0.5 and heard.purity < 0.8


async def _ask(bus: Bus, request: commands.Request) -> commands.Answer:
    try:
        raw = await bus.request(commands.SERVICE, msgspec.msgpack.encode(request), _ASK_SECONDS)
        answer: commands.Answer = msgspec.msgpack.decode(raw, type=commands.Answer)
    except (BusError, msgspec.DecodeError):
        return commands.Refused("unavailable", "the process that handles calls did not answer")
    return answer


# --- what it means


def explain(trial: Trial) -> list[Finding]:
    """What the call tells about the installation."""
    if trial.refused:
        return [fault(f"no trial call was let in: {trial.refused}", "try again in a minute")]
    if trial.status != 200:
        return [_unanswered(trial)]
    found = [ok(f"answered after {trial.answer_seconds * 1000:.0f} ms", "signalling"), _sound(trial)]
    if trial.packets:
        found.append(_greeting(trial))
    found.append(_keys(trial))
    return found


def _unanswered(trial: Trial) -> Finding:
    of = "signalling"
    if trial.reason:
        return fault(
            f"the call was refused ({trial.status}): {trial.reason}", "see the findings about the parts of the office", of
        )
    if trial.status in (401, 403, 407):
        return fault(
            "the call was refused although its login was known: something between here and the office changes messages",
            "look for a router or proxy that rewrites SIP (an ALG), and switch that off",
            of,
        )
    if trial.status in (0, 408):
        return fault(
            "nobody answered the call: nothing came back from the SIP port",
            "see the finding about SIP over UDP; a firewall that lets no UDP through is the usual reason",
            of,
        )
    return fault(f"the call was refused with {trial.status}", "look into the log of the process `calls`", of)


def _sound(trial: Trial) -> Finding:
    of = "sound"
    where = f"{trial.told[0]}, port {trial.told[1]}" if trial.told else "no address"
    if not trial.packets:
        heard_there = (
            "what the phone sends does arrive, so the sound goes one way only"
            if trial.keys_there
            else ("what the phone sends does not arrive either")
        )
        return fault(
            f"the phone heard nothing at all ({where}); {heard_there}",
            "let the UDP ports of the sound (SVARA_MEDIA_PORTS, usually 20000-30000) through the firewall, and look whether "
            "SVARA_MEDIA_ADDRESS names addresses of this machine (`local!public` behind a router)",
            of,
        )
    if not is_tone(trial.tone):
        return fault(
            f"packets of sound came, but not the tone of {TONE_HZ:g} Hz that was played: heard {_words(trial.tone)}",
            "look into the log of the process `voice`, and whether the machine is overloaded",
            of,
        )
    if trial.tone.level_dbfs < _QUIET_DBFS:
        return warning(f"the tone is very soft: {_words(trial.tone)}", "look into the log of the process `voice`", of)
    lost = 100 * trial.missing / (trial.packets + trial.missing)
    late = f" {(trial.sound_seconds or 0.0) * 1000:.0f} ms after the answer"
    if lost > 1.0:
        return warning(
            f"{lost:.1f} % of the sound was lost on the way inside this machine: {_words(trial.tone)}",
            "the machine is too busy; see docs/operation.md, `Sound goes first`",
            of,
        )
    return ok(f"the tone that was played came back{late}: {_words(trial.tone)}", of)


def _greeting(trial: Trial) -> Finding:
    of = "greeting"
    if not trial.speaks and trial.has_voice:
        return warning(
            "the words that the system speaks are not made yet: callers hear tones and music only",
            "wait some minutes after the first start; if it stays so, look into the log of the process `jobs`",
            of,
        )
    if not trial.speaks:
        return warning(
            "this machine has no voice: callers hear tones and music only",
            "install espeak-ng or Piper (see the page on sounds); the process `jobs` makes the words at its next start",
            of,
        )
    if is_speech(trial.greeting):
        return ok(f"a greeting was said and heard, {trial.greeting.level_dbfs:.0f} dBFS", of)
    if "1" not in trial.keys_there:
        return none("not tried: the key that asks for it did not arrive", of)
    return fault(
        f"the greeting was not heard: {_words(trial.greeting)}",
        "look into the log of the process `voice`, and into the folder sounds/builtin of the data folder",
        of,
    )


def _keys(trial: Trial) -> Finding:
    of = "keys"
    if not trial.keys_there:
        return fault(
            "keys that the phone pressed did not arrive: menus and mailboxes cannot be used, and what the phone says is "
            "not heard",
            "let the UDP ports of the sound through the firewall (SVARA_MEDIA_PORTS)",
            of,
        )
    if not trial.key_back:
        return fault(
            "keys arrive at the office, but one that it pressed did not arrive at the phone"
            if trial.packets
            else "keys arrive at the office; nothing comes back",
            "see the finding about the sound",
            of,
        )
    return ok("a key arrived, and another one came back", of)


def _words(heard: Heard) -> str:
    if not heard.seconds:
        return "silence"
    return f"{heard.frequency_hz:.0f} Hz at {heard.level_dbfs:.0f} dBFS"


async def trial(patient: Patient) -> list[Finding]:
    """The check."""
    if patient.serving is None:
        return [none("not tried: where the office takes calls is known only on the machine of `svara serve`")]
    if patient.bus is None:
        return [none("not tried: the bus of the office is not reached")]
    try:
        came_of_it = await place(patient.bus, outward(patient.serving.sip))
    except OSError as error:
        return [fault(f"the doctor's phone could not call: {error.strerror or error}", "see the finding about SIP")]
    came_of_it.has_voice = available("en")
    return explain(came_of_it)


CHECKS = (
    Check(
        "call",
        "Trial call",
        "called from a phone of the doctor's own through signalling, media relay and voice process, listened, and pressed "
        "keys; the call is nobody's and in no record",
        ask=trial,
        needs=("calls",),
        seconds=28.0,
    ),
)
