"""Templates are the owner's: mistakes are named with file and remedy, and nothing in them can do harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Attachment, Mail
from mailbot.core.quoting import Body
from mailbot.core.review import Context, DraftText, known_values, review
from mailbot.core.rules import RuleBook
from mailbot.core.triage import Mood, Triage
from mailbot.core.wording import KNOWN_FACTS, Occasion, reply_facts
from mailbot.templates import MAX_OUTPUT, REQUIRED_PARTS, Templates

OURS = Path(__file__).parent.parent / "templates"
TEMPLATES = Templates.load(OURS)
CATEGORIES = tuple(REQUIRED_PARTS)
TOPICS = {
    "enquiry": ("product_use", "policy", "process", "logistics_progress", "price", "invoice", "new_one"),
    "fault": ("malfunction", "defect", "service_fault", "delivery_late", "emergency_repair", "suggestion", "new_one"),
    "complaint": (
        "quality", "attitude", "slow_response", "logistics_late", "logistics_damage", "after_sales_dispute",
        "mismatch", "broken_promise", "new_one",
    ),
    "request": ("return", "exchange", "repair", "refund", "compensation", "cancel", "account_change", "new_one"),
    "revisit": ("rating", "thanks", "still_broken"),
    "other": ("none",),
}  # fmt: skip
NEW = {
    "zh": "你好，洗衣机每次脱水都响得厉害，能不能处理一下？",
    "en": "Hello, the washing machine rattles, can you help me?",
}
FULL = Facts(
    order_numbers=(Fact("20261101000123", "x"),),
    tracking_numbers=(Fact("SF1234567890123", "x"),),
    phones=(Fact("13800000000", "x"),),
    product=Fact("洗衣机", "洗衣机"),
    model=Fact("XQ-8", "XQ-8"),
    happened_at=Fact("11月20日", "11月20日"),
    symptom=Fact("脱水响", "每次脱水都响得厉害"),
    demand=Fact("要求换货", "要换货"),
    customer_name=Fact("王女士", "王女士"),
)
PHOTO = (Attachment(0, "a.jpg", "image/jpeg", 90_000, inline=False),)
FACTS: dict[str, object] = dict.fromkeys(KNOWN_FACTS, "")


def facts_of(triage: Triage, facts: Facts, language: str, *, bare: bool) -> dict[str, object]:
    new = "" if bare else NEW[language]
    occasion = Occasion("20261123-0001", "示例电器", "" if bare else "400-000-0000", language)
    mail = Mail(None, None, None, (), (), (), "" if bare else "急", None, new, None, () if bare else PHOTO,
                (), (), (), None, None, "text/plain", ())  # fmt: skip
    return reply_facts(mail, Body(new, "", "", ()), facts, triage, occasion)


SENTENCES = {
    "zh": ("整机保修6年，压缩机保修10年，以购机发票日期为准", "人为损坏不在免费保修范围内。", "发票请妥善保存，电子发票同样有效。"),
    "en": ("The appliance is covered for 6 years", "Damage by misuse is not covered.", "An electronic invoice will do."),
}  # fmt: skip
ORDER: dict[str, dict[str, object]] = {
    "zh": {
        "order_known": True, "order_product": "滚筒洗衣机", "order_date": "2026年11月2日", "order_state": "运输中",
        "order_carrier": "示例快运", "order_tracking": "SF1234567890123", "warranty_until": "2032年11月2日",
    },
    "en": {
        "order_known": True, "order_product": "front loader", "order_date": "2 Nov 2026", "order_state": "on its way",
        "order_carrier": "Example Express", "order_tracking": "SF1234567890123", "warranty_until": "2 Nov 2032",
    },
}  # fmt: skip
STORY: dict[str, dict[str, object]] = {
    "zh": {"complex": True, "place": "阳台", "extent": "全家都用不了", "tried": "换过插座"},
    "en": {"complex": True, "place": "on the balcony", "extent": "the whole family", "tried": "another socket"},
}
CONCERNS = {"zh": ("物流进度", "发票"), "en": ("Delivery progress", "Invoice")}
SOURCE = {"zh": "《售后服务政策》第3条", "en": "article 3 of our after-sales policy"}


def learned(language: str) -> tuple[dict[str, object], ...]:
    """What may be known beside the mail; seven, so that they fall on every other turn of the grid."""
    first, second, tip = SENTENCES[language]
    order, story, concerns = ORDER[language], STORY[language], CONCERNS[language]
    answer: dict[str, object] = {"knowledge": (first,), "knowledge_source": SOURCE[language]}
    more = answer | {"knowledge": (first, second), "knowledge_more": (tip,)}
    return (
        {},
        answer,
        more | order | {"warranty": "in"},
        story | {"elderly": True, "concerns": concerns[:1]},
        more | story | {"concerns": concerns, "account": "business"},
        {key: value for key, value in order.items() if key in ("order_known", "order_product")}
        | {"warranty": "over", "account": "vip"},
        order | {"elderly": True, "suggested": second},
    )


def template_of(category: str, topic: str) -> str:
    name = f"{category}_{topic}"
    return name if name in TEMPLATES.names() else category


def occasions(language: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Template and facts: every topic, calm and angry, with all facts, with one, with none; missing nothing, one
    thing, many; and what is known of the order, the policy and the customer in turn."""
    more = cycle(learned(language))
    some = (
        replace(Facts(), product=FULL.product),
        replace(Facts(), phones=FULL.phones, order_numbers=FULL.order_numbers),
    )
    moods: tuple[Mood, ...] = ("calm", "upset", "angry")
    for category in CATEGORIES:
        for topic, mood, facts, missing in product(
            TOPICS[category],
            moods,
            (FULL, *some, Facts()),
            ((), ("model",), ("order_number", "photo", "serial", "people")),
        ):
            triage = Triage(category, topic, "important", 0.9, mood, (), missing)  # type: ignore[arg-type]
            known = facts_of(triage, facts, language, bare=facts == Facts()) | next(more)
            yield template_of(category, topic), known


