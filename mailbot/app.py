"""Builds the parts from the configuration, starts and stops them. Knows every part; no part knows it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType

import structlog

from mailbot.clock import Clock
from mailbot.config import Config, MailboxConfig
from mailbot.config import Orders as OrderSettings
from mailbot.core import tokens
from mailbot.core.automail import Own
from mailbot.core.errors import UserError
from mailbot.core.understand import Border
from mailbot.desk import Desk, Door
from mailbot.help_client import Helper
from mailbot.imap import ImapAccount, ImapError, ImapSession
from mailbot.learned import Learned
from mailbot.login import Login, LoginRefused, login_for
from mailbot.loops.clock import Clock as ClockLoop
from mailbot.loops.fetch import Fetch, LeaseLostError
from mailbot.loops.fetch import Post as MailboxPost
from mailbot.loops.help import Help
from mailbot.loops.post import Post
from mailbot.loops.runner import Loop, Runner
from mailbot.loops.work import Work
from mailbot.order_lookup import OrderLookup, by_http, by_sql
from mailbot.orders import Orders, OrderTable
from mailbot.providers import load_provider
from mailbot.reader import Reader
from mailbot.shelf import Shelf
from mailbot.smtp import SmtpAccount, SmtpError
from mailbot.store import keep, schema
from mailbot.store.engine import Engine, shops_engine

log = structlog.get_logger()

PARTS = ("fetch", "work", "post", "clock", "console")
STOP_SECONDS = 8.0  # a container gets ten before it is killed
EDITS_SECONDS = 2.0  # between looks for edited rules and templates
VERDICTS_SECONDS = 1.0  # between looks for agents' verdicts
ROUNDS = 1000  # of `once`; far more than any mailbox needs, and an end all the same


@dataclass(slots=True)
class App:
    """All parts of one configuration."""

    config: Config
    clock: Clock
    engine: Engine
    shelf: Shelf
    desk: Desk
    logins: dict[str, Login]
    stop: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        if isinstance(self.desk.door.orders, OrderLookup):
            self.desk.door.orders.close()
        self.engine.dispose()


def build(config: Config, clock: Clock | None = None, shelf: Shelf | None = None) -> App:
    """Open the database (made or upgraded), make the desk. Rules and templates are read at the first look.

    `shelf`: one that is read already, shared by several programs in one process.
    """
    orders = orders_of(config.orders)
    engine = Engine(config.database.url, config.base)
    schema.upgrade(engine)
    shelf = shelf or Shelf(config.paths.rules, config.paths.templates, config.company.languages)
    with engine.write() as tx:
        key = keep.signing_key(tx)
    desk = Desk(
        Door(
            engine=engine,
            shelf=shelf,
            company=config.company,
            hours_of=config.hours_of,
            mailboxes={mailbox.name: mailbox for mailbox in config.mailboxes},
            key=key,
            public_url=config.console.public_url,
            border=partial(border, config, key),
            orders=orders,
            learned=Learned(engine, shelf, config.company.zone),
        )
    )
    logins = {mailbox.name: login_for(mailbox) for mailbox in config.mailboxes}
    return App(config, clock or Clock(), engine, shelf, desk, logins)


def orders_of(given: OrderSettings) -> Orders | None:
    """Where the owner's orders are looked up; None: nowhere."""
    if given.file:
        return OrderTable(given.file)
    if given.url:
        return OrderLookup(by_http(given.url, given.token, given.timeout_seconds), given.cache_seconds)
    if given.database:
        shop = shops_engine(given.database, given.timeout_seconds)
        return OrderLookup(by_sql(shop, given.query), given.cache_seconds)
    return None


def border(config: Config, key: bytes, mailbox_name: str) -> Border:
    """Who we are on this mailbox, and whose verdicts about senders count there."""
    addresses = {address.lower() for box in config.mailboxes for address in (box.address, *box.aliases)}
    own = Own(frozenset(addresses), partial(tokens.is_ours, key=key))
    authserv = next((box.trusted_authserv for box in config.mailboxes if box.name == mailbox_name), None)
    return Border(own, authserv)


