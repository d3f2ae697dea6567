"""Rule files are read strictly, do what their own examples say, and stay fast on hostile text."""

from __future__ import annotations

import pickle
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot.core.errors import UserError
from mailbot.core.rules import CATEGORIES, RuleBook, lonely_rules, match, read_book, run_examples
from mailbot.core.signs import Sign, compile_signs, fault_of, find, fold, guards, stretches

ROOT = Path(__file__).parents[2] / "rules"
FILES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for path in sorted(ROOT.rglob("*"))
    if path.suffix in {".toml", ".md"}
}
BOOK = read_book(FILES)
TOPIC = """
category = "enquiry"
topic = "warranty_card"
name = { zh = "保修卡", en = "Warranty card" }
template = "enquiry"
route = "service"
requires = ["order_number"]
[[signs]]
words = ["保修卡"]
weight = 9
[examples]
true = ["保修卡丢了"]
false = ["你好"]
"""
REQUIRED = {
    "enquiry": "product_use policy process logistics_progress price invoice",
    "fault": "malfunction defect service_fault delivery_late emergency_repair suggestion",
    "complaint": "quality attitude slow_response logistics_late logistics_damage after_sales_dispute mismatch"
    " broken_promise",
    "request": "return exchange repair refund compensation cancel account_change",
    "revisit": "rating thanks still_broken",
    "other": "none spam",
}


def with_file(path: str, text: str) -> dict[str, str]:
    return {**FILES, path: text}


def read_topic(text: str) -> RuleBook:
    return read_book(with_file("categories/enquiry-warranty_card.toml", text))


@pytest.mark.rule("000-01")
@pytest.mark.rule("001-07")
@pytest.mark.rule("002-01")
@pytest.mark.rule("004-01")
def test_every_topic_of_the_contract_is_there():
    expected = {(category, topic) for category, topics in REQUIRED.items() for topic in topics.split()}

    assert expected <= set(BOOK.topics)


@pytest.mark.parametrize("example", BOOK.examples, ids=lambda example: f"{example.key}:{example.text[:24]}")
def test_every_example_of_a_rule_file_comes_out_as_its_owner_says(example):
    failures = [failure for failure in FAILURES if failure.example == example.text]

    assert [] == failures


FAILURES = run_examples(BOOK)


def test_every_topic_has_at_least_six_examples_of_both_kinds():
    for topic in BOOK.topics.values():
        for expected in (True, False):
            texts = [one.text for one in BOOK.examples if one.key == topic.key and one.expected is expected]

            assert len(texts) >= 6, topic.where
    assert () == lonely_rules(BOOK)


def test_a_topic_without_false_examples_is_named_as_lonely():
    book = read_topic(TOPIC.replace('false = ["你好"]', ""))

    assert ("rules/categories/enquiry-warranty_card.toml",) == lonely_rules(book)


def test_a_new_topic_is_one_file():
    book = read_topic(TOPIC)

    best = match("", "保修卡丢了怎么办", book).candidates[0]

    assert ("enquiry", "warranty_card") == (best.category, best.topic)
    assert ("咨询-保修卡: 正文含“保修卡”",) == best.reasons


def test_an_example_that_fails_is_reported_with_what_was_expected_and_found():
    book = read_topic(TOPIC.replace("保修卡丢了", "我要退货"))

    (failure,) = run_examples(book)

    assert "rules/categories/enquiry-warranty_card.toml" == failure.file
    assert ("我要退货", "enquiry/warranty_card", "request/return") == (failure.example, failure.expected, failure.got)


