"""What a template may say is what the mail says, in words a customer would accept."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Attachment, Mail
from mailbot.core.quoting import Body
from mailbot.core.triage import Category, Priority, Triage
from mailbot.core.wording import KNOWN_FACTS, Occasion, clip, due_text, reply_facts, salutation, within

OCCASION = Occasion("20261123-0001", "示例电器", "400-000-0000")
ENGLISH = Occasion("20261123-0001", "Example Appliances", language="en")
PHOTO = Attachment(0, "a.jpg", "image/jpeg", 90_000, inline=False)
LOGO = Attachment(1, "logo.png", "image/png", 4_000, inline=True)
ORDER = Fact("20261101000123", "订单20261101000123")


def fact(value: str) -> Fact:
    return Fact(value, value)


def mail(new: str, *, subject: str = "", attachments: tuple[Attachment, ...] = ()) -> Mail:
    return Mail(
        None, None, None, (), (), (), subject, None, new, None, attachments, (), (), (), None, None, "text/plain", ()
    )  # fmt: skip


def triaged(
    category: Category = "fault", topic: str = "malfunction", priority: Priority = "important", *missing: str
) -> Triage:
    return Triage(category, topic, priority, 0.9, "calm", (), missing)


def said(
    new: str, triage: Triage, facts: Facts | None = None, occasion: Occasion = OCCASION, *photos: Attachment
) -> dict[str, object]:
    facts = facts or Facts()
    return reply_facts(mail(new, attachments=photos), Body(new, "", "", ()), facts, triage, occasion)


# -- Address --


@pytest.mark.rule("000-45")
@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("王女士", None, "尊敬的王女士"),
        ("王小红", "女士", "尊敬的王女士"),
        ("欧阳锋", "先生", "尊敬的欧阳先生"),
        ("李", "先生", "尊敬的李先生"),
        ("王小红女士", None, "尊敬的王女士"),
        ("李明", None, "李明"),
        ("李明", "Mr", "尊敬的李先生"),
        ("Ann Smith", None, "Ann Smith"),
        ("Ann Smith", "女士", "尊敬的 Ann Smith 女士"),
        (None, None, "尊敬的客户"),
        (None, "女士", "尊敬的客户"),
        ("a@mail.example", None, "尊敬的客户"),
        ("13800000000", "先生", "尊敬的客户"),
        ("{{ secret }}", None, "尊敬的客户"),
        ("很长" * 40, None, "尊敬的客户"),
    ],
)
def test_customers_are_addressed_as_they_call_themselves(name: str | None, title: str | None, expected: str) -> None:
    facts = Facts(customer_name=fact(name) if name else None, customer_title=title)

    assert expected == salutation(facts, "zh")


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("Ms Wang", None, "Dear Ms Wang"),
        ("Wang", "Ms", "Dear Ms Wang"),
        ("Ann Smith", None, "Dear Ann Smith"),
        ("Ann Smith", "Ms", "Dear Ms Smith"),
        ("Wei Wang", "Mr", "Dear Mr Wei Wang"),
        ("王小红", None, "Dear 王小红"),
        ("Zoë O'Neil", None, "Dear Zoë O'Neil"),
        (None, "Ms", "Dear customer"),
        ("http://x.test", None, "Dear customer"),
    ],
)
def test_english_addresses(name: str | None, title: str | None, expected: str) -> None:
    facts = Facts(customer_name=fact(name) if name else None, customer_title=title)

    assert expected == salutation(facts, "en")


# -- Time --


@pytest.mark.rule("003-09")
@pytest.mark.parametrize(
    ("priority", "chinese", "english"),
    [
        ("urgent", "1小时内", "within 1 hour"),
        ("important", "4个工作小时内", "within 4 working hours"),
        ("normal", "24小时内", "within 24 hours"),
    ],
)
def test_the_response_time_is_that_of_the_priority(priority: Priority, chinese: str, english: str) -> None:
    triage = triaged("enquiry", "policy", priority)

    assert chinese == said("x", triage)["response_time"]
    assert english == said("x", triage, None, ENGLISH)["response_time"]


def test_another_response_time_of_the_owner_stands() -> None:
    occasion = Occasion("20261123-0001", "示例电器", response_time=within(2, True, "zh"))

    assert said("x", triaged(), None, occasion)["response_time"] == "2个工作小时内"
    assert within(0.5, False, "zh") == "30分钟内"
    assert within(0.5, False, "en") == "within 30 minutes"


def test_the_latest_time_is_told_in_the_zone_it_bears() -> None:
    due = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=8)))

    assert due_text(due, "zh") == "11月23日（周一）13:00前"
    assert due_text(due, "en") == "by 13:00 on Monday, 23 Nov"
    assert due_text(None, "zh") == ""


# -- The customer's own words --


@pytest.mark.rule("000-26")
def test_a_fault_is_quoted_in_the_customers_words() -> None:
    facts = Facts(symptom=Fact("空调异响", "异响发生在开机后5分钟"))

    assert said("你好，异响发生在开机后5分钟，请处理", triaged(), facts)["quote"] == "异响发生在开机后5分钟"


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ("你好，请问空调保修期多久？谢谢", "空调保修期多久"),
        ("客服您好：\n我买了一台洗衣机。怎么设置预约？", "怎么设置预约"),
        ("我的快递到哪里了，单号75123456789012", "我的快递到哪里了"),
        ("你们的空调保修几年", "你们的空调保修几年"),
        ("在吗", ""),
        ("", ""),
        ("请看 http://evil.example/x 多少钱", ""),
        ("他说“没问题”，真的吗？", "他说‘没问题’，真的吗"),
    ],
)
def test_an_enquiry_is_quoted_by_its_question(new: str, expected: str) -> None:
    assert expected == said(new, triaged("enquiry", "policy", "normal"))["quote"]


def test_a_sentence_that_says_something_is_preferred_to_an_outcry() -> None:
    new = "气死我了！说好上周五上门的，到现在没人来！"

    assert said(new, triaged("complaint", "broken_promise"))["quote"] == "说好上周五上门的，到现在没人来"


def test_a_wish_is_quoted_with_its_sentence() -> None:
    facts = Facts(demand=Fact("要求退货", "我要退货"))

    assert said("我要退货，鞋柜买大了。", triaged("request", "return"), facts)["quote"] == "我要退货，鞋柜买大了"


def test_a_bare_wish_gives_way_to_what_is_wrong() -> None:
    facts = Facts(demand=Fact("要求退货", "我要退货"), symptom=fact("颜色发错了"))

    assert said("我要退货！颜色发错了", triaged("request", "return"), facts)["quote"] == "颜色发错了"


def test_quotations_hold_no_contact_data() -> None:
    facts = Facts(symptom=fact("打13912345678没人接"))

    assert "139" not in str(said("打13912345678没人接", triaged(), facts)["quote"])


def test_clipping_prefers_a_pause() -> None:
    assert clip("这是第一句话，这是第二句话，这是第三句话", 16) == "这是第一句话，这是第二句话…"
    assert clip("一二三四五六七八九十", 5) == "一二三四五…"
    assert clip(" “短。” ", 40) == "短"


def test_the_subject_stays_exact_so_that_threads_hold() -> None:
    message = mail("x", subject="回复: Re: 急！！")

    made = reply_facts(message, Body("x", "", "", ()), Facts(), triaged(), OCCASION)

    assert made["customer_subject"] == "急！！"


# -- Questions --

IDENTITY = "为了更准确地为您服务，能否提供一下您的注册手机号或订单编号？"


@pytest.mark.rule("002-11")
@pytest.mark.parametrize("category", ["enquiry", "fault", "complaint", "request"])
def test_without_order_and_phone_the_draft_asks_for_either(category: Category) -> None:
    made = said("x", triaged(category, "t", "normal", "order_number", "phone"))

    assert (IDENTITY,) == made["questions"]
    assert made["asks_identity"] is True


def test_with_an_order_or_a_phone_it_does_not() -> None:
    for facts in (Facts(order_numbers=(ORDER,)), Facts(phones=(fact("13800000000"),))):
        assert () == said("x", triaged(), facts)["questions"]


def test_thanks_and_suggestions_are_not_asked_who_they_are() -> None:
    assert () == said("谢谢", triaged("revisit", "thanks", "normal"))["questions"]
    assert () == said("建议加长电线", triaged("fault", "suggestion", "normal"))["questions"]


@pytest.mark.rule("001-04")
def test_what_is_missing_is_asked_and_what_was_said_is_not() -> None:
    facts = Facts(order_numbers=(ORDER,), model=fact("KF-35"))
    triage = triaged("complaint", "quality", "important", "model", "photo", "demand", "unheard_of")

    asked = said("x", triage, facts, OCCASION, PHOTO)["questions"]

    assert ("您希望我们怎样为您处理？",) == asked


def test_a_logo_is_no_photo() -> None:
    assert said("x", triaged(), None, OCCASION, LOGO)["has_photo"] is False
    assert said("x", triaged(), None, OCCASION, PHOTO)["has_photo"] is True


@pytest.mark.rule("000-52")
def test_a_fault_is_asked_when_how_and_what_was_tried() -> None:
    made = said("打不开了", triaged("fault", "malfunction", "important", "happened_at"), Facts(order_numbers=(ORDER,)))

    asked = (
        "这个情况是从什么时候开始的？",
        "它是一直存在，还是偶尔出现？",
        "发现问题后，您做过哪些尝试？结果怎样？",
    )
    assert asked == made["fault_questions"]


@pytest.mark.rule("003-14")
def test_the_key_facts_are_asked_for_by_open_and_closed_questions() -> None:
    lacking = ("order_number", "phone", "model", "symptom", "happened_at")

    asked = said("坏了", triaged("fault", "malfunction", "important", *lacking))["fault_questions"]

    text = "".join(asked)  # type: ignore[arg-type]
    assert all(each in text for each in ("订单", "型号", "什么时候", "还是偶尔")), text
    assert any(each.endswith("吗？") or "还是" in each for each in asked)  # type: ignore[attr-defined]
    assert any("什么" in each or "怎样" in each for each in asked)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("new", "occasion"),
    [
        ("从昨天开始，每次开机都响，已经重启过", OCCASION),
        ("Since yesterday it always hums. I tried a restart.", ENGLISH),
    ],
)
def test_a_fault_told_fully_is_asked_nothing(new: str, occasion: Occasion) -> None:
    made = said(new, triaged(), Facts(order_numbers=(ORDER,)), occasion)

    assert () == made["fault_questions"]
    assert made["has_tried"] is True


def test_a_device_that_restarts_itself_was_not_tried() -> None:
    assert said("机器自动重启了", triaged())["has_tried"] is False


def test_nobody_is_asked_more_than_six_things() -> None:
    missing = (
        "tracking_number",
        "product",
        "model",
        "serial",
        "symptom",
        "demand",
        "photo",
        "people",
        "name",
    )

    made = said("x", triaged("fault", "malfunction", "important", *missing))

    assert len(made["fault_questions"]) == 6  # type: ignore[arg-type]


def test_an_uncertain_order_number_is_marked_and_a_certain_one_preferred() -> None:
    unsure = Fact("998877", "998877", sure=False)

    assert said("x", triaged(), Facts(order_numbers=(unsure,)))["order_sure"] is False
    both = said("x", triaged(), Facts(order_numbers=(unsure, ORDER)))
    assert both["order_number"] == "20261101000123"
    assert both["order_numbers"] == ("998877", "20261101000123")


@pytest.mark.parametrize(
    ("product", "model", "expected"),
    [
        ("空调", "KF-35", "空调 KF-35"),
        ("空调KF-35", "KF-35", "空调KF-35"),
        ("空调", None, "空调"),
        (None, "KF-35", "KF-35"),
        (None, None, ""),
    ],
)
def test_product_and_model_in_one(product: str | None, model: str | None, expected: str) -> None:
    facts = Facts(product=fact(product) if product else None, model=fact(model) if model else None)

    assert expected == said("x", triaged(), facts)["goods"]


@pytest.mark.rule("000-20")
def test_a_hazard_is_one_only_when_triage_says_urgent() -> None:
    assert said("热水器漏电", triaged("fault", "emergency_repair", "urgent"))["hazard"] is True
    assert said("有漏电保护吗", triaged("enquiry", "product_use", "normal"))["hazard"] is False
    assert said("客服太差", triaged("complaint", "attitude", "urgent"))["hazard"] is False


@given(
    st.text(max_size=300),
    st.text(max_size=100),
    st.sampled_from(["enquiry", "fault", "complaint", "request"]),
)
def test_every_fact_is_there_and_stands_on_one_line(new: str, value: str, category: Category) -> None:
    facts = Facts(symptom=fact(value), demand=fact(value), customer_name=fact(value), order_numbers=(fact(value),))

    for occasion in (OCCASION, ENGLISH):
        made = said(new, triaged(category, "t", "normal", "model"), facts, occasion)
        assert set(KNOWN_FACTS) == set(made)
        lines = [each for each in made.values() if isinstance(each, str)]
        assert not any("\n" in each or "\r" in each for each in lines)
        assert not any(len(each) > 200 for each in lines)


@pytest.mark.parametrize("hostile", ["你好" * 50_000, "," * 100_000, "请问" * 50_000, "a. " * 40_000, "客服" * 60_000])
def test_a_hostile_mail_costs_little(hostile: str) -> None:
    said(hostile, triaged("enquiry", "policy", "normal"))
