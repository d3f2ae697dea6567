"""The command line as its users meet it: against a real mailbox in process, with exit codes and one-line errors."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from mailbot.cli import ORDER, main
from mailbot.demo.servers import MailWorld
from tests.conftest import MAILS, OURS

CUSTOMER = "li.ming@mail.example"
QUESTION = f"""From: 李明 <{CUSTOMER}>\r
To: {OURS}\r
Subject: 空调开机后有异响\r
Date: Mon, 23 Nov 2026 09:00:00 +0800\r
Message-ID: <q1@mail.example>\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
你好,我的空调开机5分钟后有异响,订单号 20261101123456,请帮忙看看。\r
"""


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of this machine reaches a test, and tables are wide enough to be read."""
    for name in [each for each in os.environ if each.startswith("MAILBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[MailWorld, Callable[..., Done]]]:
    """A mail world, and the command line beside a mailbot.toml that points to it."""
    with MailWorld([OURS]) as world:
        (tmp_path / "password").write_text(world.password(OURS))
        (tmp_path / "mailbot.toml").write_text(
            f"""
[company]
name = "示例电器"
hotline = "400-000-0000"

[[mailbox]]
name = "support"
address = "{OURS}"
provider = "generic"
password_file = "password"
imap = {{ host = "127.0.0.1", port = {world.imap_port}, security = "none" }}
smtp = {{ host = "127.0.0.1", port = {world.smtp_port}, security = "none" }}
""",
            encoding="utf-8",
        )

        def mailbot(*words: str, stdin: str = "") -> Done:
            return run(tmp_path, *words, stdin=stdin)

        yield world, mailbot


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *words: str, stdin: str = "") -> Done:
    """The command line in this process: starting Python for each would take a second."""
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd(), sys.argv, sys.stdin
    os.chdir(folder)
    sys.argv = ["mailbot", *words]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os.chdir(before[0])
        sys.argv, sys.stdin = before[1:]
    return Done(code, out.getvalue(), err.getvalue())


def test_the_module_can_be_run_as_a_program(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailbot", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("mailbot ")


def lines(done: Done) -> list[dict[str, Any]]:
    assert 0 == done.returncode, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_help_lists_the_commands_in_the_order_of_the_contract(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")

    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line.split()]
    assert list(ORDER) == [name for name in listed if name in ORDER]


@pytest.mark.rule("000-34")
@pytest.mark.rule("000-35")
def test_a_mail_becomes_a_draft_that_a_person_approves_and_the_customer_gets_it_in_the_thread(
    shop: tuple[MailWorld, Callable[..., Done]],
) -> None:
    world, mailbot = shop
    world.deliver(OURS, QUESTION.encode())
    assert 0 == mailbot("agents", "add", "amy", "--display-name", "小艾", stdin="long enough 42\n").returncode

    taken = lines(mailbot("once", "--json"))
    (draft,) = [each for each in lines(mailbot("drafts", "--json")) if each["kind"] == "reply"]
    approved = lines(mailbot("draft", str(draft["id"]), "approve", "--as", "amy", "--json"))
    lines(mailbot("once", "--json"))
    (ticket,) = lines(mailbot("ticket", draft["ticket"], "--json"))

    assert [1] == [each["taken_in"] for each in taken]
    assert "approved" == approved[0]["state"]
    (answer,) = [message_from_bytes(raw) for raw in world.messages(CUSTOMER)]
    assert "<q1@mail.example>" == answer["In-Reply-To"]
    assert answer["Auto-Submitted"] is None
    assert ["amy"] == [each["approver"] for each in ticket["outbox"]]
    assert "in_progress" == ticket["state"]
    assert ["kept"] == [each["state"] for each in ticket["promises"] if each["kind"] == "answer"]


def test_explain_prints_one_document_for_each_mail_and_nothing_else(
    shop: tuple[MailWorld, Callable[..., Done]],
) -> None:
    _, mailbot = shop
    two = sorted(MAILS.glob("*.eml"))[:2]

    found = lines(mailbot("explain", "--json", *map(str, two)))
    piped = lines(mailbot("explain", "--json", "-", stdin=QUESTION))

    assert [str(each) for each in two] == [each["file"] for each in found]
    assert {"file", "mail", "automail", "triage", "promises", "draft"} == set(found[0])
    assert ["20261101123456"] == piped[0]["triage"]["facts"]["order_numbers"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("ticket", "20261123-9999"), 2, "no such ticket"),
        (("draft", "7"), 2, "no such draft"),
        (("draft", "7", "approve"), 2, "no such draft"),
        (("ticket", "20261123-9999", "dance"), 2, "no such ticket"),
        (("run", "sleep"), 2, "known parts"),
        (("once", "--now", "noon"), 2, "write a time"),
        (("aside", "retry", "3"), 2, "no such mail"),
        (("templates", "approve", "complaint", "--as", "amy"), 2, "only automatic mails"),
        (("agents", "add", "bob"), 2, "password"),
        (("agents", "add", "bob", "--department", "logistic"), 2, "known: service, product, logistics"),
        (("agents", "change", "bob", "--role", "admin"), 2, "no agent bob"),
        (("agents", "change", "bob"), 2, "say what to change"),
        (("agents", "dance"), 2, "known: list, add, change"),
        (("tickets", "--state", "asleep"), 2, "known: pending"),
        (("db", "backup"), 2, "name a file"),
        (("tickets", "--config", "none.toml"), 2, "no such file"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_with_its_remedy(
    shop: tuple[MailWorld, Callable[..., Done]],
    words: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    _, mailbot = shop

    done = mailbot(*words)

    assert (code, "") == (done.returncode, done.stdout)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_an_agent_who_is_not_there_or_not_a_supervisor_cannot_act(
    shop: tuple[MailWorld, Callable[..., Done]],
) -> None:
    _, mailbot = shop
    mailbot("agents", "add", "amy", stdin="long enough 42\n")
    mailbot("agents", "add", "sue", "--role", "supervisor", stdin="long enough 43\n")

    nobody = mailbot("templates", "approve", "acknowledgement", "--as", "zoe")
    agent = mailbot("templates", "approve", "acknowledgement", "--as", "amy")
    supervisor = lines(mailbot("templates", "approve", "acknowledgement", "--as", "sue", "--json"))

    assert (2, 2) == (nobody.returncode, agent.returncode)
    assert "no such agent" in nobody.stderr
    assert "supervisor" in agent.stderr
    assert {"sue"} == {each["approved_by"] for each in supervisor if each["template"] == "acknowledgement"}


def test_an_agent_is_added_changed_and_listed_with_mailbox_and_department(
    shop: tuple[MailWorld, Callable[..., Done]],
) -> None:
    _, mailbot = shop
    added = mailbot(
        *("agents", "add", "zhao", "--display", "赵工", "--number", "2001"),
        *("--address", "zhao@shop.example", "--department", "technical"),
        stdin="long enough 42\n",
    )

    changed = mailbot("agents", "change", "zhao", "--department", "logistics", "--role", "supervisor")
    refused = mailbot("agents", "change", "zhao", "--address", "zhao at shop")
    (listed,) = lines(mailbot("agents", "list", "--json"))
    table = mailbot("agents").stdout

    assert (0, 0, 2) == (added.returncode, changed.returncode, refused.returncode)
    assert ("赵工", "2001", "supervisor") == (listed["display_name"], listed["staff_number"], listed["role"])
    assert ("zhao@shop.example", "logistics") == (listed["address"], listed["department"])
    assert "password" not in listed
    assert all(word in table for word in ("zhao@shop.example", "logistics", "赵工"))


def test_a_backup_is_a_whole_database_and_verify_finds_nothing(
    shop: tuple[MailWorld, Callable[..., Done]], tmp_path: Path
) -> None:
    world, mailbot = shop
    world.deliver(OURS, QUESTION.encode())
    mailbot("once")

    copied = mailbot("db", "backup", "copy.db")
    verified = mailbot("db", "verify")

    assert (0, 0) == (copied.returncode, verified.returncode), copied.stderr + verified.stderr
    assert "mails done 1" in verified.stdout
    assert (tmp_path / "copy.db").stat().st_size > 10_000
    assert 0 == (tmp_path / "state" / "mailbot.db").stat().st_mode & 0o077


def test_init_writes_a_configuration_that_check_accepts_and_never_over_an_existing_one(
    shop: tuple[MailWorld, Callable[..., Done]], tmp_path: Path
) -> None:
    world, mailbot = shop
    ends = [f"imap_port={world.imap_port}", f"smtp_port={world.smtp_port}", "imap_host=127.0.0.1"]
    ends += ["smtp_host=127.0.0.1", "imap_security=none", "smtp_security=none", "company=示例电器"]
    answers = [word for end in ends for word in ("--answer", end)]
    options = ("init", "--address", OURS, "--yes", "--password-file", "password", *answers, "--file", "new.toml")

    written = mailbot(*options)
    again = mailbot(*options)
    checked = mailbot("check", "--config", "new.toml")

    assert 0 == written.returncode, written.stderr
    assert 2 == again.returncode
    assert "exists already" in again.stderr
    assert 0 == checked.returncode, checked.stdout + checked.stderr
    assert world.password(OURS) not in (tmp_path / "new.toml").read_text(encoding="utf-8")


def test_init_says_what_a_wrong_password_means_and_writes_nothing(
    shop: tuple[MailWorld, Callable[..., Done]], tmp_path: Path
) -> None:
    world, mailbot = shop
    (tmp_path / "wrong").write_text("not the password")
    ends = [f"imap_port={world.imap_port}", f"smtp_port={world.smtp_port}", "imap_host=127.0.0.1"]
    ends += ["smtp_host=127.0.0.1", "imap_security=none", "smtp_security=none", "company=示例电器"]
    answers = [word for end in ends for word in ("--answer", end)]

    done = mailbot("init", "--address", OURS, "--yes", "--password-file", "wrong", *answers, "--file", "new.toml")

    assert 2 == done.returncode
    assert "bad" in done.stdout
    assert not (tmp_path / "new.toml").exists()


def test_explain_needs_no_configuration(tmp_path: Path) -> None:
    (found,) = lines(run(tmp_path, "explain", "--json", "-", stdin=QUESTION))

    assert ("fault", "zh") == (found["triage"]["category"], found["draft"]["language"])
    assert [] == [each.name for each in tmp_path.iterdir()]
