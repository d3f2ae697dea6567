"""The knowledge base as agents see it: entries, search, one entry, and the questions that nothing answers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from mailbot.store import gaps
from mailbot.store.gaps import NewGap
from tests.console.conftest import letter


def ask(world, question, topic="product_use"):
    """A question came in that no entry answers; its gap's id."""
    number = world.deliver(letter("申请退货", f"收到的颜色不对，要退货。{question}"))
    mail = world.mails(number)[-1]
    with world.app.engine.write() as tx:
        gaps.add(tx, NewGap(mail.id, mail.ticket_id, question, "enquiry", topic), world.app.clock.now())
        (found,) = (each for group in gaps.open_gaps(tx) for each in group.examples if each.question == question)
    return found.id


def open_ids(world):
    with world.app.engine.read() as tx:
        return {each.id for group in gaps.open_gaps(tx) for each in group.examples}


@pytest.mark.rule("003-02")
def test_the_page_lists_every_kind_of_entry_and_links_to_each(world):
    page = world.browser("xiaozhou").get("/knowledge").text

    for kind in ("政策", "办理流程", "常见问题", "产品说明", "物流配送", "投诉渠道", "补偿标准"):
        assert f">{kind} <" in page
    assert 'href="/knowledge/entries/zh/after-sales-policy"' in page
    assert 'href="/knowledge" aria-current="page"' in page


@pytest.mark.rule("003-03")
def test_two_characters_find_the_article_and_lead_to_its_place(world):
    browser = world.browser("xiaozhou")

    page = browser.get("/knowledge", params={"q": "价保"}).text

    assert 'href="/knowledge/entries/zh/after-sales-policy#s8"' in page
    entry = browser.get("/knowledge/entries/zh/after-sales-policy").text
    assert '<section class="card" id="s8">' in entry
    assert "15 天内，同一商品在同一店铺降价的" in entry


def test_a_search_without_a_find_says_so_and_hostile_words_stay_words(world):
    page = world.browser("xiaozhou").get("/knowledge", params={"q": '<script>alert("x")</script>'}).text

    assert "没有找到" in page
    assert "<script>alert" not in page


def test_an_entry_for_agents_says_that_customers_do_not_read_it(world):
    page = world.browser("xiaozhou").get("/knowledge/entries/zh/compensation-standard").text

    assert "仅供客服查阅，不会写进给客户的回复。" in page


@pytest.mark.rule("003-04")
def test_what_is_past_its_review_day_is_flagged_in_the_list_and_on_its_page(world):
    browser = world.browser("xiaozhou")
    assert "已过复核日期" not in browser.get("/knowledge").text

    world.app.clock.move_to(datetime(2027, 5, 3, 9, tzinfo=ZoneInfo("Asia/Shanghai")))

    assert "篇已过复核日期，引用前请先核对内容。" in browser.get("/knowledge").text
    assert "引用前请先核对" in browser.get("/knowledge/entries/zh/shipping").text


@pytest.mark.parametrize("place", ["zh/nothing", "../policy", "zh", "%2e%2e/%2e%2e/etc/passwd", "zh/" + "x" * 3000])
def test_a_place_without_an_entry_is_not_found(world, place):
    assert 404 == world.browser("xiaozhou").get(f"/knowledge/entries/{place}").status_code


@pytest.mark.rule("003-04")
def test_questions_without_an_answer_are_counted_by_topic_and_ended_by_a_person(world):
    first, second = ask(world, "空调可以连太阳能吗？"), ask(world, "冰箱门能换方向吗？")
    ask(world, "专票税率是多少？", "invoice")
    browser = world.browser("xiaozhou")

    page = browser.get("/knowledge").text
    assert "空调可以连太阳能吗？" in page
    assert page.index("2 次") < page.index("1 次")

    answer = browser.post("/knowledge/gaps/close", on="/knowledge", ids=[first, second])

    assert (303, "/knowledge?done=gaps_closed#gaps") == (answer.status_code, answer.headers["location"])
    assert 1 == len(open_ids(world))
    assert "空调可以连太阳能吗？" not in browser.get("/knowledge").text


def test_nothing_ticked_ends_nothing_and_says_so(world):
    ask(world, "空调可以连太阳能吗？")

    answer = world.browser("xiaozhou").post("/knowledge/gaps/close", on="/knowledge")

    assert 409 == answer.status_code
    assert "请先勾选" in answer.text
    assert 1 == len(open_ids(world))


def test_a_form_from_elsewhere_ends_nothing(world):
    gap = ask(world, "空调可以连太阳能吗？")

    answer = world.browser("xiaozhou").post("/knowledge/gaps/close", on="/knowledge", ids=[gap], csrf="made up")

    assert 403 == answer.status_code
    assert {gap} == open_ids(world)


def test_the_words_of_a_stranger_are_shown_as_words(world):
    ask(world, "<img src=x onerror=alert(1)>可以连太阳能吗？")

    page = world.browser("xiaozhou").get("/knowledge").text

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_strangers_see_nothing_of_it(world):
    browser = world.browser()

    for path in ("/knowledge", "/knowledge/entries/zh/shipping"):
        answer = browser.get(path)
        assert answer.status_code in (302, 303)
        assert "/login" in answer.headers["location"]


def test_the_english_console_shows_the_english_entries(world):
    page = world.browser("xiaozhou").get("/knowledge", params={"lang": "en"}).text

    assert "After-sales policy" in page
    assert "售后服务政策" not in page


def test_a_mail_counts_once(world):
    number = world.deliver(letter())
    mail = world.mails(number)[-1]
    fresh = NewGap(mail.id, mail.ticket_id, "空调可以连太阳能吗？", "enquiry", "product_use")

    with world.app.engine.write() as tx:
        added = [gaps.add(tx, fresh, world.app.clock.now()) for _ in range(2)]
        (found,) = gaps.open_gaps(tx)

    assert [True, False] == added
    assert 1 == found.count
