"""From a full Dovecot mailbox to committed tickets with drafts, beside bare fetching and a plain reference line.

All sides in one run on one mailbox, since only their ratios mean anything on another machine. What they are:
`bare fetch`: imapclient, batches of 200, bytes counted; `reference line`: the same, compat32 walk and decode, one
durable row a mail with its raw bytes through SQLAlchemy Core, one transaction a batch; no understanding, no draft.
"""

from __future__ import annotations

import email
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from imapclient import IMAPClient

from benchmarks._mails import SUPPORT, mixed
from mailbot.app import App, build, fetch_of
from mailbot.clock import Clock
from mailbot.config import read
from mailbot.loops.work import Work
from mailbot.store.engine import Engine
from mailbot.store.tables import draft, raw, ticket
from tests.servers.fixtures import LOOPBACK, Dovecot, Postgres, running_dovecot, running_postgres

BATCH = 200
ROWS = sa.Table(
    "bench_mail",
    sa.MetaData(),
    sa.Column("uid", sa.Integer, primary_key=True),
    sa.Column("subject", sa.Text),
    sa.Column("words", sa.Text),
    sa.Column("content", sa.LargeBinary),
)


@dataclass(frozen=True)
class Result:
    """One side of the comparison."""

    name: str
    database: str
    mails: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.mails / self.seconds


def measure(mails: int, runs: int, databases: list[str]) -> list[Result]:
    """Medians of the runs; every side once a run, one after the other."""
    found: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        dovecot = stack.enter_context(running_dovecot())
        user = dovecot.new_user()
        dovecot.put(user, mixed(mails))
        urls = Urls(stack)
        _bare(dovecot, user, mails)  # once unmeasured: Dovecot indexes the new mails
        for _ in range(runs):
            sides: list[tuple[str, str, Callable[[], float]]] = [
                ("bare fetch", "", lambda: _bare(dovecot, user, mails))
            ]
            for database in databases:
                sides += [
                    ("reference line", database, lambda name=database: _reference(dovecot, user, urls.fresh(name))),
                    ("mailbot", database, lambda name=database: _mailbot(dovecot, user, urls.fresh(name), mails)),
                ]
            for name, database, side in sides:
                found.setdefault((name, database), []).append(side())
    return [Result(name, database, mails, statistics.median(took)) for (name, database), took in found.items()]


class Urls:
    """Fresh databases; the PostgreSQL server starts when first asked for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._postgres: Postgres | None = None

    def fresh(self, name: str) -> str:
        if name == "sqlite":
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mailbot-bench-"))
            return f"sqlite:///{folder}/bench.db"
        if self._postgres is None:
            self._postgres = Postgres(self._stack.enter_context(running_postgres(durable=True)))
        return self._postgres.new_database()


def _batches(dovecot: Dovecot, user: str) -> Iterator[dict[int, bytes]]:
    client = IMAPClient(LOOPBACK, dovecot.imap_port, ssl=False)
    client.login(user, dovecot.password)
    client.select_folder("INBOX", readonly=True)
    uids = client.search("ALL")
    for start in range(0, len(uids), BATCH):
        found = client.fetch(uids[start : start + BATCH], ["BODY.PEEK[]"])
        yield {uid: facts[b"BODY[]"] for uid, facts in found.items()}
    client.logout()


def _bare(dovecot: Dovecot, user: str, mails: int) -> float:
    began = time.perf_counter()
    counted = sum(len(batch) for batch in _batches(dovecot, user))
    assert counted == mails
    return time.perf_counter() - began


def _reference(dovecot: Dovecot, user: str, url: str) -> float:
    engine = Engine(url)
    ROWS.metadata.create_all(engine.sqlalchemy)
    began = time.perf_counter()
    for batch in _batches(dovecot, user):
        rows = [{"uid": uid, **_decoded(content), "content": content} for uid, content in batch.items()]
        with engine.write() as tx:
            tx.execute(sa.insert(ROWS), rows)
    took = time.perf_counter() - began
    engine.dispose()
    return took


def _decoded(content: bytes) -> dict[str, str]:
    parsed = email.message_from_bytes(content)
    words = []
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            words.append(payload.decode(part.get_content_charset() or "utf-8", "replace"))
    return {"subject": str(parsed["Subject"]), "words": "\n".join(words)}


def program(dovecot: Dovecot, user: str, url: str) -> App:
    """mailbot on this mailbox, as configured by an owner."""
    end = {"host": LOOPBACK, "port": dovecot.imap_port, "security": "none"}
    box = {"name": "support", "address": SUPPORT, "provider": "generic", "username": user, "imap": end, "smtp": end}
    with tempfile.TemporaryDirectory() as folder:
        table = {
            "company": {"name": "示例电器", "hotline": "400-000-0000"},
            "database": {"url": url},
            "paths": {"state": folder},
            "mailbox": [{**box, "password": dovecot.password}],
        }
        return build(read(table, {}, "benchmark", Path(folder)), Clock())


def _mailbot(dovecot: Dovecot, user: str, url: str, mails: int) -> float:
    """fetch in its thread and work in this one, as the daemon has them; the reader child is started before."""
    app = program(dovecot, user, url)
    told = threading.Event()
    fetch = fetch_of(app, app.config.mailboxes[0], told.set)
    work = Work(app.engine, app.desk, app.clock)
    work._reader.understand(app.shelf.volume.book, [(next(mixed(1)), app.desk.door.border("support"))])
    began = time.perf_counter()
    thread = threading.Thread(target=fetch.poll)
    thread.start()
    fetching = True
    while work.step() == 0.0 or fetching:
        fetching = thread.is_alive()
        told.wait(0.005)
        told.clear()
    took = time.perf_counter() - began
    thread.join()
    with app.engine.read() as tx:
        counts = [tx.execute(sa.select(sa.func.count()).select_from(table)).scalar() for table in (raw, ticket, draft)]
    assert [mails, mails] == counts[:2], counts
    assert counts[2] is not None
    assert counts[2] >= mails
    work.close()
    fetch.close()
    app.close()
    return took


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(["intake", *sys.argv[1:]])
