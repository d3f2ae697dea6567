"""mailbot.toml and the environment -> one frozen Config (its parts stand in settings.py).

Everything is checked here once, so the rest of the program trusts what it gets. An error names file or
variable, key and remedy and never a secret. Nothing is created or connected to.
"""

from __future__ import annotations

import ipaddress
import re
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mailbot.core.errors import UserError
from mailbot.environment import names, overlay
from mailbot.providers import Provider, load_provider, provider_for, provider_names
from mailbot.settings import (
    Company,
    Config,
    Console,
    Database,
    Endpoint,
    Help,
    Hours,
    MailboxConfig,
    Oauth,
    Orders,
    Paths,
)
from mailbot.strict import dotted, nearest, read_toml, typed

__all__ = [
    "Company",
    "Config",
    "Console",
    "Database",
    "Endpoint",
    "Help",
    "Hours",
    "MailboxConfig",
    "Oauth",
    "Orders",
    "Paths",
    "default_folder",
    "load",
    "read",
]

DEFAULT_FILE = "mailbot.toml"
ENVIRONMENT = "environment"
SECTIONS: Mapping[str, type] = {
    "company": Company,
    "hours": Hours,
    "database": Database,
    "console": Console,
    "paths": Paths,
    "orders": Orders,
    "help": Help,
}
STANDARD_PORTS: Mapping[str, Mapping[str, int]] = {
    "imap": {"tls": 993, "starttls": 143, "none": 143},
    "smtp": {"tls": 465, "starttls": 587, "none": 25},
}
SECURITY_OF_PORT = {993: "tls", 465: "tls", 143: "starttls", 587: "starttls"}
Key = tuple[str | int, ...]


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration of this file, of MAILBOT_CONFIG, of ./mailbot.toml, or of the environment."""
    if path is None and environ.get("MAILBOT_CONFIG"):
        path = Path(environ["MAILBOT_CONFIG"])
    if path is None and not Path(DEFAULT_FILE).is_file():
        return read({}, environ, ENVIRONMENT, Path.cwd())
    path = path or Path(DEFAULT_FILE)
    if not path.is_file():
        raise UserError(str(path), "", "no such file; write one with: mailbot init")
    table = read_toml(path)
    config = read(table, environ, str(path), path.absolute().parent)
    if _holds_a_secret(table) and path.stat().st_mode & stat.S_IROTH:
        warning = f"{path}: holds a password and everybody on this machine can read it; chmod 600 {path}"
        config = replace(config, warnings=(*config.warnings, warning))
    return config


def read(table: Mapping[str, Any], environ: Mapping[str, str], where: str, base: Path) -> Config:
    """The configuration of a table with the environment over it; `where` names the table in errors."""
    laid = overlay(table, environ, setting_names(), mailbox_names())
    reading = _Reading(laid.table, laid.origins, where, base)
    reading.refuse_unknown_sections()
    company = reading.typed(Company, reading.section("company"), ("company",))
    paths = _paths(reading)
    mailboxes = _mailboxes(reading)
    if not mailboxes:
        reading.warnings.append(f"{where}: there is no [[mailbox]]: nothing can be fetched or sent")
    return Config(
        company=company,
        hours=reading.typed(Hours, reading.section("hours"), ("hours",)),
        database=_database(reading, paths.state),
        mailboxes=mailboxes,
        console=_console(reading),
        paths=paths,
        base=base,
        orders=_orders(reading),
        help=_help(reading),
        where=where,
        warnings=(*laid.warnings, *reading.warnings),
    )


def default_folder(name: str) -> Path:
    """The packaged rules or templates: inside an installed wheel, else at the top of the source tree."""
    package = Path(__file__).parent
    packed = package / "defaults" / name
    return packed if packed.is_dir() else package.parent / name


def setting_names() -> dict[str, tuple[tuple[str, ...], Any]]:
    """Every key outside mailboxes as in the environment, without MAILBOT_: path and type."""
    found = {key: one for name, cls in SECTIONS.items() for key, one in names(cls, (name,)).items()}
    files = {"DATABASE_URL_FILE": (("database", "url_file"), str), "HELP_KEY_FILE": (("help", "key_file"), str)}
    return {**found, **files}


def mailbox_names() -> dict[str, tuple[tuple[str, ...], Any]]:
    """Every key of a mailbox as in the environment, without MAILBOT_MAILBOX_0_: path and type."""
    return {
        **names(MailboxConfig),
        "PASSWORD_FILE": (("password_file",), str),
        "OAUTH_CLIENT_SECRET_FILE": (("oauth", "client_secret_file"), str),
    }


class _Reading:
    """One table being read: where each key came from, and what was noticed on the way."""

    def __init__(self, table: dict[str, Any], origins: Mapping[Key, str], where: str, base: Path) -> None:
        self.table = table
        self.origins = origins
        self.where = where
        self.base = base
        self.warnings: list[str] = []

    def place(self, key: Key) -> tuple[str, str]:
        """Where a key was set and how it is called there."""
        for length in range(len(key), 0, -1):
            if key[:length] in self.origins:
                return ENVIRONMENT, self.origins[key[:length]]
        if self.where == ENVIRONMENT:
            return ENVIRONMENT, "MAILBOT_" + "_".join(str(part) for part in key).upper()
        return self.where, dotted(key)

    def error(self, key: Key, remedy: str) -> UserError:
        return UserError(*self.place(key), remedy)

    def typed(self, cls: type[Any], table: Mapping[str, Any], at: Key, extra: tuple[str, ...] = ()) -> Any:
        return typed(cls, table, lambda key: self.place((*at, *key)), extra)

    def refuse_unknown_sections(self) -> None:
        known = [*SECTIONS, "mailbox"]
        for name in self.table:
            if name not in known:
                raise self.error((name,), f"not known; {nearest(name, known)}")

    def section(self, name: str) -> dict[str, Any]:
        return self.inner_table(self.table.get(name, {}), (name,))

    def inner_table(self, found: Any, key: Key) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise self.error(key, "must be a table")
        return found

    def path(self, text: Any, key: Key) -> Path:
        if not isinstance(text, str) or not text or "\0" in text:
            raise self.error(key, "must be a path, in quotes")
        try:
            return self.base / Path(text).expanduser()
        except RuntimeError:
            raise self.error(key, "there is no such home folder; write the whole path") from None

    def secret_from_file(self, table: dict[str, Any], name: str, at: Key) -> None:
        """Replace NAME_file by NAME with the file's text."""
        if f"{name}_file" not in table:
            return
        key = (*at, f"{name}_file")
        if name in table:
            raise self.error(key, f"set either this or {name}, not both")
        path = self.path(table.pop(f"{name}_file"), key)
        try:
            text = path.read_text(encoding="utf-8").strip("\r\n")
        except OSError as error:
            raise self.error(key, f"cannot read {path} ({error.strerror}); check path and rights") from None
        except UnicodeDecodeError:
            raise self.error(key, f"{path} is not UTF-8 text; write the secret alone into it") from None
        if not text or "\n" in text or "\0" in text:
            raise self.error(key, f"{path} must hold the secret alone, on one line")
        table[name] = text


