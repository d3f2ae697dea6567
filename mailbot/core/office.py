"""What every decision may look at besides the ticket: the rule book and the working hours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from mailbot.core.hours import Hours
from mailbot.core.ladder import Course, Step, next_step, planned
from mailbot.core.promises import Case, Promise, promise
from mailbot.core.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Office:
    book: RuleBook
    hours: Hours

    def promises(self, kinds: Iterable[str], case: Case, start: datetime) -> tuple[Promise, ...]:
        """The promises of these kinds that begin at `start`; kinds that the rules leave out are left out."""
        made = (promise(kind, case, start, self.book.limits, self.hours) for kind in kinds)
        return tuple(self.planned(each, case) for each in made if each is not None)

    def planned(self, owed: Promise, case: Case) -> Promise:
        """The promise with its next step."""
        return planned(owed, self.course(case))

    def step(self, owed: Promise, case: Case) -> Step | None:
        """What the clock has to do next for this promise."""
        return next_step(owed, self.course(case))

    def stepped(self, owed: Promise, case: Case, step: Step, *, broken: bool = False) -> Promise:
        """The promise after this step."""
        done = replace(owed, stepped_at=step.at, broken_at=owed.due_at if broken else owed.broken_at)
        return planned(done, self.course(case))

    def course(self, case: Case) -> Course:
        return Course(case, self.book.limits, self.hours)
