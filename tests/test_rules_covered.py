"""Every rule that is built has a test which carries its number, and every number is a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules import TESTS, Shown, collect, main, marked, missing, read_rules, report, select

COUNTS = {"000": 55, "001": 56, "002": 47, "003": 33, "004": 30}
# What the promises carry out; more is added as it is built.
BUILT = (
    "000-36..000-43",
    "001-07..001-35",
    "001-47..001-56",
    "002-17..002-35",
    "003-09..003-25",
    "004-20..004-30",
)
RULES = read_rules()


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest) -> Shown:
    """What all tests show: those of this run when they are all, else they are collected for it."""
    session, asked = request.session, request.config.option
    here = {item.path for item in session.items}
    if not asked.keyword and not asked.markexpr and here >= set(TESTS.rglob("test_*.py")):
        return marked(session.items)
    found, broken = collect()
    assert () == broken
    return found


def test_the_list_holds_the_221_rules_of_the_five_documents() -> None:
    numbers = [f"{document}-{serial:02}" for document, count in COUNTS.items() for serial in range(1, count + 1)]

    assert 221 == len(numbers)
    assert numbers == list(RULES)
    assert [] == [rule.number for rule in RULES.values() if not rule.text.strip()]


def test_every_marker_names_a_rule(shown: Shown) -> None:
    assert [] == [(number, sorted(tests)) for number, tests in shown.items() if number not in RULES]


@pytest.mark.parametrize("built", BUILT)
def test_every_rule_that_is_built_has_a_test(built: str, shown: Shown) -> None:
    gaps = missing(select([built], RULES), shown)

    assert [] == [f"{rule.number} {rule.text}" for rule in gaps]


SAMPLE = """
import pytest
pytestmark = [pytest.mark.rule("000-01")]
CASES = [pytest.param(n, marks=[pytest.mark.rule(one) for one in rules]) for n, rules in [(1, ["000-03"]), (2, [])]]

@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.rule("000-04")
def test_many(number): ...

@pytest.mark.parametrize("number", CASES)
def test_made(number): ...

@pytest.mark.rule("000-05")
class TestTogether:
    def test_in_a_class(self): ...

@pytest.mark.skip
@pytest.mark.rule("000-06")
def test_not_run(): ...

@pytest.mark.xfail(reason="not built")
@pytest.mark.rule("000-06")
def test_expected_to_fail(): ...

@pytest.mark.skipif(True, reason="no server here")
@pytest.mark.rule("000-07")
def test_run_elsewhere(): ...

@pytest.mark.rule("000-08")
def no_test(): ...
"""


def test_a_rule_counts_the_tests_that_carry_it_wherever_the_marker_stands(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(SAMPLE)
    (tmp_path / "test_broken.py").write_text("import no_such_module_anywhere")

    shown, broken = collect(tmp_path)

    every = {"test_many", "test_made", "TestTogether::test_in_a_class", "test_run_elsewhere"}
    assert {
        "000-01": every,
        "000-03": {"test_made"},
        "000-04": {"test_many"},
        "000-05": {"TestTogether::test_in_a_class"},
        "000-07": {"test_run_elsewhere"},
    } == {number: {test.partition("::")[2] for test in tests} for number, tests in shown.items()}
    assert ["test_broken.py"] == [Path(file).name for file in broken]


@pytest.mark.parametrize(
    ("ranges", "first", "last", "count"),
    [
        ([], "000-01", "004-30", 221),
        (["002"], "002-01", "002-47", 47),
        (["000-36..000-43"], "000-36", "000-43", 8),
        (["001..002"], "001-01", "002-47", 103),
        (["004-30", "000-01", "000-01"], "000-01", "004-30", 2),
    ],
)
def test_rules_are_named_one_by_one_by_range_or_by_document(
    ranges: list[str], first: str, last: str, count: int
) -> None:
    chosen = select(ranges, RULES)

    assert (first, last, count) == (chosen[0].number, chosen[-1].number, len(chosen))


@pytest.mark.parametrize("wrong", ["005", "000-99", "000-3..000-40", "000-40..000-36", "x"])
def test_a_range_that_names_no_rule_is_refused(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([wrong])

    assert 2 == end.value.code
    assert "no such rule" in capsys.readouterr().err


def test_the_report_tells_shown_missing_and_what_is_no_part_of_mail_apart() -> None:
    chosen = select(["000-36..000-38"], RULES)
    found = {"000-36": frozenset({"a", "b"})}

    whole = report(chosen, found).splitlines()
    gaps = report(chosen, found, only_missing=True).splitlines()

    assert [["000-36", "2"], ["000-37", "n/a"], ["000-38", "none"]] == [line.split()[:2] for line in whole[1:4]]
    assert ["rules: 3; shown by tests: 1; no part of mail: 1; missing: 1", "000-38"] == whole[-2:]
    assert ["000-38"] == [line.split()[0] for line in gaps[1:-3]]
