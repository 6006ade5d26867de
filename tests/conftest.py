"""What every test stands on: a data folder of its own, and a real database file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_timeout
from django.utils import translation
from tests import emptied, migrated, order
from tests.patience import patience
from tests.peers import postgres

from svara.data import DataFolder
from svara.privacy.policies.claims import RESULTS, Outcome, write_results

hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("any machine")
"""How long an example takes says how busy the machine is, nothing else."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> order.Order | None:
    """Where files of tests run beside each other."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return order.Order(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where files of tests run beside each other, the longest begin first."""
    if hasattr(config, "workerinput"):
        order.longest_first(items)


@pytest.hookimpl(tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> object:
    """A test that hangs is ended, not one that others slow down."""
    return pytest_timeout.pytest_timeout_set_timer(item, settings._replace(timeout=patience(settings.timeout)))


_ended: dict[str, Outcome] = {}
"""How the tests that prove a promise ended in this run: the worst of what a test's parts and parameters came to."""
_WORST: tuple[Outcome, ...] = ("failed", "passed", "skipped")


def pytest_itemcollected(item: pytest.Item) -> None:
    """A report tells only what its item carries: also when it comes from another process."""
    if item.get_closest_marker("claim"):
        item.user_properties.append(("claim", True))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how a part of a test ended."""
    if ("claim", True) not in report.user_properties or (report.when != "call" and report.outcome == "passed"):
        return
    test = report.nodeid.partition("[")[0]
    _ended[test] = min(_ended.get(test, report.outcome), report.outcome, key=_WORST.index)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """`svara privacy claims` reads it. Only the process that heard of all tests writes."""
    if _ended and not hasattr(session.config, "workerinput"):
        write_results(RESULTS, _ended)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> DataFolder:
    """Nothing that a test does touches an installation: state lives in the test's own folder."""
    settings.DATA = DataFolder(tmp_path / "data").create()
    return settings.DATA


@pytest.fixture(autouse=True)
def nobodys_language() -> Iterator[None]:
    """A page that a test asked for in Swedish leaves no Swedish behind: the thread's language goes with the test."""
    yield
    translation.deactivate_all()
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def what_a_test_committed_goes_with_it() -> None:
    """Whatever rows a test that commits leaves, also those that the database refuses to delete, but for who may.

    Django would empty every table there is and fill its own ones anew; few hold anything.
    """
    from django.test import TransactionTestCase

    TransactionTestCase._fixture_teardown = lambda _test: emptied.empty()  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def logs_that_let_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """The audit log refuses to be emptied, also at the end of a test that was no transaction: it goes company by company."""
    marked = request.node.get_closest_marker("django_db")
    emptied = "transactional_db" in request.fixturenames or bool(marked and marked.kwargs.get("transaction"))
    if emptied:
        request.getfixturevalue("transactional_db")
    yield
    if emptied:
        from svara.privacy.audit.models import Chain
        from svara.privacy.audit.retention import drop

        for chain in Chain.all_tenants.all():
            drop(chain.tenant_id)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in production, instead of pytest-django's database in memory; its tables are there already."""
    from django.db import connections

    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        migrated.copy_to(file)
        database["TEST"]["NAME"] = str(file)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """What is there already is brought up to date, not made anew; it goes with its folder."""
    return True


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """A real PostgreSQL server."""
    if postgres.binaries() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running() as server:
        yield server
