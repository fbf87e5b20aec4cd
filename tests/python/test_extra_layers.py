"""The layers that torch lacks under one name, exported and compared with the formulas.

Each is exported as `best/model.py` is, loaded from that file with random weights, and computed a
second time here in NumPy, from the formula and without any layer of torch.
"""

from __future__ import annotations

import math
import runpy
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from torch import Tensor

from architecto.problems.networks import extra_layers
from architecto.problems.networks.architecture import parse
from architecto.problems.networks.module import Network
from architecto.problems.networks.source_code import source

Array = NDArray[np.float64]


class Weights:
    """The weights of a module, as arrays by name: `w / "norm1"` are those of a part of it."""

    def __init__(self, arrays: dict[str, Array], prefix: str = "") -> None:
        self.arrays, self.prefix = arrays, prefix

    def __truediv__(self, part: str | int) -> Weights:
        return Weights(self.arrays, f"{self.prefix}{part}.")

    def __getitem__(self, name: str) -> Array:
        return self.arrays[self.prefix + name]

    def get(self, name: str) -> Array | float:
        return self.arrays.get(self.prefix + name, 0.0)


# ---- formulas: images are [n, c, h, w], tokens [n, tokens, width] -------------------------------


def linear(x: Array, w: Weights) -> Array:
    return x @ w["weight"].T + w["bias"]


def relu(x: Array) -> Array:
    return np.maximum(x, 0)


def gelu(x: Array) -> Array:
    """x Φ(x), Φ the normal distribution (Hendrycks and Gimpel, 2016)."""
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def windows(x: Array, kernel: int, stride: int, padding: int, fill: float = 0.0) -> Array:
    """Every window, `[n, c, h, w, kernel, kernel]`."""
    around = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    padded = np.pad(x, around, constant_values=fill)
    return sliding_window_view(padded, (kernel, kernel), (2, 3))[:, :, ::stride, ::stride]


def convolution(x: Array, w: Weights, stride: int = 1, padding: int = 0) -> Array:
    weight, bias = w["weight"], np.reshape(w.get("bias"), (-1, 1, 1))
    seen = windows(x, weight.shape[-1], stride, padding)
    return np.einsum("nchwij,ocij->nohw", seen, weight) + bias


def average_pool(x: Array, kernel: int, stride: int, padding: int) -> Array:
    """The mean of the pixels of each window; padding counts for nothing."""
    return np.nanmean(windows(x, kernel, stride, padding, fill=np.nan), axis=(4, 5))


def batch_norm(x: Array, w: Weights) -> Array:
    """With the mean and variance that training has left (Ioffe and Szegedy, 2015)."""
    mean, variance, scale, shift = (
        w[name].reshape(-1, 1, 1) for name in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / np.sqrt(variance + 1e-5) * scale + shift


def layer_norm(x: Array, w: Weights) -> Array:
    """(Ba, Kiros and Hinton, 2016); the variance is that of all numbers, not of a sample."""
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + 1e-5) * w["weight"] + w["bias"]


def attention(x: Array, w: Weights, heads: int, causal: bool = False) -> Array:
    """softmax(Q Kᵀ / √d) V in each head (Vaswani et al., 2017); PyTorch keeps Q, K, V in one."""
    results = []
    seen = np.tri(x.shape[1]) if causal else 1.0
    projected = x @ w["in_proj_weight"].T + w["in_proj_bias"]
    query, key, value = np.split(projected, 3, axis=-1)
    for head in range(heads):
        size = x.shape[-1] // heads
        own = slice(head * size, (head + 1) * size)
        products = query[..., own] @ key[..., own].transpose(0, 2, 1)
        scores = np.exp(products / math.sqrt(size)) * seen
        results.append(scores / scores.sum(-1, keepdims=True) @ value[..., own])
    return linear(np.concatenate(results, -1), w / "out_proj")


RANDOM = torch.Generator().manual_seed(0)


def compare(
    text: str,
    inputs: Tensor,
    parts: list[tuple[str, Callable[[Array, Weights], Array]]],
    folder: Path,
) -> str:
    """Exports `(architecture TEXT)` with random weights, and holds what it makes of the inputs
    against the formulas of its layers, by their labels. Returns the source."""
    architecture = parse(f"(architecture {text})")
    weights = {
        key: value
        if not value.is_floating_point()
        else torch.rand(value.shape, generator=RANDOM) + (0.5 if "running_var" in key else -0.5)
        for key, value in Network(architecture).state_dict().items()
    }
    torch.save(weights, folder / "weights.pt")
    code = source(architecture)
    assert "architecto" not in code.partition("import")[2]
    (folder / "model.py").write_text(code)
    network = runpy.run_path(str(folder / "model.py"))["load"]().double()
    with torch.no_grad():
        computed = network(inputs).numpy()
    arrays = Weights({key: value.double().numpy() for key, value in weights.items()})
    expected = inputs.numpy()
    for part, work in parts:
        expected = work(expected, arrays / part)
    assert computed.shape == expected.shape
    np.testing.assert_allclose(computed, expected, rtol=1e-5, atol=1e-8)
    assert np.ptp(computed) > 0.01
    return code


# ---- the layers, in the order of extra_layers.py ------------------------------------------------


def squeeze_excite(x: Array, w: Weights) -> Array:
    """x σ(W₂ relu(W₁ mean(x))), a factor a channel (Hu, Shen and Sun, 2018)."""
    means = x.mean((2, 3))
    squeezed = relu(means @ w["squeeze.weight"][:, :, 0, 0].T + w["squeeze.bias"])
    factors = sigmoid(squeezed @ w["excite.weight"][:, :, 0, 0].T + w["excite.bias"])
    return x * factors[:, :, None, None]


