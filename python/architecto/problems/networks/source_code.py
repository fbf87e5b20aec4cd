"""An architecture as a Python file that depends on torch alone."""

import inspect
import textwrap
from collections.abc import Mapping
from typing import Any

from architecto.problems.networks import preparation
from architecto.problems.networks.architecture import Architecture, Layer
from architecto.problems.networks.kinds import KINDS
from architecto.problems.networks.module import CLASSES, Network, module_arguments
from architecto.problems.networks.recipe import Changes, write

_FILE = '''\
"""{head} found by Architecto: input {input}, {parameters:,} parameters.

`python model.py` loads the weights.pt beside this file and prints the layers. From other code:
{use}{recipe}
"""

from pathlib import Path

import torch
from torch import Tensor, nn

ARCHITECTURE = """\\
{architecture}"""
{term}{normalise}
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


def source(
    architecture: Architecture,
    preprocessing: Mapping[str, Any] | None = None,
    recipe: str | None = None,
    changes: Changes | None = None,
) -> str:
    """Returns a Python file that defines the same network and depends on torch alone.

    Run as a program, the file loads the `weights.pt` beside it and prints the architecture and its
    number of parameters. Its class has the same state dict as `Network`.

    preprocessing: the fact of that name of an evaluation, see `preparation`: the file then has
        functions that make inputs in the way that the network was trained on
    recipe: the whole recipe of the training, told in words
    changes: what the search found of it

    Raises `ArchitectureError` where shapes do not fit.
    """
    facts = {"input": architecture.input.kind, **(preprocessing or {})}
    network = Network(architecture)
    leaves = [layer for layer in architecture.walk() if not layer.branches]
    lines = [f"self.{layer.label} = {_constructor(layer, architecture)}" for layer in leaves]
    own = {CLASSES[layer.kind] for layer in leaves if "." in KINDS[layer.kind].class_name}
    blocks = [inspect.getsource(c) for c in sorted(own, key=lambda c: str(c.__name__))]
    steps = _steps(architecture.layers, "x", "x", network)
    shape = ", ".join(map(str, architecture.input.tensor_sizes))
    return _FILE.format(
        input=architecture.input,
        head=preparation.head(facts),
        use=preparation.use(facts, shape),
        recipe=f"\n\nTrained with {_wrapped(recipe)}." if recipe else "",
        term=term(changes),
        normalise=preparation.code(facts),
        parameters=network.parameter_count,
        architecture=layer_list(architecture),
        blocks="".join(f"\n{block}\n" for block in blocks),
        modules="\n".join(" " * 8 + line for line in lines or ["pass"]),
        steps="\n".join(" " * 8 + line for line in steps),
    )


def term(changes: Changes | None) -> str:
    """The line that holds the recipe which the search found; empty where it found none."""
    return "" if changes is None else f'TRAINING = "{write(changes)}"\n'


def layer_list(architecture: Architecture) -> str:
    """The architecture text with each layer on a line of its own."""
    layers = "\n  ".join(map(str, architecture.layers))
    return f"(architecture (input {architecture.input.text}) (\n  {layers}))"


def _wrapped(recipe: str) -> str:
    """In lines of a docstring, the first behind two words."""
    return "\n".join(textwrap.wrap(recipe, 100, initial_indent=" " * 13)).lstrip()


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
