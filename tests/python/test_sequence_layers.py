"""The layers of series, tokens, tables and sequences that torch lacks under one name, exported and
compared with the formulas as in test_extra_layers.py; and PyTorch's own on series."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from test_extra_layers import (
    RANDOM,
    Array,
    Weights,
    attention,
    classes,
    compare,
    gelu,
    layer_norm,
    linear,
    sigmoid,
)
from torch import Tensor, nn

from architecto.problems.networks import sequence_layers
from architecto.problems.networks.architecture import parse
from architecto.problems.networks.kinds import KINDS
from architecto.problems.networks.module import Network


def token_embedding(x: Array, w: Weights) -> Array:
    return w["weight"][x.astype(int)]


def token_bag(x: Array, w: Weights) -> Array:
    """The mean of the rows of all tokens but 0; of a text of none, 0."""
    rows = [w["weight"][[int(token) for token in text if token]] for text in x]
    return np.stack([r.mean(0) if len(r) else np.zeros(r.shape[1]) for r in rows])


def category_embedding(x: Array, w: Weights) -> Array:
    numbers, codes = x[:, :3], x[:, 3:].astype(int)
    return np.concatenate([numbers, *(w["embedding.weight"][code] for code in codes.T)], 1)


def recurrent(
    x: Array,
    w: Weights,
    suffix: str,
    step: Callable[[Array, Array, Array, Array], Array],
    size: int,
) -> Array:
    """The states of one direction; `step` makes a state of what is known, see gru and lstm."""
    state = np.zeros((len(x), size))
    states = []
    for token in np.moveaxis(x, 1, 0):
        given = token @ w[f"weight_ih_{suffix}"].T + w[f"bias_ih_{suffix}"]
        hidden = state[:, :5] @ w[f"weight_hh_{suffix}"].T + w[f"bias_hh_{suffix}"]
        state = step(given, hidden, state, state[:, 5:])
        states.append(state[:, :5])
    return np.stack(states, 1)


def gru_step(given: Array, hidden: Array, state: Array, _: Array) -> Array:
    """h' = (1 − z) tanh(given + r hidden) + z h (Cho et al., 2014, as PyTorch writes it)."""
    (reset, update, new), (hidden_reset, hidden_update, hidden_new) = (
        np.split(numbers, 3, axis=1) for numbers in (given, hidden)
    )
    z = sigmoid(update + hidden_update)
    return (1 - z) * np.tanh(new + sigmoid(reset + hidden_reset) * hidden_new) + z * state


def lstm_step(given: Array, hidden: Array, state: Array, cell: Array) -> Array:
    """c' = f c + i g, h' = o tanh(c') (Hochreiter and Schmidhuber, 1997; Gers et al., 2000)."""
    let_in, keep, new, out = np.split(given + hidden, 4, axis=1)
    cell = sigmoid(keep) * cell + sigmoid(let_in) * np.tanh(new)
    return np.concatenate([sigmoid(out) * np.tanh(cell), cell], 1)


def gru(x: Array, w: Weights) -> Array:
    return recurrent(x, w / "gru", "l0", gru_step, 5)


def lstm(x: Array, w: Weights) -> Array:
    """In both directions; the second reads the tokens from the last to the first."""
    back = recurrent(x[:, ::-1], w / "lstm", "l0_reverse", lstm_step, 10)[:, ::-1]
    return np.concatenate([recurrent(x, w / "lstm", "l0", lstm_step, 10), back], 2)


def last_token(x: Array, w: Weights) -> Array:
    return x[:, 6]


def last_state(x: Array, w: Weights) -> Array:
    return np.concatenate([x[:, 6, :3], x[:, 0, 3:]], 1)


def swap(x: Array, w: Weights) -> Array:
    return np.einsum("nab->nba", x)


def causal_attention(x: Array, w: Weights) -> Array:
    return attention(x, w / "attention", heads=2, causal=True)


def causal_transformer_block(x: Array, w: Weights) -> Array:
    w /= "block"
    x = x + attention(layer_norm(x, w / "norm1"), w / "self_attn", heads=3, causal=True)
    return x + linear(gelu(linear(layer_norm(x, w / "norm2"), w / "linear1")), w / "linear2")


def series() -> Tensor:
    return torch.randn(4, 6, 7, generator=RANDOM, dtype=torch.float64)


def tokens() -> Tensor:
    """Padded on the left; the last text is empty."""
    found = torch.randint(1, 11, (4, 7), generator=RANDOM)
    for i, text in enumerate(found):
        text[: (0, 2, 6, 7)[i]] = 0
    return found


def table() -> Tensor:
    codes = torch.stack([torch.randint(0, 4, (4,), generator=RANDOM),
                         torch.randint(4, 9, (4,), generator=RANDOM)], 1)  # fmt: skip
    return torch.cat([torch.randn(4, 3, generator=RANDOM, dtype=torch.float64), codes], 1)


