"""The whole understanding of one mail, and what changes when more is known about it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial

import pytest

from mailbot.core import tokens
from mailbot.core.automail import Own
from mailbot.core.mail import Unreadable
from mailbot.core.rules import RuleBook
from mailbot.core.understand import Border, Understood, as_follow_up, as_human, understand

OURS = "您好,我们已经为您安排换货,请在三天内寄回。"
HISTORY = (
    "------------------ 原始邮件 ------------------\r\n发件人: 示例电器 <support@shop.example>\r\n"
    "发送时间: 2026年11月22日 10:00\r\n收件人: li.ming@mail.example\r\n主题: 换货\r\n\r\n"
    f"{OURS}\r\n三天太久,我要投诉你们\r\n"
)
ANSWER = (
    "From: Li Ming <Li.Ming@Mail.example>\r\nTo: support@shop.example\r\nSubject: Re: help\r\n"
    "Message-ID: <2@mail.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0800\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
    "{new}\r\n\r\n> {quoted}\r\n"
)


def test_the_sender_is_known_in_lower_case(read_mail: Callable[[bytes], Understood]) -> None:
    assert "li.ming@mail.example" == read_mail(b"From: Li.Ming@Mail.Example\r\n\r\nhello\r\n").sender


def test_a_mail_without_a_usable_sender_has_nobody_to_answer(
    read_mail: Callable[[bytes], Understood],
) -> None:
    assert "" == read_mail(b"From: undisclosed-recipients:;\r\nSubject: x\r\n\r\nhello\r\n").sender


def test_no_bytes_are_unreadable_and_say_so(book: RuleBook, border: Border) -> None:
    found = understand(b"", book, border)

    assert isinstance(found, Unreadable)
    assert found.reason


def test_the_same_mail_is_always_understood_the_same_way(book: RuleBook, border: Border) -> None:
    raw = ANSWER.format(new="洗衣机漏水,请尽快处理", quoted=OURS).encode()

    assert understand(raw, book, border) == understand(raw, book, border)


@pytest.mark.rule("003-13")
def test_words_put_into_our_quoted_mail_are_the_customers(
    book: RuleBook, read_mail: Callable[[bytes], Understood]
) -> None:
    read = read_mail(ANSWER.format(new="请看", quoted="").replace("> ", HISTORY).encode())

    compared = as_follow_up(read, (OURS,), book)

    assert "投诉" in compared.body.new
    assert "complaint" == compared.triage.category


def test_history_that_is_ours_stays_history(book: RuleBook, read_mail: Callable[[bytes], Understood]) -> None:
    read = read_mail(ANSWER.format(new="谢谢,已寄回", quoted=OURS).encode())

    compared = as_follow_up(read, (OURS,), book)

    assert read.body.new == compared.body.new
    assert (read.triage, read.facts) == (compared.triage, compared.facts)


def test_what_a_person_says_is_human_is_human_but_a_machine_gets_no_acknowledgement(
    read_mail: Callable[[bytes], Understood],
) -> None:
    robot = read_mail(b"From: a@mail.example\r\nAuto-Submitted: auto-replied\r\nSubject: away\r\n\r\nI am away\r\n")

    said = as_human(robot)

    assert "auto_reply" == robot.automail.kind
    assert ("human", False, "warn") == (
        said.automail.kind,
        said.automail.may_acknowledge,
        said.automail.may_answer,
    )


def test_what_is_known_of_a_mail_and_its_border_can_be_handed_to_another_process(
    book: RuleBook, read_mail: Callable[[bytes], Understood]
) -> None:
    read = read_mail(ANSWER.format(new="洗衣机漏水", quoted=OURS).encode())
    border = Border(Own(frozenset({"support@shop.example"}), partial(tokens.is_ours, key=b"k")), "mx.shop.example")

    assert read == pickle.loads(pickle.dumps(read))
    assert border.own.addresses == pickle.loads(pickle.dumps(border)).own.addresses
    assert book.version == pickle.loads(pickle.dumps(book)).version


def test_the_subject_of_an_answer_was_weighed_when_its_ticket_was_opened(
    book: RuleBook, read_mail: Callable[[bytes], Understood]
) -> None:
    read = read_mail(
        "From: li.ming@mail.example\r\nSubject: Re: 我要投诉你们的服务\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n问题已解决,非常感谢!\r\n".encode()
    )

    assert "complaint" == read.triage.category
    assert ("revisit", "thanks") == (
        as_follow_up(read, (), book).triage.category,
        as_follow_up(read, (), book).triage.topic,
    )
