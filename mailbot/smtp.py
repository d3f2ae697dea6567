"""Hands approved mails to the submission server and says for sure what became of each, or that none can know.

Never sends a letter to some of its recipients only, never sends twice, never retries: one call, one Outcome.
The only async module besides loops/post.py and the console's event stream.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from aiosmtplib.email import quote_address

from mailbot.imap_faults import certificate_text, decode, redact

SmtpKind = Literal["auth", "throttled", "tls", "network", "protocol"]

AUTH_CODES = (530, 534, 535, 538)  # answers about our login, not about a letter
OUR_OWN = 0  # the code of a Refused that no server gave
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Time-outs as RFC 5321 4.5.3.2 asks: ten minutes after the final dot, less before it. `oauth_token` is
    called in a thread at each login, errors pass. An empty `username` means no login."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str = ""
    password: str = field(default="", repr=False)
    oauth_token: Callable[[], str] | None = field(default=None, repr=False)
    hello: str = "localhost"
    connect_timeout: float = 30.0
    command_timeout: float = 300.0
    data_timeout: float = 120.0
    final_timeout: float = 600.0
    ca_file: Path | None = None


class SmtpError(Exception):
    """The connection or the login failed before any letter was offered, so it costs no letter an attempt."""

    def __init__(self, kind: SmtpKind, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind: SmtpKind = kind
        self.text = text


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`sender` is the envelope sender; empty for automatic mails that must not be answered."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)
    smtputf8: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    text: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Certainly not sent; worth another try."""

    why: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not sent, and the same letter will not be taken another time."""

    code: int
    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The body went out and no answer came back: it may or may not have been sent."""

    why: str


Outcome = Accepted | Deferred | Refused | Unknown


