"""The reward of a trial is its objective, such as a validation accuracy."""

from architecto.evaluators.base import Evaluation
from architecto.rewards.base import BaseReward, RewardError


class ObjectiveReward(BaseReward):
    """An objective in [0, 1], brought to [-1, 1]."""

    name = "objective"

    def judge(self, evaluation: Evaluation) -> float:
        """See `BaseReward.judge`."""
        value = evaluation.value
        if value is None or not 0 <= value <= 1:
            raise RewardError(
                f"got {evaluation.objective} {value}, expected an objective in [0, 1]: "
                "choose a reward that takes it"
            )
        return 2 * value - 1
