"""Phones search the phonebook over LDAP, from outside: with OpenLDAP's own program, encrypted and, where allowed, not."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess

import pytest
from tests.web.office import PASSWORD, Company
from tests.web.stage import Stage

from svara.phonebooks import actions
from svara.phonebooks.access import access_passwords
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MOBILE_IN_PHONEBOOKS

pytestmark = pytest.mark.peer
INVALID_CREDENTIALS, UNWILLING, CONFIDENTIALITY, NO_SUCH_OBJECT, SIZE_LIMIT = 49, 53, 13, 32, 4


@pytest.fixture
def opened(acme: Company) -> Company:
    actions.do_open(acme["anna"], xml=False, carddav=False, ldap=True, ldap_in_clear=False)
    return acme


def secret_of(company: Company, username: str) -> str:
    return actions.do_make_password(company[username], "desk phone")


def search(
    stage: Stage, who: str, secret: str, asked: str, *wanted: str, clear: bool = False, base: str = "o=acme", limit: int = 0
) -> tuple[int, list[dict[str, list[str]]]]:
    """What ldapsearch finds: its exit code, and the entries."""
    program = shutil.which("ldapsearch")
    assert program is not None, "ldapsearch is missing (apt-get install ldap-utils)"
    where = f"ldap://127.0.0.1:{stage.ldap_port}" if clear else f"ldaps://localhost:{stage.ldaps_port}"
    done = subprocess.run(
        [
            *(program, "-x", "-LLL", "-o", "ldif-wrap=no", "-H", where, "-D", who, "-w", secret, "-b", base),
            *("-z", str(limit), asked, *wanted),
        ],
        env=os.environ | {"LDAPTLS_CACERT": str(stage.certificate), "LDAPTLS_REQCERT": "demand"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "certificate" not in done.stderr, done.stderr
    assert "Can't contact" not in done.stderr, done.stderr
    return done.returncode, _entries(done.stdout)


def _entries(ldif: str) -> list[dict[str, list[str]]]:
    entries: list[dict[str, list[str]]] = []
    for block in filter(str.strip, ldif.split("\n\n")):
        entry: dict[str, list[str]] = {}
        for line in block.strip().splitlines():
            name, _colon, value = line.partition(":")
            text = base64.b64decode(value[1:]).decode() if value.startswith(":") else value.strip()
            entry.setdefault(name, []).append(text)
        entries.append(entry)
    return entries


def test_bobs_phone_searches_over_tls(stage: Stage, opened: Company) -> None:
    opened["eva"].mobile = "+4790000005"
    opened["eva"].save()
    secret = secret_of(opened, "bob")
    for who in ("bob", "bob@acme", "uid=bob,o=acme"):
        code, [eva] = search(stage, who, secret, "(|(cn=nova*)(sn=nova*))", "cn", "telephoneNumber", "mobile")
        assert code == 0
        assert (eva["cn"], eva["telephoneNumber"]) == (["Eva Nováková"], ["105"])
        assert "mobile" not in eva
    do_switch(opened["eva"], MOBILE_IN_PHONEBOOKS, True)
    code, [eva] = search(stage, "bob", secret, "(mobile=+47 90 00 00 05)")
    assert (code, eva["mobile"], eva["mail"]) == (0, ["+4790000005"], ["eva@acme.test"])
    code, everybody = search(stage, "bob", secret, "(&(objectClass=*)(!(sn=berg))(telephoneNumber=10*))", "cn")
    assert len(everybody) == 7
    assert [each["cn"] for each in everybody] == sorted(each["cn"] for each in everybody)
    code, some = search(stage, "bob", secret, "(objectClass=*)", "cn", limit=3)
    assert (code, len(some)) == (SIZE_LIMIT, 3)
    assert search(stage, "bob", secret, "(cn=*)", base="o=beta")[0] == NO_SUCH_OBJECT


def test_wrong_passwords_find_nothing(stage: Stage, opened: Company, beta: Company) -> None:
    secret = secret_of(opened, "bob")
    assert search(stage, "bob", PASSWORD, "(cn=*)") == (INVALID_CREDENTIALS, [])
    assert search(stage, "anna", secret, "(cn=*)") == (INVALID_CREDENTIALS, [])
    assert search(stage, "bob@beta", secret, "(cn=*)") == (INVALID_CREDENTIALS, [])
    assert search(stage, "anna@beta", secret_of(beta, "anna"), "(cn=*)", base="o=beta") == (UNWILLING, [])
    [password] = access_passwords(opened["bob"])
    actions.do_revoke_password(opened["bob"], password.id)
    assert search(stage, "bob", secret, "(cn=*)") == (INVALID_CREDENTIALS, [])


def test_without_encryption_only_where_the_company_allows_it(stage: Stage, opened: Company) -> None:
    secret = secret_of(opened, "bob")
    assert search(stage, "bob", secret, "(cn=eva*)", clear=True) == (CONFIDENTIALITY, [])
    actions.do_open(opened["anna"], xml=False, carddav=False, ldap=True, ldap_in_clear=True)
    code, [eva] = search(stage, "bob", secret, "(cn=eva*)", clear=True)
    assert (code, eva["sn"]) == (0, ["Nováková"])


def test_nothing_is_written(stage: Stage, opened: Company) -> None:
    program = shutil.which("ldapmodify")
    assert program is not None
    where = f"ldaps://localhost:{stage.ldaps_port}"
    done = subprocess.run(
        [program, "-x", "-H", where, "-D", "bob", "-w", secret_of(opened, "bob")],
        input=f"dn: uid={opened['eva'].id},o=acme\nchangetype: modify\nreplace: cn\ncn: Nobody\n",
        env=os.environ | {"LDAPTLS_CACERT": str(stage.certificate)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == UNWILLING, done.stderr
