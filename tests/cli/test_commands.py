"""The `svara` command as its users meet it: a real process, its words, its exit code."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import Svara

from svara.people.office import read_office

OFFICE = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, extension: "101", password: correct-horse-1, email: anna@acme.test,
     phones: [{login: acme-anna, secret: s3cret-anna}]}
  - {username: bob, name: Bob Lund, extension: "102", phones: [{login: acme-bob, secret: s3cret-bob}]}
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    file = tmp_path / "acme.yaml"
    file.write_text(OFFICE)
    return file


def test_a_first_office_from_nothing(from_nothing: Svara, office: Path, tmp_path: Path) -> None:
    planned = from_nothing("plan", "acme.yaml")
    assert planned.stdout.splitlines()[-1] == "5 to add, 0 to change, 0 to remove."
    applied = from_nothing("apply", "acme.yaml", SVARA_URL="https://phone.acme.test/")
    assert (applied.returncode, applied.stderr) == (0, "")
    assert "+ person anna: Anna Berg, extension 101" in applied.stdout
    assert "https://phone.acme.test/invitation/svarainv_" in applied.stdout
    assert applied.stdout.splitlines()[-1] == "Saved; it takes effect when the office is started."
    again = from_nothing("apply", "acme.yaml")
    assert (again.returncode, again.stdout) == (0, "Nothing to change.\n")
    (acme,) = read_office(tmp_path / "data").tenants
    assert [person.name for person in acme.people] == ["Anna Berg", "Bob Lund"]


def test_only_the_owner_may_look_into_the_data(from_nothing: Svara, office: Path, tmp_path: Path) -> None:
    from_nothing("apply", "acme.yaml")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600
    assert len((tmp_path / "data" / "secret-key").read_bytes()) == 32


def test_in_a_folder_that_others_may_enter_they_still_read_nothing(
    from_nothing: Svara, office: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").chmod(0o755)
    from_nothing("apply", "acme.yaml")
    files = [path for path in (tmp_path / "data").rglob("*") if path.name != "data"]
    assert {"svara.sqlite3", "office.msgpack", "secret-key"} <= {path.name for path in files}
    assert [path.name for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_wrong_file_is_refused_whole(svara: Svara, office: Path, tmp_path: Path, command: str) -> None:
    office.write_text(OFFICE.replace('"NO"', "NO").replace("extension", "extention", 1))
    refused = svara(command, "acme.yaml")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "acme.yaml:2: 'country' must be text: YAML takes NO for yes or no; write \"NO\" in quotes",
        "acme.yaml:4: 'extention' is unknown in a person; did you mean 'extension'?",
    ]
    assert read_office(tmp_path / "data").tenants == ()


def test_a_short_password_is_warned_of_on_the_side(svara: Svara, office: Path) -> None:
    office.write_text(OFFICE.replace("correct-horse-1", "anna1"))
    applied = svara("apply", "acme.yaml")
    assert applied.returncode == 0
    assert applied.stderr == "acme.yaml:4: this password is short; 10 characters or more are safer (warning)\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["aply", "acme.yaml"], "svara: No such command 'aply'. Did you mean 'apply'?"),
        (["apply"], "svara: Missing argument 'OFFICE.yaml'."),
        (["apply", "nowhere.yaml"], "svara: Invalid value for OFFICE.yaml: there is no file nowhere.yaml"),
        (["apply", "."], "svara: Invalid value for OFFICE.yaml: there is no file ."),
        (["plan", "acme.yaml", "--dta", "x"], "svara: No such option: --dta"),
        (["token"], "svara: Missing argument 'USER'."),
        (["serve", "--http", "nonsense"], "svara: 'nonsense' is no address: expected HOST:PORT"),
        (["serve", "kitchen"], "svara: there is no role 'kitchen'"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_in_one_line(from_nothing: Svara, office: Path, arguments: list[str], said: str) -> None:
    wrong = from_nothing(*arguments)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(said)
    assert wrong.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "arguments", "said"),
    [
        ({}, ["--data", "acme.yaml"], "acme.yaml is not a folder"),
        ({}, ["--data", "/proc/svara"], "svara: the data folder /proc/svara cannot be used"),
        ({"SVARA_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, [], "svara: the database cannot be used: connection"),
        ({"SVARA_DATABASE_URL": "oracle-of-delphi://x"}, [], "svara: SVARA_DATABASE_URL is no address of a database"),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_one_line(
    from_nothing: Svara, office: Path, environment: dict[str, str], arguments: list[str], said: str
) -> None:
    failed = from_nothing("apply", "acme.yaml", *arguments, **environment)
    assert failed.returncode == 1
    assert said in failed.stderr
    assert failed.stderr.startswith("svara: ")
    assert failed.stderr.count("\n") == 1


def test_a_token_for_a_person(svara: Svara, office: Path) -> None:
    svara("apply", "acme.yaml")
    token = svara("token", "anna")
    assert (token.returncode, token.stderr) == (0, "")
    assert token.stdout.startswith("svara_")
    assert token.stdout.count("\n") == 1
    unknown = svara("token", "carl")
    assert (unknown.returncode, unknown.stderr) == (1, "svara: there is no person 'carl'\n")
    office.write_text(OFFICE.replace("slug: acme", "slug: beta").replace("acme-", "beta-"))
    svara("apply", "acme.yaml")
    both = svara("token", "anna")
    assert (both.returncode, both.stderr) == (
        1,
        "svara: several tenants have 'anna': say which with --tenant (acme, beta)\n",
    )
    assert svara("token", "anna", "--tenant", "beta").stdout.startswith("svara_")
    assert svara("token", "anna@acme").stdout.startswith("svara_")


def test_a_second_factor_is_taken_away_where_nobody_comes_in_any_more(svara: Svara, office: Path, tmp_path: Path) -> None:
    svara("apply", "acme.yaml")
    none = svara("reset-factor", "anna@acme")
    assert (none.returncode, none.stdout) == (1, "")
    assert "the password alone opens the account already" in none.stderr
    with closing(sqlite3.connect(tmp_path / "data" / "svara.sqlite3")) as database, database:
        row = "SELECT 'f' , tenant_id, id, 'mark' FROM people_account WHERE username = 'anna'"
        database.execute(f"INSERT INTO people_recoverycode (id, tenant_id, account_id, mark) {row}")
    done = svara("reset-factor", "anna@acme")
    assert (done.returncode, done.stderr) == (0, "")
    assert "signs in with the password alone now" in done.stdout
    unknown = svara("reset-factor", "carl")
    assert (unknown.returncode, unknown.stderr) == (1, "svara: there is no person 'carl'\n")


def test_several_first_commands_at_once_make_one_installation(from_nothing: Svara, office: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda _: from_nothing("apply", "acme.yaml"), range(4)))
    assert sorted({run.returncode for run in ran} | {0}) in ([0], [0, 1])
    assert sum("+ tenant acme" in run.stdout for run in ran) == 1
    assert all("Traceback" not in run.stderr for run in ran)
    assert from_nothing("apply", "acme.yaml").stdout == "Nothing to change.\n"


@pytest.mark.claim("K2-1")
def test_a_demo_company_is_one_command_away_and_marked(svara: Svara, tmp_path: Path) -> None:
    assert svara("prepare", "--demo").returncode == 0
    (demo,) = read_office(tmp_path / "data").tenants
    assert sorted(person.extension or "" for person in demo.people) == [str(number) for number in range(101, 109)]
    with closing(sqlite3.connect(tmp_path / "data" / "svara.sqlite3")) as database:
        assert database.execute("select slug, demo from people_tenant").fetchall() == [("fjellvik", 1)]
    assert svara("prepare", "--demo").returncode == 0


def test_help_offers_what_there_is(from_nothing: Svara) -> None:
    told = from_nothing("--help")
    assert told.returncode == 0
    assert [line.split()[0] for line in told.stdout.partition("Commands:")[2].strip().splitlines()] == [
        "serve",
        "plan",
        "apply",
        "token",
        "reset-factor",
        "backup",
        "restore",
        "doctor",
        "setup",
        "privacy",
        "staff",
        "letters",
    ]
    assert from_nothing().stdout == told.stdout


def test_an_interrupted_command_says_nothing_more(tmp_path: Path, office: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "svara", "apply", str(office)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not (tmp_path / "data" / ".setup-lock").exists():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "Traceback" not in errors


def test_the_catalogue_is_printed_in_words_and_as_json(svara: Svara) -> None:
    printed = svara("privacy", "catalogue", "recordings", "--lang", "sv")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert "Inspelningar av samtal (filer)" in printed.stdout
    plain = json.loads(svara("privacy", "catalogue", "--json").stdout)
    assert {"files.journal", "people.Account"} <= {item["thing"] for item in plain}
    wrong = svara("privacy", "catalogue", "--lang", "tlh")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "tlh is none of cs, en" in wrong.stderr


def test_the_policy_is_printed_from_what_is_so(svara: Svara, office: Path) -> None:
    svara("apply", "acme.yaml")
    draft = svara("privacy", "policy", "--tenant", "acme", "--lang", "cs")
    assert (draft.returncode, draft.stderr) == (0, "")
    assert "Zásady ochrany osobních údajů společnosti Acme AS" in draft.stdout
    assert "nahráva" not in draft.stdout.lower()
    wrong = svara("privacy", "policy", "--tenant", "nobody")
    assert (wrong.returncode, wrong.stderr) == (1, "svara: there is no company 'nobody'\n")
    assert svara("privacy", "policy", "--version", "1").stderr == "svara: no such version is published\n"


def test_promises_are_told_with_what_proves_them(from_nothing: Svara, tmp_path: Path) -> None:
    told = from_nothing("privacy", "claims")
    assert (told.returncode, told.stderr) == (0, "")
    assert "PHO-4" in told.stdout
    assert "tests/cli/test_serving.py::test_the_demo_company_really_calls_and_echoes" in told.stdout
    still_open = json.loads(from_nothing("privacy", "claims", "--open", "--json").stdout)
    assert "proved" not in {each["state"] for each in still_open}
    assert not (tmp_path / "data" / "svara.sqlite3").exists(), "it needs no installation"
