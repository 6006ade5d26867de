"""`svara doctor` on a real office: all well first, then one thing after the other is broken, and the right check says so."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.doctor.certificates import certificate, written
from tests.peers.server import ANNA, BOB, Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Svara]:
    with Svara((ANNA, BOB), tls_folder=tmp_path_factory.mktemp("tls")) as svara:
        yield svara


class Visit:
    """One visit of the doctor."""

    def __init__(self, svara: Svara, *options: str) -> None:
        command = [sys.executable, "-m", "svara", "doctor", "--json", "--data", str(svara.data), *options]
        began = time.monotonic()
        ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env=svara.environment, check=False)
        self.seconds = time.monotonic() - began
        self.errors = ran.stderr
        self.code = ran.returncode
        self.told: dict[str, Any] = json.loads(ran.stdout)

    def of(self, check: str, of: str = "") -> dict[str, Any]:
        """The one finding of a check."""
        [found] = [one for one in self.told["checks"] if one["check"] == check and of in one["of"]]
        return found

    @property
    def faults(self) -> list[str]:
        return [f"{one['check']} {one['of']}: {one['found']}" for one in self.told["checks"] if one["result"] == "fault"]


def test_a_healthy_office_and_nobody_was_disturbed(office: Svara) -> None:
    backup = office.data.parent / "night.zip"
    office.run("backup", str(backup))
    visit = Visit(office)
    assert visit.faults == []
    assert visit.code == 0
    assert "Traceback" not in visit.errors

    assert visit.of("call", "signalling")["result"] == "ok"
    assert re.search(r"came back .*: 42[3-7] Hz at -(1[89]|20) dBFS$", visit.of("call", "sound")["found"])
    assert visit.of("call", "keys")["found"] == "a key arrived, and another one came back"
    assert {one["of"] for one in visit.told["checks"] if one["check"] == "sip"} == {"UDP", "TCP", "TLS", "WS"}
    assert visit.of("strangers")["found"].endswith("so strangers learn nothing")
    assert visit.of("backup")["result"] == "ok"
    assert "2 persons" in visit.of("backup-read", "content")["found"]
    assert visit.of("push")["result"] == "not-applicable"

    assert office.figure("calls_started_total") == 0  # the trial call is in no statistics ...
    with closing(sqlite3.connect(office.data / "svara.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM history_call").fetchone() == (0,)  # ... in no history ...
    everything = json.dumps(visit.told)
    for personal in ("Anna", "Bob", "anna-desk", "@acme.test"):  # ... and nobody is named
        assert personal not in everything


@pytest.mark.claim("ONC-7")
def test_it_restores_a_backup_into_a_scratch_place_and_says_when_one_is_damaged(office: Svara) -> None:
    backup = office.data.parent / "restored.zip"
    office.run("backup", str(backup))
    visit = Visit(office, "--backup", str(backup), "--deep")
    assert visit.of("backup-restore")["result"] == "ok"
    assert "was restored into a scratch place" in visit.of("backup-restore")["found"]
    assert not list(office.data.glob(".verify-*"))  # nothing of it stays

    damaged = office.data.parent / "damaged.zip"
    content = bytearray(backup.read_bytes())
    content[len(content) // 3] ^= 0xFF
    damaged.write_bytes(content)
    visit = Visit(office, "--backup", str(damaged))
    assert visit.code == 1
    [found] = visit.faults
    assert found.startswith("backup-read")
    assert "damaged.zip is damaged: svara.sqlite3 is not what was written" in found


@pytest.mark.claim("ONC-7")
def test_a_log_that_somebody_changed_in_the_database_is_found(office: Svara) -> None:
    with closing(sqlite3.connect(office.data / "svara.sqlite3", timeout=20)) as database:
        [(trigger,)] = database.execute("SELECT sql FROM sqlite_master WHERE name = 'audit_entry_no_update'").fetchall()
        number, actor = database.execute("SELECT number, actor FROM audit_entry ORDER BY number LIMIT 1").fetchone()
        database.execute("DROP TRIGGER audit_entry_no_update")
        database.execute("UPDATE audit_entry SET actor = 'nobody' WHERE number = ?", [number])
        database.execute(trigger)
        database.commit()
        visit = Visit(office)
        assert visit.code == 1
        [found] = visit.faults
        assert found == (
            f"audit acme: the log of views and changes was tampered with at entry {number}: it is not what was written"
        )
        assert "tell the privacy officer" in visit.of("audit")["advice"]
        database.execute("DROP TRIGGER audit_entry_no_update")
        database.execute("UPDATE audit_entry SET actor = ? WHERE number = ?", [actor, number])
        database.execute(trigger)
        database.commit()


def test_a_master_key_that_others_may_read(office: Svara) -> None:
    master = office.data / "keys" / "master"
    master.chmod(0o644)
    try:
        visit = Visit(office)
    finally:
        master.chmod(0o600)
    assert visit.code == 1
    assert "may be read by others" in visit.of("keys", "master")["found"]
    assert visit.of("keys", "master")["advice"] == f"chmod 0600 {master}"


def test_a_media_relay_that_does_not_come_back(office: Svara) -> None:
    media = office.pid_of("media")
    [engine] = [int(child) for child in Path(f"/proc/{media}/task/{media}/children").read_text().split()]
    os.kill(media, signal.SIGSTOP)  # so it starts no other engine
    try:
        os.kill(engine, signal.SIGKILL)
        office.until(lambda: _relay_down(office), 20)
        visit = Visit(office)
    finally:
        os.kill(media, signal.SIGCONT)
    assert visit.code == 1
    assert "the media relay does not answer" in visit.of("calls", "media relay")["found"]
    assert "the call was refused (480)" in visit.of("call", "signalling")["found"]
    assert "media relay" in visit.of("call", "signalling")["found"]
    office.until(lambda: not _relay_down(office), 30)
    assert Visit(office).faults == []


def _relay_down(office: Svara) -> bool:
    return bool(office.get("/healthz")["parts"]["relay"]["state"] == "down")


def test_settings_that_went_wrong_and_an_office_that_is_closed(office: Svara) -> None:
    office.stop()
    visit = Visit(office)
    assert visit.code == 1
    assert [found.partition(":")[0] for found in visit.faults] == ["office "]
    assert "it is not running" in visit.faults[0]
    assert visit.of("database", "tables")["result"] == "ok"  # what can be looked at was
    assert visit.of("audit")["result"] == "ok"
    assert visit.of("call")["found"] == "not checked: the office is not running"

    now = datetime.now(UTC)
    expired = certificate(["phone.acme.test"], now - timedelta(days=90), now - timedelta(days=1))
    written(Path(office.environment["SVARA_TLS_CERT"]).parent, expired)
    office.environment["SVARA_SMTP_URL"] = "smtp://127.0.0.1:9"
    office.start()
    without = {name: value for name, value in office.environment.items() if not name.startswith("SVARA_")}
    office.environment, settings = without, office.environment
    try:
        visit = Visit(office)  # from another shell: the settings are those of the office that runs
    finally:
        office.environment = settings
    assert visit.code == 1
    assert "the certificate has expired on" in visit.of("certificate")["found"]
    assert visit.of("mail")["found"].startswith("the mail server 127.0.0.1, port 9, is not reached")
    assert len(visit.faults) == 2
