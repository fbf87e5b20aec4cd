"""Several networks that start from different weights; where they disagree, nothing is sure."""

from __future__ import annotations

import torch
from torch import Tensor

from architecto.scorers.base import BaseScorer
from architecto.scorers.network import NetworkScorer
from architecto.scorers.transformer import TransformerScorer


class EnsembleScorer(BaseScorer):
    """Deep ensemble (Lakshminarayanan et al. 2017).

    members: the networks, 3 transformers unless given; each is trained on its own
    seed: the members' initial weights come from `seed`, `seed + 1`, …
    """

    name = "ensemble"
    learns = True

    def __init__(self, seed: int = 0, members: list[NetworkScorer] | None = None) -> None:
        self._members = members or [TransformerScorer(seed=seed + k) for k in range(3)]

    @property
    def members(self) -> list[NetworkScorer]:
        """The networks; the agent walks each episode by the scores of one of them."""
        return self._members

    def score(self, task: str, choices: list[str]) -> Tensor:
        return torch.stack([m.score(task, choices) for m in self.members]).mean(0)

    def predict(self, task: str, architectures: list[str]) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the mixture of the members' posteriors."""
        each = [m.predict(task, architectures) for m in self.members]
        means = torch.stack([mean for mean, _ in each])  # (K, N)
        variances = torch.stack([std.square() for _, std in each])  # (K, N)
        return means.mean(0), (variances.mean(0) + means.var(0, correction=0)).sqrt()

    def state_dict(self) -> dict:
        return {"members": [m.state_dict() for m in self.members]}

    def load_state_dict(self, state: dict) -> None:
        for member, its in zip(self.members, state["members"], strict=True):
            member.load_state_dict(its)
