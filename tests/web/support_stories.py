"""Olga of support and Erik the engineer at their browsers, and every address that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from tests.privacy.staff.stories import PASSWORD, WHY
from tests.web.office import Company

from svara.privacy.staff import asking, deciding
from svara.privacy.staff.models import Grant, Staff


def at_the_door(staff: Staff) -> Client:
    """A browser in which somebody of the provider is signed in."""
    browser = Client(headers={"accept-language": "en"})
    answer = browser.post("/staff/sign-in/", {"name": staff.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def let_in(staff: Staff, company: Company, *, content: bool = False, role: str = "") -> Grant:
    """Anna has agreed."""
    role = role or staff.role
    grant = asking.do_ask(staff, company.tenant.slug, WHY, role=role, minutes=60, content=content)
    return deciding.do_decide(company["anna"], grant.id, agree=True, content=content)


def inside(staff: Staff, company: Company, **how: Any) -> tuple[Client, Grant]:
    """A browser in which they are in the company."""
    grant = let_in(staff, company, **how)
    browser = at_the_door(staff)
    assert browser.post(f"/staff/grants/{grant.id}/enter/").url == "/staff/visit/"
    return browser, grant


def time_is_over(grant: Grant) -> None:
    Grant.all_tenants.filter(pk=grant.pk).update(until=timezone.now() - timedelta(seconds=1))


def addresses(**values: str) -> Iterator[tuple[str, str]]:
    """Name and path of every address of the web process, with `values` for what stands in a path."""
    yield from _walk(get_resolver().url_patterns, "/", values)


def _walk(patterns: list[Any], prefix: str, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        part = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _value(found, values), str(pattern.pattern))
        part = re.sub(r"\{\w+\}", "x", part)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, prefix + part, values)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or "", prefix + part


def _value(found: re.Match[str], values: dict[str, str]) -> str:
    number = found[0].startswith("<int:")
    return values.get(found[1], "1" if number else "a" * 32)
