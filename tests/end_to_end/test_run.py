"""The whole loop: Racket engine, agent, evaluation workers, on the real digits."""

import itertools
import json
import re
from pathlib import Path

import pytest

from architecto.problems.networks.architecture import parse

SMALL = ["--space", "cnn", "--dataset", "digits", "--epochs", "2", "--max-params", "20000"]


def run_search(run_architecto, folder: Path, *arguments: str):
    """One small run of the command line; fails the test unless it ends well."""
    done = run_architecto("run", *SMALL, "--run", folder, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def trace(folder: Path) -> list[dict]:
    """The decision trace without its times."""
    lines = (folder / "trace.jsonl").read_text(encoding="utf-8").splitlines()
    messages = [json.loads(line) for line in lines]
    for message in messages:
        del message["t"], message["crc"]
    return messages


def architectures(folder: Path) -> list[str]:
    """The architectures in the order in which they were answered."""
    return [m["body"][0] for m in trace(folder) if m["header"]["type"] == "answer"]


@pytest.fixture(scope="module")
def finished(run_architecto, tmp_path_factory):
    """The folder of a finished run of seed 5, only to be read, and what the run printed."""
    folder = tmp_path_factory.mktemp("finished") / "a"
    return folder, run_search(run_architecto, folder, "--trials", "3", "--seed", "5").stdout


def test_same_seed_same_decisions(
    finished, run_architecto, run_program, python, tmp_path: Path
) -> None:
    """Two runs of one seed send the same messages; the incumbent is a program of its own."""
    first, shown = finished
    run_search(run_architecto, tmp_path / "b", "--trials", "3", "--seed", "5")
    assert trace(first) == trace(tmp_path / "b")
    assert len(set(architectures(first))) >= 3
    assert len(re.findall(r"^\[\d/3\] trial \d ", shown, re.MULTILINE)) == 3

    model = run_program(python, first / "best" / "model.py")
    assert model.returncode == 0, model.stderr
    assert "parameters" in model.stdout

    again = run_architecto("best", first)
    assert again.returncode == 0
    assert "architecture" in again.stdout


def test_parameters_are_those_of_pytorch(finished) -> None:
    """Every network found builds, keeps the budget, has the parameters that the relation says."""
    from architecto.problems.networks.module import Network

    answers = [m for m in trace(finished[0]) if m["header"]["type"] == "answer"]
    assert answers
    for answer in answers:
        module = Network(parse(answer["body"][0]))
        counted = sum(p.numel() for p in module.parameters())
        assert counted == answer["header"]["facts"]["parameters"] <= 20000


BUDGETS = (("--max-macs", "2000"), ("--max-activations", "140"), ("--max-depth", "6"))
"""Without any one of them, this search finds networks that are over it."""


def test_no_trial_is_over_a_budget(run_architecto, tmp_path: Path) -> None:
    """A small search with all budgets: all its answers keep each."""
    options = ("--space", "mlp", "--epochs", "1", "--trials", "8", "--scorer", "random")
    budgets = itertools.chain(*BUDGETS)
    done = run_architecto("run", *options, *budgets, "--run", tmp_path / "r")
    assert done.returncode == 0, done.stdout + done.stderr
    found = "\n".join(architectures(tmp_path / "r"))
    assert found.count("(architecture ") >= 8
    for budget in BUDGETS:
        checked = run_architecto("check", "-", *budget, input=found)
        assert checked.stdout == "yes\n" * len(found.splitlines())


def test_scorer_changes_what_is_found(run_architecto, tmp_path: Path) -> None:
    """The lowest index under `uniform`; a scorer from a file that goes on as long as it can."""
    scorer = tmp_path / "long_first.py"
    scorer.write_text(
        "import torch\n"
        "from architecto.scorers.base import BaseScorer\n\n\n"
        "class LongFirst(BaseScorer):\n"
        "    name = 'long-first'\n\n"
        "    def score(self, task, choices):\n"
        "        return torch.tensor([float(c.count('blockso')) for c in choices])\n"
    )
    run_search(run_architecto, tmp_path / "uniform", "--trials", "1", "--scorer", "uniform")
    run_search(
        run_architecto, tmp_path / "long", "--trials", "1", "--scorer", f"{scorer}:LongFirst"
    )
    for message in trace(tmp_path / "uniform"):
        if message["header"]["type"] == "choose":
            lowest = min(message["header"]["candidates"])
        if message["header"]["type"] == "choose_reply":
            assert message["header"]["index"] == lowest
    [short] = architectures(tmp_path / "uniform")
    [long] = architectures(tmp_path / "long")
    assert short.count("conv2d") < long.count("conv2d")
