"""Each check by its own examples (review_cases.toml): all that is bad is found, nothing that is good is blamed."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.checks import read_checks
from mailbot.core.errors import UserError
from mailbot.core.language import detect
from mailbot.core.review import CHECKS, Context, DraftText, known_values, review
from mailbot.core.review_answers import BY_CATEGORY
from mailbot.core.review_context import published
from mailbot.core.review_table import CHECK_TABLE, FINAL
from mailbot.core.rules import RuleBook
from tests.conftest import ROOT

CASES = tomllib.loads((Path(__file__).parent / "review_cases.toml").read_text(encoding="utf-8"))
REPLIES = tomllib.loads((Path(__file__).parent / "review_replies.toml").read_text(encoding="utf-8"))["reply"]
CUSTOMER = "wang@mail.example"
OWN = "订单20261101000123 快递SF0000000000001 400-000-0000 13800000000 20261123-0001 support@shop.example"
DRAFT = DraftText("Re: question", "", (CUSTOMER,))
ELSEWHERE = {code for code in CHECK_TABLE if code.startswith(("pledge_", "order_", "lane", "assisted"))}


def context_of(book: RuleBook) -> Context:
    return Context(
        CUSTOMER,
        CUSTOMER,
        allowed=known_values([OWN, CUSTOMER]),
        policy=book.policy,
        checks=book.checks,
        catalogue=book.orders,
        simplified=book.simplified,
        policy_texts=("整机保修 6 年，压缩机保修 10 年。", *published(book.policy, book.knowledge)),
    )


def placed(check: str, case: str, book: RuleBook) -> tuple[DraftText, Context]:
    """The case as a draft and what is known of it."""
    context = context_of(book)
    given, is_pair, text = case.rpartition(" ⇒ ")
    match check:
        case "header":
            return replace(DRAFT, subject=case, text="您好"), context
        case "recipient":
            return replace(DRAFT, text="您好", to=(case,)), context
        case "empty":
            return replace(DRAFT, subject=given, text=text), context
        case "unanswered":
            context = replace(context, customer_words=given)
        case "product":
            context = replace(context, known_texts=(given,))
        case "name":
            context = replace(context, customer_name=given)
        case "part_missing":
            context = replace(context, by_agent=True, parts=BY_CATEGORY.get(given, ()))
        case "jargon":
            context = replace(context, elderly=True)
    return replace(DRAFT, text=text if is_pair else case), context


def found(check: str, case: str, book: RuleBook) -> bool:
    return check in {each.check for each in review(*placed(check, case, book))}


@pytest.mark.rule("000-31")
@pytest.mark.rule("000-32")
@pytest.mark.rule("000-33")
@pytest.mark.rule("000-28")
@pytest.mark.rule("000-30")
@pytest.mark.rule("001-49")
@pytest.mark.rule("004-04")
@pytest.mark.rule("004-08")
@pytest.mark.parametrize("check", sorted(CASES))
def test_a_check_finds_all_that_is_bad_and_blames_nothing_that_is_good(check: str, book: RuleBook) -> None:
    bad, good = CASES[check]["bad"], CASES[check]["good"]
    assert 10 <= min(len(bad), len(good))

    missed = [case for case in bad if not found(check, case, book)]
    wrong = [case for case in good if found(check, case, book)]

    hits = len(bad) - len(missed)
    precision = hits / max(1, hits + len(wrong))
    print(f"{check}: precision {precision:.2f}, recall {hits / len(bad):.2f} of {len(bad)} bad and {len(good)} good")
    assert ([], []) == (missed, wrong)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["asked"][:12])
def test_a_good_agents_whole_reply_is_left_alone(reply: dict[str, str], book: RuleBook) -> None:
    context = replace(
        context_of(book),
        customer_words=reply["asked"],
        known_texts=(reply["asked"],),
        by_agent=True,
        parts=BY_CATEGORY.get(reply["category"], ()),
        language=detect(reply["asked"]),
    )

    assert () == review(replace(DRAFT, text=reply["reply"]), context)


def test_every_code_has_its_examples_its_rule_and_its_right_wording() -> None:
    assert CASES.keys() | ELSEWHERE == CHECK_TABLE.keys()
    assert all(each.rule and each.what and each.example for each in CHECK_TABLE.values())
    assert {"block", "warn", "both"} == {each.level for each in CHECK_TABLE.values()}


def test_no_finding_has_a_code_or_a_level_that_the_table_does_not_know(book: RuleBook) -> None:
    for check, cases in CASES.items():
        for case in (*cases["bad"], *cases["good"]):
            for each in review(*placed(check, case, book)):
                assert CHECK_TABLE[each.check].level in (each.level, "both")


def test_what_leaks_or_goes_to_strangers_is_final() -> None:
    assert frozenset({"header", "empty", "recipient", "id_card", "bank_card"}) == FINAL


def test_the_order_of_the_checks_names_each_once() -> None:
    assert len(CHECKS) == len(set(CHECKS))


@pytest.mark.rule("000-47")
def test_a_figure_of_an_entry_that_is_not_for_customers_is_not_published(book: RuleBook) -> None:
    entries = tuple(replace(each, for_customers=False) for each in book.knowledge.entries)

    told = published(book.policy, replace(book.knowledge, entries=entries))

    assert len(told) < len(published(book.policy, book.knowledge))


@pytest.mark.rule("000-28")
def test_only_the_elderly_are_spared_the_jargon_and_only_words_they_do_not_use(book: RuleBook) -> None:
    draft, context = placed("jargon", "请更新固件。", book)

    assert () == review(draft, replace(context, elderly=False))
    assert () == review(draft, replace(context, customer_words="固件坏了"))
    assert ["jargon"] == [each.check for each in review(draft, context)]


def test_a_file_that_comes_along_is_explained_or_asked_about(book: RuleBook) -> None:
    context = replace(context_of(book), attachments=1)

    assert ["attachment"] == [each.check for each in review(replace(DRAFT, text="已为您登记。"), context)]
    assert () == review(replace(DRAFT, text="安装图见附件。"), context)


@pytest.mark.parametrize("kind", ["acknowledgement", "holding", "progress", "revisit"])
def test_a_mail_that_is_no_answer_need_not_answer(kind: str, book: RuleBook) -> None:
    draft, context = placed("unanswered", "包装箱丢了还能退吗？ ⇒ 您的来信我们已经收到。", book)

    assert () == review(draft, replace(context, kind=kind))


@pytest.mark.rule("000-22")
@pytest.mark.rule("000-23")
def test_a_template_is_not_asked_for_its_parts(book: RuleBook) -> None:
    draft, context = placed("part_missing", CASES["part_missing"]["bad"][0], book)

    assert () == review(draft, replace(context, by_agent=False))


def test_what_a_customer_said_is_never_a_fault_of_ours(book: RuleBook) -> None:
    said = "您提到“請尽快登陆,,我的的帐号，内部价保修99年”，我们今天 18:00 前核实。"

    assert () == review(replace(DRAFT, text=said), context_of(book))


def test_the_customers_own_subject_is_no_fault_of_ours(book: RuleBook) -> None:
    draft = replace(DRAFT, subject="Re: 回复：登陆不了，不是说终身免费吗", text="您好，我们今天 18:00 前核实。")
    theirs = replace(context_of(book), known_texts=("登陆不了，不是说终身免费吗",))

    assert () == review(draft, theirs)
    assert {"forbidden"} == {each.check for each in review(draft, context_of(book)) if each.level == "block"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[[forbidden]]\nwords = []\nmessage = 'x'", "forbidden[1].words"),
        ("[[forbidden]]\nwords = ['内部价']", "forbidden[1].message"),
        ("[[forbidden]]\nwords = ['内部价']\nmessage = 'x'\nlevel = 'stop'", "forbidden[1].level"),
        ("[typos]\n'登录' = '登录'", "typos.登录"),
        ("[typos]\n'登' = '登录'", "typos.登"),
        ("[[typo]]\nwrong = '登陆'\nright = '登录'\nunless = ['着陆']", "typo[1].unless"),
        ("[[typo]]\nwrong = '登陆'\nright = '登陆'", "typo[1].right"),
        ("[jargon]\n'固件' = ''", "jargon.固件"),
        ("vague = ['x']", "vague"),
        ("shirk = ['找别人']", "shirk"),
    ],
)
def test_a_mistake_in_the_lists_is_named(text: str, key: str) -> None:
    with pytest.raises(UserError) as raised:
        read_checks(text)

    assert ("rules/checks.toml", key) == (raised.value.where, raised.value.key)


def test_every_check_stands_in_the_reference_as_the_table_says() -> None:
    reference = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")

    rows = [
        f"| `{code}` | {each.rule} | {each.level}{', final' if each.final else ''} | {each.what} | {each.example} |"
        for code, each in CHECK_TABLE.items()
    ]

    assert [] == [row for row in rows if row not in reference]


WORDS = st.text(alphabet="您我的了，。,!？?“”多久能吗尽快附件保修退货7年天元%登陆请 \nabthe但是抱歉理解", max_size=300)


@given(WORDS, WORDS)
def test_any_draft_to_any_mail_is_read_without_an_error(book: RuleBook, text: str, asked: str) -> None:
    context = replace(context_of(book), customer_words=asked, known_texts=(asked,), elderly=True, by_agent=True)

    assert len(review(replace(DRAFT, text=text), context)) <= 50


@pytest.mark.parametrize(
    "unit",
    [
        "的",
        "我们",
        "，",
        "，a",
        "(",
        "(中",
        "吗？",
        "多久",
        "附",
        "保修1年",
        "尽快",
        "登陆",
        "the the ",
        "尊敬的",
        "1",
        "一",
        "。\n",
    ],
)
def test_a_hostile_text_costs_little(unit: str, book: RuleBook) -> None:
    text = unit * (60_000 // len(unit))
    context = replace(context_of(book), customer_words=text, known_texts=(text,), elderly=True, by_agent=True)

    assert len(review(replace(DRAFT, text=text), context)) <= 50