SWAPPED = ("to_sequence1", swap)
LAYERS: dict[str, tuple[str, Tensor, list[tuple[str, Callable[[Array, Weights], Array]]]]] = {
    "TokenEmbedding": (
        "(input tokens 7 11) ((embedding 11 6))", tokens(), [("embedding1", token_embedding)],
    ),
    "TokenBag": ("(input tokens 7 11) ((embedding-bag 11 6))", tokens(), [("bag1", token_bag)]),
    "CategoryEmbedding": (
        "(input table 3 2 9) ((category-embedding 3 2 9 4))",
        table(), [("categories1", category_embedding)],
    ),
    "GRU": (
        "(input series 6 7) ((to-sequence) (gru 6 5 1))", series(), [SWAPPED, ("gru1", gru)],
    ),
    "LSTM": (
        "(input series 6 7) ((to-sequence) (lstm 6 5 2))", series(), [SWAPPED, ("lstm1", lstm)],
    ),
    "LastToken": (
        "(input series 6 7) ((to-sequence) (last-token))",
        series(), [SWAPPED, ("last_token1", last_token)],
    ),
    "LastState": (
        "(input series 6 7) ((to-sequence) (last-state 2))",
        series(), [SWAPPED, ("last_state1", last_state)],
    ),
    "Swap": (
        "(input series 6 7) ((to-sequence) (to-series))",
        series(), [SWAPPED, ("to_series1", swap)],
    ),
    "CausalAttention": (
        "(input series 6 7) ((to-sequence) (causal-attention 6 2))",
        series(), [SWAPPED, ("attention1", causal_attention)],
    ),
    "CausalTransformerBlock": (
        "(input series 6 7) ((to-sequence) (causal-transformer-block 6 3 10))",
        series(), [SWAPPED, ("block1", causal_transformer_block)],
    ),
}  # fmt: skip
"""Class -> an architecture, inputs, and the formulas of its layers by their labels."""


def test_each_class_has_its_formula() -> None:
    assert set(LAYERS) == classes(sequence_layers)


@pytest.mark.parametrize("name", LAYERS)
def test_an_exported_layer_computes_its_formula(name: str, tmp_path: Path) -> None:
    text, inputs, formulas = LAYERS[name]
    assert f"class {name}(" in compare(text, inputs, formulas, tmp_path)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
@pytest.mark.parametrize("directions", [1, 2])
def test_the_last_state_is_that_which_pytorch_returns(kind: str, directions: int) -> None:
    text = f"(input series 6 7) ((to-sequence) ({kind} 6 5 {directions}) (last-state {directions}))"
    network = Network(parse(f"(architecture {text})")).eval()
    x = series().float()
    module = getattr(network.get_submodule(f"{kind}1"), kind)
    _, state = module(x.transpose(1, 2))
    state = state[0] if kind == "lstm" else state
    with torch.no_grad():
        assert torch.equal(network(x), torch.cat(list(state), 1))


@pytest.mark.parametrize("layer", ["(causal-attention 6 2)", "(causal-transformer-block 6 3 10)"])
def test_no_token_knows_of_those_behind_it(layer: str) -> None:
    """In training, where gradients are kept, and in use, where PyTorch takes a faster way."""
    network = Network(parse(f"(architecture (input series 6 7) ((to-sequence) {layer}))"))
    x = series().float()
    changed = x.clone()
    changed[:, :, 4:] += 1
    for training, gradient in itertools.product((True, False), repeat=2):
        network.train(training)
        with torch.set_grad_enabled(gradient):
            before, after = network(x), network(changed)
        assert torch.allclose(before[:, :4], after[:, :4], atol=1e-6)
        assert (before[:, 4:] - after[:, 4:]).abs().min() > 0


def test_padding_stays_zero_and_learns_nothing() -> None:
    for layers in ("(embedding 11 6) (mean-pool)", "(embedding-bag 11 6)"):
        network = Network(parse(f"(architecture (input tokens 7 11) ({layers}))"))
        (table,) = network.parameters()
        assert torch.equal(table[0], torch.zeros(6))
        network(tokens()).sum().backward()
        assert table.grad is not None and not table.grad[0].any() and table.grad[1:].any()


ON_SERIES = {
    "conv1d": "(conv1d 4 6 3 2 1 2 2)",
    "max-pool1d": "(max-pool1d 3 2 1)",
    "avg-pool1d": "(avg-pool1d 3 2 1)",
    "adaptive-avg-pool1d": "(adaptive-avg-pool1d 3)",
    "adaptive-max-pool1d": "(adaptive-max-pool1d 3)",
    "batch-norm1d": "(batch-norm1d 4)",
    "group-norm": "(group-norm 2 4)",
    "flatten": "(flatten)",
    "relu": "(relu)",
}


@pytest.mark.parametrize("name", ON_SERIES)
def test_a_layer_of_series_is_pytorchs(name: str) -> None:
    architecture = parse(f"(architecture (input series 4 11) ({ON_SERIES[name]}))")
    (layer,) = architecture.layers
    module: nn.Module = getattr(nn, KINDS[name].class_name)(*layer.arguments).eval()
    built = Network(architecture).eval()
    built.load_state_dict({f"{layer.label}.{key}": v for key, v in module.state_dict().items()})
    x = torch.randn(2, 4, 11, generator=RANDOM)
    assert torch.equal(built(x), module(x))
