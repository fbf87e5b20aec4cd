"""What may be said of a data set beside its name: the options of `datasets.create`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from architecto.problems.networks.datasets.base import BaseDataset, DatasetError
from architecto.problems.networks.metrics import METRICS

NAMES = ("target", "image_size", "metric", "class_weights", "context")
"""Fields of the settings of networks that are options of their data set."""

WEIGHTS = ("none", "balanced")


def of(settings: Any) -> dict[str, Any]:
    """The options among settings: those that are set."""
    found = {name: getattr(settings, name, None) for name in NAMES}
    return {name: value for name, value in found.items() if value is not None}


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are set; raises DatasetError for one that is unknown or cannot be."""
    found = {name: value for name, value in options.items() if value is not None}
    for name in found:
        if name not in NAMES:
            raise DatasetError(f"option of a data set: got {name}, expected {', '.join(NAMES)}")
    for name in ("image_size", "context"):
        value = found.get(name)
        if value is not None and not (type(value) is int and value >= 1):
            raise DatasetError(f"{option(name)} is {value!r}, expected a whole number from 1 on")
    if found.get("class_weights", "none") not in WEIGHTS:
        expected = " or ".join(WEIGHTS)
        raise DatasetError(f"--class-weights is {found['class_weights']!r}, expected {expected}")
    if "metric" in found:
        found["metric"] = str(found["metric"]).replace("-", "_")
        every = sorted({metric for names in METRICS.values() for metric in names})
        if found["metric"] not in every:
            raise DatasetError(f"--metric is {found['metric']!r}, expected {', '.join(every)}")
    return found


def apply(dataset: BaseDataset, found: Mapping[str, Any], taken: Iterable[str]) -> None:
    """Set the metric and the class weights of a data set; raises DatasetError for an option that
    it has no use for. `taken`: those that its constructor took."""
    for name in found:
        if name not in taken and name not in ("metric", "class_weights"):
            raise DatasetError(f"{option(name)} has no meaning for data set {dataset.name}")
    metrics = METRICS[dataset.task_kind]
    dataset.metric = found.get("metric", metrics[0])
    if dataset.metric not in metrics:
        raise DatasetError(
            f"--metric is {dataset.metric}, but data set {dataset.name} is a task of "
            f"{dataset.task_kind}: expected {', '.join(metrics)}"
        )
    dataset.class_weights = found.get("class_weights", "none")
    weighed = dataset.task_kind in ("classification", "multi-label")
    if dataset.class_weights != "none" and not weighed:
        raise DatasetError(
            f"--class-weights needs classes or labels, but data set {dataset.name} is a task of "
            f"{dataset.task_kind}"
        )


def task_of(metric: str | None) -> str | None:
    """The kind of task that a metric stands for, where numbers could be classes or targets."""
    kinds = [kind for kind in ("classification", "regression") if metric in METRICS[kind]]
    return kinds[0] if kinds else None


def option(name: str) -> str:
    """The option of the command line."""
    return "--" + name.replace("_", "-")


def listed(names: Iterable[Any], near: str = "") -> str:
    """Names for a message: those near to a wrong one first, at most 20."""
    every = list(map(str, names))
    lower = {name.lower(): name for name in every}
    close = [lower[name] for name in difflib.get_close_matches(near.lower(), lower, n=3)]
    every = [*close, *(name for name in every if name not in close)]
    more = f" … ({len(every)} in all)" if len(every) > 20 else ""
    return (", ".join(every[:20]) or "none") + more