UNNATURAL = re.compile(
    r"[，。？！：；、]{2}|（）|“”|''|\[\]|，$|：$(?!\n\d)|  |\bNone\b|[，。]”|\{|\}|\( |，但是|不过|您的（| [，。！？]|[a-z]  |\.\.|,,|[a-z]\.[A-Z]",
    re.MULTILINE,
)


@pytest.mark.rule("000-21")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_draft_reads_naturally_whatever_is_known(language: str) -> None:
    for name, facts in occasions(language):
        rendered = TEMPLATES.render(name, language, facts)

        text = re.sub(r"：\n1\. ", "：X ", rendered.text)
        assert not UNNATURAL.search(text), f"{name} {facts['topic']}: {UNNATURAL.search(text)}\n{rendered.text}"
        assert rendered.subject
        assert rendered.text.count("\n\n\n") == 0
        assert "**" not in rendered.text
        numbers = [int(each) for each in re.findall(r"^(\d)\. ", rendered.text, re.MULTILINE)]
        assert all(number == 1 or number == before + 1 for before, number in zip([0, *numbers], numbers, strict=False))


@pytest.mark.rule("000-25")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_draft_of_ours_is_stopped_by_the_review(language: str, book: RuleBook) -> None:
    for name, facts in islice(occasions(language), 0, None, 5):  # 5, 7 and 36 have no common factor: all are met
        rendered = TEMPLATES.render(name, language, facts)
        draft = DraftText(rendered.subject, rendered.text, ("wang@mail.example",))
        allowed = known_values(["订单20261101000123 快递SF1234567890123 400-000-0000 20261123-0001"])
        context = Context(
            "wang@mail.example", "wang@mail.example", (), language, allowed,
            policy=book.policy, checks=book.checks, simplified=book.simplified, elderly=bool(facts["elderly"]),
        )  # fmt: skip

        asked = str(facts["fault_questions"]) + str(facts["questions"])  # their words are no template's
        found = [each for each in review(draft, context) if not each.excerpt or each.excerpt not in asked]
        assert [] == found, f"{name}\n{rendered.text}"


