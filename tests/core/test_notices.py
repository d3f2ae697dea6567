"""Mails that answer no single mail say what the ticket and the office know, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.known_facts import INTERNAL_FACTS, KNOWN_FACTS, NOTICE_FACTS
from mailbot.core.notices import MAX_PHRASES, material_items, notice_facts, reminder_facts
from mailbot.core.rules import FACTS
from mailbot.core.ticket import State, Ticket
from mailbot.core.wording import Occasion, moment_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 11, 9, 9, 0, tzinfo=SHANGHAI)
OCCASION = Occasion("20261105-0001", "示例电器", "400-000-0000", topic_name="产品故障")
ENGLISH = replace(OCCASION, company_name="Example Appliances", language="en")
TICKET = Ticket(
    number="20261105-0001",
    mailbox="service",
    customer="li.ming@mail.example",
    subject="回复: Re: 洗衣机响",
    language="zh",
    category="fault",
    topic="malfunction",
    priority="important",
    state=State.IN_PROGRESS,
    waiting_on="us",
    opened_at=datetime(2026, 11, 5, 1, 0, tzinfo=UTC),
    updated_at=datetime(2026, 11, 5, 1, 0, tzinfo=UTC),
    missing=("model",),
    facts=(
        ("order_number", "20261101000123"),
        ("order_number", "20261101000124"),
        ("phone", "13800000000"),
        ("product", "洗衣机"),
        ("model", "XQ-8"),
        ("symptom", "每次脱水都响得厉害"),
        ("demand", "要求换货"),
        ("name", "王女士"),
    ),
)


def test_the_ticket_says_what_is_known() -> None:
    made = notice_facts(TICKET, OCCASION, {})

    expected = {
        "ticket_number": "20261105-0001",
        "salutation": "尊敬的王女士",
        "customer_subject": "洗衣机响",
        "order_number": "20261101000123",
        "order_numbers": ("20261101000123", "20261101000124"),
        "goods": "洗衣机 XQ-8",
        "symptom": "每次脱水都响得厉害",
        "demand": "要求换货",
        "wish": "换货",
        "problem": "每次脱水都响得厉害",
        "has_phone": True,
        "missing": ("model",),
        "topic_name": "产品故障",
        "response_time": "4个工作小时内",
        "questions": (),
    }
    assert expected == {name: made[name] for name in expected}


def test_what_is_not_known_is_empty() -> None:
    made = notice_facts(replace(TICKET, subject="", facts=(), missing=()), OCCASION, {})

    assert made["salutation"] == "尊敬的客户"
    assert all(not made[name] for name in NOTICE_FACTS)
    assert all(not made[name] for name in ("order_number", "goods", "symptom", "demand", "customer_subject"))


@given(
    st.dictionaries(st.sampled_from(["symptom", "demand", "name", "order_number", "product"]), st.text(max_size=300)),
    st.text(max_size=300),
    st.sampled_from([OCCASION, ENGLISH]),
)
def test_every_fact_is_there_and_stands_on_one_line(said: dict[str, str], subject: str, occasion: Occasion) -> None:
    made = notice_facts(replace(TICKET, subject=subject, facts=tuple(said.items())), occasion, {"score": 3})

    assert set(KNOWN_FACTS) == set(made)
    lines = [each for each in made.values() if isinstance(each, str)]
    assert not any("\n" in each or "\r" in each or len(each) > 300 for each in lines)


@pytest.mark.parametrize(
    ("facts", "subject", "expected"),
    [
        ((("symptom", "开机异响"), ("demand", "要求换货")), "急", "开机异响"),
        ((("demand", "要求换货"),), "急件", "要求换货"),
        ((("demand", "要求换货"),), "收到的电饭煲内胆是裂的", "收到的电饭煲内胆是裂的"),
        ((("demand", "产品无法开机"),), "急件", "产品无法开机"),
        ((), "Re: 空调保修", "空调保修"),
        ((("symptom", "打13912345678没人接"),), "空调保修", "空调保修"),  # contact data is not repeated
        ((), "https://evil.example/x", ""),
        ((), "急", ""),
    ],
)
def test_the_case_in_a_short_phrase(facts: tuple[tuple[str, str], ...], subject: str, expected: str) -> None:
    assert expected == notice_facts(replace(TICKET, facts=facts, subject=subject), OCCASION, {})["problem"]


def test_a_time_is_told_in_the_zone_it_bears() -> None:
    more = {"next_by": MONDAY, "resumes_at": MONDAY, "new_by": "下周三"}

    chinese, english = (notice_facts(TICKET, each, more) for each in (OCCASION, ENGLISH))

    assert (chinese["next_by"], chinese["resumes_at"]) == ("11月9日（周一）09:00前", "11月9日（周一）09:00")
    assert (english["next_by"], english["resumes_at"]) == ("by 09:00 on Monday, 9 Nov", "09:00 on Monday, 9 Nov")
    assert chinese["new_by"] == "下周三"
    assert moment_text(MONDAY, "zh") == "11月9日（周一）09:00"


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        (("已联系维修团队，预计明日上门。",), ("已联系维修团队，预计明日上门",)),
        (("已发货\n\n单号稍后告诉您；",), ("已发货", "单号稍后告诉您")),
        ((" ", "。", "好了！"), ("好了",)),
        (("It works.", "more to come..."), ("It works", "more to come...")),
        (("x",) * 99, ("x",) * MAX_PHRASES),
    ],
)
def test_what_agents_note_loses_line_breaks_and_the_last_full_stop(
    noted: tuple[str, ...], told: tuple[str, ...]
) -> None:
    assert told == notice_facts(TICKET, OCCASION, {"news": noted})["news"]


def test_a_quoted_phrase_holds_no_quotation_marks_of_its_own() -> None:
    made = notice_facts(TICKET, OCCASION, {"suggestion": "加一个“静音”档。", "result": "已更换轴承。", "count": 2})

    assert made["suggestion"] == "加一个‘静音’档"
    assert made["result"] == "已更换轴承"
    assert made["count"] == 2


def test_what_the_caller_says_outweighs_the_ticket() -> None:
    assert notice_facts(TICKET, OCCASION, {"problem": "运费补偿"})["problem"] == "运费补偿"


@pytest.mark.rule("002-27")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_fact_a_rule_may_require_can_be_asked_for(language: str) -> None:
    for code in (*FACTS, "proof"):
        (item,) = material_items((code,), language)
        assert not item.endswith(("。", "."))
        assert any(how in item for how in ("回信", "附件", "repl", "attached"))


@pytest.mark.rule("002-27")
def test_exactly_what_is_missing_is_asked_for_once() -> None:
    items = material_items(("photo", "proof", "photo", "no_such_fact"), "zh")

    assert items == (
        "故障部位的照片或一小段视频，直接作为附件回复本邮件",
        "购买凭证（发票、小票或订单截图都可以）的照片，直接作为附件回复本邮件",
    )
    assert () == material_items((), "en")


@pytest.mark.rule("001-52")
def test_a_reminder_knows_nothing_of_any_customer() -> None:
    made = reminder_facts("示例电器", "zh", {"count": 1, "reminder_lines": ("20261105-0001 首次回复",)})

    assert set(KNOWN_FACTS) == set(made)
    assert all(not made[name] for name in set(KNOWN_FACTS) - set(INTERNAL_FACTS))
    assert made["reminder_lines"] == ("20261105-0001 首次回复",)


@pytest.mark.parametrize("hostile", ["！" * 200_000, "。" * 200_000, "\n" * 100_000, "." * 200_000, "“" * 200_000])
def test_hostile_words_cost_little(hostile: str) -> None:
    ticket = replace(TICKET, subject=hostile, facts=(("symptom", hostile), ("name", hostile)))

    notice_facts(ticket, OCCASION, {"news": (hostile,), "reason": hostile, "score_reason": hostile})
