"""Whose an order is, and what a mail to its buyer may say."""

from __future__ import annotations

from datetime import datetime

import pytest

from mailbot.core.order import Order, order_words
from mailbot.core.patterns import Product

NOW = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
LI, EVE, PHONE = "li.ming@mail.example", "eve@mail.example", "13800000017"
CATALOGUE = (Product("洗衣机", ("滚筒洗衣机",), ("XQ-8",), 72),)


@pytest.mark.rule("002-10")
@pytest.mark.parametrize(
    ("order", "address", "phones", "maybe", "surely"),
    [
        (Order("1", LI), "Li.Ming@mail.example", (), True, True),
        (Order("1", LI, PHONE), EVE, (PHONE,), True, False),  # the phone stands on the parcel
        (Order("1", "", PHONE), EVE, ("138 0000 0017",), True, True),
        (Order("1", LI), EVE, (), False, False),
        (Order("1", ""), EVE, (), True, False),
    ],
)
def test_an_order_is_told_of_only_to_whom_it_surely_belongs(
    order: Order, address: str, phones: tuple[str, ...], maybe: bool, surely: bool
) -> None:
    assert (maybe, surely) == (order.belongs_to(address, phones), order.surely_belongs_to(address, phones))


@pytest.mark.parametrize(
    ("bought", "until", "warranty", "told"),
    [
        ("2026-11-02 10:00", "", "in", "2032年11月2日"),
        ("2018年2月28日", "", "over", "2024年2月28日"),
        ("2026-11-02", "2026-11-22", "over", "2026年11月22日"),
        ("2026-11-02", "2026-11-23", "in", "2026年11月23日"),
        ("gestern", "", "", ""),
        ("2026-02-31", "", "", ""),
    ],
)
def test_the_warranty_is_what_the_shop_says_or_the_catalogue(bought: str, until: str, warranty: str, told: str) -> None:
    order = Order("1", LI, product="滚筒洗衣机 XQ-8", bought_at=bought, warranty_until=until)

    words = order_words(order, CATALOGUE, NOW, "zh")

    assert (warranty, told) == (words["warranty"], words["warranty_until"])


def test_without_the_catalogues_word_nothing_is_said_of_a_warranty() -> None:
    words = order_words(Order("1", LI, product="风扇", bought_at="2026-11-02"), CATALOGUE, NOW, "en")

    assert ("", "", "2 November 2026") == (words["warranty"], words["warranty_until"], words["order_date"])
