"""`svara staff`: the operator says who works for the provider."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Svara
from tests.cli.test_commands import OFFICE


@pytest.mark.claim("ONC-3")
def test_olga_comes_is_listed_and_goes(svara: Svara) -> None:
    assert svara("staff", "list").stdout == "Nobody: no company can be looked at by staff.\n"
    added = svara("staff", "add", "Olga Strand", "--email", "olga@provider.test", SVARA_URL="https://phone.test/")
    assert (added.returncode, added.stderr) == (0, "")
    assert "https://phone.test/staff/invitation/svarastaff_" in added.stdout
    assert svara("staff", "list").stdout == "Olga Strand  olga@provider.test  support  never here\n"
    again = svara("staff", "add", "Olga", "--email", "OLGA@provider.test")
    assert (again.returncode, again.stderr) == (
        1,
        "svara: There is somebody with the address OLGA@provider.test already.\n",
    )
    assert "svarastaff_" in svara("staff", "invite", "olga@provider.test").stdout
    assert svara("staff", "reset-factor", "olga@provider.test").stdout == "The password alone opens the door again.\n"
    assert svara("staff", "reset-factor", "nobody@provider.test").returncode == 1
    removed = svara("staff", "remove", "olga@provider.test")
    assert removed.stdout == "Removed. Accesses and questions that ended with it: 0.\n"
    assert svara("staff", "remove", "olga@provider.test").returncode == 1
    wrong = svara("staff", "add", "Olga", "--email", "olga@provider.test", "--role", "root")
    assert wrong.stderr == "svara: The role is one of: support, engineer.\n"


def test_a_token_with_a_reason(svara: Svara, tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(OFFICE)
    svara("apply", "acme.yaml")
    assert svara("token", "anna", "--reason", "Test of the interface to the CRM").stdout.startswith("svara_")
    refused = svara("token", "anna", "--reason", "because")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("svara: Say why, in words")
