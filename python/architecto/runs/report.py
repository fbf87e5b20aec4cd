"""The table of the best trials."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from architecto.problems.base import BaseProblem
from architecto.study.study import TrialResult, ranked

WIDE = 80
"""Columns of a terminal from which on answers stand beside the figures, not below them."""


class BestTable:
    """A table of the `n` best complete trials, best first, with whatever metrics they have."""

    def __init__(self, trials: list[TrialResult], problem: BaseProblem, n: int = 5) -> None:
        self._trials, self._problem = ranked(trials)[:n], problem

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        if options.max_width >= WIDE:
            yield _wide(self._trials, self._problem)
        else:
            yield from _narrow(self._trials, self._problem, options.max_width)


def _metrics(trials: list[TrialResult]) -> list[str]:
    """The names of all their metrics, in the order in which evaluations give them, but those that
    an evaluation lists as its fact `unlisted`."""
    found = (trial.evaluation for trial in trials)
    names = (n for e in found for n in e.metrics if n not in e.facts.get("unlisted", ()))
    return list(dict.fromkeys(names))


def _figures(trial: TrialResult, metrics: list[str]) -> list[str]:
    found = trial.evaluation.metrics
    reward = "-" if trial.reward is None else f"{trial.reward:.3f}"
    return [str(trial.number), *(figure(name, found.get(name)) for name in metrics), reward]


def _wide(trials: list[TrialResult], problem: BaseProblem) -> Table:
    """The answer, in the last column, takes what the figures leave and wraps."""
    metrics = _metrics(trials)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("trial", justify="right")
    for name in metrics:
        table.add_column(name.replace("_", "\n"), justify="right")
    table.add_column("reward", justify="right")
    table.add_column(problem.noun, ratio=1, overflow="fold")
    for trial in trials:
        table.add_row(*_figures(trial, metrics), Text(problem.summary(trial.answer)))
    return table


def _narrow(
    trials: list[TrialResult], problem: BaseProblem, width: int
) -> Iterator[RenderableType]:
    """As many of the figures as have room, and the answer below them."""
    metrics = _metrics(trials)
    rows = [_figures(trial, metrics) for trial in trials]
    heads = ["trial", *map(label, metrics), "reward"]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    columns = range(1, len(heads) + 1)
    shown = max(n for n in columns if n == 1 or sum(widths[:n]) + 2 * (n - 1) <= width)

    def line(cells: list[str]) -> Text:
        parts = (f"{cell:>{w}}" for cell, w in zip(cells[:shown], widths, strict=False))
        return Text("  ".join(parts))

    yield line(heads)
    yield Text("─" * width)
    for trial, row in zip(trials, rows, strict=True):
        yield line(row)
        yield Padding(Text(problem.summary(trial.answer)), (0, 0, 0, 7))


def label(metric: str) -> str:
    """What a metric is called where there is little room: `validation` for validation_accuracy."""
    return metric.removesuffix("_accuracy").replace("_", " ")


def objective(metric: str, value: float) -> tuple[str, float]:
    """An objective for a person: an error, which ranks by its negative value, as such."""
    if "_negative_" in metric:
        metric, value = metric.replace("_negative_", "_"), -value
    return label(metric), value


def figure(metric: str, value: float | None) -> str:
    """The value of a metric: accuracies as percentages, counts as they are; `-` for none."""
    if value is None or metric.endswith("accuracy"):
        return percent(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def percent(accuracy: float | None) -> str:
    """An accuracy in [0, 1] as a percentage with two decimals; `-` for none."""
    return "-" if accuracy is None else f"{100 * accuracy:.2f} %"
