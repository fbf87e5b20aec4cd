"""Architectures: from text to a tree, and from the tree to a module, source code or a summary.

The text is `(architecture (input C H W) (LAYER …))` with PyTorch's names and argument order. The
tree checks names and arguments; that shapes fit is known from the relation that produced the text,
and checked again by `build`, which runs the module once.

Nothing here imports torch before `build` or `source` is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from architecto.problems import sexpression
from architecto.problems.sexpression import Expression, SexpressionError

if TYPE_CHECKING:
    from architecto.problems.networks.module import Network

MAX_LAYERS = 10_000
"""Most layers, those inside branches counted, that `parse` accepts."""


class ArchitectureError(ValueError):
    """The text is no architecture, or its layers do not fit together; the message is one line."""


@dataclass(frozen=True)
class Argument:
    """One argument of a layer, named as in PyTorch."""

    name: str
    least: int = 1
    default: int | None = None
    """PyTorch's default, for an argument that may be left out."""
    real: bool = False
    """A number in [0, 1] rather than an integer of at least `least`."""
    choices: tuple[str, ...] = ()
    """One of these names rather than a number."""


@dataclass(frozen=True)
class Kind:
    """What a layer's name stands for: a class of `torch.nn` with positional arguments."""

    torch_class: str
    """Of `torch.nn`, or of `architecto.problems.networks.extra_layers`."""
    stem: str
    """Modules are called stem + number: `conv1`, `conv2`, …"""
    arguments: tuple[Argument, ...] = ()
    ranks: tuple[int, ...] = ()
    """Ranks of the shapes that the layer takes, without the batch: 3 images, 2 tokens, 1 vectors.
    Empty: any."""

    @property
    def required(self) -> int:
        return sum(argument.default is None for argument in self.arguments)


_OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
"""Of NAS-Bench-201, named as there."""

_WINDOW = (Argument("kernel_size"), Argument("stride"), Argument("padding", least=0))

KINDS: dict[str, Kind] = {
    "conv2d": Kind(
        "Conv2d",
        "conv",
        (
            Argument("in_channels"),
            Argument("out_channels"),
            *_WINDOW,
            Argument("dilation", default=1),
            Argument("groups", default=1),
        ),
        ranks=(3,),
    ),
    "max-pool2d": Kind("MaxPool2d", "pool", _WINDOW, ranks=(3,)),
    "avg-pool2d": Kind("AvgPool2d", "pool", _WINDOW, ranks=(3,)),
    "adaptive-avg-pool2d": Kind(
        "AdaptiveAvgPool2d", "pool", (Argument("output_size"),), ranks=(3,)
    ),
    "batch-norm2d": Kind("BatchNorm2d", "norm", (Argument("num_features"),), ranks=(3,)),
    "group-norm": Kind(
        "GroupNorm", "norm", (Argument("num_groups"), Argument("num_channels")), ranks=(3,)
    ),
    "layer-norm": Kind("LayerNorm", "norm", (Argument("num_features"),), ranks=(1, 2)),
    "flatten": Kind("Flatten", "flatten"),
    "linear": Kind(
        "Linear", "linear", (Argument("in_features"), Argument("out_features")), ranks=(1, 2)
    ),
    "squeeze-excite": Kind(
        "SqueezeExcite",
        "squeeze_excite",
        (Argument("num_channels"), Argument("num_squeezed")),
        ranks=(3,),
    ),
    "patch-embed": Kind(
        "PatchEmbed",
        "patches",
        (Argument("in_channels"), Argument("num_features"), Argument("patch")),
        ranks=(3,),
    ),
    "class-token": Kind("ClassToken", "class_token", (Argument("num_features"),), ranks=(2,)),
    "positional-embedding": Kind(
        "PositionalEmbedding",
        "positions",
        (Argument("num_tokens"), Argument("num_features")),
        ranks=(2,),
    ),
    "multi-head-attention": Kind(
        "MultiHeadAttention",
        "attention",
        (Argument("num_features"), Argument("num_heads")),
        ranks=(2,),
    ),
    "transformer-block": Kind(
        "TransformerBlock",
        "block",
        (Argument("num_features"), Argument("num_heads"), Argument("num_hidden")),
        ranks=(2,),
    ),
    "select-token": Kind("SelectToken", "select_token", ranks=(2,)),
    "mean-pool": Kind("MeanPool", "mean_pool", ranks=(2,)),
    "cell": Kind(
        "CellNetwork",
        "cells",
        tuple(Argument(f"operation{i}", choices=_OPERATIONS) for i in range(1, 7)),
        ranks=(3,),
    ),
    "dropout": Kind("Dropout", "dropout", (Argument("p", real=True),)),
    "relu": Kind("ReLU", "relu"),
    "leaky-relu": Kind("LeakyReLU", "leaky_relu"),
    "gelu": Kind("GELU", "gelu"),
    "silu": Kind("SiLU", "silu"),
    "tanh": Kind("Tanh", "tanh"),
    "sigmoid": Kind("Sigmoid", "sigmoid"),
    "hardswish": Kind("Hardswish", "hardswish"),
}
"""Every layer that holds no other layers, by its name in the text."""

JOINS = ("residual", "concat")
"""Layers that join branches: the sum of two, and the concatenation along channels of any number."""


