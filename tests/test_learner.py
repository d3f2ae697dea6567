"""The model itself, on a handful of made-up mails: equal to the rules at first, quick to learn, the same every time."""

from __future__ import annotations

import tomllib

import pytest

from mailbot.core.learning import BUCKETS, Lesson, Sample, keys_of, masked, sample
from mailbot.core.rules import RuleBook
from mailbot.learner import Learner, taught
from tests.conftest import ROOT

LABELLED = tomllib.loads((ROOT / "tests" / "core" / "labelled.toml").read_text("utf-8"))
THINGS = ("台灯", "水杯", "背包", "雨伞", "毛毯", "闹钟", "风扇", "鼠标", "耳机", "花瓶")
# A way of asking that the packaged rules know nothing about, in a class that an owner might file it under.
WRAPPED = "enquiry/process"
ASKS = ("{}能帮我包成礼物吗,要有蝴蝶结", "送人的{},麻烦加张贺卡和礼盒", "想给{}配个礼盒,卡片写生日快乐")
PLAIN = ("{}坏了,按下去没有反应", "{}用了两天就不亮了")


def lessons(book: RuleBook) -> list[tuple[Lesson, Sample]]:
    """Sixty verdicts: thirty on gifts, thirty on ordinary faults that the rules know."""
    texts = [(ask.format(thing), WRAPPED) for thing in THINGS for ask in ASKS]
    texts += [(plain.format(thing), "fault/malfunction") for thing in THINGS for plain in PLAIN]
    texts += [(f"{thing}什么时候能送到", "enquiry/logistics_progress") for thing in THINGS]
    texts = [texts[at * 7 % 60] for at in range(60)]
    return [
        (Lesson(n, n, "", text, key, "normal"), sample("", text, book)) for n, (text, key) in enumerate(texts, start=1)
    ]


def test_with_no_verdict_it_says_what_the_rules_say(book: RuleBook) -> None:
    learner = Learner(keys_of(book))
    samples = [sample("", text, book) for texts in LABELLED.values() for text in texts[:4]]

    assert [one.rules for one in samples] == [learner.opinion(one).key for one in samples]
    assert [one.priority for one in samples] == [learner.opinion(one).level for one in samples]
    assert not any(learner.opinion(one).ripe for one in samples)


@pytest.mark.rule("000-13")
def test_a_class_the_rules_do_not_know_is_learned_and_believed(book: RuleBook) -> None:
    learner = taught(keys_of(book), lessons(book))

    new = sample("", "这条围巾要送朋友,能不能包个礼盒,再放一张卡片", book)
    found = learner.opinion(new)

    assert WRAPPED != new.rules
    assert (WRAPPED, True, True) == (found.key, found.ripe, found.trusted)
    assert 30 == found.seen


def test_a_class_the_rules_know_as_well_stays_theirs(book: RuleBook) -> None:
    learner = taught(keys_of(book), lessons(book))

    found = learner.opinion(sample("", "电视按下去没有反应,坏了", book))

    assert ("fault/malfunction", False) == (found.key, found.trusted)


def test_the_evidence_names_words_of_the_mail_for_and_against(book: RuleBook) -> None:
    learner, words = taught(keys_of(book), lessons(book)), "这条围巾要送朋友,能不能包个礼盒,再放一张卡片"
    one, text = sample("", words, book), masked("", words, book)

    found = learner.evidence(one, text, WRAPPED, "other/none")
    other = learner.evidence(one, text, "other/none", WRAPPED)

    assert 3 == len(found)
    assert all(each.words in text and each.learned for each in found)
    assert found[0].weight > 0
    assert other[0].weight < 0
    assert () == learner.evidence(one, text, "request/gone", WRAPPED)


def test_the_same_verdicts_make_the_same_model(book: RuleBook) -> None:
    told = lessons(book)[:20]
    asked = [sample("", f"想把{thing}包成礼物送人", book) for thing in THINGS]

    first, second = taught(keys_of(book), told), taught(keys_of(book), told)

    assert [first.opinion(one) for one in asked] == [second.opinion(one) for one in asked]
    assert first.record == second.record


def test_every_verdict_is_foreseen_before_it_is_learned(book: RuleBook) -> None:
    told = lessons(book)[:3]
    learner = Learner(keys_of(book))

    for lesson, one in told:
        before = learner.opinion(one).key
        learner.learn(lesson, one)

        assert (lesson.key, one.rules, before) == (
            learner.record[-1].truth,
            learner.record[-1].rules,
            learner.record[-1].learner,
        )


def test_a_verdict_about_a_topic_that_is_gone_is_passed_over(book: RuleBook) -> None:
    learner = Learner(keys_of(book))

    learner.learn(Lesson(1, 1, "", "你好", "request/gone", "normal"), sample("", "你好", book))

    assert {} == dict(learner.seen)
    assert [] == learner.record


def test_priorities_that_agents_raise_are_foreseen_too(book: RuleBook) -> None:
    texts = [f"{thing}是给年会抽奖用的,嘉宾等着" for thing in THINGS] * 2 + [f"{thing}怎么清洗" for thing in THINGS] * 4
    told = [
        (
            Lesson(n, n, "", text, "enquiry/product_use", "urgent" if "嘉宾" in text else "normal"),
            sample("", text, book),
        )
        for n, text in enumerate(texts, start=1)
    ]
    told = [told[at * 7 % 60] for at in range(60)]

    learner = taught(keys_of(book), told)

    found = learner.opinion(sample("", "轮椅是给年会抽奖用的,嘉宾等着", book))
    assert ("urgent", True) == (found.level, found.level_trusted)
    assert "normal" == learner.opinion(sample("", "轮椅怎么清洗", book)).level


def test_all_buckets_fit_the_arrays(book: RuleBook) -> None:
    whole = Sample(tuple(range(BUCKETS)), (), "other/none", "normal", 0.2)

    assert "other/none" == Learner(keys_of(book)).opinion(whole).key
