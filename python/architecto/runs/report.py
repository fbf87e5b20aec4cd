"""The table of the best trials."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from architecto.problems.networks import architecture
from architecto.study.study import TrialResult, ranked

WIDE = 80
"""Columns of a terminal from which on architectures stand beside the figures, not below them."""


class BestTable:
    """A table of the `n` best complete trials, best first, by validation accuracy."""

    def __init__(self, trials: list[TrialResult], n: int = 5) -> None:
        self._trials = ranked(trials)[:n]

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        if options.max_width >= WIDE:
            yield _wide(self._trials)
        else:
            yield from _narrow(self._trials, options.max_width)


def _figures(trial: TrialResult) -> tuple[str, str, str, str, str]:
    evaluation = trial.evaluation
    return (
        str(trial.number),
        percent(evaluation.validation_accuracy),
        percent(evaluation.test_accuracy),
        f"{evaluation.parameters:,}" if evaluation.parameters is not None else "-",
        f"{evaluation.reward:.3f}",
    )


def _wide(trials: list[TrialResult]) -> Table:
    """The architecture, in the last column, takes what the figures leave and wraps."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("trial", justify="right")
    table.add_column("validation\naccuracy", justify="right")
    table.add_column("test\naccuracy", justify="right")
    table.add_column("parameters", justify="right")
    table.add_column("reward", justify="right")
    table.add_column("architecture", ratio=1, overflow="fold")
    for trial in trials:
        table.add_row(*_figures(trial), Text(short(trial.architecture)))
    return table


def _narrow(trials: list[TrialResult], width: int) -> Iterator[RenderableType]:
    """As many of the figures as have room, and the architecture below them."""
    heads = ("trial", "validation", "test", "parameters", "reward")
    widths = (5, 10, 7, 10, 6)
    shown = max(n for n in range(1, 6) if n == 1 or sum(widths[:n]) + 2 * (n - 1) <= width)

    def line(cells: tuple[str, ...]) -> Text:
        parts = (f"{cell:>{w}}" for cell, w in zip(cells[:shown], widths, strict=False))
        return Text("  ".join(parts))

    yield line(heads)
    yield Text("─" * width)
    for trial in trials:
        yield line(_figures(trial))
        yield Padding(Text(short(trial.architecture)), (0, 0, 0, 7))


def percent(accuracy: float | None) -> str:
    """An accuracy in [0, 1] as a percentage with two decimals; `-` for none."""
    return "-" if accuracy is None else f"{100 * accuracy:.2f} %"


def short(text: str) -> str:
    """The summary of an architecture text, or the text itself if it is none."""
    try:
        return architecture.summary(architecture.parse(text))
    except architecture.ArchitectureError:
        return text
