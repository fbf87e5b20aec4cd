"""What is wrong with the facts or the arrays of a data set, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from architecto.problems.networks.datasets.base import BaseDataset

SIZES = {
    "image": "(channels, height, width)",
    "features": "(features,)",
    "series": "(channels, length)",
    "tokens": "(length, vocabulary)",
    "table": "(numbers, categories, values)",
}
"""Kinds of input, and what their sizes are."""

TASKS = ("classification", "regression", "multi-label", "language-model")


def wrong_facts(dataset: BaseDataset) -> str | None:
    """What is wrong with the facts of a data set; None if nothing is."""
    kind, task = dataset.input_kind, dataset.task_kind
    if kind not in SIZES:
        return f"input_kind is {kind!r}, expected {', '.join(SIZES)}"
    if task not in TASKS:
        return f"task_kind is {task!r}, expected {', '.join(TASKS)}"
    shape, names = getattr(dataset, "input_shape", None), SIZES[kind]
    least = (0, 1, 1) if kind == "table" else (1,) * (names.rstrip(",)").count(",") + 1)
    if not (
        isinstance(shape, tuple)
        and len(shape) == len(least)
        and all(_is_count(size, low) for size, low in zip(shape, least, strict=True))
    ):
        return f"input_shape is {shape}, expected {names}, whole numbers from 1 on"
    classes, fewest = getattr(dataset, "classes", None), 2 if task == "classification" else 1
    if not _is_count(classes, fewest):
        return f"classes is {classes}, expected a whole number from {fewest} on"
    if task == "language-model" and (kind != "tokens" or classes != shape[1]):
        return f"classes is {classes}, expected the vocabulary of tokens, as in its input_shape"
    described = getattr(dataset, "description", None)
    if not (isinstance(described, str) and described.isprintable() and described):
        return f"description is {described!r}, expected a few words in one line"
    return None


def wrong_part(dataset: BaseDataset, inputs: Any, targets: Any) -> str | None:
    """What is wrong with a part of a data set; None if nothing is."""
    import numpy as np

    kind, shape = dataset.input_kind, dataset.input_shape
    noun = "images" if kind == "image" else "inputs"
    dtype = np.int64 if kind == "tokens" else np.float32
    if not (isinstance(inputs, np.ndarray) and inputs.dtype == dtype):
        return f"got {noun} of {_kind(inputs)}, expected a NumPy array of {dtype.__name__}"
    wrong = _wrong_type(dataset, targets)
    if wrong:
        return wrong
    row = {"tokens": shape[:1], "table": (sum(shape[:2]),)}.get(kind, shape)
    if inputs.shape[1:] != row or len(inputs) == 0:
        return (
            f"got {noun} of shape {'x'.join(map(str, inputs.shape))}, "
            f"expected nx{'x'.join(map(str, row))} with n from 1 on"
        )
    return _wrong_targets(dataset, inputs, targets) or _wrong_values(dataset, inputs)


def _wrong_type(dataset: BaseDataset, targets: Any) -> str | None:
    import numpy as np

    task = dataset.task_kind
    dtype = np.int64 if task in ("classification", "language-model") else np.float32
    if isinstance(targets, np.ndarray) and targets.dtype == dtype:
        return None
    noun = "labels" if task == "classification" else "targets"
    return f"got {noun} of {_kind(targets)}, expected a NumPy array of {dtype.__name__}"


def _wrong_targets(dataset: BaseDataset, inputs: Any, targets: Any) -> str | None:
    import numpy as np

    task, classes = dataset.task_kind, dataset.classes
    if task == "classification":
        if targets.shape != (len(inputs),):
            noun = "images" if dataset.input_kind == "image" else "inputs"
            return f"got {targets.size} labels for {len(inputs)} {noun}"
        if not (targets.min() >= 0 and targets.max() < classes):
            return f"got labels {targets.min()} to {targets.max()}, expected 0 to {classes - 1}"
        return None
    wanted = inputs.shape if task == "language-model" else (len(inputs), classes)
    if targets.shape != wanted:
        got, expected = ("x".join(map(str, s)) for s in (targets.shape, wanted))
        return f"got targets of shape {got}, expected {expected}"
    if task == "language-model":
        known = targets[targets != -100]
        if known.size and not (known.min() >= 0 and known.max() < classes):
            return f"got targets {known.min()} to {known.max()}, expected 0 to {classes - 1}, -100"
    elif not np.isfinite(targets).all():
        row, column = np.argwhere(~np.isfinite(targets))[0]
        return f"row {row + 1}: its target is {targets[row, column]}, expected a finite number"
    elif task == "multi-label" and not np.isin(targets, (0, 1)).all():
        return f"got targets {targets.min()} to {targets.max()}, expected each to be 0 or 1"
    return None


def _wrong_values(dataset: BaseDataset, inputs: Any) -> str | None:
    import numpy as np

    kind, shape = dataset.input_kind, dataset.input_shape
    if kind == "image" and dataset.bounded:
        if not (inputs.min() >= 0 and inputs.max() <= 1):
            return f"got pixels {inputs.min()} to {inputs.max()}, expected 0 to 1"
        return None
    codes = inputs if kind == "tokens" else inputs[:, shape[0] :] if kind == "table" else None
    if codes is not None:
        most = shape[-1] - 1
        if not (codes.min() >= 0 and codes.max() <= most and (codes == np.floor(codes)).all()):
            what = "tokens" if kind == "tokens" else "categories"
            return f"got {what} {codes.min()} to {codes.max()}, expected whole numbers 0 to {most}"
    if kind == "tokens":
        return None
    bad = np.isinf(inputs) if dataset.gaps else ~np.isfinite(inputs)
    if bad.any():
        place = tuple(np.argwhere(bad)[0])
        return f"row {place[0] + 1}: got {inputs[place]} among its inputs, expected finite numbers"
    return None


def _is_count(value: object, least: int = 1) -> bool:
    return isinstance(value, int) and value >= least


def _kind(value: object) -> str:
    return f"{type(value).__name__} of {getattr(value, 'dtype', 'no type')}"
