"""Does the search learn? `make bench-search`, with SEEDS=, EVALUATIONS=, SCORER=, TABLE=, RUNS=, ….

Each scorer searches a table of results with the real system (`architecto bench-search --help`),
10 seeds of 200 evaluations unless told otherwise. For the tables below the mean regrets of other
searchers stand beside it, if search and report metric are the one that is named there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from architecto.evaluators import tabular

Regrets = dict[str, tuple[float, ...]]
"""Mean regret of each searcher at 50, 100 and 200 evaluations, in the unit of the table."""


@dataclass(frozen=True)
class Known:
    """A table that others searched: so many rows, the best value of `metric`, what they came to."""

    rows: int
    best: float
    metric: str
    others: Regrets


TABLES = {
    "NAS-Bench-201, CIFAR-10: test accuracy in percent after 200 epochs, 500 seeds": Known(
        15625,
        94.3733,
        "test_200_epochs",
        {
            "random search": (0.69, 0.53, 0.40),
            "REINFORCE": (0.66, 0.49, 0.34),
            "regularized evolution": (0.49, 0.24, 0.08),
            "TPE (Optuna)": (0.27, 0.091, 0.011),
            "local search": (0.19, 0.063, 0.003),
            "Gaussian process": (0.060, 0.005, 0.0),
        },
    ),
    "HPOLib, slice localization: -log10 of the validation error": Known(
        62208,
        3.7176,
        "score",
        {
            "random search": (0.48, 0.37, 0.27),
            "regularized evolution": (0.24, 0.072, 0.021),
            "local search": (0.14, 0.052, 0.022),
            "Gaussian process": (0.077, 0.029, 0.005),
        },
    ),
    "HPOLib, protein structure: -log10 of the validation error": Known(
        62208,
        0.6549,
        "score",
        {
            "regularized evolution": (0.031, 0.008, 0.002),
            "local search": (0.030, 0.007, 0.002),
        },
    ),
}
METRICS = {"nas-bench-201": "test_200_epochs", "fc-net": "score"}
"""The metric of a space's tables, where none is given."""


def ask(name: str, default: str) -> str:
    """A variable of make; an empty one is none."""
    return os.environ.get(name) or default


def others(table: str, search_metric: str, report_metric: str) -> Regrets:
    """The other searchers, if it is a table of theirs, by its rows and best one, and metric."""
    if search_metric != report_metric:
        return {}
    found = tabular.read(table, search_metric, report_metric)
    seen = (len(found.report), round(found.best, 4), search_metric)
    for known in TABLES.values():
        if seen == (known.rows, known.best, known.metric):
            return known.others
    return {}


def main() -> int:
    table = ask("TABLE", "../shared/nas-bench-201/cifar10.csv")
    space = ask("SPACE", "nas-bench-201")
    metric = ask("SEARCH_METRIC", METRICS.get(space, METRICS["nas-bench-201"]))
    metrics = (metric, ask("REPORT_METRIC", metric))
    scorers = ask("SCORER", "random bag transformer").split()
    if not Path(table).is_file():
        print(
            f"bench-search: there is no table {table}; give a CSV file with the columns arch and "
            f"{metrics[0]}: make bench-search TABLE=PATH",
            file=sys.stderr,
        )
        return 2
    lines: list[str] = []
    for scorer in scorers:
        print(f"\n{scorer}", flush=True)
        command = [sys.executable, "-m", "architecto", "bench-search", "--table", table]
        command += ["--search-metric", metrics[0], "--report-metric", metrics[1]]
        command += ["--scorer", scorer, "--space", space]
        command += ["--seeds", ask("SEEDS", "10"), "--evaluations", ask("EVALUATIONS", "200")]
        if ask("RUNS", ""):
            command += ["--runs", str(Path(ask("RUNS", "")) / Path(scorer).name)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        print(done.stdout, end="")
        if done.returncode:
            return done.returncode
        lines.append(done.stdout.splitlines()[-1])
    ours = [dict(pair.split("=", 1) for pair in line.split()) for line in lines]
    Console(width=80).print(compare(ours, others(table, *metrics)))
    print(*lines, sep="\n")
    return 0


def compare(ours: list[dict[str, str]], others: Regrets) -> Table:
    """The regrets of our scorers and of the others in one table."""
    columns = [name.removeprefix("regret@") for name in ours[0] if name.startswith("regret@")]
    grid = Table("mean regret", *columns, "CPU s an evaluation", box=None)
    for name, regrets in others.items():
        at = dict(zip(("50", "100", "200"), regrets, strict=True))
        grid.add_row(name, *(f"{at[n]:.3f}" if n in at else "" for n in columns), "")
    for row in ours:
        told = (f"{float(row[f'regret@{n}']):.3f}" for n in columns)
        grid.add_row(row["scorer"] + " (ours)", *told, row["cpu_s_per_evaluation"])
    return grid


if __name__ == "__main__":
    sys.exit(main())
