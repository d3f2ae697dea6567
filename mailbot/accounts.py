"""Agents' accounts: passwords (argon2id), logging in with a lockout, sessions. For the console and the CLI.

Never tells a stranger whether a name exists: a wrong name, a wrong password, a disabled agent and a locked
door get the same answer after the same work. Tokens are stored as SHA-256 only. Time is a parameter.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.engine import Connection, Row

from mailbot import values
from mailbot.core.errors import UserError
from mailbot.core.rulefile import CODE
from mailbot.store import people
from mailbot.store.engine import Engine
from mailbot.store.tables import agent as agent_table
from mailbot.store.tables import session as session_table

SHORTEST = 10
LONGEST = 200
FREE_FAILURES = 5
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)
SESSION = timedelta(hours=12)  # after the last use
SESSION_END = timedelta(days=7)  # however much it is used
SLIDE_EVERY = timedelta(minutes=10)  # how often a use is written down
RESERVED = frozenset({"mailbot"})  # signs what the machine does

# 64 MB a check: two at a time, or a flood of log-ins takes all memory.
_AT_ONCE = threading.BoundedSemaphore(2)
_HASHER = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Person:
    """An agent who may log in."""

    id: int
    name: str
    display_name: str
    staff_number: str
    role: str


@dataclass(frozen=True, slots=True)
class NewAgent:
    """What a new account needs besides its password."""

    name: str
    display_name: str = ""
    staff_number: str = ""
    role: str = "agent"
    address: str = ""  # the agent's own mailbox, for reminders
    department: str = ""  # code, as in rules/departments.toml


@dataclass(frozen=True, slots=True)
class AgentChange:
    """New values for an account; None: as before."""

    display_name: str | None = None
    staff_number: str | None = None
    role: str | None = None
    address: str | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is logged in. `token` is for the cookie and known only at log-in ("" afterwards)."""

    person: Person
    csrf: str
    expires_at: datetime
    token: str = ""


def add_agent(engine: Engine, fresh: NewAgent, password: str, now: datetime) -> int:
    """A new account; UserError says what is wrong with the name, the password or anything else."""
    name = _checked_name(fresh.name)
    row: dict[str, Any] = {
        "name": name,
        "display_name": _checked_display_name(fresh.display_name, name),
        "staff_number": _checked_number(fresh.staff_number),
        "role": _checked_role(fresh.role),
        "address": _checked_address(fresh.address),
        "department": _checked_department(fresh.department),
        "password": hash_password(password, name),
        "created_at": now,
    }
    with engine.write() as tx:
        if people.by_name(tx, name) is not None:
            raise UserError("agent", "name", f"{name} exists already; choose another name")
        return people.add(tx, row)


def change_agent(engine: Engine, name: str, change: AgentChange) -> None:
    """Change what the change names, at once; UserError says what is wrong with it."""
    row: dict[str, str] = {}
    if change.display_name is not None:
        row["display_name"] = _checked_display_name(change.display_name, name)
    if change.staff_number is not None:
        row["staff_number"] = _checked_number(change.staff_number)
    if change.role is not None:
        row["role"] = _checked_role(change.role)
    if change.address is not None:
        row["address"] = _checked_address(change.address)
    if change.department is not None:
        row["department"] = _checked_department(change.department)
    if not row:
        raise UserError("agent", name, "say what to change: its display name, number, role, address or department")
    with engine.write() as tx:
        people.change(tx, _known(tx, name).id, row)


def set_password(engine: Engine, name: str, password: str) -> None:
    """A new password; it ends every session of this agent."""
    hashed = hash_password(password, name)
    with engine.write() as tx:
        people.set_password(tx, _known(tx, name).id, hashed)


def disable(engine: Engine, name: str, now: datetime) -> None:
    """The agent can do nothing more, at once; the name stays in the records."""
    with engine.write() as tx:
        people.disable(tx, _known(tx, name).id, now)


def hash_password(password: str, name: str = "") -> str:
    """The argon2id hash of a password that keeps the rules; UserError names the rule it breaks."""
    plain = unicodedata.normalize("NFC", password)
    if len(plain) < SHORTEST:
        raise UserError("agent", "password", f"too short; use at least {SHORTEST} characters")
    if len(plain) > LONGEST:
        raise UserError("agent", "password", f"too long; use at most {LONGEST} characters")
    if len(set(plain)) < 4:
        raise UserError("agent", "password", "too plain; use at least 4 different characters")
    if name and name.lower() in plain.lower() and len(plain) - len(name) < 6:
        raise UserError("agent", "password", "too close to the name; choose another")
    with _AT_ONCE:
        return _HASHER.hash(plain)


def verify(engine: Engine, name: str, password: str) -> Person | None:
    """The person behind a right password. An unknown or disabled name costs the same work."""
    with engine.read() as tx:
        row = people.by_name(tx, name)
    good = row is not None and row.disabled_at is None
    hashed = row.password if row is not None and good else _decoy()
    plain = unicodedata.normalize("NFC", password[: LONGEST + 1])
    with _AT_ONCE:
        fits = _fits(hashed, plain)
    if not (fits and good and row is not None):
        return None
    if _HASHER.check_needs_rehash(hashed):
        _rehash(engine, row.id, hashed, plain)
    return _person(row)


