"""Trains an architecture on a data set: AdamW, one cycle of the learning rate, cross-entropy.

The weights that are kept, and their validation and test accuracy, are those after the last epoch:
the learning rate has come down to zero by then, and a choice of the best epoch would make the
validation accuracy look better than it is.
"""

from __future__ import annotations

import math
import os
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from architecto.evaluators import EvaluatorError
from architecto.evaluators.base import BaseEvaluator, Evaluation, OnEpoch, failed
from architecto.problems.networks import datasets
from architecto.problems.networks.architecture import ArchitectureError, parse
from architecto.problems.networks.module import Network


@dataclass(frozen=True)
class Settings:
    """How long and how fast to train on one data set."""

    epochs: int
    batch_size: int
    """Images a batch; the last, smaller batch of an epoch is used too."""
    learning_rate: float
    """The highest of the cycle."""


WARM_UP = 0.05
"""Part of the run in which the learning rate rises; it is short so that the losses fall from the
start, as the reward's curves do. Then it falls to zero along a cosine."""

WEIGHT_DECAY = 0.02
"""AdamW's decoupled decay (Loshchilov and Hutter, 2019)."""

TEST_BATCH = 1000
"""Images a batch when accuracy is measured."""


class Diverged(Exception):
    """The loss is infinite or no number."""


