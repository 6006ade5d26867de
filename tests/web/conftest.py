"""What the tests of the pages share: built assets, two companies, and browsers with somebody signed in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Playwright, sync_playwright
from tests.patience import patience
from tests.web import office
from tests.web.browsing import launch
from tests.web.office import Company
from tests.web.stage import Stage

from svara.people import signin
from svara.web import live
from svara.web.build import build


@pytest.fixture(scope="session", autouse=True)
def built_assets() -> None:
    """The pages need the assets; when nothing has changed this costs nothing."""
    build()


@pytest.fixture
def acme(db: None) -> Company:
    """Acme AS: Anna is its administrator, Cecilie a supervisor, Bob and the others members."""
    return office.company("acme", "Acme AS", office.ACME, demo=True)


@pytest.fixture
def beta(db: None) -> Company:
    """Beta AB, on the same server."""
    return office.company("beta", "Beta AB", office.BETA, timezone="Europe/Stockholm")


@pytest.fixture
def browser_of(db: None) -> Callable[[Company, str], Client]:
    """A browser in which somebody is signed in."""

    def sign_in(company: Company, username: str, **headers: str) -> Client:
        browser = Client(headers={"accept-language": "en", **headers})
        browser.force_login(company[username], backend=signin.BACKEND)
        return browser

    return sign_in


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What drives browsers: for the tests of one file, because it keeps an event loop in their thread."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as one:
        yield one
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, for the tests of one file."""
    chromium = launch(playwright)
    yield chromium
    chromium.close()


@pytest.fixture
def mirror() -> Iterator[live.Live]:
    """A mirror of live state into which a test can write; nobody else sees it."""
    before, mine = live.current(), live.Live()
    live.install(mine)
    yield mine
    live.install(before)


@pytest.fixture(scope="session")
def stage_database(django_db_setup: None) -> str:
    """The address of the tests' database, for a process of its own."""
    database = connection.settings_dict
    return f"sqlite:///{database['NAME']}" if connection.vendor == "sqlite" else _address(database)


@pytest.fixture(scope="session")
def _one_stage(stage_database: str, built_assets: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One web process for all tests that want one."""
    one = Stage(tmp_path_factory.mktemp("stage"), stage_database)
    yield one
    seconds = one.close()
    assert seconds < patience(4), f"the web process took {seconds:.1f} s to stop"


@pytest.fixture
def stage(_one_stage: Stage, transactional_db: None) -> Stage:
    """The running web process, with nobody and nothing in it."""
    _one_stage.forget()
    return _one_stage


def _address(database: dict[str, object]) -> str:
    return "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