@pytest.mark.parametrize(
    ("broken", "key", "remedy"),
    [
        ("wieght = 9", "signs[1].wieght", "did you mean weight?"),
        ('weight = "9"', "signs[1].weight", "a number"),
        ("weight = 0", "signs[1].weight", "not 0"),
        ("weight = 99", "signs[1].weight", "-20 to 20"),
        ('where = "footer"', "signs[1].where", "any, subject, body"),
        ("unless = ['(']", "signs[1].unless", "broken"),
        ("patterns = ['(坏|烂']", "signs[1].patterns", "broken"),
        ("patterns = ['坏.*退']", "signs[1].patterns", "run for ever"),
        ("patterns = ['(?:a|b){3}']", "signs[1].patterns", "run for ever"),
        ("patterns = ['坏.{0,500}退']", "signs[1].patterns", "too far"),
        ("patterns = ['(?:坏)?']", "signs[1].patterns", "nothing at all"),
        ("patterns = 3", "signs[1].patterns", "a list"),
        ('patterns = [""]', "signs[1].patterns", "a list of texts"),
        ("fallback = 1", "signs[1].fallback", "true or false"),
    ],
)
def test_a_broken_sign_is_refused_with_file_key_and_remedy(broken, key, remedy):
    text = TOPIC.replace("weight = 9", broken)

    with pytest.raises(UserError) as raised:
        read_topic(text)

    assert "rules/categories/enquiry-warranty_card.toml" == raised.value.where
    assert key == raised.value.key
    assert remedy in raised.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "key", "remedy"),
    [
        ('category = "enquiry"', 'category = "enquirey"', "category", "one of: complaint"),
        ('category = "enquiry"', "category = 1", "category", "a text in quotes"),
        ('category = "enquiry"', "", "category", "missing"),
        ('topic = "warranty_card"', 'topic = "Warranty Card"', "topic", "small letters"),
        ('topic = "warranty_card"', 'topic = "policy"', "topic", "enquiry-policy.toml too"),
        ('template = "enquiry"', "", "template", "missing"),
        ('route = "service"', "route = []", "route", "a text"),
        ('requires = ["order_number"]', 'requires = ["shoe_size"]', "requires", "there is no fact 'shoe_size'"),
        ('name = { zh = "保修卡", en = "Warranty card" }', "", "name", "missing"),
        ('name = { zh = "保修卡", en = "Warranty card" }', 'name = { zh = "保修卡" }', "name.en", "missing"),
        ('words = ["保修卡"]', "", "signs[1].words", "needs words or patterns"),
        ('words = ["保修卡"]', 'words = ["卡"]', "signs[1].words", "two or more"),
        ('route = "service"', 'route = "service"\ncolour = "red"', "colour", "unknown key"),
        ('route = "service"', 'route = "service"\npriority = "high"', "priority", "urgent, important, normal"),
        ("[examples]", "[examples]\nmaybe = []", "examples.maybe", "unknown key"),
        ("[[signs]]", "[signs]", "signs", "a list"),
        ('template = "enquiry"', 'template = "enquiry', "", "not valid TOML"),
    ],
)
def test_a_broken_topic_file_is_refused_with_file_key_and_remedy(old, new, key, remedy):
    with pytest.raises(UserError) as raised:
        read_topic(TOPIC.replace(old, new, 1))

    assert "rules/categories/enquiry-warranty_card.toml" == raised.value.where
    assert key == raised.value.key
    assert remedy in raised.value.remedy


@pytest.mark.parametrize(
    "path",
    ["reading.toml", "priority.toml", "mood.toml", "promises.toml", "departments.toml", "policy.toml", "checks.toml"],
)
def test_a_missing_file_is_named(path):
    with pytest.raises(UserError, match=rf"rules/{path}.*missing"):
        read_book({name: text for name, text in FILES.items() if name != path})


@pytest.mark.parametrize(
    ("path", "old", "new", "key"),
    [
        ("priority.toml", 'enquiry = "normal"', "", "levels.enquiry"),
        ("priority.toml", 'enquiry = "normal"', 'enquiry = "soon"', "levels.enquiry"),
        ("priority.toml", 'code = "legal"', 'code = "hazard"', "alarm[2].code"),
        ("priority.toml", 'only = ["complaint"]', 'only = ["complaints"]', "alarm[7].only"),
        ("mood.toml", "[upset]", "[sad]", "upset.at_least"),
        ("reading.toml", "traditional = [", 'traditional = ["壞坏了",', "traditional"),
        ("categories/fault.toml", 'usual_topic = "malfunction"', 'usual_topic = "broken"', "usual_topic"),
    ],
)
def test_a_broken_common_file_is_refused(path, old, new, key):
    assert old in FILES[path]

    with pytest.raises(UserError) as raised:
        read_book(with_file(path, FILES[path].replace(old, new, 1)))

    assert (f"rules/{path}", key) == (raised.value.where, raised.value.key)


def test_a_category_has_one_common_file():
    with pytest.raises(UserError, match="already"):
        read_book(with_file("categories/fault2.toml", FILES["categories/fault.toml"]))


def test_the_version_follows_every_character():
    changed = with_file("mood.toml", FILES["mood.toml"] + "\n# a comment\n")

    assert BOOK.version == read_book(FILES).version
    assert BOOK.version != read_book(changed).version


def test_a_book_survives_the_way_to_a_child_process():
    copy = pickle.loads(pickle.dumps(BOOK))

    assert copy.version == BOOK.version
    assert match("", "我要退货", copy) == match("", "我要退货", BOOK)


