"""One grammar: Racket's reader (`check`) and Python's parser take the same texts.

Texts of every space are damaged at random, character by character, token by token and part by part;
both sides must refuse the same ones, and `check` must say yes to those small ones that PyTorch
then builds and runs.
ARCHITECTO_MUTATIONS says how many (2,000).
"""

import math
import os
import random
import re
import sys
from pathlib import Path

import pytest

from architecto.problems.networks import architecture
from architecto.problems.networks.kinds import KINDS
from architecto.problems.networks.shapes import INPUTS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import validity  # noqa: E402

COUNT = int(os.environ.get("ARCHITECTO_MUTATIONS", "2000"))
CELL = "(cell none none skip_connect nor_conv_1x1 none none)"
ATOMS = [*KINDS, *INPUTS, "architecture", "input", "none", "nor_conv_3x3",
         "0", "1", "-1", "+3", "007", "2.0", "0.5", "1.", ".5", "-.0", "1e0", "5e-1", "1e-99", "1e",
         "999999999", "1000000000", "+100000000", "123456789012345678", "_", ".", "...", "#t", "'a",
         '"a"', "1/2", "π", "a*b", "x" * 70]  # fmt: skip
PARTS = [CELL, "()", "(relu)", "(concat)", "(concat ())", f"(concat ({CELL}))",
         f"(residual ({CELL}) ())", "(residual ())", "(residual () () ())", "(concat relu)",
         "(tanh) . _", "(dropout 1)", "(input tokens 4 9)", "(input series 2 9)",
         "(input table 2 1 3)", "(embedding 9 4)", "(to-sequence)", "(mean-pool)",
         "(category-embedding 2 1 3 4)"]  # fmt: skip
CHARACTERS = "()0159.-+ e_\t\r\f\v\x00\x1c\u00a0\u2003#'\";,é"


def pieces(text: str) -> list[str]:
    return re.findall(r"[()]|[^\s()]+", text)


def part(tokens: list[str], rng: random.Random) -> slice:
    """A whole list somewhere in it."""
    first = rng.choice([i for i, token in enumerate(tokens) if token == "("] or [0])
    depth = 0
    for last in range(first, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[last], 0)
        if depth == 0:
            return slice(first, last + 1)
    return slice(first, first + 1)


def mutation(texts: list[str], rng: random.Random) -> str:
    """One of the texts with one to three changes."""
    text = rng.choice(texts)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        tokens = pieces(text)
        i = rng.randrange(len(tokens))
        here = part(tokens, rng)
        match rng.randrange(8):
            case 0:  # a character
                at = rng.randrange(len(text))
                text = text[:at] + rng.choice(CHARACTERS) + text[at + rng.randrange(2) :]
                continue
            case 1:
                tokens[i] = rng.choice(ATOMS)
            case 2:
                tokens.insert(i, rng.choice(ATOMS))
            case 3:
                del tokens[i]
            case 4:  # a part of its own, or of another network
                other = pieces(rng.choice(texts))
                tokens[here] = other[part(other, rng)]
            case 5:
                tokens[here] = pieces(rng.choice(PARTS))
            case 6:  # in a branch
                around = rng.choice(
                    ("(concat ( {} ))", "(residual ( {} ) ())", "(concat () ( {} ))")
                )
                tokens[here] = pieces(around.format(" ".join(tokens[here])))
            case 7:
                tokens[here] = tokens[here] * 2
        text = " ".join(tokens).replace("( ", "(").replace(" )", ")") or "x"
    return text


def refused(text: str) -> bool:
    try:
        architecture.parse(text)
    except architecture.ArchitectureError:
        return True
    return False


def small(text: str) -> bool:
    """May it be built in little memory?"""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    return math.prod(numbers[:3]) <= 10_000 and max(numbers, default=0) <= 10_000


def compare(texts: list[str]) -> list[str]:
    """The texts of which the two sides say different things."""
    answers = validity.ask("check", "-", lines="\n".join(texts))
    assert len(answers) == len(texts)
    return [
        f"check says {answer}: {text!r}"
        for text, answer in zip(texts, answers, strict=True)
        if refused(text) != answer.startswith("error: ")
        or (small(text) and (answer == "yes") != (validity.runs(text) is not None))
    ]


def test_both_sides_take_the_same_texts() -> None:
    rng = random.Random(0)
    texts = [text for space in validity.SPACES for text in validity.sample(space, 20)]
    texts += validity.sample("free", 80)  # of every kind of input
    mutations = [text for _ in range(COUNT) if (text := mutation(texts, rng)).strip()]
    assert 0.05 < sum(map(refused, mutations)) / len(mutations) < 0.95
    assert compare(mutations) == []


LAYERS = "(architecture (input 1 8 8) ({}))".format


@pytest.mark.parametrize(
    "text",
    [
        LAYERS(f"(concat ({CELL}))"),
        LAYERS(f"(residual ({CELL}) ({CELL}))"),
        LAYERS("(relu) " * 10_001),
        LAYERS("(dropout 1.)"),
        LAYERS("(linear 64 1000000000)"),
        LAYERS("(relu)\u00a0(relu)"),
        "(" * 65 + ")" * 65,
    ],
)
def test_what_one_side_refuses_the_other_does_too(text: str) -> None:
    assert refused(text)
    assert compare([text]) == []


def rows() -> dict[str, tuple[str, str]]:
    """The grammar's table of layers: for each name how it is written, and its class in PyTorch."""
    grammar = (ROOT / "protocol" / "grammar.md").read_text(encoding="utf-8")
    table = grammar[grammar.index("| layer | PyTorch | takes |") :].partition("\n\n")[0]
    found: dict[str, tuple[str, str]] = {}
    for forms, text, _ in re.findall(r"^\| (`\(.*`) \| (.*?) \|(.*)\|$", table, re.MULTILINE):
        names, classes = re.findall(r"`(\(.*?\))`(?= |$)", forms), re.findall(r"`(\w+)`", text)
        for i, form in enumerate(names):
            name = re.match(r"\(([\w-]+)", form)[1]
            found[name] = (form, classes[i if len(classes) == len(names) else 0] if classes else "")
    return found


def test_the_grammars_table_is_that_of_the_programs() -> None:
    table = rows()
    assert list(table) == list(KINDS)
    for name, kind in KINDS.items():
        form, class_name = table[name]
        assert form == kind.form
        assert "." in kind.class_name or class_name == kind.class_name
