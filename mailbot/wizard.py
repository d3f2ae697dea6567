"""`mailbot init` on the terminal: asks what init.py wants to know, tries the logins, writes the files."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path

from mailbot import imap, init, smtp
from mailbot.app import imap_account, smtp_account
from mailbot.config import MailboxConfig
from mailbot.core.errors import UserError
from mailbot.login import login_for
from mailbot.terminal import screen


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line said. `yes`: ask nothing; what has no default must have been given."""

    given: dict[str, str]
    password_file: Path | None
    file: Path
    force: bool
    offline: bool
    yes: bool


def set_up(choices: Choices) -> None:
    """Ask, try, write. A login that fails stops before anything is written, and says what to do."""
    if choices.file.exists() and not choices.force:
        raise UserError(str(choices.file), "", "exists already and is left as it is; --force writes it anew")
    config = init.draft(_answers(choices), choices.file.absolute().parent)
    if not choices.offline:
        tried = init.try_logins(config.mailboxes[0], _try_imap, _try_smtp)
        for each in tried:
            screen.print(f"{'ok ' if each.ok else 'bad'} {each.zh}\n    {each.en}", markup=False, soft_wrap=True)
        if not all(each.ok for each in tried):
            raise UserError("init", "", "nothing was written; mend this and run it again, or use --offline")
    for path in init.write(choices.file, config, force=choices.force):
        screen.print(f"写入 / written: {path}", markup=False, soft_wrap=True)
    screen.print("下一步 / next: mailbot check, mailbot agents add NAME, mailbot run", markup=False)


def _answers(choices: Choices) -> dict[str, str]:
    answers = dict(choices.given)
    if choices.password_file is not None:
        try:
            answers["password"] = choices.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise UserError(str(choices.password_file), "", f"cannot be read: {error.strerror}") from None
    while (question := init.next_question(answers)) is not None:
        answers[question.key] = _ask(question, choices)
    return answers


def _ask(question: init.Question, choices: Choices) -> str:
    asks = not choices.yes and sys.stdin.isatty()
    if not asks:
        if question.default is None:
            option = "--address" if question.key == "address" else f"--answer {question.key}=..."
            raise UserError("init", question.key, f"{question.en}: give it with {option}")
        return question.default
    default = f" [{question.default}]" if question.default else ""
    screen.print(f"{question.zh}\n  {question.en}{default}", markup=False, soft_wrap=True)
    while True:
        said = getpass.getpass("> ") if question.secret else input("> ").strip()
        if said or question.default is not None:
            return said or question.default or ""


def _try_imap(mailbox: MailboxConfig) -> str | None:
    problem = imap.try_login(imap_account(mailbox, login_for(mailbox)))
    return None if problem is None else problem.text


def _try_smtp(mailbox: MailboxConfig) -> str | None:
    problem = smtp.try_login(smtp_account(mailbox, login_for(mailbox)))
    return None if problem is None else problem.text
