"""The reward of a trial: how far the training loss fell below chance, read off a fitted curve.

Losses are measured in units of L0, the loss of a guess that does not look at the input: ln(classes)
for the cross-entropy of a uniform one, ln(words) for the next token, ln 2 for each label, and 1 for
the squared error of standardised targets, which is that of predicting the mean. With
y_0 = 1 and y_i = min(loss_i / L0, 3), a curve f with f(0) = 1 is fitted to the points (i/N, y_i);
the reward is the mean of its gradient over the run, negated:

    reward = -(f(1) - f(0)) / (1 - 0) = 1 - f(1), clipped to [-1, 1]

so 1 is a loss of 0 at the end, 0 is chance, and a loss that rises above chance is negative; of a
regression it is about the R2 of the training part. The
fit, rather than the last loss, keeps the noise of single batches out of the reward.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from architecto.evaluators.base import Evaluation
from architecto.rewards.base import FAILED, BaseReward, RewardError

CEILING = 3.0
"""Losses above `CEILING` times L0 count as `CEILING` times L0."""

Floats: TypeAlias = NDArray[np.float64]


class LossCurveReward(BaseReward):
    """Needs the curve `training_loss`, one loss a batch, and the fact `chance_loss`, L0."""

    name = "loss-curve"

    def judge(self, evaluation: Evaluation) -> float:
        """See `BaseReward.judge`."""
        losses, chance = evaluation.curves.get("training_loss"), evaluation.facts.get("chance_loss")
        if losses is None or chance is None:
            missing = "curve training_loss" if losses is None else "fact chance_loss"
            raise RewardError(f"the evaluation has no {missing}: choose another reward")
        return loss_curve_reward(losses, chance)


def loss_curve_reward(losses: Sequence[float], chance: float) -> float:
    """Returns the reward in [-1, 1] of a run with these per-batch training losses, in order.

    The curve is an exponential or a power law of the batch number, both with an asymptote,
    whichever leaves the smaller squared error:

        f(t) = 1 + a (1 - exp(-k t))        f(t) = 1 + a (1 - (1 + N t)^-p)

    Infinite losses, NaN, or no losses at all give -1. `chance` is L0, above 0.
    """
    if not 0 < chance < np.inf:
        raise ValueError(f"the loss of chance must be above 0, got {chance}")
    y = np.asarray(losses, dtype=np.float64)
    if y.size == 0 or not np.isfinite(y).all():
        return FAILED
    y = np.clip(y / chance, 0.0, CEILING)
    t = np.arange(1, y.size + 1) / y.size
    n = float(y.size)
    fits = [
        _fit(lambda t, k: -np.expm1(-k * t), t, y, slowest=1e-2, fastest=n * 10),
        _fit(lambda t, p: -np.expm1(-p * np.log1p(n * t)), t, y, slowest=1e-2, fastest=10.0),
    ]
    _, final = min(fits)
    return float(np.clip(1.0 - final, -1.0, 1.0))


def _fit(
    fall: Callable[[Floats, float], Floats], t: Floats, y: Floats, slowest: float, fastest: float
) -> tuple[float, float]:
    """Fits f(t) = 1 + a fall(t, rate) by least squares; returns (squared error, f(1)).

    `fall` rises from 0 at t = 0. For a given rate the best `a` is known in closed form, so only the
    rate is searched: over a grid of its logarithm, then between the neighbours of the best point.
    `a` is kept where the asymptote is at least 0 and f(1) at most `CEILING`, the range of y.
    """

    def solve(log_rate: float) -> tuple[float, float]:
        shape = fall(t, float(np.exp(log_rate)))
        a = float(shape @ (y - 1.0)) / float(shape @ shape)
        a = float(np.clip(a, -1.0, (CEILING - 1.0) / shape[-1]))
        residuals = y - 1.0 - a * shape
        return float(residuals @ residuals), 1.0 + a * float(shape[-1])

    grid = np.linspace(np.log(slowest), np.log(fastest), 40)
    best = int(np.argmin([solve(log_rate)[0] for log_rate in grid]))
    around = (grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(lambda log_rate: solve(log_rate)[0], bounds=around, method="bounded")
    return min(solve(float(grid[best])), solve(float(found.x)))
