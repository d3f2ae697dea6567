"""Mails that nobody wrote a letter for: whatever is known or not, they read as a good agent would write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from mailbot.core.notices import material_items, notice_facts, reminder_facts
from mailbot.core.review import Context, DraftText, known_values, review
from mailbot.core.ticket import Ticket
from mailbot.core.wording import Occasion
from mailbot.templates import NOTICE_PARTS, Rendered
from tests.core.test_notices import MONDAY, OCCASION, TICKET
from tests.test_templates import TEMPLATES, UNNATURAL

BOTH = pytest.mark.parametrize("language", ["zh", "en"])
AUTOMATIC = ("holding", "progress", "revisit_invitation", "revisit_reminder", "rating_thanks", "care")
URLS = tuple(f"https://service.shop.example/r/abcdefgh?score={score}" for score in range(5, 0, -1))
TUESDAY = MONDAY + timedelta(days=1, hours=8)

Value = str | int | datetime | tuple[str, ...]


def choices(language: str) -> dict[str, dict[str, tuple[Value, ...]]]:
    """For each template what may be told, each in every form beside not at all."""
    zh = language == "zh"
    items = tuple(material_items(codes, language) for codes in (("photo",), ("photo", "proof", "model")))
    news = (
        (("已联系维修团队，预计明日上门。",), ("已联系维修团队，预计明日上门", "配件已发货。"))
        if zh
        else (("We called the repair team.",), ("We called the repair team", "The part is on its way."))
    )
    result = ("已更换轴承，试机正常。" if zh else "we replaced the bearing.",)
    reason = ("配件缺货" if zh else "the part is out of stock",)
    department, person = ("维修部" if zh else "repair",), ("赵工程师" if zh else "Ms Zhao",)
    stop: dict[str, tuple[Value, ...]] = {"stop_url": (URLS[0],)}
    rating: dict[str, tuple[Value, ...]] = {"rating_url": (URLS[0],), "rating_urls": (URLS,), **stop}
    return {
        "holding": {"closed_now": ("1",), "resumes_at": (MONDAY,), "answer_by": (TUESDAY,)},
        "progress": {"news": news, "next_by": (TUESDAY,), "department_name": department, "expected_by": (TUESDAY,)},
        "delay": {"reason": reason, "new_by": (TUESDAY, "下周三" if zh else "next Wednesday"), "next_by": (TUESDAY,)},
        "transfer": {
            "department_name": department,
            "person": person,
            "contact_by": (TUESDAY, "24小时内" if zh else "within 24 hours"),
        },
        "material": {"items": items},
        "material_reminder": {"items": items},
        "solution": {  # its plans are shown in tests/core/test_solutions.py
            "cause": ("启动电容损坏" if zh else "a worn capacitor",),
            "responsible": ("company", "third_party", "customer", "none"),
        },
        "decline": {
            "wish": ("全额退款" if zh else "a full refund",),
            "reason": reason,
            "alternative": ("免费更换同款新品" if zh else "an exchange free of charge",),
        },
        "closing": {"result": result},
        "suggestion_adopted": {
            "suggestion": ("加一个“静音”档" if zh else "a “quiet” programme.",),
            "launch": ("2027年第一季度" if zh else "March 2027",),
        },
        "revisit_invitation": {"result": result, **rating},
        "revisit_reminder": rating,
        "rating_thanks": {"score": (1, 2, 3, 4, 5), "score_reason": reason, "contact_by": (TUESDAY,)},
        "care": stop,
    }


def combinations(options: dict[str, tuple[Value, ...]]) -> Iterator[dict[str, Value]]:
    for chosen in product(*((None, *values) for values in options.values())):
        yield {name: value for name, value in zip(options, chosen, strict=True) if value is not None}


def tickets(language: str) -> Iterator[Ticket]:
    """All facts, some, none; of every category."""
    english = (("name", "Ms Wang"), ("symptom", "it rattles on every spin"), ("order_number", "20261101000123"))
    full = TICKET if language == "zh" else replace(TICKET, subject="Rattling", language="en", facts=english)
    yield full
    yield replace(full, subject="", facts=())
    yield replace(full, category="request", facts=full.facts[-2:])
    yield replace(full, category="enquiry", facts=())
    yield replace(full, category="complaint", mood="angry")
    yield replace(full, category="other", priority="urgent", subject="漏电" if language == "zh" else "It is on fire")


def told(name: str, language: str, more: Mapping[str, Value], ticket: Ticket | None = None) -> Rendered:
    occasion = replace(OCCASION, language=language)
    return TEMPLATES.render(name, language, notice_facts(ticket or next(tickets(language)), occasion, more))


def all_told(language: str) -> Iterator[tuple[str, dict[str, Value], Ticket, Occasion, Rendered]]:
    for name, options in choices(language).items():
        for ticket, hotline in product(tickets(language), ("", OCCASION.hotline)):
            occasion = replace(OCCASION, language=language, hotline=hotline)
            for more in combinations(options):
                facts = notice_facts(ticket, occasion, more)
                yield name, more, ticket, occasion, TEMPLATES.render(name, language, facts)


@BOTH
def test_every_notice_reads_naturally_whatever_is_known(language: str) -> None:
    for name, more, _, _, rendered in all_told(language):
        text = re.sub(r"：\n1\. ", "：X ", rendered.text)
        text = re.sub(r"：\n(?=http|5 |已联系维修)", "：X ", text)
        found = UNNATURAL.search(text)

        assert not found, f"{name} {sorted(more)}: {found}\n{rendered.text}"
        assert not re.search(r"[?;,.”)][A-Za-z]", re.sub(r"https:\S+", "", rendered.text)), rendered.text
        assert rendered.subject
        assert "\n\n\n" not in rendered.text
        assert all(len(line) <= 320 for line in rendered.text.split("\n"))
        assert "20261105-0001" in rendered.subject + rendered.text  # 000-29: this case and no other
        if name in AUTOMATIC:
            last = rendered.text.split("\n")[-1]
            assert "由系统自动发送" in last or "was sent automatically" in last


@BOTH
def test_no_notice_of_ours_is_stopped_by_the_review(language: str) -> None:
    allowed = known_values(["订单20261101000123 订单20261101000124 400-000-0000 20261105-0001 13800000000", *URLS])
    for name, more, ticket, _, rendered in all_told(language):
        draft = DraftText(rendered.subject, rendered.text, (ticket.customer,))
        found = review(draft, Context(ticket.customer, ticket.customer, (), language, allowed))

        assert not [each for each in found if each.level == "block"], f"{name} {sorted(more)}\n{rendered.text}"


@pytest.mark.rule("000-36")
@pytest.mark.rule("003-11")
@BOTH
def test_a_holding_reply_says_why_and_by_when_and_is_no_answer(language: str) -> None:
    more: dict[str, Value] = {"closed_now": "1", "resumes_at": MONDAY, "answer_by": TUESDAY}

    closed, open_ = (told("holding", language, each).text for each in (more, {"answer_by": TUESDAY}))

    zh = language == "zh"
    assert ("11月9日（周一）09:00恢复上班" if zh else "back at 09:00 on Monday, 9 Nov") in closed
    assert (
        "最迟在11月10日（周二）17:00前答复您" if zh else "answer by 17:00 on Tuesday, 10 Nov at the latest"
    ) in closed
    assert ("还在核实" if zh else "still checking") in open_
    assert ("上班" if zh else "closed") not in open_
    assert ("客服人员会另行答复您" if zh else "one of our agents will answer you") in closed


def test_a_holding_reply_tells_of_danger_first() -> None:
    *_, burning = tickets("zh")

    assert "请先停止使用" in told("holding", "zh", {}, burning).text


@pytest.mark.rule("000-39")
@pytest.mark.rule("000-40")
@pytest.mark.rule("001-25")
@pytest.mark.rule("003-21")
def test_progress_is_told_as_the_agent_noted_it() -> None:
    text = told("progress", "zh", {"news": ("已联系维修团队，预计明日上门。",), "next_by": TUESDAY}).text

    assert "今天的进展是：\n已联系维修团队，预计明日上门。" in text
    assert "我们会在11月10日（周二）17:00前再次写信告诉您进展" in text


@pytest.mark.rule("001-26")
def test_progress_without_news_says_so_plainly() -> None:
    text = told("progress", "zh", {"next_by": TUESDAY}).text

    assert "我们还在处理，今天暂时没有新的结果可以告诉您" in text
    assert "今天的进展" not in text


@pytest.mark.rule("002-26")
def test_a_late_department_is_told_of_with_a_time() -> None:
    text = told("progress", "zh", {"department_name": "维修部", "expected_by": TUESDAY}).text

    assert "目前维修部正在加急处理，预计11月10日（周二）17:00前给您明确答复，感谢您的耐心等待。" in text


@pytest.mark.rule("001-23")
@pytest.mark.rule("004-24")
def test_a_delay_is_told_with_its_reason_and_the_new_time() -> None:
    text = told("delay", "zh", {"reason": "配件缺货", "new_by": TUESDAY}).text

    assert "推迟的原因是：配件缺货。" in text
    assert "我们会在11月10日（周二）17:00前处理好，或者告诉您最新的结果。" in text
    assert "非常抱歉" in text


@pytest.mark.rule("002-23")
def test_a_transfer_names_department_person_and_time() -> None:
    text = told("transfer", "zh", {"department_name": "维修部", "person": "赵工程师", "contact_by": TUESDAY}).text

    assert "您的问题已转接至维修部的赵工程师，将在11月10日（周二）17:00前与您联系，请保持电话畅通。" in text
    assert "仍由我们负责跟进，直到解决" in text


@pytest.mark.rule("002-27")
@pytest.mark.parametrize("name", ["material", "material_reminder"])
def test_material_is_listed_with_how_to_send_it(name: str) -> None:
    text = told(name, "zh", {"items": material_items(("photo", "proof"), "zh")}).text

    assert "1. 故障部位的照片或一小段视频，直接作为附件回复本邮件；\n2. 购买凭证" in text


@pytest.mark.rule("004-14")
def test_material_is_asked_for_with_its_reason() -> None:
    text = told("material", "zh", {"items": material_items(("photo",), "zh")}).text

    assert "能否麻烦您提供一下：故障部位的照片" in text
    assert "这样我们能更快定位问题原因" in text


@pytest.mark.rule("002-30")
@pytest.mark.rule("002-31")
def test_the_closing_sums_up_and_bids_farewell() -> None:
    text = told("closing", "zh", {"result": "已更换轴承，试机正常。"}).text

    assert "本次为您处理的是“每次脱水都响得厉害”" in text
    assert "解决方案是：已更换轴承，试机正常。请问还有其他可以帮您的吗？" in text
    assert "感谢您的来信，祝您生活愉快" in text


@pytest.mark.rule("002-35")
def test_an_adopted_suggestion_is_told_of() -> None:
    text = told("suggestion_adopted", "zh", {"suggestion": "加一个静音档", "launch": "2027年第一季度"}).text

    assert "您提出的“加一个静音档”" in text
    assert "已被纳入产品优化计划，预计2027年第一季度实施。" in text


@pytest.mark.rule("001-30")
@pytest.mark.rule("003-23")
@pytest.mark.rule("004-27")
@pytest.mark.rule("004-28")
def test_a_revisit_asks_for_way_and_result_and_offers_every_answer() -> None:
    text = told("revisit_invitation", "zh", {"rating_urls": URLS, "stop_url": "https://service.shop.example/stop"}).text

    assert "问题已解决" in text
    assert "请问对处理过程和结果是否满意？" in text
    assert "是不是已经彻底解决了？还有其他需要我们帮忙的地方吗？" in text
    assert len(URLS) == sum(url in text for url in URLS)
    assert "1 到 5 中的一个数字" in text
    assert "https://service.shop.example/stop" in text


@pytest.mark.rule("004-30")
def test_the_revisit_of_a_complaint_begins_as_one_who_does_not_want_to_disturb() -> None:
    complaint = replace(next(tickets("zh")), category="complaint", topic="quality")
    text = told("revisit_invitation", "zh", {}, complaint).text

    assert text.index("您好！这里是") < text.index("打扰一下，之前您反映的")


@pytest.mark.rule("004-29")
@BOTH
def test_every_rating_is_thanked_for_and_none_disputed(language: str) -> None:
    for score in range(6):
        text = told("rating_thanks", language, {"score": score}).text

        assert ("谢谢您" if language == "zh" else "Thank you") in text
        assert (score in (1, 2)) == (("重新打开" if language == "zh" else "reopened") in text)
        assert not re.search("但是|不过|其实|however|actually", text)


def test_only_who_gave_no_reason_is_asked_for_one() -> None:
    asked, known = (told("rating_thanks", "zh", {"score": 2, **more}).text for more in ({}, {"score_reason": "太慢"}))

    assert "哪里没有办好" in asked
    assert "哪里没有办好" not in known
    assert "您提到的“太慢”" in known


@BOTH
def test_a_reminder_counts_and_lists_what_waits(language: str) -> None:
    lines = ("20261105-0001 a", "20261105-0002 b")
    more: dict[str, Value] = {"count": 2, "urgent": "1", "recipient_name": "陈晓", "reminder_lines": lines}

    full = TEMPLATES.render("reminder", language, reminder_facts("示例电器", language, more))
    bare = TEMPLATES.render("reminder", language, reminder_facts("示例电器", language, {}))

    assert "2" in full.subject
    assert ("紧急" if language == "zh" else "Urgent") in full.subject
    assert "\n".join(lines) in full.text
    assert not UNNATURAL.search(bare.text.replace("Hello,", "Hello"))
    assert TEMPLATES.kind("reminder", language) == "internal"


def test_every_notice_with_parts_of_its_own_is_there() -> None:
    assert set(NOTICE_PARTS) == {*choices("zh"), "reminder"}
    assert set(NOTICE_PARTS) <= set(TEMPLATES.names())
