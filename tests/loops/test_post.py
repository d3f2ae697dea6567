"""post: what each answer of a server, or its silence, comes to in the outbox and on the ticket."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.app import post_of, smtp_account
from mailbot.core.retry import SEND_WAITS
from mailbot.demo.servers import MailWorld
from mailbot.loops.post import Post
from mailbot.providers import load_provider
from mailbot.store import outbox as outbox_store
from mailbot.store.tables import outbox
from tests.loops.line import AGENT, SUPPORT, Line, MakeLine, letter, mailbox, on_sqlite
from tests.servers.scripted import HANG_UP, LOOPBACK, Answer, Script, ScriptedSmtp


def approved(line: Line, world: MailWorld, count: int = 1) -> list[Any]:
    """So many mails came in, and the replies to them are approved."""
    for number in range(1, count + 1):
        world.deliver(SUPPORT, letter(number))
    line.take_in()
    line.approve(*(row.id for row in line.drafts()))
    return list(line.sends())


def through(line: Line, server: ScriptedSmtp, **changes: Any) -> Line:
    """The same program, its outgoing mail handed to this server, with short patience."""
    box = line.app.config.mailboxes[0]
    usual = smtp_account(box, line.app.logins[box.name])
    quick = {"connect_timeout": 2, "command_timeout": 0.5, "data_timeout": 0.5, "final_timeout": 0.5}
    account = replace(usual, host=LOOPBACK, port=server.port, **{**quick, **changes})
    line.post.close()
    line.post = Post(line.app.engine, line.app.desk, line.app.clock, {box.name: lambda: account}, line.post._find_proof)
    return line


def only_send(line: Line) -> Any:
    (row,) = line.sends()
    return row


def later(line: Line, wait: timedelta) -> None:
    line.app.clock.move_to(line.app.clock.now() + wait)


# --- accepted -------------------------------------------------------------------------------------------------


def test_an_approved_reply_goes_out_once_into_the_customers_thread(line: Line, world: MailWorld) -> None:
    (queued,) = approved(line, world)

    assert 0.0 == line.post.step()
    assert 1.0 == line.post.step()

    (posted,) = world.accepted
    assert (SUPPORT, ("customer1@mail.example",)) == (posted.sender, posted.recipients)
    sent = message_from_bytes(posted.raw)
    assert queued.message_id == sent["Message-ID"]
    assert "<question-1@mail.example>" == sent["In-Reply-To"]
    assert "<question-1@mail.example>" in sent["References"]
    assert sent["Auto-Submitted"] is None
    row = only_send(line)
    assert ("sent", AGENT, 1, True) == (row.state, row.approver, row.attempts, row.told)
    assert row.sent_at is not None
    assert ("answer", "kept") in line.promises(row.ticket_id)
    assert "in_progress" == line.tickets()[0].state
    assert "sent" == line.journal(row.ticket_id)[-1]


@on_sqlite
def test_nothing_is_sent_that_nobody_approved(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    line.take_in()

    line.post.step()

    assert 1 == len(line.drafts())
    assert [] == world.accepted


@on_sqlite
def test_many_go_out_in_one_session(line: Line, world: MailWorld) -> None:
    approved(line, world, 8)

    assert 8 == line.post.send_due()
    assert 8 == line.post.tell()

    assert {"sent"} == {row.state for row in line.sends()}
    assert sorted(row.message_id for row in line.sends()) == sorted(
        message_from_bytes(each.raw)["Message-ID"] for each in world.accepted
    )


# --- refused --------------------------------------------------------------------------------------------------


def test_a_refusal_for_now_is_tried_again_at_its_times_with_the_same_message_id(line: Line, world: MailWorld) -> None:
    (queued,) = approved(line, world)
    greylisted: list[Answer] = [(b"450 greylisted, come back\r\n",)] * 2 + [(b"250 welcome\r\n",)]
    with ScriptedSmtp({"RCPT": greylisted}) as server:
        through(line, server)
        for attempt in (1, 2):
            before = line.app.clock.now()
            line.post.step()
            row = only_send(line)
            assert ("queued", attempt) == (row.state, row.attempts)
            assert "greylisted" in row.last_result
            wait = row.next_try_at - before
            assert SEND_WAITS[attempt - 1] <= wait < SEND_WAITS[attempt - 1] + timedelta(seconds=20)
            assert 0 == line.post.send_due()  # not before its time
            later(line, SEND_WAITS[attempt - 1] + timedelta(seconds=1))
        line.post.step()

        bodies = [said for said in server.heard if said.startswith("Message-ID")]
    row = only_send(line)
    assert ("sent", 3, queued.message_id) == (row.state, row.attempts, row.message_id)
    assert [f"Message-ID: {queued.message_id}"] == bodies


@on_sqlite
def test_after_the_last_wait_the_reply_comes_back_as_a_draft(line: Line, world: MailWorld) -> None:
    approved(line, world)
    with line.app.engine.write() as tx:
        tx.execute(sa.update(outbox).values(attempts=len(SEND_WAITS)))
    with ScriptedSmtp({"RCPT": (b"450 still not\r\n",)}) as server:
        through(line, server).post.step()

    assert "failed" == only_send(line).state
    assert "多次重试" in only_send(line).last_result
    assert 1 == len(line.drafts())


@on_sqlite
@pytest.mark.parametrize("stage", ["RCPT", "BODY"])
def test_a_refusal_for_good_brings_the_draft_back_and_the_answer_is_still_owed(
    line: Line, world: MailWorld, stage: str
) -> None:
    approved(line, world)
    with ScriptedSmtp({stage: (b"550 5.1.1 no such user\r\n",)}) as server:
        through(line, server)
        line.post.step()
        line.post.step()

        assert 1 == sum(said.startswith("RCPT") for said in server.heard)
    row = only_send(line)
    assert "failed" == row.state
    assert "no such user" in row.last_result
    assert "failed" == line.journal(row.ticket_id)[-1]
    assert ("answer", "open") in line.promises(row.ticket_id)
    assert [row.draft_id] == [each.id for each in line.drafts()]


@on_sqlite
def test_a_reply_that_was_refused_can_be_approved_again(line: Line, world: MailWorld) -> None:
    approved(line, world)
    with ScriptedSmtp({"RCPT": (b"550 no such user\r\n",)}) as server:
        through(line, server).post.step()
    line.post.close()
    line.post = _usual(line)

    line.approve(line.drafts()[0].id)
    line.post.step()

    first, second = line.sends()
    assert ("failed", "sent") == (first.state, second.state)
    assert first.message_id != second.message_id


def _usual(line: Line) -> Post:
    return post_of(line.app)


# --- a server that cannot be used -----------------------------------------------------------------------------


@on_sqlite
def test_a_wrong_password_costs_no_attempt_and_is_shown(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line()
    approved(line, world)
    with ScriptedSmtp({"AUTH": (b"535 authentication failed\r\n",)}) as server:
        through(line, server)
        before = line.app.clock.now()
        line.post.step()

    row = only_send(line)
    assert ("queued", 0) == (row.state, row.attempts)
    assert row.next_try_at >= before + timedelta(seconds=1)
    assert "535" in row.last_result
    assert "535" in line.health("smtp:support").error
    assert [] == world.accepted


@on_sqlite
def test_a_closed_port_costs_no_attempt(line: Line, world: MailWorld) -> None:
    approved(line, world)
    world.stop()

    line.post.step()

    row = only_send(line)
    assert ("queued", 0) == (row.state, row.attempts)
    assert row.last_result


@on_sqlite
def test_one_mailbox_that_cannot_send_holds_up_no_other(make_line: MakeLine, world: MailWorld) -> None:
    sales = "sales@shop.example"
    world.add(sales)
    with ScriptedSmtp({"MAIL": ()}) as silent:
        stuck = mailbox(world, smtp={"host": LOOPBACK, "port": silent.port, "security": "none"})
        line = make_line(mailbox=[stuck, mailbox(world, sales)])
        world.deliver(SUPPORT, letter(1))
        world.deliver(sales, letter(2, To=sales))
        line.take_in()
        line.approve(*(row.id for row in line.drafts()))
        patient = line.post._accounts
        quick = {
            name: (lambda account=account: replace(account(), command_timeout=0.5)) for name, account in patient.items()
        }
        line.post = Post(line.app.engine, line.app.desk, line.app.clock, quick)

        line.post.step()

    assert ["queued", "sent"] == [row.state for row in line.sends()]
    assert [("customer2@mail.example",)] == [each.recipients for each in world.accepted]


# --- several recipients ---------------------------------------------------------------------------------------


@on_sqlite
def test_if_one_recipient_is_refused_nobody_gets_half_a_letter(line: Line, world: MailWorld) -> None:
    approved(line, world)
    with line.app.engine.write() as tx:
        tx.execute(sa.update(outbox).values(recipients=["customer1@mail.example", "gone@mail.example"]))
    with ScriptedSmtp({"RCPT TO:<GONE": (b"550 no such user\r\n",)}) as server:
        through(line, server).post.step()

        assert "DATA" not in server.heard
    assert "failed" == only_send(line).state
    assert "gone@mail.example" in only_send(line).last_result


# --- nobody knows ---------------------------------------------------------------------------------------------

SILENT: Script = {"BODY": ()}
CUT: Script = {"BODY": (HANG_UP,)}


@on_sqlite
@pytest.mark.parametrize("script", [SILENT, CUT], ids=["silent", "cut"])
def test_no_answer_to_the_body_is_uncertain_and_never_sent_again(line: Line, world: MailWorld, script: Script) -> None:
    approved(line, world)
    with ScriptedSmtp(script) as server:
        through(line, server)
        for _ in range(3):
            line.post.step()
            later(line, timedelta(days=5))

        assert 1 == server.heard.count("DATA")
    row = only_send(line)
    assert "uncertain" == row.state
    assert "uncertain" == line.journal(row.ticket_id)[-1]
    assert ("answer", "open") in line.promises(row.ticket_id)


def uncertain(line: Line, world: MailWorld) -> Any:
    approved(line, world)
    with ScriptedSmtp(CUT) as server:
        through(line, server).post.step()
    line.post.close()
    line.post = _usual(line)
    assert "uncertain" == only_send(line).state
    return only_send(line)


@on_sqlite
def test_the_customers_answer_proves_that_it_arrived(line: Line, world: MailWorld) -> None:
    row = uncertain(line, world)
    answer = letter(2, "收到,谢谢。还想问一下保修多久?", From="customer1@mail.example", In_Reply_To=row.message_id)
    world.deliver(SUPPORT, answer)

    line.take_in()
    line.post.step()

    assert "sent" == only_send(line).state
    assert "客户已回复" in only_send(line).last_result
    assert 1 == len(line.tickets())
    assert [] == world.accepted


def test_a_copy_in_the_sent_folder_proves_that_it_arrived(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, provider="gmail")])  # files a copy of what it sends by itself
    row = uncertain(line, world)
    assert 0 == line.post.look_for_proof()
    world.deliver(SUPPORT, row.content, _sent_folder(line))

    assert 1 == line.post.look_for_proof()
    line.post.tell()

    assert "sent" == only_send(line).state
    assert "已发送" in only_send(line).last_result
    assert ("answer", "kept") in line.promises(row.ticket_id)


def _sent_folder(line: Line) -> str:
    return load_provider(line.app.config.mailboxes[0].provider).folders.sent


@pytest.mark.parametrize("arrived", [True, False])
def test_a_person_settles_it(line: Line, world: MailWorld, arrived: bool) -> None:
    row = uncertain(line, world)

    assert line.app.desk.settle(row.id, arrived, AGENT, line.app.clock.now())
    line.post.step()

    after = only_send(line)
    assert ("sent", row.message_id) == (after.state, after.message_id)
    assert (0 if arrived else 1) == len(world.accepted)
    assert not line.app.desk.settle(row.id, arrived, AGENT, line.app.clock.now())


# --- processes that are gone ----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["claimed", "data"])
def test_the_sends_of_a_dead_process_are_recovered(line: Line, world: MailWorld, phase: str) -> None:
    approved(line, world)
    engine = line.app.engine
    with engine.write() as tx:
        (claimed,) = outbox_store.claim(tx, "dead", 10, line.app.clock.now(), engine.now(tx))
        if phase == "data":
            outbox_store.mark_data(tx, claimed.id, "dead")
        if not engine.is_sqlite:
            tx.execute(sa.update(outbox).values(claimed_until=engine.now(tx) - timedelta(seconds=1)))

    line.post.step()

    assert ("sent" if phase == "claimed" else "uncertain") == only_send(line).state
    assert (1 if phase == "claimed" else 0) == len(world.accepted)


def test_a_send_of_our_own_that_was_lost_to_a_fault_is_recovered_in_time(line: Line, world: MailWorld) -> None:
    approved(line, world)
    engine = line.app.engine
    with engine.write() as tx:
        outbox_store.claim(tx, line.post._worker, 10, line.app.clock.now(), engine.now(tx))

    line.post.step()
    assert "sending" == only_send(line).state
    with engine.write() as tx:
        tx.execute(sa.update(outbox).values(claimed_until=engine.now(tx) - timedelta(seconds=1)))
    line.post.step()

    assert "sent" == only_send(line).state


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_sends_of_a_living_process_are_left_alone(line: Line, world: MailWorld) -> None:
    approved(line, world)
    with line.app.engine.write() as tx:
        outbox_store.claim(tx, "alive", 10, line.app.clock.now(), line.app.engine.now(tx))

    line.post.step()

    assert "sending" == only_send(line).state
    assert [] == world.accepted
