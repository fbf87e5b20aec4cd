"""Choices, a decision and small scorers that the tests of explanations share."""

from __future__ import annotations

import torch

from architecto.explain.attribution import Place
from architecto.explain.decisions import Decision
from architecto.runs.configuration import Configuration
from architecto.scorers.base import BaseScorer
from architecto.scorers.transformer import TransformerScorer

TASK = Configuration().sentence


def choice(layers: str) -> str:
    return (
        f"(bind (state ((architecture (input 1 8 8) ({layers} . _.0)) _.1) () () () "
        "((infd _.1 (interval 36 50000))) ()) (conj (relate (activationo _.0))))"
    )


SMALL, LARGE = "(conv2d 1 8 3 1 1)", "(conv2d 1 64 3 1 1)"
DECISION = Decision("engine-0", 1, 0, {1: choice(SMALL), 2: choice(LARGE)}, 2, True, "transformer")


class CountsConvolutions(BaseScorer):
    """Two a convolution, and nothing else matters."""

    name = "counts"

    def score(self, task: str, choices: list[str]) -> torch.Tensor:
        return torch.tensor([2.0 * text.count("conv2d") for text in choices])


def small(cls=TransformerScorer, seed: int = 0):
    return cls(seed=seed, width=16)


def place(*texts: str, picked: int = 0) -> Place:
    return Place(seed=0, episode=1, step=0, candidates=texts, picked=picked)
