"""The customer's rating page: only a pressed button counts, and every way to it is friendly."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailbot.core.ratings import SCORE_NAMES
from mailbot.core.ticket import Rated, Reopened, Resolved
from mailbot.core.tokens import rating_token
from mailbot.store import lists
from mailbot.store.tables import customer
from tests.conftest import MONDAY
from tests.console.conftest import HERE, letter


def resolve(world, number, agent="xiaozhou"):
    """The ticket's problem is solved; its rating link's path."""
    row = row_of(world, number)
    event = Resolved(agent, "已换新主板", "third_party", "客户试机正常")
    decision = world.app.desk.handle(row.id, event, world.app.clock.now())
    assert decision.refused is None
    return link(world, number)


def link(world, number):
    round_ = int(row_of(world, number).resolved_at.timestamp())
    return f"/r/{rating_token(number, round_, world.app.desk.door.key)}"


def row_of(world, number):
    with world.app.engine.read() as tx:
        row = lists.ticket_row(tx, lists.ticket_id_of(tx, number))
    assert row is not None
    return row


@pytest.fixture
def number(world):
    return world.deliver(letter("洗衣机脱水时响声很大", "洗衣机脱水时响声很大,请派人修。订单号:SO20261119000777。"))


@pytest.fixture
def path(world, number):
    return resolve(world, number)


@pytest.mark.rule("001-30", "003-25", "004-28")
def test_the_page_asks_about_the_customers_own_request_and_offers_five_faces(world, number, path):
    html = world.browser().get(path).text

    assert "您好，您反馈的问题已解决，请问您对处理过程和结果是否满意？" in html
    for words in ("示例电器", number, "洗衣机脱水时响声很大", *(name["zh"] for name in SCORE_NAMES.values())):
        assert words in html
    assert ["5", "4", "3", "2", "1"] == re.findall(r'type="radio" name="score" value="(\d)"', html)
    assert "checked" not in html


def test_the_page_shows_nothing_else_of_the_ticket_and_nothing_of_the_desk(world, number, path):
    for browser in (world.browser(), world.browser("xiaozhou")):
        html = browser.get(path).text

        for secret in (
            "li.ming",
            "李明",
            "SO20261119000777",
            "已换新主板",
            "小周",
            "xiaozhou",
            "/tickets",
            "logout",
            "<nav",
        ):
            assert secret not in html, secret
        assert re.search(r"<script|\son\w+\s*=|\sstyle\s*=|<style", html) is None


def test_no_search_engine_and_no_cache_keeps_the_page(world, path):
    answer = world.browser().get(path)

    assert "noindex" in answer.headers["x-robots-tag"]
    assert "no-store" == answer.headers["cache-control"]
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("more", ["", "?score=1", "?score=5&done=satisfied", "/stop", "/stop?done=1"])
def test_looking_changes_nothing_whatever_stands_in_the_address(world, number, path, method, more):
    before = row_of(world, number)

    answer = world.browser().client.request(method, path + more)

    assert 200 == answer.status_code
    assert before == row_of(world, number)
    assert "感谢您的评价" not in answer.text


@pytest.mark.parametrize("headers", [{}, {"origin": HERE}, {"origin": "https://scanner.example"}])
def test_a_scanner_that_sends_the_form_blindly_changes_nothing(world, number, path, headers):
    before = row_of(world, number)

    for target in (path, f"{path}/stop"):
        answer = world.browser().client.post(
            target, data={"score": "1", "reason": "x", "csrf": "x" * 43}, headers=headers
        )
        assert 403 == answer.status_code

    assert before == row_of(world, number)


def test_a_score_in_the_address_only_chooses_the_face(world, path):
    html = world.browser().get(f"{path}?score=4").text

    assert ["4"] == re.findall(r'value="(\d)" required checked', html)
    assert "checked" not in world.browser().get(f"{path}?score=9%22onload").text


@pytest.mark.rule("001-31", "002-33", "003-26", "004-29")
@pytest.mark.parametrize("score", [5, 4, 3])
def test_a_pressed_button_records_the_rating_and_says_thanks(world, number, path, score):
    browser = world.browser()

    answer = browser.post(path, on=path, score=str(score), reason=" 小陈很耐心\r\n谢谢 ")
    page = browser.get(answer.headers["location"])

    row = row_of(world, number)
    assert (303, score, "小陈很耐心 谢谢") == (answer.status_code, row.score, row.score_reason)
    assert "感谢您的评价" in page.text
    assert "您写下的意见已记录" in page.text


@pytest.mark.rule("002-46")
@pytest.mark.parametrize("score", ["1", "2"])
@pytest.mark.parametrize("reason", ["", "  \r\n "])
def test_who_is_not_satisfied_is_asked_why_with_the_choice_kept(world, number, path, score, reason):
    before = row_of(world, number)

    answer = world.browser().post(path, on=path, score=score, reason=reason)

    assert 400 == answer.status_code
    assert "请写下原因" in answer.text
    assert [score] == re.findall(r'value="(\d)" required checked', answer.text)
    assert before == row_of(world, number)


@pytest.mark.rule("001-32", "002-46", "004-29")
def test_a_low_rating_opens_the_ticket_again_and_is_thanked_without_a_false_promise(world, number, path):
    browser = world.browser()

    answer = browser.post(path, on=path, score="2", reason="脱水还是响")
    page = browser.get(answer.headers["location"]).text

    row = row_of(world, number)
    assert (2, "脱水还是响", "in_progress") == (row.score, row.score_reason, row.state)
    assert "很抱歉没有让您满意" in page
    assert "负责的同事今天会重新查看" in page
    assert "400-000-0000" in page


def test_late_in_the_evening_the_page_names_the_day_people_are_back(world, number, path):
    world.app.clock.move_to(MONDAY.replace(hour=22))
    browser = world.browser()

    answer = browser.post(f"{path}?lang=en", on=path, score="1", reason="still noisy")
    page = browser.get(answer.headers["location"]).text

    assert "on Tuesday, 24 November" in page
    assert "today" not in page


def test_without_a_choice_the_form_comes_back_with_the_reason_kept(world, number, path):
    for score in ("", "6", "0", "x", "４"):
        answer = world.browser().post(path, on=path, score=score, reason="很<好>")
        assert 400 == answer.status_code
        assert "请先选择满意程度" in answer.text
        assert "很&lt;好&gt;</textarea>" in answer.text

    assert row_of(world, number).score is None


def test_a_used_link_changes_nothing_and_says_so(world, number, path):
    browser = world.browser()
    browser.get(path)
    browser.post(path, on=path, score="5")
    before = row_of(world, number)
    other = world.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', other.get("/login").text)[1]

    again = other.post(path, csrf=token, score="1", reason="x")
    seen = other.get(path)

    assert (409, 200) == (again.status_code, seen.status_code)
    for page in (again, seen):
        assert "您已经评价过了" in page.text
        assert "非常满意" in page.text
        assert 'type="radio"' not in page.text
    assert before == row_of(world, number)


def test_a_form_opened_before_somebody_else_rated_changes_nothing(world, number, path):
    browser = world.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(path).text)[1]
    row = row_of(world, number)
    assert world.app.desk.handle(row.id, Rated(4, "", "mail"), world.app.clock.now()).refused is None
    before = row_of(world, number)

    answer = browser.post(path, csrf=token, score="1", reason="x")

    assert 409 == answer.status_code
    assert before == row_of(world, number)


def test_the_link_of_a_round_that_is_over_changes_nothing(world, number, path):
    world.app.clock.move_to(MONDAY + timedelta(hours=3))
    world.app.desk.handle(row_of(world, number).id, Reopened("xiaozhou", "又响了"), world.app.clock.now())
    browser = world.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/login").text)[1]
    open_again = row_of(world, number)
    assert "这份评价已经结束" in browser.get(path).text
    assert 409 == browser.post(path, csrf=token, score="1", reason="x").status_code
    assert open_again == row_of(world, number)

    fresh = resolve(world, number)
    before = row_of(world, number)
    assert fresh != path
    assert "这份评价已经结束" in browser.get(path).text
    assert 409 == browser.post(path, csrf=token, score="1", reason="x").status_code
    assert before == row_of(world, number)
    assert 'type="radio"' in browser.get(fresh).text


def test_a_link_older_than_thirty_days_changes_nothing(world, number, path):
    browser = world.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get(path).text)[1]
    before = row_of(world, number)
    world.app.clock.move_to(MONDAY + timedelta(days=30, seconds=1))

    answer = browser.post(path, csrf=token, score="5")

    assert 409 == answer.status_code
    assert "评价时间已过" in answer.text
    assert "评价时间已过" in browser.get(path).text
    assert before == row_of(world, number)


def test_forged_foreign_and_unknown_tokens_get_one_and_the_same_friendly_page(world, number, path):
    key = world.app.desk.door.key
    bad = [
        "/r/x",
        path[:-1],
        path[:-1] + ("a" if path[-1] != "a" else "b"),
        path.replace(number, "20261123-9999"),
        f"/r/{rating_token('20990101-0001', 1, key)}",
        f"/r/{rating_token(number, 1795394400, b'another key of 32 bytes exactly!')}",
        "/r/" + "a" * 3000,
        "/r/",
    ]
    browser = world.browser()
    pages = set()
    for each in bad:
        for end in ("", "/stop"):
            answer = browser.get(each + end)
            assert 404 == answer.status_code, each
            pages.add(answer.text)
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/login").text)[1]

    assert 1 == len(pages)
    assert "没有找到这个页面" in pages.pop()
    assert {404} == {browser.post(each, csrf=token, score="5").status_code for each in bad[:6]}
    assert row_of(world, number).score is None


def test_a_form_that_lost_its_cookie_is_shown_again_with_all_that_was_typed(world, number, path):
    browser = world.browser()
    browser.get(path)
    browser.client.cookies.clear()

    answer = browser.post(path, csrf="of another day", score="2", reason="还是<响>")

    assert 403 == answer.status_code
    assert "请再提交一次" in answer.text
    assert "还是&lt;响&gt;</textarea>" in answer.text
    assert ["2"] == re.findall(r'value="(\d)" required checked', answer.text)
    assert row_of(world, number).score is None
    token = re.search(r'name="csrf" value="([^"]+)"', answer.text)[1]
    assert 303 == browser.post(path, csrf=token, score="2", reason="还是响").status_code


def test_a_form_from_elsewhere_is_not_filled_in_for_it(world, path):
    answer = world.browser().client.post(
        path, data={"score": "1", "reason": "planted words", "csrf": "x"}, headers={"origin": "https://evil.example"}
    )

    assert 403 == answer.status_code
    assert "planted words" not in answer.text


def test_an_agent_may_try_the_page_and_stays_logged_in(world, number, path):
    agent = world.browser("xiaozhou")

    answer = agent.post(path, on=path, score="4")

    assert 303 == answer.status_code
    assert 4 == row_of(world, number).score
    assert 200 == agent.get("/").status_code


def test_the_page_speaks_the_tickets_language_until_another_is_asked_for(world):
    number = world.deliver(
        letter(
            "Noisy washing machine",
            "My washing machine is very noisy, please repair it. Thank you very much for your help.",
        )
    )
    path = resolve(world, number)
    browser = world.browser()

    english = browser.get(path, headers={"accept-language": "zh-CN"}).text
    chinese = browser.get(f"{path}?lang=zh&score=4").text

    assert "Are you satisfied" in english
    assert 'lang="en"' in english
    assert "是否满意" in chinese
    assert f'action="{path}?lang=zh"' in chinese
    assert "mailbot_lang" not in browser.client.cookies  # the agents' setting is their own


@pytest.mark.parametrize("after", ["at once", "after the rating", "long after"])
def test_stopping_the_mails_takes_one_more_press_and_never_expires(world, number, path, after):
    browser = world.browser()
    if after == "after the rating":
        browser.post(path, on=path, score="4")
    if after == "long after":
        world.app.clock.move_to(MONDAY + timedelta(days=200))

    asked = browser.get(f"{path}/stop")
    assert not opted_out(world)
    answer = browser.post(f"{path}/stop", on=f"{path}/stop")
    page = browser.get(answer.headers["location"])

    assert "不再接收回访邮件？" in asked.text
    assert 303 == answer.status_code
    assert "已为您停止回访邮件" in page.text
    assert opted_out(world)
    assert 303 == browser.post(f"{path}/stop", on=f"{path}/stop").status_code


def opted_out(world):
    with world.app.engine.read() as tx:
        rows = tx.execute(sa.select(customer).where(customer.c.no_revisit_at.is_not(None))).all()
    return ["li.ming@mail.example"] == [row.address for row in rows]


def test_errors_below_the_page_never_show_the_agents_side(world, path):
    browser = world.browser()

    answers = (browser.client.put(path, content=b"", headers={"content-length": "0"}), browser.get(f"{path}/x/y"))

    for answer in answers:
        assert answer.status_code in (404, 405)
        assert "待审批" not in answer.text
        assert "示例电器" in answer.text


def test_under_https_the_forms_cookie_is_bound_to_the_host(make_world):
    world = make_world(console={"listen": "127.0.0.1:8025", "public_url": "https://desk.shop.example"})
    path = resolve(world, world.deliver(letter()))
    client = world.browser().client
    client.base_url = "https://desk.shop.example"

    cookie = client.get(path).headers["set-cookie"]

    assert cookie.startswith("__Host-mailbot_form=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
