"""Working time over real calendars of 2025 and 2026; every expected time was counted by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core import hours as module
from mailbot.core.hours import Hours

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
MORNING, AFTERNOON = (time(9), time(12)), (time(13), time(18))
CHINA = Hours(SHANGHAI, "CN", (MORNING, AFTERNOON))
NO_LUNCH = Hours(SHANGHAI, "CN", ((time(9), time(18)),))
AMERICA = Hours(NEW_YORK, "US", ((time(9), time(17)),))
PLAIN = Hours(SHANGHAI, "", (MORNING, AFTERNOON))


def local(text: str, hours: Hours = CHINA) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=hours.zone)


def span(text: str) -> timedelta:
    """ "3h50" -> 3 hours 50 minutes."""
    whole, _, minutes = text.partition("h")
    return timedelta(hours=int(whole), minutes=int(minutes or 0))


ORDINARY = [  # Monday is 2026-11-23; eight hours a day
    ("2026-11-23 09:00", "4h", "2026-11-23 14:00"),  # exactly at opening; over lunch
    ("2026-11-23 09:00", "3h", "2026-11-23 12:00"),  # ends with the morning
    ("2026-11-23 09:00", "3h01", "2026-11-23 13:01"),
    ("2026-11-23 08:59", "1h", "2026-11-23 10:00"),  # before opening
    ("2026-11-23 00:00", "1h", "2026-11-23 10:00"),
    ("2026-11-23 11:30", "1h", "2026-11-23 13:30"),
    ("2026-11-23 12:00", "1h", "2026-11-23 14:00"),  # lunch begins
    ("2026-11-23 12:30", "1h", "2026-11-23 14:00"),
    ("2026-11-23 12:59", "0h01", "2026-11-23 13:01"),
    ("2026-11-23 13:00", "5h", "2026-11-23 18:00"),  # lunch ends; until closing
    ("2026-11-23 13:00", "5h01", "2026-11-24 09:01"),
    ("2026-11-23 17:59", "0h02", "2026-11-24 09:01"),
    ("2026-11-23 18:00", "1h", "2026-11-24 10:00"),  # exactly at closing
    ("2026-11-23 23:59", "1h", "2026-11-24 10:00"),
    ("2026-11-23 09:00", "8h", "2026-11-23 18:00"),
    ("2026-11-23 09:00", "16h", "2026-11-24 18:00"),
    ("2026-11-23 09:00", "40h", "2026-11-27 18:00"),
    ("2026-11-23 09:00", "41h", "2026-11-30 10:00"),
    ("2026-11-27 17:50", "4h", "2026-11-30 13:50"),  # Friday 17:50
    ("2026-11-27 17:10", "4h", "2026-11-30 13:10"),
    ("2026-11-28 10:00", "4h", "2026-11-30 14:00"),  # Saturday
    ("2026-11-29 23:59", "0h01", "2026-11-30 09:01"),  # Sunday night
    ("2026-11-23 10:30", "0h", "2026-11-23 10:30"),
    ("2026-11-23 20:00", "0h", "2026-11-24 09:00"),
]
YEAR_2026 = [
    ("2025-12-31 17:50", "4h", "2026-01-04 13:50"),  # New Year, Sunday the 4th makes up
    ("2026-01-04 17:00", "2h", "2026-01-05 10:00"),
    ("2026-02-13 17:50", "4h", "2026-02-14 13:50"),  # a Friday before a working Saturday
    ("2026-02-14 17:50", "4h", "2026-02-24 13:50"),  # Spring Festival: nine days
    ("2026-02-14 18:00", "1h", "2026-02-24 10:00"),
    ("2026-02-15 10:00", "1h", "2026-02-24 10:00"),
    ("2026-02-16 09:00", "4h", "2026-02-24 14:00"),
    ("2026-02-23 17:59", "0h01", "2026-02-24 09:01"),
    ("2026-02-24 09:00", "40h", "2026-02-28 18:00"),  # Tuesday to the working Saturday
    ("2026-02-27 17:00", "2h", "2026-02-28 10:00"),
    ("2026-02-28 17:00", "2h", "2026-03-02 10:00"),
    ("2026-04-03 17:30", "1h", "2026-04-07 09:30"),  # Tomb-Sweeping Day on a Sunday, Monday off
    ("2026-04-30 17:00", "2h", "2026-05-06 10:00"),  # Labour Day: five days
    ("2026-05-08 17:00", "2h", "2026-05-09 10:00"),
    ("2026-05-09 17:00", "2h", "2026-05-11 10:00"),
    ("2026-06-18 17:00", "2h", "2026-06-22 10:00"),  # Dragon Boat Festival
    ("2026-09-18 17:00", "2h", "2026-09-20 10:00"),  # Saturday off, Sunday works
    ("2026-09-20 17:00", "2h", "2026-09-21 10:00"),
    ("2026-09-24 17:00", "2h", "2026-09-28 10:00"),  # Mid-Autumn Festival
    ("2026-09-30 17:50", "4h", "2026-10-08 13:50"),  # National Day: seven days
    ("2026-10-01 00:00", "0h01", "2026-10-08 09:01"),
    ("2026-10-07 23:59", "3h", "2026-10-08 12:00"),
    ("2026-10-09 17:00", "2h", "2026-10-10 10:00"),
    ("2026-10-10 17:00", "2h", "2026-10-12 10:00"),
]
YEAR_2025 = [
    ("2024-12-31 17:00", "2h", "2025-01-02 10:00"),
    ("2025-01-26 09:00", "4h", "2025-01-26 14:00"),  # a working Sunday
    ("2025-01-27 17:00", "2h", "2025-02-05 10:00"),  # Spring Festival: eight days
    ("2025-02-07 17:00", "2h", "2025-02-08 10:00"),
    ("2025-02-08 17:00", "2h", "2025-02-10 10:00"),
    ("2025-04-03 17:00", "2h", "2025-04-07 10:00"),
    ("2025-04-25 17:00", "2h", "2025-04-27 10:00"),
    ("2025-04-30 17:50", "4h", "2025-05-06 13:50"),
    ("2025-05-30 17:00", "2h", "2025-06-03 10:00"),
    ("2025-09-26 17:00", "2h", "2025-09-28 10:00"),
    ("2025-09-30 17:50", "4h", "2025-10-09 13:50"),  # National Day and Mid-Autumn: eight days
    ("2025-10-10 17:00", "2h", "2025-10-11 10:00"),
    ("2025-10-11 17:00", "2h", "2025-10-13 10:00"),
]


@pytest.mark.parametrize(("start", "amount", "end"), [*ORDINARY, *YEAR_2026, *YEAR_2025])
def test_working_time_is_counted_within_opening_hours(start: str, amount: str, end: str) -> None:
    assert local(end) == CHINA.add_working(local(start), span(amount))


def test_without_a_lunch_break_friday_ten_past_five_plus_four_hours_is_monday_ten_past_twelve() -> None:
    assert local("2026-11-30 12:10") == NO_LUNCH.add_working(local("2026-11-27 17:10"), timedelta(hours=4))


def test_without_a_calendar_every_weekday_works_and_no_saturday_does() -> None:
    assert local("2026-10-01 10:00") == PLAIN.add_working(local("2026-09-30 18:00"), timedelta(hours=1))
    assert local("2026-10-12 10:00") == PLAIN.add_working(local("2026-10-09 18:00"), timedelta(hours=1))


@pytest.mark.parametrize(
    ("start", "amount", "end"),
    [
        ("2026-03-06 16:00", "2h", "2026-03-09T14:00Z"),  # clocks go forward on Sunday
        ("2026-10-30 16:00", "2h", "2026-11-02T15:00Z"),  # and back
        ("2026-11-25 16:30", "1h", "2026-11-27T14:30Z"),  # Thanksgiving
        ("2026-07-02 16:30", "1h", "2026-07-06T13:30Z"),  # the 4th is a Saturday, so Friday is off
        ("2026-03-09 09:00", "8h", "2026-03-09T21:00Z"),
    ],
)
def test_another_country_has_its_own_days_and_its_own_clock(start: str, amount: str, end: str) -> None:
    assert datetime.fromisoformat(end) == AMERICA.add_working(local(start, AMERICA), span(amount))


@pytest.mark.parametrize(
    ("day", "end"),
    [
        ("2026-03-08", "2026-03-08T09:00Z"),  # 01:00 to 05:00 has three hours when clocks go forward
        ("2026-03-15", "2026-03-15T08:00Z"),
        ("2026-11-01", "2026-11-01T08:00Z"),  # 05:00 UTC is 01:00; 02:00 to 03:00 local follow an hour late
    ],
)
def test_the_hours_of_a_night_shift_are_real_hours_when_the_clocks_change(day: str, end: str) -> None:
    night = Hours(NEW_YORK, "IL", ((time(1), time(5)),))  # a calendar in which Sunday is a working day

    assert datetime.fromisoformat(end) == night.add_working(local(f"{day} 00:00", night), timedelta(hours=3))


def test_the_same_moment_in_another_zone_gives_the_same_answer() -> None:
    start = local("2026-11-27 17:50")

    for zone in (UTC, NEW_YORK, ZoneInfo("Asia/Kathmandu")):
        assert local("2026-11-30 13:50") == CHINA.add_working(start.astimezone(zone), timedelta(hours=4))


def test_every_answer_is_aware_utc() -> None:
    start = local("2026-11-27 17:50")

    answers = (
        CHINA.add_working(start, timedelta(hours=4)),
        CHINA.add_working_days(start, 3),
        CHINA.next_open(start),
    )

    assert [UTC, UTC, UTC] == [each.tzinfo for each in answers]


@pytest.mark.parametrize(
    ("start", "days", "day"),
    [
        ("2026-11-23 09:00", 0, "2026-11-23"),
        ("2026-11-23 09:00", 3, "2026-11-26"),
        ("2026-11-23 23:59", 1, "2026-11-24"),
        ("2026-11-24 00:00", 1, "2026-11-25"),
        ("2026-11-27 10:00", 3, "2026-12-02"),
        ("2026-11-28 10:00", 1, "2026-11-30"),
        ("2026-02-13 10:00", 1, "2026-02-14"),  # the working Saturday counts
        ("2026-02-13 10:00", 3, "2026-02-25"),
        ("2026-02-14 10:00", 5, "2026-02-28"),
        ("2026-09-30 10:00", 3, "2026-10-10"),
        ("2026-09-30 10:00", 5, "2026-10-13"),
        ("2025-09-30 10:00", 3, "2025-10-11"),
        ("2025-01-27 10:00", 3, "2025-02-07"),
        ("2025-12-31 10:00", 1, "2026-01-04"),
    ],
)
def test_working_days_end_at_the_close_of_business(start: str, days: int, day: str) -> None:
    assert local(f"{day} 18:00") == CHINA.add_working_days(local(start), days)


def test_the_day_a_mail_came_is_the_day_where_we_are() -> None:
    half_past_midnight = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)

    assert local("2026-11-25 18:00") == CHINA.add_working_days(half_past_midnight, 1)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-23 09:00", "2026-11-23 09:00"),
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-23 12:00", "2026-11-23 13:00"),
        ("2026-11-23 12:30", "2026-11-23 13:00"),
        ("2026-11-23 15:07", "2026-11-23 15:07"),
        ("2026-11-23 18:00", "2026-11-24 09:00"),
        ("2026-11-23 23:59", "2026-11-24 09:00"),
        ("2026-11-27 18:00", "2026-11-30 09:00"),
        ("2026-02-14 18:00", "2026-02-24 09:00"),
        ("2026-09-30 18:00", "2026-10-08 09:00"),
        ("2026-10-09 18:00", "2026-10-10 09:00"),
    ],
)
def test_the_moment_we_open_next(at: str, opens: str) -> None:
    assert local(opens) == CHINA.next_open(local(at))
    assert (opens == at) == CHINA.is_open(local(at))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 28), False),
        (date(2026, 2, 14), True),
        (date(2026, 2, 16), False),
        (date(2026, 10, 10), True),
        (date(2026, 10, 7), False),
        (date(2025, 10, 8), False),
        (date(2025, 9, 28), True),
    ],
)
def test_make_up_days_are_working_days_and_exchanged_days_are_not(day: date, works: bool) -> None:
    assert works == CHINA.is_working_day(day)


@pytest.mark.parametrize(("year", "known"), [(2025, True), (2026, True), (2055, False)])
def test_a_year_whose_calendar_is_not_published_is_known_to_be_so(year: int, known: bool) -> None:
    assert known == CHINA.published(year)
    assert AMERICA.published(year)


def test_more_working_hours_than_two_months_have_are_counted_too() -> None:
    end = CHINA.add_working(local("2026-03-02 09:00"), timedelta(hours=999))

    # 124 days and 7 hours; working days: March 22, April 21, May 19, June 21, July 23, and the 19th of August
    assert local("2026-08-27 17:00") == end


def test_hours_that_never_open_are_a_mistake_and_do_not_hang() -> None:
    never = Hours(SHANGHAI, "CN", ())

    with pytest.raises(ValueError, match="no opening hours"):
        never.next_open(local("2026-11-23 09:00"))
    with pytest.raises(ValueError, match="no opening hours"):
        never.add_working(local("2026-11-23 09:00"), timedelta(minutes=1))


def test_threads_that_ask_about_a_new_year_at_once_all_know_its_holidays() -> None:
    for year in range(2010, 2026):
        module._calendar.cache_clear()
        module._is_working_day.cache_clear()
        with ThreadPoolExecutor(8) as threads:
            works = list(threads.map(CHINA.is_working_day, [date(year, 10, 1)] * 16))

        assert [False] * 16 == works


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 11, 30), timezones=st.just(SHANGHAI))
amounts = st.integers(1, 4800).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, amounts, amounts)
def test_adding_twice_is_adding_the_sum(start: datetime, first: timedelta, second: timedelta) -> None:
    at_once = CHINA.add_working(start, first + second)

    assert at_once == CHINA.add_working(CHINA.add_working(start, first), second)


@given(moments, amounts)
def test_working_time_never_ends_outside_opening_hours(start: datetime, amount: timedelta) -> None:
    end = CHINA.add_working(start, amount)

    assert start < end
    assert CHINA.is_open(end - timedelta(microseconds=1))


@given(moments, moments, amounts)
def test_who_writes_earlier_is_not_served_later(one: datetime, other: datetime, amount: timedelta) -> None:
    first, second = sorted((one, other))

    assert CHINA.add_working(first, amount) <= CHINA.add_working(second, amount)


@given(moments, amounts, amounts)
def test_more_time_never_ends_earlier(start: datetime, one: timedelta, other: timedelta) -> None:
    less, more = sorted((one, other))

    assert CHINA.add_working(start, less) <= CHINA.add_working(start, more)


@given(moments, st.integers(0, 20))
def test_working_days_end_at_closing_time_of_a_working_day(start: datetime, days: int) -> None:
    end = CHINA.add_working_days(start, days).astimezone(SHANGHAI)

    assert time(18) == end.time()
    assert days == 0 or CHINA.is_working_day(end.date())


@given(moments)
def test_the_next_opening_is_open_and_nothing_before_it_is(at: datetime) -> None:
    opens = CHINA.next_open(at)

    assert CHINA.is_open(opens)
    assert opens == at or not CHINA.is_open(opens - timedelta(microseconds=1))


@given(moments, amounts)
def test_a_limit_never_ends_before_it_begins(start: datetime, amount: timedelta) -> None:
    days = 1 + int(amount / timedelta(hours=8))

    assert start < CHINA.add_working(start, amount)
    assert start < CHINA.add_working_days(start, days)
    assert CHINA.add_working_days(start, days) < CHINA.add_working_days(start, days + 1)


offices = st.sampled_from([CHINA, NO_LUNCH, AMERICA, PLAIN, Hours(ZoneInfo("Europe/Berlin"), "DE", (MORNING,))])
clocks = st.times(time(0), time(23, 59))


@given(offices, moments, clocks)
def test_the_next_time_is_later_and_on_a_working_day(hours: Hours, at: datetime, clock: time) -> None:
    first = hours.next_time(at, clock)
    second = hours.next_time(first, clock)

    assert at < first < second
    assert all(hours.is_working_day(each.astimezone(hours.zone).date()) for each in (first, second))
    assert hours.next_time(second - timedelta(microseconds=1), clock) == second


@given(offices, moments, amounts)
def test_a_civil_moment_lies_within_its_bounds_and_is_open_whenever_one_could_be(
    hours: Hours, earliest: datetime, width: timedelta
) -> None:
    latest = earliest + width

    found = hours.civil_moment(earliest, latest)

    local_hour = found.astimezone(hours.zone).hour
    assert earliest <= found <= latest
    assert hours.is_open(found) == (hours.next_open(earliest) <= latest)
    assert hours.is_open(found) or 9 <= local_hour < 20 or found == latest


@given(offices, moments, amounts, amounts)
def test_people_are_told_while_open_and_in_time_whenever_they_can_be(
    hours: Hours, at: datetime, back: timedelta, ahead: timedelta
) -> None:
    since, due = at - back, at + ahead

    found = hours.duty_moment(at, since, due)

    assert hours.is_open(found)
    assert found > since
    assert found >= at or hours.next_open(at) >= due


@given(moments)
def test_a_night_that_loses_an_hour_keeps_its_spans_apart(at: datetime) -> None:
    nights = Hours(NEW_YORK, "IL", ((time(1), time(2, 30)), (time(3), time(5))))

    opens = nights.next_open(at)

    assert nights.is_open(opens)
    assert nights.add_working(opens, timedelta(minutes=1)) - opens >= timedelta(minutes=1)


def test_spans_that_meet_where_the_clocks_go_forward_are_counted_once() -> None:
    nights = Hours(NEW_YORK, "IL", ((time(1), time(2, 30)), (time(3), time(5))))

    # 01:00 is 06:00 UTC; there is no 02:00, so 05:00 is 09:00 UTC: three real hours
    end = nights.add_working(local("2026-03-08 00:00", nights), timedelta(hours=3))

    assert datetime(2026, 3, 8, 9, tzinfo=UTC) == end


def test_an_hour_that_the_clocks_skip_is_no_opening() -> None:
    nights = Hours(NEW_YORK, "IL", ((time(2), time(3)),))

    assert local("2026-03-09 02:00", nights) == nights.next_open(local("2026-03-08 00:00", nights))


def test_a_place_that_never_opens_tells_nobody_anything() -> None:
    never = Hours(SHANGHAI, "CN", ())

    with pytest.raises(ValueError, match="no opening hours"):
        never.duty_moment(local("2026-11-23 09:00"), local("2026-11-23 08:00"), local("2026-11-23 10:00"))


# The first year that the calendar in use does not know: 2027 until its days are published.
UNKNOWN = next(year for year in range(2026, 2100) if not CHINA.published(year))


def around(text: str) -> datetime:
    """ "0-12-31 10:00" -> that day of the last year that is published; "1-..." of the first that is not."""
    offset, _, rest = text.partition("-")
    return local(f"{UNKNOWN - 1 + int(offset)}-{rest}")


@pytest.mark.parametrize(
    ("start", "due", "unknown"),
    [
        ("0-12-30 10:00", "0-12-31 23:59", False),
        ("0-12-31 10:00", "1-01-04 18:00", True),
        ("0-12-31 10:00", "2-01-04 18:00", True),
        ("1-03-01 10:00", "1-03-02 10:00", True),
        ("0-01-01 00:00", "0-01-01 00:00", False),
    ],
)
def test_a_time_that_touches_an_unpublished_year_is_known_to(start: str, due: str, unknown: bool) -> None:
    assert (UNKNOWN if unknown else None) == CHINA.unpublished(around(start), around(due))


def test_which_year_a_moment_belongs_to_is_told_by_our_own_clock() -> None:
    half_past_midnight = around("1-01-01 00:30").astimezone(UTC)

    assert UNKNOWN - 1 == half_past_midnight.year
    assert UNKNOWN == CHINA.unpublished(half_past_midnight, half_past_midnight)


@pytest.mark.parametrize(
    ("now", "warning"),
    [
        ("0-10-31 23:59", ""),
        ("0-11-01 00:00", "{year} 年的放假安排尚未公布，跨年的时限暂按普通周末计算；公布后请升级日历"),
        ("0-12-31 23:59", "{year} 年的放假安排尚未公布，跨年的时限暂按普通周末计算；公布后请升级日历"),
        ("1-01-01 00:00", "日历里还没有 {year} 年的放假安排，调休未知，时限暂按普通周末计算；请升级日历"),
        ("1-12-01 10:00", "日历里还没有 {year} 年的放假安排，调休未知，时限暂按普通周末计算；请升级日历"),
    ],
)
def test_people_are_told_from_november_that_the_next_calendar_is_not_out(now: str, warning: str) -> None:
    assert warning.format(year=UNKNOWN) == CHINA.warning(around(now))


def test_in_december_of_2025_the_year_2026_is_known() -> None:
    assert "" == CHINA.warning(local("2025-12-01 10:00"))


def test_a_country_without_make_up_days_never_warns() -> None:
    assert "" == AMERICA.warning(local("2026-12-01 10:00"))
    assert AMERICA.unpublished(local("2026-12-01 10:00"), local("2030-12-01 10:00")) is None
