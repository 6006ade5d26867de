"""Nobody is called home: a demo office that runs sends nothing to anywhere but the machine itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

IN_A_NETWORK_OF_ITS_OWN = ["unshare", "--net", "--mount", "--map-root-user"]
WATCHED_SECONDS = 12
NOWHERE = Path(__file__).with_name("nowhere.py")

pytestmark = [pytest.mark.peer, pytest.mark.timeout(180)]


def may_have_a_network() -> bool:
    """Whether this machine lets us make a network of our own with a tunnel in it."""
    try:
        tried = subprocess.run([*IN_A_NETWORK_OF_ITS_OWN, "true"], capture_output=True, check=False, timeout=10)
    except OSError:
        return False
    return tried.returncode == 0 and Path("/dev/net/tun").exists()


@pytest.mark.claim("ADV-5")
@pytest.mark.claim("TB-8")
def test_a_demo_office_sends_nothing_out_of_the_machine() -> None:
    """Every process of it, media and speech among them, for as long as a newcomer looks at the first pages."""
    if not may_have_a_network():
        pytest.skip("no network of our own can be made here")
    with tempfile.TemporaryDirectory(prefix="svara-") as folder:
        serve = ["serve", "--demo", "--data", f"{folder}/data", "--http", "127.0.0.1:0", "--sip", "127.0.0.1:0"]
        command = [sys.executable, str(NOWHERE), str(WATCHED_SECONDS), sys.executable, "-m", "svara", *serve]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        ran = subprocess.run(
            [*IN_A_NETWORK_OF_ITS_OWN, *command], capture_output=True, text=True, env=environment, timeout=150, check=False
        )
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout.splitlines()[-1])
    assert found["watched"], "the way out is not watched: this would prove nothing"
    assert found["answers"] == [200, 200, 200]
    assert found["caught"] == []
