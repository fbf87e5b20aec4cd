"""The optimizer of a recipe, and how its learning rate goes from batch to batch."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from architecto.problems.networks.recipe import Recipe

WARM_UP = 0.05
"""Part of one cycle in which the learning rate rises; it is short so that the losses fall from the
start, as the reward's curves do. Then it falls to zero along a cosine."""

MOMENTUM = 0.9
"""Of stochastic gradient descent."""


def create(recipe: Recipe, weights: list[nn.Parameter]) -> torch.optim.Optimizer:
    """AdamW decays weights apart from the gradient (Loshchilov and Hutter, 2019), the others add
    the decay to it."""
    lr, decay = recipe.lr, recipe.weight_decay
    if recipe.optimizer == "adam":
        return torch.optim.Adam(weights, lr=lr, weight_decay=decay, fused=True)
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(weights, lr=lr, momentum=MOMENTUM, weight_decay=decay, fused=True)
    return torch.optim.AdamW(weights, lr=lr, weight_decay=decay, fused=True)


def schedule(recipe: Recipe, optimizer: torch.optim.Optimizer, batches: int) -> LRScheduler:
    """The schedule, stepped after each of `batches` batches."""
    if recipe.schedule == "one-cycle":
        # PyTorch divides by the length of the rise less a batch.
        rise = 0.0 if WARM_UP * batches == 1 else WARM_UP
        return OneCycleLR(
            optimizer,
            max_lr=recipe.lr,
            total_steps=batches,
            pct_start=rise,
            cycle_momentum=recipe.optimizer != "sgd",
        )
    factors: dict[str, Callable[[int], float]] = {
        "cosine": lambda batch: (1 + math.cos(math.pi * batch / batches)) / 2,
        "linear": lambda batch: 1 - batch / batches,
        "constant": lambda batch: 1.0,
    }
    return LambdaLR(optimizer, factors[recipe.schedule])