def imap_account(mailbox: MailboxConfig, login: Login) -> ImapAccount:
    """What imap.py needs of a mailbox."""
    return ImapAccount(
        host=mailbox.imap.host,
        port=mailbox.imap.port,
        security=mailbox.imap.security,
        username=mailbox.username,
        password=mailbox.password,
        oauth_token=login.token_source(_real_now, partial(_imap_refusal)) if mailbox.oauth else None,
        folder=mailbox.folder,
        send_id=load_provider(mailbox.provider).sends_id,
    )


def smtp_account(mailbox: MailboxConfig, login: Login) -> SmtpAccount:
    """What smtp.py needs of a mailbox."""
    return SmtpAccount(
        host=mailbox.smtp.host,
        port=mailbox.smtp.port,
        security=mailbox.smtp.security,
        username=mailbox.username,
        password=mailbox.password,
        oauth_token=login.token_source(_real_now, partial(_smtp_refusal)) if mailbox.oauth else None,
        hello=mailbox.address.rpartition("@")[2],
    )


def _imap_refusal(refused: LoginRefused) -> ImapError:
    return ImapError("auth", f"{refused.zh} / {refused.en}", refused.retry_after_seconds)


def _smtp_refusal(refused: LoginRefused) -> SmtpError:
    return SmtpError("auth", f"{refused.zh} / {refused.en}")


def _real_now() -> datetime:
    return datetime.now(UTC)  # tokens live by real time, whatever the loops' clock says


def fetch_of(app: App, mailbox: MailboxConfig, tell_work: Callable[[], None]) -> Fetch:
    """The fetch loop of one mailbox."""
    account = imap_account(mailbox, app.logins[mailbox.name])
    disk = Path(app.engine.url.database or ".").parent if app.engine.is_sqlite else None
    post = MailboxPost(mailbox, account, load_provider(mailbox.provider), disk, app.logins[mailbox.name])
    return Fetch(post, app.engine, app.clock, tell_work, app.stop)


def help_of(app: App) -> Help | None:
    """The loop that asks the owner's language model; None: there is none."""
    given = app.config.help
    if not given.url:
        return None
    helper = Helper(given.url, given.model, given.key, given.timeout_seconds, app.stop)
    return Help(app.engine, app.desk, app.clock, helper.ask)


def post_of(app: App) -> Post:
    """The post loop of all mailboxes."""
    accounts = {
        mailbox.name: partial(smtp_account, mailbox, app.logins[mailbox.name]) for mailbox in app.config.mailboxes
    }
    return Post(app.engine, app.desk, app.clock, accounts, partial(_lies_in_sent, app))


def _lies_in_sent(app: App, mailbox_name: str, message_id: str) -> bool:
    """Did the provider keep a copy of this mail? Only asked where it files sent mail by itself."""
    mailbox = app.desk.door.mailboxes.get(mailbox_name)
    if mailbox is None:
        return False
    provider = load_provider(mailbox.provider)
    if not provider.saves_sent_copy:
        return False
    try:
        with ImapSession(imap_account(mailbox, app.logins[mailbox_name])) as session:
            return session.find_sent(message_id, provider.folders.sent)
    except ImapError as error:
        log.warning("cannot look into the Sent folder", mailbox=mailbox_name, kind=error.kind, error=error.text)
        return False


def run(app: App, parts: Sequence[str], ready: Callable[[], None] = lambda: None) -> None:
    """The daemon: run these parts until SIGTERM or SIGINT, then stop cleanly."""
    with the_only_one(app), _signals(app.stop):
        runner = Runner(app.engine, app.clock, app.stop)
        loops = make_loops(app, parts)
        stop_console: Callable[[], None] | None = None
        try:
            # Mail is taken in while the rules are still being read; nothing looks at it before.
            for loop in (each for each in loops if each.first):
                runner.start(loop)
            log.info("rules and templates read", version=app.shelf.volume.book.version)
            for loop in (each for each in loops if not each.first):
                runner.start(loop)
            if "console" in parts:
                stop_console = _console(app)
            log.info("mailbot runs", parts=list(parts), mailboxes=len(app.config.mailboxes))
            ready()
            app.stop.wait()
            log.info("stopping")
        finally:
            app.stop.set()
            for loop in loops:
                loop.wake.set()
            if stop_console is not None:
                stop_console()
            if late := runner.join(STOP_SECONDS):
                log.warning("loops did not end in time; what they did is repeated at the next start", loops=late)
        log.info("stopped")


