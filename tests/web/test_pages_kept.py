"""Going from page to page keeps what lives beside the pages: every page looks as it does when it is loaded whole."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page, Route, expect
from tests.web import office
from tests.web.browsing import Visit, visit
from tests.web.office import Company
from tests.web.stage import Stage, eventually
from tests.web.test_browser import a_lively_office, pages_of

from svara.people.models import Account
from svara.web.urls import urlpatterns

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SEEN = """() => {
    const app = document.getElementById("app").cloneNode(true);
    for (const one of app.querySelectorAll("[data-htmx-powered]")) one.removeAttribute("data-htmx-powered");
    for (const one of app.querySelectorAll("[data-since], [data-until]")) one.replaceChildren();
    for (const one of app.querySelectorAll("[name=csrfmiddlewaretoken]")) one.remove();
    for (const one of app.querySelectorAll("[class='']")) one.removeAttribute("class");
    app.removeAttribute("data-htmx-powered");
    const lines = app.outerHTML.split(/\\n/).map((line) => line.trim()).filter(Boolean);
    return {title: document.title, html: lines, links: [...document.querySelectorAll("#app a[href]")]
        .filter((a) => a.origin === location.origin && !a.hash && !a.hasAttribute("download")
            && a.getAttribute("hx-boost") !== "false").map((a) => a.pathname + a.search)};
}"""
GO = """(path) => new Promise((done) => {
    document.body.addEventListener("svara:page", () => done(true), {once: true});
    setTimeout(() => done(false), 20000);
    const link = document.createElement("a");
    link.href = path;
    document.getElementById("main").append(link);
    window.htmx.process(link);
    link.click();
})"""


@pytest.fixture
def anna(browser: Browser, stage: Stage, acme: Company) -> Iterator[Visit]:
    """Anna's window; it is loaded once, and whoever loads it again is found out."""
    with visit(browser, stage) as window:
        window.sign_in("anna@acme.test")
        window.live()
        window.page.evaluate("window.kept = true")
        yield window
        assert window.complaints == []


def kept(window: Visit) -> bool:
    return bool(window.page.evaluate("window.kept === true"))


def caught(page: Page, address: str) -> list[Route]:
    """What is asked of that address waits here for its answer."""
    asked: list[Route] = []

    def wait(route: Route) -> None:
        asked.append(route)

    page.route(address, wait)
    return asked


def when(page: Page, asked: list[Route]) -> Route:
    """The first request that the page makes, as soon as it is made."""
    while not asked:
        page.wait_for_timeout(20)
    return asked[0]


def kind_of(path: str) -> str:
    """Which page of the app this is, whatever it is about; "" for what is none."""
    try:
        return resolve(urlsplit(path).path).url_name or ""
    except Resolver404:
        return ""


def test_every_page_is_the_same_whether_one_goes_there_or_loads_it(anna: Visit, stage: Stage, acme: Company) -> None:
    a_lively_office(stage, acme)
    own = [f"/{pattern.pattern}" for pattern in urlpatterns if "<" not in str(pattern.pattern)]
    waiting, met = ["/", *pages_of(acme).values(), *own], set[str]()
    other = Visit(anna.page.context.new_page(), stage)
    while waiting:
        path = waiting.pop(0)
        if kind_of(path) in met or not kind_of(path):
            continue
        met.add(kind_of(path))
        answer = other.page.request.get(stage.url + path)
        if answer.status != 200 or 'id="app"' not in answer.text() or urlsplit(answer.url).path != urlsplit(path).path:
            continue
        other.go(path)
        assert anna.page.evaluate(GO, path), path
        assert kept(anna), path
        assert anna.page.url == stage.url + path
        same = eventually(lambda: anna.page.evaluate(SEEN)["html"] == other.page.evaluate(SEEN)["html"], 8)
        one, two = anna.page.evaluate(SEEN), other.page.evaluate(SEEN)
        differ = [(mine, whole) for mine, whole in zip(one["html"], two["html"], strict=False) if mine != whole]
        assert same, (path, differ[:5])
        assert one["title"] == two["title"]
        waiting += two["links"]
    assert len(met) > 50


