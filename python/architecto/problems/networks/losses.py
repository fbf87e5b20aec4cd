"""What training brings down, by the kind of task, and the loss of a guess without knowledge."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn

IGNORED = -100
"""The target of a token that nothing is asked of."""


class Loss(ABC):
    """Made for one data set.

    chance: the loss, without smoothing, of the best guess that does not look at the input, which
        is 1 in the unit of the reward
    """

    chance: float

    @abstractmethod
    def __call__(self, scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        """The mean loss of a batch, a scalar; `smoothing` matters for classification alone."""


class CrossEntropy(Loss):
    """Scores `[n, classes]`, targets `[n]` int64. Chance: all classes alike, ln(classes)."""

    def __init__(self, classes: int, weights: Tensor | None = None) -> None:
        """weights: of each class `[classes]`; PyTorch divides by those of the batch's targets."""
        self.chance = math.log(classes)
        self.weights = weights

    def __call__(self, scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        return nn.functional.cross_entropy(
            scores, targets, weight=self.weights, label_smoothing=smoothing
        )


class SquaredError(Loss):
    """Scores and standardised targets `[n, targets]`. Chance: their mean, so the variance, 1."""

    chance = 1.0

    def __call__(self, scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        return nn.functional.mse_loss(scores, targets)


class BinaryCrossEntropy(Loss):
    """Scores and targets 0 or 1, `[n, labels]`. Chance: 1/2 for each label, ln 2."""

    chance = math.log(2)

    def __init__(self, positive: Tensor | None = None, negative: Tensor | None = None) -> None:
        """positive, negative: weights of a label that holds and that does not, `[labels]`; 1 in
        the mean, so that chance stays what it is."""
        self.positive, self.negative = positive, negative

    def __call__(self, scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        weight = None
        if self.positive is not None and self.negative is not None:
            weight = self.negative + (self.positive - self.negative) * targets
        return nn.functional.binary_cross_entropy_with_logits(scores, targets, weight=weight)


class NextToken(Loss):
    """Scores `[n, T, V]`, targets `[n, T]` int64 or `IGNORED`. Chance: all tokens alike, ln V."""

    def __init__(self, vocabulary: int) -> None:
        self.chance = math.log(vocabulary)

    def __call__(self, scores: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
        return nn.functional.cross_entropy(
            scores.flatten(0, 1), targets.flatten(), ignore_index=IGNORED
        )


def create(info: Any, targets: Tensor) -> Loss:
    """The loss of a data set.

    info: a BaseDataset, with its task_kind, classes and class_weights ("none" or "balanced": each
        class, and each value of a label, weighs as much as the others together)
    targets: of the training part, on the device of the training
    """
    balanced = info.class_weights == "balanced"
    if info.task_kind == "regression":
        return SquaredError()
    if info.task_kind == "language-model":
        return NextToken(info.classes)
    if info.task_kind == "multi-label":
        held = targets.sum(dim=0).clamp(1, max(1, len(targets) - 1))
        rows = len(targets) / 2
        weights = (rows / held, rows / (len(targets) - held).clamp(min=1)) if balanced else ()
        return BinaryCrossEntropy(*weights)
    counts = torch.bincount(targets, minlength=info.classes).clamp(min=1)
    return CrossEntropy(
        info.classes, len(targets) / (info.classes * counts).float() if balanced else None
    )
