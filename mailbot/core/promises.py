"""Which promises there are, when each falls due, and why. One word for all we owe and all we wait for.

A limit is clock time ("24 h"), working time ("4 working h") or working days ("3 working days"); the first
answer has besides a cap in clock time that holds over any holiday (000-36). What the owner of the rules
says of each kind is read by core/limits.py; what happens on the way to a due time stands in core/ladder.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from mailbot.core.hours import Hours

PRIORITIES = ("urgent", "important", "normal")
PRIORITY_NAMES = {"urgent": "紧急", "important": "重要", "normal": "一般"}
KIND_NAMES = {
    "answer": "首次回复",
    "start": "开始处理",
    "confirm": "接手确认",
    "plan": "初步方案",
    "solve": "解决问题",
    "progress": "进展告知",
    "material": "客户补充材料",
    "department": "部门反馈",
    "pledge": "回信承诺",
    "revisit": "回访",
    "feedback": "等待评价",
    "care": "关怀回访",
    "suggestion": "建议答复",
}
OWED_TO_US = ("material", "department", "feedback")
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
class Case:
    """What a limit depends on."""

    priority: str
    category: str = ""
    topic: str = ""

    def scopes(self) -> tuple[str, ...]:
        """The names under which rules may stand, the most exact first."""
        return (f"{self.category}/{self.topic}", self.category, "")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rules say of one kind of promise. A scope is "category/topic", "category" or "" for all."""

    limits: Mapping[tuple[str, str], Limit | None]  # (scope, priority)
    after: Mapping[str, Limit]  # scope -> the earliest moment of what is sent then
    remind: tuple[int, ...] = ()  # per cent of the time
    nudge: Limit | None = None  # when the customer is reminded, once


@dataclass(frozen=True, slots=True)
class Limits:
    """All of rules/promises.toml. `cap`: the longest a first answer may take in clock time."""

    kinds: Mapping[str, Terms]
    cap: Limit
    hold: Limit  # so long before the cap a holding reply goes out
    resume: Limit  # what a holding reply promises, from when we are open again
    progress_at: time
    progress_remind: tuple[time, ...]

    def limit(self, kind: str, case: Case) -> Limit | None:
        """The limit of this kind; None: nothing of the kind is promised."""
        limits = self.kinds[kind].limits
        return next(
            (limits[scope, case.priority] for scope in case.scopes() if (scope, case.priority) in limits),
            None,
        )

    def after(self, kind: str, case: Case) -> Limit | None:
        """How long after its beginning the mail of this promise goes out at the earliest."""
        found = self.kinds[kind].after
        return next((found[scope] for scope in case.scopes() if scope in found), None)


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
    about: str = ""  # what exactly: the words of a pledge, the task of a department
    party: str = ""  # who owes it to us: a department's code
    next_at: datetime | None = None  # when the clock looks at it next
    stepped_at: datetime | None = None  # the planned moment of the last step done


def promise(kind: str, case: Case, start: datetime, limits: Limits, hours: Hours) -> Promise | None:
    """The promise of this kind that begins at `start`, with its due time explained; None: none is owed."""
    if kind == "progress":
        return progress(start, limits, hours)
    limit = limits.limit(kind, case)
    if limit is None:
        return None
    due = limit.due(start, hours)
    cap = limits.cap.due(start, hours)
    capped = kind == "answer" and due > cap
    if capped:
        due = cap
    parts = [f"{PRIORITY_NAMES[case.priority]} → {KIND_NAMES[kind]} {limit.words('zh')}"]
    parts.append(f"起算 {clock_words(start, hours)}")
    if limit.unit == "working":
        parts.append("营业 " + "、".join(f"{a:%H:%M}–{b:%H:%M}" for a, b in hours.open))
    if capped:
        parts.append(f"不得超过 {limits.cap.words('zh')}")
    return made(kind, start, due, ";".join(parts), hours)


def progress(start: datetime, limits: Limits, hours: Hours) -> Promise:
    """The next progress mail: at the fixed hour of a working day (001-24)."""
    due = hours.next_time(start, limits.progress_at)
    return made("progress", start, due, f"每个工作日 {limits.progress_at:%H:%M} 前告知客户进展", hours)


def made(kind: str, start: datetime, due: datetime, because: str, hours: Hours) -> Promise:
    """A promise with its due time said at the end of its explanation."""
    unknown = hours.unpublished(start, due)
    caveat = f";{unknown} 年放假安排尚未公布,按普通周末计算" if unknown else ""
    owed_to: Literal["customer", "us"] = "us" if kind in OWED_TO_US else "customer"
    return Promise(kind, due, f"{because}{caveat};→ {clock_words(due, hours)}", owed_to, began_at=start)


def clock_words(at: datetime, hours: Hours) -> str:
    """ "11-27 周五 17:10" on the wall clock of the company."""
    local = at.astimezone(hours.zone)
    return f"{local:%m-%d} 周{WEEKDAYS[local.weekday()]} {local:%H:%M}"


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
