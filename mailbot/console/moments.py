"""Times as agents read them: on the company's wall clock, and how long it is until then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SOON = timedelta(hours=1)
_ZH_DAYS = "一二三四五六日"
_EN_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def span(length: timedelta, language: str) -> str:
    """ "3 小时 20 分", "2 天 4 小时", "1 分": the two largest units, never less than a minute."""
    minutes = max(1, int(abs(length).total_seconds()) // 60)
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    units = ("天", "小时", "分") if language == "zh" else ("d", "h", "min")
    numbers = [(days, units[0]), (hours, units[1]), (0 if days else minutes, units[2])]
    return " ".join(f"{number} {unit}" for number, unit in numbers if number)


def countdown(due: datetime, now: datetime, language: str) -> str:
    """ "还有 3 小时 20 分" or "已超时 12 分"."""
    left = due - now
    words = span(left, language)
    if language == "zh":
        return f"还有 {words}" if left > timedelta() else f"已超时 {words}"
    return f"{words} left" if left > timedelta() else f"{words} overdue"


def short(at: datetime, now: datetime, zone: ZoneInfo, language: str) -> str:
    """ "今天 17:10", "11-24 周二 09:00", with the year when it is another one."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return f"今天 {clock}" if language == "zh" else f"today {clock}"
    if local.date() == today - timedelta(days=1):
        return f"昨天 {clock}" if language == "zh" else f"yesterday {clock}"
    if language == "zh":
        year = "" if local.year == today.year else f"{local.year}-"
        return f"{year}{local:%m-%d} 周{_ZH_DAYS[local.weekday()]} {clock}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{_EN_DAYS[local.weekday()]} {local.day} {_EN_MONTHS[local.month - 1]}{year} {clock}"


def field(at: datetime, zone: ZoneInfo) -> str:
    """As a datetime-local field holds it: "2026-11-24T18:00" on the wall clock."""
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def from_field(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment that was typed into such a field, UTC; None: it is no time of this wall clock."""
    try:
        local = datetime.strptime(text.strip()[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=zone)
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if field(moment, zone) == text.strip()[:16] else None  # an hour that the clock skips


def full(at: datetime, zone: ZoneInfo) -> str:
    """The whole time with its offset, for hovering."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"
