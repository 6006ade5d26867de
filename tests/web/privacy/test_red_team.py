"""Whoever wants what is not theirs: every page, in every place where an id or a name may stand, asked by the wrong people.

The addresses are read from the running routes, and the ids from every table there is, so that no page is left out because
somebody forgot it here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import product
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from tests.history.stories import Company
from tests.privacy.rights.conftest import acme, beta, traces

from svara.people.models import Account, CodeApp, Passkey
from svara.phonebooks import actions as phonebooks
from svara.privacy import tenancy
from svara.privacy.registers.models import Case, Disclosure
from svara.privacy.rights.models import Erasure, Hold, Job
from svara.privacy.staff.models import Grant

__all__ = ["acme", "beta", "traces"]

pytestmark = pytest.mark.django_db

OPEN = {
    "access-ask", "front", "status",
    "carddav", "carddav-below", "carddav-well-known", "phonebook-xml",  # they ask for a password of their own,
    "provision",  # or a secret, each time
    "cookies", "door-language", "favicon", "invitation", "language", "link", "link-code", "manifest", "news", "news-confirm",
    "news-undo", "news-withdraw", "policy-public", "policy-version", "privacy-ask", "privacy-door", "sign-in", "sign-out",
    "staff-invitation", "staff-sign-in", "static", "app-manifest", "offline", "service-worker", "start",
    "start-company", "start-demo", "start-with",
    "passkey-sign-in", "second-step",  # they are refused for want of what was to be shown
}  # fmt: skip
"""What anybody may ask for without signing in."""
WORDS = {
    "how": ["claim", "open", "handle", "approve", "refuse", "give", "end"],
    "section": ["people", "queues", "menus", "numbers", "trunks", "hours"],
    "form": ["csv", "html", "pdf"],
    "number": ["0"],
    "slug": ["acme"],
}
"""What a place in an address may want, where it is no key."""
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
SECRETS = re.compile(
    r"Bob Lie|Dag Vik|Kari Nordmann|Ole Dahl|\+?47 ?(?:22|33) ?00 ?00 ?0|acme-bob|\bAcme\b|the case against"
)


def routes() -> dict[str, str]:
    """Every page by name: its address, with the names of its parameters in angle brackets."""
    return {
        pattern.name: "/" + str(pattern.pattern)
        for pattern in get_resolver("svara.web.urls").url_patterns
        if isinstance(pattern, URLPattern) and pattern.name
    }


def addresses(path: str, anything: list[str]) -> Iterator[str]:
    """The address with each of these keys in its places, and beside the first ones every word that a place may want."""
    places = PARAMETER.findall(path)
    worded = [place for place in places if place in WORDS]
    for number, key in enumerate(anything if len(worded) < len(places) else [""]):
        for words in product(*(WORDS[place] if number < 2 else WORDS[place][:1] for place in worded)):
            chosen = dict(zip(worded, words, strict=True))
            yield PARAMETER.sub(partial(_put, chosen, key), path)


def _put(chosen: dict[str, str], key: str, place: re.Match[str]) -> str:
    return chosen.get(place[1], key)


def rows(company: Company) -> dict[str, str]:
    """A digest of each table's rows of a company."""
    return {
        model._meta.label: hashlib.sha256(
            repr(sorted(map(repr, model.all_tenants.filter(tenant_id=company.tenant.id).values_list()))).encode()
        ).hexdigest()
        for model in apps.get_models()
        if issubclass(model, tenancy.TenantOwned)
    }


def signed_in(person: Account, **how: bool) -> Client:
    client = Client(raise_request_exception=False, **how)
    client.force_login(person)
    return client


@pytest.fixture
def office(traces: Company) -> Company:
    """Acme, with what officers keep, too: cases, a hold, a disclosure, an export, an erasure."""
    tenant, at, bob = traces.tenant, datetime(2026, 11, 1, tzinfo=UTC), traces.bob
    Job.all_tenants.create(tenant=tenant, kind="export", state="done", asked_by=bob.id)
    Hold.all_tenants.create(
        tenant=tenant, subject=f"person:{bob.id}", reason="the case against Bob", until=at, made_by=traces.anna.id
    )
    Case.all_tenants.create(
        tenant=tenant,
        kind="access",
        person=bob.id,
        name="Bob Lie",
        text="the case against Bob",
        opened_at=at,
        due_on=at.date(),
    )
    Grant.all_tenants.create(
        tenant=tenant, staff_id="a" * 32, staff_name="Olga Strand", role="support", how="asked",
        reason="the case against Bob", minutes=60, asked_at=timezone.now(),
    )  # fmt: skip
    Disclosure.all_tenants.create(
        tenant=tenant, authority="Acme police", basis="law", scope="Bob Lie", asked_at=at, opened_by=traces.anna.id
    )
    phonebooks.do_make_password(bob, "Bob Lie, desk phone")
    CodeApp.all_tenants.create(tenant=tenant, account=bob, sealed=b"sealed", confirmed_at=at, created_at=at)
    Passkey.all_tenants.create(
        tenant=tenant, account=bob, mark="0" * 64, credential=b"key", party="a.test", label="Bob Lie", created_at=at
    )
    Erasure.all_tenants.create(
        tenant=tenant, subject=f"person:{bob.id}", at=at, receipt={"rows": "Bob Lie"}, digest="0" * 64
    )
    return traces


