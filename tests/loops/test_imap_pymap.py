"""The same mailbox scenarios as on Dovecot, on the demo's own IMAP server."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from mailbot.demo.servers import MailWorld
from mailbot.imap import ImapError, ImapSession, try_login
from tests.servers.imap_scenarios import ALL, Place, mail, soon

SUPPORT = "support@shop.example"


@pytest.fixture
def world() -> Iterator[MailWorld]:
    with MailWorld([SUPPORT]) as running:
        yield running


@pytest.fixture
def place(world: MailWorld) -> Place:
    return Place(world.imap_account(SUPPORT), lambda raw: world.deliver(SUPPORT, raw))


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.__name__)
def test_on_pymap(scenario: Callable[[Place], None], place: Place) -> None:
    scenario(place)


def test_keywords_are_not_allowed(place: Place) -> None:
    with ImapSession(place.account) as session:
        assert not session.select().keywords_allowed


def test_a_server_stopped_during_idle_is_noticed_at_once(world: MailWorld, place: Place) -> None:
    with ImapSession(place.account) as session:
        session.select()
        timer = soon(0.2, world.stop)
        with pytest.raises(ImapError) as caught:
            session.idle(20, threading.Event())
        timer.join()

    assert "network" == caught.value.kind


def test_a_closed_port_is_a_network_error(world: MailWorld, place: Place) -> None:
    world.stop()

    error = try_login(place.account)

    assert error is not None
    assert "network" == error.kind


def test_a_stopped_world_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with MailWorld([SUPPORT]) as world:
        world.deliver(SUPPORT, mail(1))
        assert [mail(1)] == world.messages(SUPPORT)

    assert before == set(threading.enumerate())


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_tls_to_pymap(security: str, authority: trustme.CA, tmp_path: Path) -> None:
    certificate = authority.issue_cert("localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with MailWorld([SUPPORT], tls=context, security=security) as world:
        account = replace(world.imap_account(SUPPORT), host="localhost", ca_file=tmp_path / "ca.pem")

        assert try_login(account) is None
        wrong_name = try_login(replace(account, host="127.0.0.1"))
        unknown = try_login(replace(account, ca_file=None))

    assert wrong_name is not None
    assert "tls" == wrong_name.kind
    assert unknown is not None
    assert "tls" == unknown.kind
