"""The configuration as the rest of the program sees it: frozen, complete, checked. config.py reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, with_config

from mailbot import values
from mailbot.core import hours as working
from mailbot.providers import STRICT, Count, Flag, Port, Security

LARGEST_MAIL = 50 * 1024 * 1024

OneLine = Annotated[str, AfterValidator(values.one_line)]
Line = Annotated[str, AfterValidator(values.line)]  # may be empty
Secret = Annotated[str, AfterValidator(values.secret)]
MailAddress = Annotated[str, AfterValidator(values.address)]
Zone = Annotated[str, AfterValidator(values.zone)]
Calendar = Annotated[str, AfterValidator(values.calendar)]  # a country code, or "": plain weekdays
Span = Annotated[tuple[time, time], BeforeValidator(values.span)]
Spans = Annotated[tuple[Span, ...], AfterValidator(values.spans)]  # one day's spans in order


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Company:
    name: OneLine
    hotline: Line = ""
    timezone: Zone = "Asia/Shanghai"
    languages: Annotated[tuple[str, ...], AfterValidator(values.languages)] = ("zh", "en")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Hours:
    """The company's working time, as core.hours takes it; a mailbox may have its own."""

    calendar: Calendar = "CN"
    open: Spans = ((time(9), time(12)), (time(13), time(18)))


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Database:
    url: Annotated[str, AfterValidator(values.database_url)] = field(repr=False)  # may hold a password


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Endpoint:
    host: OneLine
    port: Port
    security: Security


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Oauth:
    """How to get access tokens. `refresh_token`: a person consented once; `client_credentials`: as app."""

    client_id: OneLine
    token_url: Annotated[str, AfterValidator(values.web_url)]
    scope: OneLine
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    client_secret: Secret = field(default="", repr=False)
    refresh_token_file: Path | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class MailboxConfig:
    """One IMAP + SMTP account, complete: the provider's file has filled what the owner left out."""

    name: OneLine
    address: MailAddress
    provider: str
    username: OneLine
    imap: Endpoint
    smtp: Endpoint
    display_name: Line = ""
    password: Secret = field(default="", repr=False)
    oauth: Oauth | None = None
    folder: OneLine = "INBOX"
    file_away: OneLine | None = None  # a folder on the server to move done mail to; None: leave it
    trusted_authserv: Annotated[str, AfterValidator(values.authserv)] | None = None  # as trust.verdict takes it
    aliases: tuple[MailAddress, ...] = ()  # further addresses that reach this mailbox
    reply_token: Flag = False  # a signed token in the reply address; needs plus addressing
    poll_seconds: Annotated[int, Field(strict=True, ge=1, le=3600)] = 60
    max_mail_bytes: Count = LARGEST_MAIL  # above: header only
    acknowledge: Flag = True
    timezone: Zone | None = None  # this and the next two: None is as the company has it
    calendar: Calendar | None = None
    open: Spans | None = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Console:
    """`listen` is host:port; `public_url` is what stands in mails and behind it a proxy may stand."""

    listen: Annotated[str, AfterValidator(values.listen)] = "127.0.0.1:8025"
    public_url: Annotated[str, AfterValidator(values.web_url)] = "http://127.0.0.1:8025"

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].removeprefix("[").removesuffix("]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Paths:
    """Absolute folders. `state` need not exist yet."""

    rules: Path
    templates: Path
    state: Path


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Orders:
    """Where orders are looked up: a CSV `file`, a `url` with {number} in it, or a `query` on a `database`."""

    file: Path | None = None
    url: Annotated[str, AfterValidator(values.order_url)] = ""
    token: Secret = field(default="", repr=False)
    database: Annotated[str, AfterValidator(values.secret)] = field(default="", repr=False)
    query: str = ""
    timeout_seconds: Annotated[float, Field(strict=False, gt=0, le=30)] = 3.0
    cache_seconds: Annotated[int, Field(strict=True, ge=1, le=86_400)] = 600


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class Help:
    """The owner's own language model, OpenAI-compatible; `url` is where its API begins, "": no help."""

    url: Annotated[str, AfterValidator(values.help_url)] = ""
    model: Line = ""
    key: Annotated[str, AfterValidator(values.header_secret)] = field(default="", repr=False)
    timeout_seconds: Annotated[float, Field(strict=False, gt=0, le=120)] = 20.0


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration; `base` is the folder that relative paths start from."""

    company: Company
    hours: Hours
    database: Database
    mailboxes: tuple[MailboxConfig, ...]
    console: Console
    paths: Paths
    base: Path
    orders: Orders = field(default_factory=Orders)
    help: Help = field(default_factory=Help)
    where: str = field(default="", compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def hours_of(self, mailbox_name: str | None) -> working.Hours:
        """The working time of this mailbox; of None or of a name that is not known: the company's."""
        found = [one for one in self.mailboxes if one.name == mailbox_name]
        timezone, calendar, spans = (found[0].timezone, found[0].calendar, found[0].open) if found else (None,) * 3
        return working.Hours(
            zone=ZoneInfo(timezone) if timezone else self.company.zone,
            calendar=self.hours.calendar if calendar is None else calendar,
            open=spans or self.hours.open,
        )
