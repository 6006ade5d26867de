"""Installations for the doctor's checks, as far as a check looks at them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from svara.calls.commands import Health
from svara.cli.doctor.model import Finding, Findings, Patient, Wishes
from svara.cli.serving import Process, Serving
from svara.data import DataFolder

NOW = 1_800_000_000.0


def serving(*processes: Process, **more: Any) -> Serving:
    known = {"pid": 1, "version": "0.1.0", "started_at": NOW, "http": "127.0.0.1:8080", "sip": "192.0.2.10:5060"}
    return Serving(**(known | more), processes=processes)


def health(**more: Any) -> Health:
    return Health(**({"office_version": 1, "calls": 2, "registrations": 7, "relay": "up"} | more))


def patient(folder: Path, **more: Any) -> Patient:
    return Patient(DataFolder(folder), **({"wishes": Wishes(), "settings": {}} | more))


def listed(findings: Findings) -> list[Finding]:
    return [findings] if isinstance(findings, Finding) else list(findings)


def states(findings: Findings) -> list[str]:
    return [each.state for each in listed(findings)]