def _paths(reading: _Reading) -> Paths:
    given = reading.section("paths")
    found: dict[str, Any] = {}
    for name in ("rules", "templates"):
        own = reading.path(given.get(name, name), ("paths", name))
        if name in given and not own.is_dir():
            raise reading.error(("paths", name), f"no such folder: {own}; make it or leave the key out")
        found[name] = own if own.is_dir() else default_folder(name)
    found["state"] = reading.path(given.get("state", "state"), ("paths", "state"))
    paths: Paths = reading.typed(Paths, {**given, **found}, ("paths",))
    return paths


def _orders(reading: _Reading) -> Orders:
    given = reading.section("orders")
    if "file" in given:
        given = {**given, "file": reading.path(given["file"], ("orders", "file"))}
    reading.secret_from_file(given, "token", ("orders",))
    reading.secret_from_file(given, "database", ("orders",))
    orders: Orders = reading.typed(Orders, given, ("orders",))
    named = [name for name in ("file", "url", "database") if getattr(orders, name)]
    if len(named) > 1:
        raise reading.error(("orders", named[1]), f"set either this or {named[0]}, not both")
    if bool(orders.database) != bool(orders.query):
        key = "query" if orders.database else "database"
        raise reading.error(("orders", key), "missing; database and query belong together")
    if orders.query and not re.search(r"(?<!:):number\b", orders.query):
        raise reading.error(("orders", "query"), "must hold :number where the order number goes")
    return orders


