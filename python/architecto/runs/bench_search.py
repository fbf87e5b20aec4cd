"""How soon does a scorer find good architectures? Whole runs on a table of results, many seeds.

The runs are those of `python -m architecto run --table`: engine, bridge, agent and workers are the
real ones, only the training is looked up. Nothing here imports torch.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from architecto.evaluators.tabular import Table, read
from architecto.runs import configuration
from architecto.runs.configuration import Configuration, ConfigurationError
from architecto.study.study import JOURNAL, Study, TrialResult

CHECKPOINTS = (10, 25, 50, 100, 150, 200)
"""Evaluations at which the regret is told."""


class BenchFailed(RuntimeError):
    """A run did not come to its end; the message is one line."""


@dataclass(frozen=True)
class SeedResult:
    """One run. `regrets[n - 1]` is the regret after n evaluations, in the unit of the table."""

    regrets: list[float]
    cpu_s: float
    """CPU seconds of all its processes, start and end included."""
    wall_s: float

    def regret(self, evaluations: int) -> float:
        """After so many evaluations, or after the last one of an exhausted space."""
        return self.regrets[min(evaluations, len(self.regrets)) - 1]

    def until_optimum(self, evaluations: int) -> int:
        """Evaluations until the regret is 0; one more than there were if it never is."""
        return next((n for n, r in enumerate(self.regrets, 1) if r == 0), evaluations + 1)


def regrets(trials: Sequence[TrialResult], table: Table) -> list[float]:
    """Best of the report column minus the incumbent's, after each trial.

    The incumbent is the trial with the best search metric so far, the first of equal ones. Before
    any trial is complete the regret is that of the worst architecture. A failed trial counts as an
    evaluation.
    """
    found: list[float] = []
    best, value = -math.inf, min(table.report.values())
    for trial in trials:
        key = trial.facts.get("table_key")
        if key in table.search and table.search[key] > best:
            best, value = table.search[key], table.report[key]
        found.append(table.best - value)
    return found


def bench(
    settings: Configuration, seeds: int, jobs: int, folder: Path, progress: Progress
) -> list[SeedResult]:
    """Run seeds 0 … `seeds` - 1, `jobs` at a time, in folders of `folder`; their results in order.

    A run that is in the folder already is resumed, or only read if it is done. Raises
    `BenchFailed`, and KeyboardInterrupt; no process is left then.
    """
    task = progress.add_task(settings.scorer, total=seeds * settings.trials)
    runs = Runs(progress, task)
    with ThreadPoolExecutor(jobs) as pool:
        waiting = [
            pool.submit(runs.run, dataclasses.replace(settings, seed=seed), folder / f"seed-{seed}")
            for seed in range(seeds)
        ]
        try:
            return [future.result() for future in waiting]
        except BaseException:
            for future in waiting:
                future.cancel()
            runs.end()
            raise


class Runs:
    """The runs that are at work now."""

    def __init__(self, progress: Progress, task: object) -> None:
        self._progress, self._task = progress, task
        self._processes: set[subprocess.Popen[str]] = set()
        self._ended = Event()
        self._lock = Lock()

    def run(self, settings: Configuration, run_dir: Path) -> SeedResult:
        """Carry out or continue one run and read its result."""
        if not (run_dir / "configuration.json").exists():
            configuration.run_directory(str(run_dir), settings)
        spec = settings.evaluator_spec
        table = read(spec["table"], spec["search_metric"], spec["report_metric"])
        before = _trials(run_dir)
        self._progress.advance(self._task, len(before))  # type: ignore[arg-type]
        if len(before) < settings.trials:
            self._search(settings, run_dir)
        cost = json.loads(_cost_file(run_dir).read_text())
        return SeedResult(
            regrets(_trials(run_dir)[: settings.trials], table), cost["cpu_s"], cost["wall_s"]
        )

    def end(self) -> None:
        """End every run as Ctrl-C does; none begins any more."""
        with self._lock:
            self._ended.set()
            for process in self._processes:
                process.send_signal(signal.SIGINT)

    def _search(self, settings: Configuration, run_dir: Path) -> None:
        command = [sys.executable, "-m", "architecto", "resume", str(run_dir)]
        command += ["--trials", str(settings.trials)]
        began = time.monotonic()
        with self._lock:
            if self._ended.is_set():
                raise BenchFailed("ended")
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,  # a Ctrl-C in the terminal is for us
            )
            self._processes.add(process)
        last = "it printed nothing"
        assert process.stdout is not None
        for line in process.stdout:
            last = line.strip() or last
            if line.startswith("["):  # [12/200] trial 11 …
                self._progress.advance(self._task)  # type: ignore[arg-type]
        with self._lock:
            _, status, usage = os.wait4(process.pid, 0)
            self._processes.discard(process)
        process.returncode = os.waitstatus_to_exitcode(status)
        _add_cost(run_dir, usage.ru_utime + usage.ru_stime, time.monotonic() - began)
        if process.returncode:
            raise BenchFailed(f"the run {run_dir} ended with status {process.returncode}: {last}")


def _trials(run_dir: Path) -> list[TrialResult]:
    if not (run_dir / JOURNAL).exists():
        return []
    study = Study.open(run_dir, read_only=True)
    return sorted(study.trials, key=lambda trial: trial.number)


def _cost_file(run_dir: Path) -> Path:
    return run_dir / "cost.json"


def _add_cost(run_dir: Path, cpu_s: float, wall_s: float) -> None:
    """Add to the cost of a run, which may have been interrupted before."""
    file = _cost_file(run_dir)
    before = json.loads(file.read_text()) if file.exists() else {"cpu_s": 0.0, "wall_s": 0.0}
    file.write_text(
        json.dumps({"cpu_s": before["cpu_s"] + cpu_s, "wall_s": before["wall_s"] + wall_s})
    )


def told_at(evaluations: int) -> list[int]:
    """The evaluations at which the last line tells the regret: 50, 100, 200, and the last one."""
    return sorted({n for n in (50, 100, 200) if n < evaluations} | {evaluations})


def summary_line(scorer: str, results: list[SeedResult], evaluations: int) -> str:
    """The last line of the command: key=value pairs for programs."""

    def mean_at(n: int) -> float:
        return statistics.fmean(r.regret(n) for r in results)

    told = " ".join(f"regret@{n}={mean_at(n):.4f}" for n in told_at(evaluations))
    optimum = statistics.median(r.until_optimum(evaluations) for r in results)
    count = sum(len(r.regrets) for r in results)
    cpu_s = sum(r.cpu_s for r in results) / count
    return (
        f"scorer={scorer} seeds={len(results)} {told} optimum_median={optimum:g} "
        f"cpu_s_per_evaluation={cpu_s:.3f}"
    )


def report(results: list[SeedResult], evaluations: int, console: Console) -> None:
    """Print mean ± standard deviation over the seeds of the regret and of the optimum."""
    grid = Grid(box=None, pad_edge=False)
    grid.add_column("evaluations", justify="right")
    grid.add_column("regret, mean ± std", justify="right")
    for n in CHECKPOINTS:
        if n <= evaluations:
            values = [result.regret(n) for result in results]
            deviation = statistics.stdev(values) if len(values) > 1 else 0.0
            grid.add_row(str(n), f"{statistics.fmean(values):.3f} ± {deviation:.3f}")
    console.print(grid)
    until = [result.until_optimum(evaluations) for result in results]
    shown = ", ".join(str(n) if n <= evaluations else f">{evaluations}" for n in until)
    console.print(f"evaluations until the optimum, by seed: {shown}", soft_wrap=True)
    count = sum(len(result.regrets) for result in results)
    wall = sum(result.wall_s for result in results) / count
    console.print(f"wall seconds per evaluation, all of it search: {wall:.3f}")


@contextmanager
def _folder(kept: str | None) -> Iterator[Path]:
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="architecto-bench-") as temporary:
            yield Path(temporary)
        return
    folder = Path(kept).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot write the runs to {folder}: {error.strerror}") from None
    yield folder


def command(options: argparse.Namespace) -> int:
    """`python -m architecto bench-search`; gives the exit status."""
    settings = Configuration.of(
        space=options.space,
        scorer=options.scorer,
        trials=options.evaluations,
        table=options.table,
        search_metric=options.search_metric,
        report_metric=options.report_metric or options.search_metric,
    )
    configuration.check(settings)
    settings = configuration.absolute(settings)
    settings = configuration.prepared(settings)
    progress = Progress(
        TextColumn("{task.description} evaluations"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    try:
        with _folder(options.runs) as folder, progress:
            results = bench(settings, options.seeds, options.jobs, folder, progress)
    except BenchFailed as error:
        print(f"architecto bench-search: {error}", file=sys.stderr)
        return 1
    console = Console(highlight=False)
    report(results, options.evaluations, console)
    print(summary_line(options.scorer, results, options.evaluations))
    return 0
