"""What a reward is: a judgement of an evaluation. One of a user's own is one function in a file

    def cheap(evaluation):
        return evaluation.value - evaluation.metrics["parameters"] / 1e6

or a subclass of `BaseReward`, where it has settings of its own.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

from architecto.catalogue import CatalogueError
from architecto.evaluators.base import Evaluation
from architecto.printing import one_line

FAILED = -1.0
"""Reward of an evaluation that failed."""


class RewardError(CatalogueError):
    """There is no such reward, or it gave nothing that can be used; the message is one line."""


class BaseReward(ABC):
    """Base class of rewards. ``name`` is shown in messages; the class's where there is none."""

    name: str = ""

    @abstractmethod
    def judge(self, evaluation: Evaluation) -> float:
        """The reward of a complete evaluation, in [-1, 1]: a function of it and of nothing else.

        A failed one gets -1 without being asked about. It may raise RewardError where the
        evaluation lacks what it needs.
        """


class FunctionReward(BaseReward):
    """A plain function from an Evaluation to a number in [-1, 1]."""

    def __init__(self, function: Callable[[Evaluation], float]) -> None:
        self.name = function.__name__
        self._function = function

    def judge(self, evaluation: Evaluation) -> float:
        return self._function(evaluation)


def judged(reward: BaseReward, evaluation: Evaluation) -> float | None:
    """The reward of an evaluation, None where it is not to be judged (the machine failed).

    The one place where a reward is called; raises RewardError where it raises, or gives no number
    in [-1, 1].
    """
    if not evaluation.judged:
        return None
    if evaluation.status != "complete":
        return FAILED
    name = reward.name or type(reward).__name__
    try:
        value = float(reward.judge(evaluation))
    except CatalogueError as error:
        raise RewardError(f"reward {name}: {error}") from None
    except Exception as error:
        raise RewardError(f"reward {name} raised {one_line(error)}") from error
    if not (math.isfinite(value) and -1 <= value <= 1):
        raise RewardError(f"reward {name}: got {value}, expected a number in [-1, 1]")
    return value
