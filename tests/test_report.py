"""The review as its readers meet it: from real mails and decisions to the terminal, JSON and a spreadsheet."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rich.cells import cell_len

from mailbot import terminal
from mailbot.app import App, build
from mailbot.core.figures import Turn
from mailbot.core.period import period_of
from mailbot.core.promises import KIND_NAMES
from mailbot.core.ticket import Event, MailMoved, Merged, Rated, Reopened, Resolved, Sent, Unmerged
from mailbot.report_commands import wanted_period
from mailbot.reports.review import harmless
from mailbot.reports.review_words import KIND_NAMES_EN
from mailbot.shelf import Shelf
from mailbot.store import cases
from mailbot.store.engine import Engine
from mailbot.store.outbox import mark_bounced
from mailbot.store.tables import outbox, rating, ticket
from tests.conftest import MONDAY
from tests.core.events import bounced
from tests.line import Line, letter
from tests.store.test_cases import PERIODS, ZONE, Invented, Raw
from tests.test_cli import Done, lines, run
from tests.test_ticket_commands import SHOP

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    """No setting of this machine reaches a test, terminals have 80 columns, and rules are read already."""
    for name in [each for each in os.environ if each.startswith("MAILBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(terminal, "build", partial(build, shelf=shelf))


@pytest.fixture
def shop(tmp_path: Path, sqlite_model: Path) -> Iterator[tuple[Engine, Callable[..., Done]]]:
    """Five weeks of the year 2025 in a shop's database, and its command line."""
    (tmp_path / "state").mkdir()
    shutil.copy(sqlite_model, tmp_path / "state" / "mailbot.db")
    (tmp_path / "mailbot.toml").write_text(SHOP, encoding="utf-8")
    english = SHOP.replace("[[mailbox]]", 'languages = ["en", "zh"]\n[[mailbox]]', 1)
    (tmp_path / "english.toml").write_text(english, encoding="utf-8")
    engine = Engine(f"sqlite:///{tmp_path}/state/mailbot.db")
    with engine.write() as tx:
        invented = Invented(tx, seed=7)
        for number in range(1, 201):
            invented.ticket(number)
        invented.store()
    yield engine, partial(run, tmp_path)
    engine.dispose()


def document(done: Done) -> dict[str, Any]:
    (found,) = lines(done)
    return found


@pytest.mark.rule("001-34")
def test_the_review_of_a_week_tells_types_handling_times_and_satisfaction(
    shop: tuple[Engine, Callable[..., Done]],
) -> None:
    engine, mailbot = shop
    week = PERIODS[1]

    found = document(mailbot("report", "week", "--of", "2025-11-19", "--format", "json"))

    raw = Raw(engine)
    opened, before, *_ = raw.flow(week)
    measured, median, _ = raw.handling(week)
    number, _, scores, satisfied, _, furious = raw.ratings(week)
    assert ("2025-W47", "2025-11-17", "2025-11-23", True) == tuple(
        found["period"][name] for name in ("name", "first", "last", "whole")
    )
    assert {"now": opened, "before": before, "change": opened - before} == found["tickets"]["opened"]
    assert raw.topics(week) == [
        (f"{each['category']}/{each['topic']}", each["now"], each["before"]) for each in found["topics"]
    ]
    assert (measured, round(median / HOUR, 2)) == (
        found["handling"]["clock"]["measured"],
        found["handling"]["clock"]["median_hours"],
    )
    rated = found["satisfaction"]
    assert (number, list(scores), satisfied) == (
        rated["ratings"]["now"],
        list(rated["scores"].values()),
        rated["percent_satisfied"],
    )
    assert furious == [(each["number"], each["reason"]) for each in rated["very_dissatisfied"]]
    assert "李明" not in str(found)


@pytest.mark.rule("003-10")
def test_the_standard_for_first_answers_stands_beside_what_was_measured(
    shop: tuple[Engine, Callable[..., Done]],
) -> None:
    engine, mailbot = shop

    found = document(mailbot("report", "month", "--of", "2025-11-30", "--format", "json"))["first_answer"]

    raw = Raw(engine)
    assert [("urgent", "1小时"), ("important", "4个工作小时"), ("normal", "24小时")] == [
        (each["priority"], each["standard"]) for each in found
    ]
    assert raw.answers(PERIODS[2]) == {
        each["priority"]: tuple(each[name] for name in ("due", "kept", "broken", "withdrawn", "undecided"))
        for each in found
    }
    for each in found:
        measured, median, ninth = raw.answer_times(PERIODS[2])[each["priority"]]
        told = (each["measured"], each["median_hours"], each["p90_hours"])
        assert (measured, round(median / HOUR, 2), round(ninth / HOUR, 2)) == told


