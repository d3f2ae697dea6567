"""What a week or month was like, reckoned from the records alone: nothing here is an estimate.

A ticket that is merged into another one is no case of its own and counts only as merged. Category, topic, priority
and responsible side are those on record now; when a ticket was open, resolved or closed is read off its journal.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from mailbot.core.figures import (
    CaseRecord,
    Count,
    FirstAnswer,
    Flow,
    Handling,
    KindOutcome,
    Outcome,
    PromiseRecord,
    RatingRecord,
    Records,
    Satisfaction,
    Share,
    Spread,
    Stage,
    Summary,
    Turn,
    Voice,
    percent,
)
from mailbot.core.hours import Hours
from mailbot.core.period import Period
from mailbot.core.promises import KIND_NAMES, PRIORITIES, Case, Limits, PromiseState
from mailbot.core.ratings import SCORE_NAMES

# What an entry of the journal makes of a ticket. "bounced" and "moved" do so only when they open it again.
STAGES: Mapping[str, Stage] = {
    "resolved": "resolved",
    "closed": "closed",
    "merged": "closed",
    "mail": "open",
    "reopened": "open",
    "unmerged": "open",
    "bounced": "open",
    "moved": "open",
}
# Done or ended by the clock at their due moment itself: only the record says whether they were late.
_AT_THEIR_TIME = ("progress", "feedback")
HIDDEN = "***"
_ADDRESS = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,255}")
_NUMBER = re.compile(r"\d(?:[ -]?\d){4,40}")  # of an order, a telephone, a card


def summarise(
    records: Records, period: Period, limits: Limits, hours_of: Callable[[str], Hours], now: datetime
) -> Summary:
    """The figures of the period as the records stand at `now`. `hours_of`: working time of a mailbox by name."""
    opened = opened_in(records.cases, period)
    before = opened_in(records.cases, period.before)
    due = [each for each in records.promises if period.holds(each.due_at) and each.due_at <= now]
    return Summary(
        period=period,
        whole=period.until <= now,
        flow=_flow(records.cases, period, now),
        categories=_shares(Counter((each.category, "") for each in opened), ((each.category, "") for each in before)),
        topics=_shares(
            Counter((each.category, each.topic) for each in opened), ((each.category, each.topic) for each in before)
        ),
        answers=tuple(_first_answer(each, opened, before, due, limits, now) for each in PRIORITIES),
        handling=_handling(records.cases, period, hours_of),
        handling_before=_handling(records.cases, period.before, hours_of),
        promises=_by_kind(due, now),
        satisfaction=_satisfaction(records.ratings, period),
    )


def opened_in(cases: Iterable[CaseRecord], period: Period) -> list[CaseRecord]:
    """The cases that opened in the period, without those that are part of another one now."""
    return [each for each in cases if period.holds(each.opened_at) and not each.merged]


def turns(entries: Iterable[tuple[datetime, str]]) -> tuple[Turn, ...]:
    """The stages of a ticket from its journal's (at, what), oldest first; what changes no stage is left out."""
    found: list[Turn] = []
    stage: Stage = "open"
    for at, what in entries:
        to = STAGES.get(what, stage)
        if to != stage:
            found.append(Turn(at, to))
            stage = to
    return tuple(found)


def spread(times: Sequence[timedelta]) -> Spread:
    """Median and 90th percentile; a single time is both."""
    if not times:
        return Spread(0, None, None)
    seconds = [each.total_seconds() for each in times]
    ninth = statistics.quantiles(seconds, n=10, method="inclusive")[8] if len(seconds) > 1 else seconds[0]
    return Spread(len(times), timedelta(seconds=statistics.median(seconds)), timedelta(seconds=ninth))


def outcome(promises: Iterable[PromiseRecord], now: datetime) -> Outcome:
    """How these promises, all of them due, ended."""
    ends = Counter(end_of(each, now) for each in promises)
    return Outcome(ends.total(), ends["kept"], ends["broken"], ends["withdrawn"], ends["open"])


def end_of(promise: PromiseRecord, now: datetime) -> PromiseState:
    """Broken when it was still owed as its time passed, also where the clock stood still then and saw nothing."""
    if promise.broken_at is not None:
        return "broken"
    if promise.kind in _AT_THEIR_TIME:
        return promise.state
    return "broken" if (promise.settled_at or now) > promise.due_at else promise.state


def without_customer(reason: str, private: Iterable[str] = ()) -> str:
    """A customer's words without addresses, long numbers and what the ticket knows of them."""
    for value in sorted((each for each in private if len(each) > 1), key=len, reverse=True):
        reason = reason.replace(value, HIDDEN)
    return _NUMBER.sub(HIDDEN, _ADDRESS.sub(HIDDEN, reason))


