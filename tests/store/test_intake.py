"""Mails on their way in, on both databases: none lost, none doubled, whoever claims."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailbot.store import intake
from mailbot.store.engine import Engine
from mailbot.store.intake import Claimed, Incoming, Place
from mailbot.store.tables import mail
from mailbot.store.tables import raw as raw_table
from tests.store.rows import INBOX, NOW, claim_mails, incoming, raw, store_mails


def count(engine: Engine, table: sa.Table = mail) -> int:
    with engine.read() as tx:
        return int(tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def states(engine: Engine) -> dict[int, tuple[str, int]]:
    with engine.read() as tx:
        return {row.uid: (row.state, row.attempts) for row in tx.execute(sa.select(mail))}


# ---- taken in ----


def test_what_is_taken_in_twice_is_there_once(engine: Engine) -> None:
    store_mails(engine, [1, 2, 3])
    store_mails(engine, [2, 3, 4])

    assert 4 == count(engine)
    with engine.read() as tx:
        assert {1, 2, 3, 4} == intake.known_uids(tx, INBOX)


def test_the_bytes_come_back_as_they_were(engine: Engine) -> None:
    content = bytes(range(256)) * 4
    with engine.write() as tx:
        intake.take_in(tx, INBOX, [incoming(1, content)], 1, NOW)

    (claimed,) = claim_mails(engine)

    assert content == claimed.content


def test_equal_bytes_are_kept_once_and_the_mails_are_two(engine: Engine) -> None:
    with engine.write() as tx:
        intake.take_in(tx, INBOX, [incoming(1, raw(1)), incoming(2, raw(1))], 2, NOW)

    assert (2, 1) == (count(engine), count(engine, raw_table))


def test_the_cursor_never_goes_back(engine: Engine) -> None:
    store_mails(engine, [10])
    store_mails(engine, [3])

    with engine.read() as tx:
        assert 10 == intake.last_uid(tx, INBOX)


def test_the_cursor_moves_even_when_nothing_was_kept(engine: Engine) -> None:
    with engine.write() as tx:
        intake.take_in(tx, INBOX, [], 12, NOW)

    with engine.read() as tx:
        assert 12 == intake.last_uid(tx, INBOX)


@pytest.mark.parametrize(
    "other", [Place("support", "INBOX", 8), Place("support", "Junk", 7), Place("sales", "INBOX", 7)]
)
def test_every_folder_and_uidvalidity_is_read_for_itself(other: Place, engine: Engine) -> None:
    store_mails(engine, [5])

    with engine.read() as tx:
        assert (0, set()) == (intake.last_uid(tx, other), intake.known_uids(tx, other))
    store_mails(engine, [5], other)
    assert 2 == count(engine)


def test_a_take_in_that_breaks_off_leaves_neither_mails_nor_cursor(engine: Engine) -> None:
    def breaks_off() -> None:
        with engine.write() as tx:
            intake.take_in(tx, INBOX, [incoming(1)], 1, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_off()

    assert 0 == count(engine)
    with engine.read() as tx:
        assert 0 == intake.last_uid(tx, INBOX)


def test_uids_go_up_to_the_largest_of_32_bits(engine: Engine) -> None:
    largest = 2**32 - 1
    store_mails(engine, [largest], Place("support", "INBOX", largest))

    with engine.read() as tx:
        assert largest == intake.last_uid(tx, Place("support", "INBOX", largest))


# ---- claimed ----


def test_a_claim_counts_the_attempt_and_keeps_the_order(engine: Engine) -> None:
    store_mails(engine, [3, 1, 2])

    claimed = claim_mails(engine, limit=2)

    assert [1, 1] == [each.attempts for each in claimed]
    assert sorted(each.id for each in claimed) == [each.id for each in claimed]
    assert 1 == len(claim_mails(engine, "w2"))
    assert [] == claim_mails(engine, "w3")


def test_a_mail_that_was_tried_before_is_claimed_alone_and_after_the_fresh_ones(engine: Engine) -> None:
    store_mails(engine, [1, 2, 3, 4])
    first = claim_mails(engine, limit=2)
    with engine.write() as tx:
        intake.give_back(tx, [each.id for each in first], "w1", blamed=True)

    batches = [[each.id for each in claim_mails(engine)] for _ in range(4)]

    assert [first[1].id + 1, first[1].id + 2] == batches[0]
    assert [[first[0].id], [first[1].id], []] == batches[1:]


def test_a_claim_that_ran_out_is_free_again(engine: Engine) -> None:
    store_mails(engine, [1])
    claim_mails(engine)

    assert [] == claim_mails(engine, "w2", later=intake.CLAIM - timedelta(seconds=5))
    assert [2] == [each.attempts for each in claim_mails(engine, "w2", later=intake.CLAIM + timedelta(seconds=5))]


def test_four_workers_get_every_one_of_400_mails_exactly_once(engine: Engine) -> None:
    store_mails(engine, range(1, 401))

    def work(name: str) -> list[Claimed]:
        got: list[Claimed] = []
        while batch := claim_mails(engine, name, limit=7):
            assert len(batch) <= 7
            got += batch
        return got

    with ThreadPoolExecutor(4) as threads:
        every = [each for batch in threads.map(work, ["w1", "w2", "w3", "w4"]) for each in batch]

    assert 400 == len(every)
    assert {1} == set(Counter(each.id for each in every).values())
    assert {1} == {attempts for _, attempts in states(engine).values()}


# ---- finished, given back ----


def test_only_who_holds_the_claim_can_finish_a_mail(engine: Engine) -> None:
    store_mails(engine, [1])
    (claimed,) = claim_mails(engine)

    with engine.write() as tx:
        assert not intake.finish(tx, claimed.id, "w2", {"state": "held", "why": "x"})
        assert intake.finish(tx, claimed.id, "w1", {"state": "held", "why": "x"})
        assert not intake.finish(tx, claimed.id, "w1", {"state": "done", "why": ""})

    assert {1: ("held", 1)} == states(engine)


def test_the_innocent_get_their_attempt_back_and_the_blamed_do_not(engine: Engine) -> None:
    store_mails(engine, [1, 2])
    first, second = claim_mails(engine)
    with engine.write() as tx:
        intake.give_back(tx, [first.id], "w1", blamed=True)
        intake.give_back(tx, [second.id], "w1", blamed=False)

    assert {1: ("stored", 1), 2: ("stored", 0)} == states(engine)


def test_a_stranger_gives_nothing_back(engine: Engine) -> None:
    store_mails(engine, [1])
    (claimed,) = claim_mails(engine)
    with engine.write() as tx:
        intake.give_back(tx, [claimed.id], "w2", blamed=False)

    assert [] == claim_mails(engine, "w3")


def test_claims_of_a_process_that_is_gone_are_freed_at_once(engine: Engine) -> None:
    store_mails(engine, [1, 2])
    claim_mails(engine, "dead", limit=1)
    claim_mails(engine, "alive", limit=1)
    with engine.write() as tx:
        intake.free_dead_claims(tx, "alive")

    freed = claim_mails(engine, "alive")

    assert [2] == [each.attempts for each in freed]  # the attempt counts: it may have killed the process


@pytest.mark.parametrize("state", ["aside", "held"])
def test_what_was_set_aside_or_held_goes_onto_the_line_again(state: str, engine: Engine) -> None:
    store_mails(engine, [1])
    (claimed,) = claim_mails(engine)
    with engine.write() as tx:
        intake.finish(tx, claimed.id, "w1", {"state": state, "why": "x"})
        assert intake.try_again(tx, claimed.id, as_human=True)
        assert not intake.try_again(tx, claimed.id, as_human=True)

    (again,) = claim_mails(engine, "w2")

    assert (1, True) == (again.attempts, again.as_human)


def test_a_mail_that_is_done_is_not_tried_again(engine: Engine) -> None:
    store_mails(engine, [1])
    (claimed,) = claim_mails(engine)
    with engine.write() as tx:
        intake.finish(tx, claimed.id, "w1", {"state": "done", "why": ""})

        assert not intake.try_again(tx, claimed.id, as_human=False)


# ---- copies ----


def test_a_copy_knows_its_original_and_the_original_has_none(engine: Engine) -> None:
    copy = b"Received: from a by b\r\n" + raw(1)
    with engine.write() as tx:
        intake.take_in(tx, INBOX, [incoming(1, raw(1)), incoming(2, copy), incoming(3, raw(1, "other"))], 3, NOW)
    first, second, third = claim_mails(engine)

    with engine.read() as tx:
        assert [None, first.id, None] == [intake.original_of(tx, each) for each in (first, second, third)]


# ---- filed away ----


def test_only_what_is_dealt_with_is_filed_away_and_only_once(engine: Engine) -> None:
    store_mails(engine, [1, 2, 3, 4])
    for each, state in zip(claim_mails(engine), ["done", "held", "aside"], strict=False):
        with engine.write() as tx:
            intake.finish(tx, each.id, "w1", {"state": state, "why": ""})

    with engine.write() as tx:
        assert [1, 2] == intake.unfiled(tx, INBOX)
        intake.mark_filed(tx, INBOX, [1])
        assert [2] == intake.unfiled(tx, INBOX)
        assert [] == intake.unfiled(tx, Place("support", "INBOX", 8))


def test_a_mail_over_the_limit_says_that_it_is_not_whole(engine: Engine) -> None:
    with engine.write() as tx:
        intake.take_in(tx, INBOX, [Incoming(1, NOW, 99_000_000, raw(1)[:50], partial=True)], 1, NOW)

    (claimed,) = claim_mails(engine)

    assert (True, 99_000_000) == (claimed.partial, claimed.size)


def test_the_bytes_of_a_mail_that_is_not_there_are_none(engine: Engine) -> None:
    with engine.read() as tx:
        assert intake.content(tx, 99) is None
