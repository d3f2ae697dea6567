"""What is particular about each mail provider, as data: one TOML file each in this folder.

Hosts, folder names, limits and what the server's error texts really mean. Nothing here connects anywhere.
A new provider is one more file; `like = "NAME"` takes over everything of another file that is not set anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, with_config

from mailbot.core.errors import UserError
from mailbot.strict import dotted, nearest, read_toml, typed

FOLDER = Path(__file__).parent
LONGEST_TEXT = 2000  # characters of an error text that the patterns see
LONGEST_WAIT = 86_400  # seconds; a server that asks for more is asked again after a day

Security = Literal["tls", "starttls", "none"]
LoginKind = Literal["password", "authorisation code", "app password", "oauth"]
ErrorKind = Literal["auth", "unsafe_login", "throttled", "disabled", "busy", "quota"]
Seconds = Annotated[int, Field(strict=True, ge=0, le=LONGEST_WAIT)]
Count = Annotated[int, Field(strict=True, ge=1)]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Flag = Annotated[bool, Field(strict=True)]
STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


def _a_pattern(text: str) -> str:
    try:
        re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


Pattern = Annotated[str, AfterValidator(_a_pattern)]


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Server:
    """Where a provider listens; `host` may be "" (generic) and may hold {domain}."""

    host: str
    port: Port
    security: Security


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Folders:
    """Names on the server, decoded. Only a fallback: the server's SPECIAL-USE marks come first."""

    sent: str = "Sent"
    junk: str = "Junk"
    trash: str = "Trash"
    archive: str | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Limits:
    """What the provider lets one mailbox send; None: not published."""

    per_day: Count | None = None
    per_minute: Count | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class OauthEndpoint:
    token_url: str
    scope: str


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class KnownError:
    """A pattern over the server's text and what it means; a group named ms or seconds is the wait it asks."""

    match: Pattern
    kind: ErrorKind
    zh: str
    en: str
    permanent: Flag = False  # trying again without a person's doing is useless
    retry_after: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """What a server's error means, in words an owner can act on."""

    kind: ErrorKind | Literal["unknown"]
    zh: str
    en: str
    retry_after_seconds: int | None
    permanent: bool = False
    text: str = ""  # what the server said, decoded


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Provider:
    """One provider file. `login_zh`, `login_en` say where the owner finds what to log in with."""

    name: str
    label: str
    imap: Server
    smtp: Server
    login: LoginKind
    login_zh: str
    login_en: str
    domains: tuple[str, ...] = ()
    sends_id: Flag = False  # IMAP ID after login, before SELECT
    folders: Folders = field(default_factory=Folders)
    saves_sent_copy: Flag = False  # mail sent by SMTP appears in Sent by itself
    poll_seconds_min: Count = 30
    max_connections: Count = 5
    limits: Limits = field(default_factory=Limits)
    plus_addressing: Flag = False
    authserv: str | None = None  # as trust.verdict takes it
    oauth: OauthEndpoint | None = None
    errors: tuple[KnownError, ...] = ()

    def explain(self, text: bytes | str) -> Explained:
        """What this error text means; never raises. This provider's own errors first, then everybody's."""
        said = decode(text)
        common = () if self.name == "generic" else load_provider("generic").errors
        for known in (*self.errors, *common):
            found = re.search(known.match, said, re.IGNORECASE)
            if found:
                wait = _asked_wait(found)
                wait = known.retry_after if wait is None else wait
                return Explained(known.kind, known.zh, known.en, wait, known.permanent, said)
        return Explained(
            "unknown",
            f"服务器的回答我们不认识:{said or '(没有文字)'}",
            f"the server gave an answer we do not know: {said or '(no text)'}",
            None,
            text=said,
        )

    def server(self, kind: Literal["imap", "smtp"], address: str) -> Server:
        """The host with {domain} filled in from the address."""
        found = self.imap if kind == "imap" else self.smtp
        return Server(found.host.replace("{domain}", domain_of(address)), found.port, found.security)


def decode(text: bytes | str) -> str:
    """An error text as one line; Chinese servers answer in UTF-8 or in GBK, neither declared."""
    said = text if isinstance(text, str) else _utf8_or_gbk(text)
    printable = "".join(char if char.isprintable() else " " for char in said[: LONGEST_TEXT * 2])
    return " ".join(printable.split())[:LONGEST_TEXT]


def _utf8_or_gbk(raw: bytes) -> str:
    raw = raw[: LONGEST_TEXT * 3]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")


def domain_of(address: str) -> str:
    """The part behind the last @, lower case; "" without one."""
    return address.rpartition("@")[2].strip().lower() if "@" in address else ""


def provider_names() -> list[str]:
    """Every provider there is a file for, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def load_provider(name: str) -> Provider:
    """The provider of that name; UserError with the list of names if there is none."""
    if name not in provider_names():
        raise UserError("provider", name, f"not known; {nearest(name, provider_names())}")
    return read_provider(FOLDER / f"{name}.toml")


def read_provider(path: Path) -> Provider:
    """One provider file, strictly."""
    table = _with_origin(path, read_toml(path))
    if "name" in table:
        raise UserError(str(path), "name", "leave it out: the file's name is the provider's name")
    provider = typed(Provider, {"name": path.stem, **table}, lambda key: (str(path), dotted(key)), ("like",))
    for key, server in (("imap", provider.imap), ("smtp", provider.smtp)):
        if server.security == "none":
            raise UserError(str(path), f"{key}.security", 'must be "tls" or "starttls"')
    return provider


def provider_for(address: str) -> Provider:
    """The provider whose domain the address has, else generic. A company's own domain tells nothing."""
    domain = domain_of(address)
    for name in provider_names():
        provider = load_provider(name)
        if domain in provider.domains:
            return provider
    return load_provider("generic")


def _with_origin(path: Path, table: dict[str, Any]) -> Mapping[str, Any]:
    """The table over the one it is `like`; own errors come before the origin's. One step only."""
    like = table.pop("like", None)
    if like is None:
        return table
    origin = path.parent / f"{like}.toml"
    if not isinstance(like, str) or not origin.is_file():
        raise UserError(str(path), "like", "must be the name of another provider file")
    base = read_toml(origin)
    if "like" in base:
        raise UserError(str(path), "like", f'"{like}" is itself like another; name that one')
    errors = [*table.get("errors", ()), *base.get("errors", ())]
    return {**base, **table, "errors": errors}


def _asked_wait(found: re.Match[str]) -> int | None:
    """The seconds that the server itself asks for, rounded up."""
    groups = found.groupdict()
    if groups.get("ms"):
        return min(math.ceil(int(groups["ms"]) / 1000), LONGEST_WAIT)
    if groups.get("seconds"):
        return min(int(groups["seconds"]), LONGEST_WAIT)
    return None
