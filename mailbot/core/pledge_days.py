"""The moment that a time of a sentence means, in the company's zone: "周五前" is Friday's close of business.

Where people leave room, the reading is the one a customer would hold us to; where that is open, the earlier.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from mailbot.core.hours import Hours
from mailbot.core.pledge_times import Amount, Point, When

STALE = timedelta(days=31)  # a date with its weekday, passed no longer ago than this, is a slip, not next year
FAR = timedelta(days=180)  # a bare date that comes again only after this was in the past
LAST_MINUTE = time(23, 59)
_PARTS = {"morning": time(12), "noon": time(13), "evening": time(22), "night": time(6)}
_BEFORE_PARTS = {"morning": time(12), "noon": time(12), "afternoon": time(12)}  # 下午前: before it begins


def moment(when: When, now: datetime, hours: Hours) -> datetime | None:
    """When it is due, UTC; None: no day that exists, or plainly a day that has gone."""
    if isinstance(when, Amount):
        return _after(when, now, hours)
    if when.gone:
        return None
    local = now.astimezone(hours.zone)
    if not _near_enough(local):
        return None
    day = _day(when, local, hours)
    if day is None:
        return None
    due = _at(day, when, local, hours)
    if due <= now and _next_week(when):
        due = _at(day + timedelta(days=7), when, local, hours)
    if not (when.bound or when.clock or when.part or when.year) and when.day and due - now > FAR:
        return None
    return due


def _near_enough(local: datetime) -> bool:
    return 1 < local.year < 9990


def _after(when: Amount, now: datetime, hours: Hours) -> datetime:
    if when.unit == "clock":
        return now.astimezone(UTC) + timedelta(minutes=when.number)
    if when.unit == "working":
        return hours.add_working(now, timedelta(minutes=when.number))
    return hours.add_working_days(now, int(when.number))


def _next_week(when: Point) -> bool:
    """A weekday that has passed today means the one of next week; 本周五 and a date do not."""
    return when.weekday >= 0 and when.week is None and when.rel is None and not when.day


def _at(day: date, when: Point, local: datetime, hours: Hours) -> datetime:
    if when.midnight and when.clock is not None:
        # 24:00 ends the day; so does "by midnight".
        return datetime.combine(day + timedelta(days=1), time(0), hours.zone).astimezone(UTC)
    at = _clock(when, hours)
    due = datetime.combine(day, at, hours.zone)
    passed = day == local.date() and due <= local
    if passed and when.clock and when.twelve and when.clock.hour < 12 and not when.part:
        later = due.replace(hour=when.clock.hour + 12)
        due = later if later > local else due
    elif passed and when.rel == 0 and when.clock is None and not when.close and when.part in ("", "evening"):
        due = datetime.combine(day, LAST_MINUTE, hours.zone)  # 今天, said after closing
    return due.astimezone(UTC)


def _clock(when: Point, hours: Hours) -> time:
    closing = hours.open[-1][1]
    at = when.clock
    if at is None:
        if when.close or not when.part:
            return closing
        if when.bound and when.part in _BEFORE_PARTS:
            return _BEFORE_PARTS[when.part]
        return _PARTS.get(when.part, closing)
    if at.hour < 12 and (when.part in ("afternoon", "evening") or (when.part == "noon" and at.hour < 10)):
        return at.replace(hour=at.hour + 12)
    # "3点" in an office that opens at nine is three in the afternoon.
    if when.twelve and not when.part and not _open_at(at, hours) and _open_at(at.replace(hour=at.hour + 12), hours):
        return at.replace(hour=at.hour + 12)
    return at


def _open_at(at: time, hours: Hours) -> bool:
    return hours.open[0][0] <= at <= hours.open[-1][1]


# -- The day --


def _day(when: Point, local: datetime, hours: Hours) -> date | None:
    today = local.date()
    if when.stretch:
        return _stretch(when, local, hours)
    if when.day:
        return _date(when, today)
    if when.rel is not None:
        return today + timedelta(days=when.rel)
    if when.weekday >= 0:
        monday = today - timedelta(days=today.weekday())
        if when.week is not None:
            return monday + timedelta(days=7 * when.week + when.weekday)
        return today + timedelta(days=(when.weekday - today.weekday()) % 7)
    return today


def _date(when: Point, today: date) -> date | None:
    """The nearest that is to come; the weekday beside it decides between two years."""
    if when.year:
        return _make(when.year, when.month, when.day)
    if when.month:
        near = [_make(today.year + step, when.month, when.day) for step in range(-1, 9)]
    else:
        months = (today.year * 12 + today.month - 1 + step for step in range(-1, 4))
        near = [_make(each // 12, each % 12 + 1, when.day) for each in months]
    days = [each for each in near if each is not None]
    matching = [each for each in days if when.weekday in (-1, each.weekday())]
    to_come = [each for each in matching if today <= each <= today + timedelta(days=370)]
    if to_come:
        return to_come[0]
    if when.weekday >= 0 and (slips := [each for each in matching if today - STALE <= each < today]):
        return slips[-1]
    return next((each for each in days if each >= today), None)


def _make(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _stretch(when: Point, local: datetime, hours: Hours) -> date | None:
    today, later = local.date(), when.rel or 0
    if when.stretch == "workday":
        return hours.add_working_days(local, 1).astimezone(hours.zone).date()
    if when.stretch in ("week", "weekend"):
        first = today - timedelta(days=today.weekday()) + timedelta(days=7 * later)
        last = first + timedelta(days=6)
        if when.stretch == "weekend" and not when.bound:
            return last
        return _last_working(first, last, local, hours)
    if when.stretch == "year":
        return _last_working(date(today.year, 12, 1), date(today.year, 12, 31), local, hours)
    month = today.year * 12 + today.month - 1 + later
    if when.month:
        if not 1 <= when.month <= 12:
            return None
        month = (today.year + (when.month < today.month)) * 12 + when.month - 1
    first = date(month // 12, month % 12 + 1, 1)
    following = date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    return _last_working(first, following - timedelta(days=1), local, hours)


def _last_working(first: date, last: date, local: datetime, hours: Hours) -> date:
    """The last day in it that we work on; its very last day when that has closed already."""
    day = last
    while day > first and not hours.is_working_day(day):
        day -= timedelta(days=1)
    closing = datetime.combine(day, hours.open[-1][1], hours.zone)
    return day if closing > local else last
