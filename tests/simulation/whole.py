"""The whole program over a real database: desk, clock, post, templates, MIME; only SMTP is played."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event as sa_event
from sqlalchemy.engine import Connection

from mailbot.app import border
from mailbot.config import Config
from mailbot.core.decision import Decision
from mailbot.core.ticket import Event
from mailbot.desk import Desk, Door
from mailbot.loops.clock import Clock
from mailbot.loops.post import Post
from mailbot.store import keep, outbox, people
from mailbot.store.engine import Engine
from mailbot.store.outbox import Letter
from mailbot.store.tables import mail, raw
from mailbot.store.tickets import quota_free
from tests.simulation.program import BATCH, BOSS, CARRIER, Fate, Incoming, World


class CutDesk(Desk):
    """The desk, with the places where the power may fail: before a commit and after it."""

    def __init__(self, door: Door, world: World) -> None:
        super().__init__(door)
        self._world = world

    def handle(self, ticket_id: int | None, event: Event, now: datetime) -> Decision:
        decision = super().handle(ticket_id, event, now)
        self._world.record.handled(event, decision, now)
        self._world.fuse.passing()
        return decision

    def handle_in(self, tx: Connection, ticket_id: int | None, event: Event, now: datetime) -> Decision:
        decision = super().handle_in(tx, ticket_id, event, now)
        self._world.fuse.passing()
        return decision


class Whole:
    def __init__(self, config: Config, database: Path, world: World) -> None:
        self._world = world
        self._engine = Engine(config.database.url)
        sa_event.listen(self._engine.sqlalchemy, "connect", _careless)
        with self._engine.write() as tx:
            key = keep.signing_key(tx)
        door = Door(
            engine=self._engine,
            shelf=world.shelf,
            company=config.company,
            hours_of=config.hours_of,
            mailboxes={each.name: each for each in config.mailboxes},
            key=key,
            public_url=config.console.public_url,
            border=partial(border, config, key),
        )
        self._desk = CutDesk(door, world)
        self._clock = Clock(self._engine, self._desk, world.time)
        self._post = Post(self._engine, self._desk, world.time, {})
        self._look = sqlite3.connect(database, isolation_level=None)

    def staff(self, rows: list[dict[str, Any]]) -> None:
        templates = self._world.shelf.volume.templates
        with self._engine.write() as tx:
            for row in rows:
                people.add(tx, row)
            for template in templates.automatic():
                for language in templates.languages:
                    digest = templates.text_hash(template, language)
                    keep.approve_template(tx, template, language, digest, BOSS, self._world.time.now())

    def take_in(self, letter: Incoming) -> tuple[int, Decision]:
        now = self._world.time.now()
        with self._engine.write() as tx:
            stored = {"sha256": letter.digest, "size": len(letter.content), "content": letter.content}
            tx.execute(sa.insert(raw), stored)
            mail_id = int(tx.execute(sa.insert(mail).returning(mail.c.id), letter.row(now)).scalar_one())
            event = letter.event(mail_id, quota_free(tx, letter.customer, now))
            decision = self._desk.handle_in(tx, letter.into, event, now)
            tx.execute(sa.update(mail).where(mail.c.id == mail_id).values(ticket_id=decision.ticket.id))
        return mail_id, decision

    def handle(self, ticket_id: int, event: Event) -> Decision:
        return self._desk.handle(ticket_id, event, self._world.time.now())

    def settle(self, outbox_id: int, sent: bool, who: str) -> None:
        self._desk.settle(outbox_id, sent, who, self._world.time.now())

    def promises(self) -> int:
        return self._clock.promises()

    def reminders(self) -> int:
        return self._clock.reminders()

    def carry(self, fate: Callable[[int], Fate]) -> tuple[int, list[int]]:
        now = self._world.time.now()
        with self._engine.write() as tx:
            outbox.recall_overtaken(tx)
            letters = outbox.claim(tx, CARRIER, BATCH, now, self._engine.now(tx))
        self._world.fuse.passing()
        if not letters:
            return 0, []
        with self._engine.write() as tx:
            for letter in letters:
                assert outbox.mark_data(tx, letter.id, CARRIER)
        self._world.fuse.passing()
        with self._engine.write() as tx:
            taken = [letter.id for letter in letters if self._ended(tx, letter, fate(letter.attempts), now)]
        return len(letters), taken

    def _ended(self, tx: Connection, letter: Letter, fate: Fate, now: datetime) -> bool:
        if fate.again is not None:
            assert outbox.retry(tx, letter.id, CARRIER, fate.words, fate.again)
        elif fate.state == "failed":
            assert outbox.failed(tx, letter.id, CARRIER, fate.words)
        else:
            assert outbox.succeeded(tx, letter.id, CARRIER, fate.words, now)
        return fate.state == "sent"

    def tell(self) -> int:
        return self._post.tell()

    def recover(self) -> None:
        self._post.recover()

    def see(self, sql: str, *values: object) -> list[Any]:
        return self._look.execute(sql, values).fetchall()

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        found = self._look.execute(sql)
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        self._look.close()
        self._post.close()
        self._engine.dispose()


def _careless(connection: Any, _record: Any) -> None:
    """The machine of a test does not lose its power."""
    connection.execute("PRAGMA synchronous=OFF")
