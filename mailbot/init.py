"""From an address to a mailbot.toml: which questions to ask, whether the logins work, what to write.

The command line asks and prints; the logins are tried by the callables it hands in. Files are written only by
`write`, and never over existing ones unless told to.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Literal

from mailbot.config import default_folder, read
from mailbot.core.errors import UserError
from mailbot.providers import Provider, load_provider, provider_for, provider_names
from mailbot.settings import Config, Console, Endpoint, Hours, MailboxConfig, Oauth

TryLogin = Callable[[MailboxConfig], str | None]
"""Logs in and out again; None when that went well, else what the server said."""


@dataclass(frozen=True, slots=True)
class Question:
    """`key` is the answer's name, also the option's on the command line; no default: an answer is needed."""

    key: str
    zh: str
    en: str
    default: str | None = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    what: Literal["imap", "smtp"]
    ok: bool
    zh: str
    en: str


def next_question(answers: Mapping[str, str]) -> Question | None:
    """The first question that is still open; None: enough is known. Ask, add the answer, call again."""
    for question in _questions(answers):
        if question.key not in answers:
            return question
    return None


def _questions(answers: Mapping[str, str]) -> list[Question]:
    found = [Question("address", "客服邮箱地址", "address of the support mailbox")]
    if "address" not in answers:
        return found
    known = provider_for(answers["address"])
    if known.name == "generic":
        names = ", ".join(provider_names())
        found.append(Question("provider", f"邮箱服务商({names})", f"mail provider ({names})", "generic"))
        if "provider" not in answers:
            return found
    provider = chosen_provider(answers)
    found.append(Question("company", "企业名称(邮件称呼里使用)", "company name, as in greetings"))
    found.append(Question("hotline", "客服热线(可以不填)", "hotline, may be empty", ""))
    if provider.name == "generic":
        domain = answers["address"].rpartition("@")[2]
        found.append(Question("imap_host", "IMAP 服务器", "IMAP server", f"imap.{domain}"))
        found.append(Question("smtp_host", "SMTP 服务器", "SMTP server", f"smtp.{domain}"))
    found.append(Question("username", "登录用户名", "user name of the login", answers["address"]))
    return found + (_oauth_questions() if provider.login == "oauth" else [_password_question(provider)])


def _password_question(provider: Provider) -> Question:
    words = {"authorisation code": "授权码", "app password": "应用专用密码 / 安全密码"}
    zh = f"{words.get(provider.login, '密码')}。{provider.login_zh}"
    return Question("password", zh, f"{provider.login}. {provider.login_en}", secret=True)


def _oauth_questions() -> list[Question]:
    return [
        Question("oauth_client_id", "OAuth 应用的 client_id", "client_id of the OAuth application"),
        Question("oauth_client_secret", "client_secret(可以不填)", "client_secret, may be empty", "", secret=True),
        Question("oauth_refresh_token_file", "保存刷新令牌的文件", "file that holds the refresh token"),
    ]


def chosen_provider(answers: Mapping[str, str]) -> Provider:
    """The provider named in the answers, else the one of the address; UserError if there is none such."""
    name = answers.get("provider")
    return load_provider(name) if name else provider_for(answers.get("address", ""))


def draft(answers: Mapping[str, str], base: Path) -> Config:
    """The configuration that the answers make, checked like any other; `base` is the file's folder."""
    mailbox: dict[str, Any] = {
        "name": answers.get("name") or answers["address"].partition("@")[0],
        "address": answers["address"],
        "provider": chosen_provider(answers).name,
    }
    for key in ("username", "password"):
        if answers.get(key):
            mailbox[key] = answers[key]
    for key in ("client_id", "client_secret", "refresh_token_file"):
        if answers.get(f"oauth_{key}"):
            mailbox.setdefault("oauth", {})[key] = answers[f"oauth_{key}"]
    for kind in ("imap", "smtp"):
        for key in ("host", "port", "security"):
            text = answers.get(f"{kind}_{key}")
            if text:
                value = int(text) if key == "port" and text.isascii() and text.isdigit() else text
                mailbox.setdefault(kind, {})[key] = value
    company = {key: answers[key] for key in ("hotline", "timezone") if answers.get(key)}
    company["name"] = answers.get("company", "")
    return read({"company": company, "mailbox": [mailbox]}, {}, "mailbot init", base)


