"""How well a trained network does, by the kind of task; scikit-learn's definitions.

`accuracy` is the one that a search usually asks for after each epoch, and costs next to nothing.
Names are told without torch and scikit-learn.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

METRICS = {
    "classification": ("accuracy", "balanced_accuracy", "macro_f1", "auc"),
    "regression": ("r2", "mae", "mse"),
    "multi-label": ("macro_f1", "accuracy", "auc"),
    "language-model": ("loss_reduction", "loss", "perplexity"),
}
"""Metrics by the kind of task, the default one first. A dash is as good as an underscore."""

ERRORS = ("mae", "mse", "loss", "perplexity")
"""The lower, the better: their objective is the negative value."""


class MetricError(ValueError):
    """A metric that cannot be computed; the message is one line."""


def objective(metric: str) -> str:
    """What ranks the trials: the metric of the validation part, higher is better."""
    return f"validation_negative_{metric}" if metric in ERRORS else f"validation_{metric}"


def named(part: str, values: dict[str, float]) -> dict[str, float]:
    """Metrics of a part under the names that an Evaluation has: `test_accuracy`, ….

    Of the validation part the errors stand there once more, negative, as objectives.
    """
    found = {f"{part}_{metric}": value for metric, value in values.items()}
    if part == "validation":
        found |= {objective(m): -value for m, value in values.items() if m in ERRORS}
    return found


def kept(task_kind: str, scores: Tensor, targets: Tensor) -> Tensor:
    """What must be kept of a batch's scores, on the CPU; the batches are joined along dim 0.

    Of a language model `[n, 2]`: the sum of the losses of each row, and how many they are.
    """
    if task_kind != "language-model":
        return scores.float().cpu()
    import torch

    flat, goal = scores.float().flatten(0, 1), targets.to(scores.device).flatten()
    losses = torch.nn.functional.cross_entropy(flat, goal, reduction="none")
    counted = (goal >= 0).view(targets.shape).sum(dim=1)
    return torch.stack([losses.view(targets.shape).sum(dim=1).double(), counted.double()], 1).cpu()


def compute(
    names: Sequence[str], info: Any, found: Tensor, targets: Tensor, deviation: Sequence[float] = ()
) -> dict[str, float]:
    """Metrics by name.

    info: a BaseDataset, with its task_kind and classes
    found: what `kept` kept of all scores; targets: all targets, as in `Tensors`
    deviation: of the targets of a regression, one a target: errors are in the unit of the data
    Raises MetricError where scores are not finite.
    """
    if not bool(found.isfinite().all()):
        raise MetricError("diverged: the outputs of the trained network are not finite")
    task = _TASKS[info.task_kind](info, found, targets, deviation)
    with warnings.catch_warnings():  # a class that is in no prediction is no news
        warnings.simplefilter("ignore")
        return {name: float(task[name]()) for name in names}


# ------------------------------------------------------------------------------ by task

Computed = dict[str, Callable[[], float]]


def _classification(info: Any, found: Tensor, targets: Tensor, deviation: Any) -> Computed:
    labels = found.argmax(dim=1)
    truth, guess = targets.numpy(), labels.numpy()

    def balanced() -> float:
        from sklearn.metrics import balanced_accuracy_score

        return balanced_accuracy_score(truth, guess)

    def macro_f1() -> float:
        from sklearn.metrics import f1_score

        return f1_score(truth, guess, average="macro", zero_division=0)

    return {
        "accuracy": lambda: int((labels == targets).sum()) / len(targets),
        "balanced_accuracy": balanced,
        "macro_f1": macro_f1,
        "auc": lambda: _auc(
            (targets[:, None] == targets.new_tensor(range(info.classes))).numpy(),
            found.double().softmax(dim=1).numpy(),
        ),
    }


def _multi_label(info: Any, found: Tensor, targets: Tensor, deviation: Any) -> Computed:
    truth, guess = targets.numpy() > 0.5, found.numpy() > 0

    def macro_f1() -> float:
        from sklearn.metrics import f1_score

        average = "macro" if info.classes > 1 else "binary"
        return f1_score(truth, guess, average=average, zero_division=0)

    return {
        "macro_f1": macro_f1,
        "accuracy": lambda: (truth == guess).all(axis=1).mean(),
        "auc": lambda: _auc(truth, found.numpy()),
    }


def _regression(info: Any, found: Tensor, targets: Tensor, deviation: Any) -> Computed:
    truth, guess = targets.double().numpy(), found.double().numpy()
    scale = targets.double().new_tensor(deviation or [1.0]).numpy()

    def r2() -> float:
        from sklearn.metrics import r2_score

        value = r2_score(truth, guess) if len(truth) > 1 else 0.0
        return max(value, -1e9)

    return {
        "r2": r2,
        "mae": lambda: abs((truth - guess) * scale).mean(),
        "mse": lambda: (((truth - guess) * scale) ** 2).mean(),
    }


def _language_model(info: Any, found: Tensor, targets: Tensor, deviation: Any) -> Computed:
    total, count = found.sum(dim=0).tolist()
    loss = total / max(count, 1)
    return {
        "loss_reduction": lambda: 1 - loss / math.log(info.classes),
        "loss": lambda: loss,
        "perplexity": lambda: math.exp(min(loss, 700.0)),
    }


def _auc(truth: Any, scores: Any) -> float:
    """The mean over the columns, one against the rest; a column without both is left out."""
    from sklearn.metrics import roc_auc_score

    columns = [c for c in range(truth.shape[1]) if truth[:, c].any() and not truth[:, c].all()]
    values = [roc_auc_score(truth[:, c], scores[:, c]) for c in columns]
    return sum(values) / len(values) if values else 0.5


_TASKS: dict[str, Callable[[Any, Any, Any, Any], Computed]] = {
    "classification": _classification,
    "multi-label": _multi_label,
    "regression": _regression,
    "language-model": _language_model,
}
