"""fetch on the demo's IMAP server: what is taken in, once, whatever the server's flags and numbers say."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from imapclient import IMAPClient

from mailbot.app import fetch_of, imap_account, once
from mailbot.demo.servers import MailWorld
from mailbot.imap import ImapError
from mailbot.login import login_for
from mailbot.loops import fetch as fetch_loop
from mailbot.loops.fetch import Fetch, Post
from mailbot.providers import load_provider
from mailbot.store import lists
from mailbot.store.tables import cursor, lease, mail, raw
from tests.loops.line import SUPPORT, Line, MakeLine, letter, mailbox, on_sqlite
from tests.servers.scripted import LOOPBACK, ScriptedImap

NEVER_ENOUGH = 10**15  # bytes; no disk has twice as many


def uids(line: Line) -> list[int]:
    return [row.uid for row in line.mails()]


def other_client(world: MailWorld) -> IMAPClient:
    """The same mailbox in somebody's webmail."""
    client = IMAPClient(LOOPBACK, world.imap_port, ssl=False, timeout=10)
    client.login(SUPPORT, world.password(SUPPORT))
    return client


def move_cursor(line: Line, by: int) -> None:
    with line.app.engine.write() as tx:
        tx.execute(sa.update(cursor).values(last_uid=cursor.c.last_uid + by))


def anew(line: Line, stop: threading.Event | None = None) -> Fetch:
    """The fetch loop of the line's mailbox as after a restart."""
    app = replace(line.app, stop=stop) if stop else line.app
    return fetch_of(app, app.config.mailboxes[0], line.told.set)


def scripted(server: ScriptedImap, **over: Any) -> dict[str, Any]:
    end = {"host": LOOPBACK, "port": server.port, "security": "none"}
    return {
        "name": "support",
        "address": SUPPORT,
        "provider": "generic",
        "username": SUPPORT,
        "password": "s3cret-phrase",
        "imap": end,
        "smtp": end,
        **over,
    }


# --- what is new ----------------------------------------------------------------------------------------------


def test_every_mail_is_taken_in_once_and_work_is_told(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    world.deliver(SUPPORT, letter(2))

    assert 2 == line.fetch.poll()
    assert line.told.is_set()
    assert 0 == line.fetch.poll()
    world.deliver(SUPPORT, letter(3))
    assert 1 == line.fetch.poll()

    assert [letter(1), letter(2), letter(3)] == [row.content for row in _raws(line)]
    assert {"stored"} == {row.state for row in line.mails()}
    assert line.health("mailbox:support").ok_at is not None


def _raws(line: Line) -> list[Any]:
    query = sa.select(raw.c.content).join(mail, mail.c.raw_sha256 == raw.c.sha256).order_by(mail.c.uid)
    with line.app.engine.read() as tx:
        return list(tx.execute(query))


@on_sqlite
def test_the_first_mails_of_a_backlog_are_there_before_the_rest(line: Line, world: MailWorld) -> None:
    for number in range(60):
        world.deliver(SUPPORT, letter(number))
    seen: list[int] = []
    fetch = fetch_of(line.app, line.app.config.mailboxes[0], lambda: seen.append(len(line.mails())))

    fetch.poll()
    fetch.close()

    assert [fetch_loop.FIRST_BATCH, 60] == seen


@on_sqlite
def test_a_mail_that_somebody_read_first_is_taken_in_all_the_same(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    world.deliver(SUPPORT, letter(2))
    with other_client(world) as webmail:
        webmail.select_folder("INBOX")
        read, unread = sorted(webmail.search("ALL"))
        webmail.set_flags([read], [b"\\Seen", b"\\Flagged"])
        before = webmail.get_flags([read, unread])

        line.take_in()
        webmail.noop()
        after = webmail.get_flags([read, unread])

    assert 2 == len(line.tickets())
    assert before == after
    assert b"\\Seen" in after[read]
    assert b"\\Seen" not in after[unread]


def test_another_uidvalidity_loses_nothing_and_doubles_nothing(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, folder="Desk")])
    for number in (1, 2):
        world.deliver(SUPPORT, letter(number), "Desk")
    line.take_in()
    with other_client(world) as webmail:
        webmail.delete_folder("Desk")
    for number in (3, 1, 2):  # the server was restored: other numbers, and one mail we do not have
        world.deliver(SUPPORT, letter(number), "Desk")

    line.take_in()

    first, second, *again = line.mails()
    assert 2 == len({row.uidvalidity for row in line.mails()})
    assert [None, first.id, second.id] == [row.copy_of for row in again]
    assert ["question 1", "question 2", "question 3"] == sorted(row.subject for row in line.tickets())
    assert 3 == len(line.drafts())
    assert [] == line.faults()