@pytest.mark.rule("000-27")
def test_a_complaint_is_taken_seriously_and_never_contradicted() -> None:
    for name, facts in occasions("zh"):
        if facts["category"] == "complaint":
            text = TEMPLATES.render(name, "zh", facts).text
            assert "我们非常重视您的反馈" in text
            assert "致歉" in text or "道歉" in text
            assert "但是" not in text
            assert "不过" not in text


@pytest.mark.rule("004-05")
def test_a_complaint_is_summed_up_and_confirmed() -> None:
    triage = Triage("complaint", "quality", "important", 0.9, "upset", ())

    text = TEMPLATES.render("complaint", "zh", facts_of(triage, FULL, "zh", bare=False)).text

    assert "您提到的是“每次脱水都响得厉害”，对吗？" in text


@pytest.mark.rule("000-44")
def test_an_enquiry_is_thanked_for() -> None:
    triage = Triage("enquiry", "policy", "normal", 0.9, "calm", ())

    text = TEMPLATES.render("enquiry", "zh", facts_of(triage, FULL, "zh", bare=False)).text

    assert text.startswith("尊敬的王女士，您好！")
    assert "感谢您的咨询，很高兴为您服务" in text
    assert "祝您生活愉快" in text


@pytest.mark.rule("000-51")
@pytest.mark.rule("000-54")
def test_a_fault_is_confirmed_and_an_engineer_promised() -> None:
    triage = Triage("fault", "malfunction", "important", 0.9, "calm", ())

    text = TEMPLATES.render("fault", "zh", facts_of(triage, FULL, "zh", bare=False)).text

    assert "已收到您反馈的“每次脱水都响得厉害”问题" in text
    assert "工程师在24小时内与您联系" in text


def test_danger_comes_before_everything_else() -> None:
    triage = Triage("fault", "malfunction", "urgent", 0.9, "calm", ())
    facts = facts_of(triage, FULL, "zh", bare=False) | {"hazard": True}

    text = TEMPLATES.render("fault", "zh", facts).text

    assert "请先停止使用" in text
    assert "重新开机" not in text


@pytest.mark.rule("003-09")
@pytest.mark.parametrize(("language", "time"), [("zh", "4个工作小时内"), ("en", "within 4 working hours")])
def test_the_acknowledgement_states_number_and_response_time(language: str, time: str) -> None:
    triage = Triage("fault", "malfunction", "important", 0.9, "calm", ())

    rendered = TEMPLATES.render("acknowledgement", language, facts_of(triage, FULL, language, bare=False))

    assert "20261123-0001" in rendered.subject
    assert "20261123-0001" in rendered.text
    assert time in rendered.text
    assert "400-000-0000" in rendered.text
    assert "洗衣机" not in rendered.text  # an automatic mail repeats no word of a mail nobody has read


@pytest.mark.rule("002-08")
def test_the_signature_names_company_and_agent_number() -> None:
    facts = {
        "company_name": "示例电器",
        "agent_name": "小陈",
        "agent_number": "1024",
        "hotline": "",
        "ticket_number": "20261123-0001",
    }

    text = TEMPLATES.render("signature", "zh", facts).text

    assert text == "示例电器客户服务\n客服 小陈，工号 1024\n工单编号 20261123-0001"


def test_our_own_templates_have_no_problems() -> None:
    notices = {
        "acknowledgement", "care", "closing", "decline", "delay", "holding", "material", "material_reminder", "progress",
        "rating_thanks", "reminder", "revisit_invitation", "revisit_reminder", "signature", "solution",
        "suggestion_adopted", "transfer",
    }  # fmt: skip

    assert () == TEMPLATES.check(CATEGORIES)
    assert {*CATEGORIES, *notices} <= set(TEMPLATES.names())
    assert TEMPLATES.kind("acknowledgement", "zh") == "acknowledgement"
    assert TEMPLATES.category("fault", "en") == "fault"


@given(st.text(max_size=200))
def test_a_customers_words_are_never_a_template(words: str) -> None:
    hostile = "{{ company_name }}{% for a in b %}" + words.replace("\n", " ")

    rendered = TEMPLATES.render("other", "zh", FACTS | {"quote": hostile, "customer_subject": hostile})

    assert "{{ company_name }}{% for a in b %}" in rendered.text
    assert "\n" not in rendered.subject


