"""Do the relations say what PyTorch says? `make bench-validity`, or `validity.py [N [SPACE …]]`.

N architectures (10,000) sampled from each space, for inputs of its own size and of three others of
each kind that it takes, are built and run forward and backward on batches of 2 and of 3; every
shape and the number of parameters must equal what `describe` said. Then as many mutations of one
argument: `check` must say yes exactly where PyTorch takes the network.
"""

from __future__ import annotations

import functools
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from architecto.problems import sexpression
from architecto.problems.networks import architecture
from architecto.problems.networks.kinds import KINDS
from architecto.problems.networks.module import Network
from architecto.problems.networks.shapes import Shape
from architecto.problems.sexpression import Expression

ROOT = Path(__file__).resolve().parents[2]
SPACES = sorted(file.stem for file in (ROOT / "racket/networks/spaces").glob("*.rkt"))


def ask(*arguments: str, lines: str = "") -> list[str]:
    """The lines that a question prints."""
    command = ["racket", str(ROOT / "racket/questions.rkt"), *arguments]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if done.returncode == 2 and not done.stdout:
        raise SystemExit(done.stderr)
    return done.stdout.splitlines()


@dataclass
class Table:
    """What `describe` says of an architecture; lists in the order of the text."""

    shapes: list[str]
    parameters: list[int]
    macs: list[int]
    activations: int
    layers: int
    total_parameters: int
    total_macs: int


def tables(lines: list[str]) -> Iterator[Table]:
    """Each table of `describe`."""
    rows: dict[str, tuple[str, int, int]] = {}
    for line in lines:
        if found := re.match(r"([\d.]+) .*? ((?:series )?[\dx]+) +(\d+) +(\d+)$", line):
            rows[found[1]] = (found[2], int(found[3]), int(found[4]))
        elif found := re.match(r"total +(\d+) activations, (\d+) layers .* (\d+) +(\d+)$", line):
            order = sorted(rows, key=lambda number: [int(n) for n in number.split(".")])
            shapes, parameters, macs = zip(*(rows[number] for number in order), strict=True)
            yield Table(list(shapes), list(parameters), list(macs), *map(int, found.groups()))
            rows = {}


def describe(texts: list[str]) -> list[Table]:
    """A table for each architecture."""
    found = list(tables(ask("describe", "-", lines="\n".join(texts))))
    assert len(found) == len(texts), f"{len(found)} tables of {len(texts)} architectures"
    return found


INPUTS = {
    "image": ("1,8,8", "3,12,20", "2,9,7"),
    "features": ("features:1", "features:13", "features:64"),
    "series": ("series:1,24", "series:12,29", "series:3,7"),
    "tokens": ("tokens:16,27", "tokens:5,100", "tokens:33,8"),
    "table": ("table:5,3,12", "table:0,1,2", "table:13,8,100"),
}


