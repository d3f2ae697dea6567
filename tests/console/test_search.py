"""Looking for words on the page of tickets: every state, the newest mail first, narrowed by the same filters."""

from __future__ import annotations

import re

import pytest

from mailbot.console import finding
from tests.console.conftest import letter

INVOICE = letter("请问怎么开发票", "请问怎么开发票？我的电话是13800138000。", sender=("王芳", "wang@mail.example"))
AGAIN = letter("空调漏水", "空调装好以后一直漏水，发票还在。", sender=("孙磊", "sun@mail.example"))


def rows(agent, **asked):
    return re.findall(r'<span class="number">([^<]+)</span>', agent.get("/tickets", params=asked).text)


@pytest.mark.rule("000-43")
@pytest.mark.rule("003-03")
def test_a_search_lists_the_tickets_whose_mails_have_the_words_newest_first(world):
    one, two, other = world.deliver(INVOICE), world.deliver(AGAIN), world.deliver(letter())
    agent = world.browser("xiaozhou")

    assert [two, one] == rows(agent, q="发票")
    assert [two] == rows(agent, q="漏水 发票")
    assert [other] == rows(agent, q="so20261119000777")
    assert [one] == rows(agent, q=one)
    assert [one] == rows(agent, q="wang@mail.example")


def test_a_search_finds_tickets_of_every_state_until_one_is_chosen(world):
    number = world.deliver(INVOICE)
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/resolve", result="好了", side="none", proof="客户确认")

    assert [] == rows(agent)
    assert [number] == rows(agent, q="发票")
    assert [number] == rows(agent, q="发票", state="resolved")
    assert [] == rows(agent, q="发票", state="open")
    assert [] == rows(agent, q="发票", owner="meili")


def test_two_mails_of_one_ticket_are_one_row_with_the_newest_words(world):
    number = world.deliver(INVOICE)
    second = letter(f"Re: 请问怎么开发票 [{number}]", "发票抬头是示例公司。", sender=("王芳", "wang@mail.example"))
    assert number == world.deliver(second)
    agent = world.browser("xiaozhou")

    assert [number] == rows(agent, q="发票")
    assert "发票抬头是示例公司" in agent.get("/tickets", params={"q": "发票"}).text


@pytest.mark.rule("001-52")
def test_the_line_of_a_mail_shows_no_whole_phone_number(world):
    world.deliver(INVOICE)

    html = world.browser("xiaozhou").get("/tickets", params={"q": "电话"}).text

    assert "138***8000" in html
    assert "13800138000" not in html


def test_older_mails_are_on_the_next_page(world, monkeypatch):
    monkeypatch.setattr(finding, "PAGE", 2)
    numbers = [
        world.deliver(letter(f"发票{n}", f"第{n}封，要发票。", sender=("客", f"c{n}@mail.example"))) for n in range(3)
    ]
    agent = world.browser("xiaozhou")

    html = agent.get("/tickets", params={"q": "发票", "state": "all"}).text
    (older,) = re.findall(r'<a href="(/tickets\?[^"]*before=[^"]*)"', html)
    page = agent.get(older.replace("&amp;", "&")).text

    assert numbers[:0:-1] == rows(agent, q="发票")
    assert numbers[0] in page
    assert numbers[1] not in page
    assert "before=" not in page


def test_nothing_found_says_so_and_names_the_words_harmlessly(world):
    world.deliver(INVOICE)
    agent = world.browser("xiaozhou")

    html = agent.get("/tickets", params={"q": "<script>alert(1)</script>冰箱"}).text

    assert "没有找到含有" in html
    assert "<script>alert" not in html
    assert "另有筛选条件" not in html
    assert "另有筛选条件" in agent.get("/tickets", params={"q": "冰箱", "due": "today"}).text


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "1 OR 1", ""])
def test_an_address_that_somebody_made_up_narrows_nothing(world, before):
    number = world.deliver(INVOICE)

    assert [number] == rows(world.browser("xiaozhou"), q=" 发票 ", before=before, state="nonsense")


def test_blanks_are_no_search(world):
    number = world.deliver(INVOICE)

    assert [number] == rows(world.browser("xiaozhou"), q="   ")


def test_nobody_searches_without_logging_in(world):
    world.deliver(INVOICE)

    answer = world.browser().get("/tickets", params={"q": "发票"})

    assert answer.status_code in (303, 401)
    assert "开发票" not in answer.text
