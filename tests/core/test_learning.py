"""When agents' verdicts are heard, what they may change, and what they may never change."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.facts import Facts
from mailbot.core.learning import (
    BUCKETS,
    Opinion,
    Trial,
    calibrated,
    calibration,
    grams,
    keys_of,
    level_trusted,
    masked,
    rank,
    sample,
    second_opinion,
    signs_for,
    trusted,
)
from mailbot.core.mail import Mail, parse
from mailbot.core.rules import PRIORITIES, RuleBook, match
from mailbot.core.triage import Triage

CALM = Triage("enquiry", "process", "normal", 0.8, "calm", ("咨询-办理流程: 正文含“怎么办理”",))
SAYS = Opinion("request/repair", "enquiry/process", 0.9, True, True, "normal", False, 12)
LETTER = parse(b"From: li.ming@mail.example\r\nSubject: question\r\n\r\nhello\r\n")
assert isinstance(LETTER, Mail)


def heard(opinion: Opinion, book: RuleBook, first: Triage = CALM) -> Triage:
    assert isinstance(LETTER, Mail)
    return second_opinion(first, opinion, LETTER, Facts(), book)


def trial(truth: str, rules: str, learner: str, sure: float = 0.9, levels: str = "nnn") -> Trial:
    named = {each[0]: each for each in PRIORITIES}
    return Trial(truth, rules, learner, sure, *(named[each] for each in levels))


WON = trial("a/b", "a/c", "a/b")
LOST = trial("a/b", "a/b", "a/c")
EVEN = trial("a/b", "a/b", "a/b")
MANY = {"a/b": 30, "a/c": 30}


def test_an_opinion_that_is_not_ripe_changes_nothing(book: RuleBook) -> None:
    assert CALM == heard(replace(SAYS, ripe=False), book)


@pytest.mark.rule("000-13")
def test_a_class_that_is_known_better_than_by_rules_leads_and_says_why(book: RuleBook) -> None:
    found = heard(SAYS, book)

    assert ("request", "repair") == (found.category, found.topic)
    assert "enquiry/process" == found.runner_up
    assert "历史更正" in found.reasons[0]
    assert "12 封" in found.reasons[0]
    assert "order_number" in found.missing  # what the new topic requires is asked for


def test_where_rules_and_learner_disagree_a_person_chooses(book: RuleBook) -> None:
    overruled, doubted = heard(SAYS, book), heard(replace(SAYS, trusted=False), book)

    assert (CALM.category, CALM.topic) == (doubted.category, doubted.topic)
    assert overruled.confidence < 0.5
    assert doubted.confidence < 0.5
    assert any("请人工确认类别" in reason for reason in doubted.reasons)


def test_a_class_seen_too_seldom_raises_no_doubt(book: RuleBook) -> None:
    assert CALM == heard(replace(SAYS, trusted=False, seen=9), book)


def test_where_both_agree_confidence_is_what_was_found_to_be_true(book: RuleBook) -> None:
    found = heard(replace(SAYS, key="enquiry/process", sure=0.93), book)

    assert replace(CALM, confidence=0.93) == found


def test_an_advertisement_stays_one(book: RuleBook) -> None:
    spam = replace(CALM, category="other", topic="spam")

    found = heard(replace(SAYS, level="urgent", level_trusted=True), book, spam)

    assert ("spam", "normal") == (found.topic, found.priority)


def test_a_topic_that_left_the_rules_overrules_nothing(book: RuleBook) -> None:
    assert CALM == heard(replace(SAYS, key="request/gone"), book)


@pytest.mark.rule("000-14")
@given(
    first=st.sampled_from(PRIORITIES),
    level=st.sampled_from(PRIORITIES),
    believed=st.booleans(),
    key=st.sampled_from(["request/repair", "enquiry/price", "complaint/quality", "enquiry/process"]),
)
def test_no_opinion_lowers_a_priority(first: str, level: str, believed: bool, key: str) -> None:
    opinion = replace(SAYS, key=key, trusted=believed, level=level, level_trusted=True)

    found = heard(opinion, BOOK[0], replace(CALM, priority=first))  # type: ignore[arg-type]

    assert rank(found.priority) >= max(rank(first), rank(level))


BOOK: list[RuleBook] = []


@pytest.fixture(autouse=True, scope="module")
def _one_book(book: RuleBook) -> None:
    BOOK[:] = [book]


def test_a_raised_priority_says_why(book: RuleBook) -> None:
    found = heard(replace(SAYS, key="enquiry/process", level="urgent", level_trusted=True), book)

    assert "urgent" == found.priority
    assert any("定为紧急" in reason for reason in found.reasons)


@pytest.mark.parametrize(
    ("record", "seen", "expected"),
    [
        ([WON] * 4, MANY, True),
        ([WON], MANY, False),  # one mail is luck
        ([WON] * 4, {"a/b": 9, "a/c": 60}, False),  # ten in the class
        ([WON] * 4, {"a/b": 20, "a/c": 20}, False),  # fifty in all
        ([WON] * 5 + [LOST] * 5, MANY, False),
        ([WON] * 12 + [LOST] * 8, MANY, False),  # four more of twenty is within chance
        ([WON] * 14 + [LOST] * 6, MANY, True),
        ([LOST] * 30 + [EVEN] * 55 + [WON] * 5, MANY, True),  # what is long past does not count
        ([EVEN] * 60, MANY, False),  # the rules are as good
    ],
)
def test_rules_have_the_last_word_until_the_learner_is_better_by_more_than_chance(
    record: list[Trial], seen: dict[str, int], expected: bool
) -> None:
    assert expected == trusted(record, "a/b", seen)


def test_priorities_are_raised_only_after_raises_that_were_right() -> None:
    right = [trial("a/b", "a/b", "a/b", levels="unu")] * 12
    wrong = [trial("a/b", "a/b", "a/b", levels="nnu")] * 12
    plain = [EVEN] * 50

    assert level_trusted([*plain, *right], "urgent")
    assert not level_trusted([*plain, *wrong], "urgent")
    assert not level_trusted([*plain, *right, *wrong], "urgent")
    assert not level_trusted(right, "urgent")
    assert not level_trusted([*plain, *right], "normal")


def test_confidence_is_the_share_that_was_right_at_such_sureness() -> None:
    record = [trial("a/b", "a/b", "a/b" if n % 10 < 3 else "a/c", 0.3) for n in range(40)]
    record += [trial("a/b", "a/b", "a/b" if n % 10 < 9 else "a/c", 0.8) for n in range(40)]

    steps = calibration(record)

    assert calibrated(0.35, steps) == pytest.approx(0.31, abs=0.02)
    assert calibrated(0.85, steps) == pytest.approx(0.88, abs=0.02)
    assert () == calibration(record[:49])
    assert 0.7 == calibrated(0.7, ())


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=50, max_size=80))
def test_a_surer_answer_is_never_called_less_certain(pairs: list[tuple[float, bool]]) -> None:
    steps = calibration([trial("a/b", "a/b", "a/b" if hit else "a/c", sure) for sure, hit in pairs])

    shares = [calibrated(sure / 20, steps) for sure in range(21)]

    assert sorted(shares) == shares
    assert all(0 < share < 1 for share in shares)


def test_numbers_and_boilerplate_are_not_learned(book: RuleBook) -> None:
    first = masked("退款 12345", "订单 20261123000777 还没退", book)
    second = masked("退款 9", "订单 20250101000001 还没退", book)

    assert first == second


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_is_a_sample_within_the_buckets(words: str, subject: str) -> None:
    found = sample(subject, words, BOOK[0])

    assert all(0 <= each < BUCKETS for each in found.grams)
    assert tuple(sorted(set(found.grams))) == found.grams
    assert found == sample(subject, words, BOOK[0])
    assert found.rules in keys_of(BOOK[0])


def test_short_texts_have_their_grams() -> None:
    assert 0 == len(grams(""))
    assert 1 == len(grams("a"))
    assert 6 == len(grams("abc"))


def test_evidence_of_the_rules_has_words_and_a_signed_weight(book: RuleBook) -> None:
    found = signs_for(match("", "我要投诉你们,客服态度太差", book), "complaint/attitude")

    assert found
    assert all(one.weight != 0 and one.words for one in found)
    assert sorted((abs(one.weight) for one in found), reverse=True) == [abs(one.weight) for one in found]
