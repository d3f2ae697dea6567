"""Moving the clock without leaping over what happens in between: from moment to moment, the loops at work at each.

Only what somebody waits for is a stop: the next step of a promise, the next try of a mail, and the moment at which
reminders that were held back are mailed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from mailbot import app as program
from mailbot.app import App
from mailbot.core.hours import Hours
from mailbot.loops.clock import Clock as ClockLoop
from mailbot.loops.post import Post
from mailbot.loops.runner import Loop
from mailbot.reminding import APART
from mailbot.store import reminders
from mailbot.store.tables import outbox, promise, reminder

MOST_STOPS = 1000  # far more than three working days of a desk need, and an end all the same


def next_moment(tx: Connection, after: datetime, hours: Hours) -> datetime | None:
    """The first moment after this one at which the loops have something to do; None: nothing is planned."""
    steps = sa.select(sa.func.min(promise.c.next_at)).where(promise.c.state == "open", promise.c.next_at > after)
    tries = sa.select(sa.func.min(outbox.c.next_try_at)).where(outbox.c.state == "queued", outbox.c.next_try_at > after)
    found = [tx.execute(query).scalar() for query in (steps, tries)]
    found += _reminders(tx, after, hours)
    return min((each for each in found if each is not None), default=None)


def _reminders(tx: Connection, after: datetime, hours: Hours) -> list[datetime]:
    """When reminders that wait can be mailed: as we open, and some time after the last ones to the same people."""
    waiting = sa.select(reminder.c.audience).where(reminder.c.gathered_at.is_(None)).distinct()
    audiences = list(tx.execute(waiting).scalars())
    if not audiences:
        return []
    last = reminders.last_told(tx, audiences)
    allowed = [max(hours.next_open(after), last[each] + APART if each in last else after) for each in audiences]
    return [each for each in allowed if each > after]


def travel(app: App, target: datetime, work: Callable[[], None]) -> int:
    """Move the clock to `target`, stop by stop; `work` lets the loops do what is due. Returns how many stops, the
    first one, now, too.

    The clock runs on while the loops work, so the next stop is looked for from the last one, not from now: what
    came due meanwhile has its stop at once.
    """
    hours = app.desk.door.hours_of(None)
    stops, stop = 1, app.clock.now()
    work()
    while stops < MOST_STOPS and not app.stop.is_set():
        with app.engine.read() as tx:
            moment = next_moment(tx, stop, hours)
        if moment is None or moment >= target:
            break
        stop = moment
        _move(app, stop)
        work()
        stops += 1
    if app.stop.is_set():
        return stops
    _move(app, target)
    work()
    return stops + 1


def _move(app: App, moment: datetime) -> None:
    """Never back: what the loops did meanwhile took time, too."""
    app.clock.move_to(max(moment, app.clock.now()))


def turn(clock: ClockLoop, post: Post) -> None:
    """All that is due at one stop, with what follows from it."""
    for _ in range(MOST_STOPS):
        if not clock.promises() + clock.reminders() + post.send_due() + post.tell():
            return


@dataclass(frozen=True, slots=True)
class Journey:
    """One move of the running demo's clock."""

    began_at: datetime
    target: datetime

    def share(self, now: datetime) -> float:
        """How much of the way is done, 0 to 1."""
        whole = (self.target - self.began_at).total_seconds()
        return min(1.0, max(0.0, (now - self.began_at).total_seconds() / whole)) if whole > 0 else 1.0


class Clockwork:
    """The running demo's loops of promises and of outgoing mail, as one: the clock moves only between their steps."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._clock = ClockLoop(app.engine, app.desk, app.clock)
        self._post = program.post_of(app)
        self._lock = threading.Lock()
        self.journey: Journey | None = None  # the last one
        self.under_way = False
        self.loop = Loop("clockwork", self.step, self._post.close)

    def set_out(self, target: datetime) -> None:
        """Begin to move to this moment; without effect while the clock is on its way already."""
        with self._lock:
            if not self.under_way:
                self.journey, self.under_way = Journey(self._app.clock.now(), target), True
        self.loop.wake.set()

    def step(self) -> float:
        """What the two loops do; seconds until the next time."""
        if self.under_way and self.journey is not None:
            try:
                travel(self._app, self.journey.target, partial(turn, self._clock, self._post))
            finally:
                self.under_way = False
        return min(self._clock.step(), self._post.step())