def test_a_mail_below_the_cursor_is_found_by_the_comparison(line: Line, world: MailWorld) -> None:
    world.deliver(SUPPORT, letter(1))
    line.fetch.poll()
    move_cursor(line, 2)  # as a server does that shows a mail late
    world.deliver(SUPPORT, letter(2))

    assert 0 == line.fetch.poll()
    line.fetch.close()
    fetch = anew(line)
    assert 1 == fetch.poll()
    fetch.close()

    assert 2 == len(line.mails())


@on_sqlite
def test_a_stop_ends_a_backlog_between_two_batches(line: Line, world: MailWorld) -> None:
    for number in range(30):
        world.deliver(SUPPORT, letter(number))
    stop = threading.Event()
    app = replace(line.app, stop=stop)
    fetch = fetch_of(app, app.config.mailboxes[0], stop.set)

    assert fetch_loop.FIRST_BATCH == fetch.poll()
    fetch.close()
    assert 10 == line.fetch.poll()


@on_sqlite
def test_a_push_ends_the_wait(line: Line, world: MailWorld) -> None:
    line.fetch.poll()  # connected: the next poll is over before the mail comes
    timer = threading.Timer(0.5, world.deliver, (SUPPORT, letter(1)))
    timer.start()

    assert 0.0 == line.fetch.step()
    timer.join()

    assert 1 == line.fetch.poll()


@on_sqlite
def test_mails_of_ten_days_without_us_are_all_there(line: Line, world: MailWorld) -> None:
    with other_client(world) as webmail:
        for day in range(13, 23):
            at = line.app.clock.now().replace(day=day)
            webmail.append("INBOX", letter(day), msg_time=at)

    line.take_in()

    assert 10 == len(line.tickets())
    assert list(range(13, 23)) == [row.received_at.day for row in line.mails()]
    assert list(range(13, 23)) == [row.opened_at.day for row in line.tickets()]  # owed since it came


# --- what is too big, or hard to get --------------------------------------------------------------------------


@on_sqlite
def test_a_mail_over_the_limit_becomes_a_ticket_that_says_so(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, max_mail_bytes=200_000)])
    world.deliver(SUPPORT, letter(1, "空调漏水,照片见附件。\r\n" + "x" * 70 + "\r\n" * 400_000))
    world.deliver(SUPPORT, letter(2))

    line.take_in()

    big, small = line.mails()
    assert big.partial
    assert not small.partial
    assert big.size > 200_000
    assert 2 == len(line.tickets())
    assert "邮件太大(0.8 MB" in big.why
    (opened,) = [row for row in _journal(line, big.ticket_id) if row.what == "opened"]
    assert any("邮件太大" in reason for reason in opened.reasons)


def _journal(line: Line, ticket_id: int) -> Any:
    with line.app.engine.read() as tx:
        return lists.journal_of(tx, ticket_id)


