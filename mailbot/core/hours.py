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
CIVIL = (time(9), time(20))  # nobody minds a mail in these hours, on any day
DUTY_MARGIN = timedelta(minutes=30)  # how long before closing people still take up what they are told
ANNOUNCED = 11  # month in which China's next calendar is usually out: silence about it before then


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

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Do both moments lie on one day of ours?"""
        return one.astimezone(self.zone).date() == other.astimezone(self.zone).date()

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

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time passed from `start` to `end`; none when `end` is not later."""
        passed = timedelta()
        for begin, finish in self._spans_from(start):
            if begin >= end:
                break
            passed += max(min(finish, end) - max(begin, start), timedelta())
        return passed

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

    def next_time(self, at: datetime, clock: time) -> datetime:
        """The next moment strictly after `at` that is `clock` o'clock on a working day: 17:00 (001-24)."""
        day = at.astimezone(self.zone).date()
        for ahead in range(HORIZON_DAYS):
            moment = self._moment(day + timedelta(days=ahead), clock)
            if moment > at and self.is_working_day(day + timedelta(days=ahead)):
                return moment
        raise ValueError("no working day within the horizon")

    def civil_moment(self, earliest: datetime, latest: datetime) -> datetime:
        """The best moment in [earliest, latest] to write to a customer: nobody likes mail at night.

        The first open moment in it; else the first between 09:00 and 20:00 on any day; else `latest`.
        """
        for moment in (self.next_open(earliest), self._next_civil(earliest)):
            if moment <= latest:
                return moment
        return latest.astimezone(UTC)

    def duty_moment(self, at: datetime, since: datetime, due: datetime) -> datetime:
        """When people on duty are told of something planned for `at` that is due at `due`.

        `at` itself when we are open; else the next opening when that comes before `due`; else shortly before
        the last close, when that is later than `since`; else the next opening, late as it is.
        """
        opens = self.next_open(at)
        if opens == at or opens < due:
            return opens
        before = self._before_close(at)
        return before if before is not None and before > since else opens

    def unpublished(self, start: datetime, due: datetime) -> int | None:
        """The first year that [start, due] touches on our clock whose calendar is not published."""
        years = range(start.astimezone(self.zone).year, due.astimezone(self.zone).year + 1)
        return next((year for year in years if not self.published(year)), None)

    def unknown_year(self, now: datetime) -> int | None:
        """The year to warn of: this one, or from November on the next, when its calendar is not published."""
        local = now.astimezone(self.zone)
        years = (local.year, local.year + 1) if local.month >= ANNOUNCED else (local.year,)
        return next((year for year in years if not self.published(year)), None)

    def warning(self, now: datetime) -> str:
        """What agents are told about a calendar that is not published, in Chinese; "" when all is known."""
        year = self.unknown_year(now)
        if year is None:
            return ""
        if year == now.astimezone(self.zone).year:
            return f"日历里还没有 {year} 年的放假安排，调休未知，时限暂按普通周末计算；请升级日历"
        return f"{year} 年的放假安排尚未公布，跨年的时限暂按普通周末计算；公布后请升级日历"

    def published(self, year: int) -> bool:
        """Is this year's official calendar known? China's comes out late in the year before.

        Every published Chinese year has make-up working days, so a year without any is not published yet.
        """
        if self.calendar != "CN":
            return True
        return any(day.year == year for day in _calendar("CN", year).weekend_workdays)

    def _moment(self, day: date, clock: time) -> datetime:
        # Through UTC: times of one ZoneInfo subtract as wall clocks, which is wrong over a DST change.
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _next_civil(self, at: datetime) -> datetime:
        day = at.astimezone(self.zone).date()
        today, tomorrow = (self._moment(each, CIVIL[0]) for each in (day, day + timedelta(days=1)))
        return max(today, at.astimezone(UTC)) if at < self._moment(day, CIVIL[1]) else tomorrow

    def _before_close(self, at: datetime) -> datetime | None:
        """Half an hour before we last closed at or before `at`, but not before that span began."""
        day = at.astimezone(self.zone).date()
        for back in range(HORIZON_DAYS):
            for start, end in reversed(self._spans(day - timedelta(days=back))):
                if end <= at:
                    return max(start, end - DUTY_MARGIN)
        return None

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        found: list[tuple[datetime, datetime]] = []
        for start, end in self.open if self.is_working_day(day) else ():
            begin, finish = self._moment(day, start), self._moment(day, end)
            # Where clocks go forward, 02:30 is 03:30 of that night: a span may reach into the one after it.
            begin = max(begin, found[-1][1]) if found else begin
            if begin < finish:
                found.append((begin, finish))
        return found

    def _spans_from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans from the day of `at` on, in order."""
        day = at.astimezone(self.zone).date()
        closed = 0
        while closed < HORIZON_DAYS:
            spans = self._spans(day)
            closed = 0 if spans else closed + 1
            yield from spans
            day += timedelta(days=1)
