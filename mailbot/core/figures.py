"""The values of a review: the records it is reckoned from, and its figures (core/summary.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mailbot.core.period import Period
from mailbot.core.promises import Limit, PromiseState

Stage = Literal["open", "resolved", "closed"]

# ---- what is read ----


@dataclass(frozen=True, slots=True)
class Turn:
    """From this moment on the ticket was in this stage."""

    at: datetime
    to: Stage


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One ticket. `opened_at`: when the mail came that opened it; `side`: "" when nobody has said yet."""

    number: str
    category: str
    topic: str
    priority: str
    side: str
    mailbox: str
    merged: bool
    opened_at: datetime
    answered_at: datetime | None  # when the first reply that did not bounce was sent
    turns: tuple[Turn, ...] = ()

    def stage(self, at: datetime) -> Stage:
        """The stage just before `at`."""
        return next((turn.to for turn in reversed(self.turns) if turn.at < at), "open")

    def last_turn(self, to: Stage, period: Period) -> datetime | None:
        """When it last came into this stage in the period."""
        return next((turn.at for turn in reversed(self.turns) if turn.to == to and period.holds(turn.at)), None)


@dataclass(frozen=True, slots=True)
class PromiseRecord:
    kind: str
    owed_to: str
    priority: str  # of its ticket
    due_at: datetime
    state: PromiseState
    broken_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RatingRecord:
    """`private`: what the ticket knows of its customer and the reason must not tell."""

    number: str
    at: datetime
    score: int
    reason: str
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """All that concerns a period and the one before it, in any order; what lies outside does no harm."""

    cases: Sequence[CaseRecord]
    promises: Sequence[PromiseRecord]
    ratings: Sequence[RatingRecord]


# ---- what comes of it ----


def percent(part: int, whole: int) -> float | None:
    """With one decimal; None when there is nothing to be a part of."""
    return round(100 * part / whole, 1) if whole else None


@dataclass(frozen=True, slots=True)
class Count:
    """A number of this period and of the one before."""

    now: int
    before: int

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class Flow:
    """Tickets. A ticket that was resolved twice in the period is one resolved ticket."""

    opened: Count
    merged: Count  # opened too, but merged into another since; not in `opened`
    resolved: Count
    reopened: Count
    closed: Count
    open_at_end: Count


@dataclass(frozen=True, slots=True)
class Share:
    """Opened tickets of a category, or of one topic of it. `percent`: of all opened ones, None without any."""

    category: str
    topic: str  # "": the whole category
    count: Count
    percent: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How promises that fell due ended. Broken: still owed when their time passed, whatever became of them then."""

    due: int
    kept: int
    broken: int
    withdrawn: int
    undecided: int  # owed, by a kind whose time is not over at the due moment

    @property
    def percent_kept(self) -> float | None:
        """Of those that were kept or broken."""
        return percent(self.kept, self.kept + self.broken)


@dataclass(frozen=True, slots=True)
class Spread:
    """Of how many; the middle one; 90 per cent are not longer than `ninth` (interpolated)."""

    measured: int
    median: timedelta | None
    ninth: timedelta | None


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """First answers to the tickets of one priority (003-10): what is set, and what was measured."""

    priority: str
    standard: Limit | None
    cap: Limit
    exceptions: int  # categories and topics with a limit of their own
    promises: Outcome
    time: Spread  # clock time to the first sent reply, of tickets opened in the period
    before: Spread
    waiting: int  # opened in the period, without a reply and still open


@dataclass(frozen=True, slots=True)
class Handling:
    """From opened to resolved, of the tickets resolved in the period."""

    clock: Spread
    working: Spread


@dataclass(frozen=True, slots=True)
class KindOutcome:
    kind: str
    owed_to: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Voice:
    """A customer's reason for a rating, without what identifies the customer."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Ratings given in the period. `scores`: how many of 5, 4, 3, 2, 1, in this order."""

    ratings: Count
    scores: tuple[int, int, int, int, int]
    percent_satisfied: float | None  # 4 and 5
    percent_before: float | None
    very_satisfied: tuple[Voice, ...]  # 003-26: the two ends apart
    very_dissatisfied: tuple[Voice, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    period: Period
    whole: bool  # the period is over; else the figures end at the moment of asking
    flow: Flow
    categories: tuple[Share, ...]  # most frequent first
    topics: tuple[Share, ...]
    answers: tuple[FirstAnswer, ...]
    handling: Handling
    handling_before: Handling
    promises: tuple[KindOutcome, ...]
    satisfaction: Satisfaction
