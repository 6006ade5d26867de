"""Erasing over the API: for administrators and officers, as a job."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client
from tests.history.stories import Company

from svara.people.actions import do_create_token
from svara.people.models import Account
from svara.privacy.rights.jobs import run_next


def ask(company: Company, who: str, username: str, wish: Any) -> Any:
    token = do_create_token(company.people[who], "test")
    return Client().post(
        f"/api/v1/people/{username}/erase",
        json.dumps(wish),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )


def test_an_administrator_erases_and_follows_the_job(acme: Company) -> None:
    token = do_create_token(acme.anna, "follow")
    answer = ask(acme, "anna", "bob", {"reason": "left the company"})
    assert answer.status_code == 202
    run_next()
    job = Client().get(f"/api/v1/jobs/{answer.json()['id']}", headers={"authorization": f"Bearer {token}"}).json()
    assert (job["state"], job["progress"], job["error"]) == ("done", 1.0, None)
    assert job["result"]["rows"] >= 1
    assert not Account.all_tenants.filter(pk=acme.bob.pk).exists()


def test_others_may_not_and_learn_nothing(acme: Company) -> None:
    for username in ("bob", "nobody"):
        assert ask(acme, "dag", username, {"reason": "because"}).status_code == 403
    assert ask(acme, "anna", "nobody", {"reason": "because"}).status_code == 404
    assert ask(acme, "anna", "bob", {"reason": ""}).status_code == 400
    assert ask(acme, "anna", "anna", {"reason": "tired"}).status_code == 409