@pytest.mark.rule("001-56")
def test_common_problems_stand_with_department_causes_examples_and_a_proposal(
    shop: tuple[Engine, Callable[..., Done]],
) -> None:
    _, mailbot = shop

    all_of_them = document(mailbot("report", "month", "--of", "2025-11-01", "--format", "json"))["problems"]
    none = document(mailbot("report", "month", "--of", "2025-11-01", "--least", "999", "--format", "json"))["problems"]

    first = all_of_them[0]
    assert ("complaint", "quality", "product", "产品部") == (
        *(first["category"], first["topic"]),
        *(first["department"], first["department_name"]),
    )
    assert first["now"] == sum(first["sides"].values())
    assert first["proposal"]["zh"].startswith(f"产品质量 {first['now']} 件（上期 {first['before']} 件），其中 ")
    assert "：请产品部" in first["proposal"]["zh"]
    assert 5 == len(first["examples"])
    assert [] == none


@pytest.mark.parametrize("file", ["mailbot.toml", "english.toml"])
@pytest.mark.parametrize("words", [("week", "--of", "2025-11-19"), ("month", "--of", "2025-11-19")])
def test_the_tables_fit_into_80_columns(
    file: str, words: tuple[str, ...], shop: tuple[Engine, Callable[..., Done]]
) -> None:
    _, mailbot = shop

    done = mailbot("report", *words, "--config", file)

    assert 0 == done.returncode, done.stderr
    printed = done.stdout.splitlines()
    assert [] == [line for line in printed if cell_len(line) > 80]
    answers = [
        re.split(r" {2,}", line.rstrip())
        for line in printed
        if re.match(r"(紧急|重要|urgent|important|normal) |一般  2", line)
    ]
    assert [9, 9, 9] == [len(cells) for cells in answers]  # no row of figures is broken into two
    heads = ("等级", "本期到期的承诺") if file == "mailbot.toml" else ("Priority", "Promises that fell due")
    assert all(any(line.startswith(head) for line in printed) for head in heads)


def test_a_spreadsheet_gets_one_figure_a_line_and_never_a_formula(shop: tuple[Engine, Callable[..., Done]]) -> None:
    engine, mailbot = shop
    with engine.write() as tx:
        reason = '=HYPERLINK("http://evil.example","很差"),\n换行'
        given = {"ticket_id": 1, "at": PERIODS[0].begin, "score": 1, "reason": reason, "how": "mail"}
        tx.execute(sa.insert(rating), given)

    words = ("report", "week", "--of", "2025-11-12", "--format")
    done, told = mailbot(*words, "csv"), document(mailbot(*words, "json"))

    assert done.stdout.startswith("\ufeffsection,item,figure,value,before\r\n")
    rows = list(csv.reader(io.StringIO(done.stdout.removeprefix("\ufeff"), newline="")))
    assert {5} == {len(row) for row in rows}
    opened, before = (str(told["tickets"]["opened"][name]) for name in ("now", "before"))
    assert ["tickets", "", "opened", opened, before] in rows
    angry = [row[3] for row in rows if row[2] == "very_dissatisfied"]
    assert f"'{reason}" in angry
    assert [] == [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@")]


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_what_a_spreadsheet_would_take_for_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert f"'{cell}" == harmless(cell)
    assert [-1, 1.5, None, "平常的话 =1"] == [harmless(each) for each in (-1, 1.5, None, "平常的话 =1")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("year",), "year: known: week, month"),
        (("week", "--of", "2025-02-30"), "--of: 2025-02-30: write a date such as 2026-11-23"),
        (("week", "--of", "yesterday"), "write a date such as"),
        (("week", "--of", "0001-01-01"), "write a date such as"),
        (("month", "--of", "9999-12-31"), "write a date such as"),
        (("month", "--of", "2999-01-01"), "has not begun"),
        (("week", "--format", "html"), "known: table, json, csv"),
        (("week", "--least", "0"), "from 1 on"),
    ],
)
def test_a_mistake_is_one_line_with_its_remedy(
    words: tuple[str, ...], says: str, shop: tuple[Engine, Callable[..., Done]]
) -> None:
    _, mailbot = shop

    done = mailbot("report", *words)

    assert (2, "") == (done.returncode, done.stdout)
    assert says in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_without_a_date_it_is_the_last_whole_period() -> None:
    assert "2026-W47" == wanted_period("week", "", MONDAY, ZONE).name
    assert "2026-10" == wanted_period("month", "", MONDAY, ZONE).name
    assert "2026-W48" == wanted_period("week", "2026-11-29", MONDAY, ZONE).name  # it runs; its Sunday is to come


