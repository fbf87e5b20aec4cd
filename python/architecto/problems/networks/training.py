"""Trains an architecture on a data set, as a recipe says, and measures it.

The weights that are kept, and their metrics of the validation and the test part, are those after
the last epoch: the learning rate has come down by then, and a choice of the best epoch would make
the validation metric look better than it is.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from architecto.evaluators import EvaluatorError
from architecto.evaluators.base import BaseEvaluator, Evaluation, OnEpoch, failed
from architecto.problems.networks import (
    datasets,
    losses,
    metrics,
    optimizers,
    preparation,
    recipe,
)
from architecto.problems.networks.architecture import ArchitectureError, parse
from architecto.problems.networks.augmentation import augmented
from architecto.problems.networks.metrics import MetricError
from architecto.problems.networks.module import Network
from architecto.problems.networks.recipe import Recipe, RecipeError
from architecto.problems.networks.shapes import Shape

TEST_BATCH = 1000
"""Inputs a batch when metrics are measured."""

TEST_BATCH_OF_TEXTS = 64
"""The same of a language model, which gives a vocabulary's scores for each token."""


class Diverged(Exception):
    """The loss is infinite or no number."""


class TrainingEvaluator(BaseEvaluator):
    """Trains each architecture from scratch.

    objective: `validation_accuracy`, or that of the metric that the options choose
    recipe: the Recipe, where an answer does not say otherwise
    """

    reward = "loss-curve"

    def __init__(
        self,
        dataset: str = "digits",
        device: str = "cpu",
        epochs: int | None = None,
        batch_size: int | None = None,
        lr: float | None = None,
        optimizer: str | None = None,
        weight_decay: float | None = None,
        schedule: str | None = None,
        augment: str | None = None,
        label_smoothing: float | None = None,
        clip: float | None = None,
        options: Mapping[str, Any] | None = None,
        data_folder: str | None = None,
    ) -> None:
        """dataset, options: what `datasets.create` takes; read here, once.
        device: "cpu", "cuda", "cuda:1", … or "auto": CUDA where there is some, else the CPU.
        epochs to clip: the values of a recipe; None for what suits the data set, or the default.
        data_folder: where the data set's files lie; None for the usual place.

        Raises `EvaluatorError` for a setting that cannot be used, `DatasetError` for a data set.
        """
        options = options or {}
        info = datasets.create(dataset, options)
        self.given: recipe.Changes = {
            "optimizer": optimizer,
            "lr": lr,
            "weight_decay": weight_decay,
            "batch_size": batch_size,
            "schedule": schedule,
            "augment": augment,
            "label_smoothing": label_smoothing,
            "clip": clip,
            "epochs": epochs,
        }
        try:
            self.recipe = Recipe.of(info, self.given)
            recipe.check_fits(self.recipe, info.input_kind, info.task_kind, info.name)
        except RecipeError as error:
            raise EvaluatorError(str(error)) from None
        self.metric = info.metric
        self.objective = metrics.objective(self.metric)
        self.device = _device(device)
        if self.device.type == "cuda":
            torch.backends.cudnn.benchmark = False
            torch.backends.cudnn.deterministic = True
        root = Path(data_folder) if data_folder else None
        self.data = datasets.load(dataset, root, options=options)
        self.train_inputs = self.data.train_inputs.to(self.device)
        self.train_targets = self.data.train_targets.to(self.device)
        self.loss = losses.create(self.data.info, self.train_targets)
        self.chance_loss = self.loss.chance
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
        curves: dict[str, list[float]] = {"training_loss": [], self.objective: []}
        known: dict[str, float] = {}
        told: dict[str, Any] = {"chance_loss": self.chance_loss}

        def fail(reason: str, *, judged: bool = True) -> Evaluation:
            seconds = time.perf_counter() - started
            return failed(
                reason, judged=judged, metrics=known, curves=curves, facts=told, seconds=seconds
            )

        torch.manual_seed(seed)
        try:
            text, changes = recipe.split(answer)
            how = self._recipe(changes or {})
            network = self._build(text)
            known["parameters"] = network.parameter_count
            # Images stay in PyTorch's usual order: with channels last, oneDNN's convolution of
            # kernel 1 and stride 2 writes past its memory (seen with torch 2.14.1 on a CPU).
            network.to(self.device)
            kept = self._train(network, how, curves, on_epoch)
            found, unlisted = self._metrics(network, kept, known)
        except (ArchitectureError, RecipeError, MetricError, Diverged) as error:
            return fail(str(error))
        except Exception as error:  # whatever a network does, the search goes on
            traceback.print_exc()
            return fail(f"{type(error).__name__}: {error}")
        if weights_path is not None:
            try:
                network.save(weights_path)
            except (OSError, RuntimeError) as error:  # PyTorch's own writer raises the latter
                return fail(f"its weights cannot be written: {error}", judged=False)
        told |= {
            "preprocessing": preparation.facts(self.data),
            "recipe": str(how),
            "unlisted": unlisted,
        }
        seconds = time.perf_counter() - started
        return Evaluation("complete", metrics=found, curves=curves, facts=told, seconds=seconds)

    def _recipe(self, changes: recipe.Changes) -> Recipe:
        """That of the settings with what an answer says; raises RecipeError."""
        info = self.data.info
        found = Recipe.of(info, self.given, changes)
        recipe.check_fits(found, info.input_kind, info.task_kind, info.name)
        return found

    def _build(self, text: str) -> Network:
        """The network, if it takes the data set's inputs to its classes."""
        architecture = parse(text)
        info = self.data.info
        noun = "images" if info.input_kind == "image" else "inputs"
        shape = Shape(info.input_kind, info.input_shape)
        if architecture.input != shape:
            raise ArchitectureError(
                f"the architecture's input is {architecture.input}, "
                f"but {noun} of {info.name} are {shape}"
            )
        network = Network(architecture)
        output = network.shapes[architecture.layers[-1].label] if architecture.layers else None
        if info.task_kind == "language-model":
            wanted = Shape("sequence", info.input_shape)
            has = f"needs {wanted}"
        else:
            wanted = Shape("features", (info.classes,))
            has = f"has {info.classes} {_OUTPUTS[info.task_kind]}"
        if output != wanted:
            raise ArchitectureError(
                f"the architecture's output is {output or 'its input'}, but {info.name} {has}"
            )
        return network

    def _train(
        self,
        network: Network,
        how: Recipe,
        curves: Mapping[str, list[float]],
        on_epoch: OnEpoch | None,
    ) -> Tensor:
        """Appends each batch's loss and each epoch's objective; raises `Diverged`.

        Gives what is kept of the last epoch's scores of the validation part.
        """
        told, values = curves["training_loss"], curves[self.objective]
        weights = [parameter for parameter in network.parameters() if parameter.requires_grad]
        if not weights:
            raise ArchitectureError("the architecture has no parameters to train")
        count = len(self.train_targets)
        optimizer = optimizers.create(how, weights)
        batches = len(_batches(torch.arange(count), how.batch_size))
        schedule = optimizers.schedule(how, optimizer, how.epochs * batches)
        kept = torch.empty(0)
        for epoch in range(1, how.epochs + 1):
            network.train()
            for batch in _batches(torch.randperm(count).to(self.device), how.batch_size):
                inputs = augmented(self.train_inputs[batch], how.augment)
                targets = self.train_targets[batch]
                with self._precision():
                    scores = network(inputs)
                scores = scores.float()
                loss = self.loss(scores, targets, how.label_smoothing)
                # Smoothing raises the loss of any network, the best one's as well: it is not told.
                plain = self.loss(scores.detach(), targets) if how.label_smoothing else loss
                value = plain.item()
                if not math.isfinite(value):
                    raise Diverged(f"diverged: loss {value} at batch {len(told) + 1}")
                told.append(value)
                optimizer.zero_grad()
                loss.backward()
                if how.clip:
                    nn.utils.clip_grad_norm_(weights, how.clip)
                optimizer.step()
                schedule.step()
            kept = self._scores(network, self.data.validation_inputs, self.data.validation_targets)
            values.append(self._objective(kept))
            if on_epoch is not None:
                on_epoch(epoch, how.epochs, values[-1])
        return kept

    def _precision(self) -> AbstractContextManager[Any]:
        """Mixed precision on CUDA; elsewhere numbers stay float32."""
        if self.device.type == "cuda" and torch.cuda.is_bf16_supported():
            return torch.autocast("cuda", torch.bfloat16)
        return nullcontext()

    @torch.no_grad()
    def _scores(self, network: Network, inputs: Tensor, targets: Tensor) -> Tensor:
        """What metrics need of the scores of all `inputs`, see `metrics.kept`."""
        network.eval()
        task = self.data.info.task_kind
        size = TEST_BATCH_OF_TEXTS if task == "language-model" else TEST_BATCH
        kept = []
        for start in range(0, len(targets), size):
            with self._precision():
                scores = network(inputs[start : start + size].to(self.device))
            kept.append(metrics.kept(task, scores, targets[start : start + size]))
        return torch.cat(kept)

    def _objective(self, kept: Tensor) -> float:
        """The objective of the validation part."""
        found = self._measured("validation", kept, (self.metric,))
        return found[self.objective]

    def _measured(self, part: str, kept: Tensor, names: tuple[str, ...]) -> dict[str, float]:
        targets = getattr(self.data, f"{part}_targets")
        info, deviation = self.data.info, self.data.target_deviation
        return metrics.named(part, metrics.compute(names, info, kept, targets, deviation))

    def _metrics(
        self, network: Network, kept: Tensor, known: Mapping[str, float]
    ) -> tuple[dict[str, float], list[str]]:
        """All metrics, the chosen one and the parameters first; and the names of the others."""
        every = metrics.METRICS[self.data.info.task_kind]
        tested = self._scores(network, self.data.test_inputs, self.data.test_targets)
        found = self._measured("validation", kept, every) | self._measured("test", tested, every)
        first = [f"{part}_{self.metric}" for part in ("validation", "test")]
        rest = [name for metric in every for name in found if name.endswith(f"_{metric}")]
        rest = [name for name in dict.fromkeys(rest) if name not in first]
        listed = {name: found[name] for name in first} | dict(known)
        return listed | {name: found[name] for name in rest}, rest


_OUTPUTS = {"classification": "classes", "regression": "targets", "multi-label": "labels"}


def _batches(order: Tensor, size: int) -> list[Tensor]:
    """The numbers of examples in batches. A last one of a single example joins the one before it:
    it could not be normalised."""
    batches = list(order.split(size))
    if size > 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


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
