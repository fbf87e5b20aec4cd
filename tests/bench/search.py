"""Does the search learn? `make bench-search`, with SEEDS=, EVALUATIONS=, SCORER=, TABLE=, RUNS=, ….

Each scorer searches a table of results with the real system (`architecto bench-search --help`),
10 seeds of 200 evaluations unless told otherwise. Beside it stand the mean regrets of other
searchers on the same table: NAS-Bench-201 on CIFAR-10, searching and reporting on the test accuracy
after 200 epochs, 500 seeds each.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

OTHERS = {
    "random search": (0.69, 0.53, 0.40),
    "REINFORCE": (0.66, 0.49, 0.34),
    "regularized evolution": (0.49, 0.24, 0.08),
    "TPE (Optuna)": (0.27, 0.091, 0.011),
    "local search": (0.19, 0.063, 0.003),
    "Gaussian process": (0.060, 0.005, 0.0),
}
"""Mean regret at 50, 100 and 200 evaluations, in percent."""


def main() -> int:
    ask = os.environ.get
    table = ask("TABLE", "../shared/nas-bench-201/cifar10.csv")
    scorers = ask("SCORER", "random bag transformer").split()
    if not Path(table).is_file():
        print(
            f"bench-search: there is no table {table}; give a CSV file with the columns arch and "
            "test_200_epochs: make bench-search TABLE=PATH",
            file=sys.stderr,
        )
        return 2
    lines: list[str] = []
    for scorer in scorers:
        print(f"\n{scorer}", flush=True)
        command = [sys.executable, "-m", "architecto", "bench-search", "--table", table]
        command += ["--search-metric", ask("SEARCH_METRIC", "test_200_epochs")]
        command += ["--report-metric", ask("REPORT_METRIC", "test_200_epochs")]
        command += ["--scorer", scorer, "--space", ask("SPACE", "nas-bench-201")]
        command += ["--seeds", ask("SEEDS", "10"), "--evaluations", ask("EVALUATIONS", "200")]
        if ask("RUNS"):
            command += ["--runs", str(Path(ask("RUNS", "")) / Path(scorer).name)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        print(done.stdout, end="")
        if done.returncode:
            return done.returncode
        lines.append(done.stdout.splitlines()[-1])
    compare([dict(pair.split("=", 1) for pair in line.split()) for line in lines])
    print(*lines, sep="\n")
    return 0


def compare(ours: list[dict[str, str]]) -> None:
    """Print the regrets of our scorers and of the others in one table."""
    grid = Table("mean regret", "50", "100", "200", "CPU s an evaluation", box=None)
    for name, regrets in OTHERS.items():
        grid.add_row(name, *(f"{regret:.3f}" for regret in regrets), "")
    for row in ours:
        told = (f"{float(row[f'regret@{n}']):.3f}" for n in (50, 100, 200))
        grid.add_row(row["scorer"] + " (ours)", *told, row["cpu_s_per_evaluation"])
    Console().print(grid)


if __name__ == "__main__":
    sys.exit(main())