def try_logins(mailbox: MailboxConfig, try_imap: TryLogin, try_smtp: TryLogin) -> tuple[Tried, Tried]:
    """Try both and say in plain words what is wrong; a failed IMAP login does not spare the SMTP one."""
    provider = load_provider(mailbox.provider)
    return (
        _tried("imap", mailbox.imap, provider, try_imap(mailbox)),
        _tried("smtp", mailbox.smtp, provider, try_smtp(mailbox)),
    )


def _tried(what: Literal["imap", "smtp"], end: Endpoint, provider: Provider, said: str | None) -> Tried:
    place = f"{what.upper()} {end.host}:{end.port}"
    if said is None:
        return Tried(what, True, f"{place} 登录成功", f"{place}: logged in")
    why = provider.explain(said)
    quoted = f"({why.text})" if why.text and why.kind != "unknown" else ""
    return Tried(what, False, f"{place} 失败:{why.zh}{quoted}", f"{place} failed: {why.en} {quoted}".rstrip())


def write(path: Path, config: Config, *, force: bool = False, inline: bool = False) -> tuple[Path, ...]:
    """Write the file and its secrets (each mode 0600 under state/secrets/); the paths written.

    `inline` puts the secrets into the file itself, which then is mode 0600.
    """
    files = {} if inline else secret_files(config)
    if not force:
        for target in (path, *files.values()):
            if target.exists():
                raise UserError(str(target), "", "exists already and is left as it is; --force writes it anew")
    texts = _secrets(config)
    for key, target in files.items():
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(target, texts[key] + "\n", 0o600)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, to_toml(config, files), 0o600 if inline and texts else 0o644)
    return (*files.values(), path)


def secret_files(config: Config) -> dict[str, Path]:
    """Which file each secret of this configuration goes into."""
    folder = config.paths.state / "secrets"
    found: dict[str, Path] = {}
    taken: set[str] = set()  # in small letters: some file systems do not tell a from A
    for key in _secrets(config):
        stem = re.sub(r"[^\w.@-]", "_", key)[:60].lstrip(".") or "mailbox"
        number = 1
        while (name := stem if number == 1 else f"{stem}-{number}").lower() in taken:
            number += 1
        taken.add(name.lower())
        found[key] = folder / name
    return found


def _secrets(config: Config) -> dict[str, str]:
    found = {"database.url": config.database.url} if "@" in config.database.url else {}
    for mailbox in config.mailboxes:
        if mailbox.password:
            found[f"{mailbox.name}.password"] = mailbox.password
        if mailbox.oauth and mailbox.oauth.client_secret:
            found[f"{mailbox.name}.client_secret"] = mailbox.oauth.client_secret
    return found


