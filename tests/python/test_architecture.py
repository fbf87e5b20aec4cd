"""Architectures: text, tree, module, source code and summary."""

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from architecto.problems.networks.architecture import ArchitectureError, parse, summary
from architecto.problems.networks.kinds import KINDS
from architecto.problems.networks.module import Network
from architecto.problems.networks.source_code import source


def network(*layers: str, shape: str = "1 8 8") -> str:
    return f"(architecture (input {shape}) ({' '.join(layers)}))"


SMALL = network("(conv2d 1 4 3 1 1)", "(relu)", "(max-pool2d 2 2 0)", "(flatten)", "(linear 64 10)")
BRANCHED = network(
    "(conv2d 1 4 3 1 1)",
    "(batch-norm2d 4)",
    "(residual ((conv2d 4 4 3 1 1) (relu)) ())",
    "(concat ((conv2d 4 2 1 1 0)) ((residual ((tanh)) ((gelu)))) ())",
    "(adaptive-avg-pool2d 1)",
    "(flatten)",
    "(dropout 0.25)",
    "(linear 10 3)",
)


def test_the_text_comes_back_in_canonical_form() -> None:
    assert str(parse(SMALL)) == SMALL
    assert str(parse(BRANCHED)) == BRANCHED
    assert str(parse(SMALL.replace(" ", "\n  "))) == SMALL


