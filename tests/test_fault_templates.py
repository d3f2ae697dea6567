"""What a good answer to a fault or a complaint says, over every template of the two and all that may be known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import cycle, product
from zoneinfo import ZoneInfo

import pytest

from mailbot.core.facts import Fact, Facts
from mailbot.core.hours import Hours
from mailbot.core.mail import Attachment, Mail
from mailbot.core.pledges import pledges
from mailbot.core.quoting import Body
from mailbot.core.review import Context, DraftText, known_values, review
from mailbot.core.rules import RuleBook
from mailbot.core.tone import harsh_words
from mailbot.core.triage import Mood, Priority, Triage
from mailbot.core.wording import Occasion, reply_facts
from mailbot.templates import REQUIRED_PARTS, Templates
from tests.conftest import ROOT

TEMPLATES = Templates.load(ROOT / "templates")
LANGUAGES = ("zh", "en")
FAULTS = ("malfunction", "defect", "service_fault", "delivery_late", "emergency_repair", "suggestion", "")
COMPLAINTS = (
    "quality", "attitude", "slow_response", "logistics_late", "logistics_damage", "after_sales_dispute",
    "mismatch", "broken_promise", "",
)  # fmt: skip
TOPICS = [("fault", each) for each in FAULTS] + [("complaint", each) for each in COMPLAINTS]
MOODS: tuple[Mood, ...] = ("calm", "upset", "angry")
MISSING = ((), ("model",), ("order_number", "photo", "happened_at", "people", "demand"))
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

NEW = {"zh": "异响发生在开机后5分钟，我要换货", "en": "It rattles five minutes after it was switched on"}
FULL = Facts(
    order_numbers=(Fact("20261101000123", "x"),),
    tracking_numbers=(Fact("SF1234567890123", "x"),),
    phones=(Fact("13800000000", "x"),),
    product=Fact("洗衣机", "洗衣机"),
    model=Fact("XQ-8", "XQ-8"),
    happened_at=Fact("11月20日", "11月20日"),
    symptom=Fact("异响", "异响发生在开机后5分钟"),
    demand=Fact("要求换货", "我要换货"),
    customer_name=Fact("王女士", "王女士"),
    people=(Fact("小刘", "小刘"),),
)
ENGLISH = replace(
    FULL,
    product=Fact("washing machine", "x"),
    symptom=Fact("rattles", "It rattles five minutes after it was switched on"),
    happened_at=Fact("20 November", "20 November"),
    demand=Fact("wants a replacement", "x"),
    customer_name=Fact("Ann Smith", "x"),
    people=(Fact("Tom", "Tom"),),
)
ONE = replace(Facts(), phones=FULL.phones, order_numbers=FULL.order_numbers)
PHOTO = (Attachment(0, "a.jpg", "image/jpeg", 90_000, inline=False),)
STEPS = {
    "zh": ("关闭进水阀，等10分钟再打开", "把滤网取出来冲洗"),
    "en": ("Close the tap and wait 10 minutes", "Rinse the filter."),
}
TIP = {"zh": "滤网每月清洗一次更耐用", "en": "A filter that is rinsed every month lasts longer."}
SOURCE = {"zh": "《售后服务政策》第3条", "en": "article 3 of our after-sales policy"}
ORDER: dict[str, dict[str, object]] = {
    "zh": {
        "order_known": True, "order_product": "XQ-8", "order_date": "11月2日", "order_state": "已签收",
        "order_carrier": "示例快运", "order_tracking": "SF1234567890123", "warranty_until": "2032年11月2日",
    },
    "en": {
        "order_known": True, "order_product": "XQ-8", "order_date": "2 Nov", "order_state": "delivered",
        "order_carrier": "Example Express", "order_tracking": "SF1234567890123", "warranty_until": "2 Nov 2032",
    },
}  # fmt: skip
CONCERNS = {"zh": ("发票", "保修政策"), "en": ("Invoice", "Warranty policy")}
STORY: dict[str, dict[str, object]] = {
    "zh": {"place": "阳台", "extent": "全家都洗不了衣服", "tried": "换过插座也没用"},
    "en": {"place": "balcony", "extent": "the whole family", "tried": "another socket did not help"},
}


def learned(language: str) -> tuple[dict[str, object], ...]:
    """What may be known beside the mail; five, so that all meet all rows of the grid."""
    answer = {"knowledge": STEPS[language], "knowledge_source": SOURCE[language], "knowledge_more": (TIP[language],)}
    return (
        {},
        answer | ORDER[language] | {"warranty": "in"},
        STORY[language] | {"elderly": True, "concerns": CONCERNS[language][:1], "account": "vip"},
        answer | STORY[language] | {"complex": True, "concerns": CONCERNS[language], "account": "business"},
        {"hazard": True, "complex": True, "suggested": TIP[language], "warranty": "over", "order_known": True},
    )


def known(category: str, topic: str, facts: Facts, language: str, **turn: object) -> dict[str, object]:
    """The facts of a mail; turn: mood, missing, bare (nothing but a mail), photo; the rest stands as it is."""
    mood, missing, bare = turn.pop("mood", "calm"), turn.pop("missing", ()), turn.pop("bare", False)
    photo = turn.pop("photo", False)
    new = "" if bare else NEW[language]
    priority: Priority = "urgent" if turn.get("hazard") or topic == "emergency_repair" else "important"
    mail = Mail(None, None, None, (), (), (), "", None, new, None, PHOTO if photo else (),
                (), (), (), None, None, "text/plain", ())  # fmt: skip
    triage = Triage(category, topic or "new_one", priority, 0.9, mood, (), missing)  # type: ignore[arg-type]
    occasion = Occasion("20261123-0001", "示例电器", "" if bare else "400-000-0000", language)
    return reply_facts(mail, Body(new, "", "", ()), facts, triage, occasion) | turn


def written(category: str, topic: str, language: str = "zh", facts: Facts | None = None, **turn: object) -> str:
    mine = facts if facts is not None else FULL if language == "zh" else ENGLISH
    name = f"{category}_{topic}" if topic else category
    return TEMPLATES.render(name, language, known(category, topic, mine, language, **turn)).text


@cache
def grid(language: str) -> tuple[tuple[str, str, dict[str, object], str], ...]:
    """Category, topic, facts and draft: every template in every mood, all known, little, nothing; and `learned`."""
    more = cycle(learned(language))
    drafts = []
    full = FULL if language == "zh" else ENGLISH
    for (category, topic), mood, facts, missing in product(TOPICS, MOODS, (full, ONE, Facts()), MISSING):
        bare = facts == Facts()
        told = known(category, topic, facts, language, mood=mood, missing=missing, bare=bare, **next(more))
        name = f"{category}_{topic}" if topic else category
        drafts.append((category, topic, told, TEMPLATES.render(name, language, told).text))
    return tuple(drafts)


def complaints() -> Iterator[tuple[str, dict[str, object], str]]:
    return ((topic, facts, text) for category, topic, facts, text in grid("zh") if category == "complaint")


# -- Whatever is known --


def test_every_topic_of_the_two_has_a_template_of_its_own_with_all_parts(book: RuleBook) -> None:
    named = {each.template for (category, _), each in book.topics.items() if category in ("fault", "complaint")}

    assert {f"{category}_{topic}" for category, topic in TOPICS if topic} == named
    assert () == tuple(each for each in TEMPLATES.check(REQUIRED_PARTS) if re.search("fault|complaint", each.file))


AMISS = re.compile(
    r"[，。？！：；、]{2}|（）|“”|\[\]|[，：]$(?!\n\d)|  |\bNone\b|[，。]”|[{}]|\( | [，。！？,.?!]|\.\.|,,|[a-z.?!]\.[A-Z]|"
    r"[.?!][A-Z]|\?\.|[一-龥][.?!]|^[，。,.]",
    re.MULTILINE,
)


@pytest.mark.rule("000-25")
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_unfilled_and_no_mark_stands_twice(language: str) -> None:
    for category, topic, _, text in grid(language):
        assert not AMISS.search(text), f"{category} {topic} {AMISS.search(text)}\n{text}"
        assert "\n\n\n" not in text


@pytest.mark.rule("003-32")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_review_finds_nothing_in_any_draft(language: str, book: RuleBook) -> None:
    allowed = known_values(["订单20261101000123 快递SF1234567890123 400-000-0000 20261123-0001"])
    for category, topic, facts, text in grid(language)[::2]:  # 2 and 5 have no common factor: all are met
        draft = DraftText("Re: 关于您的来信" if language == "zh" else "Re: your mail", text, ("wang@mail.example",))
        context = Context(
            "wang@mail.example", "wang@mail.example", (), language, allowed,
            policy=book.policy, checks=book.checks, simplified=book.simplified, elderly=bool(facts["elderly"]),
        )  # fmt: skip
        asked = f"{facts['fault_questions']} {facts['questions']}"  # their words are no template's

        found = [each for each in review(draft, context) if not each.excerpt or each.excerpt not in asked]
        assert [] == found, f"{category} {topic}\n{text}"


@pytest.mark.rule("000-29")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_draft_says_what_only_this_ticket_could_say(language: str) -> None:
    for category, topic, facts, text in grid(language):
        own = [str(facts[key]) for key in ("quote", "order_number") if facts[key]]
        assert all(each in text for each in own if category != "fault" or topic != "suggestion"), text
        assert not facts["quote"] or str(facts["quote"]) in text


@pytest.mark.rule("001-04")
@pytest.mark.rule("002-13")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_story_is_restated_and_no_concern_of_it_is_passed_over(language: str) -> None:
    for category, topic in TOPICS:
        text = written(category, topic, language, complex=True, concerns=CONCERNS[language])

        assert ("您的意思是“" if language == "zh" else "you wrote “") in text
        assert all(each.casefold() in text.casefold() for each in CONCERNS[language])
        assert 1 == text.count(NEW[language].partition("，")[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_an_order_only_what_was_looked_up_is_said(language: str) -> None:
    private = [str(ORDER[language][each]) for each in ("order_date", "order_state", "order_carrier", "warranty_until")]
    for category, topic in TOPICS:
        unknown = written(category, topic, language, None, **ORDER[language] | {"order_known": False})
        text = written(category, topic, language, None, **ORDER[language] | {"warranty": "in"})

        assert not any(each in unknown for each in private), unknown
        assert all(each in text for each in private[:3])


def test_no_draft_promises_another_time_than_that_of_the_ticket(hours: Hours) -> None:
    answer, engineer = MONDAY + timedelta(hours=5), MONDAY + timedelta(hours=24)  # 4 working hours, after lunch
    for category, topic, language in ((*each, language) for each in TOPICS for language in LANGUAGES):
        if topic != "emergency_repair":
            due = {each.due_at for each in pledges(written(category, topic, language), MONDAY, hours)}
            assert due <= {answer, engineer}, f"{topic} {due}"
            assert due or topic == "suggestion", topic


@pytest.mark.rule("000-28")
@pytest.mark.rule("001-26")
def test_the_elderly_read_short_sentences_and_may_call() -> None:
    for category, topic in TOPICS:
        plain, usual = (written(category, topic, mood="upset", facts=ONE, elderly=each) for each in (True, False))

        assert "您可以拨打 400-000-0000，我们在电话里慢慢说给您听" in plain
        assert max(map(len, re.split("[。！？：；\n]", plain))) <= 62
        assert category == "fault" or len(plain) < len(usual)
        assert not re.search("运单|核实|方案|依据|工程师|政策", plain), plain


def test_a_business_is_asked_about_its_papers_and_a_regular_guest_is_not_flattered() -> None:
    for category, topic in TOPICS:
        assert "贵公司" in written(category, topic, account="business")
        assert not re.search("尊贵|VIP|贵宾", written(category, topic, account="vip"))


def test_danger_comes_before_apology_and_questions() -> None:
    for category, topic in TOPICS:
        text = written(category, topic, mood="angry", hazard=True, knowledge=STEPS["zh"], knowledge_source="")

        first = text.split("\n\n")[1]
        assert first.startswith("安全最要紧："), topic
        assert "重新开机" not in text
        assert STEPS["zh"][0] not in text
        assert "1小时内" in text or topic == "suggestion"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_the_drafting_help_stand_in_every_draft_but_one_of_danger(language: str) -> None:
    for category, topic in TOPICS:
        assert TIP[language] in written(category, topic, language, suggested=TIP[language]), topic
        assert TIP[language] not in written(category, topic, language, suggested=TIP[language], hazard=True), topic


# -- Faults --


@pytest.mark.rule("000-26")
@pytest.mark.rule("001-06")
def test_a_fault_is_told_back_with_all_its_details() -> None:
    for topic in FAULTS:
        text = written("fault", topic, place="阳台", extent="全家都洗不了衣服")

        assert "异响发生在开机后5分钟" in text
        assert "已记录您提到的时间“11月20日”、地点“阳台”、影响“全家都洗不了衣服”。" in text


@pytest.mark.rule("002-15")
@pytest.mark.rule("001-50")
def test_the_model_is_echoed_and_asked_to_be_confirmed() -> None:
    assert "您反馈的故障设备型号是洗衣机 XQ-8，对吗？" in written("fault", "malfunction")
    assert "您反馈的故障设备型号是XQ-8，对吗？" in written("fault", "malfunction", facts=replace(FULL, product=None))
    assert "您反馈的产品型号是洗衣机 XQ-8，对吗？" in written("fault", "defect")
    assert "You report a fault of “washing machine XQ-8”: is that right?" in written("fault", "malfunction", "en")
    assert "您说的订单号是 20261101000123，对吗？" in written("fault", "malfunction", order_sure=False)


@pytest.mark.rule("000-53")
@pytest.mark.rule("000-54")
@pytest.mark.parametrize(
    ("words", "step"),
    [
        ("屏幕乱跳", "关闭电源，等待5分钟后重新开机"),
        ("遥控器失灵", "给遥控器换上新电池"),
        ("充不进电", "把插头和充电的接口擦干净"),
        ("空调滴水", "建议您先停止使用"),
        ("脱水时响得厉害", "机器有没有放平、放稳"),
        ("电饭煲开不了机", "把插头插紧，或者换一个能用的插座"),
        ("又连不上网了", "先开路由器，再打开产品"),
        ("底部漏水", "建议您先停止使用"),
    ],
)
def test_first_what_the_customer_can_do_now_then_the_engineer_and_the_visit(words: str, step: str) -> None:
    text = written("fault", "malfunction", quote=words)

    places = [
        text.index(each)
        for each in (step, "售后工程师在24小时内与您联系", "需要上门的，时间按您的方便来定", "请您保持电话畅通")
    ]
    assert places == sorted(places)


@pytest.mark.rule("000-53")
@pytest.mark.parametrize("topic", ["malfunction", "emergency_repair", ""])
def test_steps_out_of_the_knowledge_base_come_first_with_their_source(topic: str) -> None:
    text = written("fault", topic, quote="水不热", knowledge=STEPS["zh"], knowledge_source=SOURCE["zh"])

    assert (
        "可以先按下面的办法试一试：\n1. 关闭进水阀，等10分钟再打开。\n2. 把滤网取出来冲洗。\n（出自《售后服务政策》第3条）"
        in text
    )
    assert "等待5分钟" not in text
    assert text.index("冲洗") < text.index("与您联系")


@pytest.mark.rule("000-52")
@pytest.mark.rule("001-04")
@pytest.mark.parametrize("topic", ["malfunction", "service_fault", "emergency_repair", ""])
def test_what_was_tried_is_told_back_and_not_proposed_again(topic: str) -> None:
    text = written("fault", topic, facts=replace(FULL, tried=Fact("x", "换过插座也没用")), has_tried=True)

    assert "您已经试过的（“换过插座也没用”）我们记下了，不必再重复。" in text
    assert "等待5分钟" not in text


@pytest.mark.rule("000-52")
def test_missing_facts_are_asked_for_by_number_and_known_ones_never() -> None:
    text = written("fault", "malfunction", facts=Facts(), missing=("model", "phone"))
    full = written("fault", "malfunction", photo=True)

    assert re.search(r"需要和您确认几个细节：\n1\. .+\n2\. .+\n3\. ", text)
    assert not re.search("订单编号|产品型号是什么|什么时候|照片", full.replace("您随信附上的图片资料", ""))


@pytest.mark.rule("000-55")
def test_an_answer_to_a_fault_ends_with_a_way_to_reach_us_and_thanks() -> None:
    for topic in FAULTS:
        *_, help_line, thanks = written("fault", topic).split("\n")

        assert "如有其他问题，欢迎直接回复本邮件，或拨打客服热线 400-000-0000。" == help_line
        assert "感谢您的来信，祝您生活愉快！" == thanks


def test_an_upset_customer_reads_other_words_than_a_calm_one() -> None:
    for category, topic in TOPICS:
        texts = {written(category, topic, mood=mood).split("\n\n")[1] for mood in MOODS}

        assert len(texts) >= (2 if topic in ("defect", "suggestion", "emergency_repair") else 3), topic


@pytest.mark.rule("003-22")
def test_who_got_a_faulty_thing_is_told_to_keep_it_until_the_steps_are_sent() -> None:
    text = written("fault", "defect")

    assert "暂时不要自行修理，也不要寄出" in text
    assert "寄回的步骤会在回复里写清楚" in text
    assert "您希望换货" in text


# -- Complaints --


@pytest.mark.rule("000-23")
@pytest.mark.rule("001-03")
def test_a_complaint_gets_apology_reason_and_solution_in_this_order() -> None:
    for _, facts, text in complaints():
        apology = re.search("致歉|道歉", text)
        reason = text.index(f"预计{facts['response_time']}给您回复，可以吗？")
        solution = re.search("会如实向您说明原因，并给出明确的处理方案和依据|再和您商量怎么办", text)

        assert apology is not None
        assert solution is not None
        assert apology.start() < reason < solution.start()


@pytest.mark.rule("000-23")
def test_an_english_complaint_gets_the_same_parts_in_the_same_order() -> None:
    parts = (
        "customer service centre. Thank you",
        "we take your feedback very seriously",
        "sincerely apologise",
        "Have we understood you correctly?",
        "We have also noted that you would like a replacement",
        "We expect to reply to you within 4 working hours. Is that all right with you?",
        "we will tell you the cause openly and propose a clear solution",
        "What happens next:\n1. ",
        "Thank you for writing to us",
    )
    for topic, mood in product(COMPLAINTS, MOODS):
        places = [written("complaint", topic, "en", mood=mood).index(each) for each in parts]

        assert places == sorted(places)


@pytest.mark.rule("004-03")
@pytest.mark.rule("000-27")
def test_a_complaint_is_greeted_by_the_customer_service_centre_and_taken_seriously() -> None:
    signature = TEMPLATES.render(
        "signature",
        "zh",
        {"company_name": "示例电器", "agent_name": "小陈", "agent_number": "1024", "hotline": "", "ticket_number": "x"},
    ).text

    for _, facts, text in complaints():
        assert text.startswith(f"{facts['salutation']}，您好！这里是示例电器客户服务中心。")
        assert "我们非常重视您的反馈" in text.split("\n")[0]
    assert "小陈" in signature  # stands under each of them


@pytest.mark.rule("004-04")
@pytest.mark.rule("001-49")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customers_account_is_never_disputed_and_no_but_follows(language: str) -> None:
    for category, topic, _, text in grid(language):
        own = re.sub("“[^”]*”", "“”", text)

        assert [] == list(harsh_words(text)), f"{category} {topic}"
        assert not re.search(
            r"但是|不过|可是|然而|如果确有|是否属实|经查|误会|\bbut\b|\bhowever\b|alleged|claim", own
        ), own


@pytest.mark.rule("004-05")
@pytest.mark.rule("004-07")
def test_the_core_is_told_back_recorded_and_promised_to_be_dealt_with_in_earnest() -> None:
    for topic in COMPLAINTS:
        text = written("complaint", topic)

        assert "非常感谢您抽出时间告诉我们" in text
        assert "您提到的是“异响发生在开机后5分钟”，对吗？您反映的情况我们已经如实记录" in text
        assert "请您放心，一定会认真为您处理。" in text


@pytest.mark.rule("002-16")
def test_time_people_and_the_wish_of_a_complaint_are_recorded() -> None:
    for topic in COMPLAINTS:
        text = written("complaint", topic)

        assert "（请您核对）" in written("complaint", topic, order_sure=False)
        assert "订单号是 20261101000123，时间是“11月20日”，当事人员是小刘。" in text
        assert "您希望换货，我们也记下了。" in text


@pytest.mark.rule("004-09")
@pytest.mark.rule("004-08")
@pytest.mark.parametrize(("mood", "word"), [("angry", "生气"), ("upset", "着急|难过"), ("calm", "失望")])
def test_the_feeling_is_named_and_understood(mood: Mood, word: str) -> None:
    said = set()
    for topic in COMPLAINTS:
        feeling = written("complaint", topic, mood=mood).split("\n\n")[1]

        assert re.search(f"确实会让人(?:{word})", feeling)
        assert re.search("我们(?:非常)?理解您的(?:心情|感受)", feeling)
        said.add(feeling)
    assert len(said) == len(COMPLAINTS)  # in the words of the case, not of a form


@pytest.mark.rule("004-10")
def test_a_complaint_about_quality_asks_for_model_time_use_and_evidence() -> None:
    text = written("complaint", "quality", facts=Facts(), missing=("happened_at", "photo"))

    assert "什么时候发生" in text
    assert "发现问题时是怎样使用的，并告诉我们产品的型号" in text
    assert 1 == text.count("照片")
    assert "型号是什么" not in written("complaint", "quality")
    assert "告诉我们产品的型号" not in written("complaint", "quality")
    assert "拍一张照片" not in written("complaint", "quality", photo=True)


@pytest.mark.rule("004-14")
def test_evidence_is_asked_for_with_the_reason() -> None:
    plain = written("complaint", "slow_response", facts=Facts(), missing=("happened_at", "demand"))
    photo = written("complaint", "logistics_damage", facts=Facts(), missing=("photo", "demand"))

    assert "能否麻烦您提供一下下面的信息？这样我们能更快定位问题原因：\n1. " in plain
    assert 1 == photo.count("这样我们能更快定位问题原因")


@pytest.mark.rule("004-11")
@pytest.mark.rule("004-13")
@pytest.mark.parametrize(
    ("topic", "department"),
    [
        ("quality", "产品、售后部门"),
        ("logistics_late", "物流部门"),
        ("attitude", "服务主管"),
        ("after_sales_dispute", "售后部门"),
        ("broken_promise", "当时负责的同事"),
    ],
)
def test_the_right_department_is_asked_and_the_time_is_real(topic: str, department: str) -> None:
    text = written("complaint", topic)

    assert f"我们需要与{department}确认具体情况，预计4个工作小时内给您回复，可以吗？" in text


@pytest.mark.parametrize(
    ("topic", "ways"),
    [
        pytest.param("quality", ("维修", "换货", "退款", "优惠券"), marks=pytest.mark.rule("004-16")),
        pytest.param("logistics_late", ("重新发货", "补偿运费", "优惠券"), marks=pytest.mark.rule("004-17")),
        pytest.param("logistics_damage", ("重新发货", "补偿运费", "优惠券"), marks=pytest.mark.rule("004-17")),
        pytest.param("attitude", ("致歉", "重新培训", "小礼品"), marks=pytest.mark.rule("004-18")),
        pytest.param("mismatch", ("换货", "退货退款"), marks=pytest.mark.rule("003-16")),
    ],
)
def test_a_solution_points_where_the_policy_points_and_promises_nothing_yet(topic: str, ways: tuple[str, ...]) -> None:
    (solution,) = (each for each in written("complaint", topic).split("\n\n") if each.startswith("核实之后"))

    assert all(each in solution for each in ways)
    assert re.search("政策允许|可以考虑", solution)
    assert re.search("由您来选择|先听您的意见", solution)


@pytest.mark.rule("004-23")
@pytest.mark.rule("003-17")
def test_the_next_steps_and_their_time_are_told() -> None:
    for topic in COMPLAINTS:
        assert re.search(
            r"接下来这样安排：\n1\. 先核实.+\n2\. 再答复：4个工作小时内.+\n3\. 后办理", written("complaint", topic)
        )


@pytest.mark.rule("004-19")
def test_the_rule_a_solution_rests_on_is_quoted_with_its_source() -> None:
    rule = "签收后15天内出现非人为故障的，支持换货"
    for category, topic in (*(("complaint", each) for each in COMPLAINTS), ("fault", "defect")):
        text = written(category, topic, knowledge=(rule,), knowledge_source=SOURCE["zh"])

        assert f"和您的情况有关的规定（《售后服务政策》第3条）：{rule}。" in text
