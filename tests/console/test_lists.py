"""The queue, the list of tickets and the frame: what stands where, narrowed by the address alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.console.conftest import letter

URGENT = letter("漏气！紧急", "热水器有煤气味，请马上派人！", sender=("孙磊", "sun@mail.example"))
INVOICE = letter("请问怎么开发票", "请问怎么开发票？", sender=("王芳", "wang@mail.example"))


def shown(agent, query, *numbers):
    html = agent.get(f"/tickets{query}").text
    return [number for number in numbers if number in html]


def test_tickets_are_narrowed_to_overdue_today_mine_and_waiting(world):
    one, two, three = world.deliver(URGENT), world.deliver(INVOICE), world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{two}/take")
    agent.post(f"/tickets/{three}/waiting", turn="customer")
    world.app.clock.move_to(world.app.clock.now() + timedelta(hours=1, minutes=5))
    every = (one, two, three)

    assert [one] == shown(agent, "?state=all&due=overdue", *every)
    assert set(every) == set(shown(agent, "?state=all&due=today", *every))
    assert [two] == shown(agent, "?owner=xiaozhou", *every)
    assert [three] == shown(agent, "?waiting=customer", *every)
    assert [two] == shown(agent, "?department=finance", *every)
    assert list(every) == shown(agent, "?waiting=x&department=y&due=z", *every)


def test_a_row_names_the_next_promise_how_it_stands_the_department_and_the_turn(world):
    number = world.deliver(INVOICE)
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/transfer", department="after_sales", text="查一下", by="2026-11-23T09:40")

    html = agent.get("/tickets").text

    for words in ("部门反馈", "即将到期", "财务部", "等待其他部门", "查一下"):
        assert words in html
    world.app.clock.move_to(world.app.clock.now() + timedelta(hours=1))
    assert "已超时</span>" in agent.get("/tickets").text


def test_the_quick_filter_that_is_on_is_marked(world):
    agent = world.browser("xiaozhou")

    assert 'aria-current="true">我的工单' in agent.get("/tickets?owner=xiaozhou").text
    assert 'aria-current="true">未结' in agent.get("/tickets").text


def test_the_queue_names_the_kind_of_what_waits(world):
    number = world.deliver(letter())
    world.browser("xiaozhou").post(f"/tickets/{number}/delay", text="缺货", by="2026-11-24T18:00")

    assert "告知延期</span>" in world.browser("xiaozhou").get("/").text


@pytest.mark.parametrize(("language", "words"), [("zh", "2027 年的放假安排尚未公布"), ("en", "holidays of 2027")])
def test_a_gap_in_the_calendar_is_said_on_every_page(world, language, words):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")

    for path in ("/", "/tickets", "/reminders", "/aside", f"/tickets/{number}", "/nowhere"):
        assert words in agent.get(f"{path}?lang={language}").text
    assert words not in world.browser().get(f"/login?lang={language}").text


def test_a_calendar_that_is_whole_is_not_spoken_of(world):
    world.app.clock.move_to(world.app.clock.now() - timedelta(days=60))

    assert "放假安排" not in world.browser("xiaozhou").get("/").text


def test_there_are_no_reminders_at_first(world):
    html = world.browser("xiaozhou").get("/reminders").text

    assert "最近没有提醒" in html
    assert "badge" not in html


def test_the_queue_shows_what_is_due_next_first_with_its_countdown_and_its_reason(world):
    world.deliver(letter("请问怎么开发票", "请问怎么开发票？需要什么资料？", sender=("王芳", "wang@mail.example")))
    world.deliver(letter("漏气！紧急", "热水器有煤气味，请马上派人！", sender=("孙磊", "sun@mail.example")))

    html = world.browser("xiaozhou").get("/").text

    assert html.index("漏气！紧急") < html.index("请问怎么开发票")
    assert "还有" in html
    assert "紧急 → 首次回复" in html
    assert "需要什么资料" in html
    assert "王芳" in html


def test_an_overdue_ticket_says_by_how_much(world):
    world.deliver(letter("漏气！紧急", "热水器有煤气味，请马上派人！"))
    world.app.clock.move_to(world.app.clock.now() + timedelta(hours=1, minutes=12))

    assert "已超时 12 分" in world.browser("xiaozhou").get("/").text


def test_tickets_are_filtered_by_state_and_owner_in_the_address(world):
    one = world.deliver(letter())
    two = world.deliver(letter("请问怎么开发票", "请问怎么开发票？", sender=("王芳", "wang@mail.example")))
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{one}/resolve", result="好了", side="none", proof="客户确认")
    agent.post(f"/tickets/{two}/take")

    def shown(query):
        html = agent.get(f"/tickets{query}").text
        return [number for number in (one, two) if number in html]

    assert [two] == shown("")
    assert [one] == shown("?state=resolved")
    assert [one, two] == shown("?state=all")
    assert [] == shown("?state=all&owner=meili")
    assert [two] == shown("?state=nonsense&owner=xiaozhou")
