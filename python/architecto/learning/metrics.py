"""`metrics.jsonl` in a run's directory: what was learned, one line after each fit.

| name | meaning |
|---|---|
| `fit` | number of the fit, from 1 on |
| `trials` | rewards that it learned from; those of a warm start's earlier run count |
| `episode` | latest episode before it |
| `scorer` | who was fitted |
| `seconds` | that it took |
| `epsilon` | rate of random episodes from now on |
| `correlation` | rank correlation (Spearman) of predicted with found reward, over the trials that \
the scorer chose; each prediction is that of its proposal, when its reward was not known. 1: the \
scorer ranks answers as they turn out; 0: it knows nothing; null: fewer than 3 such trials, or all \
alike |
| `compared` | trials in `correlation` |
| `loss` | mean Huber loss of the gradient steps, in standard deviations of the reward |
| `steps` | gradient steps |
| `complete`, `partial` | texts of answers, and of choices on the way, to learn from |
| `likelihood` | log marginal likelihood of the posterior, a target: higher is better, −1.42 is \
what knowing nothing of standardised rewards gives |

The last four are those of networks; a scorer of another kind gives its own. An ensemble's are means
of its members'.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from architecto import json_lines

METRICS = "metrics.jsonl"
"""The file in the run directory."""
FEWEST = 3
"""Pairs below which a rank correlation is not worth a number."""

log = logging.getLogger("architecto.learning.metrics")


class MetricsFile:
    """Appends lines. A fit that a restarted agent does again is known by its number, and its line
    is not written twice. ``last`` is the number of the latest fit in the file."""

    def __init__(self, path: Path, say: Callable[[str], None] = log.warning) -> None:
        """Nothing is made before the first line; ``say`` is told of what cannot be read."""
        self._path = path
        json_lines.cut_half_line(path)
        bad: list[int] = []
        self.last = max(
            (line.get("fit", 0) for _, _, line in json_lines.read(path, bad)), default=0
        )
        json_lines.set_aside(path, bad, say)

    def write(self, line: dict[str, Any]) -> None:
        """Append the line of a fit; what is no finite number becomes null, as JSON has no other."""
        if line["fit"] > self.last:
            self.last = line["fit"]
            json_lines.write(self._path, {name: _finite(value) for name, value in line.items()})


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's; None where there are fewer than three pairs or one side is constant."""
    columns = list(zip(*pairs, strict=True))
    if len(pairs) < FEWEST or any(len(set(column)) == 1 for column in columns):
        return None
    return float(spearmanr(*columns).statistic)


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
