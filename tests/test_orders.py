"""The order table: read from what shops export, looked up before a plan, and silent about everything else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailbot.app import App, build, make_loops
from mailbot.config import Config
from mailbot.core.decision import DraftWanted
from mailbot.core.errors import UserError
from mailbot.core.ticket import SolutionOffered, Ticket
from mailbot.drafting import Desktop, draft_from_notice
from mailbot.orders import Order, OrderTable, read_orders
from tests.core.events import CUSTOMER, NOW, ticket
from tests.line import Line, letter

HEAD = "number,address,phone,product,state,bought_at\n"
MINE = f"20261101000123,{CUSTOMER},13800000000,洗衣机 XQ-8,已签收,2026-11-01\n"
THEIRS = "20261101000999,zhao.min@mail.example,13900000000,空调,已发货,2026-11-02\n"
WANTED = DraftWanted("reply", "decline", "zh", None, more=(("wish", "全额退款"), ("reason", "签收已超过七天")))


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
        path = tmp_path / "orders.csv"
        path.write_bytes((head + "".join(lines)).encode(encoding))
        return path

    return write


def ordered(*numbers: str, **over: Any) -> Ticket:
    facts = tuple(("order_number", number) for number in numbers)
    return ticket(facts=facts, **over)


def messages(desktop: Desktop, given: Ticket, wanted: DraftWanted = WANTED) -> list[str]:
    draft = draft_from_notice(desktop, given, wanted, NOW)
    assert not draft.blocked
    return [each["message"] for each in draft.findings if each["check"] == "order_unchecked"]


# ---- the file ----


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_table_is_read_as_spreadsheets_save_it(encoding: str, delimiter: str, table: Callable[..., Path]) -> None:
    lines = [each.replace(",", delimiter).replace("\n", "\r\n") for each in (MINE, "\n", THEIRS)]

    orders = read_orders(table(*lines, head=HEAD.replace(",", delimiter), encoding=encoding))

    expected = Order("20261101000123", CUSTOMER, "13800000000", "洗衣机 XQ-8", "已签收", "2026-11-01")
    assert expected == orders["20261101000123"]
    assert 2 == len(orders)


def test_two_columns_are_enough_and_others_are_passed_over(table: Callable[..., Path]) -> None:
    path = table(f"x,{CUSTOMER},JD-2026 1101\n", head="remark,Address,NUMBER\n")

    assert Order("JD-2026 1101", CUSTOMER) == OrderTable(path).find("jd20261101")


def test_an_order_of_several_goods_has_a_line_for_each(table: Callable[..., Path]) -> None:
    assert 1 == len(read_orders(table(MINE, MINE.replace("洗衣机", "排水管"))))


@pytest.mark.parametrize(
    ("head", "lines", "line", "remedy"),
    [
        ("order,address\n", "1,a@mail.example\n", ":1", "name the columns"),
        ("number\n", "1\n", ":1", "no such column"),
        ("number,address,number\n", "", ":1", "stands twice"),
        (HEAD, MINE + ",a@mail.example,,,,\n", ":3", "is empty"),
        (HEAD, MINE + "123\n", ":3", "fewer columns"),
        (HEAD, "2.02611E+13,a@mail.example,,,,\n", ":2", "format the column as text"),
        (HEAD, MINE + MINE.replace(CUSTOMER, "zhao.min@mail.example"), ":3", "another address"),
        (HEAD, '"abc"x,a@mail.example,,,,\n', ":2", "no CSV"),
        ("", "", ":1", "no such column"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_remedy(
    head: str, lines: str, line: str, remedy: str, table: Callable[..., Path]
) -> None:
    with pytest.raises(UserError) as raised:
        read_orders(table(lines, head=head))

    assert raised.value.where.endswith(f"orders.csv{line}")
    assert remedy in raised.value.remedy


def test_what_is_no_text_and_what_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_bytes(b"\xff\xff\xff")

    with pytest.raises(UserError, match="UTF-8"):
        read_orders(tmp_path / "orders.csv")
    with pytest.raises(UserError, match="cannot be read"):
        OrderTable(tmp_path / "none.csv")


def test_an_edit_is_read_and_a_broken_one_keeps_the_old_table(table: Callable[..., Path]) -> None:
    orders = OrderTable(table(MINE))
    assert not orders.refresh()

    def edited(*lines: str, head: str = HEAD) -> bool:
        path = table(*lines, head=head)
        before = path.stat().st_mtime_ns
        os.utime(path, ns=(before, before + 1_000_000_000))
        return orders.refresh()

    assert edited(MINE, THEIRS)
    assert orders.find("20261101000999") is not None
    assert not edited(MINE, head="broken\n")
    assert orders.find("20261101000999") is not None
    orders.path.unlink()
    assert not orders.refresh()
    assert orders.find("20261101000123") is not None


# ---- what it says of a draft ----


@pytest.mark.rule("003-15")
@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (("20261101000123",), []),
        ((), []),
        (("20261101000777",), ["订单 20261101000777 在订单表里查不到，定方案前请先核对"]),
        (("20261101000999",), ["订单 20261101000999 在订单表里登记的是另一位客户，定方案前请先核对"]),
        (
            ("20261101000123", "20261101000999", "20261101000999", "7"),
            ["订单 20261101000999 在订单表里登记的是另一位客户，定方案前请先核对", "订单 7 在订单表里查不到，定方案前请先核对"],
        ),
    ],
)  # fmt: skip
def test_an_order_that_is_not_the_customers_is_shown_before_a_plan(
    numbers: tuple[str, ...], expected: list[str], desktop: Desktop, table: Callable[..., Path]
) -> None:
    known = replace(desktop, orders=OrderTable(table(MINE, THEIRS)))

    assert expected == messages(known, ordered(*numbers))


@pytest.mark.rule("003-15")
def test_a_customer_who_writes_from_elsewhere_is_known_by_phone(desktop: Desktop, table: Callable[..., Path]) -> None:
    known = replace(desktop, orders=OrderTable(table(MINE)))
    elsewhere = ordered("20261101000123", customer="li.ming@work.example")
    with_phone = replace(elsewhere, facts=(*elsewhere.facts, ("phone", "+86 138-0000-0000")))

    assert 1 == len(messages(known, elsewhere))
    assert [] == messages(known, with_phone)
    assert [] == messages(known, replace(ordered("20261101000123"), customer=CUSTOMER.upper()))


def test_nothing_of_the_order_goes_into_the_mail(desktop: Desktop, table: Callable[..., Path]) -> None:
    known = replace(desktop, orders=OrderTable(table(THEIRS)))

    draft = draft_from_notice(known, ordered("20261101000999"), WANTED, NOW)

    assert not any(each in draft.text + str(draft.findings) for each in ("zhao.min", "13900000000", "空调", "已发货"))


def test_without_a_table_and_in_automatic_mails_nothing_is_looked_up(
    desktop: Desktop, table: Callable[..., Path]
) -> None:
    known = replace(desktop, orders=OrderTable(table(MINE)))

    assert [] == messages(desktop, ordered("7"))
    assert [] == messages(known, ordered("7"), DraftWanted("progress", "progress", "zh", None))


# ---- the setting ----


def test_the_table_is_named_in_the_configuration_and_looked_at_while_running(
    make_config: Callable[..., Config], table: Callable[..., Path]
) -> None:
    path = table(MINE)
    app = build(make_config(orders={"file": "orders.csv"}))
    try:
        orders = app.desk.door.orders
        assert orders is not None
        assert path == orders.path
        assert orders is app.desk.desktop().orders

        table(MINE, THEIRS)
        os.utime(path, ns=(1, 1))
        make_loops(app, ())[0].step()

        assert orders.find("20261101000999") is not None
    finally:
        app.close()


def test_without_the_setting_there_is_no_table(make_config: Callable[..., Config]) -> None:
    app = build(make_config())
    try:
        assert app.desk.door.orders is None
    finally:
        app.close()


@pytest.mark.parametrize(("orders", "key"), [({"file": 7}, "orders.file"), ({"path": "x"}, "orders.path")])
def test_a_wrong_setting_is_named(orders: dict[str, object], key: str, make_config: Callable[..., Config]) -> None:
    with pytest.raises(UserError) as raised:
        make_config(orders=orders)

    assert key == raised.value.key


def test_a_table_that_is_not_there_stops_the_start(make_config: Callable[..., Config]) -> None:
    with pytest.raises(UserError, match=r"orders\.file"):
        build(make_config(orders={"file": "none.csv"}))


# ---- through the door ----


@pytest.mark.rule("003-15")
@pytest.mark.rule("003-16")
def test_an_offer_for_an_order_nobody_knows_is_drafted_with_the_finding_and_can_be_approved(
    make_app: Callable[..., App], tmp_path: Path
) -> None:
    line = Line(make_app())
    ticket_id = line.deliver(letter(text="洗衣机按下开关没有反应,无法开机。订单号 20261101000777。")).ticket_id
    (tmp_path / "orders.csv").write_text(HEAD + THEIRS, encoding="utf-8")
    line.app.desk.door = replace(line.app.desk.door, orders=OrderTable(tmp_path / "orders.csv"))
    given = line.ticket(ticket_id)
    plan = next(iter(line.app.shelf.volume.book.policy.suiting(given.category, given.topic)))

    assert line.handle(ticket_id, SolutionOffered("wang", "启动电容损坏", (plan.code,), side="company")) is None

    (draft,) = line.drafts(ticket_id)
    assert ("solution", True, False) == (draft.template, draft.asks, draft.blocked)
    assert "order_unchecked" in {each["check"] for each in draft.findings}
    line.approve(ticket_id, "wang")
    assert plan.name[0] == line.ticket(ticket_id).plan
    assert "offered" in line.journal(ticket_id)
