"""The shop and its time: a program that is cut off, switched off and started again, and people around it.

Time goes from event to event: a person does something, a promise's next step comes, a send is tried again.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from mailbot.core.hours import Hours
from mailbot.core.retry import next_try
from mailbot.shelf import Shelf
from tests.simulation.program import AGENTS, BOSS, Fate, Fuse, Moment, PowerCutError, Program, Record, World

GATHER_EVERY = timedelta(minutes=5)
TURNS = 50  # of the loops at one moment: far more than any moment needs

Act = Callable[[], None]
Start = Callable[[World], Program]


class Shop:
    """One shop: its program, its events to come, and the mails it hands to the world."""

    def __init__(self, start_program: Start, shelf: Shelf, hours: Hours, rng: random.Random, start: datetime) -> None:
        self.hours, self.rng = hours, rng
        self.time = Moment(start)
        self.fuse, self.record = Fuse(), Record()
        self.delivered: Callable[[int], None] = lambda _outbox_id: None  # what customers do about a mail of ours
        self.uncertain: Callable[[int], None] = lambda _outbox_id: None
        self._queue: list[tuple[datetime, int, bool, Act]] = []
        self._serial = 0
        self._gather_at = start
        self.untold = False  # a send ended outside the carrier's own turn
        self._off_until = start
        world = World(shelf, hours, self.time, self.fuse, self.record)
        self._start: Callable[[], Program] = partial(start_program, world)
        self.program = self._start()
        self._open_shop()

    # ---- the program ----

    def restart(self) -> None:
        self.record.cuts += 1
        self.fuse.left = 0
        self.program.close()
        self.program = self._start()
        self.program.recover()
        self.untold = True
        for (outbox_id,) in self.see("SELECT id FROM outbox WHERE state = 'uncertain'"):
            self.uncertain(outbox_id)

    def _open_shop(self) -> None:
        self.program.staff(
            [
                {
                    "name": name,
                    "display_name": name,
                    "staff_number": f"{number:03}",
                    "role": "supervisor" if name == BOSS else "agent",
                    "address": f"{name}@shop.example",
                    "password": "-",
                    "created_at": self.time.now(),
                }
                for number, name in enumerate((*AGENTS, BOSS))
            ]
        )

    def switch_off(self, until: datetime) -> None:
        """Nobody runs mailbot for a while; mails wait on their server, people wait for the console."""
        self.record.off.append((self.time.now(), until))
        self._off_until = until
        self.restart()

    @property
    def is_off(self) -> bool:
        return self.time.now() < self._off_until

    def see(self, sql: str, *values: object) -> list[Any]:
        return self.program.see(sql, *values)

    # ---- time ----

    def at(self, moment: datetime, act: Act, *, outside: bool = False) -> None:
        """Do this then; `outside`: whether mailbot runs or not."""
        self._serial += 1
        heapq.heappush(self._queue, (moment.astimezone(UTC), self._serial, outside, act))

    def run(self, until: datetime) -> None:
        while (moment := self._next()) is not None and moment <= until:
            self.time.move_to(max(moment, self.time.now()))
            self.record.moments += 1
            self._people()
            if not self.is_off:
                self._loops()
        self.time.move_to(until)

    def _next(self) -> datetime | None:
        moments = [self._queue[0][0]] if self._queue else []
        ((step,),) = self.see("SELECT min(next_at) FROM promise WHERE state = 'open'")
        ((send,),) = self.see("SELECT min(next_try_at) FROM outbox WHERE state IN ('queued', 'sending')")
        program = [_utc(each) for each in (step, send) if each is not None]
        if self.see("SELECT 1 FROM reminder WHERE gathered_at IS NULL LIMIT 1"):
            program.append(self._gather_at)
        moments += [max(each, self._off_until) for each in program]
        return min(moments, default=None)

    def _people(self) -> None:
        while self._queue and self._queue[0][0] <= self.time.now():
            moment, _, outside, act = heapq.heappop(self._queue)
            if self.is_off and not outside:
                self.at(self._off_until + timedelta(seconds=self.rng.randrange(1, 1200)), act)
                continue
            try:
                act()
            except PowerCutError:
                self.restart()
                self.at(moment + timedelta(minutes=2), act)  # whoever was cut off tries again

    def _loops(self) -> None:
        """Every loop of the program until there is nothing left to do at this moment."""
        for _ in range(TURNS):
            try:
                if not self._turn():
                    return
            except PowerCutError:
                self.restart()
        raise AssertionError(f"the loops do not come to rest at {self.time.now()}")

    def _turn(self) -> int:
        now = self.time.now()
        done = 0
        if self.see("SELECT 1 FROM promise WHERE state = 'open' AND next_at <= ? LIMIT 1", text_of(now)):
            done += self.program.promises()
        if now >= self._gather_at and self.see("SELECT 1 FROM reminder WHERE gathered_at IS NULL LIMIT 1"):
            done += self.program.reminders()
            self._gather_at = self._gathering(now)
        due = "SELECT 1 FROM outbox WHERE state IN ('queued', 'sending') AND next_try_at <= ? LIMIT 1"
        if self.see(due, text_of(now)):
            done += self._carry()
            done += self.program.tell()
        elif self.untold:
            done += self.program.tell()
        self.untold = False
        return done

    def _gathering(self, now: datetime) -> datetime:
        """When the next look at the reminders can find anything."""
        if self.hours.is_open(now) or self.see("SELECT 1 FROM reminder WHERE gathered_at IS NULL AND urgent LIMIT 1"):
            return now + GATHER_EVERY
        return self.hours.next_open(now)

    def told_of_urgent(self) -> None:
        """Something urgent may have come: look at the reminders at once."""
        self._gather_at = min(self._gather_at, self.time.now())

    # ---- the world that takes our mails ----

    def _carry(self) -> int:
        tried, taken = self.program.carry(self._fate)
        for outbox_id in taken:
            self.delivered(outbox_id)
        return tried

    def _fate(self, attempt: int) -> Fate:
        """Now and then a server puts us off, rarely it refuses."""
        luck = self.rng.random()
        again = next_try(attempt, self.time.now()) if attempt < 3 and luck < 0.05 else None
        if again is not None:
            return Fate("queued", "451 greylisted", again)
        return Fate("failed", "550 no such user") if luck > 0.998 else Fate("sent", "250 ok")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def text_of(moment: datetime) -> str:
    """As SQLite keeps it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
