"""Several scorers that start from different weights; where they disagree, nothing is sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from architecto.scorers.base import LearningScorer
from architecto.scorers.experience import Experience
from architecto.scorers.guide_settings import GuideSettings
from architecto.scorers.transformer import TransformerScorer

MEMBERS = 3
"""Transformers in an ensemble whose members are not given."""


class EnsembleScorer(LearningScorer):
    """Deep ensemble (Lakshminarayanan et al. 2017).

    members: the scorers, 3 transformers unless given; each is fitted on its own, and all predict in
        the same unit
    seed: the transformers' seeds are `seed`, `seed + 1`, …
    settings: of the fits; the transformers share its tokens
    """

    name = "ensemble"

    def __init__(
        self,
        seed: int = 0,
        members: Sequence[LearningScorer] | None = None,
        settings: GuideSettings | None = None,
    ) -> None:
        settings = settings or GuideSettings()
        share = replace(settings, fit_tokens=max(1, settings.fit_tokens // MEMBERS))
        self._members = members or [
            TransformerScorer(seed=seed + k, settings=share) for k in range(MEMBERS)
        ]
        self.reads_candidates = any(member.reads_candidates for member in self._members)

    @property
    def members(self) -> Sequence[LearningScorer]:
        """The agent walks each episode by the scores of one of them."""
        return self._members

    def score(self, task: str, choices: list[str]) -> Tensor:
        return torch.stack([m.score(task, choices) for m in self.members]).mean(0)

    def fit(self, task: str, experience: Experience) -> dict[str, float]:
        """Fit every member; the metrics are the means of theirs."""
        each = [member.fit(task, experience) for member in self.members]
        return {key: sum(metrics[key] for metrics in each) / len(each) for key in each[0]}

    def predict(self, task: str, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the mixture of the members' predictions."""
        each = [m.predict(task, texts) for m in self.members]
        means = torch.stack([mean for mean, _ in each])  # (K, N)
        variances = torch.stack([std.square() for _, std in each])  # (K, N)
        return means.mean(0), (variances.mean(0) + means.var(0, correction=0)).sqrt()

    @property
    def best(self) -> float:
        return max(member.best for member in self.members)

    def prepare(self) -> None:
        self.members[0].prepare()

    def state_dict(self) -> dict:
        return {"members": [m.state_dict() for m in self.members]}

    def load_state_dict(self, state: dict) -> None:
        for member, its in zip(self.members, state["members"], strict=True):
            member.load_state_dict(its)
