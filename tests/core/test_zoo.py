"""The zoo: NAME.eml, what must hold of it in NAME.toml, and the draft we would write in NAME.reply.txt.

A bug report becomes files here and no code. `pytest tests/core/test_zoo.py --bless` writes the drafts anew.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from mailbot.core.understand import Border
from mailbot.drafting import Desktop
from mailbot.explaining import explain
from tests.conftest import MAILS, MONDAY

NAMES = sorted(path.stem for path in MAILS.glob("*.eml"))


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_of_the_zoo_is_understood_as_a_careful_person_would(
    name: str, desktop: Desktop, border: Border, request: pytest.FixtureRequest
) -> None:
    raw = (MAILS / f"{name}.eml").read_bytes()
    expected = tomllib.loads((MAILS / f"{name}.toml").read_text(encoding="utf-8"))

    document = explain(raw, name, desktop, border, MONDAY)

    assert [] == list(differences(expected, document, ""))
    check_draft(name, document["draft"], bool(request.config.getoption("--bless")))


def differences(expected: Any, found: Any, where: str) -> Any:
    """Every key of `expected` that is otherwise in `found`; `draft = false` means there is none."""
    if where == ".draft" and expected is False:
        if found is not None:
            yield f"{where}: there must be no draft"
    elif isinstance(expected, dict):
        for key, value in expected.items():
            if not isinstance(found, dict) or key not in found:
                yield f"{where}.{key}: missing"
            else:
                yield from differences(value, found[key], f"{where}.{key}")
    elif expected != found:
        yield f"{where}: expected {expected!r}, found {found!r}"


def check_draft(name: str, draft: dict[str, Any] | None, bless: bool) -> None:
    golden = MAILS / f"{name}.reply.txt"
    if draft is None:
        assert not golden.exists(), "there is a golden reply, but no draft"
        return
    assert [] == [each for each in draft["findings"] if each["level"] == "block"]
    text = f"Subject: {draft['subject']}\n\n{draft['text']}\n"
    if bless:
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text


def test_the_zoo_is_large_and_mostly_chinese(desktop: Desktop, border: Border) -> None:
    languages = [
        explain((MAILS / f"{name}.eml").read_bytes(), name, desktop, border, MONDAY)["mail"]["language"]
        for name in NAMES
    ]

    assert 60 <= len(NAMES)
    assert len(NAMES) / 2 <= languages.count("zh")
