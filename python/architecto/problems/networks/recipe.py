"""How a network is trained, as a term: `(training (adamw 0.003 0.01) (batch 64) (epochs 16))`.

What parts there are says protocol/training.json, which Racket reads too. A part is fixed, by the
data set, a default or a setting, or it is a choice of the search: then it stands in the answer,
`(network (architecture …) (training …))`. Nothing here imports torch.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from architecto.problems import sexpression
from architecto.problems.sexpression import Expression, SexpressionError

_FILE = Path(__file__).resolve().parents[4] / "protocol" / "training.json"

FACTS = ("learning_rate", "batch_size", "epochs")
"""The defaults that a data set says itself."""

Changes = dict[str, Any]
"""Some of a recipe's values by name."""


class RecipeError(ValueError):
    """The text is no recipe, or one that cannot be; the message is one line."""


@dataclass(frozen=True)
class Value:
    """One number or word of a recipe."""

    name: str
    option: str
    kind: str
    """choice or words, of `choices` (words: `flip-crop` is written `flip crop`); real; integer."""
    meaning: str
    default: Any
    """Of a number it may be the name of a fact of the data set."""
    grid: tuple[Any, ...] = ()
    """What the search chooses from."""
    factors: tuple[float, ...] = ()
    """The same as multiples of the data set's own value."""
    choices: tuple[str, ...] = ()
    head: bool = False
    """Is it the head of its part?"""
    above: float | None = None
    least: float | None = None
    below: float | None = None
    default_of: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """The default with another optimizer than the first."""

    def searched(self, own: Any) -> tuple[Any, ...]:
        """What the search chooses from; `own`: the value that the data set says."""
        if not self.factors:
            return self.grid
        if self.kind == "real":
            return tuple(float(f"{own * factor:.3g}") for factor in self.factors)
        return tuple(dict.fromkeys(max(1, round(own * factor)) for factor in self.factors))

    def checked(self, value: Any) -> Any:
        """The value as Python's own; raises RecipeError where it cannot be."""
        if self.choices:
            fits, expected = value in self.choices, ", ".join(self.choices)
        else:
            real = self.kind == "real"
            fits = type(value) is int or (real and type(value) is float and math.isfinite(value))
            fits = fits and (self.above is None or value > self.above)
            fits = fits and (self.least is None or value >= self.least)
            fits = fits and (self.below is None or value < self.below)
            bounds = ("above", self.above), ("from", self.least), ("below", self.below)
            words = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
            expected = " ".join(["a number" if real else "a whole number", *words])
        if not fits:
            raise RecipeError(f"{self.option} is {_shown(value)}, expected {expected}")
        return float(value) if self.kind == "real" else value

    def text(self, value: Any) -> str:
        if self.kind == "real":
            return repr(float(f"{value:.12g}"))
        return value.replace("-", " ") if self.kind == "words" else str(value)


@dataclass(frozen=True)
class Part:
    """One part of a recipe, such as `(batch 64)`."""

    name: str
    form: str
    values: tuple[Value, ...]
    inputs: tuple[str, ...] = ()
    """The kinds of inputs that it is for; empty: all."""
    tasks: tuple[str, ...] = ()
    """The kinds of tasks that it is for; empty: all."""

    @property
    def heads(self) -> tuple[str, ...]:
        return self.values[0].choices if self.values[0].head else (self.name,)


def _parts() -> tuple[Part, ...]:
    def tuples(row: Mapping[str, Any]) -> dict[str, Any]:
        return {key: tuple(v) if isinstance(v, list) else v for key, v in row.items()}

    rows = json.loads(_FILE.read_text(encoding="utf-8"))["parts"]
    try:
        return tuple(
            Part(**tuples(row) | {"values": tuple(Value(**tuples(v)) for v in row["values"])})
            for row in rows
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"protocol/training.json: {error}") from None


PARTS = _parts()
"""The parts of a recipe in their order."""
VALUES = {value.name: value for part in PARTS for value in part.values}


@dataclass(frozen=True)
class Recipe:
    """A whole recipe. `str` gives its term, without the parts that do nothing."""

    optimizer: str
    lr: float
    weight_decay: float
    batch_size: int
    schedule: str
    augment: str
    label_smoothing: float
    clip: float
    epochs: int

    @classmethod
    def of(cls, facts: Any, *changes: Mapping[str, Any]) -> Recipe:
        """What a data set and the defaults say, and what changes that: a later change wins.

        facts: has learning_rate, batch_size and epochs. Raises RecipeError for a bad value.
        """
        given = {
            name: value for change in changes for name, value in change.items() if value is not None
        }
        for name in given:
            if name not in VALUES:
                raise RecipeError(f"unknown {name} of a training, expected {', '.join(VALUES)}")
        optimizer = given.get("optimizer", VALUES["optimizer"].default)
        made = {}
        for name, value in VALUES.items():
            default = value.default_of.get(optimizer, value.default)
            default = getattr(facts, default) if default in FACTS else default
            made[name] = value.checked(given.get(name, default))
        return cls(**made)

    @classmethod
    def of_text(cls, text: str, facts: Any) -> Recipe:
        """The recipe of a term; what it leaves out say the data set and the defaults."""
        return cls.of(facts, read(text))

    def __str__(self) -> str:
        return write({n: v for n, v in dataclasses.asdict(self).items() if does(VALUES[n], v)})


