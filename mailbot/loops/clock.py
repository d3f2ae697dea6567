"""clock: raises PromiseDue for what has come due, mails the reminders, and turns over the small recurring chores.

The ticks come from `schedule`; the jobs hold no logic, due work stands in rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import schedule
import structlog

from mailbot.clock import Clock as Time
from mailbot.core.ticket import PromiseDue
from mailbot.desk import ConflictError, Desk
from mailbot.failpoints import reach
from mailbot.reminding import gather
from mailbot.store import people, reminders, tickets
from mailbot.store.engine import Engine

log = structlog.get_logger()

TICK_SECONDS = 1.0


class Clock:
    """The loop; `step` runs the jobs that are due."""

    def __init__(self, engine: Engine, desk: Desk, time: Time) -> None:
        self._engine, self._desk, self._time = engine, desk, time
        # A job of `schedule` 1.2 that raises runs again at once and drops the rest of its pass, so its jobs
        # only say what is due; step() does it, and what was not reached waits for the next step.
        self._due: deque[Callable[[], object]] = deque()
        self._scheduler = schedule.Scheduler()
        self._scheduler.every(1).seconds.do(self._due.append, self.promises)
        self._scheduler.every(5).seconds.do(self._due.append, self.reminders)
        self._scheduler.every(1).hours.do(self._due.append, self._tidy)

    def step(self) -> float:
        """Do what is due."""
        self._scheduler.run_pending()
        while self._due:
            self._due.popleft()()
        return TICK_SECONDS

    def promises(self) -> int:
        """Tell the tickets of every promise whose next step has come; how many were told."""
        now = self._time.now()
        with self._engine.read() as tx:
            due = tickets.due_promises(tx, now)
        told = 0
        for promise_id, ticket_id in due:
            reach("clock.before_step")
            try:
                told += self._desk.handle(ticket_id, PromiseDue(promise_id), now).refused is None
            except ConflictError:
                continue  # the ticket is busy at this moment; the next pass finds the promise again
            reach("clock.after_step")
        return told

    def reminders(self) -> int:
        """Queue the mails to agents whose time has come; how many. With nothing to tell, nothing is locked."""
        with self._engine.read() as tx:
            if not reminders.any_waiting(tx):
                return 0
        with self._engine.write() as tx:
            queued = gather(tx, self._desk, self._time.now())
            reach("clock.before_gathered")
        return queued

    def _tidy(self) -> None:
        with self._engine.write() as tx:
            people.forget_expired(tx, datetime.now(UTC))  # sessions live by real time
