"""`mailbot customer`: show, export, erase; with its refusals in one line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mailbot import accounts, terminal
from mailbot.accounts import NewAgent
from mailbot.app import build, post_of
from mailbot.clock import Clock
from mailbot.config import load
from mailbot.core.ticket import OptedOut, Rated, Resolved
from mailbot.shelf import Shelf
from mailbot.store import customers
from mailbot.store.customers import Flags
from tests.conftest import MONDAY
from tests.line import LI, Line, letter
from tests.test_cli import Done, lines, run
from tests.test_ticket_commands import SHOP

ASKED = "你好，我是李小明，电话13800000017，订单号20261101000123，空调开机5分钟后有异响。"


class Desk:
    """A shop with one customer, and the command line beside it."""

    def __init__(self, folder: Path, line: Line, ticket_id: int) -> None:
        self.folder, self.line, self.ticket_id = folder, line, ticket_id

    def __call__(self, *words: str, stdin: str = "") -> Done:
        return run(self.folder, *words, stdin=stdin)

    def end(self) -> None:
        """The customer's ticket is answered, solved, rated and closed."""
        row = self.line.approve(self.ticket_id)
        self.line.end_send(row.id, "sent")
        post_of(self.line.app).tell()
        self.line.handle(self.ticket_id, Resolved("ann", "已更换电容", "company", "试机正常"))
        self.line.handle(self.ticket_id, Rated(2, "师傅迟到", "mail"))
        self.line.handle(self.ticket_id, Resolved("ann", "已致歉", "company", "客户接受"))
        self.line.handle(self.ticket_id, Rated(5, "很好", "mail"))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Shelf, sqlite_model: Path) -> Iterator[Desk]:
    (tmp_path / "state").mkdir()
    shutil.copy(sqlite_model, tmp_path / "state" / "mailbot.db")
    (tmp_path / "mailbot.toml").write_text(SHOP, encoding="utf-8")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(terminal, "build", partial(build, shelf=shelf))
    app = build(load(tmp_path / "mailbot.toml", {}), Clock(MONDAY), shelf)
    for name, role in (("ann", "agent"), ("boss", "supervisor")):
        accounts.add_agent(app.engine, NewAgent(name, role=role), "a long green walk", MONDAY)
    line = Line(app)
    yield Desk(tmp_path, line, line.deliver(letter("空调有异响", ASKED, f"李小明 <{LI}>")).ticket_id)
    app.close()


@pytest.mark.rule("000-42")
@pytest.mark.rule("003-07")
def test_show_tells_what_is_known(shop: Desk) -> None:
    shop.line.handle(shop.ticket_id, OptedOut("link"))
    with shop.line.engine.write() as tx:
        customers.set_flags(tx, LI, Flags("vip", True, "请找王经理"), "ann", MONDAY)

    done = shop("customer", "show", LI.upper())
    (told,) = lines(shop("customer", "show", LI, "--json"))

    for words in (LI, "李小明", "13800000017", "VIP客户 年长客户 (ann 标记)", "请找王经理", "不愿收到", "空调有异响"):
        assert words in done.stdout
    assert ("vip", True, 1) == (told["flags"]["account"], told["flags"]["elderly"], told["mails"])
    assert ["20261101000123"] == [each["number"] for each in told["orders"]]
    assert ["空调有异响"] == [each["subject"] for each in told["tickets"]]


@pytest.mark.rule("000-10")
def test_export_holds_every_mail_letter_rating_and_note(shop: Desk) -> None:
    shop.end()
    shop.line.deliver(letter("自动回复", "我在休假", LI, auto_submitted="auto-replied"))

    (document,) = lines(shop("customer", "export", LI))

    (ticket,) = document["tickets"]
    assert LI == document["address"]
    assert ASKED in ticket["mails"][0]["text"]
    assert "李小明" in ticket["outbox"][0]["text"]
    assert [2, 5] == [each["score"] for each in ticket["ratings"]]
    assert {"facts", "drafts", "notes", "journal", "verdicts"} <= ticket.keys()
    assert "linked" not in ticket
    assert ["我在休假"] == [each["text"].strip() for each in document["other_mails"]]


@pytest.mark.rule("000-10")
def test_erase_asks_first_and_leaves_nobody_behind(shop: Desk) -> None:
    shop.end()

    asked = shop("customer", "erase", LI, "--as", "boss", stdin="n\n")
    still = shop("customer", "show", LI).returncode
    done = shop("customer", "erase", LI, "--as", "boss", stdin="y\n")

    assert (1, 0, 0) == (asked.returncode, still, done.returncode)
    assert "cannot be undone" in asked.stdout + asked.stderr
    assert "tickets 1" in done.stdout
    assert 2 == shop("customer", "show", LI).returncode
    assert 0 == shop("db", "verify").returncode
    assert "清除个人信息" in shop("ticket", shop.line.ticket(shop.ticket_id).number).stdout


def test_erase_answers_in_json(shop: Desk) -> None:
    shop.end()

    (told,) = lines(shop("customer", "erase", LI, "--as", "boss", "--yes", "--json"))

    assert (LI, 1, 1) == (told["erased"], told["tickets"], told["mails"])
    assert told["now_called"].endswith("@invalid")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("forget", LI), "known: show, export, erase"),
        (("show", "nobody@mail.example"), "nobody with this address"),
        (("export", "nobody@mail.example"), "nobody with this address"),
        (("erase", "nobody@mail.example", "--as", "boss", "--yes"), "nobody with this address"),
        (("show", ""), "whole mail address"),
        (("erase", LI, "--yes"), "name the agent"),
        (("erase", LI, "--yes", "--as", "ann"), "needs supervisor or admin"),
        (("erase", LI, "--yes", "--as", "boss"), "not closed"),
        (("erase", LI, "--json", "--as", "boss"), "--yes"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(shop: Desk, words: tuple[str, ...], says: str) -> None:
    done = shop("customer", *words)

    assert 2 == done.returncode
    assert says in done.stderr
    assert 1 == len(done.stderr.strip().splitlines())
