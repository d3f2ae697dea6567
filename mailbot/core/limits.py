"""Reads rules/promises.toml into Limits; a mistake of the owner is a UserError with file, key and remedy."""

from __future__ import annotations

import re
from datetime import time

from mailbot.core.promises import KIND_NAMES, PRIORITIES, Limit, Limits, Terms
from mailbot.core.rulefile import Table

MOST_CAP = 24 * 60  # minutes: no mail waits longer for its first answer (000-36)
# A ticket is closed or it owes something, so these can be longer or shorter but never "none".
ALWAYS = ("answer", "solve", "revisit", "feedback")
_SENT = ("revisit", "care")  # kinds whose mail is not sent before its time
_NUDGED = ("material", "feedback")
_LIMIT = re.compile(r"(\d{1,4}) ?(working )?(min|h|days?)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_PERCENT = re.compile(r"([1-9]\d?)%")


def read_limits(text: str, where: str = "promises.toml") -> Limits:
    """Read rules/promises.toml; UserError names the file, the key and the remedy."""
    document = Table.parse(where, text)
    tables = {kind: document.table(kind) for kind in KIND_NAMES}
    document.close()
    answer, progress = tables["answer"], tables["progress"]
    kinds = {kind: _terms(kind, table) for kind, table in tables.items() if kind != "progress"}
    kinds["progress"] = Terms({}, {})
    limits = Limits(
        kinds=kinds,
        cap=_cap(answer),
        hold=_clock_limit(answer, "hold"),
        resume=_required(answer, "resume"),
        progress_at=_time(progress, "at", progress.line("at")),
        progress_remind=tuple(_time(progress, "remind", each) for each in progress.texts("remind")),
    )
    if limits.hold.amount >= limits.cap.amount:
        raise answer.wrong("hold", "must be shorter than cap")
    if any(each >= limits.progress_at for each in limits.progress_remind):
        raise progress.wrong("remind", "write times before at")
    for table in tables.values():
        table.close()
    return limits


def _terms(kind: str, table: Table) -> Terms:
    limits: dict[tuple[str, str], Limit | None] = {}
    after: dict[str, Limit] = {}
    inner = {} if kind == "pledge" else {"category": table.table("category"), "topic": table.table("topic")}
    if kind != "pledge":
        _scope(kind, "", table, limits, after)
    for what, scopes in inner.items():
        for name in scopes.keys():  # noqa: SIM118 a Table is no dict
            if ("/" in name) != (what == "topic"):
                raise scopes.wrong(name, 'write a category such as complaint, or a topic such as "complaint/quality"')
            one = scopes.table(name)
            _scope(kind, name, one, limits, after)
            one.close()
    remind = tuple(_percent(table, each) for each in table.texts("remind"))
    nudge = _required(table, "nudge") if kind in _NUDGED else None
    return Terms(limits, after, tuple(sorted(remind)), nudge)


def _scope(
    kind: str, scope: str, table: Table, limits: dict[tuple[str, str], Limit | None], after: dict[str, Limit]
) -> None:
    """The limits of one scope, for each priority or for all."""
    if table.has("all"):
        limit = _limit(table, "all", kind)
        limits.update({(scope, priority): limit for priority in PRIORITIES})
    for priority in PRIORITIES:
        # The scope of all needs every priority; an exception may name only what differs.
        if table.has(priority) or (not scope and (scope, priority) not in limits):
            limits[scope, priority] = _limit(table, priority, kind)
    if kind in _SENT and (table.has("after") or not scope):
        after[scope] = _required(table, "after")


def _limit(table: Table, key: str, kind: str) -> Limit | None:
    text = table.line(key)
    return None if text == "none" and kind not in ALWAYS else _parsed(table, key, text)


def _required(table: Table, key: str) -> Limit:
    return _parsed(table, key, table.line(key))


def _parsed(table: Table, key: str, text: str) -> Limit:
    found = _LIMIT.fullmatch(text)
    if not found or int(found[1]) == 0:
        raise table.wrong(key, 'write a limit such as "90 min", "24 h", "4 working h" or "3 working days"')
    number, working, unit = int(found[1]), bool(found[2]), found[3]
    if unit.startswith("day"):
        return Limit(number, "working_days") if working else Limit(number * 1440, "clock")
    return Limit(number * (60 if unit == "h" else 1), "working" if working else "clock")


def _cap(table: Table) -> Limit:
    limit = _required(table, "cap")
    if limit.unit != "clock" or limit.amount > MOST_CAP:
        raise table.wrong("cap", 'write clock time of at most "24 h": it holds over any holiday (000-36)')
    return limit


def _clock_limit(table: Table, key: str) -> Limit:
    limit = _required(table, key)
    if limit.unit != "clock":
        raise table.wrong(key, 'write clock time such as "30 min"')
    return limit


def _time(table: Table, key: str, text: str) -> time:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise table.wrong(key, 'write a time of day such as "17:00"')
    return time(int(found[1]), int(found[2]))


def _percent(table: Table, text: str) -> int:
    found = _PERCENT.fullmatch(text)
    if found is None:
        raise table.wrong("remind", 'write parts of the time such as ["50%", "80%"]')
    return int(found[1])
