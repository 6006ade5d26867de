"""What is kept for a time only, and goes when that is over: sessions, invitations, counts of failed sign-ins, uses of
pages that became figures, and sounds that nobody uses any more (a greeting is somebody's voice)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session

from svara.media.sounds.library import remove_unused
from svara.people import throttle
from svara.people.models import (
    CodeApp,
    Device,
    FactorNews,
    Greeting,
    Handset,
    Invitation,
    SignInCount,
    Sound,
    Tenant,
)
from svara.people.models.handsets import FETCH_DAYS
from svara.people.models.second import NEWS_DAYS
from svara.people.signedin import forget_sessions
from svara.privacy.figures.usage import close_weeks
from svara.privacy.functions.optin import forget_waiting
from svara.privacy.functions.retention import forget_consents
from svara.privacy.rights.jobs import forget_jobs

UNCONFIRMED = timedelta(hours=1)
"""So long a new app with codes may take to be confirmed."""
MAX_SIGN_IN_COUNTS = 100_000
"""Beyond it the oldest are forgotten, however young."""


def forget_expired(now: float | None = None) -> int:
    """Delete what has expired; gives the number of rows. The jobs process does so every hour."""
    moment = time.time() if now is None else now
    at = datetime.fromtimestamp(moment, UTC)
    sessions, _ = Session.objects.filter(expire_date__lt=at).delete()
    invitations, _ = Invitation.all_tenants.filter(expires_at__lt=at).delete()
    consents = forget_consents(at) + forget_waiting(at)
    forget_fetches(at)
    rest = forget_sessions(at) + forget_jobs(at) + forget_sign_in_counts(moment) + forget_sounds(moment)
    return sessions + invitations + consents + rest + forget_factors(at) + close_weeks(at)


def forget_factors(at: datetime) -> int:
    """Apps with codes that nobody confirmed, news that nobody could be told of, and browsers that were to be spared the
    second step until now. Gives how many rows went."""
    Device.all_tenants.filter(trusted_until__lt=at).update(trust="", trusted_until=None)
    news, _ = FactorNews.all_tenants.filter(at__lt=at - timedelta(days=NEWS_DAYS)).delete()
    apps, _ = CodeApp.all_tenants.filter(confirmed_at__isnull=True, created_at__lt=at - UNCONFIRMED).delete()
    return news + apps


def forget_fetches(at: datetime) -> None:
    """Of phones that set themselves up: tokens and open doors whose time is over, and when they last asked, a year later."""
    Handset.all_tenants.filter(token_until__lt=at).update(token_hash=None, token_until=None)
    Handset.all_tenants.filter(open_until__lt=at).update(open_until=None)
    old = Handset.all_tenants.filter(fetched_at__lt=at - timedelta(days=FETCH_DAYS))
    old.update(fetched_at=None, told_model="", told_firmware="")


def forget_sounds(now: float) -> int:
    """Delete the files of sounds and greetings that are not in use any more; gives how many."""
    gone = 0
    for tenant in Tenant.objects.all():
        used = set(Sound.of(tenant).values_list("file", flat=True))
        used |= set(Greeting.of(tenant).values_list("file", flat=True))
        gone += remove_unused(settings.DATA, tenant.id, used, now)
    return gone


def forget_sign_in_counts(now: float) -> int:
    """Keep the table of failed sign-ins bounded, in time and in size."""
    old, _ = SignInCount.objects.filter(changed_at__lt=now - throttle.KEEP_SECONDS).delete()
    excess = SignInCount.objects.count() - MAX_SIGN_IN_COUNTS
    if excess <= 0:
        return old
    many = excess + MAX_SIGN_IN_COUNTS // 100
    oldest = SignInCount.objects.order_by("changed_at").values_list("key", flat=True)[:many]
    gone, _ = SignInCount.objects.filter(key__in=list(oldest)).delete()
    return old + gone
