"""Is everything in order? Configuration, rules with their examples, templates, folders, database, logins.

Each finding is a verdict with its remedy; nothing is changed on the way.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mailbot import imap, smtp
from mailbot.app import imap_account, smtp_account
from mailbot.config import Config, MailboxConfig, is_loopback
from mailbot.core.errors import UserError
from mailbot.core.helping import Question, prompt
from mailbot.core.rules import RuleBook, lonely_rules, read_book, run_examples
from mailbot.help_client import Helper, HelpFailed
from mailbot.login import login_for
from mailbot.providers import load_provider
from mailbot.shelf import rule_files
from mailbot.store import keep, people, schema
from mailbot.store.engine import Engine
from mailbot.templates import Templates

NEWER_CALENDAR = (
    "when they are published (China: usually in November), run: pip install --upgrade holidays "
    "(in a container: take the newest image), and restart mailbot"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One line of the check. `what` names the part, `text` what was found, `remedy` what to do."""

    what: str
    level: Literal["ok", "warn", "bad"]
    text: str
    remedy: str = ""


def check(config: Config, now: datetime, offline: bool) -> Iterator[Verdict]:
    """All verdicts, one after the other, as they are found."""
    yield from _configuration(config, now)
    book = None
    try:
        book = read_book(rule_files(config.paths.rules))
    except UserError as error:
        yield _bad("rules", error)
    if book is not None:
        yield from _rules(config, book)
        yield from _knowledge(config, book, now)
    templates = None
    try:
        templates = Templates.load(config.paths.templates, config.company.languages, strict=False)
    except UserError as error:
        yield _bad("templates", error)
    if templates is not None:
        yield from _templates(templates, book)
    yield from _state(config.paths.state)
    yield from _database(config, templates, book)
    yield from drafting_help(config, offline)
    if not offline:
        for mailbox in config.mailboxes:
            yield from _logins(mailbox)


def _configuration(config: Config, now: datetime) -> Iterator[Verdict]:
    yield Verdict("configuration", "ok", f"{config.where}: {len(config.mailboxes)} mailbox(es)")
    for warning in config.warnings:
        yield Verdict("configuration", "warn", warning)
    yield from _calendars(config, now)


def _calendars(config: Config, now: datetime) -> Iterator[Verdict]:
    """A word on each calendar in use whose official days of this year, or soon of the next, are not known."""
    names = (None, *(mailbox.name for mailbox in config.mailboxes))
    used = {each.calendar: each for each in (config.hours_of(name) for name in names)}
    for calendar, hours in used.items():
        year = hours.unknown_year(now)
        if year is not None:
            text = f"{calendar}: the working days of {year} are not known: make-up days (调休) are missing, "
            yield Verdict("calendar", "warn", text + "deadlines then count plain weekends", NEWER_CALENDAR)


def _rules(config: Config, book: RuleBook) -> Iterator[Verdict]:
    failures = run_examples(book)
    for failure in failures:
        yield Verdict(
            "rules",
            "bad",
            f"{config.paths.rules / failure.file.removeprefix('rules/')}: examples: “{failure.example}” should be "
            f"{failure.expected}, is {failure.got}",
            "mend the signs of this file, or the example",
        )
    for topic in book.topics.values():
        if topic.route not in book.departments:
            yield Verdict(
                "rules",
                "bad",
                f"{topic.where}: route: there is no department {topic.route}",
                f"name one of {', '.join(book.departments)}, or add it to rules/departments.toml",
            )
    for lonely in lonely_rules(book):
        yield Verdict("rules", "warn", f"{lonely}: lacks true or false examples", "add both kinds")
    if not failures:
        text = f"{len(book.topics)} topics, {len(book.examples)} examples hold (version {book.version})"
        yield Verdict("rules", "ok", text)


