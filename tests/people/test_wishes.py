"""What people want by phone is done to their own account, and call control learns of it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from django.conf import settings
from tests.history.stories import Company, queue_of

from svara.media.sounds.form import to_wav
from svara.people import administration, snapshot, wishes
from svara.people.models import Account
from svara.people.office import Forward, read_office
from svara.people.retention import forget_sounds
from svara.people.wish import AddSound, Done, Refused, SetChoice, SetForward, SetGreeting

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path) -> None:
    from svara.data import DataFolder

    settings.DATA = DataFolder(tmp_path / "data").create()


def snapshot_of(account: Account):
    return read_office(settings.DATA.root).by_tenant_id[account.tenant_id].by_id[account.id]


def test_a_forward_comes_and_goes_and_the_others_stay(anna: Account, bob: Account) -> None:
    anna.forwards = [{"when": "busy", "to": "hangup"}]
    anna.save()
    assert wishes.do_wish(SetForward(anna.tenant_id, anna.id, "person:bob")) == Done()
    assert snapshot_of(anna).forwards == (Forward("always", "person:bob"), Forward("busy", "hangup"))
    assert wishes.do_wish(SetForward(anna.tenant_id, anna.id)) == Done()
    assert snapshot_of(anna).forwards == (Forward("busy", "hangup"),)


def test_what_is_gone_meanwhile_is_no_target(anna: Account) -> None:
    wish = SetForward(anna.tenant_id, anna.id, "queue:support")
    assert wishes.do_wish(wish) == Refused("invalid")
    assert wishes.do_wish(SetForward(anna.tenant_id, anna.id, "number:+4790000001")) == Done()
    assert wishes.do_wish(SetForward(anna.tenant_id, anna.id, "voicemail:anna")) == Done()


def test_do_not_disturb(anna: Account) -> None:
    assert wishes.do_wish(SetChoice(anna.tenant_id, anna.id, "dnd")) == Done()
    assert snapshot_of(anna).choice == "dnd"


def test_a_greeting_goes_into_the_library_and_its_recording_away(anna: Account) -> None:
    place = settings.DATA.recordings / "greetings" / "g.wav"
    place.parent.mkdir()
    place.write_bytes(to_wav((8000 * np.sin(np.arange(32_000) * 0.1)).astype(np.int16)))
    assert wishes.do_wish(SetGreeting(anna.tenant_id, anna.id, "greetings/g.wav")) == Done()
    greeting = snapshot_of(anna).greetings["general"]
    assert (settings.DATA.sounds / greeting.file).exists()
    assert not place.exists()
    assert wishes.do_wish(SetGreeting(anna.tenant_id, anna.id)) == Done()
    assert snapshot_of(anna).greetings == {}
    assert wishes.do_wish(SetGreeting(anna.tenant_id, anna.id)) == Done(), "the standard greeting already"
    assert forget_sounds(time.time() + 7200) == 1, "her voice does not stay on the disk"


def spoken() -> str:
    place = settings.DATA.recordings / "greetings" / "g.wav"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(to_wav((8000 * np.sin(np.arange(32_000) * 0.1)).astype(np.int16)))
    return "greetings/g.wav"


def test_greetings_by_phone_are_of_a_kind_or_of_a_queue_that_one_answers_for(anna: Account, bob: Account) -> None:
    tenant = anna.tenant_id
    until = time.time() + 86_400
    assert wishes.do_wish(SetGreeting(tenant, anna.id, spoken(), "away", until)) == Done()
    assert snapshot_of(anna).greetings["away"].until == pytest.approx(until, abs=1)
    assert wishes.do_wish(SetGreeting(tenant, anna.id, spoken(), "away")) == Refused("invalid"), "without an end"
    support = queue_of(Company(anna.tenant, {"anna": anna}), "anna")
    assert wishes.do_wish(SetGreeting(tenant, anna.id, spoken(), queue=support.id)) == Done()
    assert wishes.do_wish(SetGreeting(tenant, bob.id, spoken(), queue=support.id)) == Refused("not-found")
    [queue] = snapshot.build(1).by_tenant_id[tenant].queues
    assert list(queue.greetings) == ["general"]


@pytest.mark.parametrize("file", ["greetings/none.wav", "../../etc/passwd", "/etc/passwd"])
def test_a_recording_that_is_none_changes_nothing(anna: Account, file: str) -> None:
    assert wishes.do_wish(SetGreeting(anna.tenant_id, anna.id, file)) == Refused("invalid")


def test_nobody_changes_somebody_of_another_company(anna: Account, beta) -> None:
    assert wishes.do_wish(SetChoice(beta.id, anna.id, "dnd")) == Refused("not-found")


def recorded() -> str:
    place = settings.DATA.recordings / "prompts" / "p.wav"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(to_wav((8000 * np.sin(np.arange(32_000) * 0.1)).astype(np.int16)))
    return "prompts/p.wav"


def test_an_administrator_s_announcement_becomes_a_sound_that_can_be_renamed(anna: Account) -> None:
    anna.roles = ["admin"]
    anna.save()
    assert wishes.do_wish(AddSound(anna.tenant_id, anna.id, recorded())) == Done()
    assert not (settings.DATA.recordings / "prompts" / "p.wav").exists()
    (sound,) = read_office(settings.DATA.root).by_tenant_id[anna.tenant_id].sounds
    assert sound.name.startswith("recorded-20")
    assert (settings.DATA.sounds / sound.file).exists()
    menu = {"name": "front", "extension": "700", "prompt": sound.name, "keys": {"1": "person:anna"}, "otherwise": "hangup"}
    administration.do_save(anna, "menus", None, menu)
    administration.do_rename(anna, "sounds", sound.name, "welcome")
    tenant = read_office(settings.DATA.root).by_tenant_id[anna.tenant_id]
    assert [(one.name, one.file) for one in tenant.sounds] == [("welcome", sound.file)]
    assert tenant.menu_by_name["front"].prompt == "welcome"
    newest = administration.access_changes(anna)[0]
    assert newest.lines[0] == f"~ sound welcome: was called {sound.name}"
    with pytest.raises(administration.Rejected):
        administration.do_rename(anna, "sounds", "welcome", "not a name")
    administration.do_save(anna, "sounds", None, {"name": "waltz", "language": "en", "text": "one two three"})
    with pytest.raises(administration.Rejected):
        administration.do_rename(anna, "sounds", "welcome", "waltz")


def test_nobody_else_adds_sounds_and_no_recording_elsewhere_is_taken(anna: Account, bob: Account) -> None:
    bob.roles = ["member"]
    bob.save()
    assert wishes.do_wish(AddSound(bob.tenant_id, bob.id, recorded())) == Refused("forbidden")
    assert wishes.do_wish(AddSound(bob.tenant_id, "nobody", recorded())) == Refused("not-found")
    assert wishes.do_wish(AddSound(anna.tenant_id, anna.id, "../../secret.wav")) == Refused("invalid")
    anna.roles = ["admin"]
    anna.save()
    assert wishes.do_wish(AddSound(anna.tenant_id, anna.id, "prompts/none.wav")) == Refused("invalid")
