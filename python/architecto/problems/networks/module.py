"""An architecture as a PyTorch module."""

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from architecto.problems.networks import extra_layers, joins, sequence_layers
from architecto.problems.networks.architecture import Architecture, ArchitectureError, Layer
from architecto.problems.networks.kinds import KINDS, Kind
from architecto.problems.networks.shapes import Shape

_MODULES = {
    "": nn,
    "extra_layers": extra_layers,
    "sequence_layers": sequence_layers,
    "joins": joins,
}


def _class(kind: Kind) -> Any:
    module, _, name = kind.class_name.rpartition(".")
    if not hasattr(_MODULES[module], name):
        raise ValueError(f"protocol/layers.json: {kind.name}: torch.nn has no class {name}")
    return getattr(_MODULES[module], name)


CLASSES: dict[str, Any] = {name: _class(kind) for name, kind in KINDS.items()}
"""The class of every kind of layer: an `nn.Module`, or one of `joins`."""


class Network(nn.Module):
    """A batch of inputs (see `shapes`) → scores `[n, classes]`, or `[n, tokens, classes]` of a
    language model. Submodules carry the layers' labels.

    Raises `ArchitectureError` if PyTorch refuses a layer's arguments or a layer does not fit the
    shape that reaches it (found by running two blank inputs: one may be too few to normalise).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        for layer in architecture.walk():
            if not layer.branches:
                self.add_module(layer.label, _module(layer, architecture))
        self.shapes = self._trace()
        """Shape behind each layer, by label."""

    def forward(self, inputs: Tensor) -> Tensor:
        return self._run(self.architecture.layers, inputs)

    def save(self, path: Path) -> None:
        """Writes the state dict, as CPU tensors, so that `path` is never half written. Makes its
        folder, but none above: a run that was deleted is not made again."""
        path.parent.mkdir(exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        weights = {name: value.cpu().contiguous() for name, value in self.state_dict().items()}
        torch.save(weights, partial)
        os.replace(partial, path)

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def _run(self, layers: tuple[Layer, ...], x: Tensor) -> Tensor:
        for layer in layers:
            x = self._run_layer(layer, x, [self._run(branch, x) for branch in layer.branches])
        return x

    def _run_layer(self, layer: Layer, x: Tensor, outputs: list[Tensor]) -> Tensor:
        """`outputs`: what the layer's branches made of `x`, one tensor a branch."""
        if layer.branches:
            joined: Tensor = CLASSES[layer.kind].join(outputs)
            return joined
        return self.get_submodule(layer.label)(x)

    @torch.no_grad()
    def _trace(self) -> dict[str, Shape]:
        """Runs two blank inputs and returns each layer's output shape."""
        shapes: dict[str, Shape] = {}

        def run(layers: tuple[Layer, ...], x: Tensor, given: Shape) -> tuple[Tensor, Shape]:
            for layer in layers:
                outputs = [run(branch, x, given) for branch in layer.branches]
                try:
                    _check_kinds(layer, given, [shape.kind for _, shape in outputs])
                    x = self._run_layer(layer, x, [output for output, _ in outputs])
                except (RuntimeError, ValueError, AssertionError, IndexError) as error:
                    raise ArchitectureError(
                        f"{layer} does not fit its input of shape {given}: {_first_line(error)}"
                    ) from None
                kind = outputs[0][1].kind if outputs else KINDS[layer.kind].gives or given.kind
                given = shapes[layer.label] = Shape(kind, tuple(x.shape[1:]))
            return x, given

        self.eval()
        shape = self.architecture.input
        run(self.architecture.layers, shape.example(2), shape)
        self.train()
        return shapes


def _check_kinds(layer: Layer, given: Shape, joined: list[str]) -> None:
    """Raises ValueError where a layer takes other kinds, which PyTorch might not notice: it may
    take the batch for channels, and a sequence for a series."""
    kind = KINDS[layer.kind]
    if not set(joined or [given.kind]) <= set(kind.takes):
        raise ValueError(f"expected {' or '.join(kind.takes)}")
    if given.kind in ("tokens", "table"):  # PyTorch would not miss numbers that never come
        pairs = zip(kind.arguments, layer.arguments, strict=False)
        sizes = tuple(value for argument, value in pairs if argument.role == "follows")
        if sizes != given.sizes[len(given.sizes) - len(sizes) :]:
            raise ValueError("the sizes of the input differ")
    if len(set(joined)) > 1:
        raise ValueError(f"expected branches of one kind, got {' and '.join(joined)}")


def _module(layer: Layer, architecture: Architecture) -> nn.Module:
    try:
        module: nn.Module = CLASSES[layer.kind](*module_arguments(layer, architecture))
        return module
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ArchitectureError(f"{layer}: {_first_line(error)}") from None


def module_arguments(layer: Layer, architecture: Architecture) -> tuple[int | float | str, ...]:
    """A layer that can only be the first also takes the number of channels of the images."""
    first = (architecture.input.sizes[0],) if KINDS[layer.kind].first_only else ()
    return (*first, *layer.arguments)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