def _knowledge(config: Config, book: RuleBook, now: datetime) -> Iterator[Verdict]:
    """How much customers can be told, and what somebody ought to read again first (003-04)."""
    base = book.knowledge
    if not base.entries:
        remedy = "write entries as docs/knowledge.md tells; until then enquiries are answered without a source"
        yield Verdict("knowledge", "warn", f"{config.paths.rules / 'knowledge'}: no entries", remedy)
        return
    for entry in base.stale(now.astimezone(config.company.zone).date()):
        yield Verdict(
            "knowledge",
            "warn",
            f"{config.paths.rules / entry.path}: Review: {entry.review} is past",
            "read the entry, mend what has changed, and set a later day",
        )
    for entry, ask in base.lost_questions()[:5]:
        yield Verdict(
            "knowledge",
            "warn",
            f"{config.paths.rules / entry.path}: “{ask}” does not lead to its own section",
            "another section asks almost the same: word one of them differently, or take the question out",
        )
    missing = [code for code in config.company.languages if not any(each.language == code for each in base.entries)]
    for code in missing:
        remedy = f"write entries into {config.paths.rules / 'knowledge' / code}"
        yield Verdict("knowledge", "warn", f"no entries in the language {code}", remedy)
    answers = sum(len(each.sections) for each in base.entries)
    yield Verdict("knowledge", "ok", f"{len(base.entries)} entries with {answers} answers")


def _templates(templates: Templates, book: RuleBook | None) -> Iterator[Verdict]:
    categories = sorted({category for category, _ in book.topics}) if book else ()
    problems = templates.check(categories) if book else ()
    for problem in problems:
        level: Literal["warn", "bad"] = "bad" if problem.level == "error" else "warn"
        yield Verdict("templates", level, f"{templates.folder / problem.file}: {problem.key}", problem.remedy)
    wanted = {topic.template: topic.where for topic in book.topics.values() if topic.template} if book else {}
    for name, where in wanted.items():
        if name not in templates.names():
            remedy = f"write {templates.languages[0]}/{name}.txt, or name one of {', '.join(templates.names())}"
            yield Verdict("templates", "bad", f"{where}: template: there is no template {name}", remedy)
    if not any(problem.level == "error" for problem in problems):
        yield Verdict("templates", "ok", f"{len(templates.names())} templates in {', '.join(templates.languages)}")


def _state(folder: Path) -> Iterator[Verdict]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            os.fsync(probe.fileno())
    except OSError as error:
        remedy = "make it writable for the user mailbot runs as, or set paths.state"
        yield Verdict("state", "bad", f"{folder}: cannot be written: {error.strerror}", remedy)
    else:
        yield Verdict("state", "ok", f"{folder} is writable")


def _database(config: Config, templates: Templates | None, book: RuleBook | None) -> Iterator[Verdict]:
    try:
        engine = Engine(config.database.url, config.base)
    except UserError as error:
        yield _bad("database", error)
        return
    try:
        if engine.is_sqlite and not Path(engine.url.database or "").exists():
            yield Verdict("database", "ok", f"{engine.name()} will be made at the first start")
            return
        problem = engine.ping()
        if problem is not None:
            yield Verdict("database", "bad", f"{engine.name()}: {problem}", "check database.url and the server")
            return
        yield from _schema(engine, templates)
        if book is not None:
            yield from _people(engine, book)
    finally:
        engine.dispose()


def _schema(engine: Engine, templates: Templates | None) -> Iterator[Verdict]:
    with engine.read() as tx:
        found = schema.current(tx)
        if found != schema.HEAD:
            text = f"{engine.name()}: schema {found or 'empty'}, this program needs {schema.HEAD}"
            yield Verdict("database", "warn", text, "run: mailbot db upgrade (mailbot run does it too)")
            return
        yield Verdict("database", "ok", f"{engine.name()}: schema {found}")
        for name in templates.automatic() if templates else ():
            assert templates is not None
            for language in templates.languages:
                digest = templates.text_hash(name, language)
                if keep.standing_approver(tx, name, language, digest) is None:
                    yield Verdict(
                        "templates",
                        "warn",
                        f"{language}/{name}: no standing approval for its present text, such mails wait as drafts",
                        f"run: mailbot templates approve {name} --as SUPERVISOR",
                    )


