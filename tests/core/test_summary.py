"""The review reckoned by hand: small weeks whose every figure can be counted on fingers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.figures import CaseRecord, Count, PromiseRecord, RatingRecord, Records, Share, Summary, Turn, Voice
from mailbot.core.hours import Hours
from mailbot.core.period import Period, last_whole, period_of
from mailbot.core.problems import common_problems
from mailbot.core.promises import Limit
from mailbot.core.rules import RuleBook
from mailbot.core.summary import end_of, outcome, spread, summarise, turns, without_customer

CHINA = ZoneInfo("Asia/Shanghai")
WEEK = period_of("week", date(2026, 11, 18), CHINA)  # Monday 16 to Sunday 22 November
LATER = datetime(2026, 12, 1, tzinfo=CHINA)
HOUR = timedelta(hours=1)


def at(day: int, clock: str = "10:00") -> datetime:
    """A moment in November 2026 on the company's clock; 18 is the Wednesday of the week."""
    return datetime.fromisoformat(f"2026-11-{day:02d}T{clock}:00+08:00").astimezone(UTC)


def case(number: int = 1, opened: datetime | None = None, **over: Any) -> CaseRecord:
    given: dict[str, Any] = {
        "number": f"20261118-{number:04d}",
        "category": "complaint",
        "topic": "quality",
        "priority": "normal",
        "side": "",
        "mailbox": "support",
        "merged": False,
        "opened_at": opened or at(18),
        "answered_at": None,
    }
    return CaseRecord(**{**given, **over})


def promise(state: str = "kept", **over: Any) -> PromiseRecord:
    given: dict[str, Any] = {
        "kind": "answer",
        "owed_to": "customer",
        "priority": "normal",
        "due_at": at(18, "12:00"),
        "state": state,
        "broken_at": None,
        "settled_at": None if state == "open" else at(18, "11:00"),
    }
    return PromiseRecord(**{**given, **over})


def summed(book: RuleBook, hours: Hours, now: datetime = LATER, **records: Any) -> Summary:
    given = {"cases": (), "promises": (), "ratings": (), **records}
    return summarise(Records(**given), WEEK, book.limits, lambda _name: hours, now)


# ---- periods ----


