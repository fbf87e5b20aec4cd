"""A layer and a quantity of one's own: a copy of the project gets both, as the README of
racket/networks says, and every question knows them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

ROW = """    {"name": "layer-scale", "class": "extra_layers.LayerScale", "label": "scale",
     "takes": ["image"],
     "arguments": [{"name": "num_features", "says": "channels", "role": "follows"}]},
    {"name": "elu", "class": "ELU", "label": "elu"},
"""
LISTED = """  [layer-scale (layer-scaleo layer in out params)]
  [elu]
"""
RELATION = """
(defrel (layer-scaleo layer in out params)
  (fresh (height width)
    (== layer `(layer-scale ,params))
    (== in `(,params ,height ,width))
    (== out in)))
"""
CLASS = '''

class LayerScale(nn.Module):
    """`[n, c, h, w]` → the same, each channel scaled by a learned number."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scales = nn.Parameter(torch.full((channels, 1, 1), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scales
'''
QUANTITY = """,
    {"name": "kernels", "word": "kernels", "meaning": "convolutions", "cost": {"conv2d": 1}}"""

LAYERS = "(conv2d 1 4 3 1 1) (layer-scale {}) (elu) (conv2d 4 4 3 1 1) (flatten) (linear 256 10)"
NETWORK = f"(architecture (input 1 8 8) ({LAYERS}))"


class Copy:
    """A copy of the project: its files, and its programs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("racket", "protocol", "python"):
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache")
            shutil.copytree(ROOT / folder, root / folder, ignore=ignored)

    def edit(self, file: str, mark: str, text: str) -> None:
        """Puts the text behind a mark that stands in the file once."""
        path = self.root / file
        before = path.read_text(encoding="utf-8")
        assert before.count(mark) == 1, (file, mark)
        path.write_text(before.replace(mark, mark + text), encoding="utf-8")

    def run(self, *command: str, lines: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, input=lines, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(self.root / "python")},
        )  # fmt: skip

    def ask(self, *arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
        return self.run("racket", "racket/questions.rkt", *arguments, lines=lines)


def add_row(copy: Copy) -> None:
    copy.edit("protocol/layers.json", '"layers": [\n', ROW)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = Copy(tmp_path_factory.mktemp("grown"))
    add_row(copy)
    copy.edit("racket/networks/blocks.rkt", "(define-layers block-layers\n", LISTED)
    with (copy.root / "racket/networks/blocks.rkt").open("a", encoding="utf-8") as file:
        file.write(RELATION)
    with (copy.root / "python/architecto/problems/networks/extra_layers.py").open("a") as file:
        file.write(CLASS)
    copy.edit("protocol/quantities.json", '"meaning": "layers", "cost": 1}', QUANTITY)
    # what Racket compiled remembers the files of the original by their whole paths
    for folder in (".", "questions", "networks", "networks/spaces"):
        shutil.rmtree(copy.root / "racket" / folder / "compiled", ignore_errors=True)
    compiled = copy.run("raco", "make", "racket/questions.rkt")
    assert compiled.returncode == 0, compiled.stderr
    return copy


def test_every_question_knows_the_layer(grown: Copy) -> None:
    lines = "\n".join(NETWORK.format(channels) for channels in (4, 3))
    assert grown.ask("check", "-", lines=lines).stdout.splitlines() == [
        "yes",
        "no: layer 2, layer-scale: expects 3 channels, gets 4",
    ]
    filled = grown.ask("complete", "-", lines=NETWORK.format("_"))
    assert filled.stdout == NETWORK.format(4) + "\n"
    repaired = grown.ask("repair", "-n", "1", "-", lines=NETWORK.format(3))
    assert repaired.stdout == NETWORK.format(4) + "\n"
    described = grown.ask("describe", "-", lines=NETWORK.format(4)).stdout
    assert re.search(r"^2 +\(layer-scale 4\) +4x8x8 +4 +0$", described, re.MULTILINE)


def test_python_builds_and_exports_it(grown: Copy) -> None:
    program = f"""
from architecto.problems.networks import architecture
from architecto.problems.networks.module import Network
from architecto.problems.networks.source_code import source
found = architecture.parse({NETWORK.format(4)!r})
print(architecture.summary(found))
print(Network(found).parameter_count)
names = {{"__name__": "model", "__file__": "model.py"}}
exec(source(found), names)
print(sum(p.numel() for p in names["Network"]().parameters()))
"""
    said = grown.run(sys.executable, "-c", program)
    assert said.stdout.splitlines() == [
        "conv 3x3 4 · layer-scale · elu · conv 3x3 4 · flatten · linear 10",
        *["2762"] * 2,
    ], said.stderr


def kernels(text: str) -> int:
    return text.count("(conv2d ")


def test_every_question_keeps_budgets_of_the_quantity(grown: Copy) -> None:
    drawn = grown.ask("sample", "--space", "cnn", "-n", "30", "--max-kernels", "2")
    assert {kernels(text) for text in drawn.stdout.splitlines()} == {1, 2}
    drawn = grown.ask("sample", "--space", "cnn", "-n", "30", "--min-kernels", "3")
    found = drawn.stdout.splitlines()
    assert len(found) == 30 and min(map(kernels, found)) == 3
    assert max(map(kernels, found)) > 3
    said = grown.ask("check", "-", "--max-kernels", "1", lines=NETWORK.format(4))
    assert said.stdout == "no: valid, but kernels is 2, over the budget of 1\n"
    assert grown.ask("check", "-", "--max-kernels", "2", lines=NETWORK.format(4)).stdout == "yes\n"
    assert ", 6 layers, 2 kernels " in grown.ask("describe", "-", lines=NETWORK.format(4)).stdout
    smallest = grown.ask(
        "smallest", "--space", "cnn", "--by", "kernels", "--min-kernels", "3", "--timeout", "2"
    )
    assert kernels(smallest.stdout) == 3


def test_a_space_has_a_budget_of_the_quantity(grown: Copy) -> None:
    space = (grown.root / "racket/networks/spaces/cnn.rkt").read_text(encoding="utf-8")
    file = grown.root / "racket/networks/spaces/short.rkt"
    file.write_text(space.replace("#:max-params 50000", "#:max-params 50000 #:max-kernels 1"))
    drawn = grown.ask("sample", "--space", "short", "-n", "20").stdout.splitlines()
    assert [kernels(text) for text in drawn] == [1] * 20


@pytest.mark.parametrize(
    ("file", "mark", "text", "command", "sentence"),
    [
        (
            "protocol/layers.json", '"layers": [\n', ROW, "racket",
            "protocol/layers.json: elu, layer-scale: no relation; layers.rkt or blocks.rkt of "
            "racket/networks must list one",
        ),
        (
            "protocol/layers.json", '"layers": [\n', ROW, "python",
            "protocol/layers.json: layer-scale: expected a class LayerScale in extra_layers.py",
        ),
        (
            "protocol/layers.json", '"name": "relu", ', '"rank": [3], ', "racket",
            "protocol/layers.json: unknown field rank in ",
        ),
        (
            "protocol/layers.json", '"name": "relu", ', '"rank": [3], ', "python",
            "protocol/layers.json: relu: ",
        ),
        (
            "protocol/layers.json", '"label": "tanh"},\n', "", "racket-without",
            "protocol/layers.json: tanh: expected a row for each relation of racket/networks",
        ),
        (
            "protocol/layers.json", '"class": "Tanh', "ent", "torch",
            "protocol/layers.json: tanh: torch.nn has no class Tanhent",
        ),
        (
            "protocol/quantities.json", '"meaning": "layers", "cost": 1}', QUANTITY, "racket",
            "protocol/quantities.json has changed since racket/ was compiled: run `make setup`",
        ),
        (
            "protocol/quantities.json", '"meaning": "layers", "cost": ', '"all", "was": ', "racket",
            "protocol/quantities.json: depth: cost is \"all\", expected \"macs\", ",
        ),
    ],
)  # fmt: skip
def test_what_was_forgotten_is_said_at_the_start(
    file: str, mark: str, text: str, command: str, sentence: str, plain: Copy
) -> None:
    path = plain.root / file
    before = path.read_text(encoding="utf-8")
    plain.edit(file, mark, text)
    if command == "racket-without":
        path.write_text(re.sub(r"^.*\"tanh\".*\n", "", before, flags=re.MULTILINE))
    module = "module" if command == "torch" else "architecture"
    said = (
        plain.ask("count", "--space", "mlp")
        if command.startswith("racket")
        else plain.run(
            sys.executable, "-c", f"import architecto.problems.networks.{module} as module"
        )
    )
    path.write_text(before, encoding="utf-8")
    assert said.returncode == 1 and said.stdout == ""
    assert sentence in said.stderr.splitlines()[-1]
    assert command == "python" or command == "torch" or said.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("plain"))
