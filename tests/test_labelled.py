"""The labelled mails of tests/labelled: what the rules reach on them stays reached.

Of the closed half only totals are compared, so a failure tells nothing of its mails; of the open half the names are
shown. Floors lie a little below what was reached: they catch a rule that breaks others, not one mail more or less.
"""

from __future__ import annotations

import tomllib
from itertools import islice

import pytest

from benchmarks.understanding import CATEGORIES, LANGUAGES, Case, Figures, confusion, macro_f1, measure
from mailbot.core.rules import RuleBook, match
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def measured() -> tuple[list[Figures], list[Case]]:
    return measure()


@pytest.fixture(scope="module")
def reached(measured: tuple[list[Figures], list[Case]]) -> dict[str, Figures]:
    return {each.half: each for each in measured[0] if each.language == "all"}


@pytest.mark.rule("000-01")
@pytest.mark.rule("000-02")
@pytest.mark.rule("000-03")
@pytest.mark.rule("000-04")
@pytest.mark.rule("000-05")
@pytest.mark.rule("000-06")
@pytest.mark.rule("000-13")
@pytest.mark.rule("002-01")
@pytest.mark.rule("002-02")
@pytest.mark.rule("002-03")
@pytest.mark.rule("002-04")
@pytest.mark.rule("002-05")
@pytest.mark.rule("002-06")
@pytest.mark.parametrize(("half", "least"), [("dev", 0.96), ("blind", 0.70)])
def test_mails_find_their_category(half: str, least: float, reached: dict[str, Figures]) -> None:
    found = reached[half].category_f1

    assert least <= found


@pytest.mark.rule("004-01")
@pytest.mark.parametrize(("half", "least"), [("dev", 0.89), ("blind", 0.57)])
def test_mails_find_their_topic(half: str, least: float, reached: dict[str, Figures]) -> None:
    found = reached[half].topic

    assert least <= found


@pytest.mark.rule("000-14")
@pytest.mark.rule("000-15")
@pytest.mark.rule("000-16")
@pytest.mark.rule("000-20")
@pytest.mark.parametrize(("half", "least"), [("dev", 0.98), ("blind", 0.83)])
def test_what_is_urgent_is_found(half: str, least: float, reached: dict[str, Figures]) -> None:
    found = reached[half].urgent_recall

    assert least <= found


@pytest.mark.rule("000-17")
@pytest.mark.rule("000-18")
@pytest.mark.rule("000-19")
@pytest.mark.parametrize(("half", "least"), [("dev", 0.95), ("blind", 0.76)])
def test_what_is_not_urgent_is_not_called_so(half: str, least: float, reached: dict[str, Figures]) -> None:
    found = reached[half].urgent_precision

    assert least <= found


@pytest.mark.parametrize(("half", "least"), [("dev", 0.99), ("blind", 0.985)])
def test_order_numbers_are_found_and_nothing_else_is_taken_for_one(
    half: str, least: float, reached: dict[str, Figures]
) -> None:
    found = reached[half].orders

    assert least <= found


def test_a_hazard_of_the_open_half_is_always_urgent(measured: tuple[list[Figures], list[Case]]) -> None:
    hazards = [case for case in measured[1] if case.half == "dev" and "hazard" in case.tags]

    missed = [case.name for case in hazards if case.said[2] != "urgent"]

    assert hazards
    assert [] == missed


def test_what_only_looks_urgent_in_the_open_half_is_not(measured: tuple[list[Figures], list[Case]]) -> None:
    near = [case for case in measured[1] if case.half == "dev" and "near-miss" in case.tags]

    called = [case.name for case in near if case.said[2] == "urgent"]

    assert near
    assert [] == called


def test_each_mail_is_counted_once_in_the_confusion_table(measured: tuple[list[Figures], list[Case]]) -> None:
    whole, parts = {}, dict.fromkeys(("dev", "blind"), 0)
    for each in measured[0]:
        if each.language in LANGUAGES:
            parts[each.half] += each.mails
        else:
            whole[each.half] = each.mails

    tables = {half: confusion([case for case in measured[1] if case.half == half]) for half in whole}

    assert whole == parts
    assert whole == {half: sum(map(sum, table)) for half, table in tables.items()}
    assert all(len(CATEGORIES) == len(row) for table in tables.values() for row in table)


def test_the_further_open_mails_keep_what_was_reached(book: RuleBook) -> None:
    mails = tomllib.loads((ROOT / "tests" / "labelled" / "more.toml").read_text("utf-8"))["mail"]

    pairs = []
    for one in mails:
        best = next(islice(match(one["subject"], one["text"], book).candidates, 1), None)
        pairs.append((one["category"], best.category if best else "other"))

    assert 0.8 <= macro_f1(pairs)


def test_macro_f1_weighs_each_label_the_same() -> None:
    rare, common = [("other", "fault")], [("fault", "fault")] * 99

    found = macro_f1([*common, *rare])

    assert 0.49 < found < 0.5
