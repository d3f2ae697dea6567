"""Three months of one shop, Spring Festival inside: whatever people and machines do, no time limit is forgotten."""

from __future__ import annotations

import logging
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import structlog

from mailbot.app import border
from mailbot.config import Config, read
from mailbot.shelf import Shelf
from tests.conftest import ROOT, THOROUGH, table
from tests.simulation.checks import faults
from tests.simulation.folk import Folk
from tests.simulation.letters import Letters, Sort, read_letters
from tests.simulation.paper import Paper, in_memory
from tests.simulation.shop import Shop
from tests.simulation.whole import Whole

FIRST = datetime.fromisoformat("2026-01-05T00:00:00+08:00")
LAST = datetime.fromisoformat("2026-04-05T23:59:59+08:00")
DRAINED = datetime.fromisoformat("2026-06-10T12:00:00+08:00")  # by then every case must have come to its end


def whole_shop(model: Path, folder: Path, seed: int, tickets: int) -> Shop:
    """The whole program over a database of its own."""
    database = folder / "shop.db"
    shutil.copy(model, database)
    config = shop_config(folder, f"sqlite:///{database}")
    shelf = Shelf(ROOT / "rules", ROOT / "templates", ("zh", "en"))
    shop = Shop(partial(Whole, config, database), shelf, config.hours_of(None), random.Random(seed), FIRST)
    return peopled(shop, config, shelf, tickets)


def paper_shop(model: Path, folder: Path, seed: int, tickets: int) -> Shop:
    """The core on paper; its database outlives every restart."""
    config = shop_config(folder, "sqlite:///nowhere.db")
    shelf = Shelf(ROOT / "rules", ROOT / "templates", ("zh", "en"))
    rng, rows = random.Random(seed), in_memory(str(model))
    shop = Shop(lambda world: Paper(rows, world, rng), shelf, config.hours_of(None), rng, FIRST)
    return peopled(shop, config, shelf, tickets)


def shop_config(folder: Path, url: str) -> Config:
    return read(table(database={"url": url}, paths={"state": str(folder)}), {}, "test", folder)


def peopled(shop: Shop, config: Config, shelf: Shelf, tickets: int) -> Shop:
    """The same people, whatever program the shop has."""
    letters = read_letters(shelf.volume.book, border(config, b"k" * 32, "support"))
    folk = Folk(shop, letters)
    customers = max(1, tickets * 7 // 10)
    for number in range(tickets):
        when = arrival(shop.rng)
        customer = f"customer{shop.rng.randrange(customers)}@mail.example"
        sort = letters.more["advert"][0] if number % 60 == 59 else one_of(letters, shop.rng)
        shop.at(when, lambda c=customer, s=sort, w=when: folk.writes_first(c, s, w))  # type: ignore[misc]
    plan_troubles(shop)
    plan_evenings(shop)
    for day in range((DRAINED - FIRST).days):
        shop.at(FIRST + timedelta(days=day, hours=10, minutes=30), folk.morning_round)
    return shop


def one_of(letters: Letters, rng: random.Random) -> Sort:
    """Most ask or want something done; few complain."""
    category = rng.choices(("enquiry", "request", "fault", "complaint"), (45, 30, 15, 10))[0]
    return rng.choice([each for each in letters.first if each.understood.triage.category == category])


def arrival(rng: random.Random) -> datetime:
    """More mails by day than by night; the holiday has its mails too."""
    day = FIRST + timedelta(days=rng.randrange((LAST - FIRST).days + 1))
    hour = rng.uniform(8, 22) if rng.random() < 0.85 else rng.uniform(0, 24)
    return day + timedelta(hours=hour)


def plan_troubles(shop: Shop) -> None:
    """Restarts at any moment, also between two steps; hours without the program; once a day and a half."""

    def cut() -> None:
        shop.fuse.left = shop.rng.randrange(1, 7)

    for _ in range(40):
        shop.at(FIRST + timedelta(days=shop.rng.uniform(0.1, 95)), cut)
    for _ in range(20):  # at five o'clock most of all
        day = FIRST + timedelta(days=shop.rng.randrange(95), hours=17, seconds=-1)
        shop.at(day, cut)
    for _ in range(9):
        when = FIRST + timedelta(days=shop.rng.uniform(1, 88))
        plan_gap(shop, when, shop.rng.uniform(0.5, 9))
    plan_gap(shop, datetime.fromisoformat("2026-03-10T14:20:00+08:00"), 36)


def plan_gap(shop: Shop, when: datetime, hours: float) -> None:
    until = when + timedelta(hours=hours)
    shop.at(when, lambda: shop.switch_off(until))


def plan_evenings(shop: Shop) -> None:
    """At five on each day: who is owed a word; and who owes nothing."""
    day = FIRST.replace(hour=17)

    def look() -> None:
        shop.record.evenings[shop.time.now()] = [
            each for (each,) in shop.see("SELECT id FROM ticket WHERE state IN ('pending', 'in_progress', 'escalated')")
        ]
        shop.record.bare += [
            f"{number} {state} owes nothing at {shop.time.now()}"
            for number, state in shop.see(
                "SELECT number, state FROM ticket WHERE state != 'closed' AND NOT EXISTS"
                " (SELECT 1 FROM promise WHERE ticket_id = ticket.id AND promise.state = 'open')"
            )
        ]

    while day < DRAINED:
        shop.at(day, look, outside=True)
        day += timedelta(days=1)


# Few tickets go through the whole program, all of them through the core on paper.
WHOLE = 600 if os.environ.get("MAILBOT_FULL") else 60 if THOROUGH else 20
TICKETS = 2000 if THOROUGH else 600

RULES = ("000-36", "000-39", "001-24", "001-29", "001-55", "003-24", "003-25")
EVERYTHING_HAPPENED = (
    "restarts",
    "holding replies",
    "sent: progress",
    "sent: revisit_reminder",
    "sent: care",
    "sent: rating_thanks",
    "customers who opted out",
    "reminder: unhappy",
    "  not told, and explained",
)


def ruled(test: Callable[..., None]) -> Callable[..., None]:
    """Marked with the number of every rule that a simulation shows."""
    for number in RULES:
        test = pytest.mark.rule(number)(test)
    return test


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    yield
    structlog.reset_defaults()


@ruled
def test_three_months_of_a_large_shop_on_paper(sqlite_model: Path, tmp_path: Path) -> None:
    shop = paper_shop(sqlite_model, tmp_path, 1, TICKETS)

    shop.run(DRAINED)

    nothing_is_wrong(shop, TICKETS)


@ruled
def test_three_months_of_a_small_shop_on_the_whole_program(sqlite_model: Path, tmp_path: Path) -> None:
    shop = whole_shop(sqlite_model, tmp_path, 1, WHOLE)

    shop.run(DRAINED)

    nothing_is_wrong(shop, WHOLE)
    shop.program.close()


def nothing_is_wrong(shop: Shop, tickets: int) -> None:
    """Every check holds, and none of them had nothing to look at."""
    found, counts = faults(shop)
    print_table(counts)
    assert not found, "\n".join([f"{len(found)} things do not hold", *found[:40]])
    assert counts["tickets"] == tickets
    assert [each for each in EVERYTHING_HAPPENED if not counts[each]] == []


def print_table(counts: Counter[str]) -> None:
    for name, count in counts.items():
        print(f"{count:8}  {name}")