# -- One template for each topic --

OURS_TOO = ("enquiry", "request", "revisit", "other")  # the categories that this part of the grid speaks of


def grid(language: str, *categories: str) -> Iterator[tuple[str, dict[str, object], str]]:
    for name, facts in occasions(language):
        if facts["category"] in categories:
            yield name, facts, TEMPLATES.render(name, language, facts).text


def reply(category: str, topic: str, **more: object) -> str:
    language = str(more.pop("language", "zh"))
    triage = Triage(category, topic, "important", 0.9, "calm", ())  # type: ignore[arg-type]
    facts = facts_of(triage, FULL, language, bare=False) | more
    return TEMPLATES.render(template_of(category, topic), language, facts).text


@pytest.mark.rule("000-24")
def test_every_topic_of_the_rule_book_has_a_template_that_is_there_in_both_languages(book: RuleBook) -> None:
    for (category, topic), known in book.topics.items():
        if category in OURS_TOO and topic not in ("none", "spam"):
            assert f"{category}_{topic}" == known.template
        for language in TEMPLATES.languages if known.template else ():
            assert language == TEMPLATES.language_for(known.template, language)
            assert category == TEMPLATES.category(known.template, language)


@pytest.mark.rule("000-29")
@pytest.mark.rule("003-32")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reply_says_something_that_only_this_ticket_could_say(language: str) -> None:
    for name, facts, text in grid(language, *OURS_TOO):
        own = [facts[key] for key in ("quote", "order_number", "goods", "order_product", "ticket_number")]
        body = text.removeprefix(str(facts["salutation"]))
        assert any(str(each) in body for each in own if each), f"{name}\n{text}"


@pytest.mark.rule("000-22")
@pytest.mark.rule("000-50")
@pytest.mark.parametrize(
    ("language", "thanks"), [("zh", "感谢您的来信，祝您生活愉快！"), ("en", "Thank you for writing to us")]
)
def test_an_enquiry_is_answered_or_told_by_when_and_given_more(language: str, thanks: str) -> None:
    for name, facts, text in grid(language, "enquiry"):
        knowledge = facts["knowledge"]
        answered = isinstance(knowledge, tuple) and bool(knowledge) and all(each in text for each in knowledge)
        told = str(facts["response_time"]) in text
        assert answered or told or str(facts["suggested"] or "-") in text, f"{name}\n{text}"
        assert len(text.split("\n\n")) >= 4, f"{name}\n{text}"  # greeting, answer, supplement, closing
        assert thanks in text
        assert not facts["hotline"] or str(facts["hotline"]) in text


@pytest.mark.rule("000-46")
@pytest.mark.rule("000-49")
def test_an_answer_out_of_the_knowledge_base_names_its_article_and_adds_what_belongs_to_it() -> None:
    known = {"knowledge": SENTENCES["zh"][:2], "knowledge_source": SOURCE["zh"], "knowledge_more": SENTENCES["zh"][2:]}

    text = reply("enquiry", "policy", quote="空调保修期多久", **known)

    assert "关于您咨询的“空调保修期多久”，根据《售后服务政策》第3条，整机保修6年" in text
    assert "另外补充一点：发票请妥善保存" in text
    assert "工作小时内" not in text  # answered: nothing is left to promise


@pytest.mark.rule("000-46")
def test_guidance_for_use_comes_as_steps() -> None:
    steps = ("先拔下插头。", "取出炸篮，用温水洗净。", "擦干后放回。")

    text = reply("enquiry", "product_use", knowledge=steps, knowledge_source="《空气炸锅说明书》第5页")

    assert (
        "根据《空气炸锅说明书》第5页，说明如下：\n1. 先拔下插头。\n2. 取出炸篮，用温水洗净。\n3. 擦干后放回。" in text
    )


def test_what_no_entry_answers_is_not_invented() -> None:
    text = reply("enquiry", "policy", quote="空调保修期多久")

    assert "会在4个工作小时内给您明确答复，并写明依据的是哪一条" in text
    assert not re.search(r"[0-9]+ ?(?:年|天|个月)", text)


