"""Working time: opening hours, lunch breaks and a country's calendar with its make-up working days (调休).

All sums are done on the wall clock of `Hours.zone` and returned as aware UTC times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

# A calendar that never opens within this many days is a mistake in the settings, not a long holiday.
HORIZON_DAYS = 60


@lru_cache(maxsize=64)
def _calendar(country: str, year: int) -> holidays.HolidayBase:
    # One calendar a year, complete before anybody sees it: one that grows while it is asked (expand=True)
    # calls a year known before its holidays are in it, and another thread would work on New Year's Day.
    return holidays.country_holidays(country, years=range(year - 1, year + 2), expand=False)


@lru_cache(maxsize=4096)
def _is_working_day(country: str, day: date) -> bool:
    return _calendar(country, day.year).is_working_day(day) if country else day.weekday() < 5


@dataclass(frozen=True, slots=True)
class Hours:
    """When we work. `calendar`: ISO 3166 country code or "" (plain weekdays); `open`: a day's spans."""

    zone: ZoneInfo
    calendar: str
    open: tuple[tuple[time, time], ...]

    def is_working_day(self, day: date) -> bool:
        """Is this a day we open on? Make-up days count, exchanged days do not."""
        return _is_working_day(self.calendar, day)

    def is_open(self, at: datetime) -> bool:
        """Are we open at this moment?"""
        local = at.astimezone(self.zone)
        return any(start <= at < end for start, end in self._spans(local.date()))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when we are open then, else the moment we open next."""
        for start, end in self._spans_from(at):
            if end > at:
                return max(start, at).astimezone(UTC)
        raise ValueError("no opening hours within the horizon")

    def add_working(self, start: datetime, amount: timedelta) -> datetime:
        """The moment when `amount` of working time has passed since `start`; it may be a span's very end."""
        left = amount
        for begin, end in self._spans_from(start):
            begin = max(begin, start)
            if end <= begin:
                continue
            if left <= end - begin:
                return (begin + left).astimezone(UTC)
            left -= end - begin
        raise ValueError("no opening hours within the horizon")

    def add_working_days(self, start: datetime, days: int) -> datetime:
        """The close of business of the n-th working day after the day of `start`, which is day 0."""
        day = start.astimezone(self.zone).date()
        left = days
        for _ in range(days * 3 + HORIZON_DAYS):
            if left == 0:
                break
            day += timedelta(days=1)
            left -= self.is_working_day(day)
        return datetime.combine(day, self.open[-1][1], self.zone).astimezone(UTC)

    def published(self, year: int) -> bool:
        """Is this year's official calendar known? China's comes out late in the year before.

        Every published Chinese year has make-up working days, so a year without any is not published yet.
        """
        if self.calendar != "CN":
            return True
        return any(day.year == year for day in _calendar("CN", year).weekend_workdays)

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        if not self.is_working_day(day):
            return []
        # Through UTC: times of one ZoneInfo subtract as wall clocks, which is wrong over a DST change.
        return [
            (
                datetime.combine(day, start, self.zone).astimezone(UTC),
                datetime.combine(day, end, self.zone).astimezone(UTC),
            )
            for start, end in self.open
        ]

    def _spans_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        day = at.astimezone(self.zone).date()
        closed = 0
        while closed < HORIZON_DAYS:
            spans = self._spans(day)
            closed = 0 if spans else closed + 1
            yield from spans
            day += timedelta(days=1)