def test_templates_are_those_of_the_categories():
    for (category, code), topic in BOOK.topics.items():
        assert topic.template in (f"{category}_{code}", category)
    assert set(CATEGORIES) == set(BOOK.levels)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("", "我要退貨,請幫我辦理退貨"),
        ("", "我要退货,请帮我办理退货"),
        ("", "I WANT TO RETURN THIS"),
        ("回复: Re: Fwd: 退货", ""),
        ("", "这双鞋子我和我爱人都觉得颜色跟我们家的沙发一点也不搭,所以想要申请退\n货,请尽快处理,多谢"),
        ("", "I bought this lamp last week and would really like to return\nit because it is too dark."),
    ],
)
def test_capitals_traditional_characters_prefixes_and_wrapped_lines_do_not_matter(subject, text):
    best = match(subject, text, BOOK).candidates[0]

    assert ("request", "return") == (best.category, best.topic)


def test_boilerplate_speaks_for_nothing():
    text = "咨询订单号:20261118001234\n您好\n本邮件及其附件含有保密信息,如您误收请投诉并退货\n发自我的iPhone"

    assert () == match("", text, BOOK).candidates


def test_a_question_cue_counts_only_where_nothing_else_speaks():
    weak = match("", "请问是不是这样?", BOOK)
    strong = match("", "请问可以帮我取消订单吗?", BOOK)

    assert weak.fallback
    assert "enquiry" == weak.candidates[0].category
    assert not strong.fallback
    assert "cancel" == strong.candidates[0].topic


def test_latin_words_are_whole_words():
    signs = compile_signs((Sign("a/b", ("fire", "refund*"), (), 1.0),))

    assert () == find(signs, "", "a nice fireplace")
    assert ("fire",) == tuple(hit.words for hit in find(signs, "", "there is fire."))
    assert ("refund",) == tuple(hit.words for hit in find(signs, "", "it was refunded"))


def test_unless_takes_back_a_hit_of_the_same_clause_only():
    signs = compile_signs((Sign("a/b", ("投诉",), (), 1.0, unless=("怎么",)),))

    assert () == find(signs, "", "怎么投诉")
    assert 1 == len(find(signs, "", "怎么办,我要投诉"))


def test_a_sign_may_look_at_the_subject_only():
    signs = compile_signs((Sign("a/b", ("回访",), (), 1.0, where="subject"),))

    assert () == find(signs, "", "回访")
    assert "subject" == find(signs, "回访", "")[0].where


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("退货", {"退货"}),
        ("(?:想|要).{0,6}退货", {"退货"}),
        ("(?:退货|换货).{0,3}了", {"退货", "换货"}),
        ("a|bc", {"a", "bc"}),
        ("[一二]", set()),
        ("退?货", {"货"}),
        ("(?:退)?", set()),
        (r"\bno\b", {"no"}),
        ("a[^)]b(?:cd)", {"cd"}),
    ],
)
def test_the_words_a_pattern_needs(pattern, expected):
    assert expected == set(guards(pattern))


ALL_PATTERNS = sorted({pattern for sign in BOOK.signs.signs for pattern in (*sign.patterns, *sign.unless)})


def test_every_pattern_of_the_rules_is_allowed():
    assert [] == [pattern for pattern in ALL_PATTERNS if fault_of(pattern)]


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_what_a_pattern_matches_holds_the_words_it_needs(data):
    pattern = data.draw(st.sampled_from([one for one in ALL_PATTERNS if "(?<" not in one and "(?!" not in one]))
    text = data.draw(st.from_regex(pattern))
    found = re.search(pattern, text)

    assert found is not None
    for words in stretches(pattern):
        assert any(word in text for word in words)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=300), st.text(max_size=600))
def test_matching_never_raises_and_answers_the_same_twice(subject, text):
    assert match(subject, text, BOOK) == match(subject, text, BOOK)


@pytest.mark.parametrize(
    "text",
    ["退" * 20_000, "怎么投诉" * 5_000, "我要" * 10_000, "a " * 10_000, "!" * 20_000, "\n" * 20_000, "说好" * 10_000],
    ids=lambda text: repr(text[:4]),
)
def test_hostile_text_costs_no_more_than_long_text(text):
    started = time.perf_counter()
    match("", text * 5, BOOK)

    assert time.perf_counter() - started < 1.5


def test_fold_keeps_paragraphs_apart():
    assert "你好\n退货" == fold("你好\n退货", {})
    assert "ab" == fold("AB", {})