def read(text: str | Expression) -> Changes:
    """The values that a term `(training PART …)` says; raises RecipeError if it is none."""
    try:
        term = sexpression.read(text) if isinstance(text, str) else text
    except SexpressionError as error:
        raise RecipeError(f"not a training: {error}") from None
    if not (isinstance(term, list) and term and term[0] == "training"):
        raise RecipeError(f"expected (training PART …), got {_shown(term)}")
    found: Changes = {}
    for expression in term[1:]:
        part = _part(expression)
        fresh = _values(part, expression)
        if found.keys() & fresh.keys():
            raise RecipeError(f"a second {part.name} in a training: {_shown(expression)}")
        found |= fresh
    return found


def write(changes: Mapping[str, Any]) -> str:
    """The term of some values, in the order of the parts."""
    parts = []
    for part in PARTS:
        said = [value.text(changes[value.name]) for value in part.values if value.name in changes]
        if said:
            head = [] if part.values[0].head else [part.name]
            parts.append(f"({' '.join([*head, *said])})")
    return f"({' '.join(['training', *parts])})"


def summary(changes: Mapping[str, Any]) -> str:
    """The same for a person: `adamw 0.003 · batch 64 · 16 epochs`."""
    words = {
        "lr": "{}",
        "weight_decay": "decay {}",
        "batch_size": "· batch {}",
        "schedule": "· {} schedule",
        "label_smoothing": "· label smoothing {}",
        "clip": "· clip {}",
        "epochs": "· {} epochs",
    }
    told = [
        words.get(name, "· {}").format(value.text(changes[name]))
        for name, value in VALUES.items()
        if name in changes and (value.kind != "words" or does(value, changes[name]))
    ]
    return " ".join(told).removeprefix("· ")


def split(answer: str) -> tuple[str, Changes | None]:
    """The architecture's text in an answer, and the values of its recipe.

    The answer is `(network (architecture …) (training …))`; of a bare `(architecture …)` the recipe
    is None, and so it is of any other text, which is given back as it is: whoever reads it as an
    architecture will say what is wrong. Raises RecipeError where the training is none.
    """
    try:
        expression = sexpression.read(answer)
    except SexpressionError:
        return answer, None
    match expression:
        case ["network", architecture, training]:
            return sexpression.write(architecture), read(training)
        case ["network", *_]:
            expected = "(network (architecture …) (training …))"
            raise RecipeError(f"expected {expected}, got {_shown(expression)}")
    return answer, None


def join(architecture: str, changes: Changes | None) -> str:
    """The answer of these parts: what `split` takes apart."""
    return architecture if changes is None else f"(network {architecture} {write(changes)})"


def check_fits(recipe: Recipe, input_kind: str, task_kind: str, name: str) -> None:
    """Raise RecipeError where a part is not for such inputs or tasks; `name`: of the data set."""
    check_values(dataclasses.asdict(recipe), input_kind, task_kind, name)


def check_values(
    values: Mapping[str, Any], input_kind: str, task_kind: str, name: str, *, dashes: str = ""
) -> None:
    """The same of settings, of which some may be `search` and some None; raises RecipeError."""
    for part in PARTS:
        for value in part.values:
            if not does(value, values.get(value.name)):
                continue
            option = f"{dashes}{value.option}"
            if part.inputs and input_kind not in part.inputs:
                what = " and ".join(part.inputs)
                raise RecipeError(f"{option} is for {what} inputs, and {name} has {input_kind}")
            if part.tasks and task_kind not in part.tasks:
                what = " and ".join(part.tasks)
                raise RecipeError(f"{option} is for {what}, and {name} is {task_kind}")


# ------------------------------------------------------------------------------ reading


def _part(expression: Expression) -> Part:
    if isinstance(expression, list) and expression:
        for part in PARTS:
            if expression[0] in part.heads:
                return part
    forms = ", ".join(part.form for part in PARTS)
    raise RecipeError(f"unknown part {_shown(expression)} of a training, expected {forms}")


def _values(part: Part, expression: Any) -> Changes:
    values, given = part.values, list(expression)
    if values[0].kind == "words":
        given = [part.name, _one_word(values[0], given[1:])]
    given = given if values[0].head else given[1:]
    least = 1 + values[0].head
    if not least <= len(given) <= len(values):
        raise RecipeError(f"expected {part.form}, got {_shown(expression)}")
    try:
        return {v.name: v.checked(x) for v, x in zip(values, given, strict=False)}
    except RecipeError as error:
        raise RecipeError(f"{_shown(expression)}: {error}") from None


def _one_word(value: Value, words: list[Any]) -> Any:
    """`flip crop` in any order as the choice `flip-crop`."""
    given = sorted(part for word in words for part in str(word).split("-"))
    for choice in value.choices:
        if sorted(choice.split("-")) == given:
            return choice
    return " ".join(map(_shown, words))


def does(value: Value, given: Any) -> bool:
    """Does it do anything: is it no 0 and no `none`?"""
    return given not in (None, "none") and (bool(given) or value.name == "weight_decay")


def _shown(value: Any) -> str:
    text = sexpression.write(value) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"