class SmtpSession:
    """A logged-in connection for several letters, one after another; connects again where the server hung up
    between two. Entering it, and send() when connecting again, may raise SmtpError."""

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account
        self._smtp: SMTP | None = None
        self._secrets = [account.password]
        self._used = False

    async def __aenter__(self) -> SmtpSession:
        await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            if smtp.is_connected and kind is None:
                await smtp.quit(timeout=2)
        except (SMTPException, OSError):
            return  # the letters have their outcomes; a lost good-bye changes none
        finally:
            smtp.close()

    async def _connect(self) -> SMTP:
        account = self._account
        context = None if account.security == "none" else ssl.create_default_context()
        if context is not None and account.ca_file is not None:
            context.load_verify_locations(cafile=account.ca_file)
        smtp = SMTP(
            hostname=account.host,
            port=account.port,
            local_hostname=account.hello,
            timeout=account.command_timeout,
            use_tls=account.security == "tls",
            start_tls=account.security == "starttls",
            tls_context=context,
        )
        try:
            await smtp.connect(timeout=account.connect_timeout)
            await smtp.ehlo(timeout=account.connect_timeout)
            await self._login(smtp)
        except (SMTPException, OSError, ValueError) as problem:
            smtp.close()
            raise self._understood(problem) from None  # the chain could repeat what we sent
        except BaseException:
            smtp.close()
            raise
        self._smtp, self._used = smtp, False
        return smtp

    async def _login(self, smtp: SMTP) -> None:
        account, wait = self._account, self._account.connect_timeout
        if not account.username:
            return
        offered = smtp.supported_auth_methods + smtp.server_auth_methods
        if account.oauth_token is not None:
            token = await asyncio.to_thread(account.oauth_token)
            self._secrets = [account.password, token]
            await smtp.auth_xoauth2(account.username, token, timeout=wait)
        elif "plain" in offered:
            await smtp.auth_plain(account.username, account.password, timeout=wait)
        elif "login" in offered:
            await smtp.auth_login(account.username, account.password, timeout=wait)
        elif offered or account.security != "none":  # a relay on this machine may want no login at all
            raise SmtpError("auth", "the server offers no login by password here; is TLS missing?")

    def _understood(self, problem: Exception) -> SmtpError:
        said = self._said(problem)
        cause: BaseException | None = problem
        while cause is not None:  # aiosmtplib wraps the TLS fault in its own
            if isinstance(cause, ssl.SSLCertVerificationError):
                return SmtpError("tls", certificate_text(self._account.host, cause))
            if isinstance(cause, ssl.SSLError):
                place = f"{self._account.host}:{self._account.port}"
                return SmtpError("tls", f"no TLS on {place} ({said}); is the port right?")
            cause = cause.__cause__ or cause.__context__
        if isinstance(problem, SMTPResponseException):
            if isinstance(problem, SMTPAuthenticationError) and problem.code >= 500:
                return SmtpError("auth", said)
            if 400 <= problem.code < 500:
                return SmtpError("throttled", said)
            return SmtpError("protocol", said)
        if "STARTTLS" in said:
            return SmtpError("tls", f"{self._account.host}:{self._account.port}: {said}")
        return SmtpError("network" if isinstance(problem, OSError) else "protocol", said)

    def _said(self, problem: Exception) -> str:
        if isinstance(problem, SMTPResponseException):
            return self._text(problem.code, problem.message)
        return redact(decode(str(problem).encode(errors="surrogateescape")), self._secrets) or type(problem).__name__

    def _text(self, code: int, message: str) -> str:
        words = decode(message.encode("utf-8", "surrogateescape"))  # GBK comes as surrogates
        return redact(f"{code} {words}" if code >= 0 else words, self._secrets)

    async def send(self, letter: Outgoing, before_data: Callable[[], Awaitable[None]]) -> Outcome:
        """One letter, to all of its recipients or none. `before_data` commits phase=data; what it raises
        passes through and nothing is sent. Cancelled after that point it RETURNS Unknown, so that it can be
        written down: look at your stop flag afterwards."""
        smtp = self._smtp
        if smtp is None or not smtp.is_connected:
            smtp = await self._connect()
        no = await self._envelope(smtp, letter)
        if no is not None and self._used and not smtp.is_connected:
            # The server hung up on the idle connection, which only the first command could find out.
            smtp = await self._connect()
            no = await self._envelope(smtp, letter)
        self._used = True
        if no is not None:
            await self._reset(smtp)
            return no
        try:
            await before_data()
        except BaseException:
            smtp.close()  # an open envelope must not be taken for the next letter's
            raise
        return await self._data(smtp, letter)

    async def _envelope(self, smtp: SMTP, letter: Outgoing) -> Deferred | Refused | None:
        """MAIL and RCPT; None when the server takes all of it."""
        encoding = "utf-8" if letter.smtputf8 else "ascii"
        refusals: list[Deferred | Refused] = []
        try:
            unfit = _unfit(smtp, letter)
            if unfit is not None:
                return unfit
            await smtp.mail(letter.sender, options=_options(smtp, letter), encoding=encoding)
            for recipient in letter.recipients:
                try:
                    await smtp.rcpt(recipient, encoding=encoding)
                except SMTPRecipientRefused as problem:
                    said = self._text(problem.code, problem.message)
                    refusals.append(_verdict(problem.code, f"{recipient}: {said}"))
        except SMTPSenderRefused as problem:
            said = self._text(problem.code, problem.message)
            if problem.code in AUTH_CODES:
                smtp.close()
                raise SmtpError("auth", said) from None
            return _verdict(problem.code, said)
        except (SMTPException, OSError) as problem:
            smtp.close()
            return refusals[0] if refusals else Deferred(self._said(problem))
        except ValueError as problem:  # characters that no SMTP command may hold
            smtp.close()
            return Refused(OUR_OWN, f"an address cannot be written in SMTP: {type(problem).__name__}")
        return _joined(refusals)

    async def _data(self, smtp: SMTP, letter: Outgoing) -> Outcome:
        """Our own marker of the phase: aiosmtplib raises the same for silence before and after the body."""
        account, body, gone_out = self._account, on_the_wire(letter.raw), False
        try:
            start = await smtp.execute_command(b"DATA", timeout=account.data_timeout)
            if start.code != 354:
                await self._reset(smtp)
                return _verdict(start.code, self._text(*start))
            if smtp.protocol is None or not smtp.is_connected:
                return Deferred("the server closed the connection before the body")
            if smtp.protocol._buffer:
                # An answer too many: the next one read would be taken for the answer to the body.
                smtp.close()
                return Deferred("the server answered out of turn")
            gone_out = True
            smtp.protocol.write(body)
            answer = await smtp.protocol.read_response(timeout=account.final_timeout)
        except (SMTPException, OSError) as problem:
            smtp.close()
            return Unknown(self._said(problem)) if gone_out else Deferred(self._said(problem))
        except asyncio.CancelledError:
            smtp.close()
            stopped = "stopped while the server had not answered"
            return Unknown(stopped) if gone_out else Deferred(stopped)
        said = self._text(*answer)
        if 200 <= answer.code < 300:
            return Accepted(said)
        if answer.code == 421 or not 400 <= answer.code < 600:
            smtp.close()
        return _verdict(answer.code, said) if 400 <= answer.code < 600 else Unknown(said)

    async def _reset(self, smtp: SMTP) -> None:
        """Leave nothing of this letter behind for the next one."""
        try:
            if smtp.is_connected:
                await smtp.rset(timeout=self._account.connect_timeout)
        except (SMTPException, OSError):
            smtp.close()


