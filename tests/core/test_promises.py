"""Limits read from the owner's file, and promises with their due times and reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.core.hours import Hours
from mailbot.core.limits import read_limits
from mailbot.core.promises import PRIORITIES, Case, Limit, Promise, Terms, clock_words, promise
from tests.conftest import ROOT

rule = pytest.mark.rule
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = Hours(SHANGHAI, "CN", ((time(9), time(12)), (time(13), time(18))))
TEXT = (ROOT / "rules" / "promises.toml").read_text(encoding="utf-8")
LIMITS = read_limits(TEXT)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def owed(kind: str, priority: str, start: datetime, category: str = "other", topic: str = "none") -> Promise:
    """The promise of this kind; here one is always owed."""
    found = promise(kind, Case(priority, category, topic), start, LIMITS, HOURS)
    assert found is not None
    return found


@pytest.mark.rule("002-17")
@pytest.mark.rule("002-18")
@pytest.mark.rule("002-19")
@pytest.mark.parametrize(
    ("kind", "priority", "start", "due"),
    [
        ("answer", "urgent", "2026-11-23 09:00", "2026-11-23 10:00"),
        ("answer", "urgent", "2026-11-28 23:30", "2026-11-29 00:30"),  # clock time, on a Saturday night too
        ("answer", "important", "2026-11-23 09:00", "2026-11-23 14:00"),
        ("answer", "important", "2026-11-23 16:00", "2026-11-24 11:00"),
        ("answer", "normal", "2026-11-23 09:00", "2026-11-24 09:00"),
        ("answer", "important", "2026-11-27 17:50", "2026-11-28 17:50"),  # the cap beats Monday 13:50
        ("answer", "important", "2026-02-14 17:50", "2026-02-15 17:50"),  # over Spring Festival
        ("answer", "normal", "2026-10-01 00:00", "2026-10-02 00:00"),
        ("solve", "urgent", "2026-11-27 17:50", "2026-11-28 17:50"),
        ("solve", "important", "2026-11-27 17:50", "2026-12-02 18:00"),
        ("solve", "normal", "2026-09-30 10:00", "2026-10-13 18:00"),
        ("revisit", "normal", "2026-11-23 09:00", "2026-11-26 18:00"),
    ],
)
def test_a_promise_falls_due_when_the_rules_say(kind: str, priority: str, start: str, due: str) -> None:
    assert local(due) == owed(kind, priority, local(start)).due_at


@pytest.mark.parametrize(
    ("kind", "priority", "about", "start", "due"),
    [
        pytest.param(
            "start", "urgent", "fault/malfunction", "2026-11-28 23:30", "2026-11-29 01:30", marks=rule("001-47")
        ),
        pytest.param(
            "confirm", "normal", "fault/malfunction", "2026-11-27 17:30", "2026-11-30 09:30", marks=rule("001-16")
        ),
        pytest.param(
            "plan", "important", "complaint/quality", "2026-11-23 11:00", "2026-11-23 14:00", marks=rule("001-17")
        ),
        pytest.param(
            "plan", "urgent", "complaint/quality", "2026-11-23 23:00", "2026-11-24 01:00", marks=rule("001-17")
        ),
        pytest.param(
            "progress", "normal", "fault/malfunction", "2026-11-23 16:59", "2026-11-23 17:00", marks=rule("001-24")
        ),
        pytest.param(
            "progress", "normal", "fault/malfunction", "2026-11-23 17:00", "2026-11-24 17:00", marks=rule("001-24")
        ),
        pytest.param(
            "progress", "normal", "fault/malfunction", "2026-02-14 17:30", "2026-02-24 17:00", marks=rule("001-24")
        ),
        pytest.param(
            "department", "normal", "fault/malfunction", "2026-11-23 10:00", "2026-11-24 18:00", marks=rule("002-25")
        ),
        pytest.param(
            "department", "important", "fault/malfunction", "2026-11-23 17:00", "2026-11-24 12:00", marks=rule("004-11")
        ),
        pytest.param(
            "material", "normal", "fault/malfunction", "2026-11-23 10:00", "2026-11-30 18:00", marks=rule("002-27")
        ),
        pytest.param(
            "revisit", "normal", "complaint/quality", "2026-11-23 10:00", "2026-11-25 10:00", marks=rule("002-34")
        ),
        pytest.param(
            "revisit", "urgent", "fault/emergency_repair", "2026-11-23 10:00", "2026-11-25 10:00", marks=rule("002-34")
        ),
        pytest.param(
            "revisit", "urgent", "fault/malfunction", "2026-11-23 10:00", "2026-11-24 10:00", marks=rule("001-29")
        ),
        pytest.param(
            "revisit", "normal", "request/refund", "2026-11-23 10:00", "2026-11-24 10:00", marks=rule("001-29")
        ),
        pytest.param(
            "revisit", "normal", "enquiry/price", "2026-11-23 10:00", "2026-11-26 18:00", marks=rule("000-41")
        ),
        pytest.param(
            "care", "urgent", "fault/malfunction", "2026-11-23 10:00", "2026-12-09 18:00", marks=rule("003-24")
        ),
        pytest.param(
            "care", "normal", "complaint/attitude", "2026-11-23 10:00", "2026-12-09 18:00", marks=rule("003-24")
        ),
        pytest.param(
            "suggestion", "normal", "fault/suggestion", "2026-11-23 10:00", "2026-12-07 18:00", marks=rule("002-35")
        ),
    ],
)
def test_every_kind_of_promise_has_its_time_by_what_the_case_is_about(
    kind: str, priority: str, about: str, start: str, due: str
) -> None:
    category, _, topic = about.partition("/")

    assert local(due) == owed(kind, priority, local(start), category, topic).due_at


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        ("start", Case("important", "fault", "malfunction")),
        ("plan", Case("urgent", "enquiry", "price")),
        ("care", Case("normal", "enquiry", "price")),
    ],
)
def test_what_the_rules_leave_out_is_not_promised(kind: str, case: Case) -> None:
    assert promise(kind, case, local("2026-11-23 10:00"), LIMITS, HOURS) is None


def test_a_topic_may_have_its_own_limit_and_only_for_one_priority() -> None:
    more = '[solve.topic."complaint/quality"]\nurgent = "8 h"\n[solve.category.complaint]\nall = "2 working days"\n'
    limits = read_limits(TEXT.replace("[progress]", more + "[progress]", 1))

    assert Limit(480, "clock") == limits.limit("solve", Case("urgent", "complaint", "quality"))
    assert Limit(2, "working_days") == limits.limit("solve", Case("normal", "complaint", "quality"))
    assert Limit(5, "working_days") == limits.limit("solve", Case("normal", "fault", "malfunction"))


@pytest.mark.rule("001-10")
def test_a_deadline_in_a_year_without_a_calendar_says_so() -> None:
    assert "2030 年放假安排尚未公布" in owed("solve", "normal", local("2030-12-30 10:00")).because
    assert "尚未公布" not in owed("solve", "normal", local("2026-11-23 10:00")).because


@pytest.mark.rule("000-36")
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1), timezones=st.just(SHANGHAI)),
    st.sampled_from(PRIORITIES),
)
def test_no_answer_is_due_later_than_24_hours_after_the_mail(start: datetime, priority: str) -> None:
    due = owed("answer", priority, start).due_at

    assert start < due <= start + timedelta(hours=24)


@given(st.integers(1, 9999), st.sampled_from(["clock", "working", "working_days"]))
def test_whatever_limit_the_owner_sets_the_cap_holds(amount: int, unit: str) -> None:
    terms = Terms({("", "normal"): Limit(amount, unit)}, {})  # type: ignore[arg-type]
    start = local("2026-02-14 17:50")

    found = promise("answer", Case("normal"), start, replace(LIMITS, kinds={"answer": terms}), HOURS)

    assert found is not None
    assert start <= found.due_at <= start + timedelta(hours=24)


def test_a_promise_explains_its_due_time() -> None:
    found = owed("answer", "important", local("2026-11-23 16:00"))

    assert found.because.startswith("重要 → 首次回复 4个工作小时")
    assert "起算 11-23 周一 16:00" in found.because
    assert "营业 09:00–12:00、13:00–18:00" in found.because
    assert found.because.endswith("→ 11-24 周二 11:00")
    assert "不得超过" not in found.because


def test_a_capped_promise_says_that_the_cap_decided() -> None:
    found = owed("answer", "important", local("2026-02-14 17:50"))

    assert "不得超过 24小时" in found.because
    assert found.because.endswith("→ 02-15 周日 17:50")


def test_a_promise_remembers_what_it_counts_from() -> None:
    start = local("2026-11-23 16:00")

    assert start == owed("solve", "normal", start).began_at


def test_clock_words_are_those_of_the_company() -> None:
    assert "11-24 周二 00:30" == clock_words(datetime(2026, 11, 23, 16, 30, tzinfo=UTC), HOURS)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("90 min", Limit(90, "clock")),
        ("1 h", Limit(60, "clock")),
        ("24h", Limit(1440, "clock")),
        ("2 days", Limit(2880, "clock")),
        ("1 day", Limit(1440, "clock")),
        ("4 working h", Limit(240, "working")),
        ("30 working min", Limit(30, "working")),
        ("3 working days", Limit(3, "working_days")),
        ("1 working day", Limit(1, "working_days")),
    ],
)
def test_a_limit_is_written_as_people_say_it(text: str, limit: Limit) -> None:
    read = read_limits(TEXT.replace('normal = "5 working days"', f'normal = "{text}"'))

    assert limit == read.limit("solve", Case("normal"))


@pytest.mark.parametrize(
    ("limit", "zh", "en"),
    [
        (Limit(60, "clock"), "1小时", "1 hour"),
        (Limit(90, "clock"), "90分钟", "90 minutes"),
        (Limit(1440, "clock"), "24小时", "24 hours"),
        (Limit(240, "working"), "4个工作小时", "4 working hours"),
        (Limit(30, "working"), "30个工作分钟", "30 working minutes"),
        (Limit(1, "working_days"), "1个工作日", "1 working day"),
        (Limit(3, "working_days"), "3个工作日", "3 working days"),
    ],
)
def test_a_limit_is_told_in_the_language_of_the_reader(limit: Limit, zh: str, en: str) -> None:
    assert (zh, en) == (limit.words("zh"), limit.words("en"))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[answer]", "[anwser]", "anwser"),
        ('urgent = "1 h"', "", "answer.urgent"),
        ('urgent = "1 h"', "urgent = 1", "answer.urgent"),
        ('urgent = "1 h"', 'urgent = ""', "answer.urgent"),
        ('urgent = "1 h"', 'urgent = "0 h"', "answer.urgent"),
        ('urgent = "1 h"', 'urgent = "one hour"', "answer.urgent"),
        ('urgent = "1 h"', 'urgent = "-1 h"', "answer.urgent"),
        ('urgent = "1 h"', 'urgent = "99999 h"', "answer.urgent"),
        ('urgent = "1 h"', 'urgent = "1 h"\nlow = "9 h"', "answer.low"),
        ('cap = "24 h"', "", "answer.cap"),
        ('cap = "24 h"', 'cap = "25 h"', "answer.cap"),
        ('cap = "24 h"', 'cap = "4 working h"', "answer.cap"),
        ('important = "3 working days"', 'important = "3 weeks"', "solve.important"),
        ('important = "3 working days"', 'important = "3 working days"\ncap = "1 h"', "solve.cap"),
        ("[material]", '[extra]\nurgent = "1 h"\n[material]', "extra"),
        ('urgent = "1 h"', 'urgent = "none"', "answer.urgent"),
        ('hold = "30 min"', 'hold = "24 h"', "answer.hold"),
        ('hold = "30 min"', 'hold = "1 working h"', "answer.hold"),
        ('at = "17:00"', 'at = "25:00"', "progress.at"),
        ('["15:00", "16:30"]', '["15:00", "17:00"]', "progress.remind"),
        ('remind = ["50%", "80%"]', 'remind = ["50%", "180%"]', "answer.remind"),
        ("[plan.category.enquiry]", '[plan.category."enquiry/price"]', "plan.category.enquiry/price"),
        ("[plan.category.enquiry]", "[plan.topic.enquiry]", "plan.topic.enquiry"),
        ('nudge = "2 working days"', "", "material.nudge"),
        ('after = "4 working h"', "", "revisit.after"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_key_and_a_remedy(old: str, new: str, key: str) -> None:
    assert old in TEXT

    with pytest.raises(UserError) as caught:
        read_limits(TEXT.replace(old, new, 1), "rules/promises.toml")

    assert "rules/promises.toml" == caught.value.where
    assert caught.value.key in (key, f"{key}.urgent")  # a table that is missing shows by its first key
    assert caught.value.remedy


def test_what_is_not_toml_is_named_with_its_file() -> None:
    with pytest.raises(UserError) as caught:
        read_limits("[answer", "rules/promises.toml")

    assert "rules/promises.toml" == caught.value.where
    assert "TOML" in caught.value.remedy