def log_in(engine: Engine, name: str, password: str, address: str, now: datetime) -> Session | None:
    """A new session, or None: wrong name, wrong password or too many tries from this network address."""
    name, network = name.strip()[:80], network_of(address)
    key = _failure_key(engine, name)
    # The try is counted before the password is looked at: parallel guesses get no free ride.
    free = _count(engine, key, network, now)
    person = verify(engine, name, password if free else "")
    if person is None or not free:
        return None
    token = secrets.token_urlsafe(32)
    session = Session(person, secrets.token_urlsafe(32), now + SESSION, token)
    with engine.write() as tx:
        people.forget_failures(tx, key, network)
        people.open_session(
            tx,
            {
                "token_sha256": _sha256(token),
                "agent_id": person.id,
                "csrf": session.csrf,
                "created_at": now,
                "expires_at": session.expires_at,
            },
        )
    return session


def log_out(engine: Engine, token: str) -> None:
    """End this session; an unknown token is no mistake."""
    with engine.write() as tx:
        people.end_session(tx, _sha256(token))


def visitor(engine: Engine, token: str, now: datetime) -> Session | None:
    """The session behind a cookie, prolonged by its use."""
    hashed = _sha256(token)
    with engine.read() as tx:
        row = people.of_session(tx, hashed, now)
    if row is None:
        return None
    if row.expires_at - now < SESSION - SLIDE_EVERY:
        _slide(engine, hashed, now)
    return Session(_person(row), row.csrf, row.expires_at)


def network_of(address: str) -> str:
    """What counts as one guesser: an IPv4 address, or the /64 that an IPv6 line is given."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def lock_after(failures: int) -> timedelta | None:
    """How long the door stays shut after so many failures in a row: 15 minutes, then doubling."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 10)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)


def _failure_key(engine: Engine, name: str) -> str:
    """Unknown names share one row per address, so that guessing names cannot fill the table."""
    with engine.read() as tx:
        return name if people.by_name(tx, name) is not None else ""


def _count(engine: Engine, key: str, network: str, now: datetime) -> bool:
    """Count a try; False: the door is locked, and the try is not counted."""
    with engine.write() as tx:
        row = people.failure(tx, key, network)
        if row is not None and row.locked_until is not None and row.locked_until > now:
            return False
        failures = (row.failures if row is not None else 0) + 1
        lock = lock_after(failures)
        people.count_failure(tx, key, network, failures, now + lock if lock else None)
        return True


def _fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _rehash(engine: Engine, agent_id: int, old: str, password: str) -> None:
    """The parameters grew since this hash was made. Guarded: a newer password is never overwritten."""
    with _AT_ONCE:
        fresh = _HASHER.hash(password)
    with engine.write() as tx:
        tx.execute(
            sa.update(agent_table)
            .where(agent_table.c.id == agent_id, agent_table.c.password == old)
            .values(password=fresh)
        )


def _slide(engine: Engine, hashed: str, now: datetime) -> None:
    latest = now + SESSION
    with engine.write() as tx:
        created = tx.execute(
            sa.select(session_table.c.created_at).where(session_table.c.token_sha256 == hashed)
        ).scalar()
        if created is not None:
            tx.execute(
                sa.update(session_table)
                .where(session_table.c.token_sha256 == hashed)
                .values(expires_at=min(latest, created + SESSION_END))
            )


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))


def _known(tx: Connection, name: str) -> Row[Any]:
    row = people.by_name(tx, name)
    if row is None:
        raise UserError("agent", "name", f"there is no agent {name}; list them with: mailbot agents list")
    return row


def _checked_name(name: str) -> str:
    name = unicodedata.normalize("NFC", name.strip())
    if not name or len(name) > 80 or any(c.isspace() or not c.isprintable() for c in name):
        raise UserError("agent", "name", "must be one word of at most 80 characters")
    if name.lower() in RESERVED:
        raise UserError("agent", "name", f"{name} is what the program calls itself; choose another")
    return name


def _checked_display_name(display_name: str, name: str) -> str:
    return (display_name.strip() or name)[:80]


def _checked_number(staff_number: str) -> str:
    return staff_number.strip()[:20]


def _checked_role(role: str) -> str:
    if role not in people.ROLES:
        raise UserError("agent", "role", f"must be one of {', '.join(people.ROLES)}")
    return role


def _checked_address(address: str) -> str:
    address = address.strip()
    try:
        return values.line(values.address(address)) if address else ""
    except ValueError as wrong:
        raise UserError("agent", "address", str(wrong)) from None


def _checked_department(code: str) -> str:
    """Its shape only: which departments there are is known by the rules, and they change."""
    code = code.strip()
    if code and not CODE.fullmatch(code):
        raise UserError("agent", "department", 'must be a code of rules/departments.toml, like "logistics", or ""')
    return code


def _person(row: Row[Any]) -> Person:
    return Person(row.id, row.name, row.display_name, row.staff_number, row.role)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