class TrainingEvaluator(BaseEvaluator):
    """Trains each architecture from scratch."""

    reward = "loss-curve"

    def __init__(
        self,
        dataset: str = "digits",
        device: str = "cpu",
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        data_folder: str | None = None,
    ) -> None:
        """dataset: what `datasets.create` takes; read here, once.
        device: "cpu", "cuda", "cuda:1", … or "auto": CUDA where there is some, else the CPU.
        epochs, batch_size, learning_rate: None for what suits the data set.
        data_folder: where the data set's files lie; None for the usual place.

        Raises `EvaluatorError` for a setting that cannot be used, `DatasetError` for a data set.
        """
        usual = datasets.create(dataset)
        self.settings = Settings(
            epochs=usual.epochs if epochs is None else epochs,
            batch_size=batch_size or usual.batch_size,
            learning_rate=learning_rate or usual.learning_rate,
        )
        if self.settings.epochs < 1 or self.settings.batch_size < 1:
            raise EvaluatorError(f"epochs and batch_size must be at least 1, got {self.settings}")
        self.device = _device(device)
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = False
            torch.backends.cudnn.deterministic = True
        self.data = datasets.load(dataset, Path(data_folder) if data_folder else None)
        self.chance_loss = float(np.log(self.data.info.classes))
        self.train_images = self.data.train_inputs.to(self.device)
        self.train_labels = self.data.train_targets.to(self.device)
        # The first optimizer of a process imports much of torch, which takes seconds: do it now.
        torch.optim.AdamW([nn.Parameter(torch.zeros(1))])

    def evaluate(
        self,
        answer: str,
        *,
        seed: int,
        weights_path: Path | None,
        facts: Mapping[str, Any] = {},
        on_epoch: OnEpoch | None = None,
    ) -> Evaluation:
        """See `BaseEvaluator.evaluate`."""
        started = time.perf_counter()
        losses: list[float] = []
        accuracies: list[float] = []
        curves = {"training_loss": losses, "validation_accuracy": accuracies}
        metrics: dict[str, float] = {}

        def fail(reason: str, *, judged: bool = True) -> Evaluation:
            return failed(
                reason,
                judged=judged,
                metrics=metrics,
                curves=curves,
                facts={"chance_loss": self.chance_loss},
                seconds=time.perf_counter() - started,
            )

        torch.manual_seed(seed)
        try:
            network = self._build(answer)
            metrics["parameters"] = network.parameter_count
            # Images stay in PyTorch's usual order: with channels last, oneDNN's convolution of
            # kernel 1 and stride 2 writes past its memory (seen with torch 2.14.1 on a CPU).
            network.to(self.device)
            self._train(network, losses, accuracies, on_epoch)
            test_accuracy = self._accuracy(network, self.data.test_inputs, self.data.test_targets)
        except (ArchitectureError, Diverged) as error:
            return fail(str(error))
        except Exception as error:  # whatever a network does, the search goes on
            traceback.print_exc()
            return fail(f"{type(error).__name__}: {error}")
        if weights_path is not None:
            try:
                _save(network, weights_path)
            except (OSError, RuntimeError) as error:  # PyTorch's own writer raises the latter
                return fail(f"its weights cannot be written: {error}", judged=False)
        return Evaluation(
            "complete",
            metrics={
                "validation_accuracy": accuracies[-1],
                "test_accuracy": test_accuracy,
                **metrics,
            },
            curves=curves,
            facts={
                "chance_loss": self.chance_loss,
                "preprocessing": {
                    "mean": list(self.data.mean),
                    "deviation": list(self.data.deviation),
                },
            },
            seconds=time.perf_counter() - started,
        )

    def _build(self, text: str) -> Network:
        """The network, if it takes the data set's images to its classes."""
        architecture = parse(text)
        info = self.data.info
        if architecture.input != info.input_shape:
            raise ArchitectureError(
                f"the architecture's input is {_shape(architecture.input)}, "
                f"but images of {info.name} are {_shape(info.input_shape)}"
            )
        network = Network(architecture)
        output = network.shapes[architecture.layers[-1].label] if architecture.layers else ()
        if output != (info.classes,):
            raise ArchitectureError(
                f"the architecture's output is {_shape(output) or 'its input'}, "
                f"but {info.name} has {info.classes} classes"
            )
        return network

    def _train(
        self,
        network: Network,
        losses: list[float],
        accuracies: list[float],
        on_epoch: OnEpoch | None,
    ) -> None:
        """Appends each batch's loss and each epoch's validation accuracy; raises `Diverged`."""
        count, settings = len(self.train_labels), self.settings
        weights = [parameter for parameter in network.parameters() if parameter.requires_grad]
        if not weights:
            raise ArchitectureError("the architecture has no parameters to train")
        optimizer = torch.optim.AdamW(
            weights, lr=settings.learning_rate, weight_decay=WEIGHT_DECAY, fused=True
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=settings.learning_rate,
            total_steps=settings.epochs * math.ceil(count / settings.batch_size),
            pct_start=WARM_UP,
        )
        for epoch in range(1, settings.epochs + 1):
            network.train()
            for batch in torch.randperm(count).to(self.device).split(settings.batch_size):
                scores = network(self.train_images[batch])  # (n, classes)
                loss = nn.functional.cross_entropy(scores, self.train_labels[batch])
                value = loss.item()
                if not math.isfinite(value):
                    raise Diverged(f"diverged: loss {value} at batch {len(losses) + 1}")
                losses.append(value)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
            accuracies.append(
                self._accuracy(network, self.data.validation_inputs, self.data.validation_targets)
            )
            if on_epoch is not None:
                on_epoch(epoch, settings.epochs, accuracies[-1])

    @torch.no_grad()
    def _accuracy(self, network: Network, images: Tensor, labels: Tensor) -> float:
        """Fraction of `images` `[n, c, h, w]` whose highest score is at the label."""
        network.eval()
        right = 0
        for start in range(0, len(labels), TEST_BATCH):
            batch = images[start : start + TEST_BATCH]
            scores = network(batch.to(self.device))
            found = scores.argmax(dim=1).cpu()
            right += int((found == labels[start : start + TEST_BATCH]).sum())
        return right / len(labels)


def _device(name: str) -> torch.device:
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise EvaluatorError(f"device {name!r} cannot be used: {reason}") from None
    return device


def _save(network: Network, path: Path) -> None:
    """Writes the state dict, as CPU tensors, so that `path` is never half written."""
    path.parent.mkdir(exist_ok=True)  # not above: a run that was deleted is not made again
    partial = path.with_name(path.name + ".partial")
    torch.save(
        {name: value.cpu().contiguous() for name, value in network.state_dict().items()}, partial
    )
    os.replace(partial, path)


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
