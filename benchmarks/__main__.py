"""python -m benchmarks [intake] [startup]: measure, print a table, or JSON with --json."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import structlog
from rich.console import Console
from rich.table import Table

from benchmarks import intake, startup

NAMES = ("intake", "startup")
TARGETS = {"start": 2.0, "memory": 150.0, "reference": 0.5}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; default: all")
    parser.add_argument("--mails", type=int, default=2000, help="in the mailbox (default 2000)")
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
        else:
            found[name] = asdict(startup.measure(chosen.runs))
            shown = startup_table(found[name])
        if not chosen.json:
            screen.print(shown)
    if chosen.json:
        print(json.dumps(found, ensure_ascii=False))


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
