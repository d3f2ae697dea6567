"""The weeks and months that a review looks at, on the company's wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class Period:
    """One ISO week (Monday to Sunday) or one month; made by period_of. `until`, UTC like `begin`, is not part of it."""

    kind: Kind
    first: date
    last: date
    zone: ZoneInfo
    begin: datetime
    until: datetime

    @property
    def before(self) -> Period:
        return period_of(self.kind, self.first - timedelta(days=1), self.zone)

    @property
    def name(self) -> str:
        """ "2026-W47" or "2026-11"."""
        year, week, _ = self.first.isocalendar()
        return f"{year:04d}-W{week:02d}" if self.kind == "week" else f"{self.first:%Y-%m}"

    def holds(self, at: datetime) -> bool:
        return self.begin <= at < self.until


def period_of(kind: Kind, day: date, zone: ZoneInfo) -> Period:
    """The week or month that holds this day."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        following = first + timedelta(days=7)
    else:
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)  # no month is longer
    begin, until = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (first, following))
    return Period(kind, first, following - timedelta(days=1), zone, begin, until)


def last_whole(kind: Kind, now: datetime, zone: ZoneInfo) -> Period:
    """The last one that is over at `now`."""
    return period_of(kind, now.astimezone(zone).date(), zone).before