@pytest.fixture
def theirs(office: Company) -> list[str]:
    """A key of each of Acme's tables, and what its people and things are called."""
    keys = [
        str(model.all_tenants.filter(tenant_id=office.tenant.id).values_list("pk", flat=True).first() or "")
        for model in apps.get_models()
        if issubclass(model, tenancy.TenantOwned)
    ]
    return [*{*filter(None, keys)}, "bob", "support", "front", "itsp", "q1", "c3", office.bob.id]


@pytest.mark.timeout(360)
def test_no_page_leads_to_another_company(office: Company, beta: Company, theirs: list[str]) -> None:
    """Beta's Anna is administrator and knows every id of Acme's. All she gets is her own company, and nothing of Acme's
    is another than before."""
    Account.all_tenants.filter(tenant=beta.tenant).exclude(username="anna").delete()
    Account.all_tenants.filter(pk=beta.anna.pk).update(name="Beate", username="beate")
    client = signed_in(Account.all_tenants.get(pk=beta.anna.pk))
    before, walked = rows(office), 0
    typed = {
        "username": "bob",
        "confirm": "bob",
        "number": "+4722000001",
        "to": "q1",
        "name": "support",
        "box": "person:bob",
    }
    body = typed | {
        "reason": "I want it",
        "person": office.bob.id,
        "call": "q1",
        "state": "paused",
        "choice": "away",
        "days": "1",
    }
    for name, path in routes().items():
        for address in addresses(path, theirs) if name not in OPEN else ():
            cache.clear()
            for answer in (client.get(address, body if address == path else {}), client.post(address, body)):
                walked += 1
                assert answer.status_code < 500, (name, address)
                said = unquote(b"".join(answer).decode(errors="replace"))
                for own in (address, *typed.values()):
                    said = said.replace(own, "")
                assert not SECRETS.findall(said), (name, address)
    assert walked > 10 * len(routes())
    assert rows(office) == before
    assert SECRETS.search(signed_in(office.anna).get("/people/").content.decode()), "the search finds what is there"


def test_nobody_gets_in_without_signing_in(office: Company, theirs: list[str]) -> None:
    before = rows(office)
    client = Client(raise_request_exception=False)
    for name, path in routes().items():
        if name in OPEN:
            continue
        for address in addresses(path, theirs[:2]):
            for answer in (client.get(address), client.post(address, {"reason": "I want it"})):
                assert answer.status_code in (302, 401, 403, 404, 405), (name, address, answer.status_code)
                if answer.status_code == 302:
                    assert answer["Location"].startswith(("/sign-in/", "/staff/sign-in/")), (name, address)
    assert rows(office) == before


def test_a_member_reaches_no_page_of_administrators_and_officers(office: Company, theirs: list[str]) -> None:
    client = signed_in(office.dag)
    before = rows(office)
    for name, path in routes().items():
        if not path.startswith(("/administration/", "/system/")):
            continue
        for address in addresses(path, theirs):
            for answer in (client.get(address), client.post(address, {"reason": "I want it", "confirm": "bob"})):
                assert answer.status_code in (403, 404, 405), (name, address, answer.status_code)
    assert rows(office) == before


def test_a_page_elsewhere_cannot_make_anna_s_browser_act(office: Company, theirs: list[str]) -> None:
    """Cross-site requests: without the token of the form nothing is done, on any page."""
    client = signed_in(office.anna, enforce_csrf_checks=True)
    before = rows(office)
    tried = 0
    for name, path in routes().items():
        for address in addresses(path, theirs[:3]):
            answer = client.post(address, {"reason": "I want it"}, headers={"Origin": "https://elsewhere.test"})
            assert answer.status_code in (403, 404, 405) or (name in OPEN and answer.status_code < 500), (name, address)
            tried += answer.status_code == 403
    assert tried > 50
    assert rows(office) == before