def _write(path: Path, text: str, mode: int) -> None:
    """Write beside and rename: the file is whole or not there, and never readable by more than it should."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(text.encode("utf-8"))
    beside.replace(path)


def to_toml(config: Config, files: Mapping[str, Path]) -> str:
    """The configuration as a commented mailbot.toml; a secret without a file in `files` stands in it."""
    parts = [
        "# mailbot's configuration. Every key can also come from the environment: MAILBOT_COMPANY_NAME,",
        "# MAILBOT_MAILBOX_0_PASSWORD_FILE, ... After a change: mailbot check",
        "",
        "[company]",
        f"name = {_text(config.company.name)}    # [企业名称] in greetings",
        f"hotline = {_text(config.company.hotline)}",
        f"timezone = {_text(config.company.timezone)}",
        f"languages = {_list(config.company.languages)}    # the first is the default",
        "",
        "[hours]",
        f'calendar = {_text(config.hours.calendar)}    # public holidays; "" is plain weekdays',
        f"open = {_open(config.hours)}",
        "",
        *_database_lines(config, files),
    ]
    for mailbox in config.mailboxes:
        parts += ["", *_mailbox_lines(mailbox, config.base, files)]
    return "\n".join([*parts, "", *_console_lines(config.console), "", *_path_lines(config)]) + "\n"


def _database_lines(config: Config, files: Mapping[str, Path]) -> list[str]:
    lines = ["[database]"]
    if "database.url" in files:
        return [*lines, f"url_file = {_path(files['database.url'], config.base)}"]
    default = f"sqlite:///{config.paths.state / 'mailbot.db'}"
    if config.database.url == default:
        return [*lines, '# url = "sqlite:///state/mailbot.db"    # or postgresql+psycopg://...']
    return [*lines, f"url = {_text(config.database.url)}"]


def _mailbox_lines(mailbox: MailboxConfig, base: Path, files: Mapping[str, Path]) -> list[str]:
    provider = load_provider(mailbox.provider)
    lines = [
        "[[mailbox]]",
        f"name = {_text(mailbox.name)}",
        f"address = {_text(mailbox.address)}",
        f"provider = {_text(mailbox.provider)}    # {provider.label}",
        f"username = {_text(mailbox.username)}",
    ]
    if mailbox.password:
        lines += _secret_line("password", mailbox.password, files.get(f"{mailbox.name}.password"), base)
    if mailbox.oauth:
        lines += [_oauth_line(mailbox.oauth, base, files.get(f"{mailbox.name}.client_secret"))]
    for kind, end in (("imap", mailbox.imap), ("smtp", mailbox.smtp)):
        known = provider.server("imap" if kind == "imap" else "smtp", mailbox.address)
        same = (known.host, known.port, known.security) == (end.host, end.port, end.security)
        mark = "# " if same else ""
        table = f"host = {_text(end.host)}, port = {end.port}, security = {_text(end.security)}"
        lines.append(f"{mark}{kind} = {{ {table} }}")
    lines.append(f"folder = {_text(mailbox.folder)}")
    return [*lines, *_further_keys(mailbox, provider)]


def _further_keys(mailbox: MailboxConfig, provider: Provider) -> list[str]:
    """Keys that mostly keep their defaults: written out where they do not, else shown as a comment."""
    poll = max(60, provider.poll_seconds_min)
    keys: list[tuple[str, Any, Any, str]] = [
        ("display_name", mailbox.display_name, "", "the name customers see beside the address"),
        ("aliases", mailbox.aliases, (), "further addresses that reach this mailbox"),
        ("file_away", mailbox.file_away, None, 'a folder that done mail is moved to, e.g. "mailbot"'),
        ("trusted_authserv", mailbox.trusted_authserv, provider.authserv, "whose login results to trust"),
        ("reply_token", mailbox.reply_token, False, "a signed token in the reply address"),
        ("poll_seconds", mailbox.poll_seconds, poll, "how often to look, beside IDLE"),
        ("max_mail_bytes", mailbox.max_mail_bytes, 50 * 1024 * 1024, "above: header only"),
        ("acknowledge", mailbox.acknowledge, True, "confirm receipt of a mail"),
    ]
    lines = []
    for key, value, default, meaning in keys:
        shown = default if value is None else value
        mark = "# " if value == default else ""
        lines.append(f"{mark}{key} = {_value('' if shown is None else shown)}    # {meaning}")
    return lines


def _oauth_line(oauth: Oauth, base: Path, secret_file: Path | None) -> str:
    parts = [
        f"client_id = {_text(oauth.client_id)}",
        f"token_url = {_text(oauth.token_url)}",
        f"scope = {_text(oauth.scope)}",
        f"grant = {_text(oauth.grant)}",
    ]
    if oauth.client_secret:
        parts += _secret_line("client_secret", oauth.client_secret, secret_file, base)
    if oauth.refresh_token_file:
        parts.append(f"refresh_token_file = {_path(oauth.refresh_token_file, base)}")
    return f"oauth = {{ {', '.join(parts)} }}"


def _secret_line(key: str, text: str, file: Path | None, base: Path) -> list[str]:
    return [f"{key}_file = {_path(file, base)}" if file else f"{key} = {_text(text)}"]


def _console_lines(console: Console) -> list[str]:
    return [
        "[console]",
        f"listen = {_text(console.listen)}",
        f"public_url = {_text(console.public_url)}    # what stands in mails and links",
    ]


def _path_lines(config: Config) -> list[str]:
    lines = ["[paths]"]
    for name, path in (("rules", config.paths.rules), ("templates", config.paths.templates)):
        as_default = path in (default_folder(name), config.base / name)
        shown = f"# {name} = {_text(name)}    # else the ones that came with mailbot"
        lines.append(shown if as_default else f"{name} = {_path(path, config.base)}")
    return [*lines, f"state = {_path(config.paths.state, config.base)}"]


def _open(hours: Hours) -> str:
    def clock(at: time) -> str:
        return at.strftime("%H:%M")

    return _list([f"{clock(start)}-{clock(end)}" for start, end in hours.open])


def _path(path: Path, base: Path) -> str:
    return _text(str(path.relative_to(base) if path.is_relative_to(base) else path))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return _list(value)
    return str(value) if isinstance(value, int) else _text(value)


def _list(texts: tuple[str, ...] | list[str]) -> str:
    return f"[{', '.join(_text(one) for one in texts)}]"


def _text(text: str) -> str:
    """A TOML basic string: JSON's escapes, and the one character JSON leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