def _people(engine: Engine, book: RuleBook) -> Iterator[Verdict]:
    """Who would take the tickets of each department, as far as the database knows the agents."""
    with engine.read() as tx:
        if schema.current(tx) != schema.HEAD:
            return
        active = people.recipients(tx)
    names = {row.name for row in active}
    for department in book.departments.values():
        for key, owners in (("owners", department.owners), ("urgent", department.urgent)):
            for name in owners:
                if name not in names:
                    yield Verdict(
                        "agents",
                        "warn",
                        f"rules/departments.toml: {department.code}.{key}: {name} is no active agent",
                        "name another, or add the agent: mailbot agents add NAME",
                    )
    for row in active:
        if row.department and row.department not in book.departments:
            text = f"{row.name} belongs to the department {row.department}, which the rules do not know"
            yield Verdict("agents", "warn", text, f"run: mailbot agents change {row.name} --department CODE")
    manned = {row.department for row in active}
    routed = sorted({topic.route for topic in book.topics.values()} & set(book.departments))
    lost = [code for code in routed if code not in manned and not names.intersection(book.departments[code].owners)]
    if lost:
        yield Verdict(
            "agents",
            "warn",
            f"nobody takes the tickets routed to {', '.join(lost)}; they wait for a supervisor to assign them",
            "run: mailbot agents change NAME --department CODE, or name owners in rules/departments.toml",
        )


def drafting_help(config: Config, offline: bool) -> Iterator[Verdict]:
    """Whether the drafting help is on, and whether its endpoint answers a made-up question; never its key."""
    given = config.help
    if not given.url:
        return
    what = f"{given.model} at {given.url}"
    if given.url.startswith("http:") and not is_loopback(urlsplit(given.url).hostname or ""):
        remedy = "use https, or run the model on this machine"
        yield Verdict("help", "warn", f"{what}: what is asked travels unencrypted, the key too", remedy)
    if offline:
        yield Verdict("help", "ok", f"{what}: drafting help is on")
        return
    try:
        answer = Helper(given.url, given.model, given.key, given.timeout_seconds).ask(prompt(HELP_TRIAL))
    except HelpFailed as failed:
        remedy = "check help.url, help.model and help.key; until it answers, drafts are the templates' own"
        yield Verdict("help", "warn", f"{what}: {failed}", remedy)
        return
    yield Verdict("help", "ok", f"{what}: answers ({len(answer)} characters)")


HELP_TRIAL = Question("zh", "产品使用", "calm", "洗衣机第一次用之前要注意什么？", "负责的同事正在核对。")


def _logins(mailbox: MailboxConfig) -> Iterator[Verdict]:
    provider, login = load_provider(mailbox.provider), login_for(mailbox)
    tried = (
        ("imap", mailbox.imap, imap.try_login(imap_account(mailbox, login))),
        ("smtp", mailbox.smtp, smtp.try_login(smtp_account(mailbox, login))),
    )
    for protocol, end, problem in tried:
        what = f"{mailbox.name} {protocol}"
        where = f"{end.host}:{end.port}"
        if problem is None:
            yield Verdict(what, "ok", f"{where}: logged in as {mailbox.username}")
            continue
        explained = provider.explain(problem.text)
        known = explained.kind != "unknown"
        remedy = f"{explained.zh} / {explained.en}" if known else REMEDIES.get(problem.kind, "")
        key = {"auth": "password", "tls": f"{protocol}.security"}.get(problem.kind, f"{protocol}.host, {protocol}.port")
        yield Verdict(what, "bad", f"{where}: {problem.text} (mailbox.{key})", remedy)


REMEDIES = {
    "auth": "check username and password; many providers want an authorisation code (授权码) instead",
    "tls": "name the host that stands in the server's certificate, or set the right security (tls, starttls)",
    "network": "check host, port and firewall",
    "folder": "name a folder that exists in mailbox.folder",
}


def _bad(what: str, error: UserError) -> Verdict:
    return Verdict(what, "bad", ": ".join(part for part in (error.where, error.key) if part), error.remedy)
