"""Which ticket a mail belongs to. Two customers are never joined except by a token that we signed."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.core.facts import Fact, Facts
from mailbot.core.mail import Mail, parse
from mailbot.core.threads import Clue, How, keys, place, subject_key
from mailbot.core.trust import Trust
from tests.core.events import CUSTOMER, NOW

HOWS: tuple[How, ...] = ("token", "reference", "number", "order", "subject")
UNKNOWN, FAIL = Trust("unknown", "没有验证结果"), Trust("fail", "DMARC 未通过")


def clue(how: How, ticket_id: int = 1, **over: Any) -> Clue:
    given: dict[str, Any] = {"number": f"20261122-{ticket_id:04d}", "customer": CUSTOMER, "open": True}
    return Clue(how, ticket_id, **{**given, "last_at": NOW, "what": "A1", **over})


def written(*lines: str) -> Mail:
    mail = parse("\r\n".join((f"From: {CUSTOMER}", *lines, "", "words", "")).encode())
    assert isinstance(mail, Mail)
    return mail


# ---- keys ----


def test_a_mail_is_looked_up_by_what_it_answers_first_then_by_its_history_from_the_newest() -> None:
    mail = written("In-Reply-To: <b@m.example>", "References: <a@m.example> <b@m.example> <c@m.example>")

    assert ("<b@m.example>", "<c@m.example>", "<a@m.example>") == keys(mail, Facts(), ()).message_ids


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: [20261123-0001] 主板", ("20261123-0001",)),
        ("工单20261123-0001的进度", ("20261123-0001",)),
        ("20261123-0001 and 20261123-0002", ("20261123-0001", "20261123-0002")),
        ("1202611230001", ()),
        ("20261123-00012345", ()),
        ("19991231-0001", ()),
    ],
)
def test_ticket_numbers_are_found_in_the_subject(subject: str, number: tuple[str, ...]) -> None:
    mail = replace(written("Subject: x"), subject=subject)

    assert number == keys(mail, Facts(), ()).numbers


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        ("Re: 主板坏了", "主板坏了"),
        ("回复：主板坏了", "主板坏了"),
        ("答复: Re: 主板坏了", "主板坏了"),
        ("RE:  Broken   Board", "broken board"),
        ("主板坏了", None),
        ("Reply wanted", None),
    ],
)
def test_a_subject_is_a_key_only_when_the_mail_says_that_it_answers(subject: str, key: str | None) -> None:
    mail = replace(written("Subject: x"), subject=subject)

    assert key == keys(mail, Facts(), ()).subject


def test_doubtful_order_numbers_are_no_keys() -> None:
    found = Facts(order_numbers=(Fact("A1", "A1"), Fact("B2", "B2", sure=False)))

    assert ("A1",) == keys(written(), found, ()).orders


def test_a_hostile_header_costs_no_time_and_brings_no_flood_of_keys() -> None:
    mail = replace(
        written(),
        subject="Re: " * 200_000 + "20261123-0001 " * 1000,
        references=tuple(f"<{n}@m.example>" for n in range(5000)),
    )
    before = time.process_time()

    found = keys(mail, Facts(order_numbers=tuple(Fact(str(n), str(n)) for n in range(100))), ())

    assert time.process_time() - before < 2  # at the square of its length it would be minutes
    assert (50, 10) == (len(found.message_ids), len(found.orders))
    assert len(found.numbers) <= 5


@given(st.text(max_size=300))
def test_a_subjects_key_is_short_and_folding_it_again_changes_nothing(subject: str) -> None:
    key = subject_key(subject)

    assert len(key) <= 200
    assert subject_key(f"Re: {subject}") == key or subject_key(subject) == key


# ---- places ----


def test_nothing_known_is_a_new_ticket() -> None:
    assert (None, ()) == (
        place((), CUSTOMER, UNKNOWN, NOW).ticket_id,
        place((), CUSTOMER, UNKNOWN, NOW).linked,
    )


@pytest.mark.parametrize("how", HOWS)
def test_each_kind_of_evidence_joins_the_same_customer(how: How) -> None:
    placement = place((clue(how),), CUSTOMER, UNKNOWN, NOW)

    assert 1 == placement.ticket_id
    assert placement.reason
    assert placement.reason == placement.reason.strip()


@pytest.mark.parametrize("how", HOWS)
def test_of_another_sender_only_our_token_joins(how: How) -> None:
    placement = place((clue(how),), "eve@mail.example", UNKNOWN, NOW)

    assert (1 if how == "token" else None) == placement.ticket_id
    linked = [(each.ticket_id, "发件人不同" in each.reason) for each in placement.linked]
    assert ([] if how in ("token", "subject") else [(1, True)]) == linked


@pytest.mark.parametrize("how", HOWS)
def test_a_sender_who_failed_the_check_of_our_border_joins_by_token_only(how: How) -> None:
    placement = place((clue(how),), CUSTOMER, FAIL, NOW)

    assert (1 if how == "token" else None) == placement.ticket_id


def test_the_strongest_evidence_wins_and_the_others_are_linked() -> None:
    clues = tuple(clue(how, n) for n, how in enumerate(reversed(HOWS), start=1))

    placement = place(clues, CUSTOMER, UNKNOWN, NOW)

    assert 5 == placement.ticket_id
    assert [4, 3, 2] == [each.ticket_id for each in placement.linked]  # a like subject is not worth a link


def test_of_several_tickets_about_one_order_the_open_and_newest_is_joined() -> None:
    clues = (
        clue("order", 1, last_at=NOW),
        clue("order", 2, open=False, last_at=NOW),
        clue("order", 3, last_at=NOW - timedelta(days=1)),
    )

    placement = place(clues, CUSTOMER, UNKNOWN, NOW)

    assert 1 == placement.ticket_id
    assert [3, 2] == [each.ticket_id for each in placement.linked]


@pytest.mark.parametrize(
    ("how", "days", "joined"),
    [
        ("order", 29, True),
        ("order", 31, False),
        ("subject", 29, True),
        ("subject", 31, False),
        ("reference", 400, True),
        ("number", 400, True),
        ("token", 400, True),
    ],
)
def test_a_closed_ticket_is_remembered_for_30_days(how: How, days: int, joined: bool) -> None:
    closed = clue(how, open=False, last_at=NOW - timedelta(days=days))

    placement = place((closed,), CUSTOMER, UNKNOWN, NOW)

    assert (1 if joined else None) == placement.ticket_id
    assert (how == "order" and not joined) == bool(placement.linked)


def test_an_open_ticket_about_the_order_is_joined_however_old() -> None:
    assert 1 == place((clue("order", last_at=NOW - timedelta(days=90)),), CUSTOMER, UNKNOWN, NOW).ticket_id


def test_a_ticket_is_never_both_joined_and_linked() -> None:
    clues = (clue("reference"), clue("number"), clue("order"))

    placement = place(clues, CUSTOMER, UNKNOWN, NOW)

    assert (1, ()) == (placement.ticket_id, placement.linked)


addresses = st.sampled_from([CUSTOMER, "eve@mail.example", "bob@qq.example"])
clues_drawn = st.builds(
    clue,
    st.sampled_from(HOWS),
    st.integers(1, 5),
    customer=addresses,
    open=st.booleans(),
    last_at=st.integers(0, 100).map(lambda days: NOW - timedelta(days=days)),
)


@given(st.lists(clues_drawn, max_size=12), addresses, st.sampled_from([UNKNOWN, FAIL, Trust("pass", "通过")]))
def test_no_mail_joins_another_customers_ticket_without_our_token(clues: list[Clue], sender: str, trust: Trust) -> None:
    placement = place(tuple(clues), sender, trust, NOW)

    if placement.ticket_id is not None:
        evidence = [each for each in clues if each.ticket_id == placement.ticket_id]
        assert any(each.how == "token" or (each.customer == sender and trust.level != "fail") for each in evidence)
    assert placement.ticket_id not in {each.ticket_id for each in placement.linked}


@given(st.lists(clues_drawn, max_size=8).flatmap(lambda drawn: st.tuples(st.just(drawn), st.permutations(drawn))))
def test_the_order_in_which_evidence_is_found_does_not_matter(both: tuple[list[Clue], list[Clue]]) -> None:
    one, other = both
    found, again = place(tuple(one), CUSTOMER, UNKNOWN, NOW), place(tuple(other), CUSTOMER, UNKNOWN, NOW)

    ranks = {(each.how, each.open, each.last_at): each.ticket_id for each in one}
    if len(ranks) == len({(each.how, each.open, each.last_at, each.ticket_id) for each in one}):
        assert found.ticket_id == again.ticket_id
