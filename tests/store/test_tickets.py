"""Tickets loaded as values and saved against their version, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailbot.core.decision import Decision, DraftEnd, Entry, Settled
from mailbot.core.promises import Promise
from mailbot.core.threads import Keys, Link
from mailbot.core.ticket import State, Ticket
from mailbot.store import clues, lists, tickets
from mailbot.store.engine import Engine
from mailbot.store.tables import mail, promise, ticket_link
from tests.core.events import CUSTOMER, ticket
from tests.store.rows import NOW, new_draft, new_ticket, queue, store_mails

NO_KEYS = Keys((), (), (), (), None)


def loaded(engine: Engine, ticket_id: int) -> Ticket:
    with engine.read() as tx:
        found = tickets.load(tx, ticket_id)
    assert found is not None
    return found


def made(engine: Engine, **over: object) -> int:
    with engine.write() as tx:
        return new_ticket(tx, **over)


def apply(engine: Engine, ticket_id: int, **decided: object) -> None:
    with engine.write() as tx:
        tickets.apply(tx, ticket_id, Decision(loaded(engine, ticket_id), **decided), NOW)  # type: ignore[arg-type]


def test_a_ticket_comes_back_as_it_was(engine: Engine) -> None:
    given = ticket(
        State.ESCALATED,
        id=None,
        promises=(),
        drafts=(),
        owner="wang",
        facts=(("order_number", "A1"), ("order_number", "B2"), ("name", "李明")),
        missing=("model",),
        confidence=0.875,
        result="已更换",
        resolved_at=NOW,
    )
    with engine.write() as tx:
        ticket_id = tickets.insert(tx, given)

    assert replace(given, id=ticket_id, version=1) == loaded(engine, ticket_id)


def test_a_ticket_that_is_not_there_is_none(engine: Engine) -> None:
    with engine.read() as tx:
        assert tickets.load(tx, 99) is None
        assert {} == tickets.load_many(tx, [])
        assert tickets.by_number(tx, "20261123-0001") is None


def test_a_ticket_is_saved_only_against_the_version_it_was_loaded_with(engine: Engine) -> None:
    ticket_id = made(engine)
    mine, theirs = loaded(engine, ticket_id), loaded(engine, ticket_id)
    with engine.write() as tx:
        assert tickets.save(tx, replace(theirs, owner="zhao"))
        assert not tickets.save(tx, replace(mine, owner="wang"))

    assert ("zhao", 2) == (loaded(engine, ticket_id).owner, loaded(engine, ticket_id).version)


@pytest.mark.rule("002-36")
def test_ticket_numbers_are_the_date_and_a_serial_that_starts_anew_each_day(engine: Engine) -> None:
    with engine.write() as tx:
        numbers = [tickets.next_number(tx, day) for day in ("20261123", "20261123", "20261124")]

    assert ["20261123-0001", "20261123-0002", "20261124-0001"] == numbers


def test_no_two_tickets_get_one_number_however_many_ask(engine: Engine) -> None:
    def ask(_: int) -> str:
        with engine.write() as tx:
            return tickets.next_number(tx, "20261123")

    with ThreadPoolExecutor(8) as threads:
        numbers = list(threads.map(ask, range(80)))

    assert [f"20261123-{n:04d}" for n in range(1, 81)] == sorted(numbers)


# ---- promises, drafts, journal ----


def test_promises_are_opened_broken_and_settled(engine: Engine) -> None:
    ticket_id = made(engine)
    began = NOW - timedelta(hours=1)
    apply(
        engine,
        ticket_id,
        promised=(
            Promise("solve", NOW + timedelta(days=1), "依据", began_at=began),
            Promise("answer", NOW, "依据", began_at=began, next_at=NOW),
        ),
    )
    answer, solve = loaded(engine, ticket_id).promises
    with engine.read() as tx:
        assert [(answer.id, ticket_id)] == tickets.due_promises(tx, NOW)
        assert [] == tickets.due_promises(tx, NOW - timedelta(seconds=1))

    apply(engine, ticket_id, stepped=(replace(answer, broken_at=NOW, stepped_at=NOW, next_at=None),))
    broken = loaded(engine, ticket_id).promises[0]
    with engine.read() as tx:
        assert [] == tickets.due_promises(tx, NOW)
    apply(engine, ticket_id, settled=(Settled(answer.id or 0, "broken", "已回复客户"),))

    assert ("answer", "solve", began) == (answer.kind, solve.kind, answer.began_at)
    assert NOW == broken.broken_at
    assert [solve] == list(loaded(engine, ticket_id).promises)


def test_a_settled_promise_stays_as_it_was_settled(engine: Engine) -> None:
    ticket_id = made(engine)
    apply(engine, ticket_id, promised=(Promise("answer", NOW, "依据"),))
    promise_id = loaded(engine, ticket_id).promises[0].id or 0
    apply(engine, ticket_id, settled=(Settled(promise_id, "kept", "一"),))
    late = Promise("answer", NOW, "依据", broken_at=NOW, id=promise_id)
    apply(engine, ticket_id, settled=(Settled(promise_id, "withdrawn", "二"),), stepped=(late,))

    with engine.read() as tx:
        row = tx.execute(sa.select(promise)).one()
    assert ("kept", "一", None) == (row.state, row.settled_because, row.broken_at)


def test_a_draft_ends_with_who_ended_it_and_a_failed_send_gives_it_back_as_a_new_version(
    engine: Engine,
) -> None:
    ticket_id = made(engine)
    with engine.write() as tx:
        draft_id = new_draft(tx, ticket_id)
    apply(engine, ticket_id, ended=(DraftEnd(draft_id, "approved", "wang"),))
    with engine.read() as tx:
        approved = tickets.draft_row(tx, draft_id)
    gone = loaded(engine, ticket_id).drafts
    apply(engine, ticket_id, ended=(DraftEnd(draft_id, "open", "mailbot", "550"),))

    assert approved is not None
    assert ("approved", "wang", NOW) == (approved.state, approved.decided_by, approved.decided_at)
    assert () == gone
    assert [(draft_id, 3)] == [(each.id, each.version) for each in loaded(engine, ticket_id).drafts]


def test_the_journal_keeps_its_order_and_its_reasons(engine: Engine) -> None:
    ticket_id = made(engine)
    apply(
        engine,
        ticket_id,
        journal=(Entry("opened", "mailbot", ("依据一", "依据二"), 4), Entry("note", "wang")),
    )

    with engine.read() as tx:
        entries = lists.journal_of(tx, ticket_id)
    assert [("opened", ["依据一", "依据二"], 4), ("note", [], None)] == [
        (each.what, each.reasons, each.mail_id) for each in entries
    ]


def test_a_link_is_seen_from_both_sides_and_stands_once(engine: Engine) -> None:
    one, other = made(engine), made(engine)
    link = Link(other, "20261123-0002", "提到了同一订单号")
    apply(engine, one, linked=(link,))
    apply(engine, one, linked=(link, Link(one, "20261123-0001", "自己")))

    with engine.read() as tx:
        rows = tx.execute(sa.select(ticket_link.c.ticket_id, ticket_link.c.other_id)).all()
        assert ["20261123-0001"] == [each.number for each in lists.links_of(tx, other)]
    assert {(one, other), (other, one)} == {tuple(row) for row in rows}


# ---- the quota of automatic mails ----


def test_an_address_gets_one_automatic_mail_in_24_hours(engine: Engine) -> None:
    day = timedelta(hours=24)
    with engine.write() as tx:
        assert tickets.quota_free(tx, CUSTOMER, NOW)
        assert tickets.use_quota(tx, CUSTOMER, NOW)
        assert not tickets.quota_free(tx, CUSTOMER, NOW + day - timedelta(seconds=1))
        assert not tickets.use_quota(tx, CUSTOMER, NOW + day - timedelta(seconds=1))
        assert tickets.quota_free(tx, "other@mail.example", NOW)
        assert tickets.quota_free(tx, CUSTOMER, NOW + day)
        assert tickets.use_quota(tx, CUSTOMER, NOW + day)


def test_of_many_workers_one_takes_the_quota(engine: Engine) -> None:
    def take(_: int) -> bool:
        with engine.write() as tx:
            return tickets.use_quota(tx, CUSTOMER, NOW)

    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(24)))

    assert 1 == taken.count(True)


# ---- clues ----


def clue_hows(engine: Engine, keys: Keys, sender: str = CUSTOMER) -> list[tuple[str, int, bool]]:
    with engine.read() as tx:
        return [(each.how, each.ticket_id, each.open) for each in clues.by_keys(tx, keys, sender)]


def test_a_ticket_is_found_by_token_number_order_and_subject(engine: Engine) -> None:
    ticket_id = made(engine, subject="Re: 主板坏了", facts=(("order_number", "A1"),))
    apply(engine, ticket_id)
    number = "20261123-0001"

    assert [("token", ticket_id, True)] == clue_hows(engine, replace(NO_KEYS, tokens=(number,)))
    assert [("number", ticket_id, True)] == clue_hows(engine, replace(NO_KEYS, numbers=(number,)))
    assert [("order", ticket_id, True)] == clue_hows(engine, replace(NO_KEYS, orders=("A1", "B2")))
    assert [("subject", ticket_id, True)] == clue_hows(engine, replace(NO_KEYS, subject="主板坏了"))
    assert [] == clue_hows(engine, replace(NO_KEYS, subject="主板坏了"), "eve@mail.example")
    assert [] == clue_hows(engine, NO_KEYS)


def test_a_ticket_is_found_by_the_message_ids_of_both_sides(engine: Engine) -> None:
    ticket_id = made(engine)
    store_mails(engine, [1])
    with engine.write() as tx:
        queue(tx, 5, ticket_id=ticket_id)
        tx.execute(sa.update(mail).values(ticket_id=ticket_id, message_id="<in@mail.example>"))

    for message_id in ("<out5@shop.example>", "<in@mail.example>"):
        assert [("reference", ticket_id, True)] == clue_hows(engine, replace(NO_KEYS, message_ids=(message_id,)))


@pytest.mark.parametrize("state", [State.RESOLVED, State.CLOSED])
def test_a_ticket_that_is_solved_is_found_as_not_open(state: State, engine: Engine) -> None:
    made(engine, state=state)

    assert [False] == [is_open for *_, is_open in clue_hows(engine, replace(NO_KEYS, tokens=("20261123-0001",)))]


def test_what_we_wrote_is_found_newest_first(engine: Engine) -> None:
    ticket_id = made(engine)
    with engine.write() as tx:
        queue(tx, 1, ticket_id=ticket_id, words="一")
        queue(tx, 2, ticket_id=ticket_id, words="二")

        assert ("二", "一") == tickets.sent_texts(tx, ticket_id)


# ---- lists ----


def test_the_queue_shows_what_is_due_next_first(engine: Engine) -> None:
    late, soon = made(engine), made(engine)
    with engine.write() as tx:
        drafts = {number: new_draft(tx, number) for number in (late, soon)}
    apply(engine, late, promised=(Promise("answer", NOW + timedelta(hours=9), "依据"),))
    apply(engine, soon, promised=(Promise("answer", NOW + timedelta(hours=1), "依据"),))

    with engine.read() as tx:
        assert [drafts[soon], drafts[late]] == [each.id for each in lists.open_drafts(tx)]
        assert [soon, late] == [each.id for each in lists.tickets(tx)]


def test_a_ticket_that_owes_nothing_comes_last(engine: Engine) -> None:
    nothing, owing = made(engine), made(engine)
    apply(engine, owing, promised=(Promise("answer", NOW, "依据"),))

    with engine.read() as tx:
        assert [owing, nothing] == [each.id for each in lists.tickets(tx)]
