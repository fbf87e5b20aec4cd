"""Architectures: from text to a tree, and from the tree to a module, source code or a summary.

The text is `(architecture (input C H W) (LAYER …))`, or with another kind of input (see `shapes`),
with PyTorch's names and argument order. The
tree checks names and arguments; that shapes fit is known from the relation that produced the text,
and checked again by `build`, which runs the module once.

Nothing here imports torch before `build` or `source` is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from architecto.problems import sexpression
from architecto.problems.networks.kinds import KINDS, Kind
from architecto.problems.networks.shapes import Shape, expected
from architecto.problems.sexpression import Expression, SexpressionError

MAX_LAYERS = 10_000
"""Most layers, those inside branches counted, that `parse` accepts."""


class ArchitectureError(ValueError):
    """The text is no architecture, or its layers do not fit together; the message is one line."""


@dataclass(frozen=True)
class Layer:
    """A layer: one of `KINDS` with its arguments, or with its branches where it is a join."""

    kind: str
    arguments: tuple[int | float | str, ...] = ()
    """Without trailing arguments that equal PyTorch's default."""
    branches: tuple[tuple[Layer, ...], ...] = ()
    """Of a join; an empty branch is the identity."""
    label: str = field(default="", compare=False)
    """The attribute that holds the module, unique in the architecture."""

    def __str__(self) -> str:
        parts = [str(argument) for argument in self.arguments]
        parts += ["(" + " ".join(map(str, branch)) + ")" for branch in self.branches]
        return "(" + " ".join([self.kind, *parts]) + ")"


@dataclass(frozen=True)
class Architecture:
    """A whole network. `str` gives the canonical text."""

    input: Shape
    layers: tuple[Layer, ...]

    def __str__(self) -> str:
        return f"(architecture (input {self.input.text}) ({' '.join(map(str, self.layers))}))"

    def walk(self) -> Iterator[Layer]:
        """All layers in the order of the text; a join comes before its branches."""
        return _walk(self.layers)


def parse(text: str) -> Architecture:
    """Reads an architecture text; raises `ArchitectureError` if it is none."""
    try:
        expression = sexpression.read(text)
    except SexpressionError as error:
        raise ArchitectureError(f"not an architecture: {error}") from None
    match expression:
        case ["architecture", ["input", *sizes], list(layers)]:
            pass
        case _:
            raise ArchitectureError(
                "expected (architecture (input C H W) (LAYER …)), got " + _excerpt(expression)
            )
    shape = Shape.of_text(sizes)
    if shape is None:
        raise ArchitectureError(
            f"expected {expected(sizes)} with integers of at least 1, got "
            + _excerpt(["input", *sizes])
        )
    found = _layers(layers, _Labels())
    for layer in list(_walk(found))[1:]:
        if KINDS[layer.kind].first_only:
            raise ArchitectureError(f"a {layer.kind} can only be the first layer")
    return Architecture(shape, found)


def summary(architecture: Architecture) -> str:
    """One short line for tables: `conv 3x3 16 · relu · max-pool 2 · flatten · linear 10`."""
    return _summary(architecture.layers)


class _Labels:
    """Numbers the modules of one architecture: conv1, relu1, conv2, …"""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.total = 0

    def next(self, stem: str) -> str:
        self.total += 1
        if self.total > MAX_LAYERS:
            raise ArchitectureError(f"the architecture has more than {MAX_LAYERS:,} layers")
        self.counts[stem] = self.counts.get(stem, 0) + 1
        return f"{stem}{self.counts[stem]}"


def _layers(expressions: list[Expression], labels: _Labels) -> tuple[Layer, ...]:
    return tuple(_layer(expression, labels) for expression in expressions)


def _layer(expression: Expression, labels: _Labels) -> Layer:
    match expression:
        case [str(name), *parts] if name in KINDS:
            kind = KINDS[name]
            if kind.join is None:
                checked = _arguments(expression, kind, parts)
                return Layer(name, checked, label=labels.next(kind.label))
            least, most = kind.join.branches
            branches = [part for part in parts if isinstance(part, list)]
            if len(branches) < len(parts) or not least <= len(parts) <= (most or len(parts)):
                raise ArchitectureError(f"expected {kind.form}, got {_excerpt(expression)}")
            label = labels.next(kind.label)
            joined = tuple(_layers(branch, labels) for branch in branches)
            return Layer(name, branches=joined, label=label)
        case [str(name), *_]:
            raise ArchitectureError(f"unknown layer {name!r}; known are {', '.join(KINDS)}")
    raise ArchitectureError(f"expected a layer such as (relu), got {_excerpt(expression)}")


def _arguments(
    layer: Expression, kind: Kind, values: list[Expression]
) -> tuple[int | float | str, ...]:
    if not kind.required <= len(values) <= len(kind.arguments):
        names = [a.name if a.default is None else f"[{a.name}]" for a in kind.arguments]
        raise ArchitectureError(
            f"{_excerpt(layer)} has {len(values)} arguments; expected "
            + (f"{len(names)}: {' '.join(names)}" if names else "none")
        )
    checked: list[int | float | str] = []
    for argument, value in zip(kind.arguments, values, strict=False):
        if argument.kind == "choice":
            fits = value in argument.choices
            expected = "one of " + ", ".join(argument.choices)
        elif argument.kind == "real":
            fits = isinstance(value, int | float) and 0 <= value <= 1
            expected = "a number from 0 to 1"
        else:
            fits = isinstance(value, int) and value >= argument.least
            expected = f"an integer of at least {argument.least}"
        if not fits or isinstance(value, list):
            raise ArchitectureError(
                f"{argument.name} of {_excerpt(layer)} must be {expected}, got {_excerpt(value)}"
            )
        checked.append(value)
    while len(checked) > kind.required and checked[-1] == kind.arguments[len(checked) - 1].default:
        checked.pop()
    return tuple(checked)


def _walk(layers: Iterable[Layer]) -> Iterator[Layer]:
    for layer in layers:
        yield layer
        for branch in layer.branches:
            yield from _walk(branch)


def _summary(layers: tuple[Layer, ...]) -> str:
    return " · ".join(map(_summary_of_layer, layers)) if layers else "identity"


def _summary_of_layer(layer: Layer) -> str:
    if layer.branches:
        return f"{layer.kind}({' | '.join(map(_summary, layer.branches))})"
    kind = KINDS[layer.kind]
    given = list(zip(kind.arguments, layer.arguments, strict=False))
    values = {argument.name: value for argument, value in given}
    text = (kind.summary or kind.name).format(**values)
    for argument, value in given:
        usual = argument.default if argument.usual is None else argument.usual
        if usual is not None and value != (values[usual] if isinstance(usual, str) else usual):
            text += f" {argument.name} {value}"
    return text


def _excerpt(expression: Expression) -> str:
    text = _shown(expression)
    return text if len(text) <= 60 else text[:59] + "…"


def _shown(expression: Expression) -> str:
    if isinstance(expression, list):
        return "(" + " ".join(map(_shown, expression)) + ")"
    return str(expression)
