"""Handing letters over: each way a server can answer, fall silent or hang up, and what we then know for sure."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from mailbot.demo.servers import MailWorld
from mailbot.imap import ImapSession
from mailbot.smtp import (
    OUR_OWN,
    Accepted,
    Deferred,
    Outcome,
    Outgoing,
    Refused,
    SmtpAccount,
    SmtpError,
    SmtpSession,
    Unknown,
    on_the_wire,
    try_login,
)
from tests.servers.fixtures import Dovecot, Postfix, Sink
from tests.servers.scripted import HANG_UP, LOOPBACK, Answer, Script, ScriptedSmtp

SUPPORT = "support@shop.example"
CUSTOMER = "li.ming@mail.example"
HEADER = "From: support@shop.example\r\nDate: Mon, 23 Nov 2026 09:00:00 +0800\r\nMessage-ID: <r1@shop.example>\r\n"
RAW = f"{HEADER}Subject: Re: 订单\r\n\r\n您好\r\n.\r\n..\r\n再见\r\n".encode()
LETTER = Outgoing(SUPPORT, (CUSTOMER,), RAW)
PASSWORD = "s3cret-phrase"


def account(server: ScriptedSmtp, **changes: object) -> SmtpAccount:
    quick = SmtpAccount(
        LOOPBACK,
        server.port,
        "none",
        connect_timeout=2,
        command_timeout=0.5,
        data_timeout=0.5,
        final_timeout=0.5,
    )
    return replace(quick, **changes)  # type: ignore[arg-type]


class Phase:
    """Stands for the commit of phase=data; remembers how often it was asked for."""

    def __init__(self) -> None:
        self.commits = 0

    async def __call__(self) -> None:
        self.commits += 1


def send(to: SmtpAccount, letter: Outgoing = LETTER, phase: Callable[[], Awaitable[None]] | None = None) -> Outcome:
    async def once() -> Outcome:
        async with SmtpSession(to) as session:
            return await session.send(letter, phase or Phase())

    return asyncio.run(once())


def test_an_accepted_letter_is_committed_before_data_and_told_in_the_servers_words() -> None:
    heard_at_commit: list[str] = []
    with ScriptedSmtp({}) as server:

        async def phase() -> None:
            heard_at_commit.extend(server.heard)

        outcome = send(account(server), phase=phase)

    assert Accepted("250 queued as 1") == outcome
    assert f"RCPT TO:<{CUSTOMER}>" == heard_at_commit[-1]
    assert "DATA" in server.heard


@pytest.mark.parametrize(
    ("stage", "answer", "expected", "committed"),
    [
        ("MAIL", (b"451 later\r\n",), Deferred("451 later", 451), 0),
        ("MAIL", (b"550 not you\r\n",), Refused(550, "550 not you"), 0),
        ("MAIL", (b"552 too big\r\n",), Refused(552, "552 too big"), 0),
        ("RCPT", (b"450 greylisted\r\n",), Deferred(f"{CUSTOMER}: 450 greylisted", 450), 0),
        ("RCPT", (b"550 nobody here\r\n",), Refused(550, f"{CUSTOMER}: 550 nobody here"), 0),
        ("DATA", (b"451 no room\r\n",), Deferred("451 no room", 451), 1),
        ("DATA", (b"554 no valid recipients\r\n",), Refused(554, "554 no valid recipients"), 1),
        ("BODY", (b"451 try again\r\n",), Deferred("451 try again", 451), 1),
        ("BODY", (b"421 shutting down\r\n", HANG_UP), Deferred("421 shutting down", 421), 1),
        ("BODY", (b"550 spam\r\n",), Refused(550, "550 spam"), 1),
        ("BODY", (b"251 will forward\r\n",), Accepted("251 will forward"), 1),
        ("BODY", ("550 拒收\r\n".encode("gb18030"),), Refused(550, "550 拒收"), 1),
    ],
)
def test_a_definite_answer_is_believed(stage: str, answer: Answer, expected: Outcome, committed: int) -> None:
    phase = Phase()
    with ScriptedSmtp({stage: answer}) as server:
        assert expected == send(account(server), phase=phase)

    assert committed == phase.commits


@pytest.mark.parametrize("answer", [(), (HANG_UP,), (b"nonsense\r\n",)], ids=["silent", "cut", "nonsense"])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
def test_whatever_happens_before_the_body_means_certainly_not_sent(stage: str, answer: Answer) -> None:
    with ScriptedSmtp({stage: answer}) as server:
        assert isinstance(send(account(server)), Deferred)


@pytest.mark.parametrize(
    "answer",
    [(), (HANG_UP,), (b"nonsense\r\n",), (b"250-half an ans", HANG_UP), (b"354 what?\r\n",)],
    ids=["silent", "cut", "nonsense", "half", "354 again"],
)
def test_no_answer_after_the_body_is_unknown_and_never_tried_again(answer: Answer) -> None:
    with ScriptedSmtp({"BODY": answer}) as server:
        outcome = send(account(server))

    assert isinstance(outcome, Unknown)
    assert 1 == server.heard.count("DATA")


def test_a_stop_while_waiting_for_the_answer_is_unknown_and_before_the_body_deferred() -> None:
    async def stopped(to: SmtpAccount) -> Outcome:
        async with SmtpSession(to) as session:
            sending = asyncio.create_task(session.send(LETTER, Phase()))
            await asyncio.sleep(0.3)
            sending.cancel()
            return await sending

    with ScriptedSmtp({"BODY": ()}) as server:
        after = asyncio.run(stopped(account(server, final_timeout=30)))
    with ScriptedSmtp({"DATA": ()}) as server:
        before = asyncio.run(stopped(account(server, data_timeout=30)))

    assert isinstance(after, Unknown)
    assert isinstance(before, Deferred)


def test_an_answer_too_many_is_never_taken_for_the_answer_to_the_body() -> None:
    with ScriptedSmtp({"DATA": (b"354 go on\r\n250 OK\r\n",), "BODY": (b"550 spam\r\n",)}) as server:
        outcome = send(account(server))

    assert isinstance(outcome, Deferred)


def test_when_the_commit_fails_nothing_is_sent() -> None:
    async def phase() -> None:
        raise LookupError("the claim was lost")

    with ScriptedSmtp({}) as server, pytest.raises(LookupError):
        send(account(server), phase=phase)

    assert "DATA" not in server.heard


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(b"250 OK\r\n",), (b"550 unknown\r\n",)], Refused),
        ([(b"450 later\r\n",), (b"250 OK\r\n",)], Deferred),
        ([(b"450 later\r\n",), (b"550 unknown\r\n",)], Refused),
    ],
)
def test_a_letter_goes_to_all_recipients_or_to_none(answers: list[Answer], kind: type[Outcome]) -> None:
    two = replace(LETTER, recipients=(CUSTOMER, "wang.fang@qq.example"))
    with ScriptedSmtp({"RCPT": answers}) as server:
        outcome = send(account(server), two)

    assert isinstance(outcome, kind)
    assert "DATA" not in server.heard
    assert "RSET" in server.heard


def test_one_connection_carries_several_letters_and_is_opened_again_when_dropped() -> None:
    async def three(to: SmtpAccount) -> list[Outcome]:
        async with SmtpSession(to) as session:
            first = await session.send(LETTER, Phase())
            second = await session.send(LETTER, Phase())
            third = await session.send(LETTER, Phase())
            return [first, second, third]

    hung_up: Script = {"MAIL": [(b"250 OK\r\n",), (b"250 OK\r\n",), (HANG_UP,), (b"250 OK\r\n",)]}
    with ScriptedSmtp(hung_up) as server:
        outcomes = asyncio.run(three(account(server)))

    assert [Accepted("250 queued as 1")] * 3 == outcomes
    assert 2 == sum(line.startswith("EHLO") for line in server.heard)


def test_a_refused_letter_leaves_nothing_behind_for_the_next() -> None:
    async def two(to: SmtpAccount) -> list[Outcome]:
        async with SmtpSession(to) as session:
            return [await session.send(LETTER, Phase()), await session.send(LETTER, Phase())]

    with ScriptedSmtp({"RCPT": [(b"550 no\r\n",), (b"250 OK\r\n",)]}) as server:
        refused, accepted = asyncio.run(two(account(server)))

    assert isinstance(refused, Refused)
    assert isinstance(accepted, Accepted)
    assert 1 == server.heard.count("RSET")


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, recipients=()),
        replace(LETTER, recipients=("a@b.example>\r\nRCPT TO:<c@d.example",)),
        replace(LETTER, recipients=("Li Ming <li.ming@mail.example>",)),
        replace(LETTER, recipients=("李明@mail.example",)),
        replace(LETTER, recipients=("李明@mail.example",), smtputf8=True),  # this server has no SMTPUTF8
        replace(LETTER, sender="x\0@shop.example"),
    ],
)
def test_an_address_that_smtp_cannot_write_is_refused_by_ourselves(letter: Outgoing) -> None:
    with ScriptedSmtp({}) as server:
        outcome = send(account(server), letter)

    assert isinstance(outcome, Refused)
    assert OUR_OWN == outcome.code
    assert not any(line.startswith("RCPT") for line in server.heard)


# --- connection and login -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"AUTH": (b"535 5.7.8 wrong authorisation code\r\n",)}, "auth"),
        ({"AUTH": (b"454 4.7.0 temporary failure\r\n",)}, "throttled"),
        ({"EHLO": (HANG_UP,)}, "network"),
        ({"EHLO": (b"421 too busy\r\n", HANG_UP)}, "throttled"),
    ],
)
def test_a_failed_login_is_no_fault_of_the_letter(script: Script, kind: str) -> None:
    with ScriptedSmtp(script) as server:
        error = try_login(account(server, username=SUPPORT, password=PASSWORD))

    assert error is not None
    assert kind == error.kind
    assert PASSWORD not in str(error)


def test_a_relay_on_loopback_that_offers_no_login_needs_none() -> None:
    with ScriptedSmtp({"EHLO": (b"250 hello\r\n",)}) as server:
        error = try_login(account(server, username=SUPPORT, password=PASSWORD))

    assert error is None
    assert not any(line.startswith("AUTH") for line in server.heard)


def test_a_demand_for_login_at_mail_is_an_auth_error() -> None:
    with (
        ScriptedSmtp({"MAIL": (b"530 5.7.0 log in first\r\n",)}) as server,
        pytest.raises(SmtpError) as caught,
    ):
        send(account(server))

    assert "auth" == caught.value.kind


def test_an_oauth_token_goes_as_xoauth2() -> None:
    script: Script = {
        "AUTH XOAUTH2": (b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n",),
        "EHLO": (b"250 AUTH XOAUTH2\r\n",),
    }
    with ScriptedSmtp({**script, "": (b"535 token-of-today expired\r\n",)}) as server:
        error = try_login(account(server, username=SUPPORT, oauth_token=lambda: "token-of-today"))

    assert error is not None
    assert "auth" == error.kind
    assert "token-of-today" not in str(error)


def test_a_closed_port_is_a_network_error() -> None:
    with ScriptedSmtp({}) as server:
        closed = account(server)

    error = try_login(closed)

    assert error is not None
    assert "network" == error.kind


def test_tls_on_a_plain_port_and_missing_starttls_are_tls_errors() -> None:
    with ScriptedSmtp({}) as server:
        plain = try_login(account(server, security="tls"))
        missing = try_login(account(server, security="starttls", username=SUPPORT, password=PASSWORD))

    assert plain is not None
    assert "tls" == plain.kind
    assert missing is not None
    assert "tls" == missing.kind
    assert not any(line.startswith("AUTH") for line in server.heard)


# --- real servers ---------------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[MailWorld]:
    with MailWorld([SUPPORT]) as running:
        yield running


def test_a_letter_arrives_in_the_customers_mailbox_as_it_was(world: MailWorld) -> None:
    outcome = send(world.smtp_account(SUPPORT))

    assert isinstance(outcome, Accepted)
    assert [(SUPPORT, (CUSTOMER,), RAW)] == [(one.sender, one.recipients, one.raw) for one in world.accepted]
    (arrived,) = world.messages(CUSTOMER)
    assert arrived.startswith(b"Return-Path: <support@shop.example>\r\n")
    assert arrived.endswith(RAW)


def test_an_automatic_mail_has_an_empty_sender(world: MailWorld) -> None:
    send(world.smtp_account(SUPPORT), replace(LETTER, sender=""))

    assert [""] == [one.sender for one in world.accepted]


def test_a_non_ascii_address_goes_out_with_smtputf8(world: MailWorld) -> None:
    outcome = send(world.smtp_account(SUPPORT), Outgoing(SUPPORT, ("李明@mail.example",), RAW, smtputf8=True))

    assert isinstance(outcome, Accepted)
    assert ("李明@mail.example",) == world.accepted[0].recipients


def test_a_wrong_password_and_none_at_all(world: MailWorld) -> None:
    right = world.smtp_account(SUPPORT)
    wrong = try_login(replace(right, password="not-the-password"))

    assert try_login(right) is None
    assert wrong is not None
    assert "auth" == wrong.kind
    with pytest.raises(SmtpError):
        send(replace(right, username=""))
    assert [] == world.accepted


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_the_certificate_must_fit(security: str, authority: trustme.CA, tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with MailWorld([SUPPORT], tls=context, security=security) as world:  # type: ignore[arg-type]
        right = replace(world.smtp_account(SUPPORT), host="localhost", ca_file=tmp_path / "ca.pem")

        assert try_login(right) is None
        wrong_name = try_login(replace(right, host="127.0.0.1"))
        unknown = try_login(replace(right, ca_file=None))

    for error in (wrong_name, unknown):
        assert error is not None
        assert "tls" == error.kind
        assert "certificate" in error.text


@pytest.mark.servers
def test_smtp_sink_gets_every_byte(postfix_sink: Sink, eventually: Callable[[Callable[[], bool]], None]) -> None:
    outcome = send(SmtpAccount(LOOPBACK, postfix_sink.port, "none"))

    assert isinstance(outcome, Accepted)
    eventually(lambda: len(postfix_sink.mails()) == 1)
    (mail,) = postfix_sink.mails()
    assert RAW.replace(b"\r\n", b"\n") in mail


@pytest.mark.servers
def test_through_postfix_into_dovecot(
    postfix: Postfix, dovecot: Dovecot, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    user = dovecot.new_user()

    outcome = send(SmtpAccount(LOOPBACK, postfix.port, "none"), replace(LETTER, recipients=(f"{user}@mail.example",)))

    assert isinstance(outcome, Accepted)

    def arrived() -> bool:
        with ImapSession(dovecot.account(user)) as session:
            session.select()
            return any(one.raw.endswith(RAW) for one in session.fetch(session.all_uids()) if hasattr(one, "raw"))

    eventually(arrived)


# --- bytes on the wire ----------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from([b"\r", b"\n", b".", b"a", b"\r\n", b"\r\n.\r\n"]), max_size=40).map(b"".join))
def test_no_mail_can_end_the_data_early_or_smuggle_a_line_end(raw: bytes) -> None:
    wire = on_the_wire(raw)

    assert wire.endswith(b"\r\n.\r\n") or wire == b"\r\n.\r\n"
    assert wire.index(b"\r\n.\r\n") == len(wire) - 5
    assert b"\r" not in wire.replace(b"\r\n", b"")
    assert b"\n" not in wire.replace(b"\r\n", b"")
