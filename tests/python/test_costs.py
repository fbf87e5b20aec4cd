"""Multiply-adds, parameters, activations: the relations say what PyTorch counts, layer by layer."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from architecto.problems.networks.architecture import Layer
from architecto.problems.networks.kinds import KINDS
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
    # what oneDNN computes as a whole is not counted
    matrices = torch.backends.mkldnn.flags(enabled=False, allow_tf32=None)
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


NETWORKS = [
    "(input series 2 24) ((conv1d 2 8 5 2 2) (batch-norm1d 8) (relu) (max-pool1d 2 2 0)"
    " (conv1d 8 8 3 1 2 2) (conv1d 8 12 3 1 1 1 4) (group-norm 3 12) (avg-pool1d 3 1 1)"
    " (concat ((conv1d 12 4 3 1 1)) ((max-pool1d 3 1 1))) (residual ((conv1d 16 16 9 1 4)) ())"
    " (adaptive-max-pool1d 3) (adaptive-avg-pool1d 2) (flatten) (linear 32 5))",
    "(input series 2 24) ((to-sequence) (gru 2 6 2) (dropout 0.1) (gru 12 5 1) (last-state 1)"
    " (batch-norm1d 5) (linear 5 3))",
    "(input tokens 9 30) ((embedding 30 8) (to-series) (conv1d 8 8 3 1 1) (to-sequence)"
    " (lstm 8 6 2) (lstm 12 4 1) (concat ((gru 4 3 1)) ((linear 4 3) (tanh))) (last-token)"
    " (linear 3 4))",
    "(input tokens 9 30) ((embedding 30 8) (positional-embedding 9 8) (causal-attention 8 2)"
    " (causal-transformer-block 8 4 20) (layer-norm 8) (linear 8 30))",
    "(input tokens 9 30) ((embedding 30 8) (class-token 8) (transformer-block 8 2 12)"
    " (multi-head-attention 8 1) (residual ((gelu)) ((linear 8 8))) (last-state 2) (linear 8 2))",
    "(input tokens 9 30) ((concat ((embedding-bag 30 8)) ((embedding 30 2) (mean-pool))"
    " ((embedding 30 2) (select-token)))"
    " (linear 12 2))",
    "(input table 3 2 9) ((category-embedding 3 2 9 4) (batch-norm1d 11)"
    " (residual ((linear 11 20) (relu) (linear 20 11)) ()) (linear 11 1))",
    "(input features 13) ((layer-norm 13) (linear 13 1))",
]
"""Every layer of series, tokens, tables and sequences stands in one of them."""


def test_costs_of_layers_of_sequences() -> None:
    texts = [f"(architecture {text})" for text in NETWORKS]
    for kind in (name for name, k in KINDS.items() if "image" not in k.takes):
        assert any(f"({kind} " in text or f"({kind})" in text for text in texts), kind
    assert validity.ask("check", "-", lines="\n".join(texts)) == ["yes"] * len(texts)
    compare(texts)


@pytest.mark.parametrize("space", validity.SPACES)
def test_costs_are_those_that_pytorch_counts(space: str) -> None:
    compare(validity.sample(space, 40))


def compare(texts: list[str]) -> None:
    """What `describe` says of shapes and costs is what PyTorch says."""
    for text, table in zip(texts, validity.describe(texts), strict=True):
        network = validity.runs(text)
        assert network is not None, text
        assert table.shapes == validity.shapes(network), text
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
