"""What providers and bad lines do to an IMAP client, and what comes of it. The servers here are scripted."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest

from mailbot.imap import Fetched, FetchFailed, ImapAccount, ImapError, ImapSession, Size, try_login
from mailbot.imap_faults import decode, meaning_of_no
from tests.servers.scripted import HANG_UP, LOOPBACK, ScriptedImap

PASSWORD = "s3cret-phrase"


def account(server: ScriptedImap) -> ImapAccount:
    return ImapAccount(LOOPBACK, server.port, "none", "support@shop.example", PASSWORD, read_timeout=2)


def commands(server: ScriptedImap) -> list[str]:
    return [line.partition(" ")[2].split(" ")[0] or line for line in server.heard]


def body(uid: int) -> bytes:
    return b'* %d FETCH (UID %d INTERNALDATE "23-Nov-2026 09:00:00 +0800" BODY[] {3}\r\nabc)\r\n' % (uid, uid)


SIZES = b"".join(b"* %d FETCH (UID %d RFC822.SIZE 3)\r\n" % (uid, uid) for uid in (1, 2, 3)) + b"TAG OK\r\n"


def test_id_is_sent_after_login_and_before_select() -> None:
    with ScriptedImap({}) as server, ImapSession(account(server)) as session:
        session.select()

    assert commands(server).index("LOGIN") < commands(server).index("ID") < commands(server).index("SELECT")


def test_an_unsafe_login_at_select_is_answered_with_id_and_tried_once_more() -> None:
    unsafe = (b"TAG NO SELECT Unsafe Login. Please contact the postmaster\r\n",)
    fine = (b"* 0 EXISTS\r\n* OK [UIDVALIDITY 9] .\r\n* OK [UIDNEXT 1] .\r\nTAG OK\r\n",)
    with ScriptedImap({"SELECT": [unsafe, fine]}) as server:
        caller = replace(account(server), send_id=False)
        with ImapSession(caller) as session:
            folder = session.select()

    assert 9 == folder.uidvalidity
    assert ["SELECT", "ID", "SELECT"] == [word for word in commands(server) if word in ("SELECT", "ID")]


def test_an_unsafe_login_that_stays_is_named() -> None:
    with ScriptedImap({"LOGIN": (b"TAG NO Unsafe Login\r\n",)}) as server:
        error = try_login(account(server))

    assert error is not None
    assert "unsafe_login" == error.kind
    assert ["LOGIN", "ID", "LOGIN"] == [word for word in commands(server) if word in ("LOGIN", "ID")]


@pytest.mark.parametrize(
    ("said", "kind", "wait"),
    [
        (
            "Login fail. Account is abnormal, service is not open, password is incorrect, "
            "login frequency limited, or system is busy.",
            "auth",
            300.0,
        ),
        ("[AUTHENTICATIONFAILED] Authentication failed.", "auth", None),
        ("Server busy. Suggested Backoff Time: 299910 milliseconds", "throttled", 299.91),
        ("[LIMIT] Too many simultaneous connections. (Failure)", "throttled", 60.0),
        ("[UNAVAILABLE] Temporary authentication failure.", "network", None),
        ("", "auth", None),
    ],
)
def test_the_words_of_a_refused_login_name_the_fault(said: str, kind: str, wait: float | None) -> None:
    error = meaning_of_no(said, "login")

    assert (kind, wait) == (error.kind, error.retry_after)
    assert said in error.text


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_refusal_in_chinese_is_read(charset: str) -> None:
    said = "登录失败: 授权码错误".encode(charset)
    with ScriptedImap({"LOGIN": (b"TAG NO " + said + b"\r\n",)}) as server:
        error = try_login(account(server))

    assert error is not None
    assert "登录失败: 授权码错误" == error.text


def test_bytes_in_no_charset_still_give_a_text() -> None:
    assert decode(b"no \xff\xff\x00way")


@pytest.mark.parametrize("verdict", [b"NO", b"BAD"])
def test_a_server_that_repeats_the_command_does_not_get_the_password_into_the_error(verdict: bytes) -> None:
    echo = b"TAG " + verdict + b' no good: LOGIN support "' + PASSWORD.encode() + b'"\r\n'
    with ScriptedImap({"LOGIN": (echo,)}) as server:
        error = try_login(account(server))

    assert error is not None
    assert "no good" in error.text
    assert PASSWORD not in str(error)
    assert PASSWORD not in repr(account(server))


def test_an_oauth_token_goes_as_xoauth2_and_the_servers_reason_is_acknowledged() -> None:
    with _XoauthImap({"AUTHENTICATE XOAUTH2": (b"+ \r\n",)}) as server:
        error = try_login(replace(account(server), password="", oauth_token=lambda: "token-of-today"))

    assert error is not None
    assert "auth" == error.kind
    assert "token-of-today" not in str(error)


class _XoauthImap(ScriptedImap):
    """Takes the token, gives its reason as a second challenge, and says NO to the empty answer."""

    def answer(self, sock: socket.socket, line: str) -> bool:
        if " " in line:
            self._tag = line.split()[0].encode()
            return super().answer(sock, line)
        if line:
            return self.play(sock, (b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n",))
        return self.play(sock, (b"TAG NO [AUTHENTICATIONFAILED] token-of-today expired\r\n",), self._tag)


def test_an_expired_token_is_an_ordinary_reconnect() -> None:
    bye = (b"* BYE Session invalidated - AccessTokenExpired\r\n", HANG_UP)
    with ScriptedImap({"NOOP": bye}) as server, ImapSession(account(server)) as session:
        session.select()
        with pytest.raises(ImapError) as caught:
            session.uidnext_now()

    assert "network" == caught.value.kind
    assert "AccessTokenExpired" in caught.value.text


def test_a_missing_starttls_stops_before_the_password() -> None:
    with ScriptedImap({}) as server:
        error = try_login(replace(account(server), security="starttls"))

    assert error is not None
    assert "tls" == error.kind
    assert not any(PASSWORD in line for line in server.heard)


# --- idle -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pushed",
    [
        (b"+ idling\r\n* 4 EXISTS\r\n",),  # in one segment with the continuation: poll never sees it
        (b"+ idling\r\n", 0.2, b"* 4 EXI", 0.2, b"STS\r\n"),  # split over two
        (b"+ idling\r\n", 0.2, b"* OK Still here\r\n", 0.4, b"* 4 EXISTS\r\n"),  # a sign of life first
    ],
)
def test_a_push_wakes_idle_however_it_comes(pushed: tuple[bytes | float, ...]) -> None:
    later = (b"+ idling\r\n", 0.2, b"* 4 EXISTS\r\n")
    with ScriptedImap({"IDLE": [pushed, later]}) as server, ImapSession(account(server)) as session:
        began = time.monotonic()

        assert session.idle(10, threading.Event())
        assert time.monotonic() - began < 2


def test_a_connection_closed_during_idle_is_noticed_at_once() -> None:
    closing = {"IDLE": (b"+ idling\r\n", 0.2, HANG_UP)}
    with ScriptedImap(closing) as server, ImapSession(account(server)) as session:
        began = time.monotonic()
        with pytest.raises(ImapError) as caught:
            session.idle(30, threading.Event())

    assert "network" == caught.value.kind
    assert time.monotonic() - began < 2


def test_a_dead_line_is_noticed_when_idle_ends() -> None:
    with ScriptedImap({"DONE": (3.0,)}) as server, ImapSession(account(server)) as session:
        began = time.monotonic()
        with pytest.raises(ImapError) as caught:
            session.idle(0.2, threading.Event())

    assert "network" == caught.value.kind
    assert time.monotonic() - began < 4


def test_without_idle_the_wait_is_a_plain_one() -> None:
    with _PlainImap({}) as server, ImapSession(account(server)) as session:
        stop = threading.Event()

        assert not session.idle(0.1, stop)
        stop.set()
        began = time.monotonic()
        assert not session.idle(30, stop)
        assert time.monotonic() - began < 1


# --- fetching and filing --------------------------------------------------------------------------------------


def test_a_mail_that_kills_the_connection_costs_only_itself() -> None:
    script = {
        "UID FETCH 1:5000": (SIZES,),
        "UID FETCH 1:*": (SIZES,),
        "UID FETCH 1:3 (INTERNALDATE": (body(1), HANG_UP),
        "UID FETCH 1 (": (body(1) + b"TAG OK\r\n",),
        "UID FETCH 2 (": (b"* 2 FETCH (UID 2 BODY[] {3}\r\na", HANG_UP),
        "UID FETCH 3 (": (body(3) + b"TAG OK\r\n",),
    }
    with ScriptedImap(script) as server, ImapSession(account(server)) as session:
        session.select()
        sizes = session.sizes(0)
        one, two, three = session.fetch([size.uid for size in sizes])

    assert [Size(1, 3), Size(2, 3), Size(3, 3)] == sizes
    assert isinstance(one, Fetched)
    assert one.internal_date is not None
    assert "2026-11-23T01:00:00+00:00" == one.internal_date.isoformat()
    assert isinstance(two, FetchFailed)
    assert not two.gone
    assert isinstance(three, Fetched)


def test_a_mail_that_the_server_refuses_costs_only_itself() -> None:
    script = {
        "UID FETCH 1:*": (SIZES,),
        "UID FETCH 1:3 (INTERNALDATE": (b"TAG NO internal error\r\n",),
        "UID FETCH 1 (": (body(1) + b"TAG OK\r\n",),
        "UID FETCH 2 (": (b"TAG NO [SERVERBUG] message is broken\r\n",),
        "UID FETCH 3 (": (body(3) + b"TAG OK\r\n",),
    }
    with ScriptedImap(script) as server, ImapSession(account(server)) as session:
        session.select()
        one, two, three = session.fetch([size.uid for size in session.sizes(0)])

    assert isinstance(one, Fetched)
    assert isinstance(two, FetchFailed)
    assert "message is broken" in two.why
    assert isinstance(three, Fetched)


def test_a_line_that_is_down_blames_no_mail() -> None:
    script = {
        "UID FETCH 1:*": (SIZES,),
        "UID FETCH 1:3 (INTERNALDATE": (HANG_UP,),
        "LOGIN": [(b"TAG OK\r\n",), (HANG_UP,)],
    }
    with ScriptedImap(script) as server, ImapSession(account(server)) as session:
        session.select()
        with pytest.raises(ImapError) as caught:
            list(session.fetch([size.uid for size in session.sizes(0)]))

    assert "network" == caught.value.kind


def test_a_folder_renumbered_meanwhile_stops_the_fetch() -> None:
    fine = (b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 4] .\r\nTAG OK\r\n",)
    other = (b"* 3 EXISTS\r\n* OK [UIDVALIDITY 8] .\r\n* OK [UIDNEXT 4] .\r\nTAG OK\r\n",)
    script = {"UID FETCH 1:*": (SIZES,), "UID FETCH 1:3 (INTERNALDATE": (HANG_UP,), "SELECT": [fine, other]}
    with ScriptedImap(script) as server, ImapSession(account(server)) as session:
        session.select()
        with pytest.raises(ImapError) as caught:
            list(session.fetch([size.uid for size in session.sizes(0)]))

    assert "folder" == caught.value.kind


def test_a_folder_renumbered_meanwhile_shows_in_the_status() -> None:
    status = (b'* STATUS "INBOX" (UIDNEXT 2 UIDVALIDITY 8 MESSAGES 1)\r\nTAG OK\r\n',)
    with ScriptedImap({"STATUS": status}) as server, ImapSession(account(server)) as session:
        session.select()
        with pytest.raises(ImapError) as caught:
            session.uidnext_now()

    assert "folder" == caught.value.kind


class _PlainImap(ScriptedImap):
    capabilities = b"IMAP4rev1 UIDPLUS"


class _OldImap(ScriptedImap):
    capabilities = b"IMAP4rev1"


@pytest.mark.parametrize(("server_kind", "expunges"), [(_PlainImap, True), (_OldImap, False)])
def test_filing_away_without_move_never_expunges_what_is_not_ours(
    server_kind: type[ScriptedImap], expunges: bool
) -> None:
    flags = (b"* 1 FETCH (UID 1 FLAGS ())\r\n* 3 FETCH (UID 3 FLAGS (\\Deleted))\r\nTAG OK\r\n",)
    script = {
        "UID FETCH 1,3 (FLAGS)": flags,
        "UID COPY": [(b"TAG NO [TRYCREATE] none\r\n",), (b"TAG OK\r\n",)],
    }
    with server_kind(script) as server, ImapSession(account(server)) as session:
        session.select()
        session.file_away([3, 1], "Done")
    said = [line.partition(" ")[2] for line in server.heard]

    assert 'UID COPY 1 "Done"' in said  # the one already marked was copied before
    assert 'CREATE "Done"' in said
    assert expunges == ("UID EXPUNGE 1,3" in said)
    assert "EXPUNGE" not in said


def test_a_server_that_talks_nonsense_is_a_protocol_error() -> None:
    script = {"UID FETCH 1:*": (b"* 1 FETCH UID UID (( }\r\nTAG OK\r\n",)}
    with ScriptedImap(script) as server, ImapSession(account(server)) as session:
        session.select()
        with pytest.raises(ImapError) as caught:
            session.sizes(0)

    assert "protocol" == caught.value.kind


def test_a_server_without_uidvalidity_is_not_trusted() -> None:
    with ScriptedImap({"SELECT": (b"* 3 EXISTS\r\nTAG OK\r\n",)}) as server:
        error = try_login(account(server))

    assert error is not None
    assert "protocol" == error.kind
