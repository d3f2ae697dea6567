"""What goes wrong on the owner's side: `mailbot check` names the file, the key and the remedy, one line each."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mailbot.cli import main
from mailbot.demo.servers import MailWorld
from tests.conftest import ROOT
from tests.loops.line import SUPPORT, as_toml, mailbox
from tests.servers.fixtures import LOOPBACK, Dovecot, free_port

Run = Callable[..., "Ended"]


@dataclass(frozen=True)
class Ended:
    """A command as a person sees it end."""

    status: int
    out: str
    err: str

    def bad_lines(self) -> list[str]:
        """Every bad verdict with its remedy, as one line."""
        joined = self.out.replace("\n     -> ", " -> ")
        return [line for line in joined.splitlines() if line.startswith("bad")]


@pytest.fixture
def mailbot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["mailbot", *words])
        status = 0
        try:
            main()
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return Ended(status, said.out, said.err)

    return run


@pytest.fixture
def table(tmp_path: Path) -> dict[str, Any]:
    """A sound configuration with rules and templates of its own, whose mailbox nobody listens on."""
    for name in ("rules", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    end = {"host": LOOPBACK, "port": free_port(), "security": "none"}
    box = {"name": "support", "address": SUPPORT, "provider": "generic", "username": SUPPORT, "password": "wrong"}
    return {
        "company": {"name": "示例电器"},
        "paths": {"rules": "rules", "templates": "templates", "state": "state"},
        "mailbox": [{**box, "imap": end, "smtp": end}],
    }


@pytest.fixture
def check(mailbot: Run, tmp_path: Path) -> Run:
    def run(table: dict[str, Any], *words: str) -> Ended:
        file = tmp_path / "mailbot.toml"
        file.write_text(as_toml(table), encoding="utf-8")
        file.chmod(0o600)
        return mailbot("check", "--config", str(file), *words)

    return run


def test_a_sound_installation_is_found_sound(check: Run, table: dict[str, Any]) -> None:
    ended = check(table, "--offline")

    assert (0, []) == (ended.status, ended.bad_lines())


# --- the configuration ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "key", "remedy"),
    [
        (lambda table: table["mailbox"][0].pop("address"), "mailbox[0].address", "missing"),
        (lambda table: table["mailbox"][0].update(poll_seconds="often"), "poll_seconds", "number"),
        (lambda table: table["console"].update(listen=8025), "console.listen", "in quotes"),
        (lambda table: table["company"].update(timezone="Asia/Peking"), "company.timezone", "Asia/"),
        (lambda table: table["company"].update(nmae="x"), "company.nmae", "name"),
    ],
    ids=["missing", "number", "text", "zone", "misspelt"],
)
def test_a_wrong_configuration_names_file_key_and_remedy(
    check: Run, table: dict[str, Any], change: Callable[[dict[str, Any]], object], key: str, remedy: str
) -> None:
    table["console"] = {}
    change(table)

    ended = check(table, "--offline")

    assert 2 == ended.status
    (line,) = ended.err.strip().splitlines()
    assert "mailbot.toml" in line
    assert key in line
    assert remedy in line


# --- rules and templates --------------------------------------------------------------------------------------


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_template_of_an_unknown_category(check: Run, table: dict[str, Any], tmp_path: Path) -> None:
    edit(tmp_path / "templates" / "zh" / "enquiry.txt", "Category: enquiry", "Category: enquiries")

    ended = check(table, "--offline")

    assert 1 == ended.status
    (line,) = ended.bad_lines()
    assert "zh/enquiry.txt" in line
    assert "enquiries" in line
    assert "enquiry" in line.partition(" -> ")[2]


def test_a_template_with_an_unknown_placeholder(check: Run, table: dict[str, Any], tmp_path: Path) -> None:
    edit(tmp_path / "templates" / "zh" / "_enquiry.txt", "{{ company_name }}", "{{ compani_name }}")

    ended = check(table, "--offline")

    assert 1 == ended.status
    (line,) = ended.bad_lines()
    assert "zh/_enquiry.txt" in line
    assert "compani_name" in line
    assert "facts a template may use" in line.partition(" -> ")[2]


def test_a_rule_with_a_failing_example(check: Run, table: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "rules" / "categories" / "complaint-attitude.toml"
    edit(file, "true = [", 'true = [\n    "请问怎么清洗滤网?",')

    ended = check(table, "--offline")

    assert 1 == ended.status
    assert any(str(file) in line and "请问怎么清洗滤网" in line and " -> " in line for line in ended.bad_lines())


def test_a_rule_file_that_is_no_toml(check: Run, table: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rules" / "categories" / "complaint-attitude.toml").write_text("name = ", encoding="utf-8")

    ended = check(table, "--offline")

    assert 1 == ended.status
    assert any("complaint-attitude.toml" in line for line in ended.bad_lines())


def test_broken_rules_refuse_a_start(check: Run, mailbot: Run, table: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rules" / "categories" / "complaint-attitude.toml").write_text("name = ", encoding="utf-8")
    check(table, "--offline")

    ended = mailbot("once", "--config", str(tmp_path / "mailbot.toml"))

    assert 2 == ended.status
    assert "complaint-attitude.toml" in ended.err


# --- folders --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["a-file", "/proc/nowhere"])
def test_a_state_folder_that_cannot_be_written(check: Run, table: dict[str, Any], tmp_path: Path, state: str) -> None:
    (tmp_path / "a-file").write_text("in the way")
    table["paths"]["state"] = state
    table["database"] = {"url": f"sqlite:///{tmp_path}/elsewhere.db"}

    ended = check(table, "--offline")

    assert 1 == ended.status
    (line,) = ended.bad_lines()
    assert str(tmp_path / state) in line
    assert "paths.state" in line.partition(" -> ")[2]


def test_a_database_in_an_unwritable_folder(check: Run, mailbot: Run, table: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("in the way")
    table["paths"]["state"] = "a-file"

    ended = check(table, "--offline")
    started = mailbot("once", "--config", str(tmp_path / "mailbot.toml"))

    assert 1 == ended.status
    assert 2 == started.status
    assert str(tmp_path / "a-file") in started.err


# --- logins ---------------------------------------------------------------------------------------------------


def at_dovecot(table: dict[str, Any], server: Dovecot, world: MailWorld, **over: Any) -> dict[str, Any]:
    """The mailbox on a real Dovecot, its replies through the demo's SMTP server."""
    imap = {"host": LOOPBACK, "port": server.imap_port, "security": "none"}
    return {**table, "mailbox": [mailbox(world, **{"imap": imap, **over})]}


