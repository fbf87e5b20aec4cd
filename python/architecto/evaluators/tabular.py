"""Looks results up in a table instead of training: a search at its real size in minutes."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from architecto.evaluators.base import BaseEvaluator, Evaluation, OnEpoch, failed
from architecto.printing import printable

KEY_COLUMN = "arch"
"""The column that names the architecture, as the space's table key writes it."""


class TableError(ValueError):
    """A table that cannot be used; the message is one line."""


@dataclass(frozen=True)
class Table:
    """Two results of each architecture, in the unit of the file: accuracies in percent or
    fractions, or scores of any kind."""

    path: Path
    search: dict[str, float]
    """What the search sees of each architecture (by its key)."""
    report: dict[str, float]
    """What is told of it in the end."""
    worst: float = 0.0
    """What counts as 0 for the reward: 0 of accuracies, else the least of the search column."""
    scale: float = 1.0
    """What counts as 1, above `worst`: 100 (percent) or 1 of accuracies, else the best."""
    word: str = "accuracy"
    """What its results are: accuracy or score."""

    def in_units(self, value: float) -> float:
        """A result as a fraction: of all or, of scores, of the way from the worst to the best."""
        return (value - self.worst) / self.scale

    @property
    def best(self) -> float:
        """The largest value of the report column."""
        return max(self.report.values())


def read(path: str | Path, search_metric: str, report_metric: str) -> Table:
    """Read a CSV file with a column `arch` and the two named columns, higher is better.

    A column with a value above 1 is in percent, and so is the table then. Where a value is below 0
    they are no accuracies but scores: any finite numbers. Raises `TableError`.
    """
    columns: dict[str, dict[str, float]] = {search_metric: {}, report_metric: {}}
    too_large = None  # for an accuracy
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            names = rows.fieldnames or []
            for name in (KEY_COLUMN, *columns):
                if name not in names:
                    known = ", ".join(names) or "none: the file is empty"
                    raise TableError(f"{path} has no column {name!r}; its columns are {known}")
            for row in rows:
                key = row[KEY_COLUMN]
                if key in columns[search_metric]:
                    raise TableError(f"{path} line {rows.line_num}: a second row of {key}")
                for name, values in columns.items():
                    where = f"{path} line {rows.line_num}, {name}"
                    values[key] = _number(row[name], where)
                    if values[key] > 100 and too_large is None:
                        too_large = _no_accuracy(row[name], where)
    except OSError as error:
        raise TableError(f"cannot read the table {path}: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{path} is not a CSV file in UTF-8: {error}") from None
    if not columns[search_metric]:
        raise TableError(f"{path} has no rows")
    search, report = columns[search_metric], columns[report_metric]
    if min(min(values.values()) for values in columns.values()) < 0:
        worst = min(search.values())
        return Table(
            Path(path), search, report, worst, max(search.values()) - worst or 1.0, "score"
        )
    if too_large is not None:
        raise too_large
    largest = max(max(values.values()) for values in columns.values())
    return Table(Path(path), search, report, scale=100.0 if largest > 1 else 1.0)


def _number(text: str | None, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _no_accuracy(text, where)
    return value


def _no_accuracy(text: str | None, where: str) -> TableError:
    return TableError(
        f"{where}: got {text!r}, expected an accuracy from 0 to 100 (or to 1), or in a column with "
        "numbers below 0 any number"
    )


class TabularEvaluator(BaseEvaluator):
    """The search metric is the validation accuracy (or score), the report metric that of the test.

    There is no loss curve, so the reward is that of the objective.
    """

    def __init__(self, table: str, search_metric: str, report_metric: str) -> None:
        self.table = read(table, search_metric, report_metric)
        self.objective = f"validation_{self.table.word}"

    def evaluate(
        self,
        architecture: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """See `BaseEvaluator.evaluate`; `facts` must hold `table_key`. Nothing is trained."""
        key = facts.get("table_key")
        if key not in self.table.search:
            shown = printable(key or "a space without keys")
            return failed(f"{self.table.path.name} has no row of {shown}")
        metrics: dict[str, float] = {
            self.objective: self.table.in_units(self.table.search[key]),
            f"test_{self.table.word}": self.table.in_units(self.table.report[key]),
        }
        if "parameters" in facts:
            metrics["parameters"] = facts["parameters"]
        return Evaluation("complete", metrics=metrics)
