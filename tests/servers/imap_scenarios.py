"""What a mailbox must do, on whatever IMAP server: run on pymap in tests/loops and on Dovecot in tests/servers.

The two differ (keywords, MOVE answers, when a push comes), so each scenario runs on both.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from imapclient import IMAPClient

from mailbot.imap import Fetched, FetchFailed, ImapAccount, ImapError, ImapSession, try_login


@dataclass(frozen=True)
class Place:
    """One empty mailbox: how to log in, and how mail comes in from outside."""

    account: ImapAccount
    deliver: Callable[[bytes], None]

    def other_client(self) -> IMAPClient:
        """What somebody else sees of it, with another program."""
        client = IMAPClient(self.account.host, self.account.port, ssl=False, timeout=10)
        client.login(self.account.username, self.account.password)
        return client


def mail(number: int, text: str = "您好, 我的订单到哪里了?") -> bytes:
    lines = (
        "From: =?utf-8?B?5p2O5piO?= <li.ming@mail.example>",
        "To: support@shop.example",
        f"Subject: question {number}",
        f"Message-ID: <question-{number}@mail.example>",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        text,
        ".a line with a dot first",
        "",
    )
    return "\r\n".join(lines).encode()


def fetched(session: ImapSession) -> list[Fetched | FetchFailed]:
    return list(session.fetch([size.uid for size in session.sizes(0)]))


def soon(seconds: float, work: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, work)
    timer.start()
    return timer


def only_mail_above_the_cursor_is_new(place: Place) -> None:
    place.deliver(mail(1))
    place.deliver(mail(2))
    with ImapSession(place.account) as session:
        session.select()
        first, second = session.sizes(0)

        assert [second] == session.sizes(first.uid)
        assert [] == session.sizes(second.uid)
        assert second.uid + 1 == session.uidnext_now()
        place.deliver(mail(3))
        assert second.uid + 2 == session.uidnext_now()
        assert [second.uid + 1] == [size.uid for size in session.sizes(second.uid)]


def an_empty_folder_has_no_news_until_mail_comes(place: Place) -> None:
    with ImapSession(place.account) as session:
        assert 0 == session.select().exists
        assert [] == session.sizes(0)
        assert [] == session.all_uids()
        place.deliver(mail(1))
        assert 1 == len(session.sizes(0))


def the_size_is_known_before_the_bytes_and_they_come_back_whole(place: Place) -> None:
    place.deliver(mail(1))
    with ImapSession(place.account) as session:
        session.select()
        (size,) = session.sizes(0)
        (got,) = session.fetch([size.uid])

        assert isinstance(got, Fetched)
        assert size.bytes == len(got.raw)
        assert got.raw.endswith(mail(1))
        assert got.internal_date is not None
        assert abs(got.internal_date.timestamp() - time.time()) < 60


def a_mail_with_odd_bytes_comes_back_whole(place: Place) -> None:
    odd = b'Subject: )) {99}\r\n "\\\r\nX: \xd6\xd0\xce\xc4\r\n\r\n* 1 FETCH (UID 7 BODY[] {3}\r\n\xff)\r\n'
    place.deliver(odd)
    place.deliver(mail(2))
    with ImapSession(place.account) as session:
        session.select()
        first, second = fetched(session)

        assert isinstance(first, Fetched)
        assert first.raw.endswith(odd)
        assert isinstance(second, Fetched)


def reading_leaves_every_flag_alone(place: Place) -> None:
    place.deliver(mail(1))
    with ImapSession(place.account) as session:
        session.select()
        (got,) = fetched(session)
        session.fetch_header(got.uid)
        session.all_uids()
    with place.other_client() as other:
        other.select_folder("INBOX", readonly=True)
        flags = other.get_flags([got.uid])[got.uid]

    assert b"\\Seen" not in flags
    assert b"\\Deleted" not in flags


def a_mail_that_somebody_deleted_is_reported_as_gone(place: Place) -> None:
    place.deliver(mail(1))
    place.deliver(mail(2))
    with ImapSession(place.account) as session:
        session.select()
        first, second = (size.uid for size in session.sizes(0))
        with place.other_client() as other:
            other.select_folder("INBOX")
            other.delete_messages([first])
            other.uid_expunge([first])

        session.uidnext_now()
        gone, there = session.fetch([first, second])

        assert isinstance(gone, FetchFailed)
        assert gone.gone
        assert isinstance(there, Fetched)
        assert [second] == session.all_uids()


def a_folder_made_anew_is_seen_by_its_uidvalidity(place: Place) -> None:
    account = replace(place.account, folder="Desk")
    with place.other_client() as other:
        other.create_folder("Desk")
        other.append("Desk", mail(1))
        with ImapSession(account) as session:
            before = session.select()
        time.sleep(1.1)  # Dovecot takes the second as the new number
        other.delete_folder("Desk")
        other.create_folder("Desk")
        other.append("Desk", mail(2))
        with ImapSession(account) as session:
            after = session.select()

    assert before.uidvalidity != after.uidvalidity
    assert 1 == after.exists


def idle_wakes_within_two_seconds(place: Place) -> None:
    with ImapSession(place.account) as session:
        session.select()
        timer = soon(0.3, lambda: place.deliver(mail(1)))
        began = time.monotonic()
        woken = session.idle(20, threading.Event())
        took = time.monotonic() - began
        timer.join()

        assert woken
        assert took < 2.3
        assert 1 == len(session.sizes(0))


def idle_without_news_ends_in_time_and_says_no(place: Place) -> None:
    with ImapSession(place.account) as session:
        session.select()
        began = time.monotonic()
        woken = session.idle(0.6, threading.Event())

        assert not woken
        assert time.monotonic() - began < 2
        assert session.uidnext_now() > 0


def a_set_stop_event_ends_idle_within_a_second(place: Place) -> None:
    stop = threading.Event()
    with ImapSession(place.account) as session:
        session.select()
        timer = soon(0.2, stop.set)
        began = time.monotonic()
        woken = session.idle(30, stop)
        took = time.monotonic() - began
        timer.join()

        assert not woken
        assert took < 1.5


def filing_away_moves_once_and_may_be_repeated(place: Place) -> None:
    for number in (1, 2, 3):
        place.deliver(mail(number))
    with ImapSession(place.account) as session:
        session.select()
        one, two, three = session.all_uids()
        session.file_away([one, three], "已处理")
        session.file_away([one, three], "已处理")

        assert [two] == session.all_uids()
        assert session.find_sent("<question-1@mail.example>", "已处理")
        assert session.find_sent("<question-3@mail.example>", "已处理")
    with place.other_client() as other:
        assert 2 == other.select_folder("已处理", readonly=True)[b"EXISTS"]


def a_sent_mail_is_found_by_its_exact_message_id(place: Place) -> None:
    with place.other_client() as provider:  # files what was sent by SMTP
        provider.create_folder("Sent Messages")
        provider.append("Sent Messages", mail(7))
    with ImapSession(place.account) as session:
        session.select()

        assert session.find_sent("<question-7@mail.example>", "Sent Messages")
        assert not session.find_sent("<question-77@mail.example>", "Sent Messages")
        assert not session.find_sent("question-7@mail", "Sent Messages")
        place.deliver(mail(8))
        assert 1 == len(session.sizes(0))  # our own folder is selected again


def a_missing_folder_is_a_folder_error(place: Place) -> None:
    with ImapSession(replace(place.account, folder="Nowhere")) as session:
        with pytest.raises(ImapError) as caught:
            session.select()
        assert "folder" == caught.value.kind
        with pytest.raises(ImapError) as caught:
            session.find_sent("<a@mail.example>", "Nowhere")
        assert "folder" == caught.value.kind


def a_huge_mail_gives_its_header_and_the_start_of_its_text(place: Place) -> None:
    place.deliver(mail(1, "很长的一行\r\n" * 20_000))
    with ImapSession(place.account) as session:
        session.select()
        (size,) = session.sizes(0)
        start = session.fetch_header(size.uid)

        assert isinstance(start, Fetched)
        assert b"Subject: question 1\r\n" in start.raw
        assert "很长的一行".encode() in start.raw
        assert len(start.raw) < 80_000 < size.bytes


def a_wrong_password_is_an_auth_error_that_does_not_show_it(place: Place) -> None:
    error = try_login(replace(place.account, password="not-the-password"))

    assert error is not None
    assert "auth" == error.kind
    assert "not-the-password" not in str(error)
    assert try_login(place.account) is None


ALL = (
    an_empty_folder_has_no_news_until_mail_comes,
    only_mail_above_the_cursor_is_new,
    the_size_is_known_before_the_bytes_and_they_come_back_whole,
    a_mail_with_odd_bytes_comes_back_whole,
    reading_leaves_every_flag_alone,
    a_mail_that_somebody_deleted_is_reported_as_gone,
    a_folder_made_anew_is_seen_by_its_uidvalidity,
    idle_wakes_within_two_seconds,
    idle_without_news_ends_in_time_and_says_no,
    a_set_stop_event_ends_idle_within_a_second,
    filing_away_moves_once_and_may_be_repeated,
    a_sent_mail_is_found_by_its_exact_message_id,
    a_missing_folder_is_a_folder_error,
    a_huge_mail_gives_its_header_and_the_start_of_its_text,
    a_wrong_password_is_an_auth_error_that_does_not_show_it,
)
