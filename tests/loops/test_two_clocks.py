"""Two clocks on one database, and one that is killed between its steps: everything once, nothing lost."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.app import App, build
from mailbot.clock import Clock as Time
from mailbot.config import read
from mailbot.core.decision import Decision
from mailbot.core.promises import Promise
from mailbot.core.ticket import State, Ticket
from mailbot.loops.clock import Clock
from mailbot.reminding import APART
from mailbot.shelf import Shelf
from mailbot.store import keep, people, tickets
from mailbot.store.tables import journal, outbox, promise, reminder
from mailbot.store.tables import ticket as ticket_table
from tests.conftest import ROOT, THOROUGH, table
from tests.core.events import ticket

FIVE = datetime.fromisoformat("2026-11-23T17:00:30+08:00")  # a Monday; half a minute past the hour of progress mails
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# What falls due: the ticket's state, the promise's kind, since when and until when, from five o'clock.
SORTS: dict[str, tuple[State, str, timedelta, timedelta]] = {
    "hold": (State.PENDING, "answer", -24 * HOUR + 20 * MINUTE, 20 * MINUTE),
    "progress": (State.IN_PROGRESS, "progress", -8 * HOUR, -MINUTE / 2),
    "overdue": (State.IN_PROGRESS, "solve", -2 * DAY, -MINUTE),
    "soon": (State.IN_PROGRESS, "solve", -DAY, DAY - HOUR),
    "revisit": (State.RESOLVED, "revisit", -3 * HOUR, 21 * HOUR),
    "close": (State.RESOLVED, "feedback", -7 * DAY, -MINUTE),
}
# What must be there once for each ticket of the sort: line of the journal, kind of mail to the customer.
TRACES = {
    "hold": ("holding", "holding"),
    "progress": ("progress", "progress"),
    "overdue": ("overdue", None),
    "soon": (None, None),
    "revisit": ("revisit", "revisit"),
    "close": ("closed", None),
}
REMINDED = {"overdue": ("agent:wang", "supervisors"), "soon": ("agent:wang",)}


def open_app(url: str, folder: Path) -> App:
    config = read(table(database={"url": url}, paths={"state": str(folder)}), {}, "test", folder)
    return build(config, Time(FIVE), Shelf(ROOT / "rules", ROOT / "templates", ("zh", "en")))


def tick(url: str, folder: Path, together: Barrier | None) -> None:
    """A process with a clock of its own, until nothing is due any more."""
    app = open_app(url, folder)
    clock = Clock(app.engine, app.desk, app.clock)
    assert app.shelf.volume  # read before the start, so that both begin at one moment
    if together is not None:
        together.wait(60)
    for _ in range(50):
        if not clock.promises() + clock.reminders():
            break
    app.clock.move_to(FIVE + APART + MINUTE)  # what came after the first mail to somebody waits that long
    clock.reminders()
    app.close()


class Site:
    """A database full of what is due."""

    def __init__(self, url: str, folder: Path, each: int) -> None:
        """`each`: tickets of every sort."""
        self.url, self.folder, self.each = url, folder, each
        self.app = open_app(url, folder)
        self.sort_of: dict[int, str] = {}
        self._staff()
        with self.app.engine.write() as tx:
            for number in range(each):
                for sort in SORTS:
                    self.sort_of[self._ticket(tx, sort, number)] = sort

    def _staff(self) -> None:
        templates = self.app.shelf.volume.templates
        with self.app.engine.write() as tx:
            for name, role in (("wang", "agent"), ("boss", "supervisor")):
                row = {"name": name, "display_name": name, "staff_number": "1", "role": role, "password": "-"}
                people.add(tx, {**row, "address": f"{name}@shop.example", "created_at": FIVE})
            for template in templates.automatic():
                for language in templates.languages:
                    digest = templates.text_hash(template, language)
                    keep.approve_template(tx, template, language, digest, "boss", FIVE)

    def _ticket(self, tx: Any, sort: str, number: int) -> int:
        state, kind, began, due = SORTS[sort]
        fresh: Ticket = ticket(
            state,
            id=None,
            number=f"20261120-{list(SORTS).index(sort)}{number:03}",
            customer=f"{sort}{number}@mail.example",
            owner="wang",
            promises=(),
            drafts=(),
            opened_at=FIVE + began,
            handled_at=FIVE + began,
            result="已更换主板" if state is State.RESOLVED else None,
            resolved_at=FIVE + began if state is State.RESOLVED else None,
            revisited_at=FIVE + began if sort == "close" else None,
            priority="normal",
            version=0,
        )
        ticket_id = tickets.insert(tx, fresh)
        office = self.app.desk.desktop("support").office
        owes = office.planned(Promise(kind, FIVE + due, "依据", began_at=FIVE + began), fresh.case)
        assert owes.next_at is not None
        assert owes.next_at <= FIVE
        tickets.apply(tx, ticket_id, Decision(fresh, promised=(owes,)), FIVE)
        return ticket_id

    def start(self, together: Barrier | None = None) -> multiprocessing.process.BaseProcess:
        process = multiprocessing.get_context("spawn").Process(target=tick, args=(self.url, self.folder, together))
        process.start()
        return process

    def rows(self, table: sa.Table, *where: Any) -> list[Any]:
        with self.app.engine.read() as tx:
            return list(tx.execute(sa.select(table).where(*where).order_by(table.c.id)))

    def of_sort(self, sort: str) -> set[int]:
        return {each for each, found in self.sort_of.items() if found == sort}


@pytest.fixture
def site(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(database_url, tmp_path, getattr(request, "param", 10))
    yield made
    made.app.close()


def assert_everything_was_done_once(site: Site) -> None:
    assert_each_step_left_its_traces(site)
    assert_each_reminder_was_mailed_once(site)
    states = Counter(row.state for row in site.rows(ticket_table))
    each = site.each
    assert {"pending": each, "in_progress": 2 * each, "escalated": each, "resolved": each, "closed": each} == states
    assert [] == site.rows(promise, promise.c.state == "open", promise.c.next_at <= FIVE)
    assert each == len(site.rows(promise, promise.c.kind == "feedback", promise.c.state == "withdrawn"))
    progress = Counter(row.ticket_id for row in site.rows(promise, promise.c.kind == "progress"))
    assert dict.fromkeys(site.of_sort("progress"), 2) == progress  # today's, and the next working day's


def assert_each_step_left_its_traces(site: Site) -> None:
    lines, mails = site.rows(journal), site.rows(outbox, outbox.c.ticket_id.is_not(None))
    for sort, (line, mail) in TRACES.items():
        own = site.of_sort(sort)
        told = Counter((row.ticket_id, row.what) for row in lines if row.ticket_id in own)
        assert Counter((each, line) for each in own if line) == told, sort
        written = Counter((row.ticket_id, row.kind) for row in mails if row.ticket_id in own)
        assert Counter((each, mail) for each in own if mail) == written, sort


def assert_each_reminder_was_mailed_once(site: Site) -> None:
    expected = Counter((each, who) for sort, whom in REMINDED.items() for each in site.of_sort(sort) for who in whom)
    rows = site.rows(reminder)
    assert expected == Counter((row.ticket_id, row.audience) for row in rows)
    assert all(row.gathered_at is not None for row in rows)
    numbers = {row.id: row.number for row in site.rows(ticket_table)}
    in_mails: Counter[tuple[str, str]] = Counter()
    for row in site.rows(outbox, outbox.c.kind == "reminder"):
        for line in row.words.splitlines():
            in_mails.update(
                (row.recipients[0].partition("@")[0], n) for n in numbers.values() if f"tickets/{n}" in line
            )
    names = {"agent:wang": "wang", "supervisors": "boss"}
    assert Counter({(names[who], numbers[each]): count for (each, who), count in expected.items()}) == in_mails


@pytest.mark.rule("000-36")
@pytest.mark.rule("001-24")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("site", [40 if THOROUGH else 15], indirect=True)  # six steps each
def test_two_clocks_that_start_together_do_nothing_twice(site: Site) -> None:
    together = multiprocessing.get_context("spawn").Barrier(2)

    both = [site.start(together) for _ in range(2)]
    for process in both:
        process.join(120)

    assert [0, 0] == [process.exitcode for process in both]
    assert_everything_was_done_once(site)


PLACES = ("clock.after_step:25", "clock.before_gathered")


@pytest.mark.parametrize("place", PLACES if THOROUGH else PLACES[:1])
def test_a_clock_that_is_killed_between_its_steps_goes_on_where_it_was(
    place: str, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILBOT_FAILPOINT", place)
    killed = site.start()
    killed.join(120)
    assert -signal.SIGKILL == killed.exitcode
    monkeypatch.delenv("MAILBOT_FAILPOINT")

    again = site.start()
    again.join(120)

    assert 0 == again.exitcode
    assert_everything_was_done_once(site)
