"""An architecture as a PyTorch module."""

import torch
from torch import Tensor, nn

from architecto.problems.networks import extra_layers as modules
from architecto.problems.networks.architecture import KINDS, Architecture, ArchitectureError, Layer


class Network(nn.Module):
    """Images `[n, C, H, W]` → scores `[n, classes]`. Submodules carry the layers' labels.

    Raises `ArchitectureError` if PyTorch refuses a layer's arguments or a layer does not fit the
    shape that reaches it (found by running two blank images: one may be too few to normalise).
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        for layer in architecture.walk():
            if not layer.branches:
                self.add_module(layer.label, _module(layer, architecture))
        self.shapes = self._trace()
        """Shape behind each layer, by label, without the batch dimension."""

    def forward(self, images: Tensor) -> Tensor:
        return self._run(self.architecture.layers, images)

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def _run(self, layers: tuple[Layer, ...], x: Tensor) -> Tensor:
        for layer in layers:
            x = self._run_layer(layer, x, [self._run(branch, x) for branch in layer.branches])
        return x

    def _run_layer(self, layer: Layer, x: Tensor, outputs: list[Tensor]) -> Tensor:
        """`outputs`: what the layer's branches made of `x`, one `[n, c, h, w]` a branch."""
        match layer.kind:
            case "residual":
                left, right = outputs
                if left.shape != right.shape:  # PyTorch would broadcast
                    raise ValueError(f"{_shape(left)} and {_shape(right)} cannot be added")
                return left + right
            case "concat":
                return torch.cat(outputs, dim=1)
            case _:
                ranks = KINDS[layer.kind].ranks
                if ranks and x.dim() - 1 not in ranks:  # PyTorch may take the batch for channels
                    raise ValueError(f"expected {' or '.join(map(str, ranks))} sizes")
                return self.get_submodule(layer.label)(x)

    @torch.no_grad()
    def _trace(self) -> dict[str, tuple[int, ...]]:
        """Runs two blank images and returns each layer's output shape."""
        shapes: dict[str, tuple[int, ...]] = {}

        def run(layers: tuple[Layer, ...], x: Tensor) -> Tensor:
            for layer in layers:
                outputs = [run(branch, x) for branch in layer.branches]
                try:
                    x = self._run_layer(layer, x, outputs)
                except (RuntimeError, ValueError, AssertionError) as error:
                    raise ArchitectureError(
                        f"{layer} does not fit its input of shape {_shape(x)}: {_first_line(error)}"
                    ) from None
                shapes[layer.label] = tuple(x.shape[1:])
            return x

        self.eval()
        run(self.architecture.layers, torch.zeros(2, *self.architecture.input))
        self.train()
        return shapes


def _module(layer: Layer, architecture: Architecture) -> nn.Module:
    name = KINDS[layer.kind].torch_class
    try:
        return getattr(modules if hasattr(modules, name) else nn, name)(
            *module_arguments(layer, architecture)
        )
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ArchitectureError(f"{layer}: {_first_line(error)}") from None


def module_arguments(layer: Layer, architecture: Architecture) -> tuple[int | float | str, ...]:
    """The cell, which is the first layer, also takes the number of channels of the images."""
    first = (architecture.input[0],) if layer.kind == "cell" else ()
    return (*first, *layer.arguments)


def _shape(x: Tensor) -> str:
    return "x".join(map(str, x.shape[1:]))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
