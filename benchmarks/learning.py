"""How far the learner gets with few corrections, on labels the rules do not know, beside a plain linear model.

The mails are those of tests/core/labelled.toml and tests/labelled/dev-*.toml (never blind-*). `desks` gives them the
labels of a company that sorts its mail otherwise: seven desks, one of which takes all English mail, so that no topic
of the rules tells which. `own` keeps the labels of the rules, `policy` all but four topics that this company files
elsewhere: agents confirm and correct one mail after the other, and what mailbot decides (the learner only where it is
trusted) is compared with the rules on mails not yet learned.

The baseline has the same mails and no rules: TF-IDF of character 1-3-grams, multinomial logistic regression.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mailbot.core.learning import BUCKETS, RIPE_CLASS, Lesson, Opinion, Sample, keys_of, sample
from mailbot.core.rules import RuleBook, read_book
from mailbot.learner import Learner, taught
from mailbot.shelf import rule_files

ROOT = Path(__file__).parents[1]
CORRECTIONS = (5, 20)  # per class
SHUFFLES = 5
ENGLISH = 0.6  # share of Latin letters from which the overseas desk takes a mail
DESKS = {
    "parcels": ("logistics_progress", "delivery_late", "logistics_late", "logistics_damage"),
    "money": ("price", "invoice", "refund", "compensation", "cancel"),
    "workshop": ("malfunction", "emergency_repair", "repair", "service_fault", "still_broken"),
    "goods": ("quality", "defect", "mismatch", "exchange", "return"),
    "relations": (
        *("attitude", "slow_response", "after_sales_dispute", "broken_promise", "suggestion", "thanks", "rating"),
    ),
    "advice": ("product_use", "policy", "process", "account_change", "none", "spam"),
}

POLICY = {
    "fault/delivery_late": "complaint/logistics_late",
    "fault/defect": "complaint/quality",
    "request/cancel": "request/refund",
    "complaint/slow_response": "complaint/attitude",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """macro-F1 on mails that were not learned from; means over the shuffles."""

    labels: str
    model: str
    per_class: int
    learned: int
    judged: int
    macro_f1: float


@dataclass(frozen=True)
class Cost:
    """Milliseconds of learning one correction, from its words on, with 8 old ones replayed; median and slowest."""

    median_ms: float
    slowest_ms: float


@dataclass(frozen=True)
class Case:
    text: str
    key: str  # by the labels of the rules
    desk: str
    sample: Sample


def measure(shuffles: int = SHUFFLES) -> tuple[list[Result], Cost]:
    """Both sets of labels, all models; and what a correction costs."""
    book = read_book(rule_files(ROOT / "rules"))
    cases = read_cases(book)
    results = [_desks(cases, book, per, shuffles, model) for per in CORRECTIONS for model in ("mailbot", "linear")]
    results += _own("own", cases, book, shuffles)
    filed = [replace(case, key=POLICY.get(case.key, case.key)) for case in cases]
    results += _own("policy", filed, book, shuffles)
    return results, _cost(cases, book)


def read_cases(book: RuleBook) -> list[Case]:
    """Every labelled mail that may be looked at."""
    whole = tomllib.loads((ROOT / "tests" / "core" / "labelled.toml").read_text("utf-8"))
    rows = [("", text, key) for key, texts in whole.items() for text in texts]
    for path in sorted((ROOT / "tests" / "labelled").glob("dev-*.toml")):
        mails = tomllib.loads(path.read_text("utf-8"))["mail"]
        rows += [(one.get("subject", ""), one["text"], f"{one['category']}/{one['topic']}") for one in mails]
    return [
        Case(f"{subject}\n{text}", key, _desk(key, text), sample(subject, text, book)) for subject, text, key in rows
    ]


def _desk(key: str, text: str) -> str:
    latin = sum(each.isascii() and each.isalpha() for each in text)
    if latin > ENGLISH * len(text):
        return "overseas"
    topic = key.partition("/")[2]
    return next(desk for desk, topics in DESKS.items() if topic in topics)


def _desks(cases: Sequence[Case], book: RuleBook, per: int, shuffles: int, model: str) -> Result:
    labels = sorted({case.desk for case in cases})
    scores, learned, judged = [], 0, 0
    for seed in range(shuffles):
        chosen, rest = _few(cases, per, seed)
        learned, judged = len(chosen), len(rest)
        if model == "mailbot":
            lessons = [(_lesson(n, case.desk), case.sample) for n, case in enumerate(chosen, start=1)]
            learner = Learner(labels, keys_of(book))
            for lesson, one in lessons:
                learner.learn(lesson, one)
            learner.polish()
            said = [learner.opinion(case.sample).key for case in rest]
        else:
            said = _linear(chosen, rest, labels)
        scores.append(macro_f1(zip((case.desk for case in rest), said, strict=True)))
    return Result("desks", model, per, learned, judged, statistics.mean(scores))


def _few(cases: Sequence[Case], per: int, seed: int) -> tuple[list[Case], list[Case]]:
    """So many cases of each desk, and the rest; what is judged is the same for every `per`."""
    mixed = list(cases)
    random.Random(seed).shuffle(mixed)
    taken: Counter[str] = Counter()
    chosen, rest = [], []
    for case in mixed:
        taken[case.desk] += 1
        if taken[case.desk] <= per:
            chosen.append(case)
        elif taken[case.desk] > max(CORRECTIONS):
            rest.append(case)
    return chosen, rest


def _lesson(number: int, key: str, level: str = "normal") -> Lesson:
    return Lesson(number, number, "", "", key, level)


def _own(labels: str, cases: Sequence[Case], book: RuleBook, shuffles: int) -> list[Result]:
    """Half of all mails are confirmed or corrected, the other half judged by what mailbot would decide then."""
    found: dict[str, list[float]] = {"rules": [], "mailbot": [], "learner alone": []}
    half = len(cases) // 2
    for seed in range(shuffles):
        mixed = list(cases)
        random.Random(seed).shuffle(mixed)
        lessons = [
            (_lesson(n, case.key, case.sample.priority), case.sample) for n, case in enumerate(mixed[:half], start=1)
        ]
        learner = taught(keys_of(book), lessons)
        opinions = [learner.opinion(case.sample) for case in mixed[half:]]
        truth = [case.key for case in mixed[half:]]
        said: dict[str, Callable[[Case, Opinion], str]] = {
            "rules": lambda case, _: case.sample.rules,
            "mailbot": _decided,
            "learner alone": lambda _, opinion: opinion.key,
        }
        for model, of in said.items():
            answers = [of(case, opinion) for case, opinion in zip(mixed[half:], opinions, strict=True)]
            found[model].append(macro_f1(zip(truth, answers, strict=True)))
    rest = len(cases) - half
    return [Result(labels, model, 0, half, rest, statistics.mean(scores)) for model, scores in found.items()]


def _decided(case: Case, opinion: Opinion) -> str:
    believed = opinion.ripe and opinion.trusted and opinion.seen >= RIPE_CLASS
    return opinion.key if believed and case.sample.rules != "other/spam" else case.sample.rules


def macro_f1(pairs: Iterable[tuple[str, str]]) -> float:
    """The mean over the true labels of F1; pairs are (truth, said)."""
    found = list(pairs)
    hits = Counter(truth for truth, said in found if truth == said)
    true, guessed = Counter(truth for truth, _ in found), Counter(said for _, said in found)
    return statistics.mean(2 * hits[label] / (true[label] + guessed[label]) for label in true)


def _linear(chosen: Sequence[Case], rest: Sequence[Case], labels: Sequence[str]) -> list[str]:
    """TF-IDF of hashed character 1-3-grams, length 1; logistic regression by Adam on all of it, L2 as with C = 10."""
    grams = [case.sample.grams for case in chosen]
    known = sorted({each for one in grams for each in one})
    spread = Counter(each for one in grams for each in one)
    place = np.full(BUCKETS, -1)
    place[known] = np.arange(len(known))
    rarity = np.log((1 + len(grams)) / (1 + np.array([spread[each] for each in known]))) + 1

    def rows(cases: Sequence[Case]) -> Floats:
        table = np.zeros((len(cases), len(known)))
        for n, case in enumerate(cases):
            columns = place[list(case.sample.grams)]
            table[n, columns[columns >= 0]] = 1.0
        table *= rarity
        return np.asarray(table / np.maximum(1e-9, np.linalg.norm(table, axis=1, keepdims=True)))

    truth = np.eye(len(labels))[[labels.index(case.desk) for case in chosen]]
    weights = _fitted(rows(chosen), truth)
    return [labels[int(at)] for at in np.argmax(rows(rest) @ weights, axis=1)]


def _fitted(table: Floats, truth: Floats, steps: int = 300, rate: float = 0.1) -> Floats:
    weights = np.zeros((table.shape[1], truth.shape[1]))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        heights = table @ weights
        shares = np.exp(heights - heights.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = (table.T @ (shares - truth) + 0.1 * weights) / len(table)
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        weights -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    return weights


def _cost(cases: Sequence[Case], book: RuleBook) -> Cost:
    """On a model that knows half of the mails already."""
    half = len(cases) // 2
    learner = taught(keys_of(book), [(_lesson(n, case.key), case.sample) for n, case in enumerate(cases[:half], 1)])
    took = []
    for n, case in enumerate(cases[half : half + 100], start=half + 1):
        began = time.perf_counter()
        learner.learn(_lesson(n, case.key), sample("", case.text, book))
        learner.opinion(case.sample)
        took.append((time.perf_counter() - began) * 1000)
    return Cost(statistics.median(took), max(took))


if __name__ == "__main__":
    from benchmarks.__main__ import main

    main(["learning", *sys.argv[1:]])
