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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from architecto.problems.networks.datasets import Tensors


def facts(data: Tensors) -> dict[str, Any]:
    """What is told of a data set, as JSON values: the fact `preprocessing`."""
    info = data.info
    found: dict[str, Any] = {"mean": list(data.mean), "deviation": list(data.deviation)}
    if info.task_kind != "classification":
        found["task"] = info.task_kind
    if info.task_kind == "regression":
        found["target_mean"] = list(data.target_mean)
        found["target_deviation"] = list(data.target_deviation)
    if info.class_names:
        found["classes"] = list(info.class_names)
    if info.preprocessing:
        found["source"] = dict(info.preprocessing)
    return found


def kinds(said: Mapping[str, Any]) -> tuple[str, str]:
    """The kinds of the input and of the task."""
    return said["input"], said.get("task", "classification")


def head(said: Mapping[str, Any]) -> str:
    """What the network is, in a few words."""
    inputs, task = kinds(said)
    if (inputs, task) == ("image", "classification"):
        return "An image classifier"
    return f"A network of {_NOUN[inputs]} for {task}"


def use(said: Mapping[str, Any], shape: str) -> str:
    """How the file is used from other code, in two lines or three."""
    inputs, _ = kinds(said)
    noun = _NOUN[inputs]
    scaled, predicts = _scaled(said), _predicts(said)
    steps = "normalise({})" if scaled else "{}"
    of = _encodes(said)
    imports = ["load", *["encode"] * bool(of), *["normalise"] * scaled, *["predict"] * predicts]
    text = (
        f"`from model import {', '.join(imports)}; network = load()`, "
        f"then `network({steps.format(noun)})` with"
    )
    pixels = " and pixels in [0, 1]" if scaled and inputs == "image" else ""
    lines = f"{text}\n{noun} of shape [n, {shape}]{pixels}."
    if of:
        lines += f"\n`encode(…)` makes such {noun} of {of}."
    if predicts:
        lines += f"\n`predict(network, {noun})` gives {_told(said)}."
    return lines


def code(said: Mapping[str, Any]) -> str:
    """Constants and functions, a blank line before each; empty where there is nothing to do."""
    inputs, _ = kinds(said)
    parts = []
    source = said.get("source") or {}
    if _columns(said):
        parts.append(_ENCODE.format(columns=_listed(_columns(said))))
    elif {"letters", "length"} <= source.keys():
        parts.append(_WORDS.format(**source))
    elif {"characters", "context"} <= source.keys():
        parts.append(_TEXTS.format(**source))
    elif source:
        parts.append(f"\nSOURCE = {said['source']!r}\n")
    if _scaled(said):
        mean, deviation = said["mean"], said["deviation"]
        parts.append(_NORMALISE[inputs].format(mean=mean, deviation=deviation))
    if _predicts(said):
        parts.append(_predict(said))
    return "\n".join(parts)


_NOUN = {
    "image": "images",
    "features": "features",
    "series": "series",
    "tokens": "tokens",
    "table": "rows",
}


def _scaled(said: Mapping[str, Any]) -> bool:
    return bool(said.get("mean") and said.get("deviation")) and said["input"] in _NORMALISE


def _predicts(said: Mapping[str, Any]) -> bool:
    _, task = kinds(said)
    named = bool(said.get("classes")) and task == "classification"
    return named or task == "multi-label" or (task == "regression" and "target_mean" in said)


def _told(said: Mapping[str, Any]) -> str:
    _, task = kinds(said)
    if task == "regression":
        return "the targets in the unit of the data"
    if task == "multi-label":
        return "the labels that hold, for each" if said.get("classes") else "0 or 1 for each label"
    return "the name of each one's class"


def _encodes(said: Mapping[str, Any]) -> str | None:
    """What `encode` takes, in words; None where there is none."""
    source = said.get("source") or {}
    known = {"columns": "lines of the table", "letters": "words", "characters": "texts"}
    return next((words for key, words in known.items() if key in source), None)


def _columns(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((said.get("source") or {}).get("columns", ()))


def _listed(values: list[Any]) -> str:
    return "[\n" + "".join(f"    {value!r},\n" for value in values) + "]"


def _predict(said: Mapping[str, Any]) -> str:
    _, task = kinds(said)
    scaled = "normalise(inputs)" if _scaled(said) else "inputs"
    word = "TARGETS" if task == "regression" else "CLASSES"
    names = f"\n{word} = {list(said['classes'])!r}\n" if said.get("classes") else ""
    if task == "regression":
        names += f"\nTARGET_MEAN = {said['target_mean']}\nTARGET_STD = {said['target_deviation']}\n"
        return names + _REGRESSION.format(inputs=scaled)
    if task == "multi-label":
        return names + (_LABELS if said.get("classes") else _HOLDS).format(inputs=scaled)
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
        truth = {{"true": 1.0, "false": 0.0}}.get(str(value).lower())
        return float(value) if truth is None else truth

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

_WORDS = '''\

LETTERS = {letters!r}
LENGTH = {length}


def encode(words: list[str]) -> Tensor:
    """Numbers of the letters, int64 [n, LENGTH], padded on the left; of a longer word its end."""
    places = {{letter: place for place, letter in enumerate(LETTERS, 2)}}
    rows = [[places.get(letter, 1) for letter in word.lower()][-LENGTH:] for word in words]
    return torch.tensor([[0] * (LENGTH - len(row)) + row for row in rows])
'''

_TEXTS = '''\

CHARACTERS = {characters!r}
CONTEXT = {context}


def encode(texts: list[str]) -> Tensor:
    """Tokens, int64 [n, CONTEXT], padded on the left; of a longer text its end. A token is 1 + the
    place of the character, 0 for any other; or 1 + a byte, where CHARACTERS are empty."""
    places = {{character: place for place, character in enumerate(CHARACTERS, 1)}}
    rows = []
    for text in texts:
        characters = [places.get(character, 0) for character in text]
        rows.append((characters if CHARACTERS else [1 + b for b in text.encode()])[-CONTEXT:])
    return torch.tensor([[0] * (CONTEXT - len(row)) + row for row in rows])
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
