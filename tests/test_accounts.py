"""Accounts on a real database: who gets in, who is kept out, and what is never stored."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from mailbot import accounts
from mailbot.accounts import AgentChange, NewAgent
from mailbot.core.errors import UserError
from mailbot.store.engine import Engine
from mailbot.store.tables import agent, login_failure, metadata, session

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PASSWORD = "绿茶 and a long walk"
HERE, THERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch):
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64))
    accounts._decoy.cache_clear()
    yield
    accounts._decoy.cache_clear()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine(f"sqlite:///{tmp_path / 'accounts.db'}")
    metadata.create_all(engine.sqlalchemy)
    accounts.add_agent(engine, NewAgent("xiaozhou", "小周", "1024"), PASSWORD, NOW)
    yield engine
    engine.dispose()


def test_a_right_password_opens_a_session_with_its_own_csrf_token(engine):
    one = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)
    two = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)

    assert one is not None
    assert two is not None
    assert "小周" == one.person.display_name
    assert one.token != two.token
    assert one.csrf != two.csrf


def test_the_database_holds_neither_password_nor_token(engine):
    opened = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)

    assert opened is not None
    with engine.read() as tx:
        stored = tx.execute(sa.select(session)).one()
        hashed = tx.execute(sa.select(agent.c.password)).scalar_one()
    assert hashlib.sha256(opened.token.encode()).hexdigest() == stored.token_sha256
    assert hashed.startswith("$argon2id$")


@pytest.mark.parametrize(
    ("password", "remedy"),
    [
        ("short", "at least 10 characters"),
        ("aaaaaaaaaaaaaaa", "4 different characters"),
        ("x" * 150 + "abcd" * 20, "at most 200"),
        ("xiaozhou123", "too close to the name"),
    ],
)
def test_a_weak_password_is_refused_in_words(engine, password, remedy):
    with pytest.raises(UserError, match=remedy):
        accounts.set_password(engine, "xiaozhou", password)


@pytest.mark.parametrize("name", ["", "two words", "mailbot", "Mailbot", "a\u202eb", "x" * 81])
def test_a_name_that_could_be_mistaken_is_refused(engine, name):
    with pytest.raises(UserError, match="name"):
        accounts.add_agent(engine, NewAgent(name), PASSWORD, NOW)


def stored(engine: Engine, name: str) -> sa.Row:
    with engine.read() as tx:
        return tx.execute(sa.select(agent).where(agent.c.name == name)).one()


def test_an_agent_has_a_mailbox_for_reminders_and_a_department(engine):
    accounts.add_agent(engine, NewAgent("zhao", address=" zhao@shop.example ", department="technical"), PASSWORD, NOW)

    assert ("zhao@shop.example", "technical") == (stored(engine, "zhao").address, stored(engine, "zhao").department)
    assert ("", "") == (stored(engine, "xiaozhou").address, stored(engine, "xiaozhou").department)


def test_a_change_touches_what_it_names_and_leaves_the_session_open(engine):
    opened = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)
    assert opened is not None

    accounts.change_agent(engine, "xiaozhou", AgentChange(role="supervisor", address="zhou@shop.example"))
    accounts.change_agent(engine, "xiaozhou", AgentChange(department="logistics"))

    row = stored(engine, "xiaozhou")
    assert ("小周", "1024", "supervisor") == (row.display_name, row.staff_number, row.role)
    assert ("zhou@shop.example", "logistics") == (row.address, row.department)
    visitor = accounts.visitor(engine, opened.token, NOW)
    assert visitor is not None
    assert "supervisor" == visitor.person.role


def test_an_empty_text_takes_mailbox_and_department_away(engine):
    accounts.change_agent(engine, "xiaozhou", AgentChange(address="zhou@shop.example", department="logistics"))

    accounts.change_agent(engine, "xiaozhou", AgentChange(address="", department="", display_name=""))

    row = stored(engine, "xiaozhou")
    assert ("", "", "xiaozhou") == (row.address, row.department, row.display_name)


@pytest.mark.parametrize(
    ("change", "key", "remedy"),
    [
        (AgentChange(address="zhou"), "address", "plain mail address"),
        (AgentChange(address="a@b.example,c@d.example"), "address", "plain mail address"),
        (AgentChange(address="a@b.example\r\nBcc: c@d.example"), "address", "plain mail address"),
        (AgentChange(address="a\u202e@b.example"), "address", "one line"),
        (AgentChange(department="物流部"), "department", "rules/departments.toml"),
        (AgentChange(role="chief"), "role", "agent, supervisor, admin"),
        (AgentChange(), "xiaozhou", "say what to change"),
    ],
)
def test_a_wrong_change_is_refused_in_words_and_changes_nothing(engine, change, key, remedy):
    before = stored(engine, "xiaozhou")

    with pytest.raises(UserError, match=remedy) as raised:
        accounts.change_agent(engine, "xiaozhou", change)

    assert key == raised.value.key
    assert before == stored(engine, "xiaozhou")
    if change.address or change.department or change.role:
        fresh = NewAgent("amy", "", "", change.role or "agent", change.address or "", change.department or "")
        with pytest.raises(UserError, match=remedy):
            accounts.add_agent(engine, fresh, PASSWORD, NOW)


def test_changing_an_agent_who_is_not_there_says_where_to_look(engine):
    with pytest.raises(UserError, match="mailbot agents list"):
        accounts.change_agent(engine, "nobody", AgentChange(role="admin"))


def test_two_agents_cannot_share_a_name(engine):
    with pytest.raises(UserError, match="exists already"):
        accounts.add_agent(engine, NewAgent("xiaozhou"), PASSWORD, NOW)


def test_five_failures_lock_this_name_from_this_address_and_no_other(engine):
    for _ in range(5):
        assert accounts.log_in(engine, "xiaozhou", "wrong password", HERE, NOW) is None

    assert accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW) is None
    assert accounts.log_in(engine, "xiaozhou", PASSWORD, THERE, NOW) is not None
    assert accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW + timedelta(minutes=15)) is not None


def test_a_locked_door_doubles_its_time_at_each_further_failure(engine):
    at = NOW
    for _ in range(5):
        accounts.log_in(engine, "xiaozhou", "wrong password", HERE, at)
    at += timedelta(minutes=15)
    accounts.log_in(engine, "xiaozhou", "wrong password", HERE, at)

    assert accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, at + timedelta(minutes=29)) is None
    assert accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, at + timedelta(minutes=30)) is not None


def test_the_lock_never_grows_beyond_a_day():
    assert [None, timedelta(minutes=15), timedelta(minutes=30)] == [accounts.lock_after(n) for n in (4, 5, 6)]
    assert timedelta(hours=24) == accounts.lock_after(500)


def test_a_success_forgets_the_failures_before_it(engine):
    for _ in range(4):
        accounts.log_in(engine, "xiaozhou", "wrong password", HERE, NOW)
    accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)

    for _ in range(4):
        accounts.log_in(engine, "xiaozhou", "wrong password", HERE, NOW)
    assert accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW) is not None


def test_parallel_guesses_get_no_more_tries_than_guesses_in_a_row(engine, monkeypatch):
    looked_at = []
    real = accounts.verify
    monkeypatch.setattr(accounts, "verify", lambda e, n, p: looked_at.append(p) or real(e, n, p))
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda n: accounts.log_in(engine, "xiaozhou", f"guess number {n}", HERE, NOW), range(12)))

    assert 5 == len([guess for guess in looked_at if guess])


def test_guessing_names_leaves_one_row_per_address(engine):
    for n in range(4):
        accounts.log_in(engine, f"nobody{n}", "wrong password", HERE, NOW)

    with engine.read() as tx:
        assert [("", 4)] == [(row.name, row.failures) for row in tx.execute(sa.select(login_failure))]


def test_an_ipv6_line_counts_as_its_64(engine):
    assert accounts.network_of("2001:db8:1:2:aaaa::1") == accounts.network_of("2001:db8:1:2:bbbb::2")
    assert "192.0.2.7" == accounts.network_of("::ffff:192.0.2.7")
    assert "testclient" == accounts.network_of("testclient")


def test_a_session_slides_with_use_ends_when_idle_and_ends_after_a_week(engine):
    opened = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)
    assert opened is not None

    assert accounts.visitor(engine, opened.token, NOW + timedelta(hours=13)) is None
    at = NOW
    while at < NOW + timedelta(days=7) - timedelta(hours=11):
        at += timedelta(hours=11)
        assert accounts.visitor(engine, opened.token, at) is not None
    assert accounts.visitor(engine, opened.token, NOW + timedelta(days=7, minutes=1)) is None


def test_disabling_an_agent_or_a_new_password_ends_sessions_at_once(engine):
    first = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)
    assert first is not None

    accounts.set_password(engine, "xiaozhou", "another long secret")

    assert accounts.visitor(engine, first.token, NOW) is None
    second = accounts.log_in(engine, "xiaozhou", "another long secret", HERE, NOW)
    assert second is not None
    accounts.disable(engine, "xiaozhou", NOW)
    assert accounts.visitor(engine, second.token, NOW) is None
    assert accounts.log_in(engine, "xiaozhou", "another long secret", HERE, NOW) is None


def test_log_out_ends_this_session_and_no_other(engine):
    opened = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)
    other = accounts.log_in(engine, "xiaozhou", PASSWORD, HERE, NOW)
    assert opened is not None
    assert other is not None

    accounts.log_out(engine, opened.token)

    assert accounts.visitor(engine, opened.token, NOW) is None
    assert accounts.visitor(engine, other.token, NOW) is not None


def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(engine, monkeypatch):
    asked = []
    real = accounts._fits
    monkeypatch.setattr(
        accounts, "_fits", lambda hashed, plain: asked.append(hashed.split("$")[:4]) or real(hashed, plain)
    )

    accounts.verify(engine, "nobody", "wrong password")
    accounts.verify(engine, "xiaozhou", "wrong password")

    assert 2 == len(asked)
    assert asked[0] == asked[1]  # same algorithm, same parameters
