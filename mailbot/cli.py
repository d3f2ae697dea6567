"""The commands of `mailbot`: arguments in, words or JSON out. Errors go to stderr in one line.

Exit status: 0 done, 1 work found wanting, 2 the owner's mistake.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from mailbot import (
    __version__,
    commands,
    customer_commands,
    draft_commands,
    knowledge_commands,
    learned_commands,
    report_commands,
    ticket_commands,
)
from mailbot.clock import Clock
from mailbot.config import DEFAULT_FILE, Config, load, read
from mailbot.core.errors import UserError
from mailbot.log import set_up_log
from mailbot.terminal import ConfigFile, Json, moment, plain_line, print_json, screen

# `mailbot --help` lists the commands in this order.
ORDER = (
    *("demo", "init", "check", "run", "once", "explain", "tickets", "ticket", "drafts", "draft"),
    *("templates", "knowledge", "learned", "aside", "report", "agents", "customer", "db"),
)


STORIES = "enquiry, complaint, robots, holiday, progress, transfer, again; or a file.txt of your own"


class _Ordered(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in ORDER if name in self.commands]


cli = typer.Typer(
    cls=_Ordered,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Looks after a support mailbox: takes in every mail, drafts the reply, keeps every promise.",
)


@cli.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        screen.print(f"mailbot {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        screen.print(context.get_help(), markup=False)
        raise typer.Exit


@cli.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Play a story to its end, without a browser.")] = False,
    story: Annotated[str, typer.Option(help=STORIES)] = "",
    port: Annotated[int, typer.Option(help="Of the console; 0 takes a free one.")] = 8025,
) -> None:
    """A whole mail world in one process: play customer and agent, and move the clock."""
    from mailbot.demo.play import play_story, run_demo

    if headless:
        raise typer.Exit(play_story(story or "enquiry"))
    run_demo(port)


@cli.command()
def init(
    address: Annotated[str, typer.Option(help="Of the support mailbox.")] = "",
    answer: Annotated[list[str] | None, typer.Option(help="KEY=VALUE for any other question.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Holds the password or authorisation code.")] = None,
    file: Annotated[Path, typer.Option("--file", help="What to write.")] = Path("mailbot.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over an existing file.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not try the logins.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take defaults.")] = False,
) -> None:
    """Set up a mailbox: asks for the address, tries both logins, writes mailbot.toml."""
    from mailbot.wizard import Choices, set_up

    given = dict(_pair(each) for each in answer or ())
    if address:
        given["address"] = address
    set_up(Choices(given, password_file, file, force, offline, yes))


@cli.command()
def check(
    offline: Annotated[bool, typer.Option("--offline", help="Leave the logins out.")] = False,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Configuration, rules with their examples, templates, database, logins: verdicts with remedies."""
    from mailbot.check import check as verdicts

    bad = False
    marks = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "bad": "[red]bad [/]"}
    for verdict in verdicts(_config(config), datetime.now(UTC), offline):
        bad = bad or verdict.level == "bad"
        if as_json:
            names = ("what", "level", "text", "remedy")
            print_json({name: getattr(verdict, name) for name in names})
            continue
        remedy = f"\n     -> {escape(verdict.remedy)}" if verdict.remedy else ""
        screen.print(f"{marks[verdict.level]} {escape(verdict.what)}: {escape(verdict.text)}{remedy}", soft_wrap=True)
    raise typer.Exit(1 if bad else 0)


@cli.command()
def run(
    parts: Annotated[list[str] | None, typer.Argument(metavar="[fetch work post clock console]")] = None,
    config: ConfigFile = None,
) -> None:
    """The daemon: all parts, or those named."""
    from mailbot import app

    chosen = parts or list(app.PARTS)
    if unknown := set(chosen) - set(app.PARTS):
        raise UserError("run", min(unknown), f"known parts: {', '.join(app.PARTS)}")
    set_up_log()
    settings = _config(config)
    whole = app.build(settings)
    try:
        app.run(whole, chosen)
    finally:
        whole.close()


@cli.command()
def once(
    now: Annotated[str, typer.Option(metavar="TIME", help="The time the loops see, ISO 8601 with its zone.")] = "",
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Every loop until nothing is left to do, then exit."""
    from mailbot import app
    from mailbot.imap import ImapError

    set_up_log()
    settings = _config(config)
    start = moment("--now", now, settings.company.zone, datetime.now(UTC)) if now else None
    whole = app.build(settings, Clock(start))
    try:
        with app.the_only_one(whole):
            done = app.once(whole)
    except ImapError as error:
        typer.echo(f"mailbot: mailbox: {error.text}; look at it with: mailbot check", err=True)
        raise typer.Exit(1) from None
    finally:
        whole.close()
    if as_json:
        print_json(done)
    else:
        screen.print(f"taken in {done['taken_in']}, worked {done['worked']}, due {done['due']}, sent {done['sent']}")


@cli.command()
def explain(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="- is standard input, a folder every file in it.")
    ],
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """What mailbot would make of these mails."""
    from mailbot import explaining

    desktop, border = explaining.without_database(_config_or_defaults(config))
    now = datetime.now(UTC)
    for name, raw in explaining.mails(files):
        document = explaining.explain(raw, name, desktop, border, now)
        if as_json:
            print_json(document)
        else:
            for line in explaining.words(document):
                screen.print(plain_line(line), markup=False, soft_wrap=True)


cli.command("tickets")(ticket_commands.list_tickets)
cli.command("ticket", help=ticket_commands.TICKET_HELP)(ticket_commands.ticket)
cli.command("drafts")(draft_commands.list_drafts)
cli.command("draft")(draft_commands.draft)
cli.command("templates")(commands.templates)
cli.command("knowledge")(knowledge_commands.knowledge)
cli.command("learned", help=learned_commands.LEARNED_HELP)(learned_commands.learned)
cli.command("aside")(commands.aside)
cli.command("report")(report_commands.report)
cli.command("agents")(commands.agents)
cli.command("customer", help=customer_commands.CUSTOMER_HELP)(customer_commands.customer)
cli.command("db")(commands.db)


def main() -> None:
    """The entry point: a UserError becomes one line on stderr and exit status 2."""
    try:
        cli()
    except UserError as error:
        print(f"mailbot: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # `mailbot tickets | head`
        sys.stderr.close()
        raise SystemExit(0) from None


def _config(path: Path | None) -> Config:
    return load(path, os.environ)


def _config_or_defaults(path: Path | None) -> Config:
    """For looking at mails nothing need be configured: the packaged rules and templates speak for a sample company."""
    named = path is not None or "MAILBOT_CONFIG" in os.environ or Path(DEFAULT_FILE).is_file()
    return _config(path) if named else read({"company": {"name": "示例公司"}}, os.environ, "defaults", Path.cwd())


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found:
        raise UserError("--answer", text, "write KEY=VALUE")
    return key, value
