"""What must not leave is stopped, and what is fine is left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.review import Context, DraftText, known_values, review

DRAFT = DraftText(
    subject="Re: 空调有异响",
    text="尊敬的王女士，您好！\n\n订单号是 20261101000123，我们会在4个工作小时内给您答复。客服热线 400-000-0000。",
    to=("wang@mail.example",),
)
CONTEXT = Context(
    customer="wang@mail.example",
    sender="wang@mail.example",
    allowed=known_values(["订单号：20261101000123", "客服热线 400-000-0000", "support@shop.example", "20261123-0001"]),
    customer_words="[急] 空调有异响，订单号：20261101000123",
)


def found(draft: DraftText = DRAFT, context: Context = CONTEXT) -> list[tuple[str, str]]:
    return [(each.check, each.level) for each in review(draft, context)]


def saying(text: str) -> DraftText:
    return replace(DRAFT, text=f"{DRAFT.text}\n{text}")


def test_a_good_draft_has_no_findings() -> None:
    assert found() == []


@pytest.mark.rule("000-25")
@pytest.mark.parametrize(
    "words",
    [
        "您的[订单号]已查到", "{{ salutation }}", "尊敬的[姓氏]女士", "【产品名称】已登记", "将在XXX内", "××××", "X月X日上门",
        "某某工程师", "尊敬的*女士", "尊敬的先生/女士", "时间：____", "［具体时间］", "待补充", "Dear [name]", "<姓名>", "X天内", "{% if %}",
    ],
)  # fmt: skip
def test_what_is_left_to_be_filled_in_blocks(words: str) -> None:
    assert ("placeholder", "block") in found(saying(words))


@pytest.mark.parametrize(
    "words",
    [
        "您提到的“[急] 空调有异响”",
        "【工单 20261123-0001】",
        "型号 KFR-35X",
        "MAXXX 系列",
        "(Windows XP)",
        "共 3 x 2 台",
        "1*2",
        "Xbox 一台",
    ],
)
def test_brackets_and_letters_with_a_meaning_pass(words: str) -> None:
    assert found(saying(words)) == []


def test_a_placeholder_in_the_subject_blocks() -> None:
    assert ("placeholder", "block") in found(replace(DRAFT, subject="关于[订单号]"))


@pytest.mark.rule("000-30")
@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("请联系 li.ming@mail.example", "foreign_address"),
        ("电话 13912345678", "foreign_phone"),
        ("电话 139 1234 5678", "foreign_phone"),
        ("电话１３９１２３４５６７８", "foreign_phone"),
        ("电话 139\u200b12345678", "foreign_phone"),
        ("电话 +86-139-1234-5678", "foreign_phone"),
        ("座机 0571-88001234", "foreign_phone"),
        ("call +44 20 7946 0000", "foreign_phone"),
        ("订单 20261101000999", "foreign_order"),
        ("订单号：A1B2C3", "foreign_order"),
        ("ORD2026110199", "foreign_order"),
        ("260815-123456789012345", "foreign_order"),
        ("工单 20261123-0002", "foreign_ticket"),
    ],
)
def test_what_may_be_another_customers_blocks(words: str, check: str) -> None:
    assert [(check, "block")] == found(saying(words))


def test_what_the_ticket_knows_may_be_said_in_any_writing() -> None:
    context = replace(CONTEXT, allowed=CONTEXT.allowed | known_values(["我的电话 13912345678，Wang@Mail.example"]))

    assert (
        found(
            saying("电话 +86 139 1234 5678，邮箱 wang@mail.example，订单号 20261101 000123".replace(" 0001", "0001")),
            context,
        )
        == []
    )


def test_a_new_tracking_number_is_only_asked_about() -> None:
    assert found(saying("配件已发货，顺丰 SF1234567890123")) == [("foreign_tracking", "warn")]
    assert found(saying("已发货，中通快递单号 75123456789012")) == [("foreign_tracking", "warn")]


@pytest.mark.parametrize(
    "words",
    ["2026年11月23日 13:00", "5分钟", "价格 1,299.00 元", "24小时内", "3.14159265358979", "第1234567号"],
)
def test_dates_times_and_amounts_are_nobodys(words: str) -> None:
    assert found(saying(words)) == []


def test_identity_and_bank_cards_block_even_the_customers_own() -> None:
    card = "11010519491231002X"
    context = replace(CONTEXT, allowed=CONTEXT.allowed | known_values([card, "6222021234567890128"]))

    assert ("id_card", "block") in found(saying(f"证件 {card}"), context)
    assert ("bank_card", "block") in found(saying("银行卡号 4111 1111 1111 1111"), context)
    assert ("bank_card", "block") not in found(saying("4111111111111111 已签收"), context)
    assert card not in repr(review(saying(card), context)[0].excerpt)


def test_nothing_said_blocks() -> None:
    assert found(replace(DRAFT, text=" \n。")) == [("empty", "block")]
    assert found(replace(DRAFT, subject=" ")) == [("empty", "block")]


def test_the_reply_goes_to_who_wrote_or_it_is_blocked() -> None:
    assert ("recipient", "block") in found(replace(DRAFT, to=("zhao@mail.example",)))
    assert ("recipient", "block") in found(replace(DRAFT, to=()))
    assert found(replace(DRAFT, to=("WANG@mail.example",))) == []


def test_further_readers_are_asked_about() -> None:
    assert found(replace(DRAFT, cc=("boss@mail.example",))) == [("recipient", "warn")]
    assert found(replace(DRAFT, to=("wang@mail.example", "x@mail.example"))) == [("recipient", "warn")]
    assert found(context=replace(CONTEXT, reply_to=("other@mail.example",))) == [("recipient", "warn")]
    assert found(context=replace(CONTEXT, reply_to=("wang@mail.example",))) == []


@pytest.mark.parametrize("hostile", ["a\r\nBcc: x@y.test", "a\nb", "a\x00"])
def test_a_line_break_in_a_header_blocks(hostile: str) -> None:
    assert ("header", "block") in found(replace(DRAFT, subject=hostile))
    assert ("header", "block") in found(replace(DRAFT, cc=(hostile,)))


def test_another_language_than_the_customers_is_pointed_out() -> None:
    english = replace(
        DRAFT, subject="Re: AC", text="Dear customer, we will answer you within 4 working hours. Thank you."
    )

    assert found(english) == [("language", "warn")]
    assert found(english, replace(CONTEXT, language="en")) == []
    assert ("language", "warn") in found(DRAFT, replace(CONTEXT, language="en"))


def test_what_blocks_stands_first_and_nothing_twice() -> None:
    levels = [
        level
        for _, level in found(replace(saying("x@y.test 和 x@y.test 和很长的一段话，[姓名]"), cc=("b@mail.example",)))
    ]

    assert sorted(levels) == ["block", "block", "warn"]
    assert levels[-1] == "warn"


@given(st.text(max_size=400), st.text(max_size=60))
def test_no_draft_raises(text: str, subject: str) -> None:
    review(replace(DRAFT, text=text, subject=subject), CONTEXT)


@given(st.lists(st.integers(13000000000, 19999999999), min_size=1, max_size=5))
def test_every_unknown_mobile_number_is_seen(phones: list[int]) -> None:
    findings = review(saying(" ".join(map(str, phones))), CONTEXT)

    assert {str(phone) for phone in phones} == {each.excerpt for each in findings if each.level == "block"}


@pytest.mark.parametrize(
    "hostile",
    [
        "[" * 100_000,
        "1 " * 100_000,
        "a@" * 100_000,
        "X" * 200_000,
        "1-" * 100_000,
        "13912345678 " * 16_000,
        "订单" * 90_000,
    ],
)
def test_a_hostile_draft_costs_little(hostile: str) -> None:
    review(saying(hostile), CONTEXT)
