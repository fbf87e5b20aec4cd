"""The reward of a trial is its objective, such as a validation accuracy."""

from architecto.evaluators.base import Evaluation
from architecto.rewards.base import BaseReward, RewardError

GAINS = ("validation_r2", "validation_loss_reduction")
"""Parts of the error of a guess that a network does without: below 0, it is worse than a guess."""


class ObjectiveReward(BaseReward):
    """An objective in [0, 1], brought to [-1, 1]; of `GAINS`, what is below 0 counts as 0."""

    name = "objective"

    def judge(self, evaluation: Evaluation) -> float:
        """See `BaseReward.judge`."""
        value = evaluation.value
        if value is not None and evaluation.objective in GAINS:
            value = max(value, 0.0)
        if value is None or not 0 <= value <= 1:
            raise RewardError(
                f"got {evaluation.objective} {value}, expected an objective in [0, 1]: "
                "choose a reward that takes it"
            )
        return 2 * value - 1