def _help(reading: _Reading) -> Help:
    given = reading.section("help")
    reading.secret_from_file(given, "key", ("help",))
    asked: Help = reading.typed(Help, given, ("help",))
    if asked.url and not asked.model:
        raise reading.error(("help", "model"), "missing; write the model's name as the endpoint calls it")
    return asked


def _database(reading: _Reading, state: Path) -> Database:
    given = reading.section("database")
    reading.secret_from_file(given, "url", ("database",))
    url = given.setdefault("url", f"sqlite:///{state / 'mailbot.db'}")
    if isinstance(url, str) and url.startswith("sqlite:///"):
        path, mark, options = url.removeprefix("sqlite:///").partition("?")
        if not path:
            raise reading.error(("database", "url"), 'must name a file, like "sqlite:///state/mailbot.db"')
        if path != ":memory:":
            given["url"] = f"sqlite:///{reading.base / path}{mark}{options}"
    database: Database = reading.typed(Database, given, ("database",), ("url_file",))
    return database


def _console(reading: _Reading) -> Console:
    given = reading.section("console")
    listen = given.get("listen")
    if isinstance(listen, str) and "public_url" not in given:
        given = {**given, "public_url": f"http://{listen.strip().replace('0.0.0.0', '127.0.0.1')}"}  # noqa: S104
    console: Console = reading.typed(Console, given, ("console",))
    return console


def _mailboxes(reading: _Reading) -> tuple[MailboxConfig, ...]:
    given = reading.table.get("mailbox", [])
    if not isinstance(given, list):
        raise reading.error(("mailbox",), "must be a list of tables: write [[mailbox]], not [mailbox]")
    found: list[MailboxConfig] = []
    for number, table in enumerate(given):
        at = ("mailbox", number)
        mailbox = _mailbox(reading, reading.inner_table(table, at), at)
        if mailbox.name in [one.name for one in found]:
            raise reading.error((*at, "name"), f'there is another mailbox "{mailbox.name}"; give each its own name')
        found.append(mailbox)
    return tuple(found)


def _mailbox(reading: _Reading, table: dict[str, Any], at: Key) -> MailboxConfig:
    provider = _provider(reading, table, at)
    reading.secret_from_file(table, "password", at)
    defaults: dict[str, Any] = {
        "provider": provider.name,
        "poll_seconds": max(60, provider.poll_seconds_min),
        "trusted_authserv": provider.authserv,
    }
    if "address" in table:
        defaults["username"] = table["address"]
    filled = {**defaults, **table}
    for kind in ("imap", "smtp"):
        filled[kind] = _endpoint(reading, provider, filled, (*at, kind))
    if "oauth" in filled:
        filled["oauth"] = _oauth(reading, provider, filled["oauth"], (*at, "oauth"))
    mailbox: MailboxConfig = reading.typed(MailboxConfig, filled, at, ("password_file",))
    _check_mailbox(reading, mailbox, provider, at)
    return mailbox


