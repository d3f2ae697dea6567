"""The table of deadlines that were counted by hand: deadlines.toml says how to read it."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailbot import values
from mailbot.core.hours import Hours
from mailbot.core.promises import Limit
from tests.conftest import ROOT

OFFICES = tomllib.loads((ROOT / "tests" / "core" / "deadlines.toml").read_text(encoding="utf-8"))
RULES = {  # limits that the rules name
    "1 h": ("002-17",),
    "2 h": ("001-47",),
    "24 h": ("000-36", "001-08", "002-19"),
    "4 working h": ("001-48", "002-18"),
    "3 working days": ("001-09",),
    "5 working days": ("001-10",),
    "17:00": ("001-24",),
}


@cache
def office(name: str) -> Hours:
    table = OFFICES[name]
    return Hours(ZoneInfo(table["zone"]), table["calendar"], tuple(values.span(each) for each in table["open"]))


def moment(text: str, hours: Hours) -> datetime:
    """ "2026-11-23 09:00" on the office's clock, "2026-11-23 09:00 Europe/Berlin" on another."""
    day, clock, *zone = text.split()
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=ZoneInfo(zone[0]) if zone else hours.zone)


def limit(text: str) -> Limit:
    """ "4 working h" -> 240 minutes of working time; read here anew, so that the table stands on its own."""
    number, working, unit = re.fullmatch(r"(\d+) (working )?(min|h|days?)", text).groups()  # type: ignore[union-attr]
    if unit.startswith("day") and working:
        return Limit(int(number), "working_days")
    minutes = {"m": 1, "h": 60, "d": 24 * 60}[unit[0]]
    return Limit(int(number) * minutes, "working" if working else "clock")


def rows(kind: str) -> list[Any]:
    found = [(name, row) for name, table in OFFICES.items() for row in table.get(kind, [])]
    return [
        pytest.param(
            office(name),
            *row[:-1],
            id=f"{name} {row[0]} {row[1]}: {row[-1]}",
            marks=[pytest.mark.rule(number) for number in RULES.get(row[0], ())],
        )
        for name, row in found
    ]


def shown(at: datetime, hours: Hours) -> str:
    return f"{at.astimezone(hours.zone):%a %Y-%m-%d %H:%M:%S %z}"


def same(expected: str, found: datetime, hours: Hours) -> None:
    """Compared as text on the office's clock, for a message that one can check against a calendar."""
    assert UTC == found.tzinfo
    assert shown(moment(expected, hours), hours) == shown(found, hours)


@pytest.mark.parametrize(("hours", "text", "start", "due"), rows("due"))
def test_a_limit_ends_when_a_person_with_a_calendar_says(hours: Hours, text: str, start: str, due: str) -> None:
    same(due, limit(text).due(moment(start, hours), hours), hours)


@pytest.mark.parametrize(("hours", "clock", "at", "expected"), rows("next"))
def test_the_next_hour_of_a_working_day(hours: Hours, clock: str, at: str, expected: str) -> None:
    same(expected, hours.next_time(moment(at, hours), time.fromisoformat(clock)), hours)


@pytest.mark.parametrize(("hours", "earliest", "latest", "expected"), rows("civil"))
def test_a_customer_is_written_to_at_a_civil_time(hours: Hours, earliest: str, latest: str, expected: str) -> None:
    same(expected, hours.civil_moment(moment(earliest, hours), moment(latest, hours)), hours)


@pytest.mark.parametrize(("hours", "at", "since", "due", "expected"), rows("duty"))
def test_people_are_told_while_they_are_on_duty(hours: Hours, at: str, since: str, due: str, expected: str) -> None:
    same(expected, hours.duty_moment(moment(at, hours), moment(since, hours), moment(due, hours)), hours)


def test_the_table_is_long_enough_and_says_nothing_twice() -> None:
    due = [(name, *row[:2]) for name, table in OFFICES.items() for row in table.get("due", [])]

    assert 220 <= len(due)
    assert len(due) == len(set(due))
    assert 50 <= sum(len(rows(kind)) for kind in ("next", "civil", "duty"))
