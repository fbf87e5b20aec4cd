"""What an evaluator is, and what it gives back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from architecto.rewards.loss_curve import FAILED

OnEpoch: TypeAlias = Callable[[int, int, float], None]
"""Called as on_epoch(epoch, epochs, validation_accuracy) after each epoch, counted from 1."""

MAX_REASON = 300
"""Most characters of a failure's reason; the rest is cut off."""


@dataclass(frozen=True)
class Evaluation:
    """The result of training one architecture."""

    status: str
    """"complete" or "failed"."""
    reason: str | None
    """Why it failed, in one line; None if it is complete."""
    reward: float
    """In [-1, 1]; -1 if it failed."""
    losses: list[float] = field(default_factory=list)
    """Training loss (cross-entropy, natural logarithm) of each batch, in order; all finite."""
    validation_accuracies: list[float] = field(default_factory=list)
    """After each epoch, in [0, 1]."""
    validation_accuracy: float | None = None
    """Of the weights that were kept, in [0, 1]."""
    test_accuracy: float | None = None
    """Of the weights that were kept, in [0, 1]; reported, and never used to choose."""
    parameters: int | None = None
    """Number of trainable numbers; None if the module could not be built."""
    seconds: float = 0.0
    """Wall-clock time."""
    pixel_mean: list[float] | None = None
    """Mean of the training pixels in [0, 1], one a channel, that was subtracted from the images
    before the network saw them; None if nothing was trained."""
    pixel_deviation: list[float] | None = None
    """Standard deviation of the same, by which they were divided."""
    judged: bool = True
    """False if the machine failed and not the network: nothing is learned from it."""

    def as_json(self) -> dict[str, Any]:
        """The same as a JSON object; `Evaluation(**…)` turns it back."""
        return asdict(self)


def failed(reason: str, **known: Any) -> Evaluation:
    """A failed evaluation; `reason` is brought to one short line, `known` are further fields."""
    line = " ".join(reason.split()) or "no reason given"
    line = line if len(line) <= MAX_REASON else line[: MAX_REASON - 1] + "…"
    return Evaluation(status="failed", reason=line, reward=FAILED, **known)


class BaseEvaluator(ABC):
    """Judges architectures. Created once in a worker process, then asked again and again."""

    @abstractmethod
    def evaluate(
        self,
        architecture: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """Trains the architecture (its text) and returns what came of it.

        seed: the result is a function of architecture and seed (on a CPU).
        weights_path: where the trained state dict is written, if anywhere; only when complete.
        facts: what the engine said of it: `parameters`, and `table_key` where its space has one.
        on_epoch: told the progress.

        A network that cannot be built or trained is a failed evaluation, not an exception. What is
        raised nevertheless becomes a failed evaluation in the worker.
        """
