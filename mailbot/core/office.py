"""What every decision may look at besides the ticket: the rule book and the working hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbot.core.hours import Hours
from mailbot.core.promises import Promise, promise
from mailbot.core.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Office:
    book: RuleBook
    hours: Hours

    def promise(self, kind: str, priority: str, start: datetime) -> Promise:
        """The promise of this kind that begins at `start`."""
        return promise(kind, priority, start, self.book.limits, self.hours)