def test_focus_title_place_and_scroll_are_those_of_a_new_page(anna: Visit, acme: Company) -> None:
    page = anna.page
    for number in range(40):
        office.answered(acme, "bob", "anna", ago_seconds=4000.0 + number * 60)
    navigation = page.get_by_role("navigation", name="Main")
    navigation.get_by_role("link", name="History").click()
    expect(page).to_have_title("Call history · Svara")
    expect(page.locator("main")).to_be_focused()
    expect(page.locator("#went")).to_have_text("Call history · Svara")
    expect(navigation.locator("[aria-current=page]")).to_have_text("History")
    record = page.locator("#records a.stretched").nth(20)
    record.scroll_into_view_if_needed()
    height = page.evaluate("scrollY")
    assert height > 100
    record.click()
    expect(page.locator("main h1")).to_be_visible()
    assert eventually(lambda: page.evaluate("scrollY") == 0)
    page.go_back()
    expect(page.locator("#records")).to_be_visible()
    expect(page).to_have_title("Call history · Svara")
    assert eventually(lambda: page.evaluate("scrollY") == height), page.evaluate("scrollY")
    page.go_back()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Call history")).to_be_visible()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert kept(anna)


def test_news_come_to_the_page_where_one_is_now(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    stage.presence(acme.tenant.id, acme["bob"].id, "available")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Voicemail").click()
    expect(page.locator("#messages")).to_contain_text("No messages")
    late = caught(page, f"{stage.url}/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    expect(page.locator("html[data-going]")).to_have_count(1)
    route = when(page, late)
    old = route.fetch()
    stage.presence(acme.tenant.id, acme["bob"].id, "dnd")  # while the page is on its way
    page.wait_for_timeout(300)
    route.fulfill(response=old)
    bob = page.locator(f'#people [data-person="{acme["bob"].id}"]')
    expect(bob).to_contain_text("Do not disturb")
    stage.presence(acme.tenant.id, acme["bob"].id, "away")
    expect(bob).to_contain_text("Away")
    assert sum(address.endswith("/api/v1/events") for address in anna.requests) <= 2  # of the door's page and of this one
    assert kept(anna)


def test_the_last_wish_counts(anna: Visit, stage: Stage) -> None:
    page = anna.page
    navigation = page.get_by_role("navigation", name="Main")
    slow = caught(page, f"{stage.url}/history/")
    navigation.get_by_role("link", name="History").click()
    when(page, slow)
    navigation.get_by_role("link", name="Voicemail").click()
    expect(page.get_by_role("heading", name="Voicemail")).to_be_visible()
    assert page.url.endswith("/voicemail/")
    assert kept(anna)


def test_a_form_saves_says_so_and_keeps_the_place(anna: Visit, acme: Company) -> None:
    page = anna.page
    page.locator(".side .me").click()
    seen_by = page.get_by_label("On pages, on the lamps of phones and for programs")
    seen_by.focus()
    seen_by.select_option("nobody")
    assert eventually(lambda: Account.all_tenants.get(pk=acme["anna"].pk).presence_to == "nobody")
    expect(page.locator("#presence_to option[value=nobody][selected]")).to_have_count(1)
    expect(page.locator("#presence_to")).to_be_focused()
    page.get_by_label("What the token is for").fill("Wallboard")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator("#new-token")).to_contain_text("svara")
    assert page.url.endswith("/profile/")  # an address that can be asked for again
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator("#toasts")).to_contain_text("The token no longer works")
    page.get_by_label("Old password").fill("not hers")
    page.get_by_label("New password").fill("three words in a row")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#password-errors")).to_be_in_viewport()
    expect(page.locator("#toasts .toast")).to_have_count(0)
    assert kept(anna)
    page.get_by_label("Language of these pages").select_option("sv")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    assert not kept(anna)  # every word is another


def test_what_is_no_page_of_the_app_is_loaded_as_ever(anna: Visit, stage: Stage, acme: Company) -> None:
    page = anna.page
    assert page.evaluate(GO, "/nothing-here/") is True
    expect(page.locator("main")).to_contain_text("There is nothing here")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert kept(anna)
    page.get_by_role("link", name="To the start page").click()
    expect(page.get_by_role("heading", name="People", exact=True)).to_be_visible()
    assert page.evaluate(GO, "/my-data/functions/")
    expect(page.get_by_role("heading", name="My data")).to_be_visible()
    page.get_by_role("button", name="I agree: switch on").first.click()
    with page.expect_download() as kept_file:
        page.get_by_role("link", name="Receipt").first.click()
    assert kept_file.value.suggested_filename.startswith("receipt-")
    assert kept(anna)
    page.context.clear_cookies()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    anna.complaints[:] = [each for each in anna.complaints if "401" not in each]
