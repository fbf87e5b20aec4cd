"""Rewards by name, see `architecto.catalogue`: `loss-curve`, `objective`, `my_reward.py:cheap`.

A reward is a function of an Evaluation, applied where trials are recorded. A spec names a class or
a plain function; the group of entry points is `architecto.rewards`. Nothing here imports torch.
"""

from __future__ import annotations

import inspect

from architecto.catalogue import Catalogue
from architecto.rewards.base import FAILED, BaseReward, FunctionReward, RewardError, judged

__all__ = ["CATALOGUE", "FAILED", "BaseReward", "RewardError", "create", "judged"]

CATALOGUE = Catalogue(
    kind="reward",
    group="architecto.rewards",
    base="architecto.rewards.base:BaseReward",
    registered={
        "loss-curve": "architecto.rewards.loss_curve:LossCurveReward",
        "objective": "architecto.rewards.objective:ObjectiveReward",
    },
    error=RewardError,
    functions=True,
)
names = CATALOGUE.names
check = CATALOGUE.check
absolute = CATALOGUE.absolute


def create(spec: str) -> BaseReward:
    """The reward that `spec` names; raises RewardError with one line."""
    found = CATALOGUE.load(spec)
    if not inspect.isclass(found):
        return FunctionReward(found)
    reward: BaseReward = CATALOGUE.construct(found, spec)
    reward.name = reward.name or (spec if spec in CATALOGUE.names() else found.__name__)
    return reward
