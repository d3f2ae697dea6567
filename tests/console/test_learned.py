"""What agents see of it: why a mail is taken for what it is, one click that it is right, the list, the way back."""

from __future__ import annotations

import pytest

from mailbot.store import lists, verdicts
from tests.console.conftest import letter

ANGRY = ("投诉客服", "我要投诉你们，客服态度太差，问了三次都不理人。")


def rows(world):
    with world.app.engine.read() as tx:
        return list(verdicts.listed(tx))


def why(html):
    return html.partition("最有分量的依据")[2].partition("更正类别")[0]


@pytest.mark.rule("000-13")
def test_a_ticket_shows_the_words_that_weigh_most_with_their_signed_weight(world):
    number = world.deliver(letter(*ANGRY))

    shown = why(world.browser("xiaozhou").get(f"/tickets/{number}").text)

    assert "“" in shown
    assert "<strong>+" in shown
    assert "规则" in shown
    assert 1 <= shown.count("<li>") <= 3
    assert "类别正确" in shown


@pytest.mark.rule("000-13")
def test_one_click_confirms_and_the_draft_stays(world):
    number = world.deliver(letter())
    before, agent = world.draft(number), world.browser("xiaozhou")
    (ticket,) = [row for row in _tickets(world) if row.number == number]

    answer = agent.post(
        f"/tickets/{number}/correct", topic=f"{ticket.category}/{ticket.topic}", priority=ticket.priority
    )

    assert f"/tickets/{number}?done=confirmed" == answer.headers["location"]
    assert before.id == world.draft(number).id
    (row,) = rows(world)
    assert ("xiaozhou", ticket.category, ticket.topic) == (row.agent, row.category, row.topic)
    html = agent.get(answer.headers["location"]).text
    assert "已确认类别与等级" in html
    assert "类别已由客服确认" in html
    assert "类别正确</button>" not in html


@pytest.mark.rule("000-13")
def test_a_correction_is_listed_and_can_be_undone_once(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/correct", topic="complaint/quality", priority="urgent")
    (row,) = rows(world)
    page = agent.get("/learned").text

    first = agent.post(f"/learned/{row.id}/undo", on="/learned")
    second = agent.post(f"/learned/{row.id}/undo", on="/learned")

    assert number in page
    assert "产品质量" in page
    assert "原为" in page
    assert "规则说了算" in page
    assert (303, 409) == (first.status_code, second.status_code)
    assert "不再从这一条学习" in agent.get(first.headers["location"]).text
    assert rows(world)[0].undone_at is not None
    assert "complaint" == next(each for each in _tickets(world) if each.number == number).category


def test_the_list_shows_each_class_once_something_was_learned(world):
    number = world.deliver(letter())
    agent = world.browser("wangjing")
    agent.post(f"/tickets/{number}/correct", topic="complaint/quality", priority="urgent")
    empty = agent.get("/learned").text
    world.app.desk.door.learned.refresh(world.app.clock.now())

    html = agent.get("/learned?lang=en").text

    assert "各类别的准确情况" not in empty
    assert "Class by class" in html
    assert "Verdicts 1" in html


def test_a_verdict_that_never_was_is_no_page(world):
    assert 404 == world.browser("xiaozhou").post("/learned/77/undo", on="/learned").status_code


def test_nobody_sees_what_was_learned_without_logging_in(world):
    answer = world.browser().get("/learned")

    assert 303 == answer.status_code
    assert "/login" in answer.headers["location"]


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        (("漏电", "洗澡时热水器漏电，被电了一下，太吓人了"), "请立即人工处理"),
        (("你好", "那个东西我看了看，还是想说一下"), "请先确认类别再用草稿"),
    ],
)
def test_what_needs_a_person_first_says_so(world, mail, says):
    number = world.deliver(letter(*mail))

    assert says in world.browser("xiaozhou").get(f"/tickets/{number}").text


def test_strangers_words_in_the_list_stay_words(world):
    number = world.deliver(letter("<script>alert(1)</script>", "<b>退货</b>，颜色不对，想退货"))
    agent = world.browser("xiaozhou")
    agent.post(f"/tickets/{number}/correct", topic="complaint/quality", priority="normal")

    html = agent.get("/learned").text + agent.get(f"/tickets/{number}").text

    assert "<script>alert" not in html
    assert "<b>退货" not in html


def _tickets(world):
    with world.app.engine.read() as tx:
        return lists.tickets(tx)
