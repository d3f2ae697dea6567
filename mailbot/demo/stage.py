"""What a story is played on: the world, and what its lines have to remember from one to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from mailbot import app as program
from mailbot.core.ticket import Event
from mailbot.demo.travel import travel, turn
from mailbot.demo.world import Received, World
from mailbot.loops.clock import Clock as ClockLoop
from mailbot.reader import Reader
from mailbot.store import lists
from mailbot.store.tables import mail, ticket


class Untold(Exception):  # noqa: N818 (not an error of the program: the story and the world differ)
    """What a line speaks of is not there; the text says what is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Did a line hold, and what really happened."""

    ok: bool
    happened: str


Words = Mapping[str, str]  # the named parts of a line
Block = tuple[str, ...]  # the lines below it
Perform = Callable[["Stage", Words, Block], Outcome]


@dataclass(slots=True)
class Stage:
    """Tickets are counted as they come: "ticket 1" is the first one of the story."""

    world: World
    reader: Reader
    last_id: dict[str, str] = field(default_factory=dict)  # the last Message-ID of each customer
    expected: dict[str, set[int]] = field(default_factory=dict)  # received mails that a line spoke of
    customer_words: tuple[str, ...] = ()  # of the last answer, line by line

    def run(self) -> None:
        """Let every loop work until nothing is left to do."""
        program.once(self.world.app, self.reader)

    def travel_to(self, moment: datetime) -> None:
        """Let time pass, with everything that happens on the way at its own time. No mail comes in meanwhile."""
        app = self.world.app
        post = program.post_of(app)
        try:
            travel(app, moment, partial(turn, ClockLoop(app.engine, app.desk, app.clock), post))
        finally:
            post.close()
        self.run()

    @property
    def now(self) -> datetime:
        """By the company's clock on the wall."""
        return self.world.clock.now().astimezone(self.world.app.config.company.zone)

    def moment(self, words: str) -> datetime:
        """ "17:00": the next moment that the clock shows this; "11-24 17:00": the one of that day, never before now."""
        day, _, clock = words.rpartition(" ")
        local = self.now
        month, _, date = day.partition("-")
        at = datetime.combine(local.date(), time.fromisoformat(clock), local.tzinfo)
        if day:
            at = at.replace(month=int(month), day=int(date))
            return at if at > local else at.replace(year=at.year + 1)
        return at if at > local else at + timedelta(days=1)

    def shown(self, moment: datetime) -> str:
        """ "11-24 17:00" """
        return f"{moment.astimezone(self.now.tzinfo):%m-%d %H:%M}"

    def is_at(self, moment: datetime, words: str) -> bool:
        """Is this "17:00" or "11-24 17:00"? Within two minutes after: the loops take time, too."""
        shown = [self.shown(moment - timedelta(minutes=late)) for late in (0, 1, 2)]
        return any(each == words or each.endswith(f" {words}") for each in shown)

    def ticket_id(self, nth: str) -> int:
        """The id of the nth ticket of the story."""
        with self.world.app.engine.read() as tx:
            ids = list(tx.execute(sa.select(ticket.c.id).order_by(ticket.c.id)).scalars())
        if not 1 <= int(nth) <= len(ids):
            raise Untold(f"there are {len(ids)} tickets")
        return int(ids[int(nth) - 1])

    def nth_of(self, ticket_id: int | None) -> str:
        """How the story calls a ticket."""
        with self.world.app.engine.read() as tx:
            ids = list(tx.execute(sa.select(ticket.c.id).order_by(ticket.c.id)).scalars())
        return f"ticket {ids.index(ticket_id) + 1}" if ticket_id in ids else "no ticket"

    def ticket(self, nth: str) -> Row[Any]:
        with self.world.app.engine.read() as tx:
            row = lists.ticket_row(tx, self.ticket_id(nth))
        assert row is not None
        return row

    def draft(self, nth: str) -> Row[Any]:
        """The one open reply draft of a ticket."""
        ticket_id = self.ticket_id(nth)
        with self.world.app.engine.read() as tx:
            rows = [row for row in lists.drafts_of(tx, ticket_id) if row.state == "open" and row.kind == "reply"]
        if len(rows) != 1:
            raise Untold(f"ticket {nth} has {len(rows) or 'no'} open drafts")
        row: Row[Any] = rows[0]
        return row

    def last_draft(self, nth: str) -> Row[Any]:
        """The newest reply draft of a ticket, in whatever state."""
        ticket_id = self.ticket_id(nth)
        with self.world.app.engine.read() as tx:
            rows = [row for row in lists.drafts_of(tx, ticket_id) if row.kind == "reply"]
        if not rows:
            raise Untold(f"ticket {nth} never had a draft")
        row: Row[Any] = rows[-1]
        return row

    def last_mail(self, nth: str = "") -> Row[Any]:
        """The mail that came in last, of all or of one ticket."""
        query = sa.select(mail).order_by(mail.c.id.desc()).limit(1)
        if nth:
            query = query.where(mail.c.ticket_id == self.ticket_id(nth))
        with self.world.app.engine.read() as tx:
            row = tx.execute(query).first()
        if row is None:
            raise Untold("no mail has come in")
        return row

    def received(self, address: str) -> Received:
        """The newest mail in a customer's mailbox."""
        inbox = self.world.inbox(address)
        if not inbox:
            raise Untold(f"{address} has received nothing")
        return inbox[-1]

    def act(self, nth: str, event: Event) -> str | None:
        """Through the door, then let the loops work. Returns why it was refused."""
        decision = self.world.app.desk.handle(self.ticket_id(nth), event, self.world.clock.now())
        self.run()
        return decision.refused

    def words_of(self, mail_id: int) -> str:
        """The new words that we found in a mail."""
        with self.world.app.engine.read() as tx:
            row = lists.mail_row(tx, mail_id)
        return str(row.words) if row is not None else ""
