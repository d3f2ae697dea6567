"""The steps on the way to a due time: which, when, each once, and none forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.ladder import next_step
from mailbot.core.office import Office
from mailbot.core.promises import KIND_NAMES, Case, Promise

SHANGHAI = ZoneInfo("Asia/Shanghai")
NORMAL = Case("normal", "fault", "malfunction")
URGENT = Case("urgent", "fault", "malfunction")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def course_of(owed: Promise, case: Case, office: Office, most: int = 12) -> list[tuple[str, str]]:
    """Every step as the clock would do them one after the other: name, and local time."""
    steps = []
    for _ in range(most):
        step = next_step(owed, office.course(case))
        if step is None:
            break
        steps.append((step.name, f"{step.at.astimezone(SHANGHAI):%m-%d %H:%M}"))
        broken = owed.due_at if step.name == "due" else owed.broken_at
        owed = replace(owed, stepped_at=step.at, broken_at=broken)
    return steps


def owed(kind: str, start: str, case: Case, office: Office) -> Promise:
    (found,) = office.promises((kind,), case, local(start))
    return found


@pytest.mark.rule("002-17")
def test_an_urgent_answer_has_its_reminders_by_the_clock_and_its_holding_reply(office: Office) -> None:
    answer = owed("answer", "2026-11-28 23:00", URGENT, office)  # a Saturday night

    assert [
        ("remind", "11-28 23:30"),
        ("alert", "11-28 23:48"),
        ("due", "11-29 00:00"),
        ("hold", "11-29 22:30"),
        ("chase", "11-30 09:00"),
    ] == course_of(answer, URGENT, office, 5)


@pytest.mark.rule("000-36")
def test_who_is_not_at_work_is_reminded_before_the_weekend_and_not_at_night(office: Office) -> None:
    answer = owed("answer", "2026-11-27 17:00", NORMAL, office)  # a Friday; due on Saturday 17:00

    assert [
        ("alert", "11-27 17:30"),
        ("hold", "11-28 16:30"),
        ("due", "11-28 17:00"),
        ("chase", "11-30 09:00"),
    ] == course_of(answer, NORMAL, office, 4)


def test_what_stays_overdue_is_in_the_mail_of_each_working_morning(office: Office) -> None:
    solve = owed("solve", "2026-02-12 10:00", replace(NORMAL, priority="important"), office)

    steps = course_of(solve, replace(NORMAL, priority="important"), office, 6)

    assert ("due", "02-24 18:00") in steps  # 14 Feb is a make-up day, then Spring Festival until the 23rd
    assert [("chase", "02-27 09:00"), ("chase", "02-28 09:00")] == steps[-2:]  # and the 28th another


@pytest.mark.rule("001-21")
@pytest.mark.rule("001-24")
def test_progress_asks_the_owner_twice_and_goes_out_at_five(office: Office) -> None:
    assert [("remind", "11-23 15:00"), ("remind", "11-23 16:30"), ("send", "11-23 17:00")] == course_of(
        owed("progress", "2026-11-23 10:00", NORMAL, office), NORMAL, office
    )
    assert [("send", "11-23 17:00")] == course_of(owed("progress", "2026-11-23 16:45", NORMAL, office), NORMAL, office)


@pytest.mark.rule("002-34")
@pytest.mark.rule("004-27")
def test_a_complaint_is_revisited_a_day_after_it_was_solved_at_a_decent_hour(office: Office) -> None:
    complaint = Case("important", "complaint", "quality")

    assert [("send", "11-24 10:00"), ("due", "11-25 10:00")] == course_of(
        owed("revisit", "2026-11-23 10:00", complaint, office), complaint, office, 2
    )
    assert ("send", "11-24 09:00") == course_of(
        owed("revisit", "2026-11-22 23:00", complaint, office), complaint, office
    )[0]
    assert ("send", "11-28 17:30") == course_of(
        owed("revisit", "2026-11-27 17:30", complaint, office), complaint, office
    )[0]  # over the weekend there is no opening within the window


@pytest.mark.rule("001-29")
def test_a_fault_is_revisited_within_a_day_at_the_next_working_moment(office: Office) -> None:
    assert [("send", "11-23 13:00"), ("due", "11-24 10:30")] == course_of(
        owed("revisit", "2026-11-23 10:30", NORMAL, office), NORMAL, office, 2
    )
    assert ("send", "11-24 09:00") == course_of(owed("revisit", "2026-11-23 17:30", NORMAL, office), NORMAL, office)[0]


@pytest.mark.rule("002-32")
def test_a_rating_is_waited_for_with_one_reminder(office: Office) -> None:
    assert [("nudge", "11-26 09:00"), ("due", "11-30 18:00")] == course_of(
        owed("feedback", "2026-11-23 10:00", NORMAL, office), NORMAL, office
    )


@given(
    st.sampled_from([kind for kind in KIND_NAMES if kind != "pledge"]),
    st.sampled_from(["urgent", "important", "normal"]),
    st.sampled_from(["fault/malfunction", "complaint/quality", "enquiry/price", "fault/suggestion"]),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1), timezones=st.just(SHANGHAI)),
)
def test_steps_go_forward_and_end_or_return_each_working_day(
    kind: str, priority: str, about: str, start: datetime
) -> None:
    category, _, topic = about.partition("/")
    case, course = Case(priority, category, topic), OFFICE[0].course(Case(priority, category, topic))
    for each in OFFICE[0].promises((kind,), case, start):
        before = start - timedelta(seconds=1)
        promised, names = each, []
        for _ in range(10):
            step = next_step(promised, course)
            if step is None:
                break
            assert before < step.at
            before = step.at
            names.append(step.name)
            broken = promised.due_at if step.name == "due" else promised.broken_at
            promised = replace(promised, stepped_at=step.at, broken_at=broken)

        assert {"due", "send"} & set(names)
        assert all(names.count(name) == 1 for name in ("alert", "hold", "send", "nudge", "due") if name in names)


OFFICE: list[Office] = []


@pytest.fixture(scope="module", autouse=True)
def _office(office: Office) -> None:
    OFFICE[:] = [office]
