"""What `mailbot check` says of calendars that are not published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mailbot.check import Verdict, check
from mailbot.config import Config
from tests.conftest import table


def calendars(config: Config, year: int, month: int, day: int) -> list[Verdict]:
    found = check(config, datetime(year, month, day, 4, tzinfo=UTC), offline=True)
    return [each for each in found if each.what == "calendar"]


@pytest.fixture
def unknown(make_config: Callable[..., Config]) -> int:
    """The first year that the calendar in use does not know: 2027 until its days are published."""
    hours = make_config().hours_of(None)
    return next(year for year in range(2026, 2100) if not hours.published(year))


def test_from_november_on_the_check_tells_that_the_next_calendar_is_not_out_and_what_to_do(
    make_config: Callable[..., Config], unknown: int
) -> None:
    (found,) = calendars(make_config(), unknown - 1, 11, 1)

    assert "warn" == found.level
    assert f"CN: the working days of {unknown} are not known" in found.text
    assert "pip install --upgrade holidays" in found.remedy
    assert "restart mailbot" in found.remedy


def test_before_november_nobody_can_do_anything_and_the_check_is_silent(
    make_config: Callable[..., Config], unknown: int
) -> None:
    assert [] == calendars(make_config(), unknown - 1, 10, 31)
    assert [] == calendars(make_config(), 2025, 12, 1)


def test_a_year_that_has_begun_without_its_calendar_is_told_all_the_year(
    make_config: Callable[..., Config], unknown: int
) -> None:
    (found,) = calendars(make_config(), unknown, 5, 1)

    assert f"working days of {unknown}" in found.text


def test_the_calendar_of_each_mailbox_is_looked_at_and_told_once(
    make_config: Callable[..., Config], unknown: int
) -> None:
    usual: dict[str, Any] = table()["mailbox"][0]
    boxes = [
        {**usual, "name": name, "calendar": calendar} for name, calendar in (("a", "DE"), ("b", "CN"), ("c", "CN"))
    ]
    config = make_config(mailbox=boxes, hours={"calendar": "none"})

    found = calendars(config, unknown - 1, 12, 1)

    assert 1 == len(found)
    assert found[0].text.startswith("CN:")
