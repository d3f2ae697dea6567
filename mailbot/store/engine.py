"""The only file that knows which database it is: connections, transactions, its clock, its upserts.

SQLite: WAL with synchronous=FULL (WAL with NORMAL may roll back committed transactions on power loss), writes
begin with BEGIN IMMEDIATE (a read that turns into a write fails at once otherwise).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from mailbot.core.errors import UserError

_T = TypeVar("_T")
BUSY_SECONDS = 30
AT_ONCE = 500  # ids in one statement; databases have a limit
TURN_LOCK = 0x6D61696D  # any number of its own; held to the end of a transaction only, as PgBouncer allows


class Engine:
    """One database. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, url: str, base: Path | None = None) -> None:
        self.url = _url(url, base)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self._engine = _sqlite_engine(self.url)
        else:
            self._engine = sa.create_engine(self.url, pool_pre_ping=True, pool_size=8, max_overflow=8)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading; sees one state of the database on SQLite."""
        with self._engine.connect() as tx:
            if self.is_sqlite:
                tx.exec_driver_sql("BEGIN")
            yield tx
            tx.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends well, and is undone when it does not."""
        with self._engine.connect() as tx:
            if self.is_sqlite:
                tx.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield tx
            except BaseException:
                tx.rollback()
                raise
            tx.commit()

    def now(self, tx: Connection) -> datetime:
        """The database's clock: the one clock that all replicas share. Leases go by it."""
        if self.is_sqlite:
            return datetime.now(UTC)
        moment: datetime = tx.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)

    def take_turn(self, tx: Connection) -> None:
        """Until this transaction ends no other one gets past here: two mails of one customer, taken by two
        workers, would each find no ticket and open one. On SQLite BEGIN IMMEDIATE sees to that."""
        if not self.is_sqlite:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(TURN_LOCK)))

    def ping(self) -> str | None:
        """None when the database answers, else its error in one line, without the password."""
        try:
            with self.read() as tx:
                tx.execute(sa.select(1))
        except OperationalError as error:
            return str(error.orig).strip().splitlines()[0]
        return None

    def name(self) -> str:
        """Which database it is, without its password."""
        return self.url.render_as_string(hide_password=True)

    def overwrite_deleted(self, tx: Connection) -> None:
        """What this transaction deletes is overwritten in SQLite's file, not only left unused; PostgreSQL vacuums."""
        if self.is_sqlite:
            tx.exec_driver_sql("PRAGMA secure_delete=ON")

    def empty_log(self) -> None:
        """Nothing of what was changed lies in SQLite's write-ahead log any more, unless somebody reads just now."""
        if self.is_sqlite:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def dispose(self) -> None:
        self._engine.dispose()

    @property
    def sqlalchemy(self) -> sa.Engine:
        """For Alembic and for inspection only."""
        return self._engine


def shops_engine(url: str, seconds: float) -> sa.Engine:
    """The owner's shop's database, of whatever kind SQLAlchemy has a driver for: read only, and no statement takes
    longer than so many seconds where the database can be told so. Nothing is opened yet. UserError: no such driver.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        options = {"postgresql": _postgres_limits, "sqlite": _sqlite_limits}.get(parsed.get_backend_name(), _no_limits)
        engine = sa.create_engine(
            parsed,
            connect_args=options(seconds),
            poolclass=sa.QueuePool,
            pool_size=2,
            max_overflow=2,
            pool_timeout=seconds,
            pool_pre_ping=True,
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        remedy = f"not a database we can ask ({type(error).__name__}); write sqlite:///FILE or postgresql+psycopg://..."
        raise UserError("orders", "database", remedy) from None
    if parsed.get_backend_name() == "sqlite":
        _limit_sqlite(engine, seconds)
    return engine


def _postgres_limits(seconds: float) -> dict[str, Any]:
    limits = f"-c statement_timeout={int(seconds * 1000)} -c default_transaction_read_only=on"
    return {"options": limits, "connect_timeout": max(2, int(seconds))}  # libpq takes 1 for 2


def _sqlite_limits(seconds: float) -> dict[str, Any]:
    return {"timeout": seconds, "check_same_thread": False}


def _no_limits(_seconds: float) -> dict[str, Any]:
    return {}


def _limit_sqlite(engine: sa.Engine, seconds: float) -> None:
    """SQLite has no time limit of its own: a look at the clock every so many steps ends what takes too long."""

    def prepare(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA query_only=ON")
        record.info["until"] = until = [monotonic() + seconds]
        connection.set_progress_handler(lambda: monotonic() > until[0], 10_000)

    def begin(connection: Connection, *_: Any) -> None:
        connection.info["until"][0] = monotonic() + seconds

    event.listen(engine, "connect", prepare)
    event.listen(engine, "before_cursor_execute", begin)


def batches(ids: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The ids in parts of at most AT_ONCE: no statement takes any number of parameters."""
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def insert_new(tx: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; one whose key stands already is left as it is."""
    if not rows:
        return
    module = sqlite if tx.dialect.name == "sqlite" else postgresql
    tx.execute(module.insert(table).on_conflict_do_nothing(), rows[0] if len(rows) == 1 else list(rows))


def upsert(tx: Connection, table: sa.Table, row: Mapping[str, Any], where: Any = None) -> bool:
    """Insert, or change the row of the same primary key where `where` holds; was anything written?"""
    module = sqlite if tx.dialect.name == "sqlite" else postgresql
    keys = [column.name for column in table.primary_key]
    statement = module.insert(table)
    changed = {name: statement.excluded[name] for name in row if name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)
    return bool(tx.execute(statement.returning(table.c[keys[0]]), row).first())


def _url(url: str, base: Path | None) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UserError(
            "database",
            "url",
            'not a database URL; write "sqlite:///state/mailbot.db" or "postgresql+psycopg://..."',
        ) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise UserError("database", "url", f"{backend} is not supported; use sqlite or postgresql+psycopg")
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    path = Path(parsed.database or "mailbot.db")
    return parsed.set(database=str(path if path.is_absolute() or base is None else base / path))


def _sqlite_engine(url: URL) -> sa.Engine:
    path = Path(url.database or "")
    engine = sa.create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        pool_size=8,
        max_overflow=8,
    )

    @event.listens_for(engine, "do_connect")
    def _make(*_: Any) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)  # customers' mails: for nobody else on this machine; the WAL takes after it
        except OSError as error:
            raise UserError(str(path), "", f"cannot make the database there: {error.strerror}") from None

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we write BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
