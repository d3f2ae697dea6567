"""What a mail server means when it says no: its words, decoded, as one kind of fault.

Shared by imap.py and smtp.py. Pure; never talks to a server and never repeats a secret.
"""

from __future__ import annotations

import ast
import re
import ssl
from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

from imapclient.exceptions import IMAPClientError

ImapKind = Literal["auth", "unsafe_login", "throttled", "tls", "network", "protocol", "folder"]

TEXT_LIMIT = 500
QQ_WAIT = 300.0  # QQ gives one text for five causes, among them "too often": hammering makes it worse
THROTTLED_WAIT = 60.0

# Order matters: the first that fits names the fault; a throttled or "unsafe" login also says "login failed".
_MEANINGS: tuple[tuple[re.Pattern[str], ImapKind, float | None], ...] = (
    (re.compile(r"unsafe login", re.IGNORECASE), "unsafe_login", None),
    (re.compile(r"login frequency limited", re.IGNORECASE), "auth", QQ_WAIT),
    (
        re.compile(
            r"backoff time|throttl|\[limit\]"
            r"|too many (?:simultaneous |concurrent )?(?:connections|sessions|logins)"
            r"|exceeded (?:command or bandwidth|bandwidth|connection) limit|rate limit|connection limit",
            re.IGNORECASE,
        ),
        "throttled",
        THROTTLED_WAIT,
    ),
    (
        re.compile(r"\[(?:unavailable|inuse|serverbug)\]|temporary (authentication )?failure", re.IGNORECASE),
        "network",
        None,
    ),
)
_BACKOFF = re.compile(r"backoff time:?\s{0,3}(\d{1,9})\s{0,3}milliseconds", re.IGNORECASE)


class ImapError(Exception):
    """`text` holds the server's own words where there are any; `retry_after`: wait that many seconds."""

    def __init__(self, kind: ImapKind, text: str, retry_after: float | None = None) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind: ImapKind = kind
        self.text = text
        self.retry_after = retry_after


class RefusedError(IMAPClientError):  # type: ignore[misc, unused-ignore]
    """A tagged NO with the server's bytes as they came."""

    def __init__(self, command: str, said: bytes) -> None:
        super().__init__(f"{command} refused")
        self.said = said


def meaning_of_no(said: str, doing: str) -> ImapError:
    """The fault behind a server's refusal of `doing` (login, select, fetch, file away ...)."""
    for pattern, kind, wait in _MEANINGS:
        if pattern.search(said):
            number = _BACKOFF.search(said)
            return ImapError(kind, said, int(number.group(1)) / 1000 if number else wait)
    if doing == "login":
        return ImapError("auth", said or "the server refused user name or password")
    kind = "folder" if doing in ("select", "file away", "create folder") else "protocol"
    return ImapError(kind, said or f"the server refused to {doing}")


def server_text(problem: BaseException) -> str:
    """The words in an exception, decoded as Chinese servers write them: UTF-8, else GB18030."""
    if isinstance(problem, RefusedError):
        said: object = problem.said
    else:
        # imapclient makes a text of imaplib's bytes literal; the original hangs in the context.
        inner = problem.__context__ if isinstance(problem.__context__, IMAPClientError) else problem
        said = inner.said if isinstance(inner, RefusedError) else (inner.args or ("",))[-1]
    if isinstance(said, str) and said[:2] in ("b'", 'b"'):
        with suppress(ValueError, SyntaxError):
            said = ast.literal_eval(said)
    return decode(said) if isinstance(said, bytes) else _one_line(str(said))


def decode(said: bytes) -> str:
    for charset in ("utf-8", "gb18030"):
        try:
            return _one_line(said.decode(charset))
        except UnicodeDecodeError:
            continue
    return _one_line(said.decode("latin-1"))


def redact(text: str, secrets: Iterable[str]) -> str:
    """Some servers repeat the command they did not like."""
    for secret in secrets:
        if len(secret) >= 3:
            text = text.replace(secret, "***")
    return text


def certificate_text(host: str, problem: ssl.SSLCertVerificationError) -> str:
    why = (problem.verify_message or "not trusted").rstrip(".")
    return (
        f"the certificate of {host} does not fit: {why}. "
        "Write the host name that the provider gives, or add the authority that signed it (ca_file)"
    )


def _one_line(text: str) -> str:
    return " ".join("".join(mark if mark.isprintable() else " " for mark in text).split())[:TEXT_LIMIT]