def test_trailing_arguments_at_the_default_are_left_out() -> None:
    plain = network("(conv2d 2 4 3 1 1)")
    assert str(parse(network("(conv2d 2 4 3 1 1 1 1)"))) == plain
    assert str(parse(network("(conv2d 2 4 3 1 1 1)"))) == plain
    assert str(parse(network("(conv2d 2 4 3 1 1 1 2)"))) == network("(conv2d 2 4 3 1 1 1 2)")
    assert parse(network("(conv2d 2 4 3 1 1 1 1)")) == parse(plain)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(architecture", "not an architecture: character 14: expected ')'"),
        ("(network 1)", "expected (architecture (input C H W) (LAYER …)), got (network 1)"),
        (network(shape="1 8"), "expected (input C H W) with integers of at least 1, got (input 1"),
        (network(shape="1 0 8"), "expected (input C H W) with integers of at least 1"),
        (network("(rnn 3)"), "unknown layer 'rnn'; known are conv2d, max-pool2d"),
        (network("relu"), "expected a layer such as (relu), got relu"),
        (network("(relu 1)"), "(relu 1) has 1 arguments; expected none"),
        (
            network("(conv2d 1 2)"),
            "(conv2d 1 2) has 2 arguments; expected 7: in_channels out_channels kernel_size "
            "stride padding [dilation] [groups]",
        ),
        (network("(linear 0 3)"), "in_features of (linear 0 3) must be an integer of at least 1"),
        (network("(linear 2.5 3)"), "must be an integer of at least 1, got 2.5"),
        (network("(conv2d 1 2 3 1 -1)"), "padding of (conv2d 1 2 3 1 -1) must be an integer of"),
        (network("(dropout 2)"), "p of (dropout 2) must be a number from 0 to 1, got 2"),
        (network("(dropout half)"), "must be a number from 0 to 1, got half"),
        (network("(residual ())"), "expected (residual (LAYER …) (LAYER …)), got (residual ())"),
        (network("(concat)"), "expected (concat (LAYER …) …), got (concat)"),
        (network("(concat relu)"), "expected (concat (LAYER …) …), got (concat relu)"),
        (network(*["(relu)"] * 10_001), "the architecture has more than 10,000 layers"),
    ],
)
def test_what_is_no_architecture_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (network("(linear 9 3)"), "(linear 9 3) does not fit its input of shape 1x8x8: "),
        (network("(conv2d 3 4 3 1 1)"), "(conv2d 3 4 3 1 1) does not fit its input of shape 1x8x8"),
        (network("(conv2d 1 4 9 1 0)"), "(conv2d 1 4 9 1 0) does not fit its input"),
        (network("(conv2d 1 4 3 1 1 1 3)"), "(conv2d 1 4 3 1 1 1 3): in_channels must be divisib"),
        (network("(group-norm 2 3)"), "(group-norm 2 3)"),
        (
            network("(residual ((conv2d 1 4 3 1 1)) ())"),
            "does not fit its input of shape 1x8x8: 4x8x8 and 1x8x8 cannot be added",
        ),
        (network("(concat () ((max-pool2d 2 2 0)))"), "does not fit its input of shape 1x8x8"),
    ],
)
def test_layers_that_do_not_fit_are_named(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError) as caught:
        Network(parse(text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


EXAMPLES = {
    "conv2d": "(conv2d 4 6 3 2 1 2 2)",
    "max-pool2d": "(max-pool2d 3 2 1)",
    "avg-pool2d": "(avg-pool2d 2 2 0)",
    "adaptive-avg-pool2d": "(adaptive-avg-pool2d 2)",
    "batch-norm2d": "(batch-norm2d 4)",
    "group-norm": "(group-norm 2 4)",
    "flatten": "(flatten)",
    "linear": "(linear 8 5)",
    "dropout": "(dropout 0.5)",
    **{name: f"({name})" for name, kind in KINDS.items() if not kind.arguments and not kind.join},
}


ON_IMAGES = [
    name
    for name, kind in KINDS.items()
    if "." not in kind.class_name and (not kind.takes or "image" in kind.takes)
]


@pytest.mark.parametrize("name", ON_IMAGES)
def test_every_layer_is_pytorchs(name: str) -> None:
    architecture = parse(network(EXAMPLES[name], shape="4 8 8"))
    (layer,) = architecture.layers
    module = getattr(torch.nn, KINDS[name].class_name)(*layer.arguments).eval()
    built = Network(architecture).eval()
    built.load_state_dict({f"{layer.label}.{key}": v for key, v in module.state_dict().items()})
    images = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(built(images), module(images))
    assert built.shapes[layer.label].sizes == tuple(module(images).shape[1:])


def test_initial_weights_follow_the_seed() -> None:
    torch.manual_seed(3)
    first = Network(parse(BRANCHED)).state_dict()
    torch.manual_seed(3)
    second = Network(parse(BRANCHED)).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_parameters_are_counted() -> None:
    assert Network(parse(SMALL)).parameter_count == 4 * 9 + 4 + 64 * 10 + 10


def module_of(text: str) -> ModuleType:
    module = ModuleType("model")
    module.__file__ = "/nowhere/model.py"
    exec(compile(source(parse(text)), "model.py", "exec"), module.__dict__)
    return module


@pytest.mark.parametrize("text", [SMALL, BRANCHED, network(), network("(residual () ())")])
def test_the_source_defines_the_same_network(text: str) -> None:
    torch.manual_seed(0)
    built, written = Network(parse(text)).eval(), module_of(text).Network().eval()
    assert list(written.state_dict()) == list(built.state_dict())
    written.load_state_dict(built.state_dict())
    images = torch.randn(3, 1, 8, 8)
    assert torch.equal(written(images), built(images))


def test_the_source_reads_like_code_written_by_hand() -> None:
    text = source(parse(BRANCHED))
    assert "self.conv1 = nn.Conv2d(1, 4, kernel_size=3, stride=1, padding=1)\n" in text
    assert "self.dropout1 = nn.Dropout(p=0.25)\n" in text
    assert "        x = self.conv1(x)  # n x 4x8x8\n" in text
    assert "        x = x_1 + x  # n x 4x8x8\n" in text
    assert "        x = torch.cat([x_1, x_2, x], dim=1)  # n x 10x8x8\n" in text
    imports = re.findall(r"^(?:import|from) (\S+)", text, flags=re.MULTILINE)
    assert imports == ["pathlib", "torch", "torch"]


def test_the_file_shows_its_layers_when_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(source(parse(SMALL)))
    torch.save(Network(parse(SMALL)).state_dict(), tmp_path / "weights.pt")
    command = [sys.executable, "-I", str(tmp_path / "model.py")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.splitlines() == [
        "(architecture (input 1 8 8) (",
        "  (conv2d 1 4 3 1 1)",
        "  (relu)",
        "  (max-pool2d 2 2 0)",
        "  (flatten)",
        "  (linear 64 10)))",
        "690 parameters",
    ]
    assert str(parse("".join(shown.splitlines()[:-1]))) == SMALL


def test_the_summary_is_short() -> None:
    assert summary(parse(SMALL)) == "conv 3x3 4 · relu · max-pool 2 · flatten · linear 10"
    assert summary(parse(BRANCHED)) == (
        "conv 3x3 4 · batch-norm · residual(conv 3x3 4 · relu | identity) · "
        "concat(conv 1x1 2 | residual(tanh | gelu) | identity) · adaptive-avg-pool 1 · flatten · "
        "dropout 0.25 · linear 3"
    )
    assert summary(parse(network("(conv2d 4 4 3 2 2 2 4)", "(max-pool2d 3 2 1)"))) == (
        "conv 3x3 4 stride 2 dilation 2 groups 4 · max-pool 3 stride 2"
    )


SAME_SIZE = st.sampled_from(["(relu)", "(conv2d 2 2 3 1 1)", "(batch-norm2d 2)", "(dropout 0.1)"])
LAYERS = st.recursive(
    st.lists(SAME_SIZE, max_size=3),
    lambda inner: st.builds(
        lambda left, right: [f"(residual ({' '.join(left)}) ({' '.join(right)}))"], inner, inner
    ),
    max_leaves=6,
)


@given(LAYERS)
def test_any_nesting_builds_and_its_source_agrees(layers: list[str]) -> None:
    text = network(*layers, shape="2 3 3")
    architecture = parse(text)
    assert str(architecture) == text
    assert len({layer.label for layer in architecture.walk()}) == len(list(architecture.walk()))
    built, written = Network(architecture).eval(), module_of(text).Network().eval()
    written.load_state_dict(built.state_dict())
    images = torch.ones(1, 2, 3, 3)
    assert torch.equal(written(images), built(images))


def test_reading_needs_no_torch() -> None:
    code = (
        "import sys; from architecto.problems.networks.architecture import parse, summary; "
        f"summary(parse({SMALL!r})); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
