"""The knowledge base: files into entries, questions into citations, and rather none than a wrong one."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.core.knowledge import Cited, Knowledge, is_gap, question_of, read_knowledge
from mailbot.core.rules import RuleBook
from tests.conftest import ROOT

TABLE = tomllib.loads((ROOT / "tests" / "core" / "knowledge_questions.toml").read_text(encoding="utf-8"))
QUESTIONS = [(language, each) for language in ("zh", "en") for each in TABLE[language]]
ANSWERED = [each for each in QUESTIONS if each[1]["answers"]]
NEAR_MISSES = [each for each in QUESTIONS if not each[1]["answers"]]
FRONT = "Title: 售后服务政策\nKind: policy\nTopics: enquiry/policy\n\n"
ARTICLE = "## 第1条 保修期限\n问: 保修多久\n整机保修 6 年。\n"


@dataclass(frozen=True)
class Sorted:
    """What is_gap reads of a triage."""

    category: str
    topic: str


def answer(base: Knowledge, language: str, asked: dict[str, Any]) -> Cited | None:
    return base.answer(asked["text"], "enquiry", asked.get("topic", "policy"), asked.get("product", ""), language)


def place(base: Knowledge, cited: Cited) -> str:
    """ "after-sales-policy#1", as the table names it."""
    entry = base.entry(cited.path)
    assert entry is not None
    section = next(each for each in entry.sections if each.heading == cited.heading)
    return f"{entry.name}#{section.number or section.heading}"


def read(text: str, path: str = "knowledge/zh/entry.md", **more: str) -> Knowledge:
    return read_knowledge({path: text, **more})


@pytest.mark.rule("000-46")
@pytest.mark.parametrize(("language", "asked"), ANSWERED, ids=[each["text"][:24] for _, each in ANSWERED])
def test_a_question_is_answered_by_its_section(book: RuleBook, language: str, asked: dict[str, Any]) -> None:
    cited = answer(book.knowledge, language, asked)

    assert cited is not None
    assert asked["answers"] == place(book.knowledge, cited)


@pytest.mark.rule("000-47")
@pytest.mark.parametrize(("language", "asked"), NEAR_MISSES, ids=[each["text"][:24] for _, each in NEAR_MISSES])
def test_what_only_looks_alike_is_not_answered(book: RuleBook, language: str, asked: dict[str, Any]) -> None:
    assert answer(book.knowledge, language, asked) is None


def test_the_table_holds_enough_of_both_kinds_and_no_question_of_an_owner(book: RuleBook) -> None:
    owners = {
        re.sub(r"\W", "", ask) for entry in book.knowledge.entries for each in entry.sections for ask in each.asked
    }

    assert len(ANSWERED) >= 30
    assert len(NEAR_MISSES) >= 30
    assert [] == [each["text"] for _, each in ANSWERED if re.sub(r"\W", "", each["text"]) in owners]


@pytest.mark.rule("000-46")
@pytest.mark.rule("000-47")
@pytest.mark.rule("000-49")
@pytest.mark.rule("002-02")
def test_a_citation_carries_the_sentences_their_source_the_tip_and_the_reason(book: RuleBook) -> None:
    cited = book.knowledge.answer("请问空调整机质保几年？", "enquiry", "policy", "空调", "zh")

    assert cited is not None
    assert ("我们销售的电器整机保修 6 年，带压缩机的产品压缩机保修 10 年，以购机发票日期为准。",) == cited.sentences
    assert "《售后服务政策》第1条" == cited.source
    assert "订单号" in cited.more[0]
    assert "请问空调整机质保几年" in cited.reason
    assert "《售后服务政策》第1条" in cited.reason


def test_an_english_citation_reads_as_english(book: RuleBook) -> None:
    cited = book.knowledge.answer("How long is the warranty?", "enquiry", "policy", "", "en")

    assert cited is not None
    assert "article 1 of our After-sales policy" == cited.source


@pytest.mark.rule("000-31")
def test_what_is_for_agents_only_is_never_cited_but_found_by_them(book: RuleBook) -> None:
    for category, topic in (("enquiry", "price"), ("enquiry", "policy"), ("request", "compensation")):
        assert book.knowledge.answer("优惠券最多送多少？现金补偿上限是多少？", category, topic, "", "zh") is None

    found = book.knowledge.search("现金补偿")

    assert "compensation-standard" == found[0].entry.name


@pytest.mark.rule("000-47")
def test_the_sample_policy_agrees_with_the_plans_of_the_policy_file(book: RuleBook) -> None:
    policy = (ROOT / "rules" / "knowledge" / "zh" / "after-sales-policy.md").read_text(encoding="utf-8")
    plans = book.policy.plans

    for code, days in (("return", "7 天内"), ("exchange", "15 天内")):
        assert days in plans[code].basis[0]
        assert days in policy
    assert "3 个工作日内" in plans["refund"].time[0]
    assert "3 个工作日内按原支付方式退款" in policy


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_compensation_standard_names_the_sums_of_the_policy_file(book: RuleBook, language: str) -> None:
    standard = book.knowledge.entry(f"knowledge/{language}/compensation-standard.md")
    assert standard is not None
    words = " ".join(sentence for section in standard.sections for sentence in section.sentences)

    for plan in book.policy.plans.values():
        assert plan.most is None or str(plan.most) in words, plan.code


@pytest.mark.rule("003-02")
def test_the_samples_hold_every_kind_in_both_languages(book: RuleBook) -> None:
    kinds = {
        language: {each.kind for each in book.knowledge.entries if each.language == language}
        for language in ("zh", "en")
    }
    counts = {language: sum(each.language == language for each in book.knowledge.entries) for language in ("zh", "en")}

    assert (
        {"policy", "process", "faq", "product", "logistics", "complaint", "compensation"} == kinds["zh"] == kinds["en"]
    )
    assert counts["zh"] >= 25
    assert counts["en"] >= 15


def test_every_question_of_the_samples_leads_to_its_own_section(book: RuleBook) -> None:
    assert () == book.knowledge.lost_questions()


def test_a_question_that_two_sections_ask_is_lost_to_both() -> None:
    base = read(FRONT + ARTICLE + "\n## 第2条 又一条\n问: 保修多久\n另一个说法。\n")

    assert ["保修多久", "保修多久"] == [ask for _, ask in base.lost_questions()]


@pytest.mark.rule("003-04")
def test_entries_past_their_review_day_are_stale_from_the_next_day_on() -> None:
    base = read(FRONT.replace("\n\n", "\nReview: 2027-06-30\n\n") + ARTICLE)

    assert () == base.stale(date(2027, 6, 30))
    assert ["entry"] == [entry.name for entry in base.stale(date(2027, 7, 1))]
    cited = base.answer("保修多久？", "enquiry", "policy", "", "zh")
    assert cited is not None
    assert (False, True) == (cited.stale(date(2027, 6, 30)), cited.stale(date(2027, 7, 1)))


@pytest.mark.rule("003-04")
@pytest.mark.parametrize(
    ("category", "topic", "gap"),
    [
        ("enquiry", "product_use", True),
        ("enquiry", "policy", True),
        ("enquiry", "invoice", True),
        ("enquiry", "logistics_progress", False),  # where a parcel is stands in no entry
        ("request", "return", False),
        ("other", "none", False),
    ],
)
def test_a_gap_is_a_question_that_entries_ought_to_answer(book: RuleBook, category: str, topic: str, gap: bool) -> None:
    cited = book.knowledge.answer("保修多久？", "enquiry", "policy", "", "zh")

    assert gap == is_gap(Sorted(category, topic), None)
    assert not is_gap(Sorted(category, topic), cited)


def test_a_gap_keeps_the_question_and_no_number_or_address() -> None:
    text = "你好，我是李明，电话 13912345678。空调能连太阳能吗？请回复 li.ming@mail.example，订单20261101123456能退吗？谢谢。"

    kept = question_of("咨询", text)

    assert kept.startswith("空调能连太阳能吗？")
    assert "咨询" == question_of("咨询", "想了解。")
    assert not re.search(r"\d{6}|@", kept)


@pytest.mark.rule("003-03")
def test_a_search_ranks_the_heading_before_a_mention(book: RuleBook) -> None:
    found = book.knowledge.search("价格保护", "zh")

    assert "价格保护" == found[0].section.heading
    assert found[0].excerpt
    assert () == book.knowledge.search("火星")
    assert () == book.knowledge.search("  ")


def test_traditional_writing_finds_the_same(book: RuleBook) -> None:
    assert book.knowledge.search("發票")[0].section == book.knowledge.search("发票")[0].section


@pytest.mark.parametrize(
    ("product", "name"),
    [
        ("空调", "air-conditioner"),
        ("变频空调", "air-conditioner"),  # as the customer calls it
        ("KFR-35GW", "air-conditioner"),
        ("烘干机", "tumble-dryer"),
        ("电饭煲", ""),
        ("", ""),
    ],
)
def test_the_product_has_to_agree(book: RuleBook, product: str, name: str) -> None:
    cited = book.knowledge.answer("滤网多久清洗一次？", "enquiry", "product_use", product, "zh")

    assert name == (place(book.knowledge, cited).partition("#")[0] if cited else "")


def test_a_topic_of_another_category_is_not_answered(book: RuleBook) -> None:
    assert book.knowledge.answer("保修多久？", "complaint", "quality", "", "zh") is None


def test_three_questions_in_a_mail_get_three_sections_the_surest_first(book: RuleBook) -> None:
    found = book.knowledge.answers("空调保修几年？支持货到付款吗？退货流程是什么？", "enquiry", "policy", "空调", "zh")

    assert {"after-sales-policy#1", "prices-and-payment#支持哪些付款方式？", "return-steps#怎么退货？"} == {
        place(book.knowledge, each) for each in found
    }
    assert sorted((each.score for each in found), reverse=True) == [each.score for each in found]


def test_no_folder_is_an_empty_base() -> None:
    base = read_knowledge({"policy.toml": ""})

    assert base == Knowledge()
    assert base.answer("保修多久？", "enquiry", "policy", "", "zh") is None
    assert () == base.search("保修")
    assert () == base.stale(date(2030, 1, 1))


def test_articles_without_headings_and_lists_are_read() -> None:
    base = read(FRONT + "第1条 整机保修 6 年。压缩机 10 年。\n第2条：\n- 先断电\n- 再拆下\n提示: 小心。\n")

    (entry,) = base.entries
    assert ["1", "2"] == [each.number for each in entry.sections]
    assert ("整机保修 6 年。", "压缩机 10 年。") == entry.sections[0].sentences
    assert ("先断电。", "再拆下。") == entry.sections[1].sentences
    assert ("小心。",) == entry.sections[1].more


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (ARTICLE, "Title"),
        ("Title: 政策\n\n" + ARTICLE, "Kind"),
        ("Title: 政策\nKind: rules\n\n" + ARTICLE, "Kind"),
        ("Title: 政策\nTitle: 又一个\nKind: policy\n\n" + ARTICLE, "Title"),
        ("Title: 政策\nKind: policy\nReview: next year\n\n" + ARTICLE, "Review"),
        ("Title: 政策\nKind: policy\nFor: everybody\n\n" + ARTICLE, "For"),
        ("Title: 政策\nKind: policy\n没有冒号\n\n" + ARTICLE, "没有冒号"),
        ("Title: 政策\nKind: policy\nTopic: enquiry\n\n" + ARTICLE, "Topic"),
        (FRONT, ""),
        (FRONT + "一句没有标题的话。\n", "一句没有标题的话。"),
        (FRONT + "## 第1条 空的\n问: 空的吗\n", "第1条 空的"),
        (FRONT + ARTICLE + ARTICLE, "第1条"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_remedy(text: str, key: str) -> None:
    with pytest.raises(UserError) as raised:
        read(text)

    assert "rules/knowledge/zh/entry.md" == raised.value.where
    assert raised.value.key.startswith(key) if key else raised.value.key == ""
    assert len(raised.value.remedy) > 10


def test_a_file_outside_its_languages_folder_and_a_product_nobody_sells_are_named(book: RuleBook) -> None:
    with pytest.raises(UserError, match="folder of its language"):
        read(FRONT + ARTICLE, "knowledge/entry.md")
    texts = {"knowledge/zh/entry.md": FRONT.replace("\n\n", "\nProducts: 飞机\n\n") + ARTICLE}
    with pytest.raises(UserError, match=r"Products.*products\.toml"):
        read_knowledge(texts, book.orders.products)


def test_a_mistake_in_the_words_is_named() -> None:
    with pytest.raises(UserError, match=r"words\.toml.*same"):
        read_knowledge({"knowledge/zh/a.md": FRONT + ARTICLE, "knowledge/words.toml": '[zh]\nsame = ["保修"]\n'})


@given(st.text(max_size=400))
def test_no_mail_breaks_the_search(text: str) -> None:
    base = read(FRONT + ARTICLE)

    base.answers(text, "enquiry", "policy", text, "zh")
    base.search(text)
    question_of(text, text)


@given(st.text(alphabet="#: \n第1条问另外ab。TitleKnd-", max_size=200))
def test_a_file_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        base = read(text)
    except UserError:
        return
    assert all(section.sentences for entry in base.entries for section in entry.sections)
