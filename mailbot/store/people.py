"""Agents, their sessions and their failed log-ins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from mailbot.core.departments import Staff
from mailbot.core.ticket import State
from mailbot.store.engine import upsert
from mailbot.store.tables import agent, login_failure, session, ticket

ROLES = ("agent", "supervisor", "admin")
FORGIVEN_AFTER = timedelta(days=1)
ON_A_DESK = (State.PENDING, State.IN_PROGRESS, State.ESCALATED)  # a resolved ticket is no work for its owner


def add(tx: Connection, values: dict[str, Any]) -> int:
    """A new agent: name, display_name, staff_number, role, address, department, password (hashed), created_at."""
    return int(tx.execute(sa.insert(agent).values(**values).returning(agent.c.id)).scalar_one())


def by_name(tx: Connection, name: str) -> Row[Any] | None:
    return tx.execute(sa.select(agent).where(agent.c.name == name)).first()


def everyone(tx: Connection) -> Sequence[Any]:
    return tx.execute(sa.select(agent).order_by(agent.c.name)).all()


def staff(tx: Connection) -> list[Staff]:
    """The agents who may take tickets, by name, each with the number of tickets on this desk."""
    loads = (
        sa.select(ticket.c.owner, sa.func.count().label("open"))
        .where(ticket.c.owner.is_not(None), ticket.c.state.in_(ON_A_DESK))
        .group_by(ticket.c.owner)
        .subquery()
    )
    query = (
        sa.select(agent.c.name, agent.c.department, sa.func.coalesce(loads.c.open, 0).label("open"))
        .join(loads, loads.c.owner == agent.c.name, isouter=True)
        .where(agent.c.disabled_at.is_(None))
        .order_by(agent.c.name)
    )
    return [Staff(row.name, row.department, int(row.open)) for row in tx.execute(query)]


def recipients(tx: Connection) -> Sequence[Any]:
    """Whom mailbot may remind: active agents' name, display_name, role, address ("": none known), department."""
    query = (
        sa.select(agent.c.name, agent.c.display_name, agent.c.role, agent.c.address, agent.c.department)
        .where(agent.c.disabled_at.is_(None))
        .order_by(agent.c.name)
    )
    return tx.execute(query).all()


def change(tx: Connection, agent_id: int, values: dict[str, Any]) -> None:
    """New values for some of display_name, staff_number, role, address, department."""
    tx.execute(sa.update(agent).where(agent.c.id == agent_id).values(**values))


def set_password(tx: Connection, agent_id: int, password_hash: str) -> None:
    """A new password ends every session of this agent."""
    tx.execute(sa.update(agent).where(agent.c.id == agent_id).values(password=password_hash))
    tx.execute(sa.delete(session).where(session.c.agent_id == agent_id))


def disable(tx: Connection, agent_id: int, at: datetime) -> None:
    """The agent can do nothing more, at once; the name stays in the records."""
    tx.execute(sa.update(agent).where(agent.c.id == agent_id).values(disabled_at=at))
    tx.execute(sa.delete(session).where(session.c.agent_id == agent_id))


def open_session(tx: Connection, values: dict[str, Any]) -> None:
    tx.execute(sa.insert(session).values(**values))


def of_session(tx: Connection, token_sha256: str, now: datetime) -> Row[Any] | None:
    """The agent behind a session that is still good, with the session's csrf token."""
    query = (
        sa.select(agent, session.c.csrf, session.c.expires_at)
        .join(session, session.c.agent_id == agent.c.id)
        .where(session.c.token_sha256 == token_sha256, session.c.expires_at > now, agent.c.disabled_at.is_(None))
    )
    return tx.execute(query).first()


def end_session(tx: Connection, token_sha256: str) -> None:
    tx.execute(sa.delete(session).where(session.c.token_sha256 == token_sha256))


def failure(tx: Connection, name: str, address: str) -> Row[Any] | None:
    """How often this name failed from this network address, and until when it is locked."""
    return tx.execute(
        sa.select(login_failure).where(login_failure.c.name == name, login_failure.c.address == address)
    ).first()


def count_failure(tx: Connection, name: str, address: str, failures: int, locked_until: datetime | None) -> None:
    row = {"name": name, "address": address, "failures": failures, "locked_until": locked_until}
    upsert(tx, login_failure, row)


def forget_failures(tx: Connection, name: str, address: str) -> None:
    tx.execute(sa.delete(login_failure).where(login_failure.c.name == name, login_failure.c.address == address))


def forget_expired(tx: Connection, now: datetime) -> None:
    """Sessions that have run out, and locks that ended a day ago: until then the next one is longer."""
    tx.execute(sa.delete(session).where(session.c.expires_at <= now))
    tx.execute(sa.delete(login_failure).where(login_failure.c.locked_until <= now - FORGIVEN_AFTER))