@dataclass(frozen=True)
class Layer:
    """A layer: one of `KINDS` with its arguments, or one of `JOINS` with its branches."""

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

    input: tuple[int, int, int]
    """Channels, height, width."""
    layers: tuple[Layer, ...]

    def __str__(self) -> str:
        head = " ".join(map(str, self.input))
        return f"(architecture (input {head}) ({' '.join(map(str, self.layers))}))"

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
        case ["architecture", ["input", *shape], list(layers)]:
            pass
        case _:
            raise ArchitectureError(
                "expected (architecture (input C H W) (LAYER …)), got " + _excerpt(expression)
            )
    match shape:
        case [int(channels), int(height), int(width)] if min(channels, height, width) >= 1:
            found = _layers(layers, _Labels())
            inner = [layer.kind for layer in _walk(found)][1:]
            if "cell" in inner:
                raise ArchitectureError("a cell can only be the first layer")
            return Architecture((channels, height, width), found)
    raise ArchitectureError(
        "expected (input C H W) with integers of at least 1, got " + _excerpt(["input", *shape])
    )


def build(architecture: Architecture) -> Network:
    """Returns the network as an `nn.Module` (images `[n, C, H, W]` → `[n, classes]`), in training
    mode, with PyTorch's initial weights drawn from torch's global generator.

    Raises `ArchitectureError` with the layer's text where shapes do not fit.
    """
    from architecto.problems.networks.module import Network

    return Network(architecture)


def source(
    architecture: Architecture,
    mean: Sequence[float] | None = None,
    deviation: Sequence[float] | None = None,
) -> str:
    """Returns a Python file that defines the same network and depends on torch alone.

    Run as a program, the file loads the `weights.pt` beside it and prints the architecture and its
    number of parameters. Its class has the same state dict as `build`'s module. With `mean` and
    `deviation` of the training pixels in [0, 1], one number a channel, it has a function that
    normalises images in the way that the network was trained on. Raises `ArchitectureError` where
    shapes do not fit.
    """
    from architecto.problems.networks.source_code import source_code

    return source_code(architecture, mean, deviation)


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
        case [str(name), *arguments] if name in KINDS:
            checked = _arguments(expression, KINDS[name], arguments)
            return Layer(name, checked, label=labels.next(KINDS[name].stem))
        case ["residual", list(left), list(right)]:
            label = labels.next("residual")
            sides = (_layers(left, labels), _layers(right, labels))
            return Layer("residual", branches=sides, label=label)
        case ["concat", *parts] if parts and all(isinstance(part, list) for part in parts):
            label = labels.next("concat")
            branches = tuple(_layers(part, labels) for part in parts if isinstance(part, list))
            return Layer("concat", branches=branches, label=label)
        case ["residual", *_]:
            expected = "(residual (LAYER …) (LAYER …))"
        case ["concat", *_]:
            expected = "(concat (LAYER …) …)"
        case [str(name), *_]:
            known = ", ".join([*KINDS, *JOINS])
            raise ArchitectureError(f"unknown layer {name!r}; known are {known}")
        case _:
            expected = "a layer such as (relu)"
    raise ArchitectureError(f"expected {expected}, got {_excerpt(expression)}")


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
        if argument.choices:
            fits = value in argument.choices
            expected = "one of " + ", ".join(argument.choices)
        elif argument.real:
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


_SUMMARIES = {
    "conv2d": "conv {kernel_size}x{kernel_size} {out_channels}",
    "max-pool2d": "max-pool {kernel_size}",
    "avg-pool2d": "avg-pool {kernel_size}",
    "adaptive-avg-pool2d": "adaptive-avg-pool {output_size}",
    "batch-norm2d": "batch-norm",
    "group-norm": "group-norm {num_groups}",
    "linear": "linear {out_features}",
    "dropout": "dropout {p}",
    "squeeze-excite": "squeeze-excite {num_squeezed}",
    "patch-embed": "patches {patch}x{patch} {num_features}",
    "multi-head-attention": "attention {num_heads}",
    "transformer-block": "transformer {num_heads} heads {num_hidden}",
    "cell": "cell {operation1} {operation2} {operation3} {operation4} {operation5} {operation6}",
}


def _summary(layers: tuple[Layer, ...]) -> str:
    return " · ".join(map(_summary_of_layer, layers)) if layers else "identity"


def _summary_of_layer(layer: Layer) -> str:
    if layer.branches:
        return f"{layer.kind}({' | '.join(map(_summary, layer.branches))})"
    names = (argument.name for argument in KINDS[layer.kind].arguments)
    values = dict(zip(names, layer.arguments, strict=False))
    text = _SUMMARIES.get(layer.kind, layer.kind).format(**values)
    usual_stride = 1 if layer.kind == "conv2d" else values.get("kernel_size")
    if "stride" in values and values["stride"] != usual_stride:
        text += f" stride {values['stride']}"
    if values.get("dilation", 1) != 1:
        text += f" dilation {values['dilation']}"
    if values.get("groups", 1) != 1:
        text += f" groups {values['groups']}"
    return text


def _excerpt(expression: Expression) -> str:
    text = _shown(expression)
    return text if len(text) <= 60 else text[:59] + "…"


def _shown(expression: Expression) -> str:
    if isinstance(expression, list):
        return "(" + " ".join(map(_shown, expression)) + ")"
    return str(expression)