@pytest.mark.servers
def test_a_wrong_password(check: Run, table: dict[str, Any], dovecot: Dovecot) -> None:
    with MailWorld([SUPPORT]) as world:
        ended = check(at_dovecot(table, dovecot, world))

    assert 1 == ended.status
    (line,) = ended.bad_lines()
    assert f"{LOOPBACK}:{dovecot.imap_port}" in line
    assert "mailbox.password" in line
    assert "授权码" in line.partition(" -> ")[2]


def test_a_closed_port(check: Run, table: dict[str, Any]) -> None:
    ended = check(table)

    port = table["mailbox"][0]["imap"]["port"]
    assert 1 == ended.status
    imap, smtp = ended.bad_lines()
    assert f"{LOOPBACK}:{port}" in imap
    assert "mailbox.imap.host, imap.port" in imap
    assert "port" in imap.partition(" -> ")[2]
    assert "mailbox.smtp.host, smtp.port" in smtp


@pytest.mark.servers
def test_a_certificate_that_does_not_fit(check: Run, table: dict[str, Any], dovecot: Dovecot) -> None:
    tls = {"host": "localhost", "port": dovecot.imaps_port, "security": "tls"}
    with MailWorld([SUPPORT]) as world:
        ended = check(at_dovecot(table, dovecot, world, imap=tls))

    assert 1 == ended.status
    (line,) = ended.bad_lines()
    assert "certificate of localhost" in line
    assert "mailbox.imap.security" in line
    assert "certificate" in line.partition(" -> ")[2]


# --- one at a time --------------------------------------------------------------------------------------------


def test_a_second_instance_on_sqlite_is_refused(check: Run, table: dict[str, Any], tmp_path: Path) -> None:
    check(table, "--offline")
    words = [sys.executable, "-m", "mailbot", "run", "clock", "--config", str(tmp_path / "mailbot.toml")]
    log = tmp_path / "first.log"
    with log.open("wb") as out:
        first = subprocess.Popen(words, stdout=out, stderr=out, cwd=tmp_path)
    try:
        until = time.monotonic() + 30
        while "mailbot runs" not in log.read_text():
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)

        second = subprocess.run(words, capture_output=True, text=True, timeout=30, cwd=tmp_path, check=False)

        assert 2 == second.returncode
        assert "another mailbot works on this database" in second.stderr
        assert "PostgreSQL" in second.stderr
        assert first.poll() is None
        first.send_signal(signal.SIGTERM)
        assert 0 == first.wait(10)
    finally:
        first.kill()
        first.wait()