def _flow(cases: Sequence[CaseRecord], period: Period, now: datetime) -> Flow:
    whole = [each for each in cases if not each.merged]

    def count(matches: Callable[[CaseRecord, Period], bool]) -> Count:
        return Count(*(sum(matches(each, one) for each in whole) for one in (period, period.before)))

    def is_open_at_end(case: CaseRecord, one: Period) -> bool:
        end = min(one.until, now)
        return case.opened_at < end and case.stage(end) == "open"

    merged = [each for each in cases if each.merged]
    return Flow(
        opened=count(lambda case, one: one.holds(case.opened_at)),
        merged=Count(*(sum(one.holds(each.opened_at) for each in merged) for one in (period, period.before))),
        resolved=count(lambda case, one: case.last_turn("resolved", one) is not None),
        reopened=count(lambda case, one: case.last_turn("open", one) is not None),
        closed=count(lambda case, one: case.last_turn("closed", one) is not None),
        open_at_end=count(is_open_at_end),
    )


def _shares(now: Counter[tuple[str, str]], before: Iterable[tuple[str, str]]) -> tuple[Share, ...]:
    earlier = Counter(before)
    keys = sorted(now.keys() | earlier.keys(), key=lambda key: (-now[key], -earlier[key], key))
    return tuple(Share(*key, Count(now[key], earlier[key]), percent(now[key], now.total())) for key in keys)


def _first_answer(
    priority: str,
    opened: Iterable[CaseRecord],
    before: Iterable[CaseRecord],
    due: Iterable[PromiseRecord],
    limits: Limits,
    now: datetime,
) -> FirstAnswer:
    mine = [each for each in opened if each.priority == priority]
    owed = (each for each in due if each.kind == "answer" and each.priority == priority)
    return FirstAnswer(
        priority=priority,
        standard=limits.limit("answer", Case(priority)),
        cap=limits.cap,
        exceptions=sum(1 for scope, of in limits.kinds["answer"].limits if scope and of == priority),
        promises=outcome(owed, now),
        time=_answer_times(mine),
        before=_answer_times([each for each in before if each.priority == priority]),
        waiting=sum(each.answered_at is None and each.stage(now) == "open" for each in mine),
    )


def _answer_times(cases: Iterable[CaseRecord]) -> Spread:
    return spread([each.answered_at - each.opened_at for each in cases if each.answered_at is not None])


def _handling(cases: Iterable[CaseRecord], period: Period, hours_of: Callable[[str], Hours]) -> Handling:
    ended = [(each, each.last_turn("resolved", period)) for each in cases if not each.merged]
    done = [(each, at) for each, at in ended if at is not None]
    return Handling(
        clock=spread([at - each.opened_at for each, at in done]),
        working=spread([hours_of(each.mailbox).working_between(each.opened_at, at) for each, at in done]),
    )


def _by_kind(due: Iterable[PromiseRecord], now: datetime) -> tuple[KindOutcome, ...]:
    groups: dict[tuple[str, str], list[PromiseRecord]] = {}
    for each in due:
        groups.setdefault((each.kind, each.owed_to), []).append(each)
    order = list(KIND_NAMES)
    # What we owe the customer stands before what others owe us.
    keys = sorted(groups, key=lambda key: (key[1] == "us", order.index(key[0]) if key[0] in order else len(order)))
    return tuple(KindOutcome(*key, outcome(groups[key], now)) for key in keys)


def _satisfaction(ratings: Iterable[RatingRecord], period: Period) -> Satisfaction:
    ratings = sorted(ratings, key=lambda each: (each.at, each.number))
    given = [each for each in ratings if period.holds(each.at)]
    earlier = period.before
    before = [each for each in ratings if earlier.holds(each.at)]
    scores = Counter(each.score for each in given)
    five, four, three, two, one = (scores[score] for score in SCORE_NAMES)
    return Satisfaction(
        ratings=Count(len(given), len(before)),
        scores=(five, four, three, two, one),
        percent_satisfied=percent(five + four, len(given)),
        percent_before=percent(sum(each.score >= 4 for each in before), len(before)),
        very_satisfied=_voices(given, 5),
        very_dissatisfied=_voices(given, 1),
    )


def _voices(ratings: Iterable[RatingRecord], score: int) -> tuple[Voice, ...]:
    return tuple(
        Voice(each.number, without_customer(each.reason, each.private))
        for each in ratings
        if each.score == score and each.reason.strip()
    )
