"""Random scores: a seeded uniform pick among the candidates. A baseline."""

from __future__ import annotations

import torch
from torch import Tensor

from architecto.scorers.base import BaseScorer


class RandomScorer(BaseScorer):
    """Independent uniform numbers; they depend on (seed, episode, step) and how many there are."""

    name = "random"
    by_text = False

    def __init__(self) -> None:
        self._generator = torch.Generator()
        self.begin_step(0, 0, 0)

    def begin_step(self, seed: int, episode: int, step: int) -> None:
        self._generator.manual_seed(step_seed(seed, episode, step))

    def score(self, task: str, choices: list[str]) -> Tensor:
        return torch.rand(len(choices), generator=self._generator)


def step_seed(*parts: int) -> int:
    """One 63-bit seed from some integers (splitmix64, Steele et al. 2014)."""
    mask = 2**64 - 1
    state = 0
    for part in parts:
        state = (state + part + 0x9E3779B97F4A7C15) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        state ^= state >> 31
    return state >> 1
