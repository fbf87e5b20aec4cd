"""What stands around an exported network: from what a user has to its inputs, and back from its
outputs, as Python source that depends on torch alone.

It is made from the fact `preprocessing` of an evaluation: mean and deviation of the inputs, one a
channel or a column; `task`, its kind, where it is no classification; target_mean and
target_deviation of a regression; `classes`, the names of the outputs; `source`, how the data set
makes inputs, with `columns` for a table. Beside it stands `input`, the kind of the inputs. Nothing
here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def kinds(facts: Mapping[str, Any]) -> tuple[str, str]:
    """The kinds of the input and of the task."""
    return facts["input"], facts.get("task", "classification")


def head(facts: Mapping[str, Any]) -> str:
    """What the network is, in a few words."""
    inputs, task = kinds(facts)
    if (inputs, task) == ("image", "classification"):
        return "An image classifier"
    return f"A network of {_NOUN[inputs]} for {task}"


def use(facts: Mapping[str, Any], shape: str) -> str:
    """How the file is used from other code, in two lines or three."""
    inputs, _ = kinds(facts)
    noun = _NOUN[inputs]
    scaled, predicts = _scaled(facts), _predicts(facts)
    steps = "normalise({})" if scaled else "{}"
    imports = ["load", *["normalise"] * scaled, *["predict"] * predicts]
    text = (
        f"`from model import {', '.join(imports)}; network = load()`, "
        f"then `network({steps.format(noun)})` with"
    )
    pixels = " and pixels in [0, 1]" if scaled and inputs == "image" else ""
    lines = f"{text}\n{noun} of shape [n, {shape}]{pixels}."
    if _columns(facts):
        lines += f"\n`encode(rows)` makes {noun} of rows of the table."
    if predicts:
        lines += f"\n`predict(network, {noun})` gives {_told(facts)}."
    return lines


def code(facts: Mapping[str, Any]) -> str:
    """Constants and functions, a blank line before each; empty where there is nothing to do."""
    inputs, _ = kinds(facts)
    parts = []
    if _columns(facts):
        parts.append(_ENCODE.format(columns=_listed(_columns(facts))))
    elif facts.get("source"):
        parts.append(f"\nSOURCE = {facts['source']!r}\n")
    if _scaled(facts):
        mean, deviation = facts["mean"], facts["deviation"]
        parts.append(_NORMALISE[inputs].format(mean=mean, deviation=deviation))
    if _predicts(facts):
        parts.append(_predict(facts))
    return "\n".join(parts)


_NOUN = {
    "image": "images",
    "features": "features",
    "series": "series",
    "tokens": "tokens",
    "table": "rows",
}


def _scaled(facts: Mapping[str, Any]) -> bool:
    return bool(facts.get("mean") and facts.get("deviation")) and facts["input"] in _NORMALISE


def _predicts(facts: Mapping[str, Any]) -> bool:
    _, task = kinds(facts)
    named = bool(facts.get("classes")) and task == "classification"
    return named or task == "multi-label" or (task == "regression" and "target_mean" in facts)


def _told(facts: Mapping[str, Any]) -> str:
    _, task = kinds(facts)
    if task == "regression":
        return "the targets in the unit of the data"
    if task == "multi-label":
        return "the labels that hold, for each" if facts.get("classes") else "0 or 1 for each label"
    return "the name of each one's class"


def _columns(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((facts.get("source") or {}).get("columns", ()))


def _listed(values: list[Any]) -> str:
    return "[\n" + "".join(f"    {value!r},\n" for value in values) + "]"


def _predict(facts: Mapping[str, Any]) -> str:
    _, task = kinds(facts)
    scaled = "normalise(inputs)" if _scaled(facts) else "inputs"
    names = f"\nCLASSES = {list(facts['classes'])!r}\n" if facts.get("classes") else ""
    if task == "regression":
        names += (
            f"\nTARGET_MEAN = {facts['target_mean']}\nTARGET_STD = {facts['target_deviation']}\n"
        )
        return names + _REGRESSION.format(inputs=scaled)
    if task == "multi-label":
        return names + (_LABELS if facts.get("classes") else _HOLDS).format(inputs=scaled)
    return names + _CLASSES.format(inputs=scaled)


_IMAGES = '''\

MEAN = {mean}
STD = {deviation}


def normalise(images: Tensor) -> Tensor:
    """Pixels in [0, 1] → what the network was trained on: mean 0, deviation 1 in each channel."""
    mean, std = (torch.tensor(numbers)[:, None, None] for numbers in (MEAN, STD))
    return (images - mean) / std
'''

_SERIES = '''\

MEAN = {mean}
STD = {deviation}


def normalise(series: Tensor) -> Tensor:
    """Series [n, channels, length] → what the network was trained on: mean 0, deviation 1 in each
    channel, NaN the mean."""
    mean, std = (torch.tensor(numbers)[:, None] for numbers in (MEAN, STD))
    return torch.nan_to_num((series - mean) / std)
'''

_FEATURES = '''\

MEAN = {mean}
STD = {deviation}


def normalise(features: Tensor) -> Tensor:
    """Features [n, features] → what the network was trained on: mean 0, deviation 1 in each column,
    NaN the mean."""
    return torch.nan_to_num((features - torch.tensor(MEAN)) / torch.tensor(STD))
'''

_TABLE = '''\

MEAN = {mean}
STD = {deviation}


def normalise(rows: Tensor) -> Tensor:
    """Rows [n, numbers + categories] → what the network was trained on: mean 0, deviation 1 in each
    number, NaN the mean; the codes of the categories as they are."""
    numbers, codes = rows[:, : len(MEAN)], rows[:, len(MEAN) :]
    scaled = torch.nan_to_num((numbers - torch.tensor(MEAN)) / torch.tensor(STD))
    return torch.cat([scaled, codes], dim=1)
'''

_NORMALISE = {"image": _IMAGES, "series": _SERIES, "features": _FEATURES, "table": _TABLE}

_ENCODE = '''\

COLUMNS = {columns}


def encode(rows: list[dict]) -> Tensor:
    """Rows of the table, by column, None where a value is missing → numbers, NaN where one is
    missing, then 1 or 0 for each that may be missing, then the codes of the categories."""
    from datetime import datetime

    def number(column: dict, value: object) -> float:
        if value is None or value != value or value == "":
            return float("nan")
        if column["kind"] == "date":
            since = datetime.fromisoformat(str(value)) - datetime(1970, 1, 1)
            return since.total_seconds() / 86400
        return float(value)

    def code(column: dict, value: object) -> int:
        known = value is not None and str(value) in column["values"]
        return column["first"] + (1 + column["values"].index(str(value)) if known else 0)

    def inputs(row: dict) -> list[float]:
        columns = [column for column in COLUMNS if column["kind"] != "category"]
        numbers = [number(column, row.get(column["name"])) for column in columns]
        pairs = zip(columns, numbers)
        missing = [float(value != value) for column, value in pairs if column.get("indicator")]
        categories = [column for column in COLUMNS if column["kind"] == "category"]
        return [*numbers, *missing, *(code(c, row.get(c["name"])) for c in categories)]

    return torch.tensor([inputs(row) for row in rows], dtype=torch.float32)
'''

_REGRESSION = '''\


@torch.no_grad()
def predict(network: nn.Module, inputs: Tensor) -> Tensor:
    """The targets [n, targets] in the unit of the data; inputs before they are normalised."""
    return network({inputs}) * torch.tensor(TARGET_STD) + torch.tensor(TARGET_MEAN)
'''

_CLASSES = '''\


@torch.no_grad()
def predict(network: nn.Module, inputs: Tensor) -> list[str]:
    """The name of each one's class; inputs before they are normalised."""
    return [CLASSES[found] for found in network({inputs}).argmax(dim=1).tolist()]
'''

_LABELS = '''\


@torch.no_grad()
def predict(network: nn.Module, inputs: Tensor) -> list[list[str]]:
    """The names of the labels that hold, for each; inputs before they are normalised."""
    rows = (network({inputs}) > 0).tolist()
    return [[name for name, holds in zip(CLASSES, row) if holds] for row in rows]
'''

_HOLDS = '''\


@torch.no_grad()
def predict(network: nn.Module, inputs: Tensor) -> Tensor:
    """Which labels hold, [n, labels]; inputs before they are normalised."""
    return network({inputs}) > 0
'''
