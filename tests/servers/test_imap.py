"""The IMAP side on a real Dovecot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import psutil
import pytest

from mailbot.imap import Fetched, ImapError, ImapSession, try_login
from tests.servers.fixtures import Dovecot, running_dovecot
from tests.servers.imap_scenarios import ALL, Place, fetched, mail, soon

pytestmark = pytest.mark.servers


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    return dovecot.new_user()


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.__name__)
def test_on_dovecot(scenario: Callable[[Place], None], dovecot: Dovecot, user: str) -> None:
    scenario(Place(dovecot.account(user), lambda raw: dovecot.deliver(user, raw)))


def test_keywords_are_allowed(dovecot: Dovecot, user: str) -> None:
    with ImapSession(dovecot.account(user)) as session:
        assert session.select().keywords_allowed


def test_a_backlog_comes_in_order_and_in_few_round_trips(dovecot: Dovecot, user: str) -> None:
    dovecot.put(user, (mail(number) for number in range(450)))

    with ImapSession(dovecot.account(user)) as session:
        assert 450 == session.select().exists
        got = fetched(session)

    assert all(isinstance(one, Fetched) for one in got)
    assert sorted(one.uid for one in got) == [one.uid for one in got]
    assert {mail(number) for number in range(450)} == {one.raw for one in got if isinstance(one, Fetched)}


def test_a_renumbered_inbox_shows_another_uidvalidity(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, mail(1))
    with ImapSession(dovecot.account(user)) as session:
        before = session.select()

    dovecot.renumber(user)
    with ImapSession(dovecot.account(user)) as session:
        after = session.select()

    assert before.uidvalidity != after.uidvalidity
    assert 1 == after.exists


def test_a_server_that_dies_during_idle_is_noticed_at_once() -> None:
    with running_dovecot() as server, ImapSession(server.account("anna")) as session:
        session.select()
        timer = soon(
            0.3,
            lambda: [child.kill() for child in psutil.Process(server.process.pid).children() if child.name() == "imap"],
        )
        began = time.monotonic()
        with pytest.raises(ImapError) as caught:
            session.idle(20, threading.Event())
        took = time.monotonic() - began
        timer.join()

    assert "network" == caught.value.kind
    assert took < 2


def test_tls_with_a_certificate_that_fits(dovecot: Dovecot, user: str) -> None:
    assert try_login(dovecot.tls_account(user)) is None


def test_starttls_with_a_certificate_that_fits(dovecot: Dovecot, user: str) -> None:
    account = replace(dovecot.tls_account(user), port=dovecot.imap_port, security="starttls")

    assert try_login(account) is None


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_for_another_name_is_a_tls_error(security: str, dovecot: Dovecot, user: str) -> None:
    port = dovecot.imaps_port if security == "tls" else dovecot.imap_port
    account = replace(dovecot.tls_account(user, host="127.0.0.1"), port=port, security=security)
    error = try_login(account)

    assert error is not None
    assert "tls" == error.kind
    assert "certificate of 127.0.0.1 does not fit" in error.text


def test_a_certificate_nobody_vouches_for_is_a_tls_error(dovecot: Dovecot, user: str) -> None:
    error = try_login(replace(dovecot.tls_account(user), ca_file=None))

    assert error is not None
    assert "tls" == error.kind


def test_tls_on_a_plain_port_is_a_tls_error(dovecot: Dovecot, user: str) -> None:
    error = try_login(replace(dovecot.tls_account(user), port=dovecot.imap_port))

    assert error is not None
    assert "tls" == error.kind