def try_login(account: SmtpAccount) -> SmtpError | None:
    """Connect and log in, for `mailbot check` and `mailbot init`; None means all is well."""

    async def attempt() -> None:
        async with SmtpSession(account):
            pass

    try:
        asyncio.run(attempt())
    except SmtpError as error:
        return error
    return None


def on_the_wire(raw: bytes) -> bytes:
    """CRLF everywhere (a lone LF or CR is how mails are smuggled), dots stuffed, the final dot added."""
    lines = _LINE_END.sub(b"\r\n", raw)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _DOT.sub(b"..", lines) + b".\r\n"


def _verdict(code: int, said: str) -> Deferred | Refused:
    return Refused(code, said) if 500 <= code < 600 else Deferred(said, code if code > 0 else None)


def _joined(refusals: list[Deferred | Refused]) -> Deferred | Refused | None:
    """All that were refused, as one verdict: final if one of them is."""
    if not refusals:
        return None
    why = "; ".join(refusal.why for refusal in refusals)
    final = [refusal for refusal in refusals if isinstance(refusal, Refused)]
    return Refused(final[0].code, why) if final else Deferred(why, refusals[0].code)


def _unfit(smtp: SMTP, letter: Outgoing) -> Refused | None:
    if not letter.recipients:
        return Refused(OUR_OWN, "no recipient")
    for address in (*letter.recipients, letter.sender):
        if quote_address(address) != f"<{address}>":
            return Refused(OUR_OWN, f"not an address: {decode(address.encode(errors='replace'))}")
        if not address.isascii() and not letter.smtputf8:
            return Refused(OUR_OWN, f"{address} needs SMTPUTF8")
    if letter.smtputf8 and not smtp.supports_extension("smtputf8"):
        return Refused(OUR_OWN, "the server cannot send to addresses with non-ASCII letters (no SMTPUTF8)")
    return None


def _options(smtp: SMTP, letter: Outgoing) -> list[str]:
    options = []
    if smtp.supports_extension("size"):
        options.append(f"SIZE={len(letter.raw)}")  # a letter too big is refused here, before it is sent
    if smtp.supports_extension("8bitmime") and not letter.raw.isascii():
        options.append("BODY=8BITMIME")
    if letter.smtputf8:
        options.append("SMTPUTF8")
    return options
