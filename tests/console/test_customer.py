"""The customer's page: what it tells, the flags, and that it stays silent about other people's orders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.console.page import customer_page
from mailbot.core.ticket import OptedOut
from mailbot.orders import OrderTable
from mailbot.store import customers
from mailbot.store.customers import Flags
from tests.conftest import MONDAY
from tests.console.conftest import letter, ticket_of

LI, AT = "li.ming@mail.example", "/customers/li.ming@mail.example"
HEAD = "number,address,phone,product,state,bought_at,carrier,tracking,warranty_until\n"
MINE = f"SO20261119000777,{LI},13800000000,洗衣机 XQ-8,已签收,2026-11-19,顺丰速运,SF1234567890123,2032-11-19\n"
THEIRS = "SO20261119000777,zhao.min@mail.example,13900000000,空调挂机,已发货,2026-11-02,中通快递,,\n"


def with_orders(world, tmp_path, *lines):
    (tmp_path / "orders.csv").write_text(HEAD + "".join(lines), encoding="utf-8")
    world.app.desk.door = replace(world.app.desk.door, orders=OrderTable(tmp_path / "orders.csv"))


def flags(world):
    with world.app.engine.read() as tx:
        return customers.flags(tx, LI)


@pytest.mark.rule("000-42")
@pytest.mark.rule("002-14")
@pytest.mark.rule("003-07")
def test_one_page_holds_tickets_orders_contacts_and_the_wish_for_no_revisits(world, tmp_path):
    number = world.deliver(letter())
    with_orders(world, tmp_path, MINE)
    world.app.desk.handle(ticket_of(world, number).id, OptedOut("link"), MONDAY)

    html = world.browser("xiaozhou").get(AT).text

    for words in (LI, number, "申请退货", "李明", "不愿收到回访邮件", "客户点了链接", "首次来信"):
        assert words in html
    for words in (
        "SO20261119000777",
        "洗衣机 XQ-8",
        "已签收",
        "顺丰速运",
        "SF1234567890123",
        "保修期内",
        "2032年11月19日",
    ):
        assert words in html


@pytest.mark.rule("000-10")
@pytest.mark.rule("002-10")
def test_another_customers_order_shows_only_the_number_that_was_written(world, tmp_path):
    world.deliver(letter())
    with_orders(world, tmp_path, THEIRS)

    html = world.browser("xiaozhou").get(AT).text

    assert "SO20261119000777" in html
    assert "不能确定属于这位客户" in html
    assert [] == [each for each in ("空调挂机", "已发货", "中通", "zhao.min", "13900000000") if each in html]


@pytest.mark.parametrize(("lines", "says"), [((), "查不到这个订单"), (None, "没有设置订单查询")])
def test_an_order_that_is_not_found_says_so(world, tmp_path, lines, says):
    world.deliver(letter())
    if lines is not None:
        with_orders(world, tmp_path, *lines)

    assert says in world.browser("xiaozhou").get(AT).text


@pytest.mark.rule("002-39")
def test_flags_are_kept_with_who_set_them_and_shown_on_the_ticket(world):
    number = world.deliver(letter())
    agent = world.browser("xiaozhou")
    before = world.draft(number).text

    answer = agent.post(AT, on=AT, account="vip", elderly="yes", text=" 请找王经理\r\n", seen="")

    assert (303, f"{AT}?done=flagged") == (answer.status_code, answer.headers["location"])
    assert ("vip", True, "请找王经理", "xiaozhou") == (
        flags(world).account, flags(world).elderly, flags(world).note, flags(world).changed_by,
    )  # fmt: skip
    html = agent.get(answer.headers["location"]).text
    assert "客户标记已保存" in html
    assert "最近修改 小周" in html
    assert "已经写好的草稿不会改动" in html
    assert before == world.draft(number).text
    ticket = agent.get(f"/tickets/{number}").text
    side = ticket.partition('id="h-customer"')[2].partition("</section>")[0]
    assert "VIP客户" in side
    assert "年长客户" in side
    assert f'href="{AT}"' in ticket


@pytest.mark.parametrize("field", [{"account": "gold"}, {"elderly": "maybe"}])
def test_codes_that_are_in_no_list_change_nothing(world, field):
    world.deliver(letter())
    agent = world.browser("xiaozhou")

    answer = agent.post(AT, on=AT, **{"account": "vip", "elderly": "", "text": "", "seen": "", **field})

    assert 409 == answer.status_code
    assert "请从列表中选择" in answer.text
    assert flags(world) is None


def test_a_colleagues_change_is_not_overwritten_and_the_typing_is_kept(world):
    world.deliver(letter())
    agent = world.browser("xiaozhou")
    with world.app.engine.write() as tx:
        customers.set_flags(tx, LI, Flags("business", None, "对公付款"), "meili", MONDAY)

    answer = agent.post(AT, on=AT, account="vip", elderly="", text="我写的说明", seen="")

    assert 409 == answer.status_code
    assert "刚才有同事改过" in answer.text
    assert "我写的说明" in answer.text
    assert "对公付款" in answer.text
    assert "business" == flags(world).account
    seen = flags(world).changed_at.isoformat()
    again = agent.post(AT, on=AT, account="vip", elderly="", text="我写的说明", seen=seen)
    assert (303, "vip") == (again.status_code, flags(world).account)


@pytest.mark.rule("002-39")
def test_the_kind_of_account_that_a_mail_tells_of_is_said_in_words(world):
    number = world.deliver(letter("开票", "您好，我公司需要开增值税专用发票，请问怎么办理？"))

    html = world.browser("xiaozhou").get(f"/tickets/{number}").text

    assert "<dt>账户类型</dt><dd>企业客户</dd>" in html


def test_the_ticket_counts_the_customers_other_open_tickets(world):
    first = world.deliver(letter())
    agent = world.browser("xiaozhou")
    assert "另有未结工单" not in agent.get(f"/tickets/{first}").text
    world.app.clock.move_to(MONDAY + timedelta(hours=2))
    second = world.deliver(letter("冰箱除霜", "请问冰箱怎么除霜？"))
    assert first != second

    assert "另有未结工单 1 个" in agent.get(f"/tickets/{first}").text


def test_the_list_of_tickets_leads_to_the_customer(world):
    world.deliver(letter())

    assert f'href="{AT}"' in world.browser("xiaozhou").get("/tickets").text


@pytest.mark.parametrize("path", ["/customers/nobody@mail.example", "/customers/", "/customers/%00"])
def test_who_never_wrote_has_no_page(world, path):
    assert 404 == world.browser("xiaozhou").get(path).status_code


def test_strangers_words_stay_words_and_any_address_has_its_page(world):
    number = world.deliver(
        letter("<script>alert(1)</script>", "<b>退货</b>，颜色不对", sender=("<i>x</i>", "a/b?c#d+z@mail.example"))
    )
    customer = ticket_of(world, number).customer
    agent = world.browser("xiaozhou")
    link = agent.get(f"/tickets/{number}").text.partition('href="/customers/')[2].partition('"')[0]

    answer = agent.get(f"/customers/{link}")

    assert 200 == answer.status_code
    assert customer in answer.text
    assert "<script>alert" not in answer.text
    assert "<i>x" not in answer.text


@given(st.text(min_size=1, max_size=40))
def test_a_link_to_a_customer_is_one_path_that_leads_back_to_the_address(address):
    link = urlsplit(f"http://127.0.0.1{customer_page(address.encode('utf-8', 'replace').decode())}")

    assert ("", "") == (link.query, link.fragment)
    assert f"/customers/{address.encode('utf-8', 'replace').decode()}" == unquote(link.path)


def test_the_page_speaks_english_too(world):
    world.deliver(letter())

    html = world.browser("xiaozhou").get(f"{AT}?lang=en").text

    assert "no look-up of orders is set up" in html
    assert "Nobody has set any yet." in html
    assert "May be asked" in html
