"""Approved mails on their way out, on both databases: each claimed once, a lost answer never sent again."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from mailbot.store import outbox
from mailbot.store.engine import Engine
from mailbot.store.outbox import Letter
from tests.store.rows import NOW, new_ticket, queue

MINUTE = timedelta(minutes=1)


def claim(engine: Engine, worker: str = "w1", limit: int = 50, now: datetime = NOW) -> list[Letter]:
    with engine.write() as tx:
        return outbox.claim(tx, worker, limit, now, engine.now(tx))


def row(engine: Engine, outbox_id: int) -> Any:
    with engine.read() as tx:
        return tx.execute(sa.select(outbox.outbox).where(outbox.outbox.c.id == outbox_id)).one()


def queued(engine: Engine, number: int = 1, **over: Any) -> int:
    with engine.write() as tx:
        return queue(tx, number, **over)


def test_a_letter_is_claimed_with_all_it_needs_and_once(engine: Engine) -> None:
    outbox_id = queued(engine)

    (letter,) = claim(engine)

    assert (outbox_id, ("li.ming@mail.example",), b"letter", 1) == (
        letter.id,
        letter.recipients,
        letter.content,
        letter.attempts,
    )
    assert [] == claim(engine, "w2")
    assert ("sending", "claimed") == (row(engine, outbox_id).state, row(engine, outbox_id).phase)


def test_a_letter_whose_time_has_not_come_waits(engine: Engine) -> None:
    queued(engine, at=NOW + MINUTE)

    assert [] == claim(engine)
    assert 1 == len(claim(engine, now=NOW + MINUTE))


def test_four_workers_get_every_one_of_200_letters_exactly_once(engine: Engine) -> None:
    with engine.write() as tx:
        ticket_id = new_ticket(tx)
        for number in range(200):
            queue(tx, number, ticket_id=ticket_id)

    def work(name: str) -> list[Letter]:
        got: list[Letter] = []
        while batch := claim(engine, name, limit=7):
            assert len(batch) <= 7
            got += batch
        return got

    with ThreadPoolExecutor(4) as threads:
        every = [each for batch in threads.map(work, ["w1", "w2", "w3", "w4"]) for each in batch]

    assert 200 == len(every)
    assert {1} == set(Counter(each.id for each in every).values())


def test_one_message_id_is_queued_once(engine: Engine) -> None:
    queued(engine, 1)

    with pytest.raises(IntegrityError):
        queued(engine, 1)


# ---- how sends end ----


def test_a_letter_that_was_taken_is_sent(engine: Engine) -> None:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        assert outbox.mark_data(tx, outbox_id, "w1")
        assert outbox.succeeded(tx, outbox_id, "w1", "250 ok", NOW)

    found = row(engine, outbox_id)
    assert ("sent", "", "250 ok", NOW) == (found.state, found.phase, found.last_result, found.sent_at)


def test_a_temporary_refusal_waits_and_counts(engine: Engine) -> None:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        outbox.retry(tx, outbox_id, "w1", "451 later", NOW + MINUTE)

    assert [] == claim(engine)
    assert [2] == [each.attempts for each in claim(engine, now=NOW + MINUTE)]


def test_a_letter_that_was_never_offered_does_not_count(engine: Engine) -> None:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        outbox.unclaim(tx, outbox_id, "w1", "no connection", NOW + MINUTE)

    assert [1] == [each.attempts for each in claim(engine, now=NOW + MINUTE)]


@pytest.mark.parametrize("end", [outbox.failed, outbox.uncertain])
def test_what_failed_or_is_uncertain_is_never_claimed_again(end: Any, engine: Engine) -> None:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        assert end(tx, outbox_id, "w1", "why")

    assert [] == claim(engine, now=NOW + timedelta(days=9))


def test_who_lost_the_claim_writes_nothing(engine: Engine) -> None:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        assert not outbox.mark_data(tx, outbox_id, "w2")
        assert not outbox.succeeded(tx, outbox_id, "w2", "250", NOW)
        assert not outbox.retry(tx, outbox_id, "w2", "451", NOW)
        assert not outbox.failed(tx, outbox_id, "w2", "550")
        assert not outbox.uncertain(tx, outbox_id, "w2", "?")
        assert not outbox.unclaim(tx, outbox_id, "w2", "?", NOW)

    assert "sending" == row(engine, outbox_id).state


# ---- recovered ----


def recover(engine: Engine, own: str | None, later: timedelta = timedelta()) -> int:
    with engine.write() as tx:
        return outbox.recover(tx, engine.now(tx) + later, own)


@pytest.mark.parametrize(("phase", "state", "attempts"), [("claimed", "queued", 0), ("data", "uncertain", 1)])
@pytest.mark.parametrize("own", ["w2", None])  # None: several processes, only a claim that ran out is dead
def test_a_letter_of_a_process_that_is_gone_is_sent_again_only_when_its_text_was_never_offered(
    own: str | None, phase: str, state: str, attempts: int, engine: Engine
) -> None:
    outbox_id = queued(engine)
    claim(engine)
    if phase == "data":
        with engine.write() as tx:
            outbox.mark_data(tx, outbox_id, "w1")

    assert 1 == recover(engine, own, outbox.CLAIM + MINUTE if own is None else timedelta())

    found = row(engine, outbox_id)
    assert (state, attempts, None) == (found.state, found.attempts, found.claimed_by)


@pytest.mark.parametrize("own", ["w1", None])
def test_a_send_under_way_is_left_alone(own: str | None, engine: Engine) -> None:
    queued(engine)
    claim(engine)

    assert 0 == recover(engine, own)


# ---- settled, told ----


def uncertain(engine: Engine) -> int:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        outbox.uncertain(tx, outbox_id, "w1", "?")
        assert outbox.mark_told(tx, outbox_id, "uncertain")
    return outbox_id


def test_an_uncertain_send_is_settled_once_and_its_ticket_is_told_again(engine: Engine) -> None:
    outbox_id = uncertain(engine)
    with engine.write() as tx:
        assert [outbox_id] == [each.id for each in outbox.uncertain_rows(tx)]
        assert [] == outbox.untold(tx)
        assert outbox.settle(tx, outbox_id, True, "客户来电", NOW)
        assert not outbox.settle(tx, outbox_id, False, "", NOW)
        assert [("sent", "客户来电")] == [(each.state, each.last_result) for each in outbox.untold(tx)]


def test_an_uncertain_send_goes_out_again_only_by_a_persons_word(engine: Engine) -> None:
    outbox_id = uncertain(engine)
    assert [] == claim(engine)
    with engine.write() as tx:
        outbox.settle(tx, outbox_id, False, "由 wang 决定重发", NOW)

    assert [outbox_id] == [each.id for each in claim(engine)]


def test_a_ticket_is_told_of_an_end_once(engine: Engine) -> None:
    outbox_id = queued(engine)
    claim(engine)
    with engine.write() as tx:
        assert [] == outbox.untold(tx)
        outbox.succeeded(tx, outbox_id, "w1", "250 ok", NOW)
        assert [outbox_id] == [each.id for each in outbox.untold(tx)]
        assert not outbox.mark_told(tx, outbox_id, "failed")
        assert outbox.mark_told(tx, outbox_id, "sent")
        assert not outbox.mark_told(tx, outbox_id, "sent")


def test_an_answer_proves_that_an_uncertain_mail_arrived(engine: Engine) -> None:
    outbox_id = uncertain(engine)

    with engine.read() as tx:
        assert [outbox_id] == outbox.answered_proof(tx, ("<x@y>", "<out1@shop.example>"))
        assert [] == outbox.answered_proof(tx, ("<x@y>",))
        assert [] == outbox.answered_proof(tx, ())


def test_addresses_that_bounced_are_kept_with_the_send(engine: Engine) -> None:
    outbox_id = queued(engine)
    with engine.write() as tx:
        outbox.mark_bounced(tx, outbox_id, ("li.ming@mail.example",))

    assert ["li.ming@mail.example"] == row(engine, outbox_id).bounced
