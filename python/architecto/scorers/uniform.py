"""Equal scores: the agent takes the candidate with the lowest index. A baseline."""

from __future__ import annotations

import torch
from torch import Tensor

from architecto.scorers.base import BaseScorer


class UniformScorer(BaseScorer):
    """Zero for every choice."""

    name = spec = "uniform"

    def score(self, task: str, choices: list[str]) -> Tensor:
        return torch.zeros(len(choices))