def make_loops(app: App, parts: Sequence[str]) -> list[Loop]:
    """The loops of these parts; fetch wakes work, so that a mail does not wait for a poll of the database."""
    loops = [Loop("shelf", partial(_look_for_edits, app))]
    work_wake = threading.Event()
    if {"work", "console"} & set(parts):
        loops.append(Loop("learned", partial(_look_for_verdicts, app)))
    if "work" in parts:
        work = Work(app.engine, app.desk, app.clock)
        loops.append(Loop("work", work.step, work.close, work_wake))
        if (help_loop := help_of(app)) is not None:
            loops.append(Loop("help", help_loop.step))
    if "fetch" in parts:
        for mailbox in app.config.mailboxes:
            fetch = fetch_of(app, mailbox, work_wake.set)
            loops.append(Loop(f"fetch:{mailbox.name}", fetch.step, fetch.close, first=True))
    if "post" in parts:
        post = post_of(app)
        loops.append(Loop("post", post.step, post.close))
    if "clock" in parts:
        clock = ClockLoop(app.engine, app.desk, app.clock)
        loops.append(Loop("clock", clock.step))
    return loops


def _look_for_edits(app: App) -> float:
    app.shelf.refresh()
    _look_at_orders(app)
    return EDITS_SECONDS


def _look_for_verdicts(app: App) -> float:
    if app.desk.door.learned is not None:
        app.desk.door.learned.refresh(app.clock.now())
    return VERDICTS_SECONDS


def _look_at_orders(app: App) -> None:
    if app.desk.door.orders is not None:
        app.desk.door.orders.refresh()


def once(app: App, reader: Reader | None = None) -> dict[str, int]:
    """Every loop until nothing is left to do. Returns what was done; a mailbox that fails raises ImapError.

    `reader`: the caller's, who closes it; for calls that follow each other closely.
    """
    done = {"taken_in": 0, "worked": 0, "due": 0, "sent": 0}
    log.info("rules and templates read", version=app.shelf.volume.book.version)
    _look_at_orders(app)
    _look_for_verdicts(app)
    work, post = Work(app.engine, app.desk, app.clock, reader), post_of(app)
    clock, help_loop = ClockLoop(app.engine, app.desk, app.clock), help_of(app)
    fetches = [fetch_of(app, mailbox, lambda: None) for mailbox in app.config.mailboxes]
    try:
        post.recover()
        post.look_for_proof()
        for _ in range(ROUNDS):
            taken = sum(_poll(fetch) for fetch in fetches)
            worked = _until_none(work.batch)
            due = clock.promises() + clock.reminders()
            if help_loop is not None:
                _until_none(help_loop.one)  # as many as there are: here nobody waits for a mail
            sent = _until_none(post.send_due)
            post.tell()
            for name, count in zip(done, (taken, worked, due, sent), strict=True):
                done[name] += count
            if not taken + worked + due + sent:
                break
    finally:
        if reader is None:
            work.close()
        post.close()
        for fetch in fetches:
            fetch.close()
    return done


def _poll(fetch: Fetch) -> int:
    try:
        return fetch.poll()
    except LeaseLostError:  # a daemon beside us takes this mailbox's mails in
        return 0


def _until_none(step: Callable[[], int]) -> int:
    total = 0
    while done := step():
        total += done
    return total


@contextlib.contextmanager
def the_only_one(app: App) -> Iterator[None]:
    """On SQLite one process at a time works; another one is refused with its remedy."""
    if not app.engine.is_sqlite:
        yield
        return
    path = Path(f"{app.engine.url.database}.lock")
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                str(path),
                "",
                "another mailbot works on this database; stop it, or use PostgreSQL for several",
            ) from None
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _console(app: App) -> Callable[[], None]:
    """Start the console in a thread; the call returned stops it."""
    # Imported here: a process without a console need not carry the web framework.
    from mailbot.console.server import serve

    return serve(app.config, app.engine, app.desk, app.clock)
