"""An architecture as a Python file that depends on torch alone."""

import inspect
from collections.abc import Sequence

from architecto.problems.networks.architecture import Architecture, Layer
from architecto.problems.networks.kinds import KINDS
from architecto.problems.networks.module import CLASSES, Network, module_arguments

_FILE = '''\
"""An image classifier found by Architecto: input {input}, {parameters:,} parameters.

`python model.py` loads the weights.pt beside this file and prints the layers. From other code:
{use}
"""

from pathlib import Path

import torch
from torch import Tensor, nn

ARCHITECTURE = """\\
{architecture}"""
{normalise}
{blocks}
class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
{modules}

    def forward(self, x: Tensor) -> Tensor:  # n x {input}
{steps}
        return x


def load(path: Path = Path(__file__).with_name("weights.pt")) -> Network:
    """Returns the trained network, ready for use."""
    network = Network()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


if __name__ == "__main__":
    count = sum(parameter.numel() for parameter in load().parameters())
    print(ARCHITECTURE)
    print(f"{{count:,}} parameters")
'''


_USE = """\
`from model import load; network = load()`, then `network(images)` with images of shape
[n, {shape}]."""

_USE_NORMALISED = """\
`from model import load, normalise; network = load()`, then `network(normalise(images))` with
images of shape [n, {shape}] and pixels in [0, 1]."""

_NORMALISE = '''\

MEAN = {mean}
STD = {deviation}


def normalise(images: Tensor) -> Tensor:
    """Pixels in [0, 1] → what the network was trained on: mean 0, deviation 1 in each channel."""
    mean, std = (torch.tensor(numbers)[:, None, None] for numbers in (MEAN, STD))
    return (images - mean) / std
'''


def source(
    architecture: Architecture,
    mean: Sequence[float] | None = None,
    deviation: Sequence[float] | None = None,
) -> str:
    """Returns a Python file that defines the same network and depends on torch alone.

    Run as a program, the file loads the `weights.pt` beside it and prints the architecture and its
    number of parameters. Its class has the same state dict as `Network`. With `mean` and
    `deviation` of the training pixels in [0, 1], one number a channel, it has a function that
    normalises images in the way that the network was trained on. Raises `ArchitectureError` where
    shapes do not fit.
    """
    network = Network(architecture)
    leaves = [layer for layer in architecture.walk() if not layer.branches]
    lines = [f"self.{layer.label} = {_constructor(layer, architecture)}" for layer in leaves]
    own = {CLASSES[layer.kind] for layer in leaves if "." in KINDS[layer.kind].class_name}
    blocks = [inspect.getsource(c) for c in sorted(own, key=lambda c: str(c.__name__))]
    steps = _steps(architecture.layers, "x", "x", network)
    normalised = mean is not None and deviation is not None
    shape = ", ".join(map(str, architecture.input.tensor_sizes))
    return _FILE.format(
        input=architecture.input,
        use=(_USE_NORMALISED if normalised else _USE).format(shape=shape),
        normalise=_NORMALISE.format(mean=mean, deviation=deviation) if normalised else "",
        parameters=network.parameter_count,
        architecture=layer_list(architecture),
        blocks="".join(f"\n{block}\n" for block in blocks),
        modules="\n".join(" " * 8 + line for line in lines or ["pass"]),
        steps="\n".join(" " * 8 + line for line in steps),
    )


def layer_list(architecture: Architecture) -> str:
    """The architecture text with each layer on a line of its own."""
    layers = "\n  ".join(map(str, architecture.layers))
    return f"(architecture (input {architecture.input.text}) (\n  {layers}))"


def _constructor(layer: Layer, architecture: Architecture) -> str:
    """Channels and features stand first, as PyTorch's users write them; the rest is named."""
    kind = KINDS[layer.kind]
    if "." in kind.class_name:
        arguments = map(repr, module_arguments(layer, architecture))
        return f"{CLASSES[layer.kind].__name__}({', '.join(arguments)})"
    written = [
        str(value)
        if argument.name.startswith(("in_", "out_", "num_"))
        else f"{argument.name}={value}"
        for argument, value in zip(kind.arguments, layer.arguments, strict=False)
    ]
    return f"nn.{kind.class_name}({', '.join(written)})"


def _steps(layers: tuple[Layer, ...], given: str, result: str, network: Network) -> list[str]:
    """Lines of `forward` that compute variable `result` from variable `given`."""
    lines: list[str] = []
    for layer in layers:
        shape = network.shapes[layer.label]
        if layer.branches:
            outputs: list[str] = []
            for number, branch in enumerate(layer.branches, 1):
                variable = f"{result}_{number}" if branch else given
                lines += _steps(branch, given, variable, network)
                outputs.append(variable)
            joined = CLASSES[layer.kind].source(outputs)
            lines.append(f"{result} = {joined}  # n x {shape}")
        else:
            lines.append(f"{result} = self.{layer.label}({given})  # n x {shape}")
        given = result
    return lines
