"""What a person sees of a run: a progress bar on a terminal, plain lines elsewhere, a table."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from architecto.problems.base import BaseProblem
from architecto.runs import report
from architecto.study.study import TrialResult

REFRESH_S = 0.25
"""Seconds between two pictures of the progress bar."""


class Display:
    """Shows the events of a run.

    problem: says an answer in one line; clock: gives seconds
    """

    def __init__(
        self,
        console: Console,
        *,
        trials: int,
        problem: BaseProblem,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console, self.trials, self._clock = console, trials, clock
        self._problem = problem
        self._steps, self._begun, self._drawn = 0, clock(), clock()
        self._best: float | None = None
        self._objective = ""
        self._done = 0
        self._epochs: dict[int, tuple[int, int]] = {}
        """Of each trial that is under way: epochs trained, and of how many."""
        self._newest = ""
        self._below = Text("", no_wrap=True, overflow="ellipsis", style="dim")
        self._live: Live | None = None
        roomy = console.width >= 60
        self._progress = Progress(
            *([TextColumn("trials")] if roomy else []),
            BarColumn(None),
            MofNCompleteColumn(),
            *([TimeElapsedColumn()] if roomy else []),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}"),
            console=console,
            auto_refresh=False,
            expand=True,
            speed_estimate_period=86400,  # epochs count, and may take minutes
        )
        self._task = self._progress.add_task("", total=trials)

    def start(self, finished: list[TrialResult]) -> None:
        """Begin to draw; ``finished`` are the trials of a resumed run."""
        for result in finished:
            self._count(result)
        self._begun = self._clock()
        if self.console.is_terminal:
            self._live = Live(
                Group(self._progress, self._below), console=self.console, auto_refresh=False
            )
            self._live.start()
            self._draw()

    def event(self, kind: str, **facts: Any) -> None:
        """Take up one event of the server or the trials."""
        if kind == "step":
            self._steps += 1
        elif kind == "trial_started":
            self._newest = self._problem.summary(facts["answer"])
            self._epochs[facts["trial"]] = (0, 0)
        elif kind == "progress":
            progress = facts["progress"]
            self._epochs[progress.trial] = (progress.epoch, progress.epochs)
        elif kind == "trial_finished":
            self._count(facts["result"])
            self._epochs.pop(facts["result"].number, None)
            whole = self._live is None  # else the bar shows the best one
            self.say(self._line(facts["result"], best=whole), whole=whole)
        self.refresh()

    def say(self, line: str, *, whole: bool = True) -> None:
        """Print a line above the bar: all of it, or what has room in one line of the terminal."""
        room: dict[str, Any] = (
            {"soft_wrap": True} if whole else {"no_wrap": True, "overflow": "ellipsis"}
        )
        self.console.print(line, highlight=False, markup=False, **room)

    def stop(self) -> None:
        """Leave the terminal as it was found."""
        if self._live:
            self._draw()
            self._live.stop()
            self._live = None

    def table(self, trials: list[TrialResult], run_dir: str, again: str) -> None:
        """Print the best trials, where the run is, and the command that shows them again."""
        if any(trial.evaluation.value is not None for trial in trials):
            self.console.print(report.BestTable(trials, self._problem, n=5))
        else:
            self.say("no trial is complete")
        failed = sum(trial.evaluation.status == "failed" for trial in trials)
        if failed:
            self.say(f"{failed} of {len(trials)} trials failed")
        self.say(f"the run is written to {run_dir}")
        self.say(f"to see it again: {again}")

    def refresh(self) -> None:
        """Draw if it is time to."""
        if self._live and self._clock() - self._drawn >= REFRESH_S:
            self._draw()

    def _count(self, result: TrialResult) -> None:
        self._done += 1
        value = result.evaluation.value
        if value is not None and (self._best is None or value > self._best):
            self._best, self._objective = value, result.evaluation.objective

    @property
    def _shown_best(self) -> str:
        if self._best is None:
            return "–"
        return f"{report.objective(self._objective, self._best)[1]:.3f}"

    def _draw(self) -> None:
        best = self._shown_best
        rate = self._steps / max(self._clock() - self._begun, 1e-9)
        trained = sum(epoch / epochs for epoch, epochs in self._epochs.values() if epochs)
        self._progress.update(
            self._task, completed=self._done + trained, description=f"best {best}"
        )
        at_work = [
            f"trial {trial}" + (f" epoch {epoch}/{epochs}" if epochs else "")
            for trial, (epoch, epochs) in self._epochs.items()
        ]
        self._below.plain = " · ".join([*at_work, f"{rate:.1f} steps/s", self._newest])
        self._drawn = self._clock()
        if self._live:
            self._live.refresh()

    def _line(self, result: TrialResult, *, best: bool) -> str:
        evaluation = result.evaluation
        head = f"[{self._done}/{self.trials}] trial {result.number}"
        if evaluation.value is None:
            return f"{head}  failed: {evaluation.reason}"
        name, value = report.objective(evaluation.objective, evaluation.value)
        parts = [head, f"{name} {value:.3f}"]
        parts += [f"best {self._shown_best}"] if best else []
        parts += [f"reward {result.reward:.3f}"] if result.reward is not None else []
        count = evaluation.metrics.get("parameters")
        parts += [f"parameters {count}"] if count is not None else []
        shown = self._problem.summary(result.answer)
        return "  ".join([*parts, f"{evaluation.seconds:.1f} s", shown])