def test_a_period_in_which_nothing_happened_says_so_for_every_table(shop: tuple[Engine, Callable[..., Done]]) -> None:
    _, mailbot = shop

    done = mailbot("report", "month", "--of", "2020-02-10")

    assert 0 == done.returncode, done.stderr
    for words in ("没有新建工单", "没有解决的工单", "没有到期的承诺", "没有客户评价", "没有共性问题"):
        assert words in done.stdout


def test_every_kind_of_promise_has_its_english_name() -> None:
    assert list(KIND_NAMES) == list(KIND_NAMES_EN)


@pytest.mark.rule("000-43")
def test_the_records_can_be_queried_and_analysed_later(shop: tuple[Engine, Callable[..., Done]]) -> None:
    engine, mailbot = shop
    with engine.write() as tx:
        tx.execute(sa.update(ticket).where(ticket.c.id % 5 == 0).values(owner="amy"))

    closed = lines(mailbot("tickets", "--state", "closed", "--limit", "500", "--json"))
    amys = lines(mailbot("tickets", "--owner", "amy", "--limit", "500", "--json"))
    review = document(mailbot("report", "month", "--of", "2025-11-01", "--format", "json"))

    rows = Raw(engine).tickets.values()
    assert {row.number for row in rows if row.state == "closed"} == {each["number"] for each in closed}
    assert {row.number for row in rows if row.owner == "amy"} == {each["number"] for each in amys}
    assert len(Raw(engine).in_period(PERIODS[2])) == review["tickets"]["opened"]["now"]


# ---- from real mails and decisions ----


class Life:
    """One ticket through the door of the desk, an hour between its events."""

    def __init__(self, app: App) -> None:
        self.line = Line(app)
        self.now = MONDAY
        self.id = self.line.deliver(letter(), at=MONDAY).ticket_id
        self.turns: list[Turn] = []

    def happens(self, event: Event, to: Any = None) -> None:
        """An hour later this happens, and the ticket is in this stage then."""
        self.now += HOUR
        assert self.line.handle(self.id, event, self.now) is None
        self.becomes(to)

    def writes(self, text: str, to: Any = None) -> None:
        """An hour later the customer writes again."""
        self.now += HOUR
        number = self.line.ticket(self.id).number
        row = self.line.deliver(letter(f"Re: 工单 {number}", text), at=self.now)
        assert self.id == row.ticket_id
        self.becomes(to)

    def becomes(self, to: Any) -> None:
        if to:
            self.turns.append(Turn(self.now.astimezone(UTC), to))
        is_open = self.line.ticket(self.id).state not in ("resolved", "closed")
        assert is_open == (not self.turns or self.turns[-1].to == "open")

    def record(self) -> Any:
        period = period_of("month", MONDAY.date(), ZONE)
        with self.line.engine.read() as tx:
            (found,) = [
                each for each in cases.records(tx, period).cases if each.number == self.line.ticket(self.id).number
            ]
        return found


def test_the_stages_of_a_ticket_are_those_the_desk_gave_it(make_app: Callable[..., App]) -> None:
    life = Life(make_app())
    solved = Resolved("wang", "已更换主板", "company", "试机正常")

    life.happens(solved, "resolved")
    life.writes("还是老样子,开机没有反应,请再看一下怎么回事。", "open")
    life.happens(solved, "resolved")
    life.happens(bounced(kind="acknowledgement"))
    life.happens(bounced(kind="revisit"))
    life.happens(bounced(), "open")
    life.happens(solved, "resolved")
    life.happens(MailMoved("wang", 1, True, "20261123-0099", answered=True))
    life.happens(MailMoved("wang", 1, False, "20261123-0099"))
    life.happens(MailMoved("wang", 1, True, "20261123-0099"), "open")
    life.happens(solved, "resolved")
    life.happens(Rated(2, "还是响", "link"), "open")
    life.happens(solved, "resolved")
    life.happens(Sent(1, "reply", False, "250 ok", life.now))  # nothing is closed with a mail unanswered
    life.happens(Rated(5, "", "link"), "closed")
    life.happens(Reopened("wang", "客户来电"), "open")
    life.happens(Merged("wang", "20261123-0099"), "closed")
    life.happens(Unmerged("wang", answered=True), "open")

    assert tuple(life.turns) == life.record().turns


def test_the_first_answer_is_the_first_reply_that_did_not_come_back(make_app: Callable[..., App]) -> None:
    life = Life(make_app())
    assert life.record().answered_at is None

    sent = life.line.approve(life.id)
    assert life.record().answered_at is None
    life.line.end_send(sent.id, "sent")

    sent_at = life.line.row(outbox, outbox.c.id == sent.id).sent_at
    assert sent_at == life.record().answered_at

    with life.line.engine.write() as tx:
        mark_bounced(tx, sent.id, ["li.ming@mail.example"])
    assert life.record().answered_at is None
