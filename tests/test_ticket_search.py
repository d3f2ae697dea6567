"""`mailbot tickets --search`: what the console finds, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from mailbot import terminal
from mailbot.app import build
from mailbot.shelf import Shelf
from tests.test_cli import lines
from tests.test_ticket_commands import Desk, opened


@pytest.fixture
def desk(tmp_path: Path, sqlite_model: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(terminal, "build", partial(build, shelf=shelf))
    made = opened(tmp_path, sqlite_model, shelf)
    yield made
    made.app.close()


@pytest.mark.rule("000-43")
def test_a_search_lists_the_tickets_whose_mails_say_it_newest_first(desk: Desk) -> None:
    one = desk.comes("你好,洗衣机漏水,订单号SO20261119000777。", sender="li.ming@mail.example")
    two = desk.comes("洗衣机漏水,把地板泡坏了。", sender="wang.fang@mail.example")
    desk.comes("想开发票。", subject="发票", sender="sun.lei@mail.example")

    found = lines(desk("tickets", "--search", "漏水", "--json"))

    assert [two, one] == [each["number"] for each in found]
    assert "泡坏" in found[0]["excerpt"]
    assert [one] == [each["number"] for each in lines(desk("tickets", "--search", "SO20261119000777", "--json"))]
    assert [two] == [each["number"] for each in lines(desk("tickets", "--search", "漏水", "--limit", "1", "--json"))]


def test_a_search_is_narrowed_by_the_other_options(desk: Desk) -> None:
    number = desk.comes("洗衣机漏水。")

    assert "漏水" in desk("tickets", "--search", "漏水", "--state", "pending").stdout
    assert number not in desk("tickets", "--search", "漏水", "--state", "closed").stdout
    assert "没有工单" in desk("tickets", "--search", "冰箱").stdout
    assert "excerpt" not in desk("tickets", "--json").stdout