@pytest.mark.parametrize(
    ("kind", "day", "name", "first", "last"),
    [
        ("week", date(2026, 11, 23), "2026-W48", date(2026, 11, 23), date(2026, 11, 29)),
        ("week", date(2026, 11, 22), "2026-W47", date(2026, 11, 16), date(2026, 11, 22)),
        ("week", date(2027, 1, 3), "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("week", date(2024, 12, 30), "2025-W01", date(2024, 12, 30), date(2025, 1, 5)),
        ("month", date(2028, 2, 29), "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("month", date(2026, 12, 31), "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_a_period_is_the_iso_week_or_the_month_that_holds_a_day(
    kind: Any, day: date, name: str, first: date, last: date
) -> None:
    found = period_of(kind, day, CHINA)

    assert (name, first, last) == (found.name, found.first, found.last)


def test_a_week_begins_at_midnight_of_the_company_also_where_clocks_change() -> None:
    berlin = period_of("week", date(2026, 10, 25), ZoneInfo("Europe/Berlin"))  # clocks go back that Sunday

    assert datetime(2026, 10, 18, 22, tzinfo=UTC) == berlin.begin
    assert datetime(2026, 10, 25, 23, tzinfo=UTC) == berlin.until
    assert at(16, "00:00") == WEEK.begin


def test_the_last_whole_period_is_the_one_before_today_by_the_companys_clock() -> None:
    sunday_night_in_london = datetime(2026, 11, 22, 17, tzinfo=UTC)  # Monday one o'clock in China

    assert "2026-W47" == last_whole("week", sunday_night_in_london, CHINA).name
    assert "2026-W46" == last_whole("week", sunday_night_in_london, ZoneInfo("Europe/London")).name
    assert "2026-10" == last_whole("month", sunday_night_in_london, CHINA).name


@given(
    kind=st.sampled_from(["week", "month"]),
    day=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC"]),
)
def test_periods_follow_each_other_without_a_gap(kind: Any, day: date, zone: str) -> None:
    found: Period = period_of(kind, day, ZoneInfo(zone))

    assert found.first <= day <= found.last
    assert found.before.until == found.begin
    assert found == period_of(kind, found.last, ZoneInfo(zone))


# ---- tickets ----


def test_the_stages_of_a_ticket_are_read_off_its_journal() -> None:
    journal = [
        (at(16), "mail"),  # a second mail while it is open
        (at(17), "resolved"),
        (at(18), "mail"),
        (at(19), "resolved"),
        (at(20), "closed"),
        (at(21), "reopened"),
    ]

    found = turns(journal)

    assert (
        Turn(at(17), "resolved"),
        Turn(at(18), "open"),
        Turn(at(19), "resolved"),
        Turn(at(20), "closed"),
        Turn(at(21), "open"),
    ) == found
    assert ["open", "resolved", "open"] == [case(turns=found).stage(each) for each in (at(16), at(18), at(22))]


@pytest.mark.rule("001-34")
def test_tickets_are_counted_by_what_happened_in_the_week_and_in_the_week_before(book: RuleBook, hours: Hours) -> None:
    cases = [
        case(1, at(10), turns=turns([(at(17), "resolved"), (at(24), "reopened")])),  # of the week before
        case(2, at(12)),  # the week before, open to this day
        case(3, at(16, "00:00"), turns=turns([(at(16), "resolved"), (at(17), "mail"), (at(18), "resolved")])),
        case(4, at(22, "23:59"), turns=turns([(at(23), "resolved")])),  # resolved when the week was over
        case(5, at(20), merged=True, turns=turns([(at(20), "merged")])),
        case(6, at(13), turns=turns([(at(14), "resolved"), (at(19), "closed")])),
        case(7, at(23, "00:00")),  # not of this week any more
    ]

    flow = summed(book, hours, cases=cases).flow

    assert Count(2, 3) == flow.opened
    assert Count(1, 0) == flow.merged
    assert Count(2, 1) == flow.resolved
    assert Count(1, 0) == flow.reopened
    assert Count(1, 0) == flow.closed
    assert Count(2, 2) == flow.open_at_end  # now 2 and 4; before 1 and 2


def test_a_week_that_runs_is_counted_up_to_now(book: RuleBook, hours: Hours) -> None:
    cases = [case(1, at(17), turns=turns([(at(19), "resolved")])), case(2, at(20))]
    owed = [promise("kept"), promise("open", due_at=at(21)), promise("kept", due_at=at(20))]

    found = summed(book, hours, now=at(18, "20:00"), cases=cases, promises=owed)

    assert not found.whole
    assert 1 == found.flow.open_at_end.now
    assert [1] == [each.outcome.due for each in found.promises]


def test_topics_stand_most_frequent_first_with_share_and_change(book: RuleBook, hours: Hours) -> None:
    now = [("fault", "defect")] * 3 + [("complaint", "quality")] * 2 + [("complaint", "attitude")] * 3
    before = [("complaint", "quality")] * 4 + [("enquiry", "price")]
    cases = [case(n, at(17), category=a, topic=b) for n, (a, b) in enumerate(now)]
    cases += [case(n, at(11), category=a, topic=b) for n, (a, b) in enumerate(before, 50)]

    found = summed(book, hours, cases=cases)

    assert (
        Share("complaint", "attitude", Count(3, 0), 37.5),
        Share("fault", "defect", Count(3, 0), 37.5),
        Share("complaint", "quality", Count(2, 4), 25.0),
        Share("enquiry", "price", Count(0, 1), 0.0),
    ) == found.topics
    assert [("complaint", 5, 62.5, 1), ("fault", 3, 37.5, 3), ("enquiry", 0, 0.0, -1)] == [
        (each.category, each.count.now, each.percent, each.count.change) for each in found.categories
    ]


def test_a_week_without_anything_divides_by_nothing(book: RuleBook, hours: Hours) -> None:
    found = summed(book, hours)

    assert ((), (), ()) == (found.categories, found.topics, found.promises)
    assert (0, None) == (found.handling.clock.measured, found.handling.clock.median)
    assert (None, None) == (found.satisfaction.percent_satisfied, found.satisfaction.percent_before)
    assert [0, 0, 0] == [each.promises.due for each in found.answers]


# ---- times ----


def test_median_and_ninetieth_percentile_of_a_few_times() -> None:
    ten = spread([HOUR * n for n in (10, 1, 9, 2, 8, 3, 7, 4, 6, 5)])

    assert (10, HOUR * 5.5, HOUR * 9.1) == (ten.measured, ten.median, ten.ninth)
    assert (1, HOUR, HOUR) == (spread([HOUR]).measured, spread([HOUR]).median, spread([HOUR]).ninth)
    assert (2, HOUR * 2, HOUR * 2.8) == (2, spread([HOUR, HOUR * 3]).median, spread([HOUR, HOUR * 3]).ninth)


@given(minutes=st.lists(st.integers(0, 100_000), min_size=1, max_size=60))
def test_half_of_the_times_are_not_longer_than_the_median_and_nine_in_ten_not_longer_than_the_ninth(
    minutes: list[int],
) -> None:
    found = spread([timedelta(minutes=each) for each in minutes])
    assert found.median is not None
    assert found.ninth is not None

    blink = timedelta(microseconds=1)
    assert 2 * sum(timedelta(minutes=each) <= found.median + blink for each in minutes) >= len(minutes)
    assert timedelta(minutes=min(minutes)) <= found.median <= found.ninth + blink
    assert found.ninth <= timedelta(minutes=max(minutes)) + blink


@pytest.mark.rule("003-10")
def test_first_answers_stand_by_priority_beside_the_standard_that_is_set(book: RuleBook, hours: Hours) -> None:
    urgent = {"priority": "urgent"}
    cases = [
        case(1, at(17, "09:00"), answered_at=at(17, "09:30"), **urgent),
        case(2, at(18, "09:00"), answered_at=at(18, "11:00"), **urgent),
        case(3, at(19, "09:00"), **urgent),  # nobody has answered
        case(4, at(19, "09:00"), turns=turns([(at(19), "closed")]), **urgent),  # nobody had to
        case(5, at(10, "09:00"), answered_at=at(10, "09:12"), **urgent),
        case(6, at(18, "09:00"), answered_at=at(19, "08:00")),
    ]
    owed = [
        promise("kept", **urgent),
        promise("broken", broken_at=at(18, "12:00"), settled_at=at(18, "13:00"), **urgent),
        promise("open", **urgent),
        promise("withdrawn", **urgent),
        promise("kept", due_at=at(23), **urgent),  # falls due next week
        promise("kept"),
    ]

    first, second, third = summed(book, hours, cases=cases, promises=owed).answers

    assert ("urgent", Limit(60, "clock"), Limit(24 * 60, "clock")) == (first.priority, first.standard, first.cap)
    assert Limit(240, "working") == second.standard
    assert (4, 1, 2, 1, 0) == (
        *(first.promises.due, first.promises.kept, first.promises.broken),
        *(first.promises.withdrawn, first.promises.undecided),
    )
    assert 33.3 == first.promises.percent_kept
    assert (2, HOUR * 1.25, HOUR * 1.85) == (first.time.measured, first.time.median, first.time.ninth)
    assert (1, timedelta(minutes=12)) == (first.before.measured, first.before.median)
    assert 1 == first.waiting
    assert (1, HOUR * 23, 1) == (third.time.measured, third.time.median, third.promises.kept)


@pytest.mark.rule("001-34")
def test_handling_time_is_told_on_the_clock_and_in_working_hours(book: RuleBook, hours: Hours) -> None:
    over_the_weekend = case(1, at(13, "17:00"), turns=turns([(at(16, "10:00"), "resolved")]))
    within_a_day = case(2, at(18, "11:00"), turns=turns([(at(18, "14:30"), "resolved")]))
    twice = case(
        3, at(17, "09:00"), turns=turns([(at(17), "resolved"), (at(17, "11:00"), "mail"), (at(24), "resolved")])
    )

    found = summed(book, hours, cases=[over_the_weekend, within_a_day, twice]).handling

    assert (3, HOUR * 3.5) == (found.clock.measured, found.clock.median)  # 65 h, 3.5 h, 1 h
    assert (3, HOUR * 2) == (found.working.measured, found.working.median)  # 2 h, 2.5 h, 1 h


def test_working_time_leaves_out_holidays_and_counts_make_up_days(hours: Hours) -> None:
    before = datetime.fromisoformat("2025-09-30T17:00:00+08:00")  # the long holiday is from 1 to 8 October
    after = datetime.fromisoformat("2025-10-09T10:00:00+08:00")
    sunday = datetime.fromisoformat("2025-09-28T08:00:00+08:00")  # worked instead

    assert HOUR * 2 == hours.working_between(before, after)
    assert HOUR * 8 == hours.working_between(sunday, sunday + timedelta(days=1))
    assert timedelta() == hours.working_between(after, before)


@given(
    start=st.datetimes(datetime(2025, 1, 1), datetime(2025, 11, 1), timezones=st.just(UTC)),
    minutes=st.integers(1, 3000),
)
def test_the_working_time_up_to_a_limit_is_the_limit(start: datetime, minutes: int, hours: Hours) -> None:
    limit = timedelta(minutes=minutes)

    assert limit == hours.working_between(start, hours.add_working(start, limit))


@pytest.mark.parametrize(
    ("end", "given"),
    [
        ("kept", promise("kept")),
        ("withdrawn", promise("withdrawn")),
        ("broken", promise("broken", broken_at=at(18, "12:00"))),
        ("broken", promise("open", broken_at=at(18, "12:00"))),
        ("broken", promise("open")),  # the clock has not looked yet
        ("broken", promise("kept", settled_at=at(18, "12:01"))),  # done late while the clock stood still
        ("broken", promise("withdrawn", settled_at=at(19))),  # not owed any more, but too late
        ("kept", promise("kept", settled_at=at(18, "12:00"))),
        ("kept", promise("kept", kind="progress", settled_at=at(18, "12:01"))),  # leaves at its hour
        ("open", promise("open", kind="progress")),
        ("withdrawn", promise("withdrawn", kind="feedback", settled_at=at(18, "12:01"))),
    ],
)
def test_a_promise_is_broken_when_it_was_still_owed_as_its_time_passed(end: str, given: PromiseRecord) -> None:
    assert end == end_of(given, LATER)


@given(states=st.lists(st.sampled_from(["open", "kept", "broken", "withdrawn"]), max_size=20))
def test_every_promise_that_fell_due_ended_in_one_way(states: list[str]) -> None:
    found = outcome([promise(state, kind="progress") for state in states], LATER)

    assert len(states) == found.due == found.kept + found.broken + found.withdrawn + found.undecided


def test_what_we_owe_stands_before_what_others_owe_us(book: RuleBook, hours: Hours) -> None:
    owed = [
        promise("kept", kind="department", owed_to="us"),
        promise("kept", kind="solve"),
        promise("withdrawn", kind="solve"),
        promise("broken", kind="answer", broken_at=at(18, "12:00")),
    ]

    found = summed(book, hours, promises=owed).promises

    assert [("answer", 1, 0, 1), ("solve", 2, 1, 0), ("department", 1, 1, 0)] == [
        (each.kind, each.outcome.due, each.outcome.kept, each.outcome.broken) for each in found
    ]
    assert [0.0, 100.0, 100.0] == [each.outcome.percent_kept for each in found]


# ---- satisfaction ----


@pytest.mark.rule("001-34")
def test_satisfaction_tells_the_five_scores_and_both_ends_with_their_reasons(book: RuleBook, hours: Hours) -> None:
    ratings = [
        RatingRecord("20261118-0001", at(18), 5, "回复很快"),
        RatingRecord("20261118-0002", at(17), 5, ""),
        RatingRecord("20261118-0003", at(19), 4, "还好"),
        RatingRecord("20261118-0004", at(20), 1, "李明的订单 20261101123456 还是响,打 13800138000 找我", ("李明",)),
        RatingRecord("20261110-0001", at(10), 2, "太慢"),
        RatingRecord("20261110-0002", at(11), 4, ""),
    ]

    found = summed(book, hours, ratings=ratings).satisfaction

    assert (Count(4, 2), (2, 1, 0, 0, 1)) == (found.ratings, found.scores)
    assert (75.0, 50.0) == (found.percent_satisfied, found.percent_before)
    assert (Voice("20261118-0001", "回复很快"),) == found.very_satisfied
    assert (Voice("20261118-0004", "***的订单 *** 还是响,打 *** 找我"),) == found.very_dissatisfied


@given(text=st.text(alphabet="李明a1 2-3@.号", max_size=60))
def test_a_reason_never_tells_an_address_a_name_or_a_long_number(text: str) -> None:
    told = without_customer(text, ("李明",))

    digits = [run for run in "".join(each if each.isdigit() else " " for each in told).split() if len(run) > 4]
    assert [] == digits
    assert "李明" not in told


# ---- common problems ----


def quality(number: int, day: int, side: str = "") -> CaseRecord:
    return case(number, at(day), side=side)


@pytest.mark.rule("001-35")
@pytest.mark.rule("001-56")
def test_a_common_problem_names_its_department_its_causes_and_asks_for_an_improvement(book: RuleBook) -> None:
    now = [quality(n, 18, "company" if n < 9 else "") for n in range(12)]
    before = [quality(n, 11, "company") for n in range(50, 55)]

    (found,) = common_problems([*now, *before], WEEK, book)

    assert (
        "产品质量 12 件（上期 5 件），其中 9 件责任在企业，3 件责任尚未确定：请产品部查明原因并提出改进"
        == found.proposal_zh
    )
    assert (
        "Product quality: 12 tickets (5 in the period before); of these 9 with the company responsible, "
        "3 not settled yet. To product team: please find the cause and propose an improvement"
    ) == found.proposal_en
    assert ("product", True, True, 100.0) == (found.department, found.frequent, found.doubled, found.percent)
    assert (("company", 9), ("", 3)) == found.sides
    assert tuple(f"20261118-{n:04d}" for n in range(5)) == found.examples


@pytest.mark.parametrize(
    ("now", "before", "others", "is_common"),
    [
        (2, 0, 0, False),  # fewer than three are chance
        (3, 0, 0, True),
        (3, 2, 12, True),  # 3 of 15 are a fifth
        (3, 2, 13, False),  # neither a fifth nor doubled
        (4, 2, 96, True),  # doubled
        (3, 0, 97, True),  # new
    ],
)
def test_a_problem_is_common_from_three_tickets_on_when_frequent_or_doubled(
    now: int, before: int, others: int, is_common: bool, book: RuleBook
) -> None:
    cases = [quality(n, 18) for n in range(now)] + [quality(n + 500, 11) for n in range(before)]
    # Everything else is spread so thin that none of it is common.
    cases += [case(n + 100, at(18), category="enquiry", topic=f"thing{n // 2}") for n in range(others)]

    found = common_problems(cases, WEEK, book)

    assert (["quality"] if is_common else []) == [each.topic for each in found]


def test_one_side_of_a_topic_may_be_a_problem_of_its_own(book: RuleBook) -> None:
    late = {"category": "complaint", "topic": "logistics_late"}
    now = [case(n, at(18), side="third_party" if n < 4 else "company", **late) for n in range(8)]
    before = [case(n, at(11), side="third_party" if n < 51 else "company", **late) for n in range(50, 58)]
    rest = [case(n, at(18), category="enquiry", topic=f"thing{n // 2}") for n in range(100, 140)]

    (found,) = common_problems([*now, *before, *rest], WEEK, book)

    assert ("third_party", Count(4, 1), False) == (found.side, found.count, found.frequent)
    assert "责任在第三方的 4 件（上期 1 件）：请物流部与第三方核对原因并提出改进" in found.proposal_zh


def test_thanks_and_what_is_no_customers_case_are_no_problem(book: RuleBook) -> None:
    kinds = (("other", "spam"), ("other", "none"), ("revisit", "thanks"), ("revisit", "still_broken"))
    cases = [case(n, at(18), category=a, topic=b) for n, (a, b) in enumerate(kinds * 5)]

    assert ["still_broken"] == [each.topic for each in common_problems(cases, WEEK, book)]


@pytest.mark.parametrize(
    ("sides", "asked"),
    [
        (("customer", "customer", "company"), "检查使用说明和对客户的指引并提出改进"),
        (("customer", "company", ""), "查明原因并提出改进"),
        (("", "", ""), "查明原因并提出改进"),
        (("third_party", "", ""), "与第三方核对原因并提出改进"),
    ],
)
def test_what_is_asked_for_follows_the_side_of_most_settled_tickets(
    sides: tuple[str, ...], asked: str, book: RuleBook
) -> None:
    (found,) = common_problems([quality(n, 18, side) for n, side in enumerate(sides)], WEEK, book)

    assert found.proposal_zh.endswith(f"：请产品部{asked}")


def test_a_topic_that_the_rules_do_not_know_any_more_is_asked_of_the_department_concerned(book: RuleBook) -> None:
    (found,) = common_problems([case(n, at(18), topic="gone") for n in range(3)], WEEK, book)

    assert ("", "gone 3 件（上期 0 件），3 件责任尚未确定：请相关部门查明原因并提出改进") == (
        found.department,
        found.proposal_zh,
    )
