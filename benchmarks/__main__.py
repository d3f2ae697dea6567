"""python -m benchmarks [NAME ...]: measure, print a table, or JSON with --json. NAME: those of NAMES; default: all."""

from __future__ import annotations

import argparse
import json
import logging
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from benchmarks import intake, learning, search, startup, understanding

NAMES = ("intake", "learning", "search", "startup", "understanding")
TARGETS = {"start": 2.0, "memory": 150.0, "reference": 0.5, "search": 200.0, "correction": 50.0}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; default: all")
    parser.add_argument("--mails", type=int, default=2000, help="in the mailbox (default 2000)")
    parser.add_argument("--searched", type=int, default=500_000, help="mails to search in (default 500,000)")
    parser.add_argument("--runs", type=int, default=1, help="medians of so many (default 1)")
    parser.add_argument("--database", action="append", choices=("sqlite", "postgresql"), help="default: both")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    screen = Console()
    found: dict[str, Any] = {}
    for name in chosen.names or NAMES:
        if name == "intake":
            results = intake.measure(chosen.mails, chosen.runs, chosen.database or ["sqlite", "postgresql"])
            found[name] = intake_rows(results)
            shown = intake_table(found[name])
        elif name == "learning":
            learned, cost = learning.measure()
            found[name] = {"results": [asdict(each) for each in learned], **asdict(cost)}
            shown = learning_table(learned, cost)
        elif name == "search":
            built, answers = search.measure(chosen.searched, chosen.database or ["sqlite", "postgresql"])
            found[name] = search_rows(built, answers)
            shown = search_table(found[name], answers)
        elif name == "understanding":
            shares, cases = understanding.measure()
            understanding.write_page(shares, cases)
            found[name] = [asdict(each) for each in shares]
            shown = understanding_table(found[name])
        else:
            found[name] = asdict(startup.measure(chosen.runs))
            shown = startup_table(found[name])
        if not chosen.json:
            screen.print(shown)
    if chosen.json:
        print(json.dumps(found, ensure_ascii=False))


def understanding_table(rows: list[dict[str, Any]]) -> Table:
    """One line for each half and language."""
    table = Table(title="understanding (shares of 1; docs/understanding.md has the confusions)")
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*(f"{each:.3f}" if isinstance(each, float) else str(each) for each in row.values()))
    return table


def intake_rows(results: list[intake.Result]) -> list[dict[str, Any]]:
    """Each side with its ratio to bare fetching and to the reference line on the same database."""
    bare = next(each.rate for each in results if each.name == "bare fetch")
    lines = {each.database: each.rate for each in results if each.name == "reference line"}
    return [
        {
            "name": each.name,
            "database": each.database,
            "mails": each.mails,
            "mails_per_second": round(each.rate, 1),
            "of_bare_fetch": round(each.rate / bare, 3),
            "of_reference": round(each.rate / lines[each.database], 3) if each.database else None,
        }
        for each in results
    ]


def intake_table(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        "side",
        "database",
        "mails/s",
        "of bare fetch",
        "of the reference line",
        title=f"intake, {rows[0]['mails']} mails",
    )
    for row in rows:
        ratio = "" if row["of_reference"] is None else f"{row['of_reference']:.2f}"
        if row["name"] == "mailbot":
            ratio += f" (target {TARGETS['reference']})"
        table.add_row(
            row["name"], row["database"], f"{row['mails_per_second']:.0f}", f"{row['of_bare_fetch']:.3f}", ratio
        )
    return table


def learning_table(results: list[learning.Result], cost: learning.Cost) -> Table:
    """macro-F1 by labels, model and corrections; the time of one correction below."""
    caption = f"one correction: {cost.median_ms:.1f} ms, slowest {cost.slowest_ms:.1f} ms"
    table = Table(
        *("labels", "model", "a class", "learned", "judged", "macro-F1"),
        title="learning from corrections",
        caption=f"{caption} (target {TARGETS['correction']:.0f} ms)",
    )
    for each in results:
        counts = (str(each.per_class or ""), str(each.learned), str(each.judged))
        table.add_row(each.labels, each.model, *counts, f"{each.macro_f1:.3f}")
    return table


def search_rows(built: list[search.Built], results: list[search.Result]) -> list[dict[str, Any]]:
    """One row a database."""
    of = {each.database: [one for one in results if one.database == each.database] for each in built}
    return [
        {
            **asdict(each),
            **search.summary(of[each.database]),
            "words": {one.words: [one.kind, one.mails_with, statistics.median(one.ms)] for one in of[each.database]},
        }
        for each in built
    ]


def search_table(rows: list[dict[str, Any]], results: list[search.Result]) -> Table:
    table = Table(
        "database", "words", "mails with them", "median ms", "95th ms", title=f"search, {rows[0]['mails']} mails"
    )
    for row in rows:
        for kind in dict.fromkeys(each.kind for each in results):
            some = [each for each in results if each.kind == kind and each.database == row["database"]]
            held = sorted(each.mails_with for each in some)
            took = search.summary(some)
            span = f"{held[0]} to {held[-1]}"
            table.add_row(row["database"], kind, span, f"{took['median_ms']:.1f}", f"{took['p95_ms']:.1f}")
        shown = f"{row['median_ms']:.1f} (target {TARGETS['search']:.0f})"
        table.add_row(row["database"], "all 30", "", shown, f"{row['p95_ms']:.1f}", end_section=True)
    for row in rows:
        said = f"{row['database']}: made in {row['seconds']:.0f} s; a mail is indexed in {row['index_ms']:.2f} ms"
        table.caption = f"{table.caption}\n{said}" if table.caption else said
    return table


def startup_table(found: dict[str, Any]) -> Table:
    table = Table("what", "measured", "target", title="startup")
    table.add_row(
        "first start to first poll (makes the database)", f"{found['first_start']:.2f} s", f"{TARGETS['start']} s"
    )
    table.add_row("later start to first poll", f"{found['later_start']:.2f} s", f"{TARGETS['start']} s")
    table.add_row(
        f"idle memory, RSS of {found['processes']} processes",
        f"{found['rss_mb']:.0f} MB",
        f"{TARGETS['memory']:.0f} MB",
    )
    table.add_row("idle memory, PSS", f"{found['pss_mb']:.0f} MB", "")
    return table


if __name__ == "__main__":
    main()
