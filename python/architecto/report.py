"""The table of the best trials."""

from rich import box
from rich.table import Table
from rich.text import Text

from architecto import architecture
from architecto.study import TrialResult, ranked


def best_table(trials: list[TrialResult], n: int = 5) -> Table:
    """A table of the `n` best complete trials, best first, by validation accuracy.

    Made for terminals of 80 columns and more: the architecture, in the last column, takes what the
    figures leave and wraps.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("trial", justify="right")
    table.add_column("validation\naccuracy", justify="right")
    table.add_column("test\naccuracy", justify="right")
    table.add_column("parameters", justify="right")
    table.add_column("reward", justify="right")
    table.add_column("architecture", ratio=1, overflow="fold")
    for trial in ranked(trials)[:n]:
        evaluation = trial.evaluation
        table.add_row(
            str(trial.number),
            percent(evaluation.validation_accuracy),
            percent(evaluation.test_accuracy),
            f"{evaluation.parameters:,}" if evaluation.parameters is not None else "-",
            f"{evaluation.reward:.3f}",
            Text(short(trial.architecture)),
        )
    return table


def percent(accuracy: float | None) -> str:
    """An accuracy in [0, 1] as a percentage with two decimals; `-` for none."""
    return "-" if accuracy is None else f"{100 * accuracy:.2f} %"


def short(text: str) -> str:
    """The summary of an architecture text, or the text itself if it is none."""
    try:
        return architecture.summary(architecture.parse(text))
    except architecture.ArchitectureError:
        return text
