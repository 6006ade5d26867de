"""The set-up on machines that are not like ours: its programs are played, so that nothing here is installed or changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
POLICY = """#!/bin/sh
printf '%s:\\n  Installed: (none)\\n  Candidate: 10.5\\n  Version table:\\n' "$2"
i=0; while [ $i -lt 20000 ]; do echo "     10.$i 500"; i=$((i+1)); done
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A person who may use sudo, on a machine where none of our packages has been."""
    programs = {
        "id": "echo 1000",
        "sudo": f'echo "$*" >>{tmp_path}/asked; case $* in *tee*) cat >/dev/null ;; esac',
        "apt-cache": POLICY,
        "apt-get": "exit 9",
        "ls": "exit 2",
    }
    for name, text in programs.items():
        program = tmp_path / name
        program.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}\n", encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def set_up(machine: Path, words: str) -> subprocess.CompletedProcess[str]:
    script = f'set -euo pipefail; ROOT={ROOT}; LOG={machine}/log; . "$ROOT/tools/setup.bash"; PATH={machine}:$PATH; {words}'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=60)


def test_a_package_is_found_although_apt_has_more_to_say_about_it(machine: Path) -> None:
    """It was not: with pipefail, apt-cache that was still writing when grep had seen enough counted as "there is none"."""
    assert set_up(machine, "candidate rtpengine-daemon,ngcp-rtpengine-daemon").stdout == "rtpengine-daemon\n"


def test_a_package_without_a_candidate_is_left_for_the_next_name(machine: Path) -> None:
    (machine / "apt-cache").write_text(
        '#!/bin/sh\n[ "$2" = old ] && printf "old:\\n  Candidate: (none)\\n" || printf "$2:\\n  Candidate: 7\\n"\n',
        encoding="utf-8",
    )
    assert set_up(machine, "candidate old,new").stdout == "new\n"


def test_a_machine_that_never_had_one_of_our_services_gets_its_packages(machine: Path) -> None:
    """It did not, and nothing was said: to find no service there ended the set-up."""
    done = set_up(machine, "need_programs nosuchprogram:baresip-core; echo done")
    assert done.stdout.endswith("done\n"), done.stderr
    assert any("install -y" in line and "baresip-core" in line for line in (machine / "asked").read_text().splitlines())


def test_a_package_that_is_nowhere_is_named(machine: Path) -> None:
    (machine / "apt-cache").write_text("#!/bin/sh\n", encoding="utf-8")
    done = set_up(machine, "need_programs nosuchprogram:rtpengine-daemon,ngcp-rtpengine-daemon; echo done")
    assert done.returncode == 1
    assert "done" not in done.stdout
    assert "no Debian package offers rtpengine-daemon or ngcp-rtpengine-daemon here" in done.stderr


def test_what_is_only_better_to_have_is_installed_where_it_is_offered_and_not_missed_elsewhere(machine: Path) -> None:
    done = set_up(machine, "want_programs nosuchprogram; echo done")
    assert done.stdout.endswith("done\n"), done.stderr
    asked = (machine / "asked").read_text()
    assert "install -y --no-install-recommends nosuchprogram" in asked
    (machine / "apt-cache").write_text("#!/bin/sh\n", encoding="utf-8")
    (machine / "asked").write_text("")
    done = set_up(machine, "want_programs nosuchprogram; echo done")
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "install" not in (machine / "asked").read_text()
