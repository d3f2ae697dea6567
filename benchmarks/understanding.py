"""How well the rules understand mail: category, topic, priority and order numbers on the labelled mails.

The mails are those of tests/labelled: the open half (dev) was read while rules were written, the closed half (blind)
never; of it only totals are made here, no text and no name. tests/core/labelled.toml, short mails by other hands, is
measured beside them. The confusion table goes to docs/understanding.md.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from mailbot.core.automail import Own
from mailbot.core.mail import Unreadable
from mailbot.core.rules import CATEGORIES, RuleBook, read_book
from mailbot.core.understand import Border, understand
from mailbot.shelf import rule_files

ROOT = Path(__file__).parents[1]
HALVES = ("dev", "blind")
LANGUAGES = ("zh", "en")
BORDER = Border(Own(frozenset({"support@shop.example"}), lambda _: False))
PAGE = ROOT / "docs" / "understanding.md"


@dataclass(frozen=True)
class Case:
    """One labelled mail and what the rules made of it. `name` is for dev only."""

    name: str
    half: str
    language: str
    tags: tuple[str, ...]
    truth: tuple[str, str, str]  # category, topic, priority
    said: tuple[str, str, str]
    orders: frozenset[str]
    orders_said: frozenset[str]


@dataclass(frozen=True)
class Figures:
    """Shares of 1; an average over no mails is 1."""

    half: str
    language: str
    mails: int
    category_f1: float
    category: float
    topic: float
    priority: float
    urgent_recall: float
    urgent_precision: float
    orders: float


def measure(halves: Sequence[str] = HALVES) -> tuple[list[Figures], list[Case]]:
    """Figures of each half, whole and by language, and the cases they come from."""
    book = read_book(rule_files(ROOT / "rules"))
    cases = [case for half in halves for case in read_cases(half, book)]
    found = []
    for half in halves:
        mine = [case for case in cases if case.half == half]
        found.append(figures(half, "all", mine))
        found += [figures(half, each, [case for case in mine if case.language == each]) for each in LANGUAGES]
    return found, cases


def read_cases(half: str, book: RuleBook) -> list[Case]:
    """Every mail of one half, understood from its bytes as one that came in."""
    cases = []
    for path in sorted((ROOT / "tests" / "labelled").glob(f"{half}-*.toml")):
        for one in tomllib.loads(path.read_text("utf-8"))["mail"]:
            raw = _raw(one.get("from_name", ""), one.get("subject", ""), one["text"])
            found = understand(raw, book, BORDER)
            if isinstance(found, Unreadable):
                raise ValueError(f"{path.name}: a mail cannot be read")
            triage, facts = found.triage, found.facts
            cases.append(
                Case(
                    name=one["name"],
                    half=half,
                    language=one["name"].split("-")[1],
                    tags=tuple(one.get("tags", ())),
                    truth=(one["category"], one["topic"], one["priority"]),
                    said=(triage.category, triage.topic, triage.priority),
                    orders=frozenset(one["orders"]),
                    orders_said=frozenset(each.value for each in facts.order_numbers if each.sure),
                )
            )
    return cases


def _raw(name: str, subject: str, text: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f'"{name}" <li.ming@mail.example>' if name else "li.ming@mail.example"
    mail["To"] = "support@shop.example"
    mail["Subject"] = subject
    mail["Date"] = "Mon, 23 Nov 2026 09:00:00 +0800"
    mail["Message-ID"] = "<1@mail.example>"
    mail.set_content(text.strip("\n"))
    return mail.as_bytes()


def figures(half: str, language: str, cases: Sequence[Case]) -> Figures:
    urgent = [case for case in cases if case.truth[2] == "urgent"]
    called = [case for case in cases if case.said[2] == "urgent"]
    both = sum(case.truth[2] == case.said[2] == "urgent" for case in cases)
    return Figures(
        half=half,
        language=language,
        mails=len(cases),
        category_f1=macro_f1((case.truth[0], case.said[0]) for case in cases),
        category=_share(case.truth[0] == case.said[0] for case in cases),
        topic=_share(case.truth[:2] == case.said[:2] for case in cases),
        priority=_share(case.truth[2] == case.said[2] for case in cases),
        urgent_recall=both / len(urgent) if urgent else 1.0,
        urgent_precision=both / len(called) if called else 1.0,
        orders=_share(case.orders == case.orders_said for case in cases),
    )


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """The mean over the true labels of F1; pairs are (truth, said)."""
    found = list(pairs)
    hits = Counter(truth for truth, said in found if truth == said)
    true, guessed = Counter(truth for truth, _ in found), Counter(said for _, said in found)
    return sum(2 * hits[label] / (true[label] + guessed[label]) for label in true) / len(true) if true else 1.0


def _share(verdicts: Iterable[bool]) -> float:
    found = list(verdicts)
    return sum(found) / len(found) if found else 1.0


def confusion(cases: Sequence[Case]) -> list[list[int]]:
    """Rows are the truth, columns what the rules said, both in the order of CATEGORIES."""
    found = Counter((case.truth[0], case.said[0]) for case in cases)
    return [[found[truth, said] for said in CATEGORIES] for truth in CATEGORIES]


def page(found: Sequence[Figures], cases: Sequence[Case]) -> str:
    """docs/understanding.md."""
    lines = [
        "# How well the rules understand mail",
        "",
        "Made by `make bench BENCHES=understanding` (or `python -m benchmarks understanding`) from the labelled",
        "mails of `tests/labelled`. The rules were written with the open half (dev) in view; the closed half (blind)",
        "was never read for them, so its figures say what to expect of new mail. No model is loaded.",
        "",
        "| half | language | mails | category macro-F1 | category | topic | priority | urgent recall | urgent precision"
        " | order numbers exact |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(f"| {each.half} | {each.language} | {each.mails} | {' | '.join(_cells(each))} |" for each in found),
    ]
    for half in dict.fromkeys(case.half for case in cases):
        rows = confusion([case for case in cases if case.half == half])
        lines += [
            "",
            f"## Categories, {half}",
            "",
            "Rows: what a mail is about. Columns: what the rules said.",
            "",
            f"| | {' | '.join(CATEGORIES)} |",
            f"|---|{'---|' * len(CATEGORIES)}",
        ]
        lines += [f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(CATEGORIES, rows, strict=True)]
    return "\n".join(lines) + "\n"


def _cells(each: Figures) -> list[str]:
    shares = (each.category, each.topic, each.priority, each.urgent_recall, each.urgent_precision, each.orders)
    return [f"{share:.3f}" for share in (each.category_f1, *shares)]


def write_page(found: Sequence[Figures], cases: Sequence[Case]) -> None:
    PAGE.write_text(page(found, cases), encoding="utf-8")


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(["understanding", *sys.argv[1:]])