@on_sqlite
def test_a_mail_that_the_server_cannot_give_is_taken_in_when_it_can(make_line: MakeLine) -> None:
    def sizes(*uids: int) -> bytes:
        return b"".join(b"* %d FETCH (UID %d RFC822.SIZE 3)\r\n" % (uid, uid) for uid in uids) + b"TAG OK\r\n"

    def body(uid: int) -> bytes:
        date = b'"23-Nov-2026 09:00:00 +0800"'
        return b"* %d FETCH (UID %d INTERNALDATE %s BODY[] {3}\r\nab%d)\r\n" % (uid, uid, date, uid)

    everything = body(1) + body(2) + body(3) + b"TAG OK\r\n"
    script = {
        "UID FETCH 1:*": (sizes(1, 2, 3),),
        "UID FETCH 2:*": (sizes(2, 3),),
        "UID FETCH 4:*": (b"TAG OK\r\n",),
        "UID FETCH 1:3 (INTERNALDATE": [(b"TAG NO internal error\r\n",), (everything,)],
        "UID FETCH 1 (": (body(1) + b"TAG OK\r\n",),
        "UID FETCH 2 (": [(b"TAG NO message is broken\r\n",), (body(2) + b"TAG OK\r\n",)],
        "UID FETCH 3 (": (body(3) + b"TAG OK\r\n",),
        "UID SEARCH ALL": (b"* SEARCH 1 2 3\r\nTAG OK\r\n",),
        "SEARCH ALL": (b"* SEARCH 1 2 3\r\nTAG OK\r\n",),
    }
    with ScriptedImap(script) as server:
        line = make_line(mailbox=[scripted(server)])

        assert 2 == line.fetch.poll()
        assert [1, 3] == uids(line)
        line.fetch.close()
        later = anew(line)
        assert 1 == later.poll()
        later.close()

    assert [1, 2, 3] == sorted(uids(line))


# --- filing away ----------------------------------------------------------------------------------------------


def test_only_what_is_committed_as_done_is_filed_away(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, file_away="Done")])
    world.deliver(SUPPORT, letter(1))

    line.fetch.poll()
    line.fetch.poll()
    assert [letter(1)] == world.messages(SUPPORT)  # stored, not yet a ticket
    line.work_off()
    world.deliver(SUPPORT, letter(2))
    line.fetch.poll()

    assert [letter(1)] == world.messages(SUPPORT, "Done")
    assert [letter(2)] == world.messages(SUPPORT)
    assert [True, False] == [row.filed for row in line.mails()]


# --- several mailboxes ----------------------------------------------------------------------------------------


def test_several_mailboxes_are_read_each_for_itself(make_line: MakeLine, world: MailWorld) -> None:
    sales = "sales@shop.example"
    world.add(sales)
    line = make_line(mailbox=[mailbox(world), mailbox(world, sales)])
    world.deliver(SUPPORT, letter(1))
    world.deliver(sales, letter(2, To=sales))
    both = letter(3, To=f"{SUPPORT}, {sales}")
    world.deliver(SUPPORT, both)
    world.deliver(sales, both)

    line.take_in()

    assert 4 == len(line.mails())
    assert [("sales", "question 2"), ("support", "question 1")] == sorted(
        (row.mailbox, row.subject) for row in line.tickets() if row.subject != "question 3"
    )
    assert 3 == len(line.tickets())  # the mail to both is one problem


@on_sqlite
def test_a_mailbox_that_cannot_be_reached_holds_up_no_other(make_line: MakeLine, world: MailWorld) -> None:
    with ScriptedImap({"LOGIN": (b"TAG NO login failed\r\n",)}) as server:
        line = make_line(mailbox=[scripted(server, name="broken"), mailbox(world)])
        world.deliver(SUPPORT, letter(1))

        assert line.fetches["broken"].step() > 0
        assert 1 == line.fetches["support"].poll()

    assert "login failed" in line.health("mailbox:broken").error


# --- bad servers and bad disks --------------------------------------------------------------------------------


