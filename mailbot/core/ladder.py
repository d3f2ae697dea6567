"""What happens on the way to a promise's due time, and when: the steps of each kind, as values.

Each step is done once: a promise keeps the planned moment of the last one (`stepped_at`), and the next is the
first planned after it. So a restart, a second clock or an outage neither repeats a step nor forgets one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal

from mailbot.core.hours import Hours
from mailbot.core.promises import Case, Limits, Promise

StepName = Literal[
    "remind",  # the owner is told that it falls due
    "alert",  # the last time before: owner and supervisors
    "hold",  # the holding reply
    "send",  # the mail that this promise is about
    "nudge",  # the customer is asked once more
    "due",  # the time has passed: broken, or over
    "chase",  # still owed on a new working day
]


@dataclass(frozen=True, slots=True)
class Step:
    at: datetime  # planned; UTC
    name: StepName


@dataclass(frozen=True, slots=True)
class Course:
    """All that the steps of a promise depend on besides itself."""

    case: Case
    limits: Limits
    hours: Hours


def next_step(owed: Promise, course: Course) -> Step | None:
    """The step after the last one done; None: nothing more happens by the clock."""
    done = owed.stepped_at
    for step in _steps(owed, course):
        if done is None or step.at > done:
            return step
    if done is None or owed.kind in _NEVER_CHASED or owed.broken_at is None:
        return None
    # Overdue and not forgotten: it is in the mail of each working day's morning.
    return Step(course.hours.next_time(max(done, owed.due_at), course.hours.open[0][0]), "chase")


def planned(owed: Promise, course: Course) -> Promise:
    """The promise with the moment at which the clock has to look at it next."""
    step = next_step(owed, course)
    return replace(owed, next_at=step.at.astimezone(UTC) if step else None)


def _steps(owed: Promise, course: Course) -> list[Step]:
    """The steps up to the due time in their order; of two for the same moment the later kind stays."""
    steps = sorted(_LADDERS.get(owed.kind, _reminded)(owed, course), key=lambda step: step.at)
    last = steps[-1:]
    return [one for one, following in pairwise(steps) if one.at < following.at] + last


def _reminded(owed: Promise, course: Course) -> Iterator[Step]:
    """Reminders at parts of the time, then due."""
    began = owed.began_at or owed.due_at
    parts = course.limits.kinds[owed.kind].remind
    for part in parts:
        at = began + (owed.due_at - began) * part / 100
        if course.case.priority != "urgent":
            # People are told while they are at work; before a weekend rather than after it.
            at = course.hours.duty_moment(at, began, owed.due_at)
        if at < owed.due_at:
            yield Step(at, "alert" if part == parts[-1] else "remind")
    yield Step(owed.due_at, "due")


def _answer(owed: Promise, course: Course) -> Iterator[Step]:
    yield from _reminded(owed, course)
    if owed.began_at is not None:
        yield Step(hold_at(owed.began_at, course.limits, course.hours), "hold")


def hold_at(began: datetime, limits: Limits, hours: Hours) -> datetime:
    """When a mail that came at `began` gets a holding reply at the latest (000-36)."""
    return limits.cap.due(began, hours) - timedelta(minutes=limits.hold.amount)


def _progress(owed: Promise, course: Course) -> Iterator[Step]:
    day = owed.due_at.astimezone(course.hours.zone)
    for clock in course.limits.progress_remind:
        at = day.replace(hour=clock.hour, minute=clock.minute)
        if owed.began_at is None or at > owed.began_at:
            yield Step(at, "remind")
    yield Step(owed.due_at, "send")


def _sent(owed: Promise, course: Course) -> Iterator[Step]:
    """A mail to the customer at the first good moment of its window."""
    began = owed.began_at or owed.due_at
    after = course.limits.after(owed.kind, course.case)
    earliest = min(after.due(began, course.hours) if after else began, owed.due_at)
    yield Step(course.hours.civil_moment(earliest, owed.due_at), "send")
    yield Step(owed.due_at, "due")


def _waited_for(owed: Promise, course: Course) -> Iterator[Step]:
    """The customer's turn: asked once more, then the time is over."""
    nudge = course.limits.kinds[owed.kind].nudge
    if nudge is not None and owed.began_at is not None:
        earliest = nudge.due(owed.began_at, course.hours)
        at = course.hours.civil_moment(earliest, max(earliest, owed.due_at))
        if at < owed.due_at:
            yield Step(at, "nudge")
    yield Step(owed.due_at, "due")


_LADDERS: dict[str, Callable[[Promise, Course], Iterator[Step]]] = {
    "answer": _answer,
    "progress": _progress,
    "revisit": _sent,
    "care": _sent,
    "material": _waited_for,
    "feedback": _waited_for,
}
_NEVER_CHASED = frozenset({"progress", "care", "material", "feedback"})
