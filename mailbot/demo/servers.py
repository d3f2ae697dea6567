"""A mail world in one thread: an IMAP server (pymap) and an SMTP server (aiosmtpd) that delivers into it.

For the demo and for tests; loopback only, everything in memory, passwords made at run time. Never a server
for real mail.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import threading
from argparse import Namespace
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Literal, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from mailbot.imap import ImapAccount
from mailbot.smtp import SmtpAccount

LOOPBACK = "127.0.0.1"
WAIT_SECONDS = 10.0
Security = Literal["tls", "starttls", "none"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail that the SMTP server took, exactly as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)


class MailWorld:
    """Start with `with`; every method may be called from any thread. Addresses are mailboxes; those
    that nobody named before are made when mail for them arrives."""

    def __init__(
        self,
        addresses: Iterable[str] = (),
        *,
        tls: ssl.SSLContext | None = None,
        security: Security = "none",
        smtp_login: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.accepted: list[Posted] = []
        self.hang_up_after_data = 0  # so many mails are taken, and the line cut before the answer is given
        self.imap_port = self.smtp_port = 0
        self.security: Security = security
        self._tls = tls
        self._smtp_login = smtp_login
        self._now = now  # dates mails; the demo's clock can be moved
        self._first = tuple(addresses)
        self._passwords: dict[str, str] = {}
        self._mailboxes: dict[str, MailboxSet] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: OSError | None = None

    def __enter__(self) -> MailWorld:
        self._thread = threading.Thread(target=self._run, name="mail world", daemon=True)
        self._thread.start()
        self._ready.wait(WAIT_SECONDS)
        if self._failure is not None:
            self.stop()
            raise self._failure
        for address in self._first:
            self.add(address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends both servers and every connection; may be called twice."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._ending is not None:
            with suppress(RuntimeError):  # the loop ended by itself
                self._loop.call_soon_threadsafe(self._ending.set)
        thread.join(WAIT_SECONDS)

    def add(self, address: str, password: str | None = None) -> str:
        """Make a mailbox; returns its password, random where none is given."""
        return self._call(self._add(address, password))

    def password(self, address: str) -> str:
        return self.add(address)

    def deliver(self, address: str, raw: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        """Put a mail into a mailbox as it is, without SMTP; waiting IDLE connections hear of it."""
        self._call(self._deliver(address, raw, folder, at))

    def messages(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder, oldest first; a folder that is not there holds none."""
        return self._call(self._messages(address, folder))

    def imap_account(self, address: str, folder: str = "INBOX") -> ImapAccount:
        password = self.password(address)
        return ImapAccount(LOOPBACK, self.imap_port, self.security, address, password, folder=folder)

    def smtp_account(self, address: str) -> SmtpAccount:
        name, password = (address, self.password(address)) if self._smtp_login else ("", "")
        return SmtpAccount(LOOPBACK, self.smtp_port, self.security, name, password)

    # --- inside the thread ----------------------------------------------------------------------------------

    def _call(self, work: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None or self._thread is None:
            work.close()
            raise RuntimeError("the mail world is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            try:
                runner.run(self._serve())
            except OSError as problem:  # no free port, no loopback
                self._failure = problem
            finally:
                self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        self._config = Config(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=LOOPBACK,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=self.security == "starttls",
            ssl_context=self._tls,
            hash_context=Cleartext(),  # passwords of a minute; hashing would cost a thread and 50 ms each
            cpu_subsystem=Subsystem.for_asyncio(),
            invalid_user_sleep=0.0,
        )
        self._login = Login(self._config)
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # it warns of its own old names at each login
        implicit = self._tls if self.security == "tls" else None
        # pymap's server wants a third argument, which its own PROXY reader supplies.
        welcome = ProxyProtocolReader(self._config.proxy_protocol).get_callback(IMAPServer(self._login, self._config))
        imap = await asyncio.start_server(welcome, LOOPBACK, 0, ssl=implicit)
        smtp = await self._loop.create_server(self._smtp_connection, LOOPBACK, 0, ssl=implicit)
        self.imap_port = imap.sockets[0].getsockname()[1]
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ending.wait()
        imap.close()
        smtp.close()
        await _end_connections()

    def _smtp_connection(self) -> SMTP:
        return SMTP(
            self,
            loop=self._loop,
            hostname="localhost",
            enable_SMTPUTF8=True,
            tls_context=self._tls if self.security == "starttls" else None,
            auth_require_tls=False,
            authenticator=self._authenticate if self._smtp_login else None,
        )

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        known = self._passwords.get(_name(login.login.decode("utf-8", "replace")))
        right = known is not None and secrets.compare_digest(known.encode(), login.password)
        return AuthResult(success=right, handled=False)

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        # aiosmtpd's own auth_required warns about missing TLS; this is loopback.
        if self._smtp_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        # aiosmtpd takes an empty text for a missing MAIL, so the empty sender stays "<>" until here.
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        posted = Posted(sender, tuple(envelope.rcpt_tos), envelope.content)
        self.accepted.append(posted)
        trace = (
            f"Return-Path: <{posted.sender}>\r\n"
            f"Received: from {session.host_name} by localhost; {format_datetime(self._now())}\r\n"
        )
        for recipient in posted.recipients:
            await self._deliver(recipient, trace.encode() + posted.raw, "INBOX")
        if self.hang_up_after_data > 0:
            self.hang_up_after_data -= 1
            server.transport.abort()
        return "250 2.0.0 OK, delivered"

    async def _add(self, address: str, password: str | None) -> str:
        name = _name(address)
        if name not in self._mailboxes:
            self._mailboxes[name] = MailboxSet()
            self._config.set_cache[name] = (self._mailboxes[name], FilterSet())
        if password is not None or name not in self._passwords:
            self._passwords[name] = password or secrets.token_urlsafe(12)
            self._login.users_dict[name] = UserMetadata(self._config, name, password=self._passwords[name])
        return self._passwords[name]

    async def _deliver(self, address: str, raw: bytes, folder: str, at: datetime | None = None) -> None:
        await self._add(address, None)
        mailboxes = self._mailboxes[_name(address)]
        with suppress(ValueError):  # there already
            if folder != "INBOX":
                await mailboxes.add_mailbox(folder)
        mailbox = await mailboxes.get_mailbox(folder)
        await mailbox.append(AppendMessage(raw, at or self._now()), recent=True)

    async def _messages(self, address: str, folder: str) -> list[bytes]:
        mailboxes = self._mailboxes.get(_name(address))
        try:
            mailbox: MailboxData | None = await mailboxes.get_mailbox(folder) if mailboxes else None
        except KeyError:
            return []
        if mailbox is None:
            return []
        return [bytes(mail._content) async for mail in mailbox.messages() if mail._content is not None]


async def _end_connections() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for _ in range(3):  # closed transports say so one turn of the loop later
        await asyncio.sleep(0)


def _name(address: str) -> str:
    return address.strip().lower()