def _provider(reading: _Reading, table: Mapping[str, Any], at: Key) -> Provider:
    name = table.get("provider")
    if name is None:
        return provider_for(str(table.get("address", "")))
    if not isinstance(name, str) or name not in provider_names():
        raise reading.error((*at, "provider"), f"not known; {nearest(str(name), provider_names())}")
    return load_provider(name)


def _endpoint(reading: _Reading, provider: Provider, table: Mapping[str, Any], at: Key) -> dict[str, Any]:
    """What the owner says of host, port and security over what the provider's file says."""
    kind = "imap" if at[-1] == "imap" else "smtp"
    given = reading.inner_table(table.get(kind, {}), at)
    known = provider.server("imap" if kind == "imap" else "smtp", str(table.get("address", "")))
    security = given.get("security", SECURITY_OF_PORT.get(given.get("port", 0), known.security))
    port = known.port
    if isinstance(security, str) and security != known.security:
        port = STANDARD_PORTS[kind].get(security, port)
    filled = {"port": port, **given, "security": security}
    if known.host:
        filled.setdefault("host", known.host)
    return filled


def _oauth(reading: _Reading, provider: Provider, found: Any, at: Key) -> dict[str, Any]:
    given = reading.inner_table(found, at)
    reading.secret_from_file(given, "client_secret", at)
    filled = dict(given)
    if provider.oauth:
        filled = {"token_url": provider.oauth.token_url, "scope": provider.oauth.scope, **filled}
    if "refresh_token_file" in filled:
        filled["refresh_token_file"] = reading.path(filled["refresh_token_file"], (*at, "refresh_token_file"))
    oauth: Oauth = reading.typed(Oauth, filled, at, ("client_secret_file",))
    if oauth.grant == "refresh_token" and oauth.refresh_token_file is None:
        raise reading.error((*at, "refresh_token_file"), "missing; name the file that holds the refresh token")
    if oauth.grant == "client_credentials" and not oauth.client_secret:
        raise reading.error((*at, "client_secret"), "missing; client_credentials needs it (or client_secret_file)")
    if oauth.token_url.startswith("http:") and not is_loopback(urlsplit(oauth.token_url).hostname or ""):
        raise reading.error((*at, "token_url"), "must begin with https://")
    return filled


def _check_mailbox(reading: _Reading, mailbox: MailboxConfig, provider: Provider, at: Key) -> None:
    for kind, end in (("imap", mailbox.imap), ("smtp", mailbox.smtp)):
        if end.security == "none" and not is_loopback(end.host):
            remedy = 'unencrypted only to this machine itself; use "tls" or "starttls"'
            raise reading.error((*at, kind, "security"), remedy)
    if mailbox.password and mailbox.oauth:
        raise reading.error((*at, "oauth"), "set either this or a password, not both")
    if not mailbox.password and mailbox.oauth is None:
        remedy = f"missing; add password_file with the {provider.login}, or oauth. {provider.login_zh}"
        raise reading.error((*at, "password"), remedy)
    if mailbox.poll_seconds < provider.poll_seconds_min:
        remedy = f"must be at least {provider.poll_seconds_min} with {provider.label}"
        raise reading.error((*at, "poll_seconds"), remedy)
    if mailbox.reply_token and provider.name != "generic" and not provider.plus_addressing:
        raise reading.error((*at, "reply_token"), f"leave it false: {provider.label} has no plus addressing")
    if mailbox.password and provider.login == "oauth":
        place, key = reading.place((*at, "password"))
        reading.warnings.append(f"{place}: {key}: {provider.label} no longer takes passwords; use oauth")


def is_loopback(host: str) -> bool:
    """Is this host the machine itself?"""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _holds_a_secret(table: Any) -> bool:
    """Does the file itself hold a password (not only name the file that does)?"""
    if isinstance(table, list):
        return any(_holds_a_secret(one) for one in table)
    if not isinstance(table, dict):
        return False
    return any(
        key in ("password", "client_secret", "key") or (key == "url" and "@" in str(one)) or _holds_a_secret(one)
        for key, one in table.items()
    )
