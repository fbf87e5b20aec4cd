"""Multiply-adds, parameters, activations: the relations say what PyTorch counts, layer by layer."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from architecto.problems.networks import architecture
from architecto.problems.networks.architecture import Layer
from architecto.problems.networks.module import Network

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

import validity

BATCH = 2


def counted(network: Network) -> dict[str, int]:
    """Multiply-adds for one input by PyTorch's own counter, for each module.

    A multiply-add is two floating-point operations. The counter knows matrix products,
    and attention only where it is made of them.
    """
    given = validity.inputs(network.architecture.input, BATCH)
    matrices = torch.backends.mkldnn.flags(enabled=False)  # what oneDNN has whole is not counted
    with matrices, sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network(given)
    return {
        name: sum(flops.values()) // (2 * BATCH)
        for name, flops in counter.get_flop_counts().items()
    }


def through(layer: Layer, of: Callable[[Layer], int]) -> int:
    """What a layer costs; a join, what all layers of its branches do."""
    if layer.branches:
        return sum(through(inner, of) for branch in layer.branches for inner in branch)
    return of(layer)


@pytest.mark.parametrize("space", validity.SPACES)
def test_costs_are_those_that_pytorch_counts(space: str) -> None:
    texts = validity.sample(space, 40)
    for text, table in zip(texts, validity.describe(texts), strict=True):
        network = Network(architecture.parse(text))
        flops = counted(network)
        walk = list(network.architecture.walk())

        def macs(layer: Layer, flops: dict[str, int] = flops) -> int:
            return flops.get(f"Network.{layer.label}", 0)

        def parameters(layer: Layer, network: Network = network) -> int:
            return sum(p.numel() for p in network.get_submodule(layer.label).parameters())

        assert table.parameters == [through(layer, parameters) for layer in walk], text
        assert table.macs == [through(layer, macs) for layer in walk], text
        assert table.total_macs == flops.get("Global", 0), text
        numbers = [torch.Size(network.shapes[layer.label].sizes).numel() for layer in walk]
        assert table.activations == sum(numbers), text