def patch_embed(x: Array, w: Weights) -> Array:
    """Each patch of 2 × 2 pixels, row by row, as a vector times a matrix."""
    n, c, height, width = x.shape
    patches = [
        x[:, :, i : i + 2, j : j + 2].reshape(n, c * 4)
        for i in range(0, height - 1, 2)
        for j in range(0, width - 1, 2)
    ]
    weight = w["projection.weight"].reshape(-1, c * 4)
    return np.stack(patches, 1) @ weight.T + w["projection.bias"]


def class_token(x: Array, w: Weights) -> Array:
    first = np.broadcast_to(w["token"][0, 0], (len(x), 1, x.shape[2]))
    return np.concatenate([first, x], 1)


def positional_embedding(x: Array, w: Weights) -> Array:
    return x + w["positions"][0]


def multi_head_attention(x: Array, w: Weights) -> Array:
    return attention(x, w / "attention", heads=2)


def transformer_block(x: Array, w: Weights) -> Array:
    """Normalised first (Xiong et al., 2020): x + A(norm(x)), then x + MLP(norm(x))."""
    w /= "block"
    x = x + attention(layer_norm(x, w / "norm1"), w / "self_attn", heads=3)
    hidden = gelu(linear(layer_norm(x, w / "norm2"), w / "linear1"))
    return x + linear(hidden, w / "linear2")


def select_token(x: Array, w: Weights) -> Array:
    return x[:, 0]


def mean_pool(x: Array, w: Weights) -> Array:
    return x.sum(1) / x.shape[1]


CELL = ("nor_conv_3x3", "avg_pool_3x3", "nor_conv_1x1", "skip_connect", "none", "nor_conv_3x3")


def cell_network(x: Array, w: Weights) -> Array:
    """Dong and Yang (ICLR 2020), section 2.1 and its code: every convolution is ReLU, convolution,
    normalisation; node k is the sum of the operations on the nodes before it."""

    def convolved(x: Array, w: Weights, kernel: int, stride: int = 1) -> Array:
        return batch_norm(convolution(relu(x), w / 1, stride, kernel // 2), w / 2)

    def operation(name: str, x: Array, w: Weights) -> Array:
        match name:
            case "none":
                return 0 * x
            case "skip_connect":
                return x
            case "avg_pool_3x3":
                return average_pool(x, 3, 1, 1)
            case _:
                return convolved(x, w, {"nor_conv_1x1": 1, "nor_conv_3x3": 3}[name])

    x = batch_norm(convolution(x, w / "stem" / 0, padding=1), w / "stem" / 1)
    for stage in range(3):
        if stage:
            reduction = w / "reductions" / (stage - 1)
            block = convolved(x, reduction / 0 / 0, 3, stride=2)
            block = convolved(block, reduction / 0 / 1, 3)
            x = block + convolution(average_pool(x, 2, 2, 0), reduction / 1 / 1)
        for number in range(5 * stage, 5 * stage + 5):
            a, b, c, d, e, f = (
                lambda x, name=name, w=w / "cells" / number / edge: operation(name, x, w)
                for edge, name in enumerate(CELL)
            )
            first = a(x)
            second = b(x) + c(first)
            x = d(x) + e(first) + f(second)
    return relu(batch_norm(x, w / "last" / 0)).mean((2, 3))


# ---- each of them exported ----------------------------------------------------------------------

IMAGE = ("", [])
TOKENS = ("(patch-embed 3 6 2) ", [("patches1", patch_embed)])
"""What makes tokens of an image comes first: its text, and what it computes."""

Before = tuple[str, list[tuple[str, Callable[[Array, Weights], Array]]]]
LAYERS: dict[str, tuple[Before, str, str, Callable[[Array, Weights], Array]]] = {
    "SqueezeExcite": (IMAGE, "(squeeze-excite 3 2)", "squeeze_excite1", squeeze_excite),
    "PatchEmbed": (IMAGE, "(patch-embed 3 6 2)", "patches1", patch_embed),
    "ClassToken": (TOKENS, "(class-token 6)", "class_token1", class_token),
    "PositionalEmbedding": (
        TOKENS, "(positional-embedding 24 6)", "positions1", positional_embedding,
    ),
    "MultiHeadAttention": (
        TOKENS, "(multi-head-attention 6 2)", "attention1", multi_head_attention,
    ),
    "TransformerBlock": (TOKENS, "(transformer-block 6 3 10)", "block1", transformer_block),
    "SelectToken": (TOKENS, "(select-token)", "select_token1", select_token),
    "MeanPool": (TOKENS, "(mean-pool)", "mean_pool1", mean_pool),
    "CellNetwork": (IMAGE, f"(cell {' '.join(CELL)})", "cells1", cell_network),
}  # fmt: skip
"""Class -> what comes before, the layer's text, its label in the module, and the formula."""


def classes(module: ModuleType) -> set[str]:
    """Those that a module defines."""
    return {
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }


def test_each_class_has_its_formula() -> None:
    assert set(LAYERS) == classes(extra_layers)


@pytest.mark.parametrize("name", LAYERS)
def test_an_exported_layer_computes_its_formula(name: str, tmp_path: Path) -> None:
    (before, prefix), text, label, formula = LAYERS[name]
    images = torch.randn(4, 3, 8, 12, generator=RANDOM, dtype=torch.float64)
    code = compare(
        f"(input 3 8 12) ({before}{text})", images, [*prefix, (label, formula)], tmp_path
    )
    assert f"class {name}(nn.Module)" in code
