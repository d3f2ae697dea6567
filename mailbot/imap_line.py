"""One logged-in IMAP connection: TLS, login, ID, and every fault as an ImapError with the server's words.

Never knows about mails, and never lets a password or token into an error text.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError, LoginError

from mailbot import __version__
from mailbot.imap_faults import (
    ImapError,
    RefusedError,
    certificate_text,
    meaning_of_no,
    redact,
    server_text,
)

LOGOUT_SECONDS = 2.0

# imapclient's and imaplib's parsers raise all of these on answers that are not IMAP.
_NOT_IMAP = (ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError)
_PROBLEMS = (OSError, IMAPClientError, *_NOT_IMAP)


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """`ca_file` adds a certificate authority; `oauth_token` is called at each login, errors pass."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str
    password: str = field(default="", repr=False)
    oauth_token: Callable[[], str] | None = field(default=None, repr=False)
    folder: str = "INBOX"
    send_id: bool = True
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    ca_file: Path | None = None


class _Client(IMAPClient):  # type: ignore[misc, unused-ignore]
    """imapclient drops every byte of a refusal that is not ASCII; Chinese providers write Chinese there."""

    def _check_resp(self, expected: str, command: Any, typ: str, data: Sequence[Any]) -> None:
        if typ != expected:
            raise RefusedError(str(command), data[0] if data and isinstance(data[0], bytes) else b"")


class ImapLine:
    """The connection below ImapSession; connect() may be called again after a fault."""

    def __init__(self, account: ImapAccount) -> None:
        self._account = account
        self._client: Any = None
        self._broken = False  # the line itself is in doubt, so nothing more may be said on it
        self._selected = False
        self._secrets: tuple[str, ...] = (account.password,)

    def _connect(self) -> None:
        account = self._account
        try:
            with self._faults("connect"):
                context = None if account.security == "none" else ssl.create_default_context()
                if context is not None and account.ca_file is not None:
                    context.load_verify_locations(cafile=account.ca_file)
                self._broken = self._selected = False
                self._client = _Client(
                    account.host,
                    account.port,
                    ssl=account.security == "tls",
                    ssl_context=context,
                    timeout=SocketTimeout(account.connect_timeout, account.read_timeout),  # type: ignore[arg-type]
                )
                self._client._imap.debug = 0  # imapclient's 5 formats every line for a log nobody reads
                if account.security == "starttls":
                    if not self._client.has_capability("STARTTLS"):
                        # Perhaps somebody on the way took it out: the password must not go over this line.
                        raise ImapError("tls", f"{account.host}:{account.port} offers no STARTTLS")
                    self._client.starttls(context)
                _tune(self._client.socket())
            self._login()
        except BaseException:
            self._close()
            raise

    def _login(self) -> None:
        try:
            self._login_once()
        except ImapError as error:
            # 163, 126 and yeah.net want to know who calls before they let anybody in.
            if error.kind != "unsafe_login" or self._broken:
                raise
            self._identify()
            self._login_once()
        self._client._cached_capabilities = None  # what held before the login may not hold after it
        with self._faults("login"):
            offered = self._client.capabilities()
        if self._account.send_id and b"ID" in offered:
            self._identify()

    def _login_once(self) -> None:
        account, client = self._account, self._client
        if any(mark in account.username + account.password for mark in "\r\n\0"):
            raise ImapError("auth", "user name or password holds a line break; remove it from the settings")
        if account.oauth_token is not None:
            token = account.oauth_token()
            self._secrets = (account.password, token)
            first = [f"user={account.username}\1auth=Bearer {token}\1\1"]
            with self._faults("login"):
                # The second challenge carries the server's reason; an empty answer gets it to say NO.
                client.sasl_login("XOAUTH2", lambda _: first.pop() if first else "")
            return
        with self._faults("login"):
            spellable = (account.username + account.password).isascii()
            if not spellable or b"LOGINDISABLED" in client.capabilities():
                client.plain_login(account.username, account.password)
            else:
                name = account.username.replace("\\", "\\\\").replace('"', '\\"')
                client.login(f'"{name}"', account.password)

    def _identify(self) -> None:
        # A server that refuses ID has told us nothing about the login.
        with self._faults("identify"), suppress(RefusedError):
            self._client.id_({"name": "mailbot", "version": __version__, "vendor": "mailbot"})

    def _close(self) -> None:
        client, self._client = self._client, None
        self._selected = False
        if client is None:
            return
        with suppress(*_PROBLEMS):
            client.socket().settimeout(LOGOUT_SECONDS)
            if not self._broken:
                client.logout()  # shuts the socket down itself
                return
        with suppress(*_PROBLEMS):
            client.shutdown()

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        try:
            yield
        except _PROBLEMS as problem:
            raise self._understood(problem, doing) from None  # the chain could repeat what we sent

    def _understood(self, problem: BaseException, doing: str) -> ImapError:
        if isinstance(problem, LoginError) and isinstance(problem.__context__, IMAPClientAbortError):
            problem = problem.__context__  # imapclient calls a line that died a failed login
        said = redact(server_text(problem), self._secrets)
        if isinstance(problem, RefusedError | LoginError) or (doing == "login" and _is_plain_no(problem)):
            return meaning_of_no(said, doing)
        self._broken = True
        if isinstance(problem, ssl.SSLCertVerificationError):
            return ImapError("tls", certificate_text(self._account.host, problem))
        if isinstance(problem, ssl.SSLError) and doing == "connect":
            return ImapError("tls", f"no TLS on {self._account.host}:{self._account.port} ({said}); is the port right?")
        bye = self._goodbye()
        if bye:
            error = meaning_of_no(bye, doing)
            # BYE after an expired token is an ordinary reconnect: the next login asks for a fresh one.
            return error if error.kind == "throttled" else ImapError("network", f"server hung up: {bye}")
        if isinstance(problem, OSError | IMAPClientAbortError):
            return ImapError("network", f"{doing}: {said or type(problem).__name__}")
        return ImapError("protocol", f"{doing}: {said or type(problem).__name__}")

    def _goodbye(self) -> str:
        if self._client is None:
            return ""
        last = self._client._imap.untagged_responses.get("BYE") or [b""]
        return redact(server_text(RefusedError("", last[-1] or b"")), self._secrets)


def _is_plain_no(problem: BaseException) -> bool:
    return isinstance(problem, IMAPClientError) and not isinstance(
        problem, IMAPClientAbortError | IMAPClientReadOnlyError
    )


def _tune(sock: socket.socket) -> None:
    """A command in two pieces must not wait for the first one's receipt (40 ms each); a dead line is noticed."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):  # not every system has all three
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
