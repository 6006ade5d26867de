"""By when a request must be answered: pure, in days of the company's own calendar.

GDPR Article 12(3): one month from receipt, and two more where the request is complex, if the person is told why within the
first. A period that would end on a weekend or public holiday ends with the next working day (Regulation 1182/71, Article 3).
Russia, Federal Law 152-FZ, Article 20: ten working days, and five more with a reasoned notice.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import holidays

RU_DAYS, RU_MORE_DAYS = 10, 5


def due(received: date, country: str) -> date:
    """The last day on which an answer is in time."""
    if country == "RU":
        return _working_days(received, RU_DAYS, country)
    return _next_working_day(_months(received, 1), country)


def extended(received: date, country: str) -> date:
    """The last day after an extension."""
    if country == "RU":
        return _working_days(due(received, country), RU_MORE_DAYS, country)
    return _next_working_day(_months(received, 3), country)


def _months(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _works(day: date, country: str) -> bool:
    return day.weekday() < 5 and day not in _holidays(country, day.year)


def _holidays(country: str, year: int) -> set[date]:
    try:
        return set(holidays.country_holidays(country, years=year))
    except NotImplementedError:  # a country that the calendar does not know
        return set()


def _next_working_day(day: date, country: str) -> date:
    while not _works(day, country):
        day += timedelta(days=1)
    return day


def _working_days(day: date, count: int, country: str) -> date:
    while count:
        day += timedelta(days=1)
        count -= _works(day, country)
    return day
