"""The documents say what is true: every setting, command, state, rule field and fact stands in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailbot.cli import ORDER, cli
from mailbot.config import mailbox_names, setting_names
from mailbot.core.ticket import STATE_NAMES
from mailbot.core.wording import KNOWN_FACTS, SIGNATURE_FACTS
from mailbot.providers import provider_names
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
README_ZH = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize("text", [README, README_ZH], ids=["en", "zh"])


def commands() -> list[str]:
    return [command.name or "" for command in cli.registered_commands]


@BOTH
def test_every_command_stands_in_the_readme(text: str) -> None:
    assert [] == [name for name in ORDER if f"mailbot {name}" not in text]


def test_the_order_of_help_names_every_command() -> None:
    found = {name or callback for name, callback in _named()}

    assert set(ORDER) == found


def _named() -> list[tuple[str | None, str]]:
    return [(each.name, each.callback.__name__ if each.callback else "") for each in cli.registered_commands]


@BOTH
def test_every_state_stands_in_the_readme(text: str) -> None:
    assert [] == [state for state, name in STATE_NAMES.items() if f"`{state}`" not in text or name not in text]


@BOTH
def test_the_two_commands_come_within_the_first_screen(text: str) -> None:
    first = text.splitlines()[:40]

    assert {"make demo", "make test", "mailbot init", "mailbot run"} <= {
        command
        for command in ("make demo", "make test", "mailbot init", "mailbot run")
        if any(line.startswith(command) for line in first)
    }


def test_every_setting_stands_in_the_reference() -> None:
    settings = {".".join(path) for path, _ in setting_names().values()}
    mailbox = {f"mailbox.{path[0]}" for path, _ in mailbox_names().values()}
    told = settings | mailbox

    missing = [key for key in sorted(told) if f"`{key}`" not in REFERENCE and not key.endswith("_file")]

    assert [] == missing


def test_every_fact_and_provider_stands_in_the_reference() -> None:
    facts = {*KNOWN_FACTS, *SIGNATURE_FACTS}

    assert [] == [fact for fact in sorted(facts) if f"| `{fact}` |" not in REFERENCE]
    assert [] == [name for name in provider_names() if name not in REFERENCE]


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "README.zh-CN.md",
        "CONTRIBUTING.md",
        "docs/flow.md",
        "docs/reference.md",
        "docs/automail.md",
        "docs/customers.md",
        "docs/learning.md",
        "docs/help.md",
    ],
)
def test_every_link_and_named_file_is_there(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    named = [f"mailbot/{each}" for each in re.findall(r"`((?:core|loops|store)/\w+\.py)`", text)]

    missing = [each for each in links if not (path.parent / each).exists()]
    missing += [each for each in named if not (ROOT / each).exists()]

    assert [] == missing


def test_every_dependency_has_a_line_in_the_decisions() -> None:
    decisions = (ROOT / "DECISIONS.md").read_text(encoding="utf-8").lower()
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = project.split("dependencies = [", 1)[1].split("]\n", 1)[0]
    names = re.findall(r'"([a-z0-9-]+)', listed)

    assert 10 <= len(names)
    assert [] == [name for name in names if name.removesuffix("[binary]") not in decisions]


def test_the_locks_name_no_host() -> None:
    for lock in ("requirements.lock", "requirements-test.lock"):
        text = Path(ROOT / lock).read_text(encoding="utf-8")

        assert "--hash=sha256:" in text
        assert "://" not in text
