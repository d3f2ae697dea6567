"""The labelled mails of tests/labelled: what the rules reach on them stays reached. Of the closed half only totals."""

from __future__ import annotations

import pytest

from benchmarks.understanding import Figures, measure


@pytest.fixture(scope="module")
def reached() -> dict[str, Figures]:
    return {each.half: each for each in measure()[0] if each.language == "all"}


@pytest.mark.rule("000-01")
@pytest.mark.rule("000-02")
@pytest.mark.rule("000-03")
@pytest.mark.rule("000-04")
@pytest.mark.rule("000-05")
@pytest.mark.rule("002-02")
@pytest.mark.rule("002-03")
@pytest.mark.rule("002-04")
@pytest.mark.rule("002-05")
@pytest.mark.parametrize(("half", "least"), [("dev", 0.92), ("blind", 0.60)])
def test_categories(half: str, least: float, reached: dict[str, Figures]) -> None:
    assert reached[half].category_f1 >= least


@pytest.mark.parametrize(("half", "recall", "precision"), [("dev", 0.92, 0.63), ("blind", 0.5, 0.58)])
def test_what_is_urgent(half: str, recall: float, precision: float, reached: dict[str, Figures]) -> None:
    assert reached[half].urgent_recall >= recall
    assert reached[half].urgent_precision >= precision


@pytest.mark.parametrize(("half", "least"), [("dev", 0.985), ("blind", 0.97)])
def test_order_numbers(half: str, least: float, reached: dict[str, Figures]) -> None:
    assert reached[half].orders >= least