@pytest.mark.rule("000-48")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"order_number": ""}, "把订单编号告诉我们，就可以为您查到"),
        ({}, "我们会按订单 20261101000123 查清楚"),
        (ORDER["zh"] | {"warranty": "in"}, "您的滚筒洗衣机目前在保修期内，保修到2032年11月2日为止"),
        (ORDER["zh"] | {"warranty": "over"}, "已经过了保修期"),
    ],
)
def test_the_warranty_is_looked_up_by_the_order(more: dict[str, object], said: str) -> None:
    assert said in reply("enquiry", "policy", quote="我的空调还在保修期吗", **more)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_facts_of_an_order_are_told_only_when_it_is_the_sender_s(language: str) -> None:
    strange = ORDER[language] | {"order_known": False, "warranty": "in"}
    for category in OURS_TOO:
        for topic in TOPICS[category]:
            text = reply(category, topic, language=language, **strange)
            assert not any(str(strange[key]) in text for key in ("order_date", "order_carrier", "warranty_until"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_state_of_a_known_order_is_told_at_once(language: str) -> None:
    text = reply("enquiry", "logistics_progress", language=language, **ORDER[language])

    told = [ORDER[language][key] for key in ("order_date", "order_state", "order_carrier", "order_tracking")]
    assert all(str(each) in text for each in told)


@pytest.mark.rule("002-13")
@pytest.mark.parametrize(
    ("language", "begin", "end"), [("zh", "您的意思是“", "对吗？"), ("en", "you wrote “", "Is that right?")]
)
def test_a_long_story_is_restated_before_it_is_answered(language: str, begin: str, end: str) -> None:
    for category in ("enquiry", "request", "other"):
        text = reply(category, TOPICS[category][0], language=language, **STORY[language])

        assert begin in text
        assert end in text
        assert all(str(STORY[language][key]) in text for key in ("place", "extent", "tried"))
        assert text.index(end) < text.index("4个工作小时内" if language == "zh" else "within 4 working hours")


@pytest.mark.rule("001-04")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_concern_of_a_mail_is_passed_over(language: str) -> None:
    for category in OURS_TOO:
        for topic in TOPICS[category]:
            for concerns in (CONCERNS[language][:1], CONCERNS[language]):
                text = reply(category, topic, language=language, concerns=concerns)
                assert all(each.casefold() in text.casefold() for each in concerns), text


@pytest.mark.rule("000-28")
def test_the_elderly_are_offered_a_call_in_short_plain_sentences() -> None:
    for category in OURS_TOO:
        for topic in TOPICS[category]:
            text = reply(category, topic, elderly=True, tracking_number="", goods="")
            assert "您可以拨打 400-000-0000，我们在电话里慢慢说给您听" in text
            assert not re.search(r"[A-Za-z]", text), text
            own = re.sub("“[^”]*”", "", text)
            assert max(len(each) for each in re.split("[。！？：；\n]", own)) <= 46, text


@pytest.mark.rule("002-06")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_change_of_account_data_waits_for_the_identity_and_repeats_nothing(language: str) -> None:
    for more in ({}, STORY[language], ORDER[language] | {"warranty": "in"}):
        text = reply("request", "account_change", language=language, **more)

        assert (
            "我们要先核对身份，再办理变更" if language == "zh" else "verify who you are before we change anything"
        ) in text
        own = ("20261101000123", "洗衣机", "XQ-8", "13800000000", "rattles", "front loader", "on the balcony", "阳台")
        assert not any(each in text for each in own), text


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "问题还没有彻底解决"), ("en", "The problem is not fully solved")]
)
def test_an_unhappy_rating_is_taken_up_again_even_by_the_general_template(language: str, said: str) -> None:
    triage = Triage("revisit", "still_broken", "important", 0.9, "calm", ())
    facts = facts_of(triage, FULL, language, bare=False)

    for name in ("revisit", "revisit_still_broken"):
        text = TEMPLATES.render(name, language, facts).text
        assert said in text
        assert str(facts["response_time"]) in text


