"""`svara privacy receipt FILE`: what was downloaded years ago is checked on the machine itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Svara
from tests.cli.test_privacy_keys import acme

__all__ = ["acme"]

AGREE = """
import json, pathlib
from svara.cli.installation import open_installation
open_installation(pathlib.Path("data"))
from svara.people.models import Account
from svara.privacy.functions.port import do_switch
print(json.dumps(do_switch(Account.all_tenants.get(username="anna"), "statistics", True).document))
"""


@pytest.mark.claim("PHO-1")
def test_a_genuine_receipt_is_told_from_a_forged_one(acme: Svara, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("SVARA_DATA", None)
    command = [sys.executable, "-c", AGREE]
    made = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True, timeout=60)
    (tmp_path / "receipt.jsonld").write_text(made.stdout)
    told = acme("privacy", "receipt", "receipt.jsonld")
    assert (told.returncode, told.stdout) == (0, "genuine: statistics, given; in force\n")
    forged = json.loads(made.stdout) | {"pii_principal_id": "person:somebody"}
    for name, content in {"forged": json.dumps(forged), "text": "[" * 50_000, "large": " " * 70_000}.items():
        (tmp_path / name).write_text(content)
        refused = acme("privacy", "receipt", name)
        assert refused.returncode == 1, name
        assert refused.stderr.startswith("svara: this receipt is not genuine"), refused.stderr
    assert acme("privacy", "receipt", "nothing").returncode == 1
