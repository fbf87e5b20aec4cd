"""Any function as a scorer: what a notebook needs to try an idea in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from architecto.scorers.base import BaseScorer


class FunctionScorer(BaseScorer):
    """``f(task, choices)`` gives one number a choice: a list, an array or a tensor.

    It is called with all candidates of a step, whose scores it may compare, so nothing is kept by
    text.
    """

    by_text = False

    def __init__(self, function: Callable[[str, list[str]], Any]) -> None:
        self.name = getattr(function, "__name__", type(function).__name__).strip("<>")
        self._function = function

    def score(self, task: str, choices: list[str]) -> Tensor:
        return self._function(task, choices)
