"""Questions that nothing answers, counted and ended, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailbot.store import gaps
from mailbot.store.engine import Engine
from mailbot.store.gaps import EXAMPLES, NewGap
from tests.store.rows import NOW, claim_mails, new_ticket, store_mails


def asked(engine: Engine, topics: list[str]) -> None:
    """A mail with a question for each of these topics, one minute after the other."""
    store_mails(engine, range(1, len(topics) + 1))
    mails = [each.id for each in claim_mails(engine)]
    with engine.write() as tx:
        ticket_id = new_ticket(tx)
        for number, (mail_id, topic) in enumerate(zip(mails, topics, strict=True)):
            fresh = NewGap(mail_id, ticket_id, f"提问{number}？", "enquiry", topic)
            assert gaps.add(tx, fresh, NOW + timedelta(minutes=number))


@pytest.mark.rule("003-04")
def test_the_most_asked_topic_comes_first_with_its_newest_questions(engine: Engine) -> None:
    asked(engine, ["invoice", *["price"] * (EXAMPLES + 2)])

    with engine.read() as tx:
        price, invoice = gaps.open_gaps(tx)

    assert ("price", EXAMPLES + 2, EXAMPLES) == (price.topic, price.count, len(price.examples))
    assert f"提问{EXAMPLES + 2}？" == price.examples[0].question
    assert NOW + timedelta(minutes=EXAMPLES + 2) == price.examples[0].at
    assert ("invoice", 1, "20261123-0001") == (invoice.topic, invoice.count, invoice.examples[0].number)


def test_a_topic_too_old_for_the_examples_is_counted_all_the_same(engine: Engine) -> None:
    asked(engine, ["invoice", "price", "price"])

    with engine.read() as tx:
        found = gaps.open_gaps(tx, limit=1)

    assert [("price", 2, 1), ("invoice", 1, 0)] == [(each.topic, each.count, len(each.examples)) for each in found]


def test_what_was_ended_is_counted_no_more_and_ended_once(engine: Engine) -> None:
    asked(engine, ["invoice", "price"])
    with engine.read() as tx:
        ids = [each.id for group in gaps.open_gaps(tx) for each in group.examples]

    with engine.write() as tx:
        assert 2 == gaps.close(tx, [*ids, 999], "amy", NOW)
        assert 0 == gaps.close(tx, ids, "bob", NOW)
        assert 0 == gaps.close(tx, [], "bob", NOW)
        assert () == gaps.open_gaps(tx)


def test_a_mail_counts_once_even_after_its_question_was_ended(engine: Engine) -> None:
    store_mails(engine, [1])
    (mail,) = claim_mails(engine)
    with engine.write() as tx:
        fresh = NewGap(mail.id, new_ticket(tx), "税率多少？", "enquiry", "invoice")
        assert gaps.add(tx, fresh, NOW)
        (group,) = gaps.open_gaps(tx)
        gaps.close(tx, [group.examples[0].id], "amy", NOW)

        assert not gaps.add(tx, fresh, NOW)
        assert () == gaps.open_gaps(tx)
