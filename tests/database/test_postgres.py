"""What is proven on SQLite holds on PostgreSQL: the same tests, and the same commands, on a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.database import schema
from tests.patience import patience
from tests.peers.postgres import Postgres
from tests.privacy import old_words

from svara.data import DataFolder
from svara.web.build import build

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def built_assets() -> None:
    """Some of the tests look at pages."""
    build()


OFFICE = """\
version: 1
tenant: {slug: %s, name: Acme AS, country: "NO", timezone: Europe/Oslo}
people:
  - {username: anna, name: Anna Berg, extension: "101", password: correct-horse-1,
     phones: [{login: %s-anna, secret: s3cret-anna}]}
"""

ONLY = "tests.database.on_the_database"
CALLS = "api/test_calls.py api/test_parked.py api/test_conferences.py web/test_parked.py web/test_callbacks.py"
MOST_OF = {"people": 150, "history": 100, "privacy": 250, "letters": 20, "phonebooks": 15, "voicemail": 25, CALLS: 60}
MOST_OF["contacts"] = 20
"""So many tests of a room, or of these files, reach a database, at the least."""

pytestmark = pytest.mark.peer


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("folder", MOST_OF, ids=lambda folder: "calls" if folder == CALLS else folder)
def test_the_tests_of_a_room_pass_there_too(postgres_server: Postgres, folder: str) -> None:
    """Those of them that reach a database: what touches none is proven by the one run that it has already."""
    places = [f"tests/{place}" for place in folder.split()]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *("-p", "no:cacheprovider"), *("-p", ONLY), *("-m", "not browser"), *places],
        cwd=ROOT,
        env=os.environ | {"SVARA_DATABASE_URL": postgres_server.new_database_for_tests()},
        capture_output=True,
        text=True,
        timeout=patience(1100),
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-5000:]
    passed = re.search(r"^(\d+) passed", ran.stdout, re.MULTILINE)
    assert passed is not None, ran.stdout[-500:]
    assert int(passed[1]) >= MOST_OF[folder]


def test_companies_are_applied_side_by_side(postgres_server: Postgres, tmp_path: Path) -> None:
    """Two administrators apply two companies in a database without tables, each of them twice, all at once."""
    url = postgres_server.new_database()
    for slug in ("acme", "beta"):
        (tmp_path / f"{slug}.yaml").write_text(OFFICE % (slug, slug))

    def svara(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "svara", *arguments],
            cwd=tmp_path,
            env=os.environ | {"SVARA_DATABASE_URL": url, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=patience(60),
            check=False,
        )

    # Each with a data folder of its own, as on two machines: only the database can keep them apart.
    jobs = [("apply", f"{slug}.yaml", "--data", f"{slug}{number}") for slug in ("acme", "beta") for number in (1, 2)]
    with ThreadPoolExecutor(4) as pool:
        ran = list(pool.map(lambda job: svara(*job), jobs))
    for slug, results in (("acme", ran[:2]), ("beta", ran[2:])):
        assert sum(f"+ tenant {slug}" in each.stdout for each in results) == 1, results
        assert all(each.returncode == 0 or "try again" in each.stderr for each in results), results
        assert svara("apply", f"{slug}.yaml", "--data", "last").stdout == "Nothing to change.\n"
    assert svara("token", "anna", "--tenant", "beta", "--data", "last").stdout.startswith("svara_")


@pytest.mark.timeout(300)
def test_words_about_people_that_stood_in_clear_are_sealed_there_too(postgres_server: Postgres, tmp_path: Path) -> None:
    url = postgres_server.new_database()
    data = DataFolder(tmp_path / "office").create()
    old_words.run(data.root, "-c", old_words.OLD, url=url)
    dumped = postgres_server.dump(url)
    assert [word for word in old_words.WORDS if word not in dumped] == []
    old_words.run(data.root, "-m", "svara", "prepare", url=url)
    dumped = postgres_server.dump(url)
    assert [word for word in old_words.WORDS if word in dumped] == []
    assert json.loads(old_words.run(data.root, "-c", old_words.UPDATED, url=url)) == old_words.READ
    new = postgres_server.new_database()
    old_words.run(tmp_path / "new", "-m", "svara", "prepare", url=new)
    assert schema.of_postgres(postgres_server.schema(url)) == schema.of_postgres(postgres_server.schema(new))
    assert len(schema.of_postgres(postgres_server.schema(new))) > 300
