"""Which promises a ticket has, when each falls due, and why: the limits of rules/promises.toml as values.

A limit is clock time ("24 h"), working time ("4 working h") or working days ("3 working days"); the first
answer has besides a cap in clock time that holds over any holiday (000-36).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from mailbot.core.hours import Hours
from mailbot.core.rulefile import Table

PRIORITIES = ("urgent", "important", "normal")
PRIORITY_NAMES = {"urgent": "紧急", "important": "重要", "normal": "一般"}
KIND_NAMES = {"answer": "首次回复", "solve": "解决问题", "revisit": "回访"}
MOST_CAP = 24 * 60  # minutes: no mail waits longer for its first answer (000-36)
WEEKDAYS = "一二三四五六日"

Unit = Literal["clock", "working", "working_days"]
PromiseState = Literal["open", "kept", "broken", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a promise may take. `amount`: minutes for clock and working, days for working_days."""

    amount: int
    unit: Unit

    def words(self, language: str) -> str:
        """ "4 个工作小时" / "4 working hours": how the limit is told to people."""
        zh = {"clock": "", "working": "个工作", "working_days": "个工作日"}[self.unit]
        if self.unit == "working_days":
            return f"{self.amount}{zh}" if language == "zh" else _plural(self.amount, "working day")
        hours, minutes = divmod(self.amount, 60)
        number, name = (self.amount, "分钟") if minutes else (hours, "小时")
        if language == "zh":
            return f"{number}{zh}{name}"
        english = ("working " if self.unit == "working" else "") + ("minute" if minutes else "hour")
        return _plural(number, english)

    def due(self, start: datetime, hours: Hours) -> datetime:
        """The moment this limit ends, counted from `start`; UTC."""
        if self.unit == "clock":
            return start.astimezone(UTC) + timedelta(minutes=self.amount)
        if self.unit == "working":
            return hours.add_working(start, timedelta(minutes=self.amount))
        return hours.add_working_days(start, self.amount)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits by kind of promise and priority; `cap`: the longest a first answer may take in clock time."""

    by_kind: Mapping[str, Mapping[str, Limit]]
    cap: Limit

    def limit(self, kind: str, priority: str) -> Limit:
        return self.by_kind[kind][priority]


@dataclass(frozen=True, slots=True)
class Promise:
    """What we owe, to whom, by when. Overdue and still owed: open, with `broken_at`; done late: broken."""

    kind: str
    due_at: datetime
    because: str
    owed_to: Literal["customer", "us"] = "customer"
    state: PromiseState = "open"
    broken_at: datetime | None = None
    id: int | None = None
    began_at: datetime | None = None  # what its time counts from


def promise(kind: str, priority: str, start: datetime, limits: Limits, hours: Hours) -> Promise:
    """The promise of this kind that begins at `start`, with its due time explained."""
    limit = limits.limit(kind, priority)
    due = limit.due(start, hours)
    capped = kind == "answer" and due > limits.cap.due(start, hours)
    if capped:
        due = limits.cap.due(start, hours)
    parts = [f"{PRIORITY_NAMES[priority]} → {KIND_NAMES.get(kind, kind)} {limit.words('zh')}"]
    parts.append(f"起算 {clock_words(start, hours)}")
    if limit.unit == "working":
        parts.append("营业 " + "、".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in hours.open))
    if capped:
        parts.append(f"不得超过 {limits.cap.words('zh')}")
    return Promise(kind, due, ";".join(parts) + f";→ {clock_words(due, hours)}", began_at=start)


def clock_words(at: datetime, hours: Hours) -> str:
    """ "11-27 周五 17:10" on the wall clock of the company."""
    local = at.astimezone(hours.zone)
    return f"{local:%m-%d} 周{WEEKDAYS[local.weekday()]} {local:%H:%M}"


LIMIT = re.compile(r"(\d{1,4}) ?(working )?(min|h|days?)")


def read_limits(text: str, where: str = "promises.toml") -> Limits:
    """Read rules/promises.toml; UserError names the file, the key and the remedy."""
    document = Table.parse(where, text)
    kinds: dict[str, Mapping[str, Limit]] = {}
    cap = Limit(0, "clock")
    for kind in KIND_NAMES:
        table = document.table(kind)
        kinds[kind] = {priority: _limit(table, priority) for priority in PRIORITIES}
        if kind == "answer":
            cap = _cap(table)
        table.close()
    document.close()
    return Limits(kinds, cap)


def _cap(table: Table) -> Limit:
    limit = _limit(table, "cap")
    if limit.unit != "clock" or limit.amount > MOST_CAP:
        raise table.wrong("cap", 'write clock time of at most "24 h": it holds over any holiday (000-36)')
    return limit


def _limit(table: Table, key: str) -> Limit:
    found = LIMIT.fullmatch(table.line(key))
    if not found or int(found[1]) == 0:
        raise table.wrong(key, 'write a limit such as "90 min", "24 h", "4 working h" or "3 working days"')
    number, working, unit = int(found[1]), bool(found[2]), found[3]
    if unit.startswith("day"):
        return Limit(number, "working_days") if working else Limit(number * 1440, "clock")
    return Limit(number * (60 if unit == "h" else 1), "working" if working else "clock")


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
