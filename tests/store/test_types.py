"""What strangers write is stored on both databases, and no time loses its zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from mailbot.core.decision import Decision, Entry
from mailbot.store import intake, lists, tickets
from mailbot.store.engine import Engine
from mailbot.store.tables import mail, quota
from mailbot.store.tables import ticket as ticket_table
from tests.store.rows import NOW, claim_mails, new_ticket, store_mails

WILD = "a\x00b\ud800c😀\u202e订单"
TAME = "a\ufffdb?c😀\u202e订单"


def test_nul_and_lone_surrogates_do_not_stop_a_mail(engine: Engine) -> None:
    store_mails(engine, [1])
    (claimed,) = claim_mails(engine)
    with engine.write() as tx:
        intake.finish(
            tx,
            claimed.id,
            "w1",
            {"state": "held", "why": WILD, "subject": WILD, "sender": WILD, "words": WILD},
        )

    with engine.read() as tx:
        row = tx.execute(sa.select(mail)).one()
    assert (TAME, TAME, TAME, TAME) == (row.why, row.subject, row.sender, row.words)


def test_nul_and_lone_surrogates_in_facts_and_reasons_do_not_stop_a_ticket(engine: Engine) -> None:
    with engine.write() as tx:
        ticket_id = new_ticket(tx, subject=WILD, facts=(("name", "a\x00b"), ("order_number", "x\x00y")))
        found = tickets.load(tx, ticket_id)
        assert found is not None
        tickets.apply(tx, ticket_id, Decision(found, (Entry("mail", "mailbot", ("正文含 \x00",)),)), NOW)

    with engine.read() as tx:
        again = tickets.load(tx, ticket_id)
        assert again is not None
        assert TAME == again.subject
        assert 1 == len(lists.journal_of(tx, ticket_id))


def test_a_subject_of_5000_characters_is_stored_whole_and_its_key_is_cut(engine: Engine) -> None:
    with engine.write() as tx:
        ticket_id = new_ticket(tx, subject="问" * 5000)

    with engine.read() as tx:
        row = tx.execute(sa.select(ticket_table).where(ticket_table.c.id == ticket_id)).one()
    assert (5000, 200) == (len(row.subject), len(row.subject_key))


def test_what_was_cut_when_it_was_stored_is_found_again(engine: Engine) -> None:
    address = "a" * 400 + "@mail.example"
    with engine.write() as tx:
        assert tickets.use_quota(tx, address, NOW)

        assert not tickets.quota_free(tx, address, NOW)
        assert 320 == len(tx.execute(sa.select(quota.c.address)).scalar_one())


def test_a_message_id_of_any_length_is_stored_and_found(engine: Engine) -> None:
    message_id = f"<{'x' * 3000}@mail.example>"
    store_mails(engine, [1])
    (claimed,) = claim_mails(engine)
    with engine.write() as tx:
        intake.finish(tx, claimed.id, "w1", {"state": "done", "message_id": message_id})

        assert 1 == len(tx.execute(sa.select(mail.c.id).where(mail.c.message_id.in_([message_id]))).all())


def test_a_time_without_its_zone_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementError, match="without its zone"), engine.write() as tx:
        tickets.use_quota(tx, "a@mail.example", datetime(2026, 11, 23, 9))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC"])
def test_a_time_comes_back_as_the_same_moment_in_utc(zone: str, engine: Engine) -> None:
    moment = datetime(2026, 11, 23, 9, 30, 15, 123456, ZoneInfo(zone))
    with engine.write() as tx:
        tickets.use_quota(tx, "a@mail.example", moment)

    with engine.read() as tx:
        found = tx.execute(sa.select(quota.c.at)).scalar_one()
    assert (moment, UTC) == (found, found.tzinfo)


def test_times_of_different_zones_are_compared_as_moments(engine: Engine) -> None:
    earlier = datetime.fromisoformat("2026-11-23T09:00:00+08:00")
    with engine.write() as tx:
        tickets.use_quota(tx, "a@mail.example", earlier)

        query = sa.select(quota.c.address).where(quota.c.at < datetime.fromisoformat("2026-11-23T01:00:01+00:00"))
        assert ["a@mail.example"] == list(tx.execute(query).scalars())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(), max_size=60))
def test_any_text_can_be_stored(engine: Engine, text: str) -> None:
    with engine.write() as tx:
        ticket_id = new_ticket(tx, subject=text, owner=text, facts=(("name", text.replace("\ud800", "")),))

        assert tickets.load(tx, ticket_id) is not None