@pytest.mark.rule("003-18")
@pytest.mark.rule("003-22")
@pytest.mark.parametrize("topic", ["return", "exchange", "repair"])
def test_a_request_with_several_ways_compares_them_and_says_what_to_send_back(topic: str) -> None:
    text = reply("request", topic)

    assert text.count("要考虑的是") >= 2
    assert "编号 20261123-0001 的纸条" in text
    assert "快递单号回复给我们" in text
    assert "在收到我们的确认之前，请先不要寄出" in text


@pytest.mark.parametrize(
    ("topic", "more", "said", "unsaid"),
    [
        ("return", {"mood": "angry"}, "我们就按退货为您核对，不用您再选别的办法", "换货："),
        ("return", {"quote": "不想换了，我要退货"}, "我们就按退货为您核对", "换货："),
        ("refund", {"quote": "买完就降价了，请退差价"}, "算出该退多少", "退款已经在办的"),
        ("compensation", {"quote": "地板被泡了，要求赔偿"}, "请先保留好", "优惠券"),
        ("exchange", {"symptom": ""}, "想换成的尺码、颜色或型号", "补寄配件"),
        ("exchange", {}, "补寄配件", "想换成的尺码"),
    ],
)
def test_only_ways_that_fit_the_case_are_offered(topic: str, more: dict[str, object], said: str, unsaid: str) -> None:
    text = reply("request", topic, **more)

    assert said in text
    assert unsaid not in text


def test_customers_with_an_account_get_a_fitting_line_and_no_flattery() -> None:
    business, named = (reply("request", "repair", account=each) for each in ("business", "vip"))

    assert "发票、合同或对账方面的材料" in business
    assert "由信末署名的同事为您跟进到底" in named
    assert not re.search("尊贵|贵宾|荣幸|VIP", named)


# -- The owner's mistakes --

