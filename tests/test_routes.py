"""`mailbot check` finds routes and owners that lead nowhere, before a ticket is lost on the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailbot.check import Verdict, check
from mailbot.config import Config
from mailbot.store import people
from mailbot.store.engine import Engine
from tests.conftest import MONDAY, ROOT

Look = Callable[[], list[Verdict]]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the packaged rules, to be edited."""
    folder = tmp_path / "rules"
    shutil.copytree(ROOT / "rules", folder)
    return folder


@pytest.fixture
def look(make_config: Callable[..., Config], database_url: str, rules: Path) -> Look:
    """What the check says about rules and agents, the good words left out."""
    config = make_config(database={"url": database_url})
    config = replace(config, paths=replace(config.paths, rules=rules))

    def found() -> list[Verdict]:
        verdicts = check(config, MONDAY, offline=True)
        return [each for each in verdicts if each.what in ("rules", "agents") and each.level != "ok"]

    return found


def add(url: str, name: str, **over: Any) -> int:
    engine = Engine(url)
    given = {"display_name": name, "staff_number": "", "role": "agent", "password": "-", "created_at": MONDAY}
    with engine.write() as tx:
        agent_id = people.add(tx, {"name": name, "address": "", "department": "", **given, **over})
    engine.dispose()
    return agent_id


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


EVERYBODY = ("after_sales", "finance", "logistics", "order_desk", "product", "sales", "service", "technical")


def test_departments_with_people_need_no_word(look: Look, database_url: str, rules: Path) -> None:
    for code in EVERYBODY[:-1]:
        add(database_url, f"of_{code}", department=code)
    add(database_url, "zhao")
    head, technical, tail = (rules / "departments.toml").read_text(encoding="utf-8").partition("[technical]")
    tail = tail.replace("owners = []", 'owners = ["zhao"]', 1)
    (rules / "departments.toml").write_text(head + technical + tail, encoding="utf-8")

    assert [] == look()


def test_departments_without_people_are_named_in_one_warning(look: Look, database_url: str) -> None:
    add(database_url, "zhao", department="technical")

    (verdict,) = look()

    assert ("agents", "warn") == (verdict.what, verdict.level)
    assert ", ".join(EVERYBODY[:-1]) in verdict.text
    assert "technical" not in verdict.text
    assert "mailbot agents change NAME --department" in verdict.remedy


def test_a_route_without_a_department_is_bad(look: Look, rules: Path) -> None:
    edit(rules / "categories" / "enquiry-price.toml", 'route = "sales"', 'route = "shop_floor"')

    (verdict,) = [each for each in look() if each.level == "bad"]

    assert "rules/categories/enquiry-price.toml: route: there is no department shop_floor" in verdict.text
    assert "sales" in verdict.remedy


def test_an_owner_who_is_no_active_agent_is_a_warning(look: Look, database_url: str, rules: Path) -> None:
    left = add(database_url, "zhao", department="technical")
    add(database_url, "qian", department="old_desk")
    engine = Engine(database_url)
    with engine.write() as tx:
        people.disable(tx, left, MONDAY)
    engine.dispose()
    edit(
        rules / "departments.toml",
        "owners = []\nurgent = []\n\n[finance]",
        'owners = ["qian"]\nurgent = ["zhao"]\n\n[finance]',
    )

    first, second, last = look()

    assert "technical.urgent: zhao is no active agent" in first.text
    assert "qian belongs to the department old_desk" in second.text
    assert "mailbot agents change qian --department CODE" in second.remedy
    assert "technical" not in last.text  # qian owns it, wherever qian belongs
    assert {"warn"} == {first.level, second.level, last.level}