@functools.cache
def takes() -> dict[str, list[str]]:
    """The kinds of inputs that each space takes."""
    program = """(require (file "racket/networks/space.rkt"))
        (for ([name (space-names)]) (displayln (cons name (space-takes (load-space name)))))"""
    said = subprocess.run(
        ["racket", "-l", "racket/base", "-e", program],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = (line.strip("()").split() for line in said.stdout.splitlines())
    return {name: kinds for name, *kinds in lines}


def sample(space: str, count: int) -> list[str]:
    """Architectures of a space: as many for each of three other sizes of each kind of input that
    it takes (where the space has so many) as are left for its own."""
    shapes = [shape for kind in takes()[space] for shape in INPUTS[kind]]
    texts: list[str] = []
    for shape in shapes:
        number = str(count // (len(shapes) + 1))
        texts += ask("sample", "--space", space, "--input", shape, "-n", number)
    texts += ask("sample", "--space", space, "-n", str(count - len(texts)))
    return [bare(text) for text in texts]


def bare(text: str) -> str:
    """The architecture of an answer, without the recipe of its training."""
    tree = sexpression.read(text)
    assert isinstance(tree, list)
    return shown(tree[1]) if tree[0] == "network" else text


def inputs(shape: Shape, count: int) -> Tensor:
    """So many inputs by chance."""
    match shape.kind, shape.sizes:
        case "tokens", (tokens, words):
            return torch.randint(words, (count, tokens))
        case "table", (numbers, categories, values):
            codes = torch.randint(values, (count, categories))
            return torch.cat([torch.randn(count, numbers), codes], 1)
    return torch.randn(count, *shape.sizes)


def runs(text: str) -> Network | None:
    """The network if PyTorch takes it, forward and backward; else None."""
    try:
        network = Network(architecture.parse(text))
        shape = network.architecture.input
        outs = [network.shapes[layer.label] for layer in network.architecture.layers]
        kind = (outs or [shape])[-1].kind
        if kind != "features" and (kind, shape.kind) != ("sequence", "tokens"):
            return None
        for batch in (2, 3):
            scores = network(inputs(shape, batch))
            if min(scores.shape) < 1:
                return None
            if scores.requires_grad:  # it has parameters
                scores.sum().backward()
    except (architecture.ArchitectureError, RuntimeError, ValueError, IndexError):
        return None
    return network


def shapes(network: Network) -> list[str]:
    """The shape behind each layer, in the order of the text."""
    return [str(network.shapes[layer.label]) for layer in network.architecture.walk()]


def mutations(texts: list[str], count: int, rng: random.Random) -> list[str]:
    """Texts with one whole number of one layer changed."""
    found = []
    for _ in range(count):
        tree = sexpression.read(rng.choice(texts))
        assert isinstance(tree, list)
        places: list[tuple[list[Expression], int]] = []

        def collect(part: Expression, places: list[tuple[list[Expression], int]] = places) -> None:
            if isinstance(part, list):
                for i, item in enumerate(part):
                    if isinstance(item, int):
                        places.append((part, i))
                    collect(item)

        collect(tree[2])
        if not places:
            continue
        layer, i = rng.choice(places)
        old = layer[i]
        assert isinstance(old, int)
        changed = rng.choice([old - 1, old + 1, old + 2, old * 2, old // 2, rng.randint(1, 9)])
        layer[i] = max(changed, KINDS[str(layer[0])].arguments[i - 1].least)
        found.append(shown(tree))
    return found


def shown(part: Expression) -> str:
    return "(" + " ".join(map(shown, part)) + ")" if isinstance(part, list) else str(part)


def main(count: int, spaces: list[str]) -> int:
    torch.set_num_threads(1)
    wrong = 0
    sampled: list[str] = []
    for space in spaces:
        start = time.perf_counter()
        texts = sample(space, count)
        drawn = time.perf_counter() - start
        bad = 0
        for text, table in zip(texts, describe(texts), strict=True):
            network = runs(text)
            if network is None or (
                network.parameter_count != table.total_parameters
                or len(list(network.architecture.walk())) != table.layers
                or table.shapes != shapes(network)
            ):
                bad += 1
                print(f"{space}: differs: {text}")
        wrong += bad
        seconds = time.perf_counter() - start
        print(
            f"{space}: {len(texts)} architectures, {bad} differ; "
            f"sampled {len(texts) / drawn:.0f}/s, all {len(texts) / seconds:.0f}/s",
            flush=True,
        )
        sampled += rng_sample(texts)
    changed = mutations(sampled, count, random.Random(0))
    answers = ask("check", "-", lines="\n".join(changed))
    assert len(answers) == len(changed)
    bad = valid = 0
    for text, answer in zip(changed, answers, strict=True):
        valid += answer == "yes"
        if (answer == "yes") != (runs(text) is not None):
            bad += 1
            print(f"mutation: check says {answer}: {text}")
    print(f"{len(changed)} mutations, {valid} of them valid, {bad} differ")
    return 1 if wrong + bad else 0


def rng_sample(texts: list[str]) -> list[str]:
    return random.Random(0).sample(texts, min(len(texts), 1000))


if __name__ == "__main__":
    numbers = sys.argv[1:]
    raise SystemExit(main(int(numbers[0]) if numbers else 10_000, numbers[1:] or SPACES))
