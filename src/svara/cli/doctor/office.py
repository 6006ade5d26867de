"""Whether the office runs: its processes, what they say of themselves, and the pages."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import django

from svara import __version__
from svara.cli.doctor.model import Check, Finding, Patient, fault, none, ok, warning
from svara.cli.roles import DEMO_ROLES
from svara.cli.serving import Process

SETTLED_SECONDS = 60.0
"""A process that runs so long after a restart is well again."""
LAG_WARNING_SECONDS = 5.0
LAG_FAULT_SECONDS = 60.0
RETENTION_LATE_SECONDS = 2 * 3600.0
RETENTION_FAULT_SECONDS = 24 * 3600.0
ENGINE_TRIED = ((10, 5), (13, 0))
"""rtpengine from the first version, up to the second one (which is not tried)."""
_WORDS = {
    "calls": "telephone calls",
    "media": "the sound of calls",
    "voice": "prompts, music and mailboxes",
    "jobs": "call history, mails and deleting what is too old",
    "web": "pages and API",
    "demo": "the phones of the demo office",
}


def running(patient: Patient) -> Finding:
    """Whether the office is open at all."""
    serving = patient.serving
    if serving is not None:
        since = span(time.time() - serving.started_at)
        return ok(f"it has been running for {since}: pages at http://{serving.http}, SIP at {serving.sip}")
    if patient.health is not None:
        return ok("its processes answer over the bus; they were started one by one, or on other machines")
    return fault(
        "it is not running: nobody can call, and nothing that needs it was checked",
        "start it (svara serve), or look into its log why it does not start",
    )


def processes(patient: Patient) -> list[Finding]:
    """Each process of the office on this machine."""
    if patient.serving is None:
        return [none("not checked: the office was not started by `svara serve` on this machine")]
    now = time.time()
    return [process(each, now) for each in patient.serving.processes]


def process(each: Process, now: float) -> Finding:
    """One process."""
    does = _WORDS.get(each.role, each.role)
    name = f"{each.role}, for {does}"
    essential = each.role not in DEMO_ROLES
    if each.state != "ready":
        why = f": it ended ({each.last_end}) and is started again" if each.last_end else ", it is being started"
        return (fault if essential else warning)(
            f"not ready{why}; restarts until now: {each.restarts}",
            "wait a minute and look again; if it stays so, the log of the office says why it ends",
            name,
        )
    if each.restarts and now - each.started_at < SETTLED_SECONDS:
        return warning(
            f"it was restarted a moment ago ({each.last_end}), the {nth(each.restarts)} time since the office was opened",
            "look into the log of the office why it ended, and check again in a minute",
            name,
        )
    again = f", restarted {times(each.restarts)}, last after: {each.last_end}" if each.restarts else ""
    return ok(f"ready for {span(now - each.started_at)}{again}", name)


def pages(patient: Patient) -> list[Finding]:
    """The pages, as a browser reaches them, on this machine and under the address that people use."""
    if patient.serving is None:
        return [none("not checked: where the pages are is known only on the machine of `svara serve`")]
    found = [_page(f"http://{reached(patient.serving.http)}", "on this machine")]
    address = patient.settings.get("SVARA_URL", "").rstrip("/")
    if address:
        found.append(_page(address, "as people reach them"))
    return found


def _page(address: str, of: str) -> Finding:
    try:
        with urllib.request.urlopen(f"{address}/api/v1/healthz", timeout=8) as answer:  # noqa: S310  a web address of our own
            state = json.loads(answer.read(100_000))["status"]
    except urllib.error.HTTPError as error:
        if error.code == 503:
            return fault("the pages answer, but their database does not", "see the finding about the database", of)
        return fault(f"{address} answers with error {error.code}", _PROXY, of)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return fault(f"{address} does not answer as our pages do ({plain(error)})", _PROXY, of)
    if state != "ok":
        return warning(
            f"{address} answers, and says that a part of the office is down", "see the findings about its parts", of
        )
    return ok(f"{address} answers, and says that all is well", of)


_PROXY = "look whether the process `web` runs, whether the address (--http, SVARA_URL) is right, and into the reverse proxy"


def calls(patient: Patient) -> list[Finding]:
    """What the calls process says of itself."""
    health = patient.health
    if health is None:
        return [
            fault(
                "the process that handles calls does not answer",
                "it is restarted by itself; if this stays so, look into the log of the office",
            )
        ]
    found = [ok(f"it answers; {health.calls} calls are going on, {health.registrations} phones are registered", "calls")]
    if health.relay == "up":
        found.append(ok("it answers", "media relay"))
    else:
        found.append(
            fault(
                "the media relay does not answer: phones behind different networks do not hear each other, and no prompt "
                "is heard",
                "it is started again by itself; if this stays so, look whether rtpengine can start (log of the office, "
                "process `media`)",
                "media relay",
            )
        )
    if health.voice == "up":
        found.append(ok("it answers", "prompts and music"))
    else:
        found.append(
            fault(
                "the process for prompts and music does not answer: menus, queues and mailboxes do not work",
                "it is started again by itself; if this stays so, look into the log of the office, process `voice`",
                "prompts and music",
            )
        )
    return [*found, *counters(health.counters)]


def counters(figures: dict[str, float]) -> list[Finding]:
    """Figures that ought to be 0."""
    found = []
    if figures.get("journal_failures_total") or figures.get("journal_lost_bytes_total"):
        found.append(
            fault(
                f"the journal of calls could not be written {figures.get('journal_failures_total', 0):g} times since the "
                "start: what happened in these calls may not come into the history",
                "see the finding about the disk",
                "journal",
            )
        )
    if figures.get("calls_crashed_total"):
        found.append(
            warning(
                f"{figures['calls_crashed_total']:g} calls ended because of a mistake of ours",
                "please report it with the lines of the log of the process `calls`",
                "calls",
            )
        )
    if figures.get("sip_shed_total"):
        found.append(
            warning(
                f"{figures['sip_shed_total']:g} calls were refused because too much came at once",
                "the machine is too small for what it gets, or somebody floods it: see svara_sip_... in /metrics",
                "calls",
            )
        )
    return found


def history(patient: Patient) -> list[Finding]:
    """How far the call history is behind, and whether what is too old was deleted."""
    told = patient.history
    if told is None:
        return [
            fault(
                "the process for call history does not answer: calls are kept in the journal, but not shown, and nothing "
                "that is too old is deleted",
                "it is restarted by itself; if this stays so, look into the log of the office, process `jobs`",
            )
        ]
    return [lag(told.lag_seconds), retention(told.deleted_at, told.started_at, time.time())]


def lag(seconds: float) -> Finding:
    """How far the history is behind the journal."""
    of = "journal"
    if seconds <= LAG_WARNING_SECONDS:
        return ok(f"the call history follows the journal, {seconds:.1f} s behind", of)
    say = warning if seconds < LAG_FAULT_SECONDS else fault
    return say(
        f"the call history is {span(seconds)} behind: calls that ended since are not shown yet",
        "they are in the journal and not lost; look whether the database answers, and into the log of the process `jobs`",
        of,
    )


def retention(at: float, started_at: float, now: float) -> Finding:
    """When what is too old was last deleted; `at` 0: not since that process began."""
    of = "deleting what is too old"
    late = now - (at or started_at)
    if late <= RETENTION_LATE_SECONDS:
        return ok(f"last done {span(now - at)} ago" if at else "it comes within the hour", of)
    return (warning if late <= RETENTION_FAULT_SECONDS else fault)(
        f"nothing was deleted for {span(late)}, though it should be every hour: data are kept longer than was promised",
        "look into the log of the process `jobs` why it fails, and whether the database answers",
        of,
    )


def versions(patient: Patient) -> list[Finding]:
    """What is installed, and whether what runs is that."""
    found = [ok(f"Svara {__version__}, Python {platform.python_version()}, Django {django.get_version()}")]
    serving = patient.serving
    if serving is not None and serving.version != __version__:
        found.append(
            warning(
                f"the office that runs is version {serving.version}, this command {__version__}",
                "restart the office, so that it is of one version",
            )
        )
    return [*found, engine()]


def engine() -> Finding:
    """The media engine that is installed."""
    of = "rtpengine"
    binary = shutil.which("rtpengine", path="/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin")
    if binary is None:
        return fault("it is not installed: there is no sound in calls", "install the Debian package rtpengine-daemon", of)
    return engine_version(_output_of(binary, "--version"))


def engine_version(text: str) -> Finding:
    """... by what it says of itself ("Version: 10.5.3.5-1")."""
    of = "rtpengine"
    found = re.search(r"(\d+)\.(\d+)[0-9.]*", text)
    if found is None:
        return warning("which version it is was not told", "see which one the distribution has; 10.5 to 12 are tried", of)
    version = int(found[1]), int(found[2])
    if not ENGINE_TRIED[0] <= version < ENGINE_TRIED[1]:
        return warning(f"version {found[0]} is not one that Svara was tried with", "use 10.5 to 12, as Debian has them", of)
    return ok(f"version {found[0]}", of)


def _output_of(binary: str, *arguments: str) -> str:
    try:
        ran = subprocess.run([binary, *arguments], capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout + ran.stderr


# --- words


_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}


def reached(address: str) -> str:
    """Where something that listens on this address is reached from this machine."""
    host, _, port = address.rpartition(":")
    return f"{_EVERYWHERE.get(host, host)}:{port}"


def span(seconds: float) -> str:
    """A length of time in words: "3 hours"."""
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (word == "minute" and seconds >= 120):
            return f"{int(seconds // size)} {word}s"
    count = max(0, int(seconds))
    return f"{count} second{'' if count == 1 else 's'}"


def times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def nth(count: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(count, f"{count}th")


def plain(error: BaseException) -> str:
    """An error of the system or a library in its own words, on one line."""
    reason = getattr(error, "reason", error)
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return " ".join(str(text).split())[:200]


CHECKS = (
    Check("office", "Office", "looked whether an office serves this data folder", running),
    Check("processes", "Process", "looked at each process of the office", processes, needs=("office",)),
    Check("calls", "Calls", "asked the process that handles calls how it is", calls, needs=("office",)),
    Check("history", "History", "asked the process for call history how far it is", history, needs=("office",)),
    Check("pages", "Pages", "fetched the state of the office as a browser does", pages, needs=("office",)),
    Check("versions", "Version", "compared what is installed with what runs", versions),
)