GOOD = "Kind: acknowledgement\nSubject: {{ customer_subject }}\n\n{{ salutation }}\n"


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        language, _, stem = name.partition("_")
        (tmp_path / language).mkdir(exist_ok=True)
        (tmp_path / language / f"{stem}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def problems(tmp_path: Path, text: str) -> list[tuple[str, str]]:
    loaded = Templates.load(folder(tmp_path, zh_a=text), ("zh",), strict=False)
    return [(each.file, each.key) for each in loaded.check(CATEGORIES)]


@pytest.mark.parametrize(
    ("text", "file", "key"),
    [
        ("Kind: acknowledgement\nSubject: a\nFrom: b\n\nc", "zh/a.txt:3", "From"),
        ("Kind: letter\nSubject: a\n\nc", "zh/a.txt", "Kind"),
        ("Kind: acknowledgement\n\nc", "zh/a.txt", "Subject"),
        ("Subject: a\n\nc", "zh/a.txt", "Category"),
        ("Category: sale\nSubject: a\n\nc", "zh/a.txt", "sale"),
        ("Kind: acknowledgement\nSubject: a\n\n\n{{ salutaion }}", "zh/a.txt", "salutaion"),
        ("Kind: acknowledgement\nSubject: {{ nix }}\n\nc", "zh/a.txt", "nix"),
        ("Kind: acknowledgement\nSubject: a\n\nc\n{% if %}", "zh/a.txt:5", ""),
        ("Kind: acknowledgement\nSubject: a\n\n{% include 'b.txt' %}", "zh/a.txt", "b.txt"),
        ("Kind: acknowledgement\nSubject: a\n\n{% include topic %}", "zh/a.txt", "include"),
        ("Kind: signature\n\n{{ quote }}", "zh/a.txt", "quote"),
        ("Kind: acknowledgement\nSubject: a", "zh/a.txt", ""),
        ("Category: revisit\nSubject: a\n\n{% block greeting %}x{% endblock %}{% block closing %}x{% endblock %}", "zh/a.txt", "thanks"),
        ("Kind: internal\nSubject: {{ customer_subject }}\n\nc", "zh/a.txt", "customer_subject"),
        ("Kind: internal\nSubject: a\n\n{{ salutation }} {{ order_number }}", "zh/a.txt", "order_number"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, file: str, key: str) -> None:
    assert (file, key) in problems(tmp_path, text)


@pytest.mark.rule("001-52")
def test_a_mail_to_agents_may_not_speak_of_a_customer_even_in_a_piece(tmp_path: Path) -> None:
    text = "Kind: internal\nSubject: {{ count }}\n\n{% include '_piece.txt' %}"
    loaded = Templates.load(folder(tmp_path, zh_a=text, zh__piece="{{ salutation }}"), ("zh",))

    assert [("zh/_piece.txt", "salutation")] == [(each.file, each.key) for each in loaded.check(CATEGORIES)]


def test_a_template_without_category_is_held_to_the_parts_of_its_name(tmp_path: Path) -> None:
    texts = {
        "zh_closing": "Subject: a\n\n{% block greeting %}x{% endblock %}{% block summary %}x{% endblock %}",
        "zh_care": "Kind: revisit\nSubject: a\n\n{% block greeting %}x{% endblock %}{% block question %}x{% endblock %}",
        "zh_own_idea": "Kind: progress\nSubject: a\n\nc",
    }

    found = Templates.load(folder(tmp_path, **texts), ("zh",)).check(CATEGORIES)

    assert [("zh/care.txt", "closing"), ("zh/care.txt", "stop"), ("zh/closing.txt", "farewell")] == [
        (each.file, each.key) for each in found
    ]


def test_a_good_template_has_none(tmp_path: Path) -> None:
    assert [] == problems(tmp_path, GOOD)


def test_a_language_without_its_pair_is_a_warning(tmp_path: Path) -> None:
    (problem,) = Templates.load(folder(tmp_path, zh_a=GOOD, zh_b=GOOD, en_b=GOOD)).check(CATEGORIES)

    assert (problem.file, problem.level) == ("en/a.txt", "warning")


def test_parts_may_stand_in_an_included_or_extended_file(tmp_path: Path) -> None:
    base = "{% block greeting %}x{% endblock %}{% block thanks %}x{% endblock %}{% block closing %}x{% endblock %}"
    child = (
        "Category: revisit\nSubject: a\n\n{% extends '_base.txt' %}{% block thanks %}danke{{ super() }}{% endblock %}"
    )
    loaded = Templates.load(folder(tmp_path, zh_a=child, zh__base=base), ("zh",))

    assert () == loaded.check(CATEGORIES)
    assert loaded.render("a", "zh", {}).text == "xdankexx"


@pytest.mark.parametrize(
    "body",
    [
        "{% if %}", "{{ a ~ b }}", "{% macro m() %}{% endmacro %}", "{% set a %}x{% endset %}", "{{ quote|center(9) }}",
        "{% for a in questions %}{% for b in questions %}{% for c in questions %}{% endfor %}{% endfor %}{% endfor %}",
        "{% filter upper %}{% endfilter %}", "{% import '_x.txt' as x %}",
    ],
)  # fmt: skip
def test_a_broken_or_forbidden_template_is_refused_at_start(tmp_path: Path, body: str) -> None:
    path = folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}")

    with pytest.raises(UserError, match=r"zh/a\.txt:4"):
        Templates.load(path)
    with pytest.raises(UserError, match=r"zh/a\.txt"):
        Templates.load(path, strict=False).render("a", "zh", FACTS)


@pytest.mark.parametrize(
    "body",
    [
        "{{ 'a' * 1000000000 }}", "{{ 9 ** 9 ** 9 }}", "{{ '%9999999d' % 1 }}", "{{ range(9) }}", "{{ quote.ljust(9) }}",
        "{{ quote.__class__ }}", "{{ 'a'.format(1) }}", "{{ lipsum() }}", "{{ nothing }}", "{{ questions[9] }}",
        "{{ 1 // 0 }}", "{{ quote() }}", "{% include 'a.txt' %}", "{{ self.__init__.__globals__ }}",
    ],
)  # fmt: skip
def test_no_template_reaches_beyond_its_facts(tmp_path: Path, body: str) -> None:
    loaded = Templates.load(folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}"), strict=False)

    with pytest.raises(UserError, match=r"zh/a\.txt"):
        loaded.render("a", "zh", FACTS | {"questions": ()})


def test_a_text_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    body = "{% for a in questions %}{% for b in questions %}{{ quote }}{% endfor %}{% endfor %}"
    loaded = Templates.load(folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}"))

    with pytest.raises(UserError, match="64 KB"):
        loaded.render("a", "zh", {"questions": ("x",) * 40, "quote": "y" * (MAX_OUTPUT // 1000)})


def test_sums_of_small_things_are_allowed(tmp_path: Path) -> None:
    body = "{{ (questions + questions)|length * 2 + 1 }}"
    loaded = Templates.load(folder(tmp_path, zh_a=f"Kind: acknowledgement\nSubject: a\n\n{body}"))

    assert loaded.render("a", "zh", {"questions": ("x",)}).text == "5"


def test_a_missing_folder_and_an_unreadable_file_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        Templates.load(tmp_path / "none")
    with pytest.raises(UserError, match="no language folder"):
        Templates.load(tmp_path)
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "a.txt").write_bytes("主题".encode("gb18030"))
    with pytest.raises(UserError, match="save it as UTF-8"):
        Templates.load(tmp_path)
    (tmp_path / "zh" / "a.txt").write_bytes(b"a" * 70_000)
    with pytest.raises(UserError, match="longer than"):
        Templates.load(tmp_path)


def test_a_language_we_do_not_have_falls_back_to_the_first(tmp_path: Path) -> None:
    loaded = Templates.load(folder(tmp_path, zh_a=GOOD, en_b=GOOD))

    assert loaded.language_for("a", "fr") == "zh"
    assert loaded.language_for("b", "fr") == "en"
    assert loaded.render("a", "fr", {"customer_subject": "s", "salutation": "t"}).text == "t"
    with pytest.raises(UserError, match="no such template"):
        loaded.render("c", "zh", {})


def test_one_changed_character_changes_the_hash_even_in_an_included_file(tmp_path: Path) -> None:
    text = GOOD + "{% include '_end.txt' %}"
    before = Templates.load(folder(tmp_path, zh_a=text, zh__end="end", zh_b=GOOD))
    after = Templates.load(folder(tmp_path, zh_a=text, zh__end="end.", zh_b=GOOD))

    assert before.text_hash("a", "zh") != after.text_hash("a", "zh")
    assert before.text_hash("b", "zh") == after.text_hash("b", "zh")
    assert re.fullmatch("[0-9a-f]{64}", before.text_hash("a", "zh"))


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(tmp_path: Path) -> None:
    folder(tmp_path, zh_a="")
    (tmp_path / "zh" / "a.txt").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())

    assert () == Templates.load(tmp_path, ("zh",)).check(CATEGORIES)


def test_base_and_child_share_what_they_set(tmp_path: Path) -> None:
    base = "{% set word = topic %}{% block lines %}{{ own }}{% endblock %}"
    child = "Kind: progress\nSubject: a\n\n{% extends '_b.txt' %}{% set own = 'x' %}{% block lines %}{{ super() }}{{ word }}{% endblock %}"
    loaded = Templates.load(folder(tmp_path, zh_a=child, zh__b=base), ("zh",))

    assert () == loaded.check(CATEGORIES)
    assert "xy" == loaded.render("a", "zh", {"topic": "y"}).text


def test_the_hash_of_a_template_covers_its_base(tmp_path: Path) -> None:
    files = {"zh_a": "Kind: progress\nSubject: a\n\n{% extends '_b.txt' %}", "zh__b": "{% include '_c.txt' %}"}
    hashes = {
        Templates.load(folder(tmp_path, **files, zh__c=text), ("zh",)).text_hash("a", "zh") for text in ("one", "two")
    }

    assert 2 == len(hashes)


def test_a_part_that_a_template_takes_away_from_its_base_is_missed(tmp_path: Path) -> None:
    base = "{% block greeting %}x{% endblock %}{% block thanks %}x{% endblock %}{% block closing %}x{% endblock %}"
    child = "Category: revisit\nSubject: a\n\n{% extends '_b.txt' %}\n{% block thanks %}\n {% endblock %}"

    found = Templates.load(folder(tmp_path, zh_a=child, zh__b=base), ("zh",)).check(CATEGORIES)

    assert [("zh/a.txt", "thanks")] == [(each.file, each.key) for each in found]