@on_sqlite
def test_a_stated_back_off_is_obeyed_and_shown(make_line: MakeLine) -> None:
    throttled = b"TAG NO Request is throttled. Suggested Backoff Time: 299910 milliseconds\r\n"
    with ScriptedImap({"LOGIN": (throttled,)}) as server:
        line = make_line(mailbox=[scripted(server)])
        before = line.app.clock.now()
        waits = [line.fetch.step() for _ in range(3)]

    assert min(waits) >= 299.91
    row = line.health("mailbox:support")
    assert (row.wait_until - before).total_seconds() >= 299.9
    assert "Backoff" in row.error


@on_sqlite
def test_a_wrong_password_is_never_hammered(make_line: MakeLine) -> None:
    refused = b"TAG NO [AUTHENTICATIONFAILED] Authentication failed\r\n"
    with ScriptedImap({"LOGIN": (refused,)}) as server:
        line = make_line(mailbox=[scripted(server)])
        waits = [line.fetch.step() for _ in range(12)]

    assert all(1 <= wait <= 300 for wait in waits)
    assert max(waits[6:]) > max(waits[:1])
    assert "用户名或密码" in line.health("mailbox:support").error


@on_sqlite
def test_a_server_that_comes_back_is_read_again(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line()
    world.deliver(SUPPORT, letter(1))
    line.fetch.poll()
    world.stop()

    assert line.fetch.step() >= 1.0

    row = line.health("mailbox:support")
    assert row.error_at is not None
    assert row.wait_until is not None


@on_sqlite
def test_a_full_disk_stops_fetching_before_the_mail_is_touched(
    make_line: MakeLine, world: MailWorld, tmp_path: Path
) -> None:
    line = make_line(mailbox=[mailbox(world, max_mail_bytes=NEVER_ENOUGH)])
    box = line.app.config.mailboxes[0]
    account = imap_account(box, line.app.logins[box.name])
    post = Post(box, account, load_provider(box.provider), tmp_path, login_for(box))
    fetch = Fetch(post, line.app.engine, line.app.clock, line.told.set, line.app.stop)
    world.deliver(SUPPORT, letter(1))
    assert shutil.disk_usage(tmp_path).free < NEVER_ENOUGH

    with pytest.raises(ImapError, match="MiB free"):
        fetch.poll()
    assert fetch.step() >= 1.0

    assert [] == line.mails()
    assert "MiB free" in line.health("mailbox:support").error


# --- replicas -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_lost_the_mailbox_meanwhile_stores_nothing(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, poll_seconds=1)])
    assert 0.0 == line.fetch.step()
    with line.app.engine.write() as tx:  # it slept for longer than the lease, and another took it
        tx.execute(sa.update(lease).values(holder="another", epoch=lease.c.epoch + 1))
    world.deliver(SUPPORT, letter(1))

    with pytest.raises(fetch_loop.LeaseLostError):
        line.fetch.poll()

    assert [] == line.mails()
    assert fetch_loop.HELD_ELSEWHERE_WAIT == line.fetch.step()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_once_beside_a_daemon_leaves_the_mailbox_to_it(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, poll_seconds=1)])
    assert 0.0 == line.fetch.step()  # the daemon
    world.deliver(SUPPORT, letter(1))

    assert 0 == once(line.app)["taken_in"]
    assert 1 == line.fetch.poll()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_one_of_two_replicas_reads_a_mailbox_and_the_other_takes_over(make_line: MakeLine, world: MailWorld) -> None:
    line = make_line(mailbox=[mailbox(world, poll_seconds=1)])
    other = anew(line)
    world.deliver(SUPPORT, letter(1))

    assert 0.0 == line.fetch.step()
    assert fetch_loop.HELD_ELSEWHERE_WAIT == other.step()
    line.fetch.close()  # a clean stop does not leave the mailbox alone until the lease runs out
    assert 0.0 == other.step()
    other.close()

    assert 1 == len(line.mails())
