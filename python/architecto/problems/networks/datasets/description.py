"""What is known of a data set, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from architecto.problems.networks import datasets
from architecto.problems.networks.datasets import store
from architecto.problems.networks.datasets.base import BaseDataset, data_folder
from architecto.problems.networks.datasets.data_options import METRICS, listed
from architecto.problems.networks.datasets.tensors import PARTS, Scaled
from architecto.problems.networks.shapes import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CLASSES = 20
"""Classes whose sizes are shown; of more, the smallest and the largest."""

_INPUT = {
    "image": "images of {1}x{2}, channels: {0}",
    "features": "features: {0}",
    "series": "series of length {1}, channels: {0}",
    "tokens": "{0} tokens, each one of {1}",
    "table": "numbers: {0}, categories: {1}, values of all categories together: {2}",
}
_TASK = {
    "classification": "classification, classes: {}",
    "regression": "regression, targets: {}",
    "multi-label": "multi-label, labels: {}",
    "language-model": "language model, {} tokens to predict from",
}


def describe(spec: str, options: Mapping[str, Any] | None = None) -> list[str]:
    """The lines of `describe-data`; raises `DatasetError`. Imports no torch of itself."""
    dataset = datasets.create(spec, options)
    folder = data_folder()
    dataset.ensure_available(folder)
    data = store.scaled_arrays(dataset, folder)
    return [f"{head:<12} {line}" for head, line in _lines(dataset, data)]


def _lines(dataset: BaseDataset, data: Scaled) -> Iterator[tuple[str, str]]:
    yield "data set", dataset.name
    yield "task", dataset.task
    shape = _INPUT[dataset.input_kind].format(*dataset.input_shape)
    option = Shape(dataset.input_kind, dataset.input_shape).option
    yield "input", f"{shape} (--input {option})"
    yield "output", f"{_TASK[dataset.task_kind].format(dataset.classes)}{_names(dataset)}"
    rows = [len(inputs) for inputs, _ in data.arrays]
    yield "rows", ", ".join(f"{count} {part}" for count, part in zip(rows, PARTS, strict=True))
    for line in _balance(dataset, data):
        yield "balance", line
    others = ", ".join(name for name in METRICS[dataset.task_kind] if name != dataset.metric)
    yield "metric", f"{dataset.metric} of the validation part (others: {others})"
    yield (
        "training",
        f"{dataset.epochs} epochs, batches of {dataset.batch_size}, learning rate "
        f"{dataset.learning_rate:g}" + ", balanced weights of the classes" * (_weighs(dataset)),
    )
    for note in dataset.notes or (_usual(dataset),):
        yield "preparation", note


def _weighs(dataset: BaseDataset) -> bool:
    return dataset.class_weights == "balanced"


def _names(dataset: BaseDataset) -> str:
    names = dataset.class_names
    return f" ({listed(names)})" if names and dataset.task_kind != "language-model" else ""


def _usual(dataset: BaseDataset) -> str:
    what = {"image": "channel", "series": "channel", "table": "number"}
    if dataset.input_kind == "tokens":
        return "none"
    column = what.get(dataset.input_kind, "feature")
    return f"mean and deviation of each {column} are brought to 0 and 1"


def _balance(dataset: BaseDataset, data: Scaled) -> Iterator[str]:
    import numpy as np

    targets = [part[1] for part in data.arrays]
    names = dataset.class_names
    if dataset.task_kind == "classification":
        counts = np.bincount(np.concatenate(targets), minlength=dataset.classes)
        order = list(range(dataset.classes))
        if dataset.classes > MOST_CLASSES:
            order = np.argsort(counts, kind="stable").tolist()
            order = [order[0], order[-1]]
        shown = (f"{_name(names, c)} {counts[c]} ({counts[c] / counts.sum():.0%})" for c in order)
        yield ", ".join(shown) + " (the smallest and the largest)" * (len(order) < len(counts))
        yield from _absent(dataset, targets)
    elif dataset.task_kind == "multi-label":
        share = np.concatenate(targets).mean(axis=0)
        yield ", ".join(f"{_name(names, c)} {s:.0%}" for c, s in enumerate(share[:MOST_CLASSES]))
    elif dataset.task_kind == "regression":
        every = np.concatenate(targets) * data.target_deviation + data.target_mean
        for c in range(min(dataset.classes, MOST_CLASSES)):
            yield (
                f"{_name(names, c)} from {every[:, c].min():g} to {every[:, c].max():g}, "
                f"mean {every[:, c].mean():.4g}, deviation {every[:, c].std():.4g}"
            )


def _absent(dataset: BaseDataset, targets: list[NDArray[Any]]) -> Iterator[str]:
    import numpy as np

    for part, values in zip(PARTS, targets, strict=True):
        counts = np.bincount(values, minlength=dataset.classes)
        lacking = [_name(dataset.class_names, c) for c in np.flatnonzero(counts == 0).tolist()]
        if lacking:
            yield f"the {part} part has no row of {listed(lacking)}"


def _name(names: tuple[str, ...], place: int) -> str:
    return names[place] if names else str(place)
